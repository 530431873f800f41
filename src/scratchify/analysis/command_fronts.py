"""
Programs in front of the program: what runs what stands behind it, like tini, env, gosu and sh -c.

https://github.com/krallin/tini#subreaping
https://github.com/Yelp/dumb-init#usage
"""

from collections.abc import Mapping
from dataclasses import dataclass
from getopt import GetoptError, getopt
from posixpath import basename

SHELLS = frozenset({"ash", "bash", "dash", "sh", "zsh"})
"""Programs whose arguments are shell text."""

_REAPERS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "dumb-init": ("cv", ("single-child", "verbose")),
    "tini": ("vgswe:p:", ()),
    "tini-static": ("vgswe:p:", ()),
}
"""Programs that pass signals on and reap children; their options that change nothing for a program without any."""

_LEAVE_OUT: Mapping[str, str] = {
    "catchsegv": "leave it out",
    "chpst": "use USER",
    "chroot": "use USER and WORKDIR",
    "gosu": "use USER",
    "ionice": "leave it out",
    "nice": "leave it out",
    "nohup": "leave it out, as a container has no terminal that hangs up",
    "runuser": "use USER",
    "setpriv": "use USER",
    "setsid": "leave it out",
    "stdbuf": "leave it out",
    "strace": "leave it out",
    "su": "use USER",
    "su-exec": "use USER",
    "sudo": "use USER",
    "time": "leave it out",
    "timeout": "leave it out",
    "unbuffer": "leave it out",
}
_TO_USER = frozenset({"gosu", "su-exec"})
_ROOT = frozenset({"0", "0:0", "root", "root:root"})


@dataclass(frozen=True, slots=True)
class Dropped:
    """A front of `length` words that can be left out; `remark` says what changes, `sets` are variables for ENV."""

    length: int
    remark: str = ""
    sets: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ShellCommand:
    """`sh -c TEXT NAME …`: where the text stands among the words."""

    text: int


@dataclass(frozen=True, slots=True)
class ShellScript:
    """`sh FILE …`: where the file stands among the words."""

    file: int


@dataclass(frozen=True, slots=True)
class Kept:
    """A front that no exec form replaces, and why."""

    why: str


def front_of(words: tuple[str, ...], *, is_root: bool) -> Dropped | ShellCommand | ShellScript | Kept | None:
    """Return what the first word is, None where it is the program itself; `is_root`: who runs it is root."""
    name = basename(words[0])
    if name in SHELLS:
        return _shell(words)
    if name in _REAPERS:
        return _reaper(name, words)
    if name == "env" and len(words) > 1:
        return _env(words)
    if name in _TO_USER and is_root and len(words) > 2 and words[1] in _ROOT:
        return Dropped(2, f"{name} {words[1]} is left out: the container runs as root anyway")
    if name in _LEAVE_OUT and len(words) > 1:
        return Kept(f"{words[0]} starts the program, and scratch has it not; {_LEAVE_OUT[name]}")
    return None


def _shell(words: tuple[str, ...]) -> ShellCommand | ShellScript | Kept | None:
    at = 1
    takes_text = False
    while at < len(words) and words[at][:1] in ("-", "+") and len(words[at]) > 1:
        flag = words[at]
        at += 1
        if flag == "--":
            break
        options = [flag[1:]]
        if flag.endswith("o") and at < len(words):
            options = [flag[1:-1], {"pipefail": "", "errexit": "e"}.get(words[at], "?")]
            at += 1
        letters = "".join(options)
        if not set(letters) <= set("cef"):
            return Kept(f"{words[0]} {flag} starts the program in its own way; start it directly, in exec form")
        takes_text = takes_text or "c" in letters
    if at >= len(words):
        return None
    return ShellCommand(at) if takes_text else ShellScript(at)


def _reaper(name: str, words: tuple[str, ...]) -> Dropped | Kept:
    short, long = _REAPERS[name]
    try:
        options, rest = getopt([*words[1:]], short, [*long])
    except GetoptError as error:
        return Kept(f"{name} has the option {error.opt}, which changes how the program runs; start it directly")
    remark = f"{name} is left out: the program itself is process 1, gets the signals, and must reap what it starts"
    status = next((value for flag, value in options if flag == "-e"), None)
    if status is not None:
        remark += f"; its exit status {status} no longer counts as 0"
    return Dropped(len(words) - len(rest), remark)


def _env(words: tuple[str, ...]) -> Dropped | Kept:
    at = 1
    sets: list[tuple[str, str]] = []
    if words[at] == "--":
        at += 1
    while at < len(words) and "=" in words[at]:
        name, _, value = words[at].partition("=")
        sets.append((name, value))
        at += 1
    if words[1].startswith("-") and words[1] != "--":
        return Kept(f"env {words[1]} changes the environment in a way that ENV does not; start the program itself")
    if bad := next((name for name, _ in sets if name == "PATH" or not name.isidentifier()), None):
        return Kept(f"env sets {bad} before the program starts; use ENV")
    return Dropped(at, "", tuple(sets))
