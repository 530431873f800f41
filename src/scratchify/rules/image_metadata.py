"""
Move labels, ports, volumes, the stop signal and the health check to the final stage.

None of them crosses FROM. A health check in exec form may run the program itself; any other program or shell is not
there.

https://docs.docker.com/reference/dockerfile/#healthcheck
"""

from collections.abc import Iterator

from scratchify.analysis.facts import Facts
from scratchify.analysis.launch import Launch, find_program
from scratchify.decisions import Carry, Decision, Example, Finding, Provide, Refuse, Require, Rule
from scratchify.model import Build, Expose, Healthcheck, Label, Maintainer, StopSignal, Typed, Volume
from scratchify.syntax.shell_words import BadSubstitution

NAME = "image-metadata"


def decide(build: Build, facts: Facts) -> Iterator[Decision]:
    for instruction in facts.stage.instructions:
        match instruction:
            case Label() | Maintainer() | Expose() | Volume() | StopSignal():
                yield _moved(facts, instruction)
            case Healthcheck():
                yield from _health_check(facts, instruction)
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


def _health_check(facts: Facts, check: Healthcheck) -> Iterator[Decision]:
    line, command = check.syntax.first_line, check.command
    if command and not command.is_exec_form:
        why = "HEALTHCHECK in shell form needs a shell; let the program check itself, in exec form"
        yield Require(NAME, Finding(None, line, why), "shell")
        return
    if command and isinstance(facts.launch, Launch):
        program = command.words[0]
        if find_program(program, facts.files, facts.end) != facts.launch.binary:
            why = f"HEALTHCHECK runs {program}; let the program check itself"
            yield Require(NAME, Finding(None, line, why), "program", program)
            return
        if "/" not in program:
            why = f"HEALTHCHECK finds {program} through a PATH that the final stage lacks; write {facts.launch.binary}"
            yield Refuse(NAME, Finding(None, line, why))
            return
    yield Carry(NAME, Finding(None, line, "HEALTHCHECK describes the image"), check.syntax.span, keep=False)


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
