"""Reports as code quality of a merge request: https://docs.gitlab.com/ci/testing/code_quality/."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import Any, Literal

from scratchify.report.document import FileReport, Note
from scratchify.report.terminal import visible

Severity = Literal["info", "minor", "major", "critical", "blocker"]


def to_gitlab(reports: Iterable[FileReport]) -> bytes:
    """Return an issue for each file that can change, each assumption, each reason of a refusal and each error."""
    seen = Counter[str]()
    issues = [_told_apart(issue, seen) for report in reports for issue in _issues(report)]
    return (json.dumps(issues, ensure_ascii=True, indent=2) + "\n").encode("ascii")


def _told_apart(issue: dict[str, Any], seen: Counter[str]) -> dict[str, Any]:
    """Return an issue whose fingerprint no other one has: that of a second of the same words counts it."""
    known_by = issue["fingerprint"]
    seen[known_by] += 1
    return issue | {"fingerprint": sha256(f"{known_by}\0{seen[known_by]}".encode()).hexdigest()}


def _issues(report: FileReport) -> Iterator[dict[str, Any]]:
    match report.verdict:
        case "rewritten":
            line = report.host.line if report.host else 1
            ships = Note("build-stage", f"ships what builds it; can be FROM {report.base}", report.path, line)
            yield _issue("major", ships, report)
            yield from (_issue("minor", note, report, "assumed: ") for note in report.assumptions)
        case "refused":
            yield from (_issue("info", note, report, "left as it is: ") for note in report.reasons)
        case "error":
            yield from (_issue("major", note, report) for note in report.reasons)
        case "unchanged":
            pass


def _issue(severity: Severity, note: Note, report: FileReport, label: str = "") -> dict[str, Any]:
    message, path = visible(label + note.message), visible(note.path)
    # Without the line: whoever adds a comment above makes no new issue.
    known_by = "\0".join((visible(report.path), note.rule, path, message))
    return {
        "description": message,
        "check_name": note.rule,
        "fingerprint": known_by,
        "severity": severity,
        "location": {"path": path.removeprefix("./"), "lines": {"begin": note.line or 1}},
    }
