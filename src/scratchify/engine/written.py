"""What a program left in its container's files."""

from collections.abc import Container, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from scratchify.engine.client import Client
from scratchify.engine.image_files import BY_THE_ENGINE
from scratchify.engine.processes import KEPT

_OF_THE_TOOLCHAIN = ("/.cache/go-build/", "/go/pkg/mod/", "/.config/go/telemetry/")
"""What `go run` leaves behind, and no program of the project's own."""

MOST = 20
"""Files that are looked into."""


@dataclass(frozen=True, slots=True)
class Written:
    """A path that a run added, changed or deleted; `content` is the beginning of a file, None where that is none."""

    path: str
    is_deleted: bool
    content: bytes | None
    size: int


def written_by(client: Client, container: str, volumes: Container[str] = ()) -> tuple[Written, ...]:
    """
    Return what a container that has ended left in its files, without the folders that lead there.

    Where an image lacks the folder of one of its `volumes`, the engine makes it.
    """
    return tuple(one for one in _written(client, container) if one.path not in volumes)


def _written(client: Client, container: str) -> Iterator[Written]:
    changes = sorted(client.changes(container), key=lambda change: change[1])
    folders = {str(folder) for _, path in changes for folder in PurePosixPath(path).parents}
    looked_into = 0
    for kind, path in changes:
        if any(cache in path for cache in _OF_THE_TOOLCHAIN):
            continue
        if path.lstrip("/") in BY_THE_ENGINE or path.startswith("/dev/") or path in folders:
            continue
        found = None
        if kind != "D" and looked_into < MOST:
            looked_into += 1
            found = client.content(container, path)
        content, size = found if found else (None, 0)
        # an empty folder that was only touched says nothing
        if kind != "C" or content is not None:
            yield Written(path, kind == "D", content[:KEPT] if content is not None else None, size)
