"""
Provide /tmp, writable for everybody.

os.CreateTemp, large uploads (mime/multipart) and many libraries need it, and `scratch` has none. COPY of /tmp itself
would give it mode 0755; copied as part of a tree it keeps 1777.

https://pkg.go.dev/os#TempDir
"""

from collections.abc import Iterator

from scratchify.analysis.evidence import is_left_out, untold
from scratchify.analysis.facts import Facts
from scratchify.decisions import Collect, Decision, Example, Finding, Rule, left_out
from scratchify.model import Build

NAME = "temporary-directory"

_ASKS = {
    "os": ("CreateTemp", "MkdirTemp", "TempDir"),
    "io/ioutil": ("TempDir", "TempFile"),
    "mime/multipart": ("NewReader",),
}


def decide(build: Build, facts: Facts) -> Iterator[Decision]:
    if facts.is_dropped("/tmp"):
        return
    line = facts.stage.start.syntax.first_line
    if is_left_out(facts, "temporary-directory", _ASKS, ("/tmp", "TMPDIR")):
        because = Finding(None, line, "leaves out /tmp: nothing makes temporary files or takes uploads")
        yield from left_out(NAME, because, "/tmp", untold(facts))
        return
    because = Finding(None, line, f"{facts.image} has a /tmp for everybody, scratch has none")
    shell = "mkdir -p /rootfs/tmp && chmod a=rwx,+t /rootfs/tmp"
    yield Collect(NAME, because, shell, ("/tmp",), of_distribution=True)


RULE = Rule(
    name=NAME,
    summary="provide /tmp, writable for everybody",
    decide=decide,
    example=Example(
        files={
            "go.mod": "module example.com/app\n",
            "main.go": 'package main\n\nimport "os"\n\nfunc main() { os.CreateTemp("", "x") }\n',
        },
        before="""\
FROM golang:1.22-bookworm
COPY . /app
RUN cd /app && CGO_ENABLED=0 go build -o /bin/app
WORKDIR /
ENTRYPOINT ["/bin/app"]
""",
        after="""\
FROM golang:1.22-bookworm AS build
COPY . /app
RUN cd /app && CGO_ENABLED=0 go build -o /bin/app
RUN mkdir -p /rootfs/tmp && chmod a=rwx,+t /rootfs/tmp

FROM scratch
COPY --from=build /rootfs/ /
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /usr/share/zoneinfo /usr/share/zoneinfo
COPY --from=build /bin/app /bin/app
WORKDIR /
ENTRYPOINT ["/bin/app"]
""",
    ),
)
