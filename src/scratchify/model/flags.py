"""
Which flags an instruction takes, and which values BuildKit refuses.

After moby/buildkit, frontend/dockerfile/instructions (bflag.go, parse.go, commands_run*.go).
"""

import re
from collections.abc import Mapping
from typing import Literal

from scratchify.source import Span
from scratchify.syntax import Flag, Instruction
from scratchify.syntax.white_space import SPACE

_Kind = Literal["text", "texts", "switch", "duration", "count", "network", "security"]

_FLAGS: Mapping[str, Mapping[str, _Kind]] = {
    "FROM": {"platform": "text"},
    "RUN": {"mount": "texts", "device": "texts", "network": "network", "security": "security"},
    "COPY": {
        "from": "text",
        "chown": "text",
        "chmod": "text",
        "link": "switch",
        "parents": "switch",
        "exclude": "texts",
    },
    "ADD": {
        "chown": "text",
        "chmod": "text",
        "link": "switch",
        "keep-git-dir": "switch",
        "checksum": "text",
        "unpack": "switch",
        "exclude": "texts",
    },
    "HEALTHCHECK": {
        "interval": "duration",
        "timeout": "duration",
        "start-period": "duration",
        "start-interval": "duration",
        "retries": "count",
    },
}
_NONE: Mapping[str, _Kind] = {}
_IGNORED = frozenset({"ARG", "STOPSIGNAL"})
_NUMBER = r"(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)"
_UNIT = r"(?:ns|us|µs|μs|ms|s|m|h)"
_VALUES: Mapping[_Kind, re.Pattern[str]] = {
    "text": re.compile(r"(?s:.*)"),
    "texts": re.compile(r"(?s:.*)"),
    "switch": re.compile(r"(?i:true|false)"),
    "duration": re.compile(rf"|\+?(?:0|(?:{_NUMBER}{_UNIT})+)"),
    "count": re.compile(r"|[+]?[0-9]{1,9}"),
    "network": re.compile(r"default|none|host"),
    "security": re.compile(r"insecure|sandbox"),
}


def refused_flag(instruction: Instruction) -> tuple[str, Span] | None:
    """Return what is wrong with an instruction's flags, and where; None where BuildKit takes them."""
    end = instruction.line.origin(instruction.arguments) if instruction.argument_text else instruction.code.end
    written = instruction.line.text[len(instruction.keyword) : instruction.arguments]
    if not written.isascii() and written.strip(SPACE):
        # BuildKit reads them byte by byte: extractBuilderFlags
        return f"{instruction.name}: flags are of ASCII only", Span(instruction.keyword_span.end, end)
    if instruction.name in _IGNORED:
        return None
    known = _FLAGS.get(instruction.name, _NONE)
    seen: set[str] = set()
    for flag in instruction.flags:
        if flag.name not in known:
            return f"{instruction.name} has no flag --{flag.name}", flag.span
        if flag.name in seen and known[flag.name] != "texts":
            return f"--{flag.name} stands twice", flag.span
        if fault := _fault(flag, known[flag.name]):
            return fault, flag.span
        seen.add(flag.name)
    return None


def _fault(flag: Flag, kind: _Kind) -> str | None:
    if flag.value is None:
        return None if kind == "switch" else f"--{flag.name} takes a value"
    return None if _VALUES[kind].fullmatch(flag.value) else f"--{flag.name} cannot be {flag.value or 'empty'}"
