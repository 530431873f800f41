"""
Tell of a port below 1024 that a program without rights listens on.

Docker lets everybody listen on every port since 20.10; other engines may not, and the network of the host does not.

https://docs.kernel.org/networking/ip-sysctl.html
"""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from scratchify.analysis.facts import Facts
from scratchify.decisions import Assume, Decision, Example, Finding, Rule
from scratchify.model import Build, Expose
from scratchify.settings import Settings

NAME = "privileged-ports"

_FIRST_FOR_ALL = 1024
_PORT = re.compile(r"(?:.*:)?(\d+)(?:/tcp|/udp)?")
_LISTENS = (
    ("net", ("Listen", "ListenPacket"), 1),
    ("net/http", ("ListenAndServe", "ListenAndServeTLS"), 0),
)
"""Functions that listen, and which of their arguments is the address."""


def decide(build: Build, facts: Facts) -> Iterator[Decision]:
    if not facts.is_made_nonroot:
        return
    for path, line, text in _said(facts):
        port = _PORT.fullmatch(text)
        if port and 0 < int(port[1]) < _FIRST_FOR_ALL:
            why = f"port {port[1]} is for root alone in some engines, and in the network of the host"
            yield Assume(NAME, Finding(path, line, why))
            return


def _said(facts: Facts) -> Iterator[tuple[PurePosixPath | None, int, str]]:
    """Yield the ports and addresses that are said, with their places."""
    for expose in facts.stage.of(Expose):
        state = facts.state_before(expose)
        yield from ((None, expose.syntax.first_line, state.expand(text).text) for text in expose.ports)
    for package, functions, at in _LISTENS:
        for file, call in facts.program.calls(package, *functions) if facts.program else ():
            address = call.arguments[at] if at < len(call.arguments) else None
            yield PurePosixPath(file.context_path), call.line, address or ""


RULE = Rule(
    name=NAME,
    summary="tell of a port that only root may listen on",
    decide=decide,
    example=Example(
        settings=Settings(nonroot=True),
        files={"go.mod": "module example.com/app\n", "main.go": "package main\n\nfunc main() {}\n"},
        before="""\
FROM golang:1.22
WORKDIR /app
COPY . .
RUN CGO_ENABLED=0 go build
EXPOSE 80
ENTRYPOINT ["./app"]
""",
        after="""\
FROM golang:1.22 AS build
WORKDIR /app
COPY . .
RUN CGO_ENABLED=0 go build
RUN mkdir -p /rootfs/tmp && chmod a=rwx,+t /rootfs/tmp

FROM scratch
COPY --from=build /rootfs/ /
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /usr/share/zoneinfo /usr/share/zoneinfo
WORKDIR /app
COPY --from=build /app/app /app/app
EXPOSE 80
USER 65532:65532
ENTRYPOINT ["/app/app"]
""",
    ),
)
