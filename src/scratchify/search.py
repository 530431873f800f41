"""Which files are looked at: what is called like a Dockerfile and is the project's own, and the context around it."""

import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

from scratchify.context import DirectoryRepository, IgnoredByGit, repository_root

SKIPPED_FOLDERS = frozenset({".git", "vendor", "node_modules", "testdata"})
"""Version control, and what others wrote or what is broken on purpose."""

OTHER_ENDINGS = (".dockerignore", ".md", ".j2", ".tmpl", ".bak", ".orig", ".swp")
"""Endings of files that are about a Dockerfile, or become one, or were one."""


def dockerfiles_in(folder: Path, *, unreadable: Callable[[OSError], None] | None = None) -> Iterator[Path]:
    """
    Yield the Dockerfiles of a folder and the folders below it, sorted by path.

    Links to folders are not followed, and a linked file is left out where it leads out of `folder`. A folder that
    cannot be read is handed to `unreadable` as the error that it gave, and left out.
    """
    root = Path(os.path.realpath(folder))
    ignored = IgnoredByGit(root)
    waiting = [(folder, True)]
    while waiting:
        path, is_folder = waiting.pop()
        if not is_folder:
            yield path
            continue
        try:
            children = sorted(_children(path, root), reverse=True)
        except OSError as error:
            if unreadable:
                unreadable(error)
            continue
        here = root / path.relative_to(folder)
        waiting += [
            (path / name, is_folder)
            for name, is_folder in children
            if not ignored.match(here / name, is_folder=is_folder)
        ]


def is_dockerfile_name(name: str) -> bool:
    """Say whether a file of this name is taken for a Dockerfile."""
    if name.lower().endswith(OTHER_ENDINGS):
        return False
    return (
        # `docker build` takes the lower-case name where the other is missing
        name in ("Dockerfile", "dockerfile", "Containerfile")
        or name.startswith("Dockerfile.")
        or name.endswith((".Dockerfile", ".dockerfile"))
    )


def locate_context(dockerfile: Path, text: str) -> Path:
    """Return the folder that is sent to the builder with this Dockerfile, where nobody says which."""
    # only a Dockerfile of a Go program asks
    from scratchify.analysis.locate import context_folder

    file = Path(os.path.abspath(dockerfile))  # noqa: PTH100  # links stay, .. goes
    root = repository_root(file.parent) or file.parent
    return root / context_folder(DirectoryRepository(root), file.relative_to(root).as_posix(), text)


def _children(folder: Path, root: Path) -> Iterator[tuple[str, bool]]:
    """Yield name and kind of what may be or hold a Dockerfile; True is a folder."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                if entry.name not in SKIPPED_FOLDERS:
                    yield entry.name, True
            elif is_dockerfile_name(entry.name) and _is_file_within(entry, root):
                yield entry.name, False


def _is_file_within(entry: os.DirEntry[str], root: Path) -> bool:
    try:
        if not stat.S_ISREG(entry.stat().st_mode):
            return False
    except OSError:
        # A link to nothing, or a file that is gone by now.
        return False
    return not entry.is_symlink() or Path(os.path.realpath(entry.path)).is_relative_to(root)
