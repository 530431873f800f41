"""
Build without symbols, if that is wanted.

-s leaves the symbol table out, -w what debuggers read; a panic shows the same. The flags go before those that the
command gives the linker already, whose last word counts. A build that a script or a makefile says is left as it is.

https://pkg.go.dev/cmd/link
"""

from collections.abc import Iterator
from posixpath import basename

from scratchify.analysis.facts import Facts
from scratchify.analysis.go_build import GoBuild
from scratchify.analysis.run_words import PlacedWord, words_at
from scratchify.decisions import Assume, Decision, Example, Finding, Rewrite, Rule
from scratchify.edits import Edit
from scratchify.model import Build, Run
from scratchify.settings import Settings
from scratchify.source import Span

NAME = "stripped-binary"

FLAGS = "-s -w"
_DONE = frozenset({"-s", "--s", "-s=true"})
_VERBS = ("build", "install", "get")
_SPECIAL = frozenset("\"'\\$`*?[]{}~|&;<>()")


def decide(build: Build, facts: Facts) -> Iterator[Decision]:
    if not facts.settings.strip or not facts.build:
        return
    others = {built.build for _, built in facts.other_programs}
    builds = [facts.build, *(facts.builds[index] for index in sorted(others))]
    for one in {(one.place, one.start): one for one in builds}.values():
        if not _DONE & set(_known(one).split()):
            yield _stripped(facts, one)


def _known(made_by: GoBuild) -> str:
    """Return what is known of what the linker is told; of a word with something unknown in it, how it is written."""
    return made_by.flag("ldflags").strip("\"'")


def _stripped(facts: Facts, made_by: GoBuild) -> Decision:
    why = f"go {made_by.verb} keeps the symbols, unless the linker is told {FLAGS}"
    edit = _edit(facts, made_by)
    if isinstance(edit, Edit):
        return Rewrite(NAME, Finding(*made_by.place, why), edit)
    return Assume(
        NAME, Finding(*made_by.place, f'{edit}: the binary keeps its symbols; write -ldflags="{FLAGS}" there')
    )


def _edit(facts: Facts, made_by: GoBuild) -> Edit | str:
    """Return what tells the linker, or why that cannot be said here."""
    if made_by.said_in:
        return f"{made_by.said_in[0]} says how the program is built"
    words = words_at(facts.stage.of(Run), made_by.start) if made_by.start >= 0 else ()
    verb = _verb(words)
    if verb is None:
        return f"the words of go {made_by.verb} are not found in a RUN in shell form"
    told = [index for index in range(verb, len(words)) if _is_told(words[index].raw)]
    if told:
        return _merged(words[told[-1] :], made_by)
    if made_by.flag("ldflags"):
        return "GOFLAGS tells the linker something already"
    at = words[verb].span.end
    following = [word.raw.lstrip("-") for word in words[verb + 1 : verb + 2] if word.raw.startswith("-")]
    if following and following[0].partition("=")[0] == "C":  # -C has to be the first flag
        at = words[verb + (1 if "=" in following[0] else 2)].span.end
    return Edit(Span(at, at), f' -ldflags="{FLAGS}"')


def _verb(words: tuple[PlacedWord, ...]) -> int | None:
    """Return the index of `build` behind `go`; what stands before go, like `time`, does not matter."""
    go = next((index for index, word in enumerate(words) if basename(word.raw) in ("go", "vgo")), None)
    after = range(go + 1, len(words)) if go is not None else ()
    return next((index for index in after if words[index].raw in _VERBS), None)


def _is_told(raw: str) -> bool:
    return raw.lstrip("\"'").lstrip("-").partition("=")[0] == "ldflags" and raw.lstrip("\"'").startswith("-")


def _merged(words: tuple[PlacedWord, ...], made_by: GoBuild) -> Edit | str:
    """Put the flags before those that are there; the first word is `-ldflags`, with its value or before it."""
    known = _known(made_by)
    if "-s=" in known or "-w=" in known:
        return f"-ldflags {known} decides it already"
    first = words[0]
    if "=" in first.raw:
        at = first.raw.index("=") + 1
        is_inside = first.raw[0] in "\"'"
    elif len(words) > 1:
        first, at, is_inside = words[1], 0, False
    else:
        return "-ldflags lacks a value"
    value = first.raw[at:]
    start = first.span.start + at
    if value.strip("\"'") and not known.startswith("-"):
        return f"-ldflags {value} is for some packages only, or begins with what only a shell knows"
    if is_inside:
        return Edit(Span(start, start), f"{FLAGS} ")
    if value[:1] in ("'", '"'):
        begins = start + 1
        return Edit(Span(begins, begins), f"{FLAGS} ")
    if _SPECIAL & set(value):
        return f"-ldflags {value} is not quoted"
    return Edit(Span(start, first.span.end), f'"{FLAGS} {value}"' if value else f'"{FLAGS}"')


RULE = Rule(
    name=NAME,
    summary="build without symbols",
    decide=decide,
    example=Example(
        settings=Settings(strip=True),
        files={"go.mod": "module example.com/app\n", "main.go": "package main\n\nfunc main() {}\n"},
        before="""\
FROM golang:1.22
WORKDIR /app
COPY . .
RUN CGO_ENABLED=0 go build -ldflags "-X main.version=3" -o app .
ENTRYPOINT ["./app"]
""",
        after="""\
FROM golang:1.22 AS build
WORKDIR /app
COPY . .
RUN CGO_ENABLED=0 go build -ldflags "-s -w -X main.version=3" -o app .
RUN mkdir -p /rootfs/tmp && chmod a=rwx,+t /rootfs/tmp

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
