"""
Package managers: of distributions (apk, apt-get, yum …), and of languages (pip, npm, gem).

https://wiki.debian.org/PackageManagement
"""

from collections.abc import Callable, Mapping
from posixpath import join

from scratchify.analysis.arguments import Argument
from scratchify.analysis.effects import (
    HARMLESS,
    Circumstances,
    Command,
    Effects,
    Fills,
    Installs,
    RenewsCertificates,
    Uninstalls,
    unknown,
)
from scratchify.knowledge.names import package_purposes

_INSTALL_VERBS: Mapping[str, frozenset[str]] = {
    "apk": frozenset({"add"}),
    "apt": frozenset({"install"}),
    "apt-get": frozenset({"install", "build-dep"}),
    "aptitude": frozenset({"install"}),
    "dnf": frozenset({"install", "groupinstall", "localinstall"}),
    "microdnf": frozenset({"install"}),
    "tdnf": frozenset({"install"}),
    "yum": frozenset({"install", "groupinstall", "localinstall"}),
    "zypper": frozenset({"install", "in"}),
}
_REMOVE_VERBS = frozenset({"autoremove", "del", "erase", "purge", "remove"})
_HARMLESS_VERBS = frozenset(
    "autoclean check-update clean dist-upgrade distro-sync full-upgrade fix info list makecache refresh search stats "
    "update upgrade upgrade-minimal".split()
)
_WITH_VALUE = frozenset({"-t", "--virtual", "--repository", "-X", "-o", "-c", "--target-release", "--enablerepo"})
_FROM_ELSEWHERE = frozenset({"-X", "--repository", "--target-release", "--enablerepo"})
_LANGUAGE_VERBS: Mapping[str, frozenset[str]] = {
    "bower": frozenset({"install"}),
    "bundle": frozenset({"install"}),
    "gem": frozenset({"install"}),
    "npm": frozenset({"install", "ci", "i"}),
    "pip": frozenset({"install"}),
    "pip2": frozenset({"install"}),
    "pip3": frozenset({"install"}),
    "pnpm": frozenset({"install", "i", "add"}),
    "yarn": frozenset({"", "install", "add", "global"}),
}
_LANGUAGE_WITH_VALUE: Mapping[str, frozenset[str]] = {
    "gem": frozenset("-v --version -i --install-dir -n --bindir -s --source".split()),
    "pip": frozenset(
        "-c --constraint -e --editable -i --index-url --extra-index-url -f --find-links -r --requirement -t --target "
        "--prefix --trusted-host".split()
    ),
}


def effects_of(command: Command, at: Circumstances) -> Effects | None:
    """Return what a package manager does, None where the command is none."""
    if command.name in _INSTALL_VERBS:
        return _distribution(command)
    if command.name in _LANGUAGE_VERBS:
        return _language(command, at)
    if handler := _OTHERS.get(command.name):
        return handler(command)
    return None


def _distribution(command: Command) -> Effects:
    manager, arguments = command.name, command.arguments
    verbs = [value for value in command.values if value and not value.startswith("-")]
    if not verbs or verbs[0] in _HARMLESS_VERBS:
        return HARMLESS
    if verbs[0] in _REMOVE_VERBS:
        names = [name for name in verbs[1:] if not (_leaves_certificates(manager, verbs[0]) and _brings_them(name))]
        taken = {purpose for name in names for purpose in package_purposes(name)}
        taken -= {"build", "c-compiler", "front", "go", "program"}
        if taken:
            return unknown(f"{manager} {verbs[0]} takes away {', '.join(sorted(taken))}; leave it in")
        return (Uninstalls(tuple(names)),)
    if verbs[0] not in _INSTALL_VERBS[manager]:
        return unknown(f"{manager} {verbs[0]} is not understood yet")
    found = _names(arguments, verbs[0])
    if isinstance(found, Argument):
        return unknown(f"{manager} installs {found.raw}, which only a shell knows; write the names of the packages")
    written = tuple(found)
    options = {argument.front.partition("=")[0] for argument in arguments if argument.front.startswith("-")}
    elsewhere = _FROM_ELSEWHERE if manager == "apk" else _FROM_ELSEWHERE | {"-t"}
    is_foreign = bool(options & elsewhere) or any("/" in name or "@" in name for name in written)
    group = _group(arguments) if manager == "apk" else ""
    return (Installs(tuple(map(_bare, written)), manager, written, is_foreign, group),)


