"""
The paths that the user wants carried or dropped, as paths of the image.

A relative path is one of the build context, and means every place that COPY put it; an absolute one is the image's own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from posixpath import normpath

from scratchify.analysis.stage_files import Copied, StageFiles
from scratchify.settings import Settings


@dataclass(frozen=True, slots=True)
class ChosenPath:
    """A path of the image, and how the user said it."""

    path: str
    said: str

    def holds(self, path: str) -> bool:
        """Say whether a path is this one, or lies below it."""
        return path == self.path or path.startswith(self.path.rstrip("/") + "/")


@dataclass(frozen=True, slots=True)
class UnknownChoice:
    """A path that is nowhere in the image, the option that names it, and why it is not."""

    option: str
    said: str
    why: str


@dataclass(frozen=True, slots=True)
class Choices:
    """What is to be carried and to be dropped; `unknown` are the paths that mean nothing."""

    carry: tuple[ChosenPath, ...]
    drop: tuple[ChosenPath, ...]
    unknown: tuple[UnknownChoice, ...]


def choices(settings: Settings, files: StageFiles) -> Choices:
    """Return what the user chose, in terms of the build stage's files."""
    unknown: list[UnknownChoice] = []
    carry = _found("carry", settings.carry, files, unknown)
    drop = _found("drop", settings.drop, files, unknown)
    return Choices(carry, drop, tuple(unknown))


def _found(option: str, said: Sequence[str], files: StageFiles, unknown: list[UnknownChoice]) -> tuple[ChosenPath, ...]:
    found: list[ChosenPath] = []
    for one in said:
        places = _places(one, files)
        if isinstance(places, str):
            unknown.append(UnknownChoice(option, one, places))
        else:
            found += [ChosenPath(path, one) for path in places]
    # what lies in another one of them is no choice of its own
    wider = [one for one in found if not any(other.path != one.path and other.holds(one.path) for other in found)]
    return tuple({one.path: one for one in wider}.values())


def _places(said: str, files: StageFiles) -> list[str] | str:
    """Return the places of a path in the image, or why there is none."""
    path = normpath(said)
    if said.startswith("/"):
        path = path.replace("//", "/")
        return [path] if path != "/" and files.exists(path) is not False else "no step puts it into the image"
    if path == "." or path.startswith("../"):
        return "a path below the build context is wanted, or one of the image that begins with /"
    found = [
        at for at, entry in files.entries.items() if isinstance(entry.origin, Copied) and entry.origin.path == path
    ]
    if found:
        return found
    return "no COPY puts it into the image" if path in files.context.entries else "it is not in the build context"
