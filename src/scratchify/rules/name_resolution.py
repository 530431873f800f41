"""
Let old Go programs look into /etc/hosts before they ask DNS.

Up to Go 1.15, a Linux without /etc/nsswitch.conf meant DNS first: names that compose or Kubernetes write into
/etc/hosts would be asked of a name server. Since Go 1.16 the file is not missed.

https://github.com/golang/go/issues/35305
"""

from collections.abc import Iterator

from scratchify.analysis.facts import Facts
from scratchify.decisions import Collect, Decision, Example, Finding, Rule
from scratchify.model import Build

NAME = "name-resolution"

FILES_FIRST_SINCE = 16


def decide(build: Build, facts: Facts) -> Iterator[Decision]:
    if facts.go_minor is not None and facts.go_minor < FILES_FIRST_SINCE:
        line = facts.stage.start.syntax.first_line
        because = Finding(None, line, f"Go 1.{facts.go_minor} asks DNS before /etc/hosts without /etc/nsswitch.conf")
        shell = "mkdir -p /rootfs/etc && echo 'hosts: files dns' > /rootfs/etc/nsswitch.conf"
        yield Collect(NAME, because, shell, ("/etc/nsswitch.conf",), of_distribution=True)


RULE = Rule(
    name=NAME,
    summary="let old Go programs look into /etc/hosts first",
    decide=decide,
    example=Example(
        files={
            "go.mod": "module example.com/app\n",
            "main.go": "package main\n\nfunc main() {}\n",
        },
        before="""\
FROM golang:1.13
WORKDIR /app
COPY . .
RUN CGO_ENABLED=0 go build
ENTRYPOINT ["./app"]
""",
        after="""\
FROM golang:1.13 AS build
WORKDIR /app
COPY . .
RUN CGO_ENABLED=0 go build
RUN mkdir -p /rootfs/tmp && chmod a=rwx,+t /rootfs/tmp \\
 && mkdir -p /rootfs/etc && echo 'hosts: files dns' > /rootfs/etc/nsswitch.conf

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
