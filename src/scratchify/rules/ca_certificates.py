"""
Give a TLS client its root certificates.

Go's crypto/x509 reads them from the file system, and `scratch` has none: the first HTTPS request would fail with
"certificate signed by unknown authority". They are provided even where no client was found: a dependency may start to
need them, and the cost is small.

https://pkg.go.dev/crypto/x509#SystemCertPool
"""

from collections.abc import Iterator

from scratchify.analysis.evidence import is_left_out, untold
from scratchify.analysis.facts import Facts
from scratchify.decisions import Collect, Decision, Example, Fetch, Finding, Rule, left_out
from scratchify.model import Build

NAME = "ca-certificates"

BUNDLE = "/etc/ssl/certs/ca-certificates.crt"

_BUNDLES = (
    BUNDLE,
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/pki/tls/cacert.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/cert.pem",
)
"""Where Go looks, in its order: https://go.dev/src/crypto/x509/root_linux.go"""


def decide(build: Build, facts: Facts) -> Iterator[Decision]:
    line = facts.stage.start.syntax.first_line
    # private ones that a step adds are in no base
    is_usual = not facts.walked.renewals
    if facts.is_dropped(BUNDLE):
        return
    is_asked = facts.installs("certificates") or facts.walked.renewals
    if not is_asked and is_left_out(facts, "certificates", {}, ("SSL_CERT_", "/etc/ssl")):
        because = Finding(None, line, "leaves out root certificates: no package that is imported speaks TLS")
        yield from left_out(NAME, because, "root certificates", untold(facts))
        return
    is_elsewhere = facts.base is not None and facts.base.family in ("centos", "other")
    if (installed := facts.installs("certificates")) and not is_elsewhere:
        because = Finding(None, installed.line, f"installs {installed.name}")
        yield Fetch(NAME, because, BUNDLE, BUNDLE, of_distribution=is_usual)
    elif facts.base and facts.base.certificates:
        because = Finding(None, line, f"{facts.image} has root certificates, scratch has none")
        yield Fetch(NAME, because, BUNDLE, BUNDLE, of_distribution=is_usual)
    else:
        because = Finding(None, line, f"{facts.image} may have root certificates, scratch has none")
        shell = f"if [ -f {BUNDLE} ]; then mkdir -p /rootfs/etc/ssl/certs && cp -L {BUNDLE} /rootfs{BUNDLE}; fi"
        if is_elsewhere:
            copy = f"mkdir -p /rootfs/etc/ssl/certs && cp -L $file /rootfs{BUNDLE} && break"
            shell = f"for file in {' '.join(_BUNDLES)}; do if [ -f $file ]; then {copy}; fi; done"
        yield Collect(NAME, because, shell, (BUNDLE,), of_distribution=is_usual)


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
