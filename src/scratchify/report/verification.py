"""One report a verification: its fields are those of the JSON document, which `verification.schema.json` describes."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Literal, assert_never

from scratchify.engine.comparison import Comparison
from scratchify.engine.contents import Limit
from scratchify.engine.verification import (
    CannotVerify,
    Differs,
    Evidence,
    OriginalFails,
    Side,
    Verification,
    Verified,
)
from scratchify.report.document import FileReport, Note

VERSION = 1
"""Of the JSON document; a change that a reader would stumble over counts it up."""

Answer = Literal["verified", "differs", "original-fails", "cannot-verify", "nothing-to-verify", "error"]


@dataclass(frozen=True, slots=True)
class ImageReport:
    """One of the two images: `size` in bytes, times in seconds, null where nothing listened."""

    image: str
    size: int
    build_seconds: float
    ready_seconds: float | None


@dataclass(frozen=True, slots=True)
class LimitReport:
    """What no image of this program can do without, in bytes; `ratio` is the result's size over `total`."""

    binary: int
    certificates: int
    zone_data: int
    evidence: int
    base: int
    total: int
    ratio: float
    strippable: int


@dataclass(frozen=True, slots=True)
class VerificationReport:
    """What a verification found; of a Dockerfile that is not rewritten, `reasons` say why."""

    path: str
    answer: Answer
    why: str | None = None
    reasons: tuple[Note, ...] = ()
    engine: str | None = None
    original: ImageReport | None = None
    result: ImageReport | None = None
    limit: LimitReport | None = None
    comparisons: tuple[Comparison, ...] = ()
    log: tuple[str, ...] = ()
    diff: str = ""


def without_result(report: FileReport) -> VerificationReport:
    """Return the report of a Dockerfile that is not rewritten."""
    answer: Answer = "error" if report.verdict == "error" else "nothing-to-verify"
    why = {"unchanged": "the Dockerfile is left as it is", "refused": "the Dockerfile is refused"}.get(report.verdict)
    return VerificationReport(report.place, answer, why, report.reasons)


def verification_report(report: FileReport, found: Verification) -> VerificationReport:
    """Return the report of a verification of a rewritten Dockerfile."""
    match found:
        case Verified(evidence=evidence):
            return _with_evidence(report, "verified", None, evidence)
        case Differs(evidence=evidence, why=why, log=log):
            if evidence is None:
                return VerificationReport(report.place, "differs", why, log=log, diff=report.diff)
            parts = [comparison.subject for comparison in evidence.comparisons if comparison.finding == "differs"]
            return _with_evidence(report, "differs", ", ".join(parts), evidence)
        case OriginalFails(why=why, log=log):
            return VerificationReport(report.place, "original-fails", why, log=log, diff=report.diff)
        case CannotVerify(why=why, log=log):
            return VerificationReport(report.place, "cannot-verify", why, log=log, diff=report.diff)
        case _:
            assert_never(found)


def verifications(reports: Iterable[VerificationReport]) -> dict[str, object]:
    """Return the JSON document as plain values."""
    return {"version": VERSION, "verifications": [asdict(report) for report in reports]}


def _with_evidence(report: FileReport, answer: Answer, why: str | None, evidence: Evidence) -> VerificationReport:
    return VerificationReport(
        report.place,
        answer,
        why,
        engine=evidence.engine,
        original=_image(evidence.original),
        result=_image(evidence.result),
        limit=_limit(evidence.limit, evidence.result.size),
        comparisons=evidence.comparisons,
        diff=report.diff,
    )


def _image(side: Side) -> ImageReport:
    return ImageReport(side.name, side.size, round(side.build_seconds, 1), side.ready)


def _limit(limit: Limit, size: int) -> LimitReport:
    ratio = round(size / limit.total, 4) if limit.total else 0.0
    return LimitReport(
        limit.binary,
        limit.certificates,
        limit.zone_data,
        limit.evidence,
        limit.base,
        limit.total,
        ratio,
        limit.strippable,
    )
