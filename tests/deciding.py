"""Two checks for rules: what a Dockerfile becomes, and that it stays as it is."""

from collections.abc import Mapping

from scratchify.context import MemoryContext
from scratchify.decisions import Decision
from scratchify.outcome import Outcome, Refused, Rewritten
from scratchify.refactor import refactor
from scratchify.settings import Settings

MODULE = {"go.mod": "module example.com/app\n\ngo 1.22\n"}
OPENS_ANYTHING = """\
package main

import "os"

func main() { open(os.TempDir()) }

func open(name string) { os.ReadFile(name) }
"""
PROGRAM = {**MODULE, "main.go": OPENS_ANYTHING}
HEAD = "FROM golang:1.22\nWORKDIR /app\nCOPY . .\nRUN CGO_ENABLED=0 go build -o app .\n"
RUNS = 'ENTRYPOINT ["/app/app"]\n'


def outcome_of(
    dockerfile: str, files: Mapping[str, str | bytes] = PROGRAM, settings: Settings | None = None
) -> Outcome:
    return refactor(dockerfile, MemoryContext(files), settings or Settings())


def rewritten(dockerfile: str, files: Mapping[str, str | bytes] = PROGRAM, settings: Settings | None = None) -> str:
    """Return the result; fails where there is none."""
    outcome = outcome_of(dockerfile, files, settings)
    assert isinstance(outcome, Rewritten), outcome
    return outcome.text


def final_stage(dockerfile: str, files: Mapping[str, str | bytes] = PROGRAM) -> list[str]:
    """Return the lines of the final stage of the result, the provided ones left out."""
    after = rewritten(dockerfile, files)
    lines = after[after.index("\nFROM scratch") :].strip().split("\n")
    provided = ("FROM scratch", "COPY --from=build /rootfs/ /", "COPY --from=build /etc/ssl", "COPY --from=build /usr/")
    return [line for line in lines if not line.startswith(provided)]


def reasons(
    dockerfile: str, files: Mapping[str, str | bytes] = PROGRAM, settings: Settings | None = None
) -> dict[str, tuple[int, str]]:
    """
    Return rule → (line, message) of a refusal, the first of each; fails where the file is not refused.

    Unless the settings say otherwise, no base but scratch will do.
    """
    outcome = outcome_of(dockerfile, files, settings or Settings(base="scratch"))
    assert isinstance(outcome, Refused), outcome
    found: dict[str, tuple[int, str]] = {}
    for reason in outcome.reasons:
        found.setdefault(reason.rule, (reason.because.line, reason.because.message))
    return found


def decides(rule: str, dockerfile: str, files: Mapping[str, str | bytes] = PROGRAM) -> list[Decision]:
    """Return what one rule decides about a file that is rewritten."""
    outcome = outcome_of(dockerfile, files)
    assert isinstance(outcome, Rewritten), outcome
    return [decision for decision in outcome.decisions if decision.rule == rule]


def stays_silent(rule: str, dockerfile: str, files: Mapping[str, str | bytes] = PROGRAM) -> bool:
    return not decides(rule, dockerfile, files)
