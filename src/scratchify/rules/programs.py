"""
Require the programs that the program runs.

`scratch` has no git, no ffmpeg and no shell: os/exec fails at the first call, long after the image was built.

https://pkg.go.dev/os/exec
"""

from collections.abc import Iterator
from pathlib import PurePosixPath

from scratchify.analysis.facts import Facts
from scratchify.analysis.go_program import GoProgram
from scratchify.decisions import Assume, Decision, Example, Finding, Require, Rule
from scratchify.knowledge.modules import cgo_modules, longest_prefix, runtime_modules
from scratchify.knowledge.names import package_purposes
from scratchify.model import Build

NAME = "programs"

_STARTS = (
    ("os/exec", ("Command", "CommandContext", "LookPath")),
    ("os", ("StartProcess",)),
    ("syscall", ("Exec", "ForkExec")),
)


def decide(build: Build, facts: Facts) -> Iterator[Decision]:
    if facts.program:
        yield from _started(facts.program)
        for place, known in facts.program.known_imports():
            for name in known.programs:
                why = f"imports {known.path}, which runs {name}"
                yield Require(NAME, Finding(PurePosixPath(place.path), place.line, why), "program", name)
    for package in facts.packages:
        if not package_purposes(package.name):
            why = f"installs {package.name}, which the program may run or read; leave it out if only the build needs it"
            yield Require(NAME, Finding(None, package.line, why), "program", package.name)


def _started(program: GoProgram) -> Iterator[Decision]:
    """Literal names are programs; a package that can start programs and hides which one may start any."""
    for package, functions in _STARTS:
        for file, call in program.calls(package, *functions):
            at = 1 if call.function == "CommandContext" else 0  # behind the context
            name = call.arguments[at] if len(call.arguments) > at else None
            what = f"runs {name}" if name else f"{package}.{call.function} runs a program that is no literal here"
            because = Finding(PurePosixPath(file.context_path), call.line, what)
            if name or not file.vendored:
                yield Require(NAME, because, "program", name or "")
            elif not _is_known(file.vendored):
                yield Assume(NAME, Finding(because.path, because.line, f"{what}; taken not to be asked for it"))
    yield from _referred_to(program)


def _referred_to(program: GoProgram) -> Iterator[Decision]:
    """What is taken as a value, made by hand or imported into the file's own names may run anything."""
    names = {package: {*functions, "Cmd"} if package == "os/exec" else {*functions} for package, functions in _STARTS}
    for file in program.files:
        if file.vendored:
            continue
        at = PurePosixPath(file.context_path)
        for one in file.references:
            if one.name in names.get(one.package, ()):
                yield Require(NAME, Finding(at, one.line, f"{one.package}.{one.name} is used as a value"), "program")
        for imported in file.imports:
            if imported.path == "os/exec" and imported.name == ".":
                yield Require(NAME, Finding(at, imported.line, "imports os/exec into its own names"), "program")


def _is_known(import_path: str) -> bool:
    """Say whether a table tells what a package needs, which counts more than what it could do."""
    return bool(longest_prefix(cgo_modules(), import_path) or longest_prefix(runtime_modules(), import_path))


RULE = Rule(
    name=NAME,
    summary="require the programs that the program runs",
    decide=decide,
    example=Example(
        files={
            "go.mod": "module example.com/app\n",
            "main.go": 'package main\n\nimport "os/exec"\n\nfunc main() { exec.Command("git", "fetch").Run() }\n',
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
