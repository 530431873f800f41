"""
Start the program without a shell, by its absolute path.

`scratch` has no /bin/sh, so the shell form cannot start; and a shell as process 1 swallows SIGTERM. Plain words become
exec form exactly; what only a shell does is not imitated.

https://docs.docker.com/reference/dockerfile/#exec-form-entrypoint-example
"""

from collections.abc import Iterator
from pathlib import PurePosixPath
from posixpath import basename
from typing import Literal

from scratchify.analysis.facts import Facts
from scratchify.analysis.go_program import GoProgram
from scratchify.analysis.kept_command import InShell
from scratchify.analysis.launch import Launch, NeedsShell, OtherProgram
from scratchify.analysis.other_program import why_not_ours
from scratchify.decisions import Assume, Carry, Command, Decision, Example, Finding, Refuse, Require, Rule
from scratchify.model import Build, Cmd, Entrypoint

NAME = "exec-form-entrypoint"


def decide(build: Build, facts: Facts) -> Iterator[Decision]:
    match facts.launch:
        case Launch() as launch:
            yield from _started(facts, launch)
        case (InShell() | NeedsShell()) as start:
            because = Finding(PurePosixPath(start.path) if start.path else None, start.line, start.why)
            yield Require(NAME, because, "shell") if isinstance(start, InShell) else Refuse(NAME, because)
        case OtherProgram() as other:
            yield Refuse(NAME, Finding(None, *why_not_ours(facts, other)))
        case None:
            line = facts.stage.start.syntax.first_line
            yield Refuse(NAME, Finding(None, line, "nothing says what the container starts; write an ENTRYPOINT"))


def _started(facts: Facts, launch: Launch) -> Iterator[Decision]:
    because = Finding(None, launch.line, f"starts {launch.binary}, which line {launch.built.line} builds")
    replaced = facts.callers.commands
    if launch.is_cmd_only and replaced:
        (path, command), others = replaced[0], f", as do {len(replaced) - 1} others" if replaced[1:] else ""
        why = f"replaces the whole command{others}, so that CMD stays one: {command.shown}"
        because = Finding(PurePosixPath(path), command.line, why)
        words = (launch.binary, *(launch.cmd or ()))
        at = tuple(said.syntax.span for said in launch.said_by)
        yield Command(NAME, because, launch.binary, None, words, ("CMD",), at, launch.first_word)
        return
    anew: list[Literal["ENTRYPOINT", "CMD"]] = []
    spans = []
    for said in launch.said_by:
        if _stays(launch, said):
            yield Carry(NAME, because, said.syntax.span, keep=False)
            continue
        spans.append(said.syntax.span)
        if launch.is_cmd_only or isinstance(said, Entrypoint):
            anew.append("ENTRYPOINT")
        if launch.cmd is not None and (launch.is_cmd_only or isinstance(said, Cmd)):
            anew.append("CMD")
    if not launch.said_by:  # the base image did
        anew = ["ENTRYPOINT", "CMD"] if launch.cmd else ["ENTRYPOINT"]
    said_anew, entrypoint = tuple(dict.fromkeys(anew)), launch.entrypoint
    yield Command(NAME, because, launch.binary, entrypoint, launch.cmd, said_anew, tuple(spans), launch.first_word)
    if launch.first_word != launch.binary and facts.program:
        yield from _own_name(facts.program, launch)
    if launch.is_cmd_only:
        why = f"arguments of docker run now go to {basename(launch.binary)}, where they replaced the whole command"
        yield Assume(NAME, Finding(None, launch.line, why))
    elif launch.drops_arguments:
        why = f"arguments of docker run now go to {basename(launch.binary)}, where the command left them out"
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
    words = launch.entrypoint if isinstance(said, Entrypoint) else launch.cmd
    return not launch.is_cmd_only and said.command.is_exec_form and said.command.words == words


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
