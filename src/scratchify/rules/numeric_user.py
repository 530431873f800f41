"""
Run as the same user, by number.

`scratch` has no user database: a name cannot be looked up, and the container does not start. Numbers always do. Without
a group the group is 0, unless the base image knows the user.

https://docs.docker.com/reference/dockerfile/#user
"""

from collections.abc import Iterator

from scratchify.analysis.facts import Facts
from scratchify.decisions import Carry, Decision, Example, Finding, Provide, Refuse, Rule
from scratchify.model import Build, User

NAME = "numeric-user"

ROOT = frozenset({"", "0", "root", "0:0", "root:root", "0:root", "root:0"})

_KNOWN = {"nobody": "65534:65534", "65534": "65534:65534"}
"""The user that Debian and Alpine have with the same number: https://wiki.debian.org/SystemGroups"""


def decide(build: Build, facts: Facts) -> Iterator[Decision]:
    user = facts.end.user
    said = [*facts.stage.of(User)]
    if user in ROOT:
        return
    line = said[-1].syntax.first_line if said else facts.stage.start.syntax.first_line
    numbers = _KNOWN.get(user) or (user if all(part.isdecimal() for part in user.split(":")) else None)
    if not said or numbers is None:
        why = f"the number of the user {user} is not known; write USER with numbers, like 1000:1000"
        yield Refuse(NAME, Finding(None, line, why))
        return
    last = said[-1]
    because = Finding(None, line, f"the program runs as {user}")
    if numbers == user and facts.for_final_stage(last.user, facts.state_before(last)) == last.user:
        yield Carry(NAME, because, last.syntax.span, keep=facts.is_needed_by_build(last))
    else:
        at = last.syntax.span.start
        yield Provide(NAME, because, f"USER {numbers}", at=at, replaces=facts.movable(last))


RULE = Rule(
    name=NAME,
    summary="run as the same user, by number",
    decide=decide,
    example=Example(
        files={"go.mod": "module example.com/app\n", "main.go": "package main\n\nfunc main() {}\n"},
        before="""\
FROM golang:1.22
WORKDIR /app
COPY . .
RUN CGO_ENABLED=0 go build
USER nobody
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
COPY --from=build /app/app /app/app
USER 65534:65534
ENTRYPOINT ["/app/app"]
""",
    ),
)
