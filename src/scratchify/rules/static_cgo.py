"""
Link what calls C statically, where the user wants that.

With musl, the C library of Alpine, a program that needs nothing but libc can hold it: then `scratch` will do. glibc is
left alone, for its own resolver loads libraries even when it is linked statically.

https://pkg.go.dev/cmd/link
"""

from collections.abc import Iterator

from scratchify.analysis.c_library import relinked
from scratchify.analysis.facts import Facts
from scratchify.analysis.go_build import GoBuild
from scratchify.decisions import Decision, Example, Finding, Refuse, Rewrite, Rule
from scratchify.edits import Edit
from scratchify.model import Build
from scratchify.settings import Settings
from scratchify.source import Span

NAME = "static-cgo"

FLAGS = """-ldflags '-linkmode external -extldflags "-static"'"""


def decide(build: Build, facts: Facts) -> Iterator[Decision]:
    for made_by in relinked(facts):
        at = None if facts.settings.strip else _behind_verb(build.text, made_by)
        if at is None:
            why = f"where {FLAGS} goes into this command is not clear; write it there, or leave out --static-cgo"
            yield Refuse(NAME, Finding(*made_by.place, why))
        else:
            because = Finding(*made_by.place, "calls C, and is linked against musl, which it can hold itself")
            yield Rewrite(NAME, because, Edit(Span(at, at), f" {FLAGS}"))


def _behind_verb(text: str, made_by: GoBuild) -> int | None:
    """Return the offset behind `go build`, None where more than assignments stands before it, or flags of a linker."""
    said = f"go {made_by.verb}"
    at = text.find(said, made_by.start) if made_by.start >= 0 and not made_by.said_in else -1
    if at == -1 or made_by.flag("ldflags"):
        return None
    before = text[made_by.start : at]
    is_plain = all("=" in word for word in before.split()) and not set(before) & set("\"'`$\\;&|\n")
    return at + len(said) if is_plain else None


RULE = Rule(
    name=NAME,
    summary="link what calls C statically, with --static-cgo",
    decide=decide,
    example=Example(
        settings=Settings(static_cgo=True),
        files={
            "go.mod": "module example.com/app\n",
            "main.go": 'package main\n\n// int one() { return 1; }\nimport "C"\n\nfunc main() { println(C.one()) }\n',
        },
        before="""\
FROM golang:1.22-alpine3.20
RUN apk add --no-cache gcc musl-dev
WORKDIR /app
COPY . .
RUN go build -o app .
ENTRYPOINT ["./app"]
""",
        after="""\
FROM golang:1.22-alpine3.20 AS build
RUN apk add --no-cache gcc musl-dev
WORKDIR /app
COPY . .
RUN go build -ldflags '-linkmode external -extldflags "-static"' -o app .
RUN mkdir -p /rootfs/tmp && chmod a=rwx,+t /rootfs/tmp

FROM scratch
COPY --from=build /rootfs/ /
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /usr/local/go/lib/time/zoneinfo.zip /usr/local/go/lib/time/zoneinfo.zip
WORKDIR /app
COPY --from=build /app/app /app/app
ENTRYPOINT ["/app/app"]
""",
    ),
)
