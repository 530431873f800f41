"""Examined Dockerfiles to their verifications on an engine."""

from dataclasses import replace
from functools import cached_property
from pathlib import Path

from scratchify.analysis.analyse import analyse
from scratchify.analysis.web_paths import web_paths
from scratchify.context import DirectoryContext
from scratchify.engine.choice import find_engine
from scratchify.engine.client import Client
from scratchify.engine.verification import CannotVerify, Progress, Subject, Verification, Wishes, verify
from scratchify.errors import EngineFailed
from scratchify.examination.attempt import DIFFERS, DONE, FAILED, UNDECIDED
from scratchify.examination.examine import Examined, places
from scratchify.examination.inputs import encoded
from scratchify.model import understand
from scratchify.outcome import Rewritten
from scratchify.report.document import FileReport, Note, Sizes
from scratchify.report.verification import Answer, verification_report
from scratchify.syntax import parse

STATUS: dict[Answer, int] = {
    "verified": DONE,
    "nothing-to-verify": DONE,
    "differs": DIFFERS,
    "error": FAILED,
    "original-fails": UNDECIDED,
    "cannot-verify": UNDECIDED,
}


RULE = "verification"
"""Stands for the rule's name where building and running showed what no rule saw."""

_DEFAULTS = Wishes()


class Verifier:
    """Builds and runs; the engine is looked for when there is something to build, and once."""

    def __init__(self, engine: str | None, progress: Progress, wishes: Wishes = _DEFAULTS) -> None:
        self._named = engine
        self._wishes = wishes
        self._progress = progress

    def verification_of(self, result: Examined, outcome: Rewritten) -> Verification:
        """Build and run what a Dockerfile was and what it becomes, and compare."""
        if isinstance(self._engine, EngineFailed):
            return CannotVerify(str(self._engine))
        hosted = result.hosted
        if unknown := [one.shown for one in hosted.placeholders if not one.is_known]:
            return CannotVerify(f"what {', '.join(unknown)} stands for is not known")
        text = hosted.text
        path, context = places(result.task, hosted)
        facts = analyse(
            understand(parse(text), result.task.settings.builders),
            DirectoryContext(context, path),
            result.task.settings,
        )
        hints = tuple(found.path for found in web_paths(facts))
        file = path if path and not hosted.kind else Path(context, "Dockerfile")
        subject = Subject(file, context, encoded(text), outcome, hints)
        return verify(subject, self._engine, self._wishes, self._progress)

    def sifted(self, result: Examined) -> tuple[Examined, int]:
        """Return a result that verifies as it is, and another one as refused; and the exit status."""
        if result.outcome is None:
            return result, DONE
        report = verification_report(result.report, self.verification_of(result, result.outcome))
        if report.answer == "verified" and report.original and report.result:
            sizes = Sizes(report.original.size, report.result.size)
            return replace(result, report=replace(result.report, sizes=sizes)), DONE
        reason = Note(RULE, f"{report.answer}: {report.why}; scratchify verify tells more", result.report.path, None)
        refused = FileReport(result.report.path, result.report.host, "refused", None, reasons=(reason,))
        return Examined(result.task, refused, result.before), STATUS[report.answer]

    @cached_property
    def _engine(self) -> Client | EngineFailed:
        try:
            return find_engine(self._named)
        except EngineFailed as reason:
            return reason
