"""
Which Go files one build compiles.

https://pkg.go.dev/cmd/go#hdr-Build_constraints
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_SYSTEMS = frozenset(
    "aix android darwin dragonfly freebsd hurd illumos ios js linux nacl netbsd openbsd plan9 solaris wasip1 windows "
    "zos".split()
)
_ARCHITECTURES = frozenset(
    "386 amd64 amd64p32 arm arm64 arm64be armbe loong64 mips mips64 mips64le mips64p32 mips64p32le mipsle ppc ppc64 "
    "ppc64le riscv riscv64 s390 s390x sparc sparc64 wasm".split()
)
_TOKEN = re.compile(r"\s*(&&|\|\||!|\(|\)|[\w.]+)")
_RELEASE = re.compile(r"go1\.\d+")
_HEADER = re.compile(r"\s*(?://[^\n]*(?:\n|\Z)|/\*.*?\*/)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Target:
    """What a build is for: architecture, `-tags`, and whether cgo is on."""

    architecture: str = "amd64"
    tags: frozenset[str] = frozenset()
    cgo: bool = True

    def satisfies(self, tag: str) -> bool:
        if tag == "cgo":
            return self.cgo
        return tag in ("linux", "unix", "gc", self.architecture) or tag in self.tags or bool(_RELEASE.fullmatch(tag))


def is_compiled(name: str, text: str, target: Target) -> bool:
    """Say whether `go build` takes this file: its name, and the constraints above its package clause."""
    if name.startswith(("_", ".")) or name.endswith("_test.go"):
        return False
    parts = name.removesuffix(".go").split("_")[1:]
    system = parts[-2] if len(parts) > 1 and parts[-1] in _ARCHITECTURES else (parts or [""])[-1]
    if parts and parts[-1] in _ARCHITECTURES and parts[-1] != target.architecture:
        return False
    if system in _SYSTEMS and system != "linux":
        return False
    return all(_holds(line, target) for line in _constraints(text))


def _constraints(text: str) -> Iterator[str]:
    """Yield `//go:build` where there is one, else the `// +build` lines translated to the same syntax."""
    old: list[str] = []
    at = 0
    while match := _HEADER.match(text, at):
        at = match.end()
        for line in match[0].split("\n"):
            line = line.strip()
            if line.startswith("//go:build "):
                yield line.removeprefix("//go:build ")
                return
            if line.startswith("//") and line[2:].strip().startswith("+build "):
                words = line[2:].strip().removeprefix("+build ").split()
                old.append(" || ".join("(" + word.replace(",", " && ") + ")" for word in words))
    yield from old


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
