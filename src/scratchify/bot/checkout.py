"""The files of a clone on disk, with the links that stay inside it, and no others."""

import os
from collections.abc import Sequence
from pathlib import Path

from scratchify.bot.git import Entry, Git, GitFailed

LINK = "120000"
SUBMODULE = "160000"

OUTSIDE = ".scratchify-leads-outside"
"""What a link leads to whose own target is not in the clone: a name that nothing has."""


def check_out(git: Git, commit: str) -> list[Entry]:
    """
    Put the files of a commit on disk and return them.

    git makes no links. Those that lead to something in the clone are made here, once everything else is there, because
    a build context in which a link is a file of its own would be another one; all others lead nowhere.
    """
    entries = git.files(commit)
    git.check_out(commit)
    links = [entry for entry in entries if entry.mode == LINK]
    _make_links(git.folder, links)
    return entries


def _make_links(root: Path, links: Sequence[Entry]) -> None:
    real = os.path.realpath(root)
    made = []
    for link in links:
        path = root / link.path
        if not _is_inside(os.path.realpath(path.parent), real):
            raise GitFailed(f"{link.path} lies outside of the clone")
        target = path.read_bytes()
        path.unlink()
        # its own text, even where that leads out: what it leads to is asked when all are there
        path.symlink_to(os.fsdecode(target) or OUTSIDE)
        made.append(path)
    for path in made:
        if not _is_inside(os.path.realpath(path), real):
            path.unlink()
            path.symlink_to(OUTSIDE)


def _is_inside(path: str, root: str) -> bool:
    inside = Path(path).is_relative_to(root)
    return inside and ".git" not in Path(path).relative_to(root).parts
