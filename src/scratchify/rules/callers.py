"""
Have in the final stage what callers in the repository run.

A compose file may replace the command, a manifest of Kubernetes may check the image's health with curl, a script may
open a shell in a container: what they run must be there, too.

https://docs.docker.com/reference/compose-file/services/#command
https://kubernetes.io/docs/tasks/inject-data-application/define-command-argument-container/
"""

from collections.abc import Iterator
from pathlib import PurePosixPath
from posixpath import basename

from scratchify.analysis.callers import Caller, Said
from scratchify.analysis.facts import Facts
from scratchify.analysis.in_shell import Place, ShellUse
from scratchify.analysis.kept_command import InShell
from scratchify.analysis.launch import SHELLS, Launch, find_program
from scratchify.decisions import Decision, Example, Finding, Refuse, Require, Rule
from scratchify.model import Build
from scratchify.model.state import ROOT_USERS

NAME = "callers"


def decide(build: Build, facts: Facts) -> Iterator[Decision]:
    launch = facts.starts
    if not launch:
        return
    if isinstance(launch, Launch) and launch.drops_arguments and not launch.is_cmd_only:
        for path, arguments in facts.callers.commands:
            why = f"gives arguments that a shell left out, and the program would get them now: {arguments.shown}"
            yield Refuse(NAME, Finding(PurePosixPath(path), arguments.line, why))
    is_replaceable = launch.entrypoint is None or (isinstance(launch, Launch) and launch.is_cmd_only)
    seen: set[tuple[str | None, ...]] = set()
    for caller in facts.callers.uses:
        use = caller.use
        command = use.command if is_replaceable and not use.entrypoint else None
        for said in (use.entrypoint, command, *use.beside):
            if said and said.words not in seen:
                seen.add(said.words)
                because = Finding(PurePosixPath(caller.path), said.line, f"runs {said.shown} in this image")
                yield from _run(facts, said, because)
        yield from _around(facts, caller, is_itself=not (use.entrypoint or command))


def _around(facts: Facts, caller: Caller, *, is_itself: bool) -> Iterator[Decision]:
    """Yield what follows from how the container is made; `is_itself`: it runs what the image says."""
    use, path = caller.use, PurePosixPath(caller.path)
    if use.develops:
        yield Refuse(NAME, Finding(path, use.line, f"{use.develops}; give it an image of its own"))
    binary = facts.starts.binary if facts.starts else ""
    compiled = facts.starts.built.package if isinstance(facts.starts, Launch) and facts.starts.run else None
    for mount in use.mounts:
        inside = f"{mount.value.rstrip('/')}/"
        if is_itself and compiled and f"{compiled}/".startswith(inside):
            why = f"lays files of the host over {mount.value}, which go run compiles at each start"
            yield Refuse(NAME, Finding(path, mount.line, f"{why}; leave that to an image of its own"))
        elif is_itself and f"{binary}/".startswith(inside):
            why = f"lays files of the host over {mount.value}, so that what runs there is not what this image has built"
            yield Refuse(NAME, Finding(path, mount.line, f"{why}; leave that to an image of its own"))
    for taken in use.takes:
        if missing := facts.left_behind((facts.end.path(taken.value),)):
            yield Refuse(NAME, Finding(path, taken.line, f"copies {missing} out of this image, and it is not carried"))
    if use.user and not use.user.value.partition(":")[0].isdecimal():
        name = use.user.value.partition(":")[0]
        if name not in ROOT_USERS and name != facts.end.user.partition(":")[0]:
            why = f"runs as {name}, a name that the final stage does not know; say its number"
            yield Refuse(NAME, Finding(path, use.user.line, why))


def _is_for_people(said: Said) -> bool:
    """Say whether a shell is started that reads what somebody types."""
    first, *options = said.words
    return basename(first or "") in SHELLS and all(one and one.startswith("-") and "c" not in one for one in options)


def _run(facts: Facts, said: Said, because: Finding) -> Iterator[Decision]:
    use, at = ShellUse(facts.files, facts.end), Place(str(because.path), because.line)
    first = said.words[0]
    if not said.needs_shell and _is_for_people(said):
        yield Require(NAME, because, "shell")
        if basename(first or "") != "sh":
            yield Require(NAME, because, "program", basename(first or ""), plain=True)
        return
    if said.needs_shell and first is not None:
        use.text(first, at)
    else:
        use.argv(said.words, at)
    if use.hindrance:
        yield Refuse(NAME, Finding(because.path, because.line, f"{because.message}; {use.hindrance.why}"))
    if said.needs_shell or basename(first or "") in SHELLS:
        yield Require(NAME, because, "shell")
    if path := facts.left_behind((*use.scripts, *use.binaries)):
        yield Refuse(NAME, Finding(because.path, because.line, f"{because.message}; {path} is not carried"))
    for program in use.programs:
        yield Require(NAME, because, "program", program.name, program.is_plain)
    if use.needs_path and not (isinstance(facts.starts, InShell) and facts.starts.needs_path):
        path = find_program(first or "", facts.files, facts.end) or "its path"
        why = f"finds {first} through a PATH that the final stage lacks; write {path}"
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
        after="""\
FROM golang:1.22 AS build
WORKDIR /app
COPY . .
RUN CGO_ENABLED=0 go build

FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends curl && rm -rf /var/lib/apt/lists/*
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /usr/share/zoneinfo /usr/share/zoneinfo
WORKDIR /app
COPY --from=build /app/app /app/app
ENTRYPOINT ["/app/app"]
""",
    ),
)
