"""A verification as text: what is the same in a line, what differs in two columns."""

from collections.abc import Iterator, Sequence
from itertools import groupby, zip_longest
from textwrap import wrap

from scratchify.engine.comparison import NOTHING, Comparison
from scratchify.report.terminal import Line, Piece, megabytes
from scratchify.report.verification import Answer, ImageReport, LimitReport, VerificationReport

STYLES: dict[Answer, str] = {
    "verified": "bold green",
    "differs": "bold red",
    "original-fails": "bold yellow",
    "cannot-verify": "bold yellow",
    "nothing-to-verify": "",
    "error": "bold red",
}

_WORDS: dict[Answer, str] = {
    "verified": "verified",
    "differs": "differs",
    "original-fails": "the original fails",
    "cannot-verify": "cannot be verified",
    "nothing-to-verify": "nothing to verify",
}

COLUMN = 48
"""Characters of each of the two columns."""

SHORT = 40
"""Characters of a value that are shown where it only passes by."""

MOST_LINES = 20
"""Of each side of a difference; the JSON document has more."""

LAST_LINES = 40
"""Of a log."""


def verification_lines(report: VerificationReport, *, kept: bool, verbose: bool) -> Iterator[Line]:
    """Yield what is said of one verification; `kept` names the images that are still there."""
    if report.answer == "error":
        yield from ((Piece(f"{note.place}: "), Piece(note.message, STYLES["error"])) for note in report.reasons)
        return
    yield Piece(f"{report.path}: "), Piece(_WORDS[report.answer], STYLES[report.answer]), Piece(_reason(report))
    yield from ((Piece(f"{note.place}: {note.rule}: {note.message}"),) for note in report.reasons)
    for line in report.log[-LAST_LINES:]:
        yield (Piece(f"  | {line}"),)
    if report.original and report.result and report.limit:
        yield from _sizes(report.original, report.result, report.limit)
        yield from _compared(report.comparisons, verbose=verbose)
        if kept:
            yield (Piece(f"  kept: {report.original.image} {report.result.image}"),)


def _reason(report: VerificationReport) -> str:
    if report.answer == "verified":
        return f" on {report.engine}"
    return f": {report.why}" if report.why else ""


def _sizes(original: ImageReport, result: ImageReport, limit: LimitReport) -> Iterator[Line]:
    for name, image in (("original", original), ("result", result)):
        ready = "" if image.ready_seconds is None else f", ready after {image.ready_seconds:.1f} s"
        yield (Piece(f"  {name:<9} {megabytes(image.size):>9}, built in {image.build_seconds:.1f} s{ready}"),)
    parts = (
        ("base", limit.base),
        ("binary", limit.binary),
        ("certificates", limit.certificates),
        ("zone data", limit.zone_data),
        ("other files with evidence", limit.evidence),
    )
    said = ", ".join(f"{name} {megabytes(size)}" for name, size in parts if size)
    yield (Piece(f"  {'limit':<9} {megabytes(limit.total):>9}: {said}; the result is {limit.ratio:.3f} times that"),)
    if limit.strippable:
        yield (Piece(f"  without symbols (-ldflags='-s -w') it would be {megabytes(limit.strippable)} less"),)


def _compared(comparisons: Sequence[Comparison], *, verbose: bool) -> Iterator[Line]:
    for comparison in comparisons:
        if comparison.finding == "differs":
            yield from _difference(comparison)
    for comparison in comparisons:
        if comparison.finding == "intended":
            most = None if verbose else SHORT
            change = f"{_short(comparison.original, most)} -> {_short(comparison.result, most)}"
            yield (Piece(f"  intended ({comparison.rule}): {comparison.subject}: {change}"),)
    for comparison in comparisons:
        if comparison.finding == "varies":
            yield (Piece(f"  the same but for what varies in the original too: {comparison.subject}"),)
    # what neither side has is no news
    same = [one for one in comparisons if one.finding == "same" and (verbose or one.original != NOTHING)]
    for subject, group in groupby(same, key=lambda one: one.subject.partition(", ")[0]):
        yield (Piece(f"  same: {subject}: {', '.join(_short(one.result) for one in group)}"),)


def _difference(comparison: Comparison) -> Iterator[Line]:
    yield Piece("  differs", STYLES["differs"]), Piece(f": {comparison.subject}")
    yield (Piece(f"    {'original':<{COLUMN}}  result"),)
    columns = (_column(comparison.original), _column(comparison.result))
    for left, right in zip_longest(*columns, fillvalue=""):
        yield (Piece(f"    {left:<{COLUMN}}  {right}".rstrip()),)


def _column(text: str) -> list[str]:
    lines = [piece for line in text.split("\n") for piece in wrap(line, COLUMN) or [""]]
    return lines if len(lines) <= MOST_LINES else [*lines[:MOST_LINES], "…"]


def _short(text: str, most: int | None = None) -> str:
    first, *others = text.split("\n")
    return f"{first[:most].rstrip()} …" if others or len(first) > (most or len(first)) else first
