"""
Refuse what could not be followed.

A step whose effect is unknown may have put something into the image that the running program needs; an image without
it would start and fail later.

https://docs.docker.com/build/building/multi-stage/
"""

from collections.abc import Iterator
from pathlib import PurePosixPath

from scratchify.analysis.facts import Facts
from scratchify.decisions import ROOTFS, Assume, Decision, Example, Finding, Refuse, Rule
from scratchify.knowledge.names import build_input
from scratchify.model import Arg, Build

NAME = "followed-steps"


def decide(build: Build, facts: Facts) -> Iterator[Decision]:
    for blocked in dict.fromkeys(facts.blocked):
        said_in = PurePosixPath(blocked.path) if blocked.path else None
        yield Refuse(NAME, Finding(said_in, blocked.line, blocked.why))
    given = {pair.name for arg in facts.stage.of(Arg) for pair in arg.pairs if pair.value} | set(
        build.global_variables()
    )
    for name, line in facts.arguments.items():
        decides = f"the build argument {name} decides a path"
        if name in given or name.startswith(("BUILD", "TARGET")):
            yield Assume(NAME, Finding(None, line, f"{decides}; taken to keep its default"))
        else:
            yield Refuse(NAME, Finding(None, line, f"{decides} and has no default; give it one"))
    line = facts.stage.start.syntax.first_line
    if ROOTFS in facts.files.entries:
        why = f"{ROOTFS}, where the final stage's files would be gathered, is in use; choose another folder"
        yield Refuse(NAME, Finding(None, facts.files.entries[ROOTFS].origin.line, why))
    for arg in facts.stage.of(Arg):
        state = facts.state_before(arg)
        for pair in arg.pairs:
            if pair.name in state.env and pair.name not in state.inherited:
                why = f"{pair.name} is set by ENV and declared by ARG, which builders read differently; use two names"
                yield Refuse(NAME, Finding(None, arg.syntax.first_line, why))
    folders = facts.end.env.get("PATH", "").split(":")
    if "/bin" not in folders and "/usr/bin" not in folders:
        yield Refuse(
            NAME, Finding(None, line, "PATH has neither /bin nor /usr/bin, where the build finds its commands")
        )
    for path in sorted(facts.context.disputed):
        name = path.rpartition("/")[2]
        if path.endswith((".go", "go.mod", "go.sum")) or not build_input(name, is_folder=False):
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
