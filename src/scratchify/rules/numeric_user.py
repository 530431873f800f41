"""
Run as the same user, by number.

`scratch` has no user database: a name cannot be looked up, and the container does not start. Numbers always do. Without
a group the group is 0, unless the base image knows the user.

https://docs.docker.com/reference/dockerfile/#user
"""

from collections.abc import Iterator

from scratchify.analysis.facts import Facts
from scratchify.decisions import Assume, Carry, Decision, Example, Finding, Provide, Refuse, Rule
from scratchify.model import Build, User
from scratchify.model.state import FIRST_OF_PEOPLE, KNOWN_USERS, ROOT_USERS, is_numeric

NAME = "numeric-user"


def decide(build: Build, facts: Facts) -> Iterator[Decision]:
    user = facts.end.user
    said = [*facts.stage.of(User)]
    if said and facts.runs_as_made_user and not facts.end.user_decided_by and facts.knows_owner(user):
        last, made = said[-1], facts.runs_as_made_user
        because = Finding(None, last.syntax.first_line, f"the program runs as {user}, whom line {made.line} makes")
        if facts.for_final_stage(last.user, facts.state_before(last)) == last.user:
            yield Carry(NAME, because, last.syntax.span, keep=facts.is_needed_by_build(last))
        else:
            yield Provide(NAME, because, f"USER {user}", at=last.syntax.span.start, replaces=facts.movable(last))
        return
    if said and facts.end.user_decided_by:
        yield from _chosen(facts, said[-1])
        return
    if user in ROOT_USERS:
        return
    line = said[-1].syntax.first_line if said else facts.stage.start.syntax.first_line
    numbers = KNOWN_USERS.get(user) or (user if is_numeric(user) else None)
    if said and numbers == user and user.isdecimal() and 0 < int(user) < FIRST_OF_PEOPLE:
        why = f"the group of the system user {user} is not known; write USER with both numbers, like {user}:{user}"
        yield Refuse(NAME, Finding(None, line, why))
        return
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


def _chosen(facts: Facts, last: User) -> Iterator[Decision]:
    """A build argument decides: it stays in charge where its default is a number."""
    line = last.syntax.first_line
    if not facts.end.user or not is_numeric(facts.end.user):
        why = "a build argument decides which user this is, and has no number as its default; give it one"
        yield Refuse(NAME, Finding(None, line, why))
        return
    because = Finding(None, line, f"a build argument decides who the program runs as, {facts.end.user} by default")
    yield Carry(NAME, because, last.syntax.span, keep=facts.is_needed_by_build(last))
    why = "a build argument decides who the program runs as; a name would not be found, only a number"
    yield Assume(NAME, Finding(None, line, why))


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
