"""
Have in the final stage what callers in the repository run.

A compose file may replace the command, or check the image's health with curl: what it runs must be there, too.

https://docs.docker.com/reference/compose-file/services/#command
"""

from collections.abc import Iterator
from pathlib import PurePosixPath
from posixpath import basename, dirname

from scratchify.analysis.facts import Facts
from scratchify.analysis.launch import SHELLS, Launch, find_program
from scratchify.decisions import Decision, Example, Finding, Refuse, Require, Rule
from scratchify.model import Build
from scratchify.model.state import DEFAULT_PATH

NAME = "callers"


def decide(build: Build, facts: Facts) -> Iterator[Decision]:
    launch = facts.launch
    if not isinstance(launch, Launch):
        return
    for caller in facts.callers:
        command = caller.command if launch.is_cmd_only and not caller.entrypoint else None
        for said in (caller.entrypoint, command, caller.healthcheck):
            if not said:
                continue
            because = Finding(PurePosixPath(caller.path), said.line, f"runs {' '.join(said.words)} in this image")
            path = find_program(said.words[0], facts.files, facts.end)
            if said.needs_shell or basename(said.words[0]) in SHELLS:
                yield Require(NAME, because, "shell")
            elif path not in (launch.binary, *(other for other, _ in facts.other_programs)):
                yield Require(NAME, because, "program", said.words[0])
            elif "/" not in said.words[0] and dirname(path or "") not in DEFAULT_PATH.split(":"):
                why = f"finds {said.words[0]} through a PATH that the final stage lacks; write {path}"
                yield Refuse(NAME, Finding(because.path, because.line, why))


RULE = Rule(
    name=NAME,
    summary="have in the final stage what callers in the repository run",
    decide=decide,
    example=Example(
        files={
            "go.mod": "module example.com/app\n",
            "main.go": "package main\n\nfunc main() {}\n",
            "compose.yaml": "services:\n  app:\n    build: .\n    healthcheck:\n      test: curl -f localhost\n",
        },
        before="""\
FROM golang:1.22
WORKDIR /app
COPY . .
RUN CGO_ENABLED=0 go build
ENTRYPOINT ["./app"]
""",
    ),
)
