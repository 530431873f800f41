"""
Folders that hold more than is known: archives that were unpacked, repositories that were cloned.

What a program may read of them comes along as a whole, where they are folders of their own.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from scratchify.analysis.candidates import is_of_the_system
from scratchify.analysis.facts import Facts
from scratchify.analysis.stage_files import BASE_FOLDERS, Copied, Unlisted

_OF_PROJECTS = frozenset({"/opt", "/srv"})
"""Folders of every image that are empty until a project fills them."""


@dataclass(frozen=True, slots=True)
class Region:
    """`mixed` says what else lies in the folder, so that it cannot come along as a whole; empty where nothing does."""

    folder: str
    what: Unlisted
    mixed: str


def regions(facts: Facts) -> Iterator[Region]:
    """Yield the folders whose content a program may read; tools, the toolchain and source are none of them."""
    package = facts.main.package if facts.main else None
    for folder, what in facts.files.unlisted.items():
        above = folder.rstrip("/") + "/"
        holds_source = bool(package) and f"{package}/".startswith(above)
        if facts.is_dropped(folder):
            continue
        if what.is_toolchain or is_of_the_system(above) or (what.is_source and holds_source):
            continue
        copied = any(isinstance(entry.origin, Copied) for _, entry in facts.files.tree(folder))
        if folder in BASE_FOLDERS and folder not in _OF_PROJECTS:
            yield Region(folder, what, "the distribution")
        elif holds_source or copied:
            yield Region(folder, what, "files of the build context")
        else:
            yield Region(folder, what, "")
