"""
Run as a user without rights what ran as root, if that is wanted.

65532 is the user that distroless images call nonroot. It owns what comes along of the project, the folders that the
program writes to, and its home, which stays /root; everything else is root's. A user that the Dockerfile names is kept.

https://github.com/GoogleContainerTools/distroless#how-do-i-run-distroless-as-a-non-root-user
"""

from collections.abc import Iterator
from pathlib import PurePosixPath

from scratchify.analysis.evidence import untold
from scratchify.analysis.facts import NONROOT, Facts
from scratchify.analysis.folders import needed_folders
from scratchify.analysis.stage_files import BASE_FOLDERS
from scratchify.analysis.written_paths import WrittenFolder, written_folders
from scratchify.decisions import Assume, Collect, Decision, Example, Finding, Provide, Rule, owned_folder
from scratchify.model import Build, User, Volume
from scratchify.settings import Settings

NAME = "nonroot"

_OF_ROOT = ("/docker.sock", "/containerd.sock", "/dev/net/tun", "/dev/kvm")
"""What is mounted into containers of root."""
_NOBODYS = ("/proc", "/sys", "/dev", "/tmp", "/var/tmp")
"""The kernel's folders, and those that are writable for everybody."""


def decide(build: Build, facts: Facts) -> Iterator[Decision]:
    if not facts.is_made_nonroot:
        return
    yield _user(facts)
    yield from _untold(facts)
    done = [path for path, *_ in needed_folders(facts)]
    for volume in facts.stage.of(Volume):
        line, state = volume.syntax.first_line, facts.state_before(volume)
        for text in volume.paths:
            path = state.path(state.expand(text).text)
            done.append(path)
            yield Collect(NAME, Finding(None, line, f"{path} is a volume"), owned_folder(path, NONROOT), (path,))
        why = "a volume that exists already, or a mounted folder, keeps its owner; 65532 has to be let in"
        yield Assume(NAME, Finding(None, line, why))
    seen: set[str | None] = {*done}
    for program in facts.programs:
        for one in written_folders(program, facts.end):
            if one.folder not in seen:
                seen.add(one.folder)
                yield from _writable(facts, one)


def _user(facts: Facts) -> Decision:
    said = [*facts.stage.of(User)]
    starts = [one.syntax.span.start for one in facts.starts.said_by] if facts.starts else []
    line = said[-1].syntax.first_line if said else facts.stage.start.syntax.first_line
    because = Finding(None, line, "the program runs as root")
    # before the command, whatever order the rules have
    return Provide(NAME, because, f"USER {NONROOT}", at=min(starts) - 1 if starts else None)


def _untold(facts: Facts) -> Iterator[Decision]:
    """Packages of others may write where nobody sees it, most of all in the working directory."""
    workdir = facts.end.workdir
    if found := untold(facts):
        packages, place = found
        because = Finding(PurePosixPath(place.path), place.line, f"imports {packages}, which may write to {workdir}")
        if workdir not in BASE_FOLDERS:
            yield Collect(NAME, because, owned_folder(workdir, NONROOT), (workdir,))
        why = f"imports {packages}, of which no table tells; assumed to write to nothing that is not made for 65532"
        yield Assume(NAME, Finding(because.path, because.line, why))
    for name in _OF_ROOT:
        if facts.program and (place_of := facts.program.mentions(name, in_part=True)):
            why = f"names {name}, which belongs to root and its group; 65532 has to be let in"
            yield Assume(NAME, Finding(PurePosixPath(place_of.path), place_of.line, why))


def _writable(facts: Facts, one: WrittenFolder) -> Iterator[Decision]:
    place, folder, workdir = PurePosixPath(one.place.path), one.folder, facts.end.workdir
    if folder is None:
        why = (
            f"{one.call} writes to a path that is computed; 65532 may write to {workdir}, /tmp and what is made for it"
        )
        yield Assume(NAME, Finding(place, one.place.line, why))
        folder = workdir
    elif any(folder == path or folder.startswith(f"{path}/") for path in _NOBODYS):
        return
    because = Finding(place, one.place.line, f"{one.call} writes to {folder}")
    if folder == "/":
        if one.folder is not None:
            why = f"{one.call} writes to the root folder, which is root's alone; write to a folder of its own"
            yield Assume(NAME, Finding(place, one.place.line, why))
    elif one.is_made or folder == workdir or folder in BASE_FOLDERS or facts.files.is_folder(folder):
        yield Collect(NAME, because, owned_folder(folder, NONROOT), (folder,))
    else:
        why = f"{one.call} writes to {folder}, which is not in the image; 65532 has to be let in where it is mounted"
        yield Assume(NAME, Finding(place, one.place.line, why))


RULE = Rule(
    name=NAME,
    summary="run as a user without rights what ran as root",
    decide=decide,
    example=Example(
        settings=Settings(nonroot=True),
        files={
            "go.mod": "module example.com/app\n",
            "main.go": 'package main\n\nimport "os"\n\nfunc main() { os.WriteFile("state.json", nil, 0o600) }\n',
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
RUN mkdir -p /rootfs/tmp && chmod a=rwx,+t /rootfs/tmp \\
 && mkdir -p /rootfs/app && chown 65532:65532 /rootfs/app

FROM scratch
COPY --from=build /rootfs/ /
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /usr/share/zoneinfo /usr/share/zoneinfo
WORKDIR /app
COPY --from=build /app/app /app/app
USER 65532:65532
ENTRYPOINT ["/app/app"]
""",
    ),
)
