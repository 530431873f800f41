"""
Keep HOME and the user database true where the program asks for them.

Without /etc/passwd os/user fails, and the engine sets HOME to `/` instead of `/root`: mounted credentials are no longer
found, caches go elsewhere.

https://pkg.go.dev/os/user
"""

from collections.abc import Iterator
from pathlib import PurePosixPath

from scratchify.analysis.facts import Facts
from scratchify.analysis.go_program import GoProgram, Place
from scratchify.decisions import Collect, Decision, Example, Finding, Rule
from scratchify.model import Build

NAME = "user-database"

_NEEDS = frozenset({"home", "user-database"})
_COLLECTED = (
    ("mkdir -p /rootfs/etc /rootfs/root && chmod 700 /rootfs/root", "/root"),
    ("grep -E '^(root|nobody):' /etc/passwd > /rootfs/etc/passwd", "/etc/passwd"),
    ("grep -E '^(root|nobody|nogroup):' /etc/group > /rootfs/etc/group", "/etc/group"),
)


def decide(build: Build, facts: Facts) -> Iterator[Decision]:
    found = _asked(facts.program) if facts.program else None
    if found:
        place, why = found
        because = Finding(PurePosixPath(place.path), place.line, why)
        for shell, creates in _COLLECTED:
            yield Collect(NAME, because, shell, (creates,))


def _asked(program: GoProgram) -> tuple[Place, str] | None:
    for file, call in program.calls("os", "UserHomeDir", "UserCacheDir", "UserConfigDir"):
        return Place(file.context_path, call.line), f"os.{call.function} asks for HOME"
    for name in ("HOME", "$HOME", "${HOME}"):
        if place := program.mentions(name, in_part=name != "HOME"):
            return place, "reads HOME"
    for place, known in program.known_imports():
        if _NEEDS & set(known.needs):
            return place, f"imports {known.path}: {known.reads or 'it looks for the user'}"
    return None


RULE = Rule(
    name=NAME,
    summary="keep HOME and the user database true where the program asks",
    decide=decide,
    example=Example(
        files={
            "go.mod": "module example.com/app\n",
            "main.go": 'package main\n\nimport "os"\n\nfunc main() { os.UserHomeDir() }\n',
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
 && mkdir -p /rootfs/etc /rootfs/root && chmod 700 /rootfs/root \\
 && grep -E '^(root|nobody):' /etc/passwd > /rootfs/etc/passwd \\
 && grep -E '^(root|nobody|nogroup):' /etc/group > /rootfs/etc/group

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
