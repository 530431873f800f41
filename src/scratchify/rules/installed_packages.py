"""
Bring the packages that a step installs and whose purpose is not known.

The program may run or read what they hold. The same package manager of the same release installs them in the final
stage as well; what certainly only the build needs stays behind.

https://packages.debian.org/
"""

from collections.abc import Iterator

from scratchify.analysis.evidence import untold
from scratchify.analysis.facts import Facts
from scratchify.decisions import Assume, Decision, Example, Finding, Require, Rule
from scratchify.knowledge.names import package_purposes
from scratchify.model import Build

NAME = "installed-packages"

MOST_NAMED = 4
"""More names than this hide the sentence that they stand in."""


def decide(build: Build, facts: Facts) -> Iterator[Decision]:
    """Those of one line come together; programs that are started are required where they are."""
    is_known = facts.program is not None and untold(facts) is None
    by_line: dict[int, list[str]] = {}
    for package in facts.packages:
        purposes = package_purposes(package.name)
        if (not purposes or (purposes == {"program"} and not is_known)) and not package.is_removed:
            by_line.setdefault(package.line, []).append(package.name)
    # what a program without its source at hand needs of one line, it may need of all; a tool of builds is one to run
    for package in facts.packages if not facts.program else ():
        if package_purposes(package.name) == {"build"} and not package.is_removed and package.line in by_line:
            by_line[package.line].append(package.name)
    for line, names in by_line.items():
        it = "it" if len(names) == 1 else "them"
        way_out = f"leave {it} out if only the build needs {it}"
        why = f"installs {_listed(names)}, which the program may run or read"
        yield from (Require(NAME, Finding(None, line, f"{why}; {way_out}"), "package", name) for name in names)
        yield Assume(NAME, Finding(None, line, f"{why}: the final stage gets {it} too; {way_out}"))


def _listed(names: list[str]) -> str:
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


RULE = Rule(
    name=NAME,
    summary="bring installed packages whose purpose is not known",
    decide=decide,
    example=Example(
        files={"go.mod": "module example.com/app\n", "main.go": "package main\n\nfunc main() {}\n"},
        before="""\
FROM golang:1.22-bookworm
RUN apt-get update && apt-get install -y fonts-liberation
WORKDIR /app
COPY . .
RUN CGO_ENABLED=0 go build
ENTRYPOINT ["./app"]
""",
        after="""\
FROM golang:1.22-bookworm AS build
RUN apt-get update && apt-get install -y fonts-liberation
WORKDIR /app
COPY . .
RUN CGO_ENABLED=0 go build

FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends fonts-liberation && rm -rf /var/lib/apt/lists/*
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /usr/share/zoneinfo /usr/share/zoneinfo
WORKDIR /app
COPY --from=build /app/app /app/app
ENTRYPOINT ["/app/app"]
""",
    ),
)
