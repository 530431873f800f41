"""Why a Dockerfile becomes what it becomes: each decision, the evidence for it, and what follows from it."""

import json
from collections.abc import Iterator, Mapping
from typing import assert_never

from scratchify.decisions import (
    Assume,
    BuildStep,
    Carry,
    Check,
    Collect,
    Command,
    Decision,
    Divide,
    Fetch,
    Provide,
    Refuse,
    Remark,
    Require,
    Rewrite,
)
from scratchify.hosts import Hosted
from scratchify.outcome import Rewritten
from scratchify.report.document import WHOLE_FILE, FileReport, Locate, note_of
from scratchify.report.terminal import STYLES, Line, Piece, report_lines

_NEEDS = {
    "libc": "the C library",
    "libstdc++": "the library of C++",
    "library": "the library {}",
    "shell": "a shell",
    "program": "the program {}",
    "package": "the package {}",
    "users": "the users",
}


def explanation(
    report: FileReport,
    outcome: Rewritten | None,
    before: str,
    summaries: Mapping[str, str],
    hosted: Hosted = WHOLE_FILE,
    locate: Locate = str,
) -> Iterator[Line]:
    """
    Yield the report in full; `outcome` is None where nothing is rewritten, `hosted` tells where `before` stands.

    The decisions come grouped by rule, in the order of `summaries`.
    """
    yield from report_lines(report, written=False, verbose=False)
    if outcome is None:
        return
    order = {rule: index for index, rule in enumerate(summaries)}
    rules = {decision.rule for decision in outcome.decisions if not isinstance(decision, Assume)}
    for rule in sorted(rules, key=lambda rule: (order.get(rule, len(order)), rule)):
        yield (Piece(""),)
        summary = summaries.get(rule, "")
        yield Piece(rule, "bold"), Piece(f": {summary}" if summary else "")
        for decision in outcome.decisions:
            if decision.rule == rule and not isinstance(decision, Assume):
                note = note_of(report.path, decision.rule, decision.because, hosted, locate)
                yield (Piece(f"  {note.place}: {note.message}"),)
                yield (Piece(f"    {hosted.told(consequence(decision, before))}", STYLES["rewritten"]),)


def consequence(decision: Decision, before: str) -> str:
    """Return what follows from a decision, in one line; `before` is the Dockerfile that it is about."""
    match decision:
        case Divide():
            return f"becomes the build stage: {_first_line(decision.span.of(before))}"
        case Rewrite():
            old, new = _first_line(decision.edit.span.of(before)), _first_line(decision.edit.text)
            if old and new:
                return f"{old} becomes {new}"
            return f"added: {new}" if new else f"taken out: {old}"
        case Carry():
            said = _first_line(decision.span.of(before))
            return f"said in the final stage as well: {said}" if decision.keep else f"moved to the final stage: {said}"
        case Fetch():
            target = f" to {decision.target}" if decision.target != decision.source else ""
            owner = f", owned by {decision.owner}" if decision.owner else ""
            return f"copied from the build stage: {decision.source}{target}{owner}"
        case Collect():
            return f"made in the build stage and copied: {', '.join(decision.creates)}"
        case BuildStep():
            return f"added to the build stage: RUN {decision.shell}"
        case Check():
            return f"added to the build stage: RUN {decision.shell}"
        case Provide():
            stage = "build" if decision.in_build_stage else "final"
            return f"added to the {stage} stage: {_first_line(decision.instruction)}"
        case Command():
            forms = (("ENTRYPOINT", decision.entrypoint), ("CMD", decision.cmd))
            said = ", ".join(
                f"{name} {json.dumps(words, ensure_ascii=False)}" for name, words in forms if words is not None
            )
            return f"runs {decision.binary}{f': {said}' if said else ''}"
        case Require():
            return f"the final base must have {_NEEDS[decision.capability].format(decision.name)}"
        case Assume():
            return "assumed"
        case Remark():
            return "as it was chosen"
        case Refuse():
            return "left as it is"
        case _:
            assert_never(decision)


def _first_line(text: str) -> str:
    first, *others = text.strip().split("\n")
    return f"{first.rstrip()} …" if others else first
