"""
The flags of `go build` and its like.

https://pkg.go.dev/cmd/go#hdr-Compile_packages_and_dependencies
"""

from scratchify.analysis.arguments import Argument
from scratchify.analysis.go_build import Unknown

_WITHOUT_VALUE = frozenset(
    "a n race msan asan cover v work x i linkshared modcacherw trimpath json d t u f insecure fix".split()
)
_TOLD_TO_TOOLS = frozenset({"asmflags", "gcflags", "ldflags", "gccgoflags"})


def take_flags(verb: str, rest: list[Argument]) -> dict[str, str] | Unknown:
    """Take the flags off the front of `rest`; return their values by name, without those that are switched off."""
    flags: dict[str, str] = {}
    while rest:
        argument = rest[0]
        shown = argument.front
        if not shown.startswith("-") or shown == "-":
            break
        rest.pop(0)
        name, equals, given = shown.lstrip("-").partition("=")
        if not equals and name not in _WITHOUT_VALUE:
            if not rest:
                return Unknown(f"go {verb} {argument.raw} lacks a value")
            argument = rest.pop(0)
            given = argument.shown
        # what the linker is told, like a version from git, has no say in what is built where
        if argument.value is None and name not in _TOLD_TO_TOOLS:
            return Unknown(f"go {verb} -{name} has a value that only a shell knows; write it, or use ARG and ENV")
        if name == "o" and not given:
            return Unknown(f"go {verb} -o is given an empty name")
        if given != "false":
            flags[name] = given
    return flags
