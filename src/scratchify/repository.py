"""
Every file of the checkout, whatever the ignore files of a build context say: on disk and in memory.

https://git-scm.com/docs/gitignore
"""

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from posixpath import basename, dirname, relpath
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

SKIPPED_FOLDERS = frozenset({".git", "vendor", "node_modules", "testdata"})
"""Version control, and what others wrote or what is broken on purpose."""

OTHER_ENDINGS = (".dockerignore", ".md", ".j2", ".tmpl", ".bak", ".orig", ".swp")
"""Endings of files that are about a Dockerfile, or become one, or were one."""

PLAIN_DOCKERFILES = ("Dockerfile", "dockerfile", "Containerfile")
"""`docker build` takes the lower-case name where the other is missing."""

MOST_BYTES = 1_000_000
"""A file that says how an image is run is written by hand: what is larger than this is data."""


class Repository(Protocol):
    """Paths are relative to the root of the checkout, with `/`; the root itself is the empty string."""

    def has(self, path: str) -> bool:
        """Say whether there is a file or folder of this path."""

    def read(self, path: str) -> bytes | None:
        """Return a file's content, None where there is no such file, or it is larger than MOST_BYTES."""

    def files(self, wanted: Callable[[str], bool]) -> Iterator[str]:
        """Yield the paths, in order, of the project's own files that git does not ignore and whose name is `wanted`."""


class MemoryRepository:
    """A repository of files held in memory."""

    def __init__(self, files: Mapping[str, str | bytes]) -> None:
        self._files = {path: text.encode() if isinstance(text, str) else text for path, text in files.items()}

    def has(self, path: str) -> bool:
        return not path or path in self._files or any(name.startswith(f"{path}/") for name in self._files)

    def read(self, path: str) -> bytes | None:
        content = self._files.get(path)
        return content if content is not None and len(content) <= MOST_BYTES else None

    def files(self, wanted: Callable[[str], bool]) -> Iterator[str]:
        for path in sorted(self._files):
            if wanted(basename(path)) and not SKIPPED_FOLDERS & set(path.split("/")[:-1]):
                yield path


class DirectoryRepository:
    """A checkout on disk. Nothing that lies outside of it is read, whatever `..` and links say."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def has(self, path: str) -> bool:
        return (self._root / path).exists()

    def read(self, path: str) -> bytes | None:
        file = self._root / path
        try:
            # a pipe would never end
            if not file.is_file() or file.stat().st_size > MOST_BYTES:
                return None
            if not file.resolve().is_relative_to(self._root.resolve()):
                return None
            return file.read_bytes()
        except (OSError, RuntimeError, ValueError):
            # RuntimeError: a loop of links, up to Python 3.12
            return None

    def files(self, wanted: Callable[[str], bool]) -> Iterator[str]:
        return project_files(self._root, lambda entry: wanted(entry.name) and entry.is_file(follow_symlinks=False))


def project_files(
    folder: Path,
    takes: Callable[[os.DirEntry[str]], bool],
    *,
    unreadable: Callable[[OSError], None] | None = None,
) -> Iterator[str]:
    """
    Yield the paths below a folder, in order, of the project's own files that git does not ignore.

    `takes` says which of what is no folder; links to folders are not followed. A folder that cannot be read is handed
    to `unreadable` as the error that it gave, and left out.
    """
    root = Path(os.path.realpath(folder))
    ignored = IgnoredByGit(root)
    below = ignored.path_of(root / "x").removesuffix("x")
    waiting = [("", True)]
    while waiting:
        path, is_folder = waiting.pop()
        if not is_folder:
            yield path
            continue
        try:
            children = sorted(_children(folder / path, takes), reverse=True)
        except OSError as error:
            if unreadable:
                unreadable(error)
            continue
        prefix = f"{path}/" if path else ""
        waiting += [
            (prefix + name, is_folder)
            for name, is_folder in children
            if not ignored.hides(below + prefix + name, is_folder=is_folder)
        ]


def _children(folder: Path, takes: Callable[[os.DirEntry[str]], bool]) -> Iterator[tuple[str, bool]]:
    """Yield name and kind of what is taken or may hold it; True is a folder."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                if entry.name not in SKIPPED_FOLDERS:
                    yield entry.name, True
            elif takes(entry):
                yield entry.name, False


