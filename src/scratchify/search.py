"""Which files are looked at: what is called like a Dockerfile and is the project's own, and the context around it."""

import os
import stat
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from scratchify.hosts import is_embedding
from scratchify.repository import DirectoryRepository, is_dockerfile_name, project_files, repository_root

VENDORED = frozenset({"site-packages", "dist-packages", "venv", ".venv", ".tox", ".nox", "third_party", "_vendor"})
"""Folders whose Python others wrote."""


def dockerfiles_in(
    folder: Path, *, embedded: bool = False, unreadable: Callable[[OSError], None] | None = None
) -> Iterator[Path]:
    """
    Yield the Dockerfiles of a folder and the folders below it, sorted by path; `embedded`: and what may hold some.

    Links to folders are not followed, and a linked file is left out where it leads out of `folder`. A folder that
    cannot be read is handed to `unreadable` as the error that it gave, and left out.
    """
    root = Path(os.path.realpath(folder))

    def takes(entry: os.DirEntry[str]) -> bool:
        is_wanted = is_dockerfile_name(entry.name) or (embedded and is_embedding(entry.name))
        return is_wanted and _is_file_within(entry, root)

    yield from (folder / path for path in project_files(folder, takes, unreadable=unreadable))


def locate_context(dockerfile: Path, text: str) -> Path:
    """Return the folder that is sent to the builder with this Dockerfile, where nobody says which."""
    # only a Dockerfile of a Go program asks
    from scratchify.analysis.locate import context_folder

    file = Path(os.path.abspath(dockerfile))  # noqa: PTH100  # links stay, .. goes
    root = repository_root(file.parent) or file.parent
    return root / context_folder(DirectoryRepository(root), file.relative_to(root).as_posix(), text)


def said_context(file: Path, contexts: Sequence[str]) -> Path | None:
    """Return the first folder of those that a file says are the build context, from its own folder or the root's."""
    root = repository_root(file.parent)
    for context in contexts:
        for folder in filter(None, (file.parent, root)):
            found = folder / context
            # a whole file system is nobody's context
            if found.is_dir() and Path(os.path.realpath(found)) != Path(found.anchor or os.sep):
                return Path(os.path.normpath(found))
    return None


def _is_file_within(entry: os.DirEntry[str], root: Path) -> bool:
    try:
        if not stat.S_ISREG(entry.stat().st_mode):
            return False
    except OSError:
        # A link to nothing, or a file that is gone by now.
        return False
    return not entry.is_symlink() or Path(os.path.realpath(entry.path)).is_relative_to(root)
