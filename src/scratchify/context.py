"""
What the builder and the repository can see: protocols, and their implementations on a directory and in memory.

https://docs.docker.com/build/concepts/context/
"""

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

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

    def may_be_absent(self, path: str) -> bool:
        """Say whether a fresh checkout of the repository would lack this file."""


class MemoryContext:
    """A build context of files held in memory, for tests and for texts that have no folder."""

    def __init__(self, files: Mapping[str, str | bytes], *, may_be_absent: Iterable[str] = ()) -> None:
        self._files = {path: text.encode() if isinstance(text, str) else text for path, text in files.items()}
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
            # a link that leads out of the context does not exist for the builder
            return real.read_bytes() if real.is_relative_to(self._root.resolve()) else None
        except OSError:
            return None

    def may_be_absent(self, path: str) -> bool:
        return self._by_git.match(self._root / path, is_folder=self.entries.get(path) == "folder")

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
            if not any(hidden) or any(ignore.has_exceptions for ignore in self._ignores) or not all(hidden):
                self._walk(path, seen, disputed)


class IgnorePatterns:
    """
    The rules of a .dockerignore file: the last pattern that matches decides, `!` lets through again.

    After moby/patternmatcher and its ignorefile package.

    https://docs.docker.com/build/concepts/context/#dockerignore-files
    """

    def __init__(self, text: str) -> None:
        rules = [_ignore_rule(line) for line in text.removeprefix("\ufeff").split("\n")]
        self._rules: Sequence[tuple[re.Pattern[str], bool]] = [rule for rule in rules if rule]
        self.has_exceptions = any(is_exception for _, is_exception in self._rules)

    def hides(self, path: str) -> bool:
        """Say whether this path, relative to the context, is left out."""
        hidden = False
        for pattern, is_exception in self._rules:
            # a rule that could not change the answer is not tried
            if hidden == is_exception and pattern.match(path):
                hidden = not is_exception
        return hidden


def _ignore_rule(line: str) -> tuple[re.Pattern[str], bool] | None:
    line = line.rstrip("\r\n")
    if line.startswith("#") or not line.strip():
        return None
    line = line.strip()
    is_exception = line.startswith("!")
    pattern = os.path.normpath(line.removeprefix("!").strip()).replace(os.sep, "/").lstrip("/")
    if pattern in ("", "."):
        return None
    # what lies below a folder that matches is hidden with it
    return re.compile(_pattern(pattern) + r"(?:/.*)?\Z", re.DOTALL), is_exception


def _pattern(pattern: str) -> str:
    result: list[str] = []
    at = 0
    while at < len(pattern):
        character = pattern[at]
        if pattern.startswith("**", at):
            at += 2
            if pattern.startswith("/", at):
                at += 1
                result.append("(?:.*/)?")
            else:
                result.append(".*")
            continue
        if character == "*":
            result.append("[^/]*")
        elif character == "?":
            result.append("[^/]")
        elif character == "[" and (end := pattern.find("]", at + 1)) != -1:
            result.append(pattern[at : end + 1])
            at = end
        elif character == "\\" and at + 1 < len(pattern):
            at += 1
            result.append(re.escape(pattern[at]))
        else:
            result.append(re.escape(character))
        at += 1
    return "".join(result)


class IgnoredByGit:
    """What git leaves out of a checkout: the .gitignore files from the repository's root down."""

    def __init__(self, root: Path) -> None:
        self._root = repository_root(root) or root
        self._specs: dict[Path, GitIgnoreSpec | None] = {}

    def match(self, path: Path, *, is_folder: bool) -> bool:
        """Say whether git ignores this path; what lies outside the repository is not ignored."""
        try:
            parts = path.absolute().relative_to(self._root.absolute()).parts
        except ValueError:
            return False
        # a file cannot come back where a folder above it is ignored
        return any(
            self._decides(self._root.joinpath(*parts[: depth + 1]), is_folder or depth + 1 < len(parts))
            for depth in range(len(parts))
        )

    def _decides(self, path: Path, is_folder: bool) -> bool:
        answer = False
        for folder in reversed([parent for parent in path.parents if parent.is_relative_to(self._root)]):
            if spec := self._spec(folder):
                name = path.relative_to(folder).as_posix() + ("/" if is_folder else "")
                result = spec.check_file(name).include
                answer = answer if result is None else result
        return answer

    def _spec(self, folder: Path) -> "GitIgnoreSpec | None":
        if folder not in self._specs:
            text = _text_of(folder / ".gitignore")
            if text is None:
                self._specs[folder] = None
            else:
                from pathspec import GitIgnoreSpec

                self._specs[folder] = GitIgnoreSpec.from_lines(text.split("\n"))
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
