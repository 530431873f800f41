"""What a base has of what is required, and which packages bring the rest."""

from dataclasses import dataclass

from scratchify.analysis.facts import Facts
from scratchify.analysis.launch import find_program
from scratchify.analysis.packages import Package
from scratchify.bases.rungs import Base
from scratchify.decisions import Require
from scratchify.knowledge.distributions import c_libraries, debian_releases, image_programs, program_packages

_MANAGERS = {"alpine": frozenset({"apk"}), "debian": frozenset({"apt", "apt-get", "aptitude"})}
_CHANGES_SOURCES = ("/etc/apt/", "/etc/apk/")


@dataclass(frozen=True, slots=True)
class Supplied:
    """The base has it, with these packages."""

    packages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Lacks:
    """The base cannot have it, and why; `is_plain`: it simply has none."""

    why: str
    is_plain: bool = False


def supply(need: Require, base: Base, facts: Facts) -> Supplied | Lacks:
    """Say how a base meets one requirement."""
    found = _supplied(need, base, facts)
    release = debian_releases().get(base.release or "") if base.image.startswith("debian:") else None
    if isinstance(found, Supplied) and found.packages and release and release.archived:
        return Lacks(f"the packages of {base.image} are archived, where apt-get does not find them; use a newer golang")
    return found


def _supplied(need: Require, base: Base, facts: Facts) -> Supplied | Lacks:
    match need.capability:
        case "libc":
            return _libc(base, facts)
        case "libstdc++":
            return _libstdcxx(base, facts)
        case "library":
            return _library(need.name, base, facts)
        case "shell":
            return Supplied() if base.has_shell else Lacks(f"{base.image} has no shell", is_plain=True)
        case "program":
            return _program(need, base, facts)
        case "package":
            return _package(need.name, base, facts)
        case "users":
            return _users(base, facts)


def family_of(facts: Facts) -> str:
    return facts.base.family if facts.base else "other"


def _libc(base: Base, facts: Facts) -> Supplied | Lacks:
    libc = facts.base.libc if facts.base else "none"
    if not base.libc:
        return Lacks(f"{base.image} has no C library", is_plain=True)
    if libc == base.libc and (libc == "musl" or family_of(facts) == "debian"):
        return Supplied()
    if libc == base.libc:
        return Lacks(f"{facts.image} may have a newer C library than {base.image}; build on golang:1.27-bookworm")
    linked = libc if libc in ("glibc", "musl") else "a C library that is not known"
    return Lacks(f"{base.image} has {base.libc}, and {facts.image} links against {linked}")


def _libstdcxx(base: Base, facts: Facts) -> Supplied | Lacks:
    found = _libc(base, facts)
    if isinstance(found, Lacks) or base.step in ("distroless-cc", "debian"):
        return found
    return Supplied(("libstdc++",)) if base.step == "alpine" else Lacks(f"{base.image} has no libstdc++", is_plain=True)


def _library(name: str, base: Base, facts: Facts) -> Supplied | Lacks:
    found = _libc(base, facts)
    if isinstance(found, Lacks):
        return found
    known = c_libraries().get(name)
    if known is None:
        return Lacks(f"which package has the library {name} is not known; link it statically")
    if known.system == "libc":
        return found
    if known.system == "libstdc++":
        return _libstdcxx(base, facts)
    if not base.family:
        return Lacks(f"{base.image} has no library {name}", is_plain=True)
    package = known.alpine if base.family == "alpine" else known.debian.get(base.release or "", "")
    if not package:
        return Lacks(f"which package of {base.image} has the library {name} is not known; link it statically")
    return Supplied(() if package in image_programs()[base.family].packages else (package,))


def _program(need: Require, base: Base, facts: Facts) -> Supplied | Lacks:
    name = need.name
    if not base.family:
        return Lacks(f"{base.image} has no {name}", is_plain=True)
    if path := find_program(name, facts.files, facts.end):
        return Lacks(f"{path} is put there by line {facts.files.entries[path].origin.line}: what it needs is not known")
    has = image_programs()
    known = program_packages().get(name)
    package = known.of(base.family) if known else ""
    installed = installed_by(package, facts)
    if family_of(facts) != base.family:
        is_alike = need.plain and name in has[base.family].programs and name in has["alpine"].plain
        if is_alike:
            return Supplied()
        if not (known or any(name in image.programs for image in has.values())):
            return Lacks(f"no table says which package has {name}")
        return Lacks(f"{name} of {base.image} is not the one of {facts.image}")
    if installed and known:
        return _with_along(package, installed, known.along, base, facts)
    if name in has[base.family].programs:
        return Supplied()
    if not package:
        return Lacks(f"no table says which package has {name}")
    if is_golang(facts) and name in has["golang"].programs and known:
        return _with_along(package, None, known.along, base, facts)
    return Lacks(
        f"{name} is in the package {package}, which no step installs and {facts.image} has not, so that it never "
        "worked; install it"
    )


def _with_along(
    package: str, installed: Package | None, along: tuple[str, ...], base: Base, facts: Facts
) -> Supplied | Lacks:
    if installed and (why := _not_from_release(installed, base, facts)):
        return Lacks(why)
    there = [name for name in along if installed_by(name, facts) or (is_golang(facts) and name in _of_golang())]
    return Supplied((installed.written if installed else package, *there))


def _package(name: str, base: Base, facts: Facts) -> Supplied | Lacks:
    found = installed_by(name, facts)
    if found is None or not base.family:
        return Lacks(f"{base.image} has no {name}", is_plain=True)
    if why := _not_from_release(found, base, facts):
        return Lacks(why)
    return Supplied((found.written,))


def _not_from_release(package: Package, base: Base, facts: Facts) -> str | None:
    """Return why the base's package manager cannot install the same package, None where it can."""
    if base.family != family_of(facts) or package.manager not in _MANAGERS[base.family]:
        manager, name = package.manager or "another program", package.name.removeprefix(f"{package.manager} ")
        return f"{manager} installs {name}, which {base.image} does not get so"
    changed = next((path for path in facts.files.entries if path.startswith(_CHANGES_SOURCES)), None)
    if package.is_foreign or changed:
        why = f"because {changed} is changed" if changed else "by an option of its own"
        return f"{package.name} may come from elsewhere than {base.image}'s release, {why}"
    return None


def _users(base: Base, facts: Facts) -> Supplied | Lacks:
    """Users are taken over with the whole database, which must be one of the same distribution."""
    release = facts.base.release if facts.base else None
    if not base.family or (base.family == family_of(facts) and base.release == release):
        return Supplied()
    return Lacks(f"{base.image} has another user database than {facts.image}, where the Dockerfile makes users")


def installed_by(name: str, facts: Facts) -> Package | None:
    """Return the package as the original installs it, None where it does not or takes it away again."""
    return next((one for one in facts.packages if one.name == name and not one.is_removed), None)


def is_golang(facts: Facts) -> bool:
    """Say whether the builder is the official image on Debian, with all that it has."""
    return family_of(facts) == "debian" and facts.base is not None and "golang" in facts.base.names


def _of_golang() -> tuple[str, ...]:
    return image_programs()["golang"].packages
