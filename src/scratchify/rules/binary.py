"""
Copy the binary that the container starts, to the path that it has.

Where a binary goes is Go's decision as much as the Dockerfile's: the working directory, -o, the module path, GOBIN. It
belongs to the user that built it.

https://pkg.go.dev/cmd/go#hdr-Compile_packages_and_dependencies
"""

from collections.abc import Iterator

from scratchify.analysis.facts import NONROOT, Facts
from scratchify.decisions import Assume, Decision, Example, Fetch, Finding, Rule
from scratchify.model import Build

NAME = "binary"


def decide(build: Build, facts: Facts) -> Iterator[Decision]:
    if facts.starts and facts.build:
        path, owner = facts.starts.binary, facts.starts.built.owner
        why = f"go {facts.build.verb} makes {path}, which line {facts.starts.line} starts"
        if facts.program and facts.program.listed:
            why += f"; go list names its {facts.program.listed} packages"
        because = Finding(*facts.build.place, why)
        # the last of the copied files: what changes most often invalidates the fewest layers
        if facts.is_made_nonroot and facts.files.entries[path].mode:
            owner = NONROOT  # chmod may have left root alone the right to start it
        yield Fetch(NAME, because, path, path, owner=owner, at=facts.last_step)
        for other, built in facts.other_programs:
            because = Finding(*facts.builds[built.build].place, f"go makes {other} as well")
            yield Fetch(NAME, because, other, other, owner=built.owner, at=facts.last_step)
            why = f"carries {other} as well, whose source is not analysed: it may need more than {path}"
            yield Assume(NAME, Finding(*facts.builds[built.build].place, why))


RULE = Rule(
    name=NAME,
    summary="copy the binary to the path that it has",
    decide=decide,
    example=Example(
        files={"go.mod": "module example.com/tool/v2\n", "main.go": "package main\n\nfunc main() {}\n"},
        before="""\
FROM golang:1.22
WORKDIR /src
COPY . .
RUN CGO_ENABLED=0 go install
ENTRYPOINT ["tool"]
""",
        after="""\
FROM golang:1.22 AS build
WORKDIR /src
COPY . .
RUN CGO_ENABLED=0 go install
RUN mkdir -p /rootfs/tmp && chmod a=rwx,+t /rootfs/tmp

FROM scratch
COPY --from=build /rootfs/ /
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /usr/share/zoneinfo /usr/share/zoneinfo
WORKDIR /src
COPY --from=build /go/bin/tool /go/bin/tool
ENTRYPOINT ["/go/bin/tool"]
""",
    ),
)
