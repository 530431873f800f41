"""
Keep a command as it is where only a shell can run it, on a base that has the shell and all that it runs.

What a shell does when the container starts is never imitated: an expanded variable, a pipe, a script that waits or
renders a template. Such a command comes to the final stage unchanged, with its script, where every program that it may
run is known.

https://docs.docker.com/reference/dockerfile/#shell-and-exec-form
"""

from collections.abc import Iterator
from pathlib import PurePosixPath

from scratchify.analysis.facts import Facts
from scratchify.analysis.kept_command import InShell
from scratchify.decisions import (
    Carry,
    Collect,
    Command,
    Decision,
    Example,
    Finding,
    Provide,
    Refuse,
    Require,
    Rule,
    gather_if_there,
)
from scratchify.model import Build

NAME = "kept-command"


def decide(build: Build, facts: Facts) -> Iterator[Decision]:
    kept = facts.launch
    if facts.not_kept:
        at = facts.not_kept.at
        yield Refuse(NAME, Finding(_path(at.path), at.line, f"the command cannot stay as it is: {facts.not_kept.why}"))
    if not isinstance(kept, InShell):
        return
    because = Finding(_path(kept.path), kept.line, kept.why)
    if facts.is_made_nonroot and (kept.programs or kept.scripts):
        why = "runs other programs as root before this one, which a user without rights may not; leave out --nonroot"
        yield Refuse(NAME, Finding(because.path, because.line, why))
    if path := facts.left_behind(kept.binaries):
        yield Refuse(NAME, Finding(because.path, because.line, f"runs {path}, which comes from elsewhere"))
    for program in kept.programs:
        place = Finding(_path(program.at.path), program.at.line, f"runs {program.name}")
        yield Require(NAME, place, "program", program.name, program.is_plain)
    for said in kept.said_by:
        yield Carry(NAME, because, said.syntax.span, keep=False)
    yield Command(NAME, because, kept.binary, kept.entrypoint, kept.cmd, (), ())
    yield from _scripts(facts, kept)
    if kept.needs_path:
        line = kept.said_by[0].syntax.first_line
        found = Finding(None, line, "finds a program of this build by PATH")
        yield Provide(NAME, found, f"ENV PATH={facts.end.env['PATH']}")


def _scripts(facts: Facts, kept: InShell) -> Iterator[Decision]:
    """Scripts come along wherever they lie, even among the programs of the system."""
    carried = [item.path for item in facts.carried]
    for path in kept.scripts:
        if not any(path == item or path.startswith(f"{item}/") for item in carried):
            origin = facts.files.entries[path].origin
            because = Finding(None, origin.line, f"puts {path} into the image, which the command runs")
            yield Collect(NAME, because, gather_if_there(path, "cp -a"), (path,))


def _path(path: str | None) -> PurePosixPath | None:
    return PurePosixPath(path) if path else None


RULE = Rule(
    name=NAME,
    summary="keep a command as it is that only a shell can run",
    decide=decide,
    example=Example(
        files={"go.mod": "module example.com/app\n", "main.go": "package main\n\nfunc main() {}\n"},
        before="""\
FROM golang:1.22
WORKDIR /app
COPY . .
RUN CGO_ENABLED=0 go build -o server
ENV PORT=8080
CMD ./server -port $PORT
""",
        after="""\
FROM golang:1.22 AS build
WORKDIR /app
COPY . .
RUN CGO_ENABLED=0 go build -o server

FROM alpine:3.22
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /usr/share/zoneinfo /usr/share/zoneinfo
WORKDIR /app
COPY --from=build /app/server /app/server
ENV PORT=8080
CMD ./server -port $PORT
""",
    ),
)
