"""
Give a TLS client its root certificates.

Go's crypto/x509 reads them from the file system, and `scratch` has none: the first HTTPS request would fail with
"certificate signed by unknown authority". They are provided even where no client was found: a dependency may start to
need them, and the cost is small.

https://pkg.go.dev/crypto/x509#SystemCertPool
"""

from collections.abc import Iterator

from scratchify.analysis.facts import Facts
from scratchify.decisions import Collect, Decision, Example, Fetch, Finding, Rule
from scratchify.model import Build

NAME = "ca-certificates"

BUNDLE = "/etc/ssl/certs/ca-certificates.crt"


def decide(build: Build, facts: Facts) -> Iterator[Decision]:
    line = facts.stage.start.syntax.first_line
    if installed := facts.installs("certificates"):
        yield Fetch(NAME, Finding(None, installed.line, f"installs {installed.name}"), BUNDLE, BUNDLE)
    elif facts.base and facts.base.certificates:
        because = Finding(None, line, f"{facts.image} has root certificates, scratch has none")
        yield Fetch(NAME, because, BUNDLE, BUNDLE)
    else:
        because = Finding(None, line, f"{facts.image} may have root certificates, scratch has none")
        shell = f"if [ -f {BUNDLE} ]; then mkdir -p /rootfs/etc/ssl/certs && cp -L {BUNDLE} /rootfs{BUNDLE}; fi"
        yield Collect(NAME, because, shell, (BUNDLE,))


RULE = Rule(
    name=NAME,
    summary="give a TLS client its root certificates",
    decide=decide,
    example=Example(
        files={
            "go.mod": "module example.com/app\n",
            "main.go": 'package main\n\nimport "net/http"\n\nfunc main() { http.Get("https://example.com/") }\n',
        },
        before="""\
FROM golang:1.22
COPY . /app
RUN cd /app && CGO_ENABLED=0 go build -o /bin/app
ENTRYPOINT ["/bin/app"]
""",
        after="""\
FROM golang:1.22 AS build
COPY . /app
RUN cd /app && CGO_ENABLED=0 go build -o /bin/app
RUN mkdir -p /rootfs/tmp && chmod a=rwx,+t /rootfs/tmp

FROM scratch
COPY --from=build /rootfs/ /
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /usr/share/zoneinfo /usr/share/zoneinfo
WORKDIR /go
COPY --from=build /bin/app /bin/app
ENTRYPOINT ["/bin/app"]
""",
    ),
)
