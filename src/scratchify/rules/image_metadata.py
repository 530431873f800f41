"""
Move labels, ports, volumes, the stop signal and the health check to the final stage.

None of them crosses FROM. A health check in exec form may run the program itself; one that needs another program, or a
shell, stays as it is on a base that has them.

https://docs.docker.com/reference/dockerfile/#healthcheck
"""

import json
from collections.abc import Iterator

from scratchify.analysis.facts import Facts
from scratchify.analysis.in_shell import Place, ShellUse
from scratchify.analysis.launch import Launch, find_program
from scratchify.analysis.started_text import Surroundings, checked_by
from scratchify.analysis.started_variables import Hindrance
from scratchify.decisions import Carry, Decision, Example, Finding, Provide, Refuse, Require, Rule
from scratchify.model import Build, Expose, Healthcheck, Label, Maintainer, State, StopSignal, Typed, Volume, states
from scratchify.model.state import DEFAULT_SHELL
from scratchify.syntax.shell_words import BadSubstitution

NAME = "image-metadata"


def decide(build: Build, facts: Facts) -> Iterator[Decision]:
    for instruction in facts.stage.instructions:
        match instruction:
            case Label() | Maintainer() | Expose() | Volume() | StopSignal():
                yield _moved(facts, instruction)
            case Healthcheck():
                yield from _health_check(build, facts, instruction)
            case _:
                pass


def _moved(facts: Facts, instruction: Typed) -> Decision:
    syntax = instruction.syntax
    because = Finding(None, syntax.first_line, f"{syntax.name} describes the image")
    text = syntax.argument_text
    try:
        said = facts.for_final_stage(text, facts.state_before(instruction))
    except BadSubstitution as reason:
        return Refuse(NAME, Finding(None, syntax.first_line, f"{syntax.name}: {reason}"))
    if said == text:
        return Carry(NAME, because, syntax.span, keep=False)
    return Provide(NAME, because, f"{syntax.name} {said}", at=syntax.span.start, replaces=syntax.span)


def _health_check(build: Build, facts: Facts, check: Healthcheck) -> Iterator[Decision]:
    line, command, launch = check.syntax.first_line, check.command, facts.launch
    because = Finding(None, line, "HEALTHCHECK describes the image")
    if command is None or (command.is_exec_form and not facts.starts):
        yield Carry(NAME, because, check.syntax.span, keep=False)
        return
    state = [*states(build, facts.stage)][-1]
    words = command.words if command.is_exec_form else _plain(command.text, Surroundings(state, facts.files))
    path = find_program(words[0], facts.files, state) if words else None
    is_own = isinstance(launch, Launch) and path in (launch.binary, *dict(facts.other_programs))
    if not isinstance(launch, Launch) or not is_own or words is None:
        yield from _kept_check(facts, check, state)
    elif launch.folder != state.workdir:
        why = f"HEALTHCHECK starts in {state.workdir} and the program in {launch.folder}; use WORKDIR for both"
        yield Refuse(NAME, Finding(None, line, why))
    elif command.is_exec_form and "/" in words[0]:
        yield Carry(NAME, because, check.syntax.span, keep=False)
    else:
        flags = "".join(f"{flag.text} " for flag in check.syntax.flags)
        said = f"HEALTHCHECK {flags}CMD {json.dumps((path, *words[1:]), ensure_ascii=False)}"
        because = Finding(None, line, f"HEALTHCHECK runs {path}, which this build makes, and needs no shell")
        yield Provide(NAME, because, said, at=check.syntax.span.start, replaces=check.syntax.span)


def _kept_check(facts: Facts, check: Healthcheck, state: State) -> Iterator[Decision]:
    """A check that stays as it is, on a base that has what it runs."""
    line, command = check.syntax.first_line, check.command
    use, at = ShellUse(facts.files, state), Place(None, line)
    if command is None:
        return
    because = Finding(None, line, "HEALTHCHECK in shell form needs a shell")
    if command.is_exec_form:
        use.argv(command.words, at)
        because = Finding(None, line, f"HEALTHCHECK runs {' '.join(command.words)}")
    elif state.shell != DEFAULT_SHELL:
        yield Refuse(NAME, Finding(None, line, f"{because.message}, which SHELL says; write it in exec form"))
    else:
        use.text(command.text, at)
        yield Require(NAME, because, "shell")
    if use.needs_path:
        use.stop("it finds a program by a PATH that the final stage lacks; write its path", at)
    if path := facts.left_behind((*use.scripts, *use.binaries)):
        use.stop(f"{path} is not carried", at)
    if use.hindrance:
        why = f"{because.message}: {use.hindrance.why}; let the program check itself, in exec form"
        yield Refuse(NAME, Finding(None, line, why))
    for program in use.programs:
        found = Finding(None, line, f"HEALTHCHECK runs {program.name}")
        yield Require(NAME, found, "program", program.name, program.is_plain)
    yield Carry(NAME, Finding(None, line, "HEALTHCHECK describes the image"), check.syntax.span, keep=False)


def _plain(text: str, at: Surroundings) -> tuple[str, ...] | None:
    """Return the words of a shell form that only starts one program."""
    found = checked_by(text, at)
    if isinstance(found, Hindrance) or found.settings or found.folder != at.state.workdir:
        return None
    return found.words


RULE = Rule(
    name=NAME,
    summary="move labels, ports, volumes, stop signal and health check to the final stage",
    decide=decide,
    example=Example(
        files={"go.mod": "module example.com/app\n", "main.go": "package main\n\nfunc main() {}\n"},
        before="""\
FROM golang:1.22
LABEL team=search
WORKDIR /app
COPY . .
RUN CGO_ENABLED=0 go build
VOLUME /data
EXPOSE 8080
HEALTHCHECK CMD ["/app/app", "-check"]
ENTRYPOINT ["./app"]
""",
        after="""\
FROM golang:1.22 AS build
WORKDIR /app
COPY . .
RUN CGO_ENABLED=0 go build
RUN mkdir -p /rootfs/tmp && chmod a=rwx,+t /rootfs/tmp

FROM scratch
COPY --from=build /rootfs/ /
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /usr/share/zoneinfo /usr/share/zoneinfo
LABEL team=search
WORKDIR /app
COPY --from=build /app/app /app/app
VOLUME /data
EXPOSE 8080
HEALTHCHECK CMD ["/app/app", "-check"]
ENTRYPOINT ["/app/app"]
""",
    ),
)
