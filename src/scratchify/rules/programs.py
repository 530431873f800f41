"""
Require the programs that the program runs.

`scratch` has no git, no ffmpeg and no shell: os/exec fails at the first call, long after the image was built. A base of
the builder's own distribution has them, or gets their packages as the original got them.

https://pkg.go.dev/os/exec
"""

from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from posixpath import basename

from scratchify.analysis.facts import Facts
from scratchify.analysis.go_program import GoProgram
from scratchify.analysis.go_values import OwnBinary
from scratchify.analysis.in_shell import Place, ShellUse
from scratchify.analysis.launch import SHELLS
from scratchify.analysis.stage_files import Written
from scratchify.decisions import Assume, Decision, Example, Finding, Refuse, Require, Rule
from scratchify.knowledge.modules import cgo_modules, longest_prefix, runtime_modules
from scratchify.model import Build

NAME = "programs"

_STARTS = (
    ("os/exec", ("Command", "CommandContext", "LookPath")),
    ("os", ("StartProcess",)),
    ("syscall", ("Exec", "ForkExec")),
    ("golang.org/x/sys/unix", ("Exec",)),
)


_NAME_IT = "name the program in a call, so that a base with it can be found"


def decide(build: Build, facts: Facts) -> Iterator[Decision]:
    for program in facts.programs:
        yield from _started(facts, program)
        for place, known in program.known_imports():
            for name in known.programs:
                why = f"imports {known.path}, which runs {name}"
                yield Require(NAME, Finding(PurePosixPath(place.path), place.line, why), "program", name)
    for path, entry in facts.files.entries.items() if not facts.program else ():
        if isinstance(entry.origin, Written) and entry.origin.is_program and "/bin/" in path:
            why = f"{entry.origin.how} to {path}, a program that this one may run; its source is not at hand to tell"
            yield Refuse(NAME, Finding(None, entry.origin.line, why))


def _started(facts: Facts, program: GoProgram) -> Iterator[Decision]:
    """Names that are known are programs, but for the own; a package that hides which one it starts may start any."""
    for package, functions in _STARTS:
        for file, call in program.calls(package, *functions):
            at = 1 if call.function == "CommandContext" else 0  # behind the context
            name = call.arguments[at] if len(call.arguments) > at else None
            if isinstance(next(iter(call.expressions[at:]), None), OwnBinary):
                continue
            what = f"runs {name}" if name else f"{package}.{call.function} runs a program whose name is computed"
            because = Finding(PurePosixPath(file.context_path), call.line, what)
            if name:
                yield from _named(facts, because, call.arguments[at:])
            elif not file.vendored:
                yield Refuse(NAME, Finding(because.path, because.line, f"{what}; {_NAME_IT}"))
            elif not _is_known(file.vendored):
                yield Assume(NAME, Finding(because.path, because.line, f"{what}; taken not to be asked for it"))
    yield from _referred_to(program)


def _named(facts: Facts, because: Finding, words: Sequence[str | None]) -> Iterator[Decision]:
    """A program by its name, with what it runs itself; the project's own binaries are there anyway."""
    use = ShellUse(facts.files, facts.end)
    use.argv(words, Place(str(because.path), because.line))
    if use.hindrance:
        yield Refuse(NAME, Finding(because.path, because.line, f"{because.message}: {use.hindrance.why}"))
    if path := facts.left_behind((*use.scripts, *use.binaries)):
        yield Refuse(NAME, Finding(because.path, because.line, f"{because.message}, and {path} is not carried"))
    if words and basename(words[0] or "") in SHELLS:
        yield Require(NAME, because, "shell")
    for one in use.programs:
        # what Go code hands to a program is rarely all there to be read
        yield Require(NAME, because, "program", one.name)


def _referred_to(program: GoProgram) -> Iterator[Decision]:
    """What is taken as a value, made by hand or imported into the file's own names may run anything."""
    names = {package: {*functions, "Cmd"} if package == "os/exec" else {*functions} for package, functions in _STARTS}
    for file in program.files:
        if file.vendored:
            continue
        at = PurePosixPath(file.context_path)
        for one in file.references:
            if one.name in names.get(one.package, ()):
                why = f"{one.package}.{one.name} is used as a value; {_NAME_IT}"
                yield Refuse(NAME, Finding(at, one.line, why))
        for imported in file.imports:
            if imported.path == "os/exec" and imported.name == ".":
                yield Refuse(NAME, Finding(at, imported.line, f"imports os/exec into its own names; {_NAME_IT}"))


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
ENTRYPOINT ["./app"]
""",
        after="""\
FROM golang:1.22 AS build
ENV CGO_ENABLED=0
WORKDIR /app
COPY . .
RUN go build -o app .

FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends git openssh-client && rm -rf /var/lib/apt/lists/*
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /usr/share/zoneinfo /usr/share/zoneinfo
WORKDIR /app
COPY --from=build /app/app /app/app
ENTRYPOINT ["/app/app"]
""",
    ),
)
