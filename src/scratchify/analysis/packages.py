"""Packages that a build installs, and whether there is a C compiler among them."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from scratchify.analysis.go_build import GoBuild
from scratchify.knowledge.images import BaseImage
from scratchify.knowledge.names import package_purposes


@dataclass(frozen=True, slots=True)
class Package:
    """
    A package, and the line that installs it.

    `manager` is the command that installs it, and `written` the name as that takes it, with a version perhaps.
    `is_foreign`: it comes from elsewhere than the distribution's release. `group` is what apk calls several together;
    `is_removed`: a later step takes it away.
    """

    name: str
    line: int
    manager: str = ""
    written: str = ""
    is_foreign: bool = False
    group: str = ""
    is_removed: bool = False

    def without(self, names: tuple[str, ...]) -> "Package":
        """Return the package after a removal of packages and groups."""
        return replace(self, is_removed=True) if {self.name, self.group} & {*names} - {""} else self


def calls_c(made_by: GoBuild, base: BaseImage | None, packages: Iterable[Package]) -> bool:
    """Say whether Go calls C in a build: it does not where no compiler is at hand and nobody says that it shall."""
    if not made_by.target.cgo:
        return False
    has_compiler = any("c-compiler" in package_purposes(package.name) for package in packages)
    return base is None or base.family != "alpine" or has_compiler or bool(made_by.variables.get("CGO_ENABLED"))
