"""
Start the program in the folder in which it started before.

Relative paths are looked up there. WORKDIR does not cross FROM, and a relative one, or one with a variable of the base
image, would mean another folder in the final stage.

https://docs.docker.com/reference/dockerfile/#workdir
"""

from collections.abc import Iterator

from scratchify.analysis.facts import Facts
from scratchify.decisions import Carry, Decision, Example, Finding, Provide, Rule
from scratchify.model import Build, Workdir

NAME = "working-directory"


def decide(build: Build, facts: Facts) -> Iterator[Decision]:
    folder = facts.files.resolve(facts.end.workdir)
    said = [*facts.stage.of(Workdir)]
    if not said:
        line = facts.stage.start.syntax.first_line
        if folder != "/":
            because = Finding(None, line, f"{facts.image} starts programs in {folder}")
            yield Provide(NAME, because, f"WORKDIR {folder}")
        return
    last = said[-1]
    state = facts.state_before(last)
    because = Finding(None, last.syntax.first_line, f"the program starts in {folder}")
    is_as_written = last.path.startswith("/") and facts.for_final_stage(last.path, state) == last.path
    if is_as_written and folder == state.path(state.expand(last.path).text):
        yield Carry(NAME, because, last.syntax.span, keep=facts.is_needed_by_build(last))
    else:
        at = last.syntax.span.start
        yield Provide(NAME, because, f"WORKDIR {folder}", at=at, replaces=facts.movable(last))


RULE = Rule(
    name=NAME,
    summary="start the program in the folder in which it started before",
    decide=decide,
    example=Example(
        files={"go.mod": "module example.com/app\n", "main.go": "package main\n\nfunc main() {}\n"},
        before="""\
FROM golang:1.22
WORKDIR $GOPATH/src
WORKDIR app
COPY . .
RUN CGO_ENABLED=0 go build
ENTRYPOINT ["./app"]
""",
        after="""\
FROM golang:1.22 AS build
WORKDIR $GOPATH/src
WORKDIR app
COPY . .
RUN CGO_ENABLED=0 go build
RUN mkdir -p /rootfs/tmp && chmod a=rwx,+t /rootfs/tmp

FROM scratch
COPY --from=build /rootfs/ /
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /usr/share/zoneinfo /usr/share/zoneinfo
WORKDIR /go/src/app
COPY --from=build /go/src/app/app /go/src/app/app
ENTRYPOINT ["/go/src/app/app"]
""",
    ),
)
