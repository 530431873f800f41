"""A fleet on one page: how much can be converted, what it saves, what stands in the way, and every change."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from importlib import resources

from scratchify.report.document import FileReport, Note, Verdict
from scratchify.report.terminal import visible

WORDS: dict[Verdict, str] = {
    "rewritten": "can be converted",
    "refused": "refused",
    "error": "cannot be read",
    "unchanged": "nothing to do",
}
"""In the order of the page: what asks for a person comes first."""

EXAMPLES = 3
"""Of each reason in the ranking."""


@dataclass(frozen=True, slots=True)
class Reason:
    """A rule that refuses, how many Dockerfiles for it, and some of them with what was seen."""

    rule: str
    count: int
    examples: tuple[tuple[int, Note], ...]


@dataclass(frozen=True, slots=True)
class DiffLine:
    """A line of a diff, and what kind of line it is."""

    kind: str
    text: str


def to_html(reports: Iterable[FileReport]) -> bytes:
    """Return a page that needs nothing but itself, in UTF-8."""
    from jinja2 import Environment, StrictUndefined

    reports = tuple(reports)
    folder = resources.files("scratchify.report")
    style, script, page = (
        folder.joinpath(name).read_text("utf-8") for name in ("fleet.css", "fleet.js", "fleet.html.jinja")
    )
    # escaped is everything, then: what nobody has marked as safe, and nobody does but for these two files of ours
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {"visible": visible, "megabytes": _megabytes, "diff": _diff}
    shown = sorted(reports, key=lambda report: list(WORDS).index(report.verdict))
    text = environment.from_string(page).render(
        reports=shown,
        counts=Counter(report.verdict for report in reports),
        words=WORDS,
        reasons=_reasons(shown),
        sized=[(number, report) for number, report in enumerate(shown, 1) if report.sizes],
        style=style,
        script=script,
        policy=f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; base-uri 'none'",
    )
    return text.encode("utf-8", "backslashreplace")


def _reasons(reports: Sequence[FileReport]) -> list[Reason]:
    """Return what stands in the way, the most frequent first; a Dockerfile counts once for each rule."""
    found: dict[str, dict[int, Note]] = {}
    for number, report in enumerate(reports, 1):
        if report.verdict == "refused":
            for note in report.reasons:
                found.setdefault(note.rule, {}).setdefault(number, note)
    reasons = [Reason(rule, len(notes), tuple(notes.items())[:EXAMPLES]) for rule, notes in found.items()]
    return sorted(reasons, key=lambda reason: (-reason.count, reason.rule))


def _diff(diff: str) -> list[DiffLine]:
    kinds = (("diff ", "head"), ("--- ", "head"), ("+++ ", "head"), ("@@", "hunk"), ("-", "gone"), ("+", "come"))
    lines = diff.removesuffix("\n").split("\n")
    kind = [next((kind for start, kind in kinds if line.startswith(start)), "same") for line in lines]
    return [DiffLine(k, visible(line.removesuffix("\r"), keep="\t")) for k, line in zip(kind, lines, strict=True)]


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"


def _digest(text: str) -> str:
    """Return what lets a browser take this text inline, and no other: https://www.w3.org/TR/CSP3/#grammardef-hash-source."""
    from base64 import b64encode

    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"
