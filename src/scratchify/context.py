"""
What the builder and the repository can see: protocols, and their implementations on a directory and in memory.

https://docs.docker.com/build/concepts/context/
"""

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path, PurePosixPath
from posixpath import dirname, normpath, relpath
from typing import TYPE_CHECKING, Literal, Protocol

from scratchify.syntax.white_space import SPACE

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

Kind = Literal["file", "folder", "link"]

COMPOSE_NAMES = ("compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml")
"""What compose looks for: https://docs.docker.com/compose/intro/compose-application-model/"""

_SPECIAL = re.compile(r"[*?\[\]\\]")
_PIECE = re.compile(r"\*\*/?|\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|.", re.DOTALL)
_IN_CLASS = re.compile(r"\\.|--|[\[&~|]", re.DOTALL)


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
        return self._by_git.match(self._root / path, is_folder=self.entries.get(path) == "folder")

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


class IgnorePatterns:
    """
    The rules of a .dockerignore file: the last pattern that matches decides, `!` lets through again.

    After moby/patternmatcher (MatchesUsingParentResults, which BuildKit's and the classic client walk by) and its
    ignorefile package. A pattern that the builder refuses hides nothing: there is no build to be true to.

    https://docs.docker.com/build/concepts/context/#dockerignore-files
    """

    def __init__(self, text: str) -> None:
        rules = [_ignore_rule(line) for line in text.removeprefix("\ufeff").split("\n")]
        self._rules: Sequence[tuple[Callable[[str], bool], bool]] = [rule for rule in rules if rule]
        self.has_exceptions = any(is_exception for _, is_exception in self._rules)
        self._below: dict[str, tuple[bool, ...]] = {"": (False,) * len(self._rules)}

    def hides(self, path: str) -> bool:
        """Say whether this path, relative to the context, is left out."""
        return self._decide(path)[0]

    def _decide(self, path: str) -> tuple[bool, tuple[bool, ...]]:
        """Return the answer, and which rules hold for everything below `path`."""
        folder = path.rpartition("/")[0]
        if folder not in self._below:
            self._below[folder] = self._decide(folder)[1]
        hidden = False
        held: list[bool] = []
        for (matches, is_exception), holds_above in zip(self._rules, self._below[folder], strict=True):
            # a rule that could not change the answer is not tried, and so does not hold below either
            holds = holds_above or (hidden == is_exception and matches(path))
            if holds:
                hidden = not is_exception
            held.append(holds)
        return hidden, tuple(held)


def _ignore_rule(line: str) -> tuple[Callable[[str], bool], bool] | None:
    pattern = line.strip(SPACE)
    if line.startswith("#") or not pattern:
        return None
    is_exception = pattern.startswith("!")
    pattern = pattern.removeprefix("!").strip(SPACE)
    if not pattern:
        return None
    pattern = normpath(pattern).replace("//", "/")
    return _matcher(pattern.removeprefix("/") or "/"), is_exception


def _matcher(pattern: str) -> Callable[[str], bool]:
    """
    Return what tells whether a path matches, its folders apart.

    `**` at one end of a pattern that is literal otherwise goes by characters: `**.md` and `build**` cross slashes.
    """
    head, tail = pattern.removesuffix("**"), pattern.removeprefix("**")
    if not _SPECIAL.search(pattern):
        return pattern.__eq__
    if head != pattern and not _SPECIAL.search(head):
        return lambda path: path.startswith(head)
    if tail != pattern and not _SPECIAL.search(tail):
        return lambda path: path.endswith(tail) or path == tail.removeprefix("/")
    try:
        expression = re.compile(_expression(pattern))
    except re.error:
        return lambda _: False
    return lambda path: expression.fullmatch(path) is not None


def _expression(pattern: str) -> str:
    result: list[str] = []
    at = 0
    while at < len(pattern):
        found = _PIECE.match(pattern, at)
        piece = found[0] if found else pattern[at]
        at += len(piece)
        match piece:
            case "**" | "**/":
                result.append(".*" if at == len(pattern) else "(?:.*/)?")
            case "*":
                result.append("[^/]*")
            case "?":
                result.append("[^/]")
            case "[" | "^":
                result.append(piece)
            case _ if len(piece) > 1 and piece[0] == "[":
                result.append(f"[{_IN_CLASS.sub(_literal_in_class, piece[1:-1])}]")
            case _:
                result.append(re.escape(piece[-1]))
    return "".join(result)


def _literal_in_class(match: re.Match[str]) -> str:
    """Keep Python from reading more into a class than Go does."""
    return r"-\-" if match[0] == "--" else re.escape(match[0][-1]) if match[0][-1].isalnum() else "\\" + match[0][-1]


class IgnoredByGit:
    """What git leaves out of a checkout: the .gitignore files from the repository's root down."""

    def __init__(self, root: Path) -> None:
        self._root = os.path.abspath(repository_root(root) or root)  # noqa: PTH100  # links stay, .. goes
        self._specs: dict[str, tuple[tuple[str, GitIgnoreSpec], ...]] = {}
        self._folders: dict[str, bool] = {"": False}

    def match(self, path: Path, *, is_folder: bool) -> bool:
        """Say whether git ignores this path; what lies outside the repository is not ignored."""
        relative = os.path.relpath(os.path.abspath(path), self._root).replace(os.sep, "/")  # noqa: PTH100
        if relative == "." or relative.startswith("../"):
            return False
        return self._is_ignored_folder(relative) if is_folder else self._is_ignored(relative, "")

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
