"""What distributions call things: releases, the packages of programs and C libraries, and what their images have."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from scratchify.knowledge.tables import read_table


@dataclass(frozen=True, slots=True)
class DebianRelease:
    """
    A release of Debian: its number, and the number of the distroless images for what is linked on it.

    `archived`: its packages have left the mirrors that its images ask.
    """

    name: str
    version: int
    distroless: int
    source: str
    archived: bool = False


@dataclass(frozen=True, slots=True)
class ProgramPackage:
    """
    The packages that have programs, empty where the distribution has none.

    `along` are packages that the programs use where they are there.
    """

    names: tuple[str, ...]
    debian: str
    alpine: str
    source: str
    along: tuple[str, ...] = ()

    def of(self, family: str) -> str:
        return {"debian": self.debian, "alpine": self.alpine}.get(family, "")


@dataclass(frozen=True, slots=True)
class ImagePrograms:
    """
    What an image has: programs and packages.

    `plain` are the programs that every distribution has alike, with the letters of the options that mean the same.
    """

    of: str
    programs: tuple[str, ...]
    packages: tuple[str, ...]
    source: str
    plain: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CLibrary:
    """The package that has a C library; `system` where the C library or the compiler's own come with the base."""

    names: tuple[str, ...]
    system: str
    alpine: str
    source: str
    debian: Mapping[str, str] = field(default_factory=dict)


@cache
def debian_releases() -> Mapping[str, DebianRelease]:
    return {entry.name: entry for entry in read_table("debian_releases.toml", "release", DebianRelease)}


@cache
def program_packages() -> Mapping[str, ProgramPackage]:
    table = read_table("programs.toml", "program", ProgramPackage)
    return {name: entry for entry in table for name in entry.names}


@cache
def image_programs() -> Mapping[str, ImagePrograms]:
    return {entry.of: entry for entry in read_table("image_programs.toml", "image", ImagePrograms)}


@cache
def c_libraries() -> Mapping[str, CLibrary]:
    table = read_table("c_libraries.toml", "library", CLibrary)
    return {name: entry for entry in table for name in entry.names}


def is_program(name: str) -> bool:
    """Say whether a program is known at all."""
    return name in program_packages() or any(name in image.programs for image in image_programs().values())


def is_plain(name: str, arguments: Sequence[str | None]) -> bool:
    """Say whether a program is used as every distribution has it; None stands for what only a shell knows."""
    letters = image_programs()["alpine"].plain.get(name)
    if letters is None:
        return False
    return all(one is None or not one.startswith("-") or _is_usual(one[1:], letters) for one in arguments)


def _is_usual(option: str, letters: str) -> bool:
    return not option.startswith("-") and (option.isdecimal() or set(option) <= set(letters))
