"""
Link the binary statically.

Where a C compiler is at hand, Go links net and os/user against libc by default, and the binary asks for a dynamic
linker that `scratch` has not. CGO_ENABLED=0 takes Go's own implementations. A program that needs C is left as it is.

https://pkg.go.dev/cmd/cgo
"""

from collections.abc import Iterator

from scratchify.analysis.c_library import c_needs, has_c, is_static, relinked
from scratchify.analysis.facts import Facts
from scratchify.analysis.go_build import GoBuild
from scratchify.decisions import Assume, Decision, Example, Finding, Provide, Refuse, Rewrite, Rule
from scratchify.edits import Edit
from scratchify.model import Build, Env
from scratchify.source import Span

NAME = "static-binary"

SWITCH = "CGO_ENABLED"

REBUILDS_SINCE = 5
"""Go 1.y from which packages are compiled again for another CGO_ENABLED: https://github.com/golang/go/issues/9344"""


def decide(build: Build, facts: Facts) -> Iterator[Decision]:
    if not facts.build:
        return
    if c_needs(facts) or relinked(facts) or (has_c(facts, facts.build) and is_static(facts, facts.build)):
        return
    others = {built.build for _, built in facts.other_programs}
    made_by = [facts.build, *(facts.builds[index] for index in sorted(others) if facts.builds[index] != facts.build)]
    yield from _precompiled(facts, facts.build)
    # a command that became a step says it itself
    unset = [one for one in made_by if SWITCH not in one.variables and one.start >= 0]
    why = f"go {facts.build.verb} may link against libc, which scratch has not, unless {SWITCH}=0"
    others_compile = bool(facts.tests) or len(facts.builds) > len(made_by)
    if unset and not others_compile:
        yield Provide(NAME, Finding(*unset[0].place, why), f"ENV {SWITCH}=0", in_build_stage=True)
    for one in unset if others_compile else ():
        # tests and tools may need what the program does not
        if build.text.startswith("[", one.start):
            advice = f"tests or tools are compiled too, which may need cgo; set {SWITCH} with ENV"
            yield Refuse(NAME, Finding(*one.place, advice))
        else:
            yield Rewrite(NAME, Finding(*one.place, why), Edit(Span(one.start, one.start), f"{SWITCH}=0 "))
    spans = set()
    for one in made_by:
        if one.variables.get(SWITCH) in (None, "0"):
            continue
        span = _switched_on(build, facts, one)
        if span is None:
            why = f"{SWITCH} is {one.variables[SWITCH] or 'set to nothing'} for this build; set it to 0 with ENV"
            yield Refuse(NAME, Finding(*one.place, why))
        elif span not in spans:
            spans.add(span)
            yield from _switched_off(build, span)


def _precompiled(facts: Facts, made_by: GoBuild) -> Iterator[Decision]:
    if facts.go_minor is not None and facts.go_minor < REBUILDS_SINCE and "installsuffix" not in made_by.go_flags:
        why = f"Go 1.{facts.go_minor} links its precompiled net package, cgo or not; build with a newer Go"
        yield Refuse(NAME, Finding(*made_by.place, why))


def _switched_off(build: Build, span: Span) -> Iterator[Decision]:
    line = build.text.count("\n", 0, span.start) + 1
    yield Rewrite(NAME, Finding(None, line, f"{SWITCH}=1 links against libc"), Edit(span, f"{SWITCH}=0"))
    why = f"nothing in the source needs C: {SWITCH}=1 is taken for a habit and set to 0"
    yield Assume(NAME, Finding(None, line, why))


def _switched_on(build: Build, facts: Facts, made_by: GoBuild) -> Span | None:
    """Return where `CGO_ENABLED=1` stands that this build sees: on its command, or in an ENV."""
    text = f"{SWITCH}=1"
    if SWITCH in made_by.assigned:
        found = build.text.find(text, made_by.start)
        end_of_line = build.text.find("\n", made_by.start)
        return Span(found, found + len(text)) if found != -1 and (found < end_of_line or end_of_line == -1) else None
    pairs = [pair for env in facts.stage.of(Env) for pair in env.pairs if pair.name == SWITCH]
    return pairs[-1].span if pairs and pairs[-1].span.of(build.text) == text else None


RULE = Rule(
    name=NAME,
    summary="link the binary statically",
    decide=decide,
    example=Example(
        files={"go.mod": "module example.com/app\n", "main.go": "package main\n\nfunc main() {}\n"},
        before="""\
FROM golang:1.22
ENV CGO_ENABLED=1
WORKDIR /app
COPY . .
RUN go build -o app .
ENTRYPOINT ["/app/app"]
""",
        after="""\
FROM golang:1.22 AS build
ENV CGO_ENABLED=0
WORKDIR /app
COPY . .
RUN go build -o app .
RUN mkdir -p /rootfs/tmp && chmod a=rwx,+t /rootfs/tmp

FROM scratch
COPY --from=build /rootfs/ /
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /usr/share/zoneinfo /usr/share/zoneinfo
WORKDIR /app
COPY --from=build /app/app /app/app
ENTRYPOINT ["/app/app"]
""",
    ),
)
