"""Which Dockerfiles the arguments name, and their content."""

import os
import stat
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from scratchify.errors import InvalidDockerfile, ScratchifyError, UnreadableFile
from scratchify.hosts import host_of, is_embedding, is_generated, may_hold
from scratchify.source import Span

STANDARD_INPUT = "-"

MAX_SIZE = 16 * 1024 * 1024
"""Bytes; an archive that is called Dockerfile.tar is not read to its end."""


@dataclass(frozen=True, slots=True)
class Source:
    """
    A Dockerfile that is to be looked at.

    `shown` is what reports call it, `path` is None for standard input, `named` tells what was named by hand from what a
    search found, and `folder` is what was searched, or where the named file lies. `missing` says why nothing is there,
    `skipped` why nothing of a found file is looked at. `number` tells which Dockerfile of a file that holds several.
    `root` is where what is shown begins, None where that is the working folder.
    """

    shown: PurePosixPath
    path: Path | None
    named: bool
    folder: Path
    missing: str | None = None
    skipped: str | None = None
    number: int = 0
    root: Path | None = None


def sources(arguments: Sequence[str], embedded: Callable[[Path], bool] = lambda _: False) -> list[Source]:
    """
    Return what the arguments name, each Dockerfile once, in the order of the arguments.

    Folders are searched, for Dockerfiles in other files too where `embedded` says so.
    """
    if not arguments:
        arguments = ["."]
    found: dict[tuple[str, int], Source] = {}
    for argument in arguments:
        for source in _named(argument, embedded):
            key = os.path.realpath(source.path) if source.path else STANDARD_INPUT, source.number
            # What is named by hand as well is held to it, wherever the search met it first.
            known = found.setdefault(key, source)
            if source.named and not known.named:
                found[key] = replace(known, named=True, skipped=None)
    return list(found.values())


def read(source: Source) -> bytes:
    """Return a source's content. Raises UnreadableFile, and InvalidDockerfile where it is no text at all."""
    if source.missing:
        raise UnreadableFile(source.missing)
    content = _standard_input() if source.path is None else _content(source.path)
    if len(content) > MAX_SIZE:
        raise InvalidDockerfile("too large to be a Dockerfile", decoded(content[:100]), Span(0, 0))
    if b"\0" in content:
        text = decoded(content)
        at = text.index("\0")
        raise InvalidDockerfile("a NUL byte: this is no text, and no Dockerfile", text, Span(at, at + 1))
    return content


def decoded(content: bytes) -> str:
    """Return the text of these bytes; those that are no UTF-8 come back from `encoded` as they were."""
    return content.decode("utf-8", "surrogateescape")


def encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _named(argument: str, embedded: Callable[[Path], bool]) -> Iterator[Source]:
    if argument == STANDARD_INPUT:
        yield Source(PurePosixPath("<stdin>"), None, named=True, folder=Path())
        return
    path = Path(argument)
    if not _is_folder(path):
        yield from _opened(Source(PurePosixPath(path.as_posix()), path, named=True, folder=path.parent))
        return
    from scratchify.search import dockerfiles_in

    trouble: list[OSError] = []
    is_empty = True
    for file in dockerfiles_in(path, embedded=embedded(path), unreadable=trouble.append):
        for source in _opened(Source(PurePosixPath(file.as_posix()), file, named=False, folder=path)):
            is_empty = is_empty and source.skipped is not None
            yield source
    for error in trouble:
        folder = Path(error.filename)
        yield Source(PurePosixPath(folder.as_posix()), folder, named=True, folder=path, missing=_said(error))
    if is_empty and not trouble:
        missing = "no Dockerfile in this folder; name the file if it is called otherwise"
        yield Source(PurePosixPath(path.as_posix()), path, named=True, folder=path, missing=missing)


def _opened(source: Source) -> Iterator[Source]:
    """Yield the Dockerfiles of a file; where it cannot be read, or is named and holds none, the file itself."""
    path = source.path
    if path is None or not is_embedding(path.name):
        yield source
        return
    count = 0
    try:
        content = read(source)
        if may_hold(path, content):
            if not source.named and (reason := _not_by_hand(source, content)):
                yield replace(source, skipped=reason)
                return
            count = len(host_of(path).dockerfiles(decoded(content)))
    except ScratchifyError:  # whoever looks at it says so
        count = 1
    yield from (replace(source, number=number) for number in range(count or source.named))


def _not_by_hand(source: Source, content: bytes) -> str | None:
    """Return why a found file is none of the project's own."""
    from scratchify.search import VENDORED

    inside = source.path.relative_to(source.folder).parts if source.path else ()
    if others := VENDORED.intersection(inside):
        return f"it lies in {min(others)}, and is somebody else's"
    return "it says that it is generated" if is_generated(content) else None


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # a name that is too long, a folder above that lets nobody in: reading says so
        return False


def _content(path: Path) -> bytes:
    try:
        # Asked before it is opened: a pipe that nobody writes to would hold us for ever.
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            raise UnreadableFile(f"{_kind(mode)}, no file that could be a Dockerfile")
        with path.open("rb") as file:
            return file.read(MAX_SIZE + 1)
    except OSError as error:
        raise UnreadableFile(_said(error)) from error


def _standard_input() -> bytes:
    if sys.stdin is None:
        raise UnreadableFile("standard input is closed")
    try:
        return sys.stdin.buffer.read(MAX_SIZE + 1)
    except OSError as error:
        raise UnreadableFile(_said(error)) from error


def _kind(mode: int) -> str:
    kinds = {stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket", stat.S_IFDIR: "a folder"}
    return kinds.get(stat.S_IFMT(mode), "a device")


def _said(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
