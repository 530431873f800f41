"""What a run of the bot comes to: a table, a JSON document, and the reports of the whole fleet."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, replace
from typing import Any

from scratchify.bot.forge import Proposal
from scratchify.bot.visit import State, Visit
from scratchify.report.document import FileReport
from scratchify.report.reading import report_of
from scratchify.report.terminal import Line, Piece, visible

VERSION = 1
"""Of the JSON document; a change that a reader would stumble over counts it up."""

STYLES: dict[State, str] = {
    "opened": "bold green",
    "updated": "green",
    "would-open": "bold green",
    "would-update": "green",
    "refused": "bold yellow",
    "left-alone": "yellow",
    "postponed": "yellow",
    "unchanged": "",
    "skipped": "",
    "failed": "bold red",
}
"""In the order of the table."""


def document(visits: Iterable[Visit]) -> dict[str, Any]:
    """Return the JSON document as plain values; `sweep.schema.json` describes it."""
    return {"version": VERSION, "repositories": [_public(visit) for visit in visits]}


def values_of(visit: Visit) -> dict[str, Any]:
    """Return a visit as plain values from which it comes back."""
    return asdict(replace(visit, patch=b"")) | {"patch": ""}


def from_values(values: dict[str, Any]) -> Visit:
    """Return the visit that these values were."""
    proposal = values["proposal"]
    return Visit(
        values["repository"],
        values["state"],
        values["why"],
        values["url"],
        tuple(map(report_of, values["reports"])),
        _proposal(proposal) if proposal else None,
    )


def _proposal(values: dict[str, Any]) -> Proposal:
    return Proposal(**{**values, "labels": tuple(values["labels"]), "reviewers": tuple(values["reviewers"])})


def table_lines(visits: Sequence[Visit]) -> Iterator[Line]:
    """Yield a heading, a line for each repository, what needs eyes first, and the counts."""
    shown = sorted(visits, key=lambda visit: (list(STYLES).index(visit.state), visit.repository))
    width = max((len(visible(visit.repository)) for visit in shown), default=0)
    for visit in shown:
        name = visible(visit.repository).ljust(width)
        told = "  ".join(filter(None, (visible(visit.url), visible(visit.why))))
        yield Piece(f"{name}  "), Piece(visit.state.ljust(12), STYLES[visit.state]), Piece(f"  {told}".rstrip())
    counts = Counter(visit.state for visit in visits)
    told = ", ".join(f"{counts[state]} {state}" for state in STYLES if counts[state])
    total = len(visits)
    yield (Piece(f"{total} repositor{'y' if total == 1 else 'ies'}: {told or 'none'}"),)


def fleet(visits: Iterable[Visit]) -> Iterator[FileReport]:
    """Yield the reports of all repositories, each path after its repository's name."""
    for visit in visits:
        for report in visit.reports:
            yield replace(report, path=f"{visit.repository}/{report.path}")


def _public(visit: Visit) -> dict[str, Any]:
    files = [asdict(report) for report in visit.reports]
    proposal = {"title": visit.proposal.title, "body": visit.proposal.body} if visit.proposal else None
    return {
        "repository": visit.repository,
        "state": visit.state,
        "why": visit.why,
        "url": visit.url or None,
        "proposal": proposal,
        "files": files,
    }
