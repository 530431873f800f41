"""
Declare a build argument again where the final stage uses it.

ARG does not cross FROM: a LABEL or ENV that names one would silently become empty.

https://docs.docker.com/reference/dockerfile/#scope
"""

from collections.abc import Iterator

from scratchify.analysis.facts import Facts
from scratchify.decisions import Carry, Decision, Example, Finding, Provide, Refuse, Rule
from scratchify.model import Arg, Build, Env, Expose, Label, Maintainer, StopSignal, Typed, User, Volume, Workdir
from scratchify.syntax.shell_words import BadSubstitution

NAME = "build-arguments"


def decide(build: Build, facts: Facts) -> Iterator[Decision]:
    users: dict[str, Typed] = {}
    for instruction in reversed(facts.stage.instructions):
        state = facts.state_before(instruction)
        declared = {pair.name for arg in facts.stage.of(Arg) for pair in arg.pairs}
        for text in (*_expanded(facts, instruction), *_defaults(instruction, users)):
            for name in state.arguments_in(text) & declared:
                users[name] = instruction
    for arg in facts.stage.of(Arg):
        used = [users[pair.name] for pair in arg.pairs if pair.name in users]
        if used:
            names = ", ".join(pair.name for pair in arg.pairs if pair.name in users)
            line = used[0].syntax.first_line
            because = Finding(None, line, f"{used[0].syntax.name} uses the build argument {names}")
            yield _declared(facts, arg, because)


def _declared(facts: Facts, arg: Arg, because: Finding) -> Decision:
    """Say the argument again; a default that names what the final stage lacks is written out."""
    text, line = arg.syntax.argument_text, arg.syntax.first_line
    try:
        said = facts.for_final_stage(text, facts.state_before(arg))
    except BadSubstitution as reason:
        return Refuse(NAME, Finding(None, line, f"ARG: {reason}"))
    if said == text:
        return Carry(NAME, because, arg.syntax.span, keep=facts.is_needed_by_build(arg))
    return Provide(NAME, because, f"ARG {said}", at=arg.syntax.span.start, replaces=facts.movable(arg))


def _expanded(facts: Facts, instruction: Typed) -> Iterator[str]:
    """Yield what the final stage says again and expands."""
    match instruction:
        case Env(pairs=pairs):
            yield from (pair.value or "" for pair in pairs if facts.is_run_time(pair))
        case Label(pairs=pairs):
            yield from (f"{pair.name} {pair.value}" for pair in pairs)
        case Expose(ports=texts) | Volume(paths=texts):
            yield from texts
        case User(user=text) | StopSignal(signal=text) | Maintainer(name=text) | Workdir(path=text):
            yield text
        case _:
            return


def _defaults(instruction: Typed, users: dict[str, Typed]) -> Iterator[str]:
    """Yield the defaults of arguments that are used later: they may name further arguments."""
    if isinstance(instruction, Arg):
        yield from (pair.value for pair in instruction.pairs if pair.value is not None and pair.name in users)


RULE = Rule(
    name=NAME,
    summary="declare a build argument again where the final stage uses it",
    decide=decide,
    example=Example(
        files={"go.mod": "module example.com/app\n", "main.go": "package main\n\nfunc main() {}\n"},
        before="""\
FROM golang:1.22
ARG VERSION=dev
WORKDIR /app
COPY . .
RUN CGO_ENABLED=0 go build -ldflags "-X main.version=$VERSION"
LABEL version=$VERSION
ENTRYPOINT ["./app"]
""",
        after="""\
FROM golang:1.22 AS build
ARG VERSION=dev
WORKDIR /app
COPY . .
RUN CGO_ENABLED=0 go build -ldflags "-X main.version=$VERSION"
RUN mkdir -p /rootfs/tmp && chmod a=rwx,+t /rootfs/tmp

FROM scratch
COPY --from=build /rootfs/ /
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /usr/share/zoneinfo /usr/share/zoneinfo
ARG VERSION=dev
WORKDIR /app
COPY --from=build /app/app /app/app
LABEL version=$VERSION
ENTRYPOINT ["/app/app"]
""",
    ),
)
