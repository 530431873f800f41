"""Names that tell what something is for: tools of a developer, and files that no running program reads."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import translate
from functools import cache

from scratchify.knowledge.tables import read_table


@dataclass(frozen=True, slots=True)
class DevelopmentTool:
    """A program that rebuilds, restarts or debugs; `modules` are the import paths that people install."""

    name: str
    modules: tuple[str, ...]
    source: str


@dataclass(frozen=True, slots=True)
class BuildInput:
    """Patterns for one element of a path; `folder` restricts them to folders."""

    kind: str
    names: tuple[str, ...]
    folder: bool
    source: str


@dataclass(frozen=True, slots=True)
class Packages:
    """Names of distribution packages with one purpose; a package may have several."""

    purpose: str
    names: tuple[str, ...]
    source: str


@cache
def package_purposes(name: str) -> frozenset[str]:
    """Return what a distribution's package is for, nothing where that is not known."""
    table = read_table("packages.toml", "package", Packages)
    found = frozenset(entry.purpose for entry in table if name in entry.names)
    # headers are there for a compiler: Debian's policy 8.4, and the names of Alpine's and Red Hat's packages
    is_headers = name.endswith(("-dev", "-devel")) and not found
    return frozenset({"build", "c-compiler"}) if is_headers else found


@cache
def development_tools() -> Mapping[str, DevelopmentTool]:
    return {entry.name: entry for entry in read_table("development_tools.toml", "tool", DevelopmentTool)}


@cache
def build_input(name: str, *, is_folder: bool) -> str | None:
    """Return what kind of build input a file or folder of this name is, or None where it may be run-time data."""
    return next((kind for kind, folder, names in _patterns() if (is_folder or not folder) and names.match(name)), None)


@cache
def _patterns() -> tuple[tuple[str, bool, re.Pattern[str]], ...]:
    return tuple(
        (entry.kind, entry.folder, re.compile("|".join(map(translate, entry.names))))
        for entry in read_table("build_input.toml", "pattern", BuildInput)
    )
