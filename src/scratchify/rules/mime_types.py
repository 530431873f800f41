"""
Keep the types that a file server gives to files.

Go knows 16 file name extensions by itself, 64 since 1.26; for every other one it reads /etc/mime.types. Debian's golang
images have that file, Alpine's have not; without it fonts, CSV files and downloads change their Content-Type.

https://pkg.go.dev/mime#TypeByExtension
"""

from collections.abc import Iterator
from pathlib import PurePosixPath

from scratchify.analysis.facts import Facts
from scratchify.analysis.go_program import GoProgram, Place
from scratchify.decisions import Decision, Example, Fetch, Finding, Rule
from scratchify.model import Build

NAME = "mime-types"

TABLE = "/etc/mime.types"

_ASKS = (
    ("mime", ("TypeByExtension", "ExtensionsByType")),
    ("net/http", ("Dir", "FileServer", "FileServerFS", "ServeContent", "ServeFile", "ServeFileFS")),
)

_BY_CALL = frozenset(package for package, _ in _ASKS)
"""Clients import these as well: only a call tells."""


def decide(build: Build, facts: Facts) -> Iterator[Decision]:
    if facts.is_dropped(TABLE):
        return
    has_table = facts.installs("mime-types") or (facts.base and facts.base.mime_types)
    found = _asked(facts.program) if facts.program and has_table else None
    if found:
        place, why = found
        yield Fetch(NAME, Finding(PurePosixPath(place.path), place.line, why), TABLE, TABLE)


def _asked(program: GoProgram) -> tuple[Place, str] | None:
    for package, functions in _ASKS:
        for file, call in program.calls(package, *functions):
            return Place(file.context_path, call.line), f"{package}.{call.function} looks up types of files"
    for place, known in program.known_imports():
        if "mime-types" in known.needs and known.path not in _BY_CALL:
            return place, f"imports {known.path}, which looks up types of files"
    return None


RULE = Rule(
    name=NAME,
    summary="keep the types that a file server gives to files",
    decide=decide,
    example=Example(
        files={
            "go.mod": "module example.com/app\n",
            "main.go": 'package main\n\nimport "net/http"\n\nfunc main() { http.FileServer(http.Dir("/data")) }\n',
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
COPY --from=build /etc/mime.types /etc/mime.types
WORKDIR /app
COPY --from=build /app/app /app/app
ENTRYPOINT ["/app/app"]
""",
    ),
)
