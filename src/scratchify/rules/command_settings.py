"""
Say what the command did before it started the program.

`VAR=x program` is an ENV, a default of an entrypoint script too; `go run` compiled at each start, and becomes a step of
the build. What is left out on the way, like a script that did nothing else, is said.

https://docs.docker.com/reference/dockerfile/#shell-and-exec-form
"""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from scratchify.analysis.environment import is_build_only
from scratchify.analysis.facts import Facts
from scratchify.analysis.launch import Launch
from scratchify.decisions import Assume, BuildStep, Decision, Example, Finding, Provide, Rule
from scratchify.model import Build

NAME = "command-settings"

_PLAIN = re.compile(r"[\w./:@%+=,-]+")


def decide(build: Build, facts: Facts) -> Iterator[Decision]:
    launch = facts.launch
    if not isinstance(launch, Launch):
        return
    at = min((said.syntax.span.start for said in launch.said_by), default=None)

    def is_of_build(name: str) -> bool:
        """Say whether go run compiled with a variable, which its program does not read."""
        return launch.run is not None and is_build_only(name, facts.program)

    for one in launch.sets:
        if is_of_build(one.name):
            continue
        because = Finding(_path(one.path), one.line, f"sets {one.name} before it starts {launch.binary}")
        yield Provide(NAME, because, f"ENV {one.name}={_quoted(one.value, facts.end.escape)}", at=at)
    for remark in launch.remarks:
        if not is_of_build(remark.variable):
            yield Assume(NAME, Finding(_path(remark.path), remark.line, remark.text))
    if launch.run:
        compiled = Finding(None, launch.line, "compiles when the container starts")
        yield BuildStep(NAME, compiled, launch.folder, launch.run.shell)
        why = (
            "go run compiled at each start: its exit status was 1 for any failure, and os.Args[0] and os.Executable a "
            "temporary path"
        )
        yield Assume(NAME, Finding(None, launch.line, why))


def _path(path: str | None) -> PurePosixPath | None:
    return PurePosixPath(path) if path else None


def _quoted(value: str, escape: str) -> str:
    """Return a value as ENV takes it: what looks like a variable in it stays as it is written."""
    if _PLAIN.fullmatch(value):
        return value
    for character in (escape, '"', "$"):
        value = value.replace(character, escape + character)
    return f'"{value}"'


RULE = Rule(
    name=NAME,
    summary="say what the command did before it started the program",
    decide=decide,
    example=Example(
        files={"go.mod": "module example.com/app\n", "main.go": "package main\n\nfunc main() {}\n"},
        before="""\
FROM golang:1.22
WORKDIR /app
COPY . .
CMD MODE=prod go run . -v
""",
        after="""\
FROM golang:1.22 AS build
WORKDIR /app
COPY . .
RUN CGO_ENABLED=0 go build -o /usr/local/bin/app .
RUN mkdir -p /rootfs/tmp && chmod a=rwx,+t /rootfs/tmp

FROM scratch
COPY --from=build /rootfs/ /
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /usr/share/zoneinfo /usr/share/zoneinfo
WORKDIR /app
COPY --from=build /usr/local/bin/app /usr/local/bin/app
ENV MODE=prod
ENTRYPOINT ["/usr/local/bin/app"]
CMD ["-v"]
""",
    ),
)
