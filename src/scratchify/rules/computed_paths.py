"""
Say what comes along only because a path is computed.

`os.ReadFile(path)` may mean any file that lies in the image: which one, a flag, a variable or a request decides. What
could be meant is carried, below the folder that the path begins with where it begins with one, and a reader should know
how much that is: a literal path, or `//go:embed`, would leave the rest behind.

https://pkg.go.dev/embed
"""

from collections.abc import Iterator
from pathlib import PurePosixPath

from scratchify.analysis.facts import Facts
from scratchify.analysis.launch import Launch
from scratchify.decisions import Assume, Decision, Example, Finding, Rule
from scratchify.model import Build

NAME = "computed-paths"


def decide(build: Build, facts: Facts) -> Iterator[Decision]:
    guesses = [item for item in facts.carried if item.guessed]
    if not guesses or not isinstance(facts.launch, Launch):
        return
    count, size = sum(item.guessed for item in guesses), _in_words(sum(item.size for item in guesses))
    carried = f"carries {'1 file that' if count == 1 else f'{count} files that'} may be read, {size}"
    if facts.reads is None:
        why = f"what the program reads is not known without its source; {carried}"
        yield Assume(NAME, Finding(None, guesses[0].origin.line, why))
        return
    meant = [one for one in facts.reads.computed if any(_is_in_reach(item.path, one.beginning) for item in guesses)]
    first = meant[0]
    others = len({one.place for one in meant} - {first.place})
    more = f" (and {others} more such place{'s' if others > 1 else ''})" if others else ""
    path = PurePosixPath(first.place.path) if first.place.path else None
    yield Assume(NAME, Finding(path, first.place.line, f"{first.why}{more}: {carried}"))


def _is_in_reach(path: str, beginning: str) -> bool:
    """Say whether what is carried may be what the path means, or holds it."""
    return f"{path}/".startswith(beginning) or beginning.startswith(f"{path}/")


def _in_words(size: int) -> str:
    """Return a size in bytes as people say it: 3.4 MB."""
    if size < 1000:
        return f"{size} bytes"
    return f"{size / 1000:.1f} kB" if size < 1_000_000 else f"{size / 1_000_000:.1f} MB"


RULE = Rule(
    name=NAME,
    summary="say what comes along only because a path is computed",
    decide=decide,
    example=Example(
        files={
            "go.mod": "module example.com/app\n",
            "main.go": (
                'package main\n\nimport "os"\n\nfunc main() { load(os.TempDir()) }\n\n'
                "func load(name string) { os.ReadFile(name) }\n"
            ),
            "texts/de.json": "{}\n",
            "README.md": "# app\n",
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
COPY --from=build /app/texts /app/texts
COPY --from=build /app/app /app/app
ENTRYPOINT ["/app/app"]
""",
    ),
)