def text_in(repository: Repository, path: str) -> str | None:
    """Return a file's text, with marks for what is no UTF-8; None where there is no such file."""
    content = repository.read(path)
    return content.decode("utf-8", "replace") if content is not None else None


def is_dockerfile_name(name: str) -> bool:
    """Say whether a file of this name is taken for a Dockerfile."""
    if name.lower().endswith(OTHER_ENDINGS):
        return False
    return name in PLAIN_DOCKERFILES or name.startswith("Dockerfile.") or name.endswith((".Dockerfile", ".dockerfile"))


class IgnoredByGit:
    """What git leaves out of a checkout: the .gitignore files from the repository's root down."""

    def __init__(self, root: Path) -> None:
        self._root = os.path.abspath(repository_root(root) or root)  # noqa: PTH100  # links stay, .. goes
        self._specs: dict[str, tuple[tuple[str, GitIgnoreSpec], ...]] = {}
        self._folders: dict[str, bool] = {"": False}

    def match(self, path: Path, *, is_folder: bool) -> bool:
        """Say whether git ignores this path; what lies outside the repository is not ignored."""
        return self.hides(self.path_of(path), is_folder=is_folder)

    def path_of(self, path: Path) -> str:
        """Return the path from the repository's root."""
        return os.path.relpath(os.path.abspath(path), self._root).replace(os.sep, "/")  # noqa: PTH100

    def hides(self, path: str, *, is_folder: bool) -> bool:
        """Say whether git ignores what has this path from the repository's root."""
        if path == "." or path.startswith("../"):
            return False
        return self._is_ignored_folder(path) if is_folder else self._is_ignored(path, "")

    def names(self, folder: Path) -> Iterator[str]:
        """Yield what .gitignore files name without patterns, as paths below `folder`; `.env` where a pattern does."""
        below = os.path.relpath(os.path.abspath(folder), self._root).replace(os.sep, "/")  # noqa: PTH100
        below = "" if below == "." else below
        for prefix, spec in self._specs_of(below):
            for pattern in spec.patterns:
                name = str(getattr(pattern, "pattern", None) or "").strip().lstrip("/")
                if not name or name.endswith("/") or any(mark in name for mark in "#!*?[\\"):
                    continue
                path = name if "/" not in name else relpath(prefix + name, below or ".")
                if not path.startswith("../"):
                    yield path
        if self.match(folder / ".env", is_folder=False):
            yield ".env"

    def _is_ignored(self, path: str, slash: str) -> bool:
        folder = dirname(path)
        # a file cannot come back where a folder above it is ignored
        if self._is_ignored_folder(folder):
            return True
        answer = False
        for prefix, spec in self._specs_of(folder):
            result = spec.check_file(path.removeprefix(prefix) + slash).include
            answer = answer if result is None else result
        return answer

    def _is_ignored_folder(self, folder: str) -> bool:
        if folder not in self._folders:
            self._folders[folder] = self._is_ignored(folder, "/")
        return self._folders[folder]

    def _specs_of(self, folder: str) -> "tuple[tuple[str, GitIgnoreSpec], ...]":
        """Return the .gitignore files that hold in a folder, the nearest last, each with the folder it stands in."""
        if folder not in self._specs:
            above = self._specs_of(dirname(folder)) if folder else ()
            text = text_of(Path(self._root, folder, ".gitignore"))
            if text is not None:
                from pathspec import GitIgnoreSpec

                above = (*above, (f"{folder}/" if folder else "", GitIgnoreSpec.from_lines(text.split("\n"))))
            self._specs[folder] = above
        return self._specs[folder]


def repository_root(path: Path) -> Path | None:
    """Return the nearest folder at or above `path` that holds `.git`, None where there is none."""
    path = Path(os.path.abspath(path))  # noqa: PTH100  # links stay, .. goes
    return next((folder for folder in (path, *path.parents) if (folder / ".git").exists()), None)


def text_of(file: Path) -> str | None:
    try:
        return file.read_text("utf-8", errors="surrogateescape")
    except OSError:
        return None
