"""
What the builder and the repository can see: protocols, and their implementations on a directory and in memory.

https://docs.docker.com/build/concepts/context/
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path, PurePosixPath
from posixpath import dirname, relpath
from typing import TYPE_CHECKING, Literal, Protocol

from scratchify.ignore_patterns import IgnorePatterns

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

Kind = Literal["file", "folder", "link"]

COMPOSE_NAMES = ("compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml")
"""What compose looks for: https://docs.docker.com/compose/intro/compose-application-model/"""


class BuildContext(Protocol):
    """
    The files that COPY sees.

    Paths are relative to the root, with `/`; the root itself is the empty string.
    """

    @property
    def entries(self) -> Mapping[str, Kind]:
        """Everything that the ignore files let through, folders included, without the root."""

    @property
    def disputed(self) -> frozenset[str]:
        """Files that one of two ignore files lets through and the other not; they are not among `entries`."""

    def read(self, path: str) -> bytes | None:
        """Return a file's content, None where there is no such file among the entries."""

    def may_be_absent(self, path: str) -> bool:
        """Say whether a fresh checkout of the repository would lack this file."""

    @property
    def absent(self) -> tuple[str, ...]:
        """Files that git ignores by their names, that COPY would see, and that are not there now."""

    @property
    def dockerfile(self) -> str:
        """The Dockerfile's path in the repository, empty where it has none."""

    @property
    def compose_files(self) -> Mapping[str, bytes]:
        """The compose files beside the Dockerfile and above it, by their paths in the repository."""


class Repository(Protocol):
    """Every file of the checkout, whatever the ignore files say; paths as in a build context."""

    def has(self, path: str) -> bool:
        """Say whether there is a file or folder of this path."""

    def read(self, path: str) -> bytes | None:
        """Return a file's content, None where there is no such file."""


class MemoryRepository:
    """A repository of files held in memory."""

    def __init__(self, files: Mapping[str, str | bytes]) -> None:
        self._context = MemoryContext(files)

    def has(self, path: str) -> bool:
        return not path or path in self._context.entries

    def read(self, path: str) -> bytes | None:
        return self._context.read(path)


