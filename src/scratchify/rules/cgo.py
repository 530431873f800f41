"""
Require a C library where the program cannot do without.

With CGO_ENABLED=0 a package that needs C does not compile or, worse, compiles and fails at the first call. Flags like
-race and -buildmode=pie give a binary that asks for a dynamic linker, which `scratch` has not.

https://pkg.go.dev/cmd/cgo
"""

from collections.abc import Iterator
from pathlib import PurePosixPath

from scratchify.analysis.facts import Facts
from scratchify.analysis.go_build import GoBuild
from scratchify.analysis.go_program import GoProgram
from scratchify.decisions import Assume, Decision, Example, Finding, Require, Rule
from scratchify.knowledge.modules import cgo_modules, longest_prefix
from scratchify.model import Build

NAME = "cgo"

_FLAGS = ("race", "msan", "asan", "linkshared")
_STATIC_MODES = ("", "default", "exe")


def decide(build: Build, facts: Facts) -> Iterator[Decision]:
    if facts.build:
        yield from _flags(facts.build)
    if facts.build and facts.program:
        yield from _imports(facts.build, facts.program)
    for made_by, program in facts.other_sources:
        yield from _flags(made_by)
        yield from _imports(made_by, program)
    for path, line in facts.cgo_choice:
        why = "is compiled depending on cgo: the static binary would take other code than the original"
        yield Require(NAME, Finding(PurePosixPath(path), line, why), "libc")
    compiler = facts.installs("c-compiler")
    if compiler and not facts.program:
        why = f"installs {compiler.name}: without the source, a package that needs C must be expected"
        yield Require(NAME, Finding(None, compiler.line, why), "libc")


def _flags(made_by: GoBuild) -> Iterator[Decision]:
    for flag in _FLAGS:
        if flag in made_by.go_flags:
            why = f"-{flag} needs cgo and a C library; build without it for production"
            yield Require(NAME, Finding(None, made_by.line, why), "libc")
    if (mode := made_by.flag("buildmode")) not in _STATIC_MODES:
        why = f"-buildmode={mode} asks for a dynamic linker; leave it out"
        yield Require(NAME, Finding(None, made_by.line, why), "libc")
    if "boringcrypto" in made_by.variables.get("GOEXPERIMENT", ""):
        why = "GOEXPERIMENT=boringcrypto is C: with CGO_ENABLED=0 another cryptography is linked"
        yield Require(NAME, Finding(None, made_by.line, why), "libc")
    if "external" in made_by.flag("ldflags"):
        why = "-linkmode external needs a C linker; with CGO_ENABLED=0 it can be left out"
        yield Require(NAME, Finding(None, made_by.line, why), "libc")


def _imports(made_by: GoBuild, program: GoProgram) -> Iterator[Decision]:
    unknown: list[str] = []
    for path, place in program.imports.items():
        at = PurePosixPath(place.path)
        known = longest_prefix(cgo_modules(), path)
        if known and (known.cgo == "dynamic" or (known.cgo == "required" and made_by.target.cgo)):
            way_out = f"; instead: {known.alternative}" if known.alternative else ""
            why = f"imports {path}: with CGO_ENABLED=0 {known.effect}{way_out}"
            yield Require(NAME, Finding(at, place.line, why), "libc")
        elif not known and path in program.elsewhere:
            unknown.append(path)
    if made_by.target.cgo:
        for place in program.cgo():
            yield Require(NAME, Finding(PurePosixPath(place.path), place.line, 'imports "C"'), "libc")
    if unknown:
        place = program.imports[unknown[0]]
        why = f"not in the tables: {_listed(unknown)}; assumed to need no C, to run no programs and to read no files"
        yield Assume(NAME, Finding(PurePosixPath(place.path), place.line, why))


def _listed(paths: list[str], most: int = 6) -> str:
    rest = f" and {len(paths) - most} more" if len(paths) > most else ""
    return ", ".join(paths[:most]) + rest


RULE = Rule(
    name=NAME,
    summary="require a C library where the program needs one",
    decide=decide,
    example=Example(
        files={
            "go.mod": "module example.com/app\n",
            "main.go": 'package main\n\n// int one() { return 1; }\nimport "C"\n\nfunc main() { println(C.one()) }\n',
        },
        before="""\
FROM golang:1.22
WORKDIR /app
COPY . .
RUN go build -o app .
CMD ["./app"]
""",
    ),
)
