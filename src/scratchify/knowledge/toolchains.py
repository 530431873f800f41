"""Which Go a distribution's package, or the tag of a builder image, brings."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from scratchify.knowledge.tables import read_table

NEWEST = 27
"""The y of Go 1.y in `golang:latest` of today: https://hub.docker.com/_/golang"""

_MINOR = re.compile(r"1\.(\d+)")
_OF_TODAY = frozenset({"1", "latest", "alpine", "bookworm", "trixie", "1-alpine", "1-bookworm", "1-trixie"})
_OFFICIAL = frozenset({"golang", "library/golang"})


@dataclass(frozen=True, slots=True)
class PackagedGo:
    """The y of Go 1.y that the package of a release installs; `release` is its name, for Alpine its number."""

    release: str
    minor: int
    source: str


@cache
def _packaged() -> Mapping[str, int]:
    return {entry.release: entry.minor for entry in read_table("packaged_go.toml", "release", PackagedGo)}


def minor_of_image(path: str, tag: str) -> int | None:
    """Return the y of Go 1.y that a builder image has; None for a digest alone and for tags that do not tell."""
    if match := _MINOR.match(tag):
        return int(match[1])
    return NEWEST if path in _OFFICIAL and tag in _OF_TODAY else None


def packaged_go(package: str, release: str) -> int | None:
    """Return the y of Go 1.y that a package installs on a release, None where that is not known."""
    if match := re.search(r"golang-1\.(\d+)", package):
        return int(match[1])
    return _packaged().get(release)