class DirectoryRepository:
    """A checkout on disk."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def has(self, path: str) -> bool:
        return (self._root / path).exists()

    def read(self, path: str) -> bytes | None:
        try:
            return (self._root / path).read_bytes()
        except OSError:
            return None


class MemoryContext:
    """A build context of files held in memory, for tests and for texts that have no folder."""

    def __init__(
        self,
        files: Mapping[str, str | bytes],
        *,
        may_be_absent: Iterable[str] = (),
        absent: Iterable[str] = (),
    ) -> None:
        self.absent = tuple(absent)
        self.dockerfile = "Dockerfile"
        self._files = {path: text.encode() if isinstance(text, str) else text for path, text in files.items()}
        self.compose_files = {path: content for path, content in self._files.items() if path in COMPOSE_NAMES}
        self._may_be_absent = frozenset(may_be_absent)
        self.disputed: frozenset[str] = frozenset()

    @cached_property
    def entries(self) -> Mapping[str, Kind]:
        entries: dict[str, Kind] = {}
        for path in self._files:
            for folder in list(PurePosixPath(path).parents)[:-1]:
                entries[str(folder)] = "folder"
            entries[path] = "file"
        return entries

    def read(self, path: str) -> bytes | None:
        return self._files.get(path)

    def may_be_absent(self, path: str) -> bool:
        return path in self._may_be_absent


class DirectoryContext:
    """
    A build context on disk.

    `dockerfile` names the Dockerfile whose own ignore file (`<name>.dockerignore`) counts beside `.dockerignore`:
    BuildKit takes the first where it exists, the classic builder the second; what both let through is seen.
    """

    def __init__(self, root: Path, dockerfile: Path | None = None) -> None:
        self._root = root
        own = dockerfile.with_name(dockerfile.name + ".dockerignore") if dockerfile else None
        candidates = [own, root / ".dockerignore"] if own else [root / ".dockerignore"]
        self._ignores = [IgnorePatterns(text) for file in candidates if (text := _text_of(file)) is not None]
        self._by_git = IgnoredByGit(root)
        self._dockerfile = dockerfile
        near = dockerfile.parent if dockerfile else root
        self._repository = repository_root(near) or Path(os.path.abspath(near))  # noqa: PTH100

    @cached_property
    def _walked(self) -> tuple[dict[str, Kind], frozenset[str]]:
        seen: dict[str, Kind] = {}
        disputed: set[str] = set()
        self._walk("", seen, disputed)
        return seen, frozenset(disputed)

    @property
    def entries(self) -> Mapping[str, Kind]:
        return self._walked[0]

    @property
    def disputed(self) -> frozenset[str]:
        return self._walked[1]

    def read(self, path: str) -> bytes | None:
        if self.entries.get(path) not in ("file", "link"):
            return None
        try:
            real = (self._root / path).resolve(strict=True)
            # a link that leads out of the context, or to what is hidden there, has nothing to show to the builder
            if self.entries.get(real.relative_to(self._root.resolve()).as_posix()) != "file":
                return None
            return real.read_bytes()
        except (OSError, RuntimeError, ValueError):
            # RuntimeError: a loop of links, up to Python 3.12
            return None

    def may_be_absent(self, path: str) -> bool:
        return self._by_git.hides(self._below + path, is_folder=self.entries.get(path) == "folder")

    @cached_property
    def _below(self) -> str:
        """The context's own path in the repository, with a slash; asked for each of its files."""
        return self._by_git.path_of(self._root / "x").removesuffix("x")

    @cached_property
    def absent(self) -> tuple[str, ...]:
        names = (name for name in self._by_git.names(self._root) if name not in self.entries)
        return tuple(name for name in names if not any(ignore.hides(name) for ignore in self._ignores))

    @property
    def dockerfile(self) -> str:
        if not self._dockerfile:
            return ""
        try:
            return Path(os.path.abspath(self._dockerfile)).relative_to(self._repository).as_posix()  # noqa: PTH100
        except ValueError:
            return ""

    @cached_property
    def compose_files(self) -> Mapping[str, bytes]:
        found: dict[str, bytes] = {}
        for folder in PurePosixPath(self.dockerfile).parents if self.dockerfile else ():
            for name in COMPOSE_NAMES:
                path = (folder / name).as_posix()
                if (content := DirectoryRepository(self._repository).read(path)) is not None:
                    found[path] = content
        return found

    def _walk(self, folder: str, seen: dict[str, Kind], disputed: set[str]) -> None:
        try:
            with os.scandir(self._root / folder) as found:
                entries = sorted(found, key=lambda entry: entry.name)
        except OSError:
            return
        for entry in entries:
            path = f"{folder}/{entry.name}" if folder else entry.name
            kind: Kind = "link" if entry.is_symlink() else "folder" if entry.is_dir() else "file"
            hidden = [ignore.hides(path) for ignore in self._ignores]
            if not any(hidden):
                seen[path] = kind
            elif not all(hidden):
                disputed.add(path)
            if kind != "folder" or entry.name == ".git":
                continue
            if not (hidden and all(hidden)) or any(ignore.has_exceptions for ignore in self._ignores):
                before = len(seen)
                self._walk(path, seen, disputed)
                if len(seen) > before:
                    # a folder is there where anything in it is
                    seen[path] = "folder"


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
            text = _text_of(Path(self._root, folder, ".gitignore"))
            if text is not None:
                from pathspec import GitIgnoreSpec

                above = (*above, (f"{folder}/" if folder else "", GitIgnoreSpec.from_lines(text.split("\n"))))
            self._specs[folder] = above
        return self._specs[folder]


def repository_root(path: Path) -> Path | None:
    """Return the nearest folder at or above `path` that holds `.git`, None where there is none."""
    path = Path(os.path.abspath(path))  # noqa: PTH100  # links stay, .. goes
    return next((folder for folder in (path, *path.parents) if (folder / ".git").exists()), None)


def _text_of(file: Path) -> str | None:
    try:
        return file.read_text("utf-8", errors="surrogateescape")
    except OSError:
        return None
