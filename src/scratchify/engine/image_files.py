"""The files of an image, from the stream that the engine exports."""

import io
import tarfile
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import IO, Literal

from scratchify.engine.binary import ELF, Binary, read_binary
from scratchify.errors import EngineFailed

Kind = Literal["file", "folder", "link", "other"]

BY_THE_ENGINE = frozenset(
    {
        ".dockerenv",
        "dev",
        "etc/hostname",
        "etc/hosts",
        "etc/mtab",
        "etc/resolv.conf",
        "proc",
        "sys",
        "run/.containerenv",
    }
)
"""What engines put into every container, empty where the image does not have it; `dev` with all below it."""

SOURCE_NAMES = frozenset({"go.mod", "go.sum", "go.work", "go.work.sum"})
TOOLCHAIN = ("usr/local/go/", "usr/lib/go/", "usr/lib/go-")
"""Where images keep Go: the official ones, Alpine's and Debian's packages."""


STAT = "xargs -0 stat -c '%a %u %g %F|%n' 2>/dev/null"
"""Prints mode, owner, group, kind and name of the files that standard input names, a NUL between them."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A file of an image; `size` in bytes, which is no part of what makes two of them equal."""

    kind: Kind
    mode: int
    uid: int
    gid: int
    size: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Listing:
    """Every file of an image by its path, without the first slash; `binary` is None where there is no ELF file."""

    entries: Mapping[str, Entry]
    binary: Binary | None


def read_listing(stream: IO[bytes], binary: str) -> Listing:
    """Read an image's export to its end; `binary` is the path of its program. Raises EngineFailed where it is cut."""
    entries: dict[str, Entry] = {}
    binaries: dict[str, Binary | None] = {}
    try:
        with tarfile.open(fileobj=stream, mode="r|") as archive:
            for member in archive:
                path = _path(member.name)
                if path:
                    entries[path] = Entry(_kind(member), member.mode & 0o7777, member.uid, member.gid, member.size)
                if member.islnk():
                    binaries[path] = binaries.get(_path(member.linkname))
                elif member.isfile() and (content := archive.extractfile(member)):
                    binaries[path] = _spooled(content, member.size)
        while stream.read(1024 * 1024):  # what fills it up, or who writes it would wait for ever
            pass
    except (tarfile.TarError, EOFError) as error:
        raise EngineFailed(f"the image's files came in no tar archive, or broke off: {error}") from error
    entries = {path: entry for path, entry in entries.items() if not _by_the_engine(path, entry)}
    return Listing(entries, binaries.get(_path(binary)))


def unwanted(listing: Listing, explained: Iterable[str]) -> list[str]:
    """Return the files of the source and the toolchain, apart from those that are there for a reason."""
    known = frozenset(path.lstrip("/") for path in explained)
    return [
        path
        for path, entry in listing.entries.items()
        if entry.kind == "file" and path not in known and _is_unwanted(path)
    ]


def unexplained(listing: Listing, explained: Iterable[str]) -> list[str]:
    """Return the files that lie neither at one of these paths nor below it."""
    known = frozenset(path.strip("/") or "." for path in explained)
    return [
        path
        for path, entry in listing.entries.items()
        if entry.kind != "folder" and not known & {path, *map(str, PurePosixPath(path).parents)}
    ]


def first_file(archive: bytes) -> tuple[bytes, int] | None:
    """Return what a beginning of an archive has of its first member, and that member's size; None if it is no file."""
    try:
        with tarfile.open(fileobj=io.BytesIO(archive), mode="r:") as found:
            member = found.next()
    except tarfile.TarError:
        return None
    if member is None or not member.isfile():
        return None
    return archive[member.offset_data : member.offset_data + member.size], member.size


def stat_entries(output: bytes) -> Mapping[str, Entry]:
    """Return what STAT printed, by path."""
    kinds: dict[str, Kind] = {"directory": "folder", "symbolic link": "link"}
    entries = {}
    for line in output.decode("utf-8", "surrogateescape").split("\n"):
        said, bar, path = line.partition("|")
        fields = said.split(" ", 3)
        if bar and len(fields) == 4:
            kind = kinds.get(fields[3], "file" if fields[3].startswith("regular") else "other")
            entries[path.lstrip("/")] = Entry(kind, int(fields[0], 8), int(fields[1]), int(fields[2]))
    return entries


def _path(name: str) -> str:
    """Return a path as it stands below the root; that of the root itself is empty."""
    path = name.removeprefix("./").strip("/")
    return "" if path == "." else path


def _kind(member: tarfile.TarInfo) -> Kind:
    if member.isdir():
        return "folder"
    if member.issym():
        return "link"
    # a hard link is a file that has two names
    return "file" if member.isfile() or member.islnk() else "other"


def _is_unwanted(path: str) -> bool:
    name = path.rpartition("/")[2]
    return name.endswith(".go") or name in SOURCE_NAMES or path.startswith(TOOLCHAIN)


def _by_the_engine(path: str, entry: Entry) -> bool:
    return (path in BY_THE_ENGINE and not entry.size) or path.startswith("dev/")


def _spooled(content: IO[bytes], size: int) -> Binary | None:
    """Read a binary that stands in a stream; an ELF file is read here and there, which takes a file of its own."""
    start = content.read(len(ELF))
    if start != ELF:
        return None
    with tempfile.TemporaryFile() as file:
        file.write(start)
        while chunk := content.read(1024 * 1024):
            file.write(chunk)
        file.seek(0)
        return read_binary(file, size)
