"""
Commands that make users and groups: of Debian's shadow and adduser, and of busybox.

https://man7.org/linux/man-pages/man8/useradd.8.html
https://www.busybox.net/downloads/BusyBox.html
"""

from collections.abc import Callable
from posixpath import join

from scratchify.analysis.arguments import Options, read_options
from scratchify.analysis.effects import (
    HARMLESS,
    AddsGroup,
    AddsUser,
    Command,
    Effects,
    unknown,
)

_Reader = Callable[[Options, list[str]], Effects]

_HARMLESS = frozenset({"chpasswd", "deluser", "delgroup", "passwd", "userdel", "groupdel", "chage"})
_ADVICE = "leave it out, and write USER with numbers"

_USERADD = (
    "b:c:d:De:f:g:G:hk:K:lmMNop:rR:s:u:U",
    (
        "base-dir=", "comment=", "home-dir=", "home=", "defaults", "expiredate=", "inactive=", "gid=", "groups=",
        "skel=", "create-home", "no-create-home", "no-log-init", "no-user-group", "non-unique", "password=", "system",
        "shell=", "uid=", "user-group",
    ),
)  # fmt: skip
_GROUPADD = ("fg:K:op:rR:", ("force", "gid=", "non-unique", "password=", "system"))
_ADDGROUP = ("g:Sh", ("gid=", "system", "quiet", "force-badname"))
_ADDUSER_BUSYBOX = ("h:g:s:G:SDHu:k:", ())
_ADDUSER_DEBIAN = (
    "hvqu:",
    (
        "home=", "shell=", "no-create-home", "uid=", "firstuid=", "lastuid=", "gid=", "ingroup=", "group", "system",
        "disabled-password", "disabled-login", "gecos=", "comment=", "quiet", "force-badname", "allow-bad-names",
        "conf=",
    ),
)  # fmt: skip


def effects_of(command: Command) -> Effects | None:
    """Return what a command does to the user database, None where it does nothing to it."""
    match command.name:
        case "useradd":
            return _read(command, _USERADD, _useradd)
        case "groupadd":
            return _read(command, _GROUPADD, _groupadd)
        case "addgroup":
            return _read(command, _ADDGROUP, _addgroup)
        case "adduser":
            is_debian = any((value or "").startswith("--") for value in command.values)
            return _read(command, _ADDUSER_DEBIAN if is_debian else _ADDUSER_BUSYBOX, _adduser)
        case "usermod" | "groupmod" | "gpasswd":
            return _usermod(command)
        case name if name in _HARMLESS:
            return HARMLESS
        case _:
            return None


def _read(command: Command, options_of: tuple[str, tuple[str, ...]], reader: _Reader) -> Effects:
    options = read_options(command.arguments, *options_of)
    if isinstance(options, str):
        return unknown(f"{command.name} with the option {options} is not understood; {_ADVICE}")
    for argument in (*options.operands, *options.values.values()):
        if argument.value is None:
            return unknown(f"{command.name} is given {argument.raw}, which only a shell knows; write it")
    if not options.operands:
        return unknown(f"{command.name} without a name is not understood; {_ADVICE}")
    return reader(options, [argument.value or "" for argument in options.operands])


def _value(options: Options, *names: str) -> str:
    found = options.get(*names)
    return (found.value or "") if found else ""


def _useradd(options: Options, names: list[str]) -> Effects:
    name = names[-1]
    home = _value(options, "d", "home-dir", "home") or join(_value(options, "b", "base-dir") or "/home", name)
    makes_home = options.has("m", "create-home")
    return (AddsUser(name, _value(options, "u", "uid"), _value(options, "g", "gid"), home, makes_home),)


def _groupadd(options: Options, names: list[str]) -> Effects:
    return (AddsGroup(names[-1], _value(options, "g", "gid")),)


def _addgroup(options: Options, names: list[str]) -> Effects:
    if len(names) == 2:
        return HARMLESS  # an existing user joins an existing group
    return (AddsGroup(names[-1], _value(options, "g", "gid")),)


def _adduser(options: Options, names: list[str]) -> Effects:
    if len(names) == 2:
        return HARMLESS  # an existing user joins an existing group
    name = names[-1]
    home = _value(options, "h", "home") or f"/home/{name}"
    makes_home = not options.has("H", "no-create-home", "system")
    group = _value(options, "G", "ingroup", "gid")
    return (AddsUser(name, _value(options, "u", "uid"), group, home, makes_home),)


def _usermod(command: Command) -> Effects:
    if command.name == "gpasswd" or any(value in ("-aG", "-a", "-G", "-s", "-L") for value in command.values):
        return HARMLESS
    return unknown(f"{command.name} changes numbers that are not followed; {_ADVICE}")
