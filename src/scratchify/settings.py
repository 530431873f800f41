"""What the user chose."""

from dataclasses import dataclass
from typing import Literal

BaseChoice = Literal["auto", "scratch", "distroless", "alpine", "debian"]
"""What the final stage may begin from; `auto` is the smallest that will do."""


@dataclass(frozen=True, slots=True)
class Settings:
    """
    The choices that change what becomes of a Dockerfile.

    `strict`: an assumption is a refusal. `assume_source`: without Go source at hand, what only the source could
    prove is assumed. `only_needed`: what no evidence asks for is left out. `nonroot`: a program that ran as root runs
    as a user without rights. `strip`: the binary loses its symbols. `guard`: the build fails where the binary is linked
    dynamically. `static_cgo`: C is linked statically. `go_download`: Go may download modules where it is asked for the
    packages of a program.

    `base` and `bases` are for the image that the final stage begins from: the only one that may be taken, and names
    that stand in for the usual ones. `builders` are names of images and the golang images that they stand for.
    `carry` and `drop` are paths that come along, or do not, whatever the evidence says: absolute in the image, or
    relative to the build context. `ignored_by` is the file, and its line, that says to leave the Dockerfile alone.
    `embedded`: a search looks into Python source and compose files, too.
    """

    strict: bool = False
    assume_source: bool = False
    only_needed: bool = False
    nonroot: bool = False
    strip: bool = False
    guard: bool = False
    static_cgo: bool = False
    go_download: bool = False
    embedded: bool = False
    base: BaseChoice = "auto"
    bases: tuple[tuple[str, str], ...] = ()
    builders: tuple[tuple[str, str], ...] = ()
    carry: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    ignored_by: tuple[str, int] | None = None
