"""
Make the only stage the build stage.

The image keeps the compiler, the module cache and a shell out of production: what the program needs is copied into a
final stage, everything else stays behind.

https://docs.docker.com/build/building/multi-stage/
"""

from collections.abc import Iterator

from scratchify.analysis.facts import Facts
from scratchify.decisions import Decision, Divide, Example, Finding, Refuse, Rule
from scratchify.model import Build

NAME = "build-stage"


def decide(build: Build, facts: Facts) -> Iterator[Decision]:
    start = facts.stage.start.syntax
    if facts.base is None:
        way_out = "use a tag of the official image, or say in [builders] of .scratchify.toml which one it is"
        why = f"what {facts.image} sets and holds is not known; {way_out}"
        yield Refuse(NAME, Finding(None, start.first_line, why))
    because = Finding(None, start.first_line, f"{facts.image} ships the Go toolchain to production")
    yield Divide(NAME, because, start.span)


RULE = Rule(
    name=NAME,
    summary="make the only stage the build stage",
    decide=decide,
    example=Example(
        files={"go.mod": "module example.com/app\n", "main.go": "package main\n\nfunc main() {}\n"},
        before="""\
FROM golang:1.22
WORKDIR /app
COPY . .
RUN go build -o app .
CMD ["./app"]
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
