"""
Ask for the source of the program.

What the program imports decides whether it can be linked statically and what it looks for at run time. Without its
source nothing of that can be proven.

https://pkg.go.dev/cmd/go#hdr-Package_lists_and_patterns
"""

from collections.abc import Iterator
from pathlib import PurePosixPath

from scratchify.analysis.facts import Facts
from scratchify.analysis.go_build import GoBuild
from scratchify.analysis.go_commands import MODULES_ALWAYS
from scratchify.analysis.stage_files import Unlisted
from scratchify.decisions import Assume, Decision, Example, Finding, Refuse, Rule
from scratchify.model import Build

NAME = "go-source"


def decide(build: Build, facts: Facts) -> Iterator[Decision]:
    if facts.program:
        for path in facts.program.missing:
            place = facts.program.imports[path]
            in_module = facts.program.module and facts.program.module.path
            is_relative = path.startswith(".") and in_module
            what = "a relative path, which modules do not know" if is_relative else "which no step puts into the image"
            why = f"imports {path}, {what}: it does not build from here"
            yield Refuse(NAME, Finding(PurePosixPath(place.path), place.line, why))
        if facts.build and not facts.program.module and facts.program.elsewhere and _has_modules(facts.build):
            path = facts.program.elsewhere[0]
            place = facts.program.imports[path]
            why = f"imports {path}, and no go.mod is at hand to say which: it does not build from here"
            yield Refuse(NAME, Finding(PurePosixPath(place.path), place.line, why))
    if facts.program or not facts.starts:
        return
    line = facts.starts.built.line
    if not (facts.has_source or facts.settings.assume_source):
        yield Refuse(NAME, Finding(None, line, "no Go file in the build context to prove anything by; give --context"))
    elif facts.starts.built.package is None:
        why = "the program comes from another module, whose source is not at hand: what it needs cannot be known"
        yield Refuse(NAME, Finding(None, line, why))
    elif (region := facts.files.unlisted_at(facts.starts.built.package)) and _is_foreign(facts, region):
        why = f"{region.why}: its source is not at hand, so that what the program needs cannot be known"
        yield Refuse(NAME, Finding(None, region.line, why))
    elif facts.settings.assume_source:
        why = "no Go source at hand: assumed to need no C, to run no programs and to read no files"
        yield Assume(NAME, Finding(None, line, why))
    else:
        folder = facts.starts.built.package
        why = f"{folder} holds no Go file that is copied and compiled; give --context, or copy what this builds"
        yield Refuse(NAME, Finding(None, line, why))


def _has_modules(build: GoBuild) -> bool:
    """Say whether a build takes third-party packages from modules, which go.mod names."""
    is_old = build.go_minor is not None and build.go_minor < MODULES_ALWAYS
    return not (build.ignores_modules or is_old)


def _is_foreign(facts: Facts, region: Unlisted) -> bool:
    """Say whether a folder's source is downloaded, and not from a build context that is not at hand."""
    package = facts.starts.built.package if facts.starts else None
    return region.is_source and package is not None and not facts.files.is_unseen(package)


RULE = Rule(
    name=NAME,
    summary="refuse where the program's source is not at hand",
    decide=decide,
    example=Example(
        before="""\
FROM golang:1.22
WORKDIR /app
COPY . .
RUN go build -o app .
CMD ["./app"]
""",
    ),
)
