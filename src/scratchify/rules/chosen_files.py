"""
Carry and drop what the user chose.

Evidence can be wrong in both ways: a path that is put together at run time is not seen, and a folder that nobody reads
comes along. A path that is dropped although the program reads it is told with the place that reads it.

https://docs.docker.com/reference/dockerfile/#copy---from
"""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from scratchify.analysis.chosen_paths import ChosenPath
from scratchify.analysis.facts import Facts
from scratchify.analysis.named_paths import NamedPath, named_paths
from scratchify.analysis.stage_files import Copied, Entry, Implied
from scratchify.decisions import Assume, Collect, Decision, Example, Fetch, Finding, Remark, Rule, gather
from scratchify.model import Build
from scratchify.settings import Settings

NAME = "chosen-files"

_ODD = re.compile(r"""[$\\"'`]""")


def decide(build: Build, facts: Facts) -> Iterator[Decision]:
    if not facts.starts:
        return
    for one in facts.choices.carry:
        yield _carried(facts, facts.starts.binary, one)
    for one in facts.choices.drop:
        yield from _dropped(facts, one)


def _line(facts: Facts, entry: Entry | None) -> int:
    return entry.origin.line if entry else facts.stage.start.syntax.first_line


def _carried(facts: Facts, binary: str, one: ChosenPath) -> Decision:
    entry = facts.files.entries.get(one.path)
    because = Finding(None, _line(facts, entry), f"{one.said} is to be carried, to {one.path}")
    is_there = any(one.path == item.path or one.path.startswith(item.path + "/") for item in facts.carried)
    if one.path == binary or is_there:
        return Remark(NAME, Finding(None, because.line, f"{one.said} is to be carried, and comes along anyway"))
    owner = facts.given_to
    if entry and entry.kind != "link" and _is_plain(facts, one.path, entry):
        at = None if isinstance(entry.origin, Implied) else entry.origin.at
        return Fetch(NAME, because, one.path, one.path, is_folder=entry.kind == "folder", owner=owner, at=at)
    copy = "cp -RL" if entry and entry.kind == "link" else "cp -a"
    return Collect(NAME, because, gather(one.path, copy, owner), (one.path,))


def _is_plain(facts: Facts, path: str, entry: Entry) -> bool:
    """Say whether COPY says all of it: it makes folders anew, and knows no names of users."""
    if _ODD.search(path) or facts.owner_of(path) or facts.mode_of(path):
        return False
    inside = [entry, *(below for _, below in facts.files.tree(path))]
    owned = (isinstance(below.origin, Copied) and below.origin.owner for below in inside)
    return not any(owned) and not any(below.owner or below.mode for below in inside if below.kind == "folder")


def _dropped(facts: Facts, one: ChosenPath) -> Iterator[Decision]:
    line = _line(facts, facts.files.entries.get(one.path))
    yield from (Assume(NAME, finding) for finding in _readers(facts, one))
    yield Remark(NAME, Finding(None, line, f"{one.said} is to be dropped: {one.path} stays in the build stage"))


def _readers(facts: Facts, one: ChosenPath) -> Iterator[Finding]:
    """Yield the first place that reads what is dropped, or names it."""
    reads = facts.reads.named if facts.reads else ()
    found = next((named for named in reads if one.holds(named.path) or _reaches(named, one.path)), None)
    for program in facts.programs:
        names = named_paths(program, facts.end) if not found else ()
        found = found or next((named for named in names if one.holds(named.path)), None)
    if found and found.place.path and one.path != facts.end.workdir:
        said = f"{found.how} {found.path}, which is to be dropped"
        yield Finding(PurePosixPath(found.place.path), found.place.line, said)
        return
    for text, line in facts.words_at_start():
        value = text.rpartition("=")[2]
        if value and one.holds(facts.end.path(value)):
            yield Finding(None, line, f"names {facts.end.path(value)}, which is to be dropped")
            return


def _reaches(named: NamedPath, path: str) -> bool:
    """Say whether what is read is a pattern that means a path, or a folder above it."""
    return named.matches(path) or (named.path != "/" and path.startswith(named.path.rstrip("/") + "/"))


RULE = Rule(
    name=NAME,
    summary="carry and drop what the user chose",
    decide=decide,
    example=Example(
        settings=Settings(carry=("queries.go",), drop=("notes.json",)),
        files={
            "go.mod": "module example.com/app\n",
            "main.go": "package main\n\nfunc main() {}\n",
            "queries.go": "package main\n",
            "notes.json": "{}\n",
        },
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
RUN mkdir -p /rootfs/tmp && chmod a=rwx,+t /rootfs/tmp

FROM scratch
COPY --from=build /rootfs/ /
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /usr/share/zoneinfo /usr/share/zoneinfo
WORKDIR /app
COPY --from=build /app/queries.go /app/queries.go
COPY --from=build /app/app /app/app
ENTRYPOINT ["/app/app"]
""",
    ),
)
