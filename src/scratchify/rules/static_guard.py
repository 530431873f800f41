r"""
Let the build fail where the binary is linked dynamically, if that is wanted.

What is static today may not be so tomorrow: an import that needs C, a flag. `scratch` would say no more than "no such
file or directory" when the container starts. What decides is the program header that names an interpreter, whose path
lies in the first page of the file; ldd says "statically linked" of files that ask for one.

https://refspecs.linuxfoundation.org/elf/gabi4+/ch5.dynamic.html
"""

import shlex
from collections.abc import Iterator

from scratchify.analysis.facts import Facts
from scratchify.decisions import Check, Decision, Example, Finding, Rule
from scratchify.model import Build
from scratchify.settings import Settings

NAME = "static-guard"


def decide(build: Build, facts: Facts) -> Iterator[Decision]:
    if not facts.settings.guard or not facts.starts:
        return
    for path in (facts.starts.binary, *(path for path, _ in facts.other_programs)):
        because = Finding(None, facts.starts.line, f"{path} starts only where it is linked statically")
        yield Check(NAME, because, _shell(path), unless="libc")


def _shell(path: str) -> str:
    """No pipe: without pipefail it would hide that the binary is not there."""
    file, said = shlex.quote(path), shlex.quote(f"{path} is not static")
    start = "/tmp/head"  # in the build stage, which is left behind
    return (
        f"head -c 4096 {file} > {start}"
        f" && if grep -aqE '/ld[^/]*\\.so' {start}; then echo {said} >&2; exit 1; fi && rm {start}"
    )


RULE = Rule(
    name=NAME,
    summary="let the build fail where the binary is linked dynamically",
    decide=decide,
    example=Example(
        settings=Settings(guard=True),
        files={"go.mod": "module example.com/app\n", "main.go": "package main\n\nfunc main() {}\n"},
        before="""\
FROM golang:1.22
WORKDIR /app
COPY . .
RUN CGO_ENABLED=0 go build
ENTRYPOINT ["./app"]
""",
        after="""\
FROM golang:1.22 AS build
WORKDIR /app
COPY . .
RUN CGO_ENABLED=0 go build
RUN head -c 4096 /app/app > /tmp/head \
&& if grep -aqE '/ld[^/]*\\.so' /tmp/head; then echo '/app/app is not static' >&2; exit 1; fi && rm /tmp/head
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