def _leaves_certificates(manager: str, verb: str) -> bool:
    """Only purging takes the bundle away that ca-certificates has put together: its postrm script."""
    return verb == "remove" and manager in ("apt", "apt-get", "aptitude")


def _brings_them(name: str) -> bool:
    return "certificates" in package_purposes(name)


def _bare(written: str) -> str:
    """Return a package's name without its version."""
    return written.partition("=")[0].partition("~")[0].rstrip("<>")


def _group(arguments: tuple[Argument, ...]) -> str:
    """Return what `apk add --virtual NAME` calls the packages together."""
    values = [argument.value or argument.front for argument in arguments]
    for flag, following in zip(values, [*values[1:], ""], strict=True):
        if flag in ("-t", "--virtual"):
            return following
        if flag.startswith("--virtual="):
            return flag.partition("=")[2]
    return ""


def _names(arguments: tuple[Argument, ...], verb: str) -> list[str] | Argument:
    names: list[str] = []
    skip = seen_verb = False
    for argument in arguments:
        value = argument.value
        if skip:
            skip = False
        elif argument.front.startswith("-"):
            skip = value in _WITH_VALUE
        elif value is None:
            return argument
        elif not seen_verb and value == verb:
            seen_verb = True
        else:
            names.append(value)
    return names


def _language(command: Command, at: Circumstances) -> Effects:
    """Packages of a language may bring programs; what npm puts beside the source is no data of a Go program."""
    options = _LANGUAGE_WITH_VALUE.get(command.name.rstrip("23"), frozenset())
    before = (None, *command.values)
    verbs = [
        value
        for option, value in zip(before, command.values, strict=False)
        if option not in options and (value is None or not value.startswith("-"))
    ]
    verb = (verbs[0] if verbs else "") or ""
    if verb not in _LANGUAGE_VERBS[command.name]:
        if verb in ("cache", "config", "set"):
            return HARMLESS
        return unknown(f"{command.name} {verb or '…'} may make any file; commit what it makes, or make it elsewhere")
    if any(value is None for value in verbs):
        return unknown(f"what {command.name} {verb} installs only a shell knows; write the names of the packages")
    names = tuple(f"{command.name} {value}" for value in verbs[1:] if value)
    is_global = any(value in ("-g", "--global", "global") for value in command.values)
    if not names or (command.name in ("npm", "yarn", "pnpm") and not is_global):
        folder = "node_modules" if command.name in ("npm", "yarn", "pnpm") else "vendor"
        if command.name in ("npm", "yarn", "pnpm", "bower"):
            path = join(at.folder, folder)
            return (Fills(path, f"{command.name} {verb} fills {path}", is_source=True),)
        return (Installs((f"{command.name} packages",), command.name),)
    return (Installs(names, command.name),)


def _renews(_command: Command) -> Effects:
    return (RenewsCertificates(),)


def _dpkg(command: Command) -> Effects:
    if any(value in ("-i", "--install") for value in command.values):
        shown = next((one.shown for one in command.arguments if not one.front.startswith("-")), "a package")
        return (Installs((shown,), command.name),)
    return HARMLESS


def _harmless(_command: Command) -> Effects:
    return HARMLESS


_OTHERS: Mapping[str, Callable[[Command], Effects]] = {
    "add-apt-repository": _harmless,
    "apt-cache": _harmless,
    "apt-key": _harmless,
    "apt-mark": _harmless,
    "debconf-set-selections": _harmless,
    "dpkg": _dpkg,
    "ldconfig": _harmless,
    "rpm": _dpkg,
    "update-ca-certificates": _renews,
    "update-ca-trust": _renews,
    "yum-config-manager": _harmless,
}
