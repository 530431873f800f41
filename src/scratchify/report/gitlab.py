"""Reports as code quality of a merge request: https://docs.gitlab.com/ci/testing/code_quality/."""

import json
from collections.abc import Iterable, Iterator
from typing import Any, Literal

from scratchify.report.document import FileReport, Note
from scratchify.report.fingerprints import Fingerprints
from scratchify.report.terminal import visible

Severity = Literal["info", "minor", "major", "critical", "blocker"]


def to_gitlab(reports: Iterable[FileReport]) -> bytes:
    """Return an issue for each file that can change, each assumption, each reason of a refusal and each error."""
    marks = Fingerprints()
    issues = [issue for report in reports for issue in _issues(report, marks)]
    return (json.dumps(issues, ensure_ascii=True, indent=2) + "\n").encode("ascii")


def _issues(report: FileReport, marks: Fingerprints) -> Iterator[dict[str, Any]]:
    match report.verdict:
        case "rewritten":
            line = report.host.line if report.host else 1
            ships = Note("build-stage", f"ships what builds it; can be FROM {report.base}", report.path, line)
            yield _issue("major", ships, report, marks)
            yield from (_issue("minor", note, report, marks, "assumed: ") for note in report.assumptions)
        case "refused":
            yield from (_issue("info", note, report, marks, "left as it is: ") for note in report.reasons)
        case "error":
            yield from (_issue("major", note, report, marks) for note in report.reasons)
        case "unchanged":
            pass


def _issue(severity: Severity, note: Note, report: FileReport, marks: Fingerprints, label: str = "") -> dict[str, Any]:
    message, path = visible(label + note.message), visible(note.path)
    return {
        "description": message,
        "check_name": note.rule,
        # without the line: whoever adds a comment above makes no new issue
        "fingerprint": marks.of(visible(report.path), note.rule, path, message),
        "severity": severity,
        "location": {"path": path.removeprefix("./"), "lines": {"begin": note.line or 1}},
    }
