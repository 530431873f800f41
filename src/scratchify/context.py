"""
What the builder can see: protocols, and their implementations on a directory and in memory.

https://docs.docker.com/build/concepts/context/
"""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from posixpath import dirname, join, normpath
from typing import Literal, Protocol

from scratchify.ignore_patterns import IgnorePatterns
from scratchify.repository import (
    DirectoryRepository,
    IgnoredByGit,
    MemoryRepository,
    Repository,
    repository_root,
    text_of,
)

Kind = Literal["file", "folder", "link"]


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

    def size_of(self, path: str) -> int:
        """Return a file's size in bytes, 0 where there is no such file among the entries."""

    def link_target(self, path: str) -> str | None:
        """Return what a symbolic link holds, None where there is no such link."""

    def may_be_absent(self, path: str) -> bool:
        """Say whether a fresh checkout of the repository would lack this file."""

    @property
    def absent(self) -> tuple[str, ...]:
        """Files that git ignores by their names, that COPY would see, and that are not there now."""

    @property
    def dockerfile(self) -> str:
        """The Dockerfile's path in the repository, empty where it has none."""

    @property
    def folder(self) -> str:
        """The root's own path in the repository, with `..` where it lies beside it, empty where it is the same."""

    @property
    def repository(self) -> Repository:
        """The checkout that the Dockerfile belongs to."""


@dataclass(frozen=True, slots=True)
class PackageQuery:
    """
    The main package of a program, and how it is built.

    `folder` and `files` are paths of the build context; `files` is empty where the whole package is built.
    """

    folder: str
    files: tuple[str, ...]
    architecture: str
    tags: tuple[str, ...]
    cgo: bool
    mod: str


@dataclass(frozen=True, slots=True)
class ListedPackage:
    """A package that a program is made of: `files` are those that are compiled, by name; `cgo` where some import C."""

    path: str
    is_standard: bool
    is_main_module: bool
    imports: tuple[str, ...]
    files: tuple[str, ...]
    cgo: tuple[str, ...]


class GoToolchain(Protocol):
    """What Go itself says of the packages of a program, where it and the modules are at hand."""

    def packages(self, query: PackageQuery) -> tuple[ListedPackage, ...] | None:
        """Return every package of a program, dependencies before what imports them; None where Go cannot tell."""

    def read(self, package: ListedPackage, file: str) -> bytes | None:
        """Return the content of one of a package's files."""


class MemoryContext:
    """
    A build context of files held in memory, for tests and for texts that have no folder.

    `repository` are the files of the checkout that the context does not have.
    """

    def __init__(
        self,
        files: Mapping[str, str | bytes],
        *,
        may_be_absent: Iterable[str] = (),
        absent: Iterable[str] = (),
        links: Mapping[str, str] | None = None,
        repository: Mapping[str, str | bytes] | None = None,
    ) -> None:
        self.absent = tuple(absent)
        self._links = dict(links or {})
        self.dockerfile = "Dockerfile"
        self.folder = ""
        self._files = {path: text.encode() if isinstance(text, str) else text for path, text in files.items()}
        self.repository: Repository = MemoryRepository({**self._files, **(repository or {})})
        self._may_be_absent = frozenset(may_be_absent)
        self.disputed: frozenset[str] = frozenset()

    @cached_property
    def entries(self) -> Mapping[str, Kind]:
        entries: dict[str, Kind] = {}
        for path in self._files:
            for folder in list(PurePosixPath(path).parents)[:-1]:
                entries[str(folder)] = "folder"
            entries[path] = "file"
        return entries | dict.fromkeys(self._links, "link")

    def read(self, path: str) -> bytes | None:
        if path in self._links:
            path = normpath(join(dirname(path), self._links[path]))
        return self._files.get(path)

    def size_of(self, path: str) -> int:
        return len(self.read(path) or b"")

    def link_target(self, path: str) -> str | None:
        return self._links.get(path)

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
        self._ignores = [IgnorePatterns(text) for file in candidates if (text := text_of(file)) is not None]
        self._by_git = IgnoredByGit(root)
        self._dockerfile = dockerfile
        near = dockerfile.parent if dockerfile else root
        self._checkout = repository_root(near) or Path(os.path.abspath(near))  # noqa: PTH100
        self.repository: Repository = DirectoryRepository(self._checkout)

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
        kind = self.entries.get(path)
        if kind not in ("file", "link"):
            return None
        try:
            if kind == "file":
                return (self._root / path).read_bytes()  # the walk followed no link on the way to it
            real = (self._root / path).resolve(strict=True)
            # a link that leads out of the context, or to what is hidden there, has nothing to show to the builder
            if self.entries.get(real.relative_to(self._root.resolve()).as_posix()) != "file":
                return None
            return real.read_bytes()
        except (OSError, RuntimeError, ValueError):
            # RuntimeError: a loop of links, up to Python 3.12
            return None

    def size_of(self, path: str) -> int:
        if self.entries.get(path) != "file":
            return 0
        try:
            return (self._root / path).stat().st_size
        except OSError:
            return 0

    def link_target(self, path: str) -> str | None:
        if self.entries.get(path) != "link":
            return None
        try:
            return (self._root / path).readlink().as_posix()
        except OSError:
            return None

    def may_be_absent(self, path: str) -> bool:
        kind = self.entries.get(path)
        kinds = (False, True) if kind is None else (kind == "folder",)
        return any(self._by_git.hides(self._below + path, is_folder=is_folder) for is_folder in kinds)

    @cached_property
    def _below(self) -> str:
        """The context's own path in the repository, with a slash; asked for each of its files."""
        return self._by_git.path_of(self._root / "x").removesuffix("x")

    @cached_property
    def absent(self) -> tuple[str, ...]:
        names = (name for name in self._by_git.names(self._root) if name not in self.entries)
        return tuple(name for name in names if not any(ignore.hides(name) for ignore in self._ignores))

    @property
    def folder(self) -> str:
        try:
            path = Path(os.path.relpath(self._root, self._checkout)).as_posix()
        except ValueError:  # another drive
            return ""
        return "" if path == "." else path

    @property
    def dockerfile(self) -> str:
        if not self._dockerfile:
            return ""
        try:
            return Path(os.path.abspath(self._dockerfile)).relative_to(self._checkout).as_posix()  # noqa: PTH100
        except ValueError:
            return ""

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
