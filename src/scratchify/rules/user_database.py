"""
Keep HOME and the user database true where the program asks for them.

Without /etc/passwd os/user fails, and the engine sets HOME to `/` instead of `/root`: mounted credentials are no longer
found, caches go elsewhere.

https://pkg.go.dev/os/user
"""

import shlex
from collections.abc import Iterator
from pathlib import PurePosixPath

from scratchify.analysis.facts import NONROOT, Facts
from scratchify.analysis.go_program import GoProgram, Place
from scratchify.analysis.kept_command import InShell
from scratchify.decisions import Collect, Decision, Example, Finding, Rule
from scratchify.model import Build

NAME = "user-database"

_NEEDS = frozenset({"home", "user-database"})

_NONROOTS = {
    "/etc/passwd": "nonroot:x:65532:65532:nonroot:/root:/sbin/nologin",
    "/etc/group": "nonroot:x:65532:",
}
"""Lines of a user who takes over root's home: what is mounted there, or written, stays where it is looked for."""


def decide(build: Build, facts: Facts) -> Iterator[Decision]:
    found = _asked(facts.program) if facts.program else None
    made = facts.runs_as_made_user
    if made:
        because = Finding(None, made.line, f"makes {made.name}, whom the engine looks up")
        home = shlex.quote(made.home)
        marks = f'chown "$(stat -c %u:%g {home})" /rootfs{home} && chmod "$(stat -c %a {home})" /rootfs{home}'
        shell = f"mkdir -p /rootfs/etc && if [ -d {home} ]; then mkdir -p /rootfs{home} && {marks}; fi"
        yield Collect(NAME, because, shell, (made.home,))
    if found:
        place, why = found
        because = Finding(PurePosixPath(place.path), place.line, why)
        given = f" && chown {NONROOT} /rootfs/root" if facts.is_made_nonroot else ""
        shell = f"mkdir -p /rootfs/etc /rootfs/root && chmod 700 /rootfs/root{given}"
        yield Collect(NAME, because, shell, ("/root",), of_distribution=not facts.is_made_nonroot)
    if isinstance(facts.launch, InShell) and facts.users and not (found or made):
        # gosu, su-exec and chown look them up
        one = next(iter(facts.users.values()))
        made = one
        because = Finding(None, one.line, f"makes {one.name}, whom the command may look up")
    if found or made:
        users = ("root", "nobody", *sorted(facts.users))
        groups = dict.fromkeys(("root", "nobody", "nogroup", *_groups(facts)))
        for names, path in ((users, "/etc/passwd"), (groups, "/etc/group")):
            shell = f"grep -E '^({'|'.join(names)}):' {path} > /rootfs{path}"
            if facts.is_made_nonroot:
                shell += f" && echo '{_NONROOTS[path]}' >> /rootfs{path}"
            yield Collect(NAME, because, shell, (path,))


def _groups(facts: Facts) -> list[str]:
    """Return the groups that the Dockerfile makes: with groupadd, and with its users."""
    named = {user.group for user in facts.users.values() if user.group and not user.group.isdecimal()}
    return sorted({*facts.walked.groups, *facts.users, *named})


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
