"""
Carry the variables that the program may read.

ENV does not cross FROM. What only the build reads (GOPATH, GOFLAGS, GOPROXY, PATH for tools …) stays behind, unless the
source names it, and so do the tokens that a build fetches private modules by. GOGC, GOMAXPROCS and their like are read
by every Go program.

https://docs.docker.com/reference/dockerfile/#env
"""

from collections.abc import Iterator
from pathlib import PurePosixPath

from scratchify.analysis.environment import BUILD_SECRETS
from scratchify.analysis.facts import Facts
from scratchify.decisions import Assume, Carry, Decision, Example, Finding, Provide, Refuse, Rule
from scratchify.model import Build, Env, Pair
from scratchify.syntax.shell_words import BadSubstitution

NAME = "environment"


def decide(build: Build, facts: Facts) -> Iterator[Decision]:
    yield from _of_the_image(facts)
    for env in facts.stage.of(Env):
        pairs = [pair for pair in env.pairs if facts.is_run_time(pair)]
        yield from _secrets(facts, env)
        if not pairs:
            continue
        names = ", ".join(pair.name for pair in pairs)
        because = Finding(None, env.syntax.first_line, f"the program may read {names}")
        try:
            texts = [_text(build, facts, env, pair) for pair in pairs]
        except BadSubstitution as reason:
            yield Refuse(NAME, Finding(None, env.syntax.first_line, f"ENV {names}: {reason}"))
            continue
        if len(pairs) == len(env.pairs) and texts == [pair.span.of(build.text) for pair in pairs]:
            yield Carry(NAME, because, env.syntax.span, keep=facts.is_needed_by_build(env))
        else:
            instruction = f"ENV {' '.join(texts)}"
            at = env.syntax.span.start
            # what only the build reads stays where it is
            replaces = facts.movable(env) if len(pairs) == len(env.pairs) else None
            yield Provide(NAME, because, instruction, at=at, replaces=replaces)


def _secrets(facts: Facts, env: Env) -> Iterator[Decision]:
    """By the name of a variable alone it is not certain that the program does not look for it."""
    for pair in env.pairs:
        if pair.name in BUILD_SECRETS and not facts.is_run_time(pair):
            why = (
                f"{pair.name} is taken for a credential of the build, which the program does not read, and stays behind"
            )
            yield Assume(NAME, Finding(None, env.syntax.first_line, why))


def _of_the_image(facts: Facts) -> Iterator[Decision]:
    """The base image's own variables that the program names; PATH finds programs, and scratch has none."""
    for name in sorted(facts.end.inherited - {"PATH"}) if facts.program else ():
        if place := facts.program.mentions(name) if facts.program else None:
            because = Finding(PurePosixPath(place.path), place.line, f"reads {name}, which {facts.image} sets")
            yield Provide(NAME, because, f"ENV {name}={facts.end.env[name]}")


def _text(build: Build, facts: Facts, env: Env, pair: Pair) -> str:
    """Return a pair as the final stage says it; variables that it lacks are replaced by their values."""
    state = facts.state_before(env)
    written = pair.span.of(build.text)
    if env.is_legacy:
        text = facts.for_final_stage(written, state)
        return text if text == written or len(env.pairs) == 1 else f'{pair.name}="{text}"'
    return facts.for_final_stage(written, state)


RULE = Rule(
    name=NAME,
    summary="carry the variables that the program may read",
    decide=decide,
    example=Example(
        files={"go.mod": "module example.com/app\n", "main.go": "package main\n\nfunc main() {}\n"},
        before="""\
FROM golang:1.22
ENV CGO_ENABLED=0 GOFLAGS=-mod=mod PORT=8080
WORKDIR /app
COPY . .
RUN go build
ENV DATA=$GOPATH/data
ENTRYPOINT ["./app"]
""",
        after="""\
FROM golang:1.22 AS build
ENV CGO_ENABLED=0 GOFLAGS=-mod=mod PORT=8080
WORKDIR /app
COPY . .
RUN go build
RUN mkdir -p /rootfs/tmp && chmod a=rwx,+t /rootfs/tmp

FROM scratch
COPY --from=build /rootfs/ /
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /usr/share/zoneinfo /usr/share/zoneinfo
ENV PORT=8080
WORKDIR /app
COPY --from=build /app/app /app/app
ENV DATA=/go/data
ENTRYPOINT ["/app/app"]
""",
    ),
)
