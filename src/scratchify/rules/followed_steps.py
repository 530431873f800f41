"""
Refuse what could not be followed.

A step whose effect is unknown may have put something into the image that the running program needs; an image without
it would start and fail later.

https://docs.docker.com/build/building/multi-stage/
"""

from collections.abc import Iterator

from scratchify.analysis.facts import Facts
from scratchify.decisions import Assume, Decision, Example, Finding, Refuse, Rule
from scratchify.model import Build

NAME = "followed-steps"

ROOTFS = "/rootfs"


def decide(build: Build, facts: Facts) -> Iterator[Decision]:
    for blocked in facts.blocked:
        yield Refuse(NAME, Finding(None, blocked.line, blocked.why))
    for name, line in facts.arguments.items():
        yield Assume(NAME, Finding(None, line, f"the build argument {name} decides a path; taken to keep its default"))
    line = facts.stage.start.syntax.first_line
    if ROOTFS in facts.files.entries:
        why = f"{ROOTFS}, where the final stage's files would be gathered, is in use; choose another folder"
        yield Refuse(NAME, Finding(None, facts.files.entries[ROOTFS].origin.line, why))
    for path in sorted(facts.context.disputed):
        if path.endswith((".go", "go.mod", "go.sum")):
            why = f"{path} is let through by one of two ignore files; make .dockerignore and <name>.dockerignore agree"
            yield Refuse(NAME, Finding(None, line, why))


RULE = Rule(
    name=NAME,
    summary="refuse steps whose effect on the image is not known",
    decide=decide,
    example=Example(
        files={"main.go": "package main\n\nfunc main() {}\n", "go.mod": "module example.com/app\n"},
        before="""\
FROM golang:1.22
WORKDIR /app
COPY . .
RUN make build
CMD ["./app"]
""",
    ),
)
