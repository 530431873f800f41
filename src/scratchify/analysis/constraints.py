"""
Which Go files one build compiles.

https://pkg.go.dev/cmd/go#hdr-Build_constraints
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

_SYSTEMS = frozenset(
    "aix android darwin dragonfly freebsd hurd illumos ios js linux nacl netbsd openbsd plan9 solaris wasip1 windows "
    "zos".split()
)
_ARCHITECTURES = frozenset(
    "386 amd64 amd64p32 arm arm64 arm64be armbe loong64 mips mips64 mips64le mips64p32 mips64p32le mipsle ppc ppc64 "
    "ppc64le riscv riscv64 s390 s390x sparc sparc64 wasm".split()
)
_USUAL = ("amd64", "arm64")
"""What servers are: a build that does not say for which it is may be for either."""

_TOKEN = re.compile(r"\s*(&&|\|\||!|\(|\)|[\w.]+)")
_LOWEST_LEVELS = {"386": "386.sse2", "amd64": "amd64.v1", "arm64": "arm64.v8.0"}
_RELEASE = re.compile(r"go1\.\d+")
_GO_BUILD = re.compile(r"//go:build(?:[ \t]|\Z)")
_PLUS_BUILD = re.compile(r"//\s*\+build(?=\s|\Z)(.*)")


@dataclass(frozen=True, slots=True)
class Target:
    """What a build is for: architecture, empty where it is not known, `-tags`, and whether cgo is on."""

    architecture: str = "amd64"
    tags: frozenset[str] = frozenset()
    cgo: bool = True

    def satisfies(self, tag: str) -> bool:
        if tag == "cgo":
            return self.cgo
        if tag in ("linux", "unix", "gc", self.architecture, _LOWEST_LEVELS.get(self.architecture)) or tag in self.tags:
            return True
        return bool(_RELEASE.fullmatch(tag))


def is_compiled(name: str, text: str, target: Target) -> bool:
    """Say whether `go build` takes this file: its name, and the constraints above its package clause."""
    if name.startswith(("_", ".")) or name.endswith("_test.go"):
        return False
    if not target.architecture:
        return any(is_compiled(name, text, replace(target, architecture=one)) for one in _USUAL)
    parts = name.partition(".")[0].split("_")[1:]
    system = parts[-2] if len(parts) > 1 and parts[-1] in _ARCHITECTURES else (parts or [""])[-1]
    if parts and parts[-1] in _ARCHITECTURES and parts[-1] != target.architecture:
        return False
    if system in _SYSTEMS and system != "linux":
        return False
    return all(_holds(line, target) for line in _constraints(text))


def _constraints(text: str) -> Iterator[str]:
    """
    Yield `//go:build` where there is one, else the `// +build` lines translated to the same syntax.

    After go/build, parseFileHeader: a `// +build` counts only above an empty line that stands above the first line
    that is no `//` comment, and what shares a line with a block comment is none of both.
    """
    old: list[str] = []
    pending: list[str] = []
    in_block = has_ended = False
    for line in text.removeprefix("\ufeff").split("\n"):
        line = line.strip()
        if not line and not has_ended:
            old, pending = old + pending, []
            continue
        has_ended = has_ended or not line.startswith("//")
        if not in_block and _GO_BUILD.match(line):
            yield line.removeprefix("//go:build")
            return
        if not has_ended and (found := _PLUS_BUILD.fullmatch(line)):
            pending.append(found[1])
        in_block, is_comment = _behind_comments(line, in_block)
        if not is_comment:
            break
    for words in old:
        yield _translated(words) or "ignore"


def _translated(words: str) -> str:
    """Return an old list of constraints, in which a blank means or and a comma means and, in today's syntax."""
    return " || ".join("(" + word.replace(",", " && ") + ")" for word in words.split())


def is_meant(words: str, target: Target) -> bool:
    """Say whether the constraints in front of a `#cgo` line hold; none always do."""
    return not words.strip() or _holds(_translated(words), target)


def _behind_comments(line: str, in_block: bool) -> tuple[bool, bool]:
    """Say whether a block comment is open behind this line, and whether the line was comment only."""
    while line:
        if in_block:
            _, end, line = line.partition("*/")
            in_block = not end
        elif line.startswith("/*"):
            in_block, line = True, line[2:]
        else:
            return False, line.startswith("//")
        line = line.strip()
    return in_block, True


def _holds(expression: str, target: Target) -> bool:
    tokens = [match[1] for match in _TOKEN.finditer(expression)]

    def either() -> bool:
        value = both()
        while tokens and tokens[0] == "||":
            tokens.pop(0)
            value = both() or value
        return value

    def both() -> bool:
        value = one()
        while tokens and tokens[0] == "&&":
            tokens.pop(0)
            value = one() and value
        return value

    def one() -> bool:
        token = tokens.pop(0) if tokens else ""
        if token == "!":
            return not one()
        if token == "(":
            value = either()
            if tokens:
                tokens.pop(0)
            return value
        return target.satisfies(token)

    return either()
