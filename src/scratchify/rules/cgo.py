"""
Require what the program needs of C: the C library, that of C++, and libraries that it is linked against.

With CGO_ENABLED=0 a package that needs C does not compile or, worse, compiles and fails at the first call. Flags like
-race and -buildmode=pie give a binary that asks for a dynamic linker. Such a program gets a base that has what it was
linked against, of a release that is not older.

https://pkg.go.dev/cmd/cgo
"""

from collections.abc import Iterator
from pathlib import PurePosixPath

from scratchify.analysis.c_library import c_needs, lost_without_c
from scratchify.analysis.facts import Facts
from scratchify.analysis.go_program import GoProgram
from scratchify.decisions import Assume, Decision, Example, Finding, Refuse, Require, Rule
from scratchify.knowledge.modules import cgo_modules, longest_prefix, runtime_modules
from scratchify.model import Build

NAME = "cgo"


def decide(build: Build, facts: Facts) -> Iterator[Decision]:
    for need in c_needs(facts):
        because = Finding(need.path, need.line, need.why)
        if need.capability == "unknown":
            yield Refuse(NAME, because)
        else:
            yield Require(NAME, because, need.capability, need.name)
    for program in facts.programs:
        yield from _unknown(program)
    for path, place, known in lost_without_c(facts):
        why = f"imports {path}, which uses C where it can: with CGO_ENABLED=0 {known.effect}"
        yield Assume(NAME, Finding(PurePosixPath(place.path), place.line, why))


def _unknown(program: GoProgram) -> Iterator[Decision]:
    unknown = [
        path
        for path in program.imports
        if path in program.elsewhere
        and not any(longest_prefix(one, path) for one in (cgo_modules(), runtime_modules()))
    ]
    if unknown:
        place = program.imports[unknown[0]]
        why = f"not in the tables: {_listed(unknown)}; assumed to need no C and to run no programs"
        yield Assume(NAME, Finding(PurePosixPath(place.path), place.line, why))


def _listed(paths: list[str], most: int = 6) -> str:
    rest = f" and {len(paths) - most} more" if len(paths) > most else ""
    return ", ".join(paths[:most]) + rest


RULE = Rule(
    name=NAME,
    summary="require the C libraries that the program is linked against",
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
        after="""\
FROM golang:1.22 AS build
WORKDIR /app
COPY . .
RUN go build -o app .

FROM gcr.io/distroless/base-debian12
WORKDIR /app
COPY --from=build /app/app /app/app
ENTRYPOINT ["/app/app"]
""",
    ),
)
