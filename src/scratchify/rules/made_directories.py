"""
Keep the folders that the program writes to.

A folder that mkdir made, that was copied with nothing in it that is carried, that belongs to the program's user, or
that every Linux image has, like /var/log, is not there in the final stage: opening a file in it would fail.

https://pkg.go.dev/os#OpenFile
"""

import shlex
from collections.abc import Iterator

from scratchify.analysis.facts import NONROOT, Facts
from scratchify.analysis.folders import needed_folders
from scratchify.decisions import Collect, Decision, Example, Finding, Refuse, Rule, owned_folder
from scratchify.model import Build
from scratchify.model.state import ROOT_USERS, is_numeric

NAME = "made-directories"


def decide(build: Build, facts: Facts) -> Iterator[Decision]:
    for path, file, line, why in needed_folders(facts):
        yield _collected(facts, path, Finding(file, line, why))
    workdir = facts.end.workdir
    if facts.runs_as not in ROOT_USERS and facts.base and workdir == facts.base.workdir != "/":
        because = Finding(None, facts.stage.start.syntax.first_line, f"{facts.image} lets everybody write to {workdir}")
        yield Collect(NAME, because, f"mkdir -p /rootfs{workdir} && chmod a=rwx,+t /rootfs{workdir}", (workdir,))


def _collected(facts: Facts, path: str, because: Finding) -> Decision:
    owner = facts.owner_of(path)
    if facts.is_made_nonroot:
        mode = (
            f' && chmod "$(stat -c %a {shlex.quote(path)})" {shlex.quote(f"/rootfs{path}")}'
            if facts.mode_of(path)
            else ""
        )
        mode = f" && chmod a=rwx,+t /rootfs{path}" if path == "/var/tmp" else mode
        return Collect(NAME, because, owned_folder(path, NONROOT) + mode, (path,))
    target, source = shlex.quote(f"/rootfs{path}"), shlex.quote(path)
    if facts.mode_of(path) or (owner not in ROOT_USERS and not is_numeric(owner) and facts.knows_owner(owner)):
        # what the build stage has: names have numbers there, and symbolic modes are done
        marks = f'chown "$(stat -c %u:%g {source})" {target} && chmod "$(stat -c %a {source})" {target}'
        return Collect(NAME, because, f"mkdir -p {target} && {marks}", (path,))
    if owner in ROOT_USERS:
        mode = f" && chmod a=rwx,+t {target}" if path == "/var/tmp" else ""
        return Collect(NAME, because, f"mkdir -p {target}{mode}", (path,), of_distribution=True)
    if is_numeric(owner):
        return Collect(NAME, because, f"mkdir -p {target} && chown {owner} {target}", (path,))
    why = f"the folder {path} belongs to {owner}; write the owner as numbers"
    return Refuse(NAME, Finding(because.path, because.line, why))


RULE = Rule(
    name=NAME,
    summary="keep the folders that the program writes to",
    decide=decide,
    example=Example(
        files={"go.mod": "module example.com/app\n", "main.go": "package main\n\nfunc main() {}\n"},
        before="""\
FROM golang:1.22
RUN mkdir -p /data
WORKDIR /app
COPY . .
RUN CGO_ENABLED=0 go build
ENTRYPOINT ["./app"]
""",
        after="""\
FROM golang:1.22 AS build
RUN mkdir -p /data
WORKDIR /app
COPY . .
RUN CGO_ENABLED=0 go build
RUN mkdir -p /rootfs/tmp && chmod a=rwx,+t /rootfs/tmp \\
 && mkdir -p /rootfs/data

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
