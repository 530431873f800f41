"""
What an archive of the build context holds, as ADD and tar unpack it.

https://docs.docker.com/reference/dockerfile/#adding-local-tar-archives
"""

from dataclasses import dataclass

from scratchify.context import Kind

MOST_MEMBERS = 20_000
"""An archive of more is not listed: it would be read for minutes."""

MOST_BYTES = 200_000_000
"""A larger archive is not opened."""


@dataclass(frozen=True, slots=True)
class Member:
    path: str
    kind: Kind


def is_archive(content: bytes) -> bool:
    """Say whether ADD unpacks: https://pkg.go.dev/github.com/moby/go-archive/compression#Detect"""
    return content.startswith((b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd")) or content[257:262] == b"ustar"


def unpacked(content: bytes) -> tuple[Member, ...] | None:
    """Return what a tar archive holds, None where it is none, or more than is looked at."""
    if not is_archive(content) or len(content) > MOST_BYTES:
        return None
    import io
    import tarfile

    found: list[Member] = []
    try:
        with tarfile.open(fileobj=io.BytesIO(content)) as archive:
            for member in archive:
                if len(found) > MOST_MEMBERS:
                    return None
                kind: Kind = "folder" if member.isdir() else "file" if member.isreg() else "link"
                found.append(Member(member.name, kind))
    except (tarfile.TarError, OSError, EOFError):
        return None
    return tuple(member for member in found if member.path.strip("./"))
