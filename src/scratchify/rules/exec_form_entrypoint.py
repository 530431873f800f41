"""
Start the program without a shell, by its absolute path.

`scratch` has no /bin/sh, so the shell form cannot start; and a shell as process 1 swallows SIGTERM. Plain words become
exec form exactly; what only a shell does is required, not imitated.

https://docs.docker.com/reference/dockerfile/#exec-form-entrypoint-example
"""

from collections.abc import Iterator
from pathlib import PurePosixPath
from posixpath import basename
from typing import Literal

from scratchify.analysis.facts import Facts
from scratchify.analysis.go_program import GoProgram
from scratchify.analysis.launch import SHELLS, Launch, NeedsShell, OtherProgram
from scratchify.decisions import Assume, Carry, Command, Decision, Example, Finding, Refuse, Require, Rule
from scratchify.model import Build, Cmd, Entrypoint

NAME = "exec-form-entrypoint"


def decide(build: Build, facts: Facts) -> Iterator[Decision]:
    match facts.launch:
        case Launch() as launch:
            yield from _started(facts, launch)
        case NeedsShell(line=line, why=why):
            yield Require(NAME, Finding(None, line, why), "shell")
        case OtherProgram() as other:
            yield _other(facts, other)
        case None:
            line = facts.stage.start.syntax.first_line
            yield Refuse(NAME, Finding(None, line, "nothing says what the container starts; write an ENTRYPOINT"))


def _started(facts: Facts, launch: Launch) -> Iterator[Decision]:
    because = Finding(None, launch.line, f"starts {launch.binary}, which line {launch.built.line} builds")
    replaced_by = next((caller for caller in facts.callers if caller.command and not caller.entrypoint), None)
    if launch.is_cmd_only and replaced_by and replaced_by.command:
        why = f"replaces the whole command, so that CMD stays one: {' '.join(replaced_by.command.words)}"
        because = Finding(PurePosixPath(replaced_by.path), replaced_by.command.line, why)
        words = (launch.binary, *(launch.cmd or ()))
        spans = tuple(said.syntax.span for said in launch.said_by)
        yield Command(NAME, because, launch.binary, None, words, ("CMD",), spans)
        return
    anew: list[Literal["ENTRYPOINT", "CMD"]] = []
    replaced = []
    for said in launch.said_by:
        if _stays(launch, said):
            yield Carry(NAME, because, said.syntax.span, keep=False)
            continue
        replaced.append(said.syntax.span)
        if launch.is_cmd_only or isinstance(said, Entrypoint):
            anew.append("ENTRYPOINT")
        if launch.cmd is not None and (launch.is_cmd_only or isinstance(said, Cmd)):
            anew.append("CMD")
    yield Command(
        NAME, because, launch.binary, launch.entrypoint, launch.cmd, tuple(dict.fromkeys(anew)), tuple(replaced)
    )
    name = basename(launch.binary)
    if launch.first_word != launch.binary and facts.program:
        yield from _own_name(facts.program, launch)
    if launch.is_cmd_only:
        why = f"arguments of docker run now go to {name}, where they replaced the whole command"
        yield Assume(NAME, Finding(None, launch.line, why))
    elif not launch.said_by[0].command.is_exec_form:
        why = f"arguments of docker run now go to {name}, where the shell form left them out"
        yield Assume(NAME, Finding(None, launch.line, why))


def _own_name(program: GoProgram, launch: Launch) -> Iterator[Decision]:
    """A program that looks at the name it was called by sees its whole path now."""
    for file in program.files:
        for one in file.references:
            if (one.package, one.name) == ("os", "Args") and not file.vendored:
                why = f"looks at os.Args, of which the first is now {launch.binary} and was {launch.first_word}"
                yield Assume(NAME, Finding(PurePosixPath(file.context_path), one.line, why))
                return


def _stays(launch: Launch, said: Entrypoint | Cmd) -> bool:
    """Say whether the final stage says this instruction as it is."""
    if launch.is_cmd_only or not said.command.is_exec_form:
        return False
    return said.command.words == (launch.entrypoint if isinstance(said, Entrypoint) else launch.cmd)


def _other(facts: Facts, other: OtherProgram) -> Decision:
    word = other.words[0] if other.words else ""
    if basename(word) in SHELLS:
        why = f"{word} starts the program; start it directly, in exec form"
        return Require(NAME, Finding(None, other.line, why), "shell")
    if other.path:
        why = f"starts {other.path}, which this build copies and does not compile; start the binary itself"
        return Require(NAME, Finding(None, other.line, why), "shell")
    if basename(word) == "go":
        why = f"{' '.join(other.words[:2])} compiles when the container starts; build in a RUN and start the binary"
        return Refuse(NAME, Finding(None, other.line, why))
    if facts.blocked:
        why = f"where {word} comes from is not known, because not every step could be followed"
        return Refuse(NAME, Finding(None, other.line, why))
    why = f"{word} is nowhere in this image as far as its steps tell; start what go build -o makes"
    return Refuse(NAME, Finding(None, other.line, why))


RULE = Rule(
    name=NAME,
    summary="start the program without a shell, by its absolute path",
    decide=decide,
    example=Example(
        files={"go.mod": "module example.com/app\n", "main.go": "package main\n\nfunc main() {}\n"},
        before="""\
FROM golang:1.22
WORKDIR /app
COPY . .
RUN CGO_ENABLED=0 go build -o server
CMD ./server serve
""",
        after="""\
FROM golang:1.22 AS build
WORKDIR /app
COPY . .
RUN CGO_ENABLED=0 go build -o server
RUN mkdir -p /rootfs/tmp && chmod a=rwx,+t /rootfs/tmp

FROM scratch
COPY --from=build /rootfs/ /
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /usr/share/zoneinfo /usr/share/zoneinfo
WORKDIR /app
COPY --from=build /app/server /app/server
ENTRYPOINT ["/app/server"]
CMD ["serve"]
""",
    ),
)
