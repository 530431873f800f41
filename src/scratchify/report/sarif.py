"""
Reports as SARIF 2.1.0, for code scanning and editors.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html; numbers of sections below are of this text.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Literal
from urllib.parse import quote

from scratchify.decisions import Rule
from scratchify.patch import read_patch
from scratchify.patch.reading import Hunk
from scratchify.report.document import FileReport, Note
from scratchify.report.fingerprints import Fingerprints
from scratchify.report.terminal import visible

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

Level = Literal["note", "warning", "error"]
Values = dict[str, Any]  # of JSON

CHANGE = "build-stage"
"""The rule that stands for the change as a whole: half of it would be a broken image, so it is one fix."""

OTHERS = {
    "invalid-dockerfile": "BuildKit would refuse the Dockerfile",
    "empty-file": "The Dockerfile is empty",
    "invalid-host": "A file that may hold Dockerfiles cannot be read",
    "invalid-settings": "The configuration asks for what does not exist",
    "unreadable-file": "The file cannot be read",
    "unwritable-file": "The file cannot be written",
    "internal-error": "The program has a bug",
    "verification": "Building and running both images shows a difference",
}
"""What stands for a rule's name where no rule was asked."""


def to_sarif(reports: Iterable[FileReport], rules: Sequence[Rule], page: Callable[[Rule], str], version: str) -> bytes:
    """Return the log of one run; `page` gives the text that explains a rule."""
    reports = tuple(reports)
    marks = Fingerprints()
    results = [result for report in reports for result in _results(report, marks)]
    known = {rule.name: _described(rule.name, rule.summary, page(rule)) for rule in rules}
    known |= {name: _described(name, summary, summary) for name, summary in OTHERS.items()}
    # what another version's configuration or a later rule says is still a result of something
    known |= {id_: _described(id_, id_, id_) for result in results if (id_ := result["ruleId"]) not in known}
    order = {name: index for index, name in enumerate(known)}
    run = {
        "tool": {"driver": {"name": "scratchify", "version": version, "rules": [*known.values()]}},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {
            "SRCROOT": {"description": {"text": "The folder in which scratchify ran: the root of the checkout."}}
        },
        "results": [result | {"ruleIndex": order[result["ruleId"]]} for result in results],
        "invocations": [{"executionSuccessful": all(report.verdict != "error" for report in reports)}],
    }
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return (json.dumps(log, ensure_ascii=True, indent=2) + "\n").encode("ascii")


def _described(name: str, summary: str, text: str) -> Values:
    return {
        "id": name,
        "shortDescription": {"text": _sentence(summary[:1].upper() + summary[1:])},
        "fullDescription": {"text": _sentence(text.split("\n\n")[0].replace("\n", " "))},
        "help": {"text": text, "markdown": text},
        "defaultConfiguration": {"level": "warning" if name == CHANGE else "error" if name in OTHERS else "note"},
    }


def _results(report: FileReport, marks: Fingerprints) -> Iterator[Values]:
    match report.verdict:
        case "rewritten":
            yield _change(report, marks)
            yield from (_result("note", note, marks, "assumed: ") for note in report.assumptions)
        case "refused":
            yield from (_result("note", note, marks, "left as it is: ") for note in report.reasons)
        case "error":
            yield from (_result("error", note, marks) for note in report.reasons)
        case "unchanged":
            pass


def _change(report: FileReport, marks: Fingerprints) -> Values:
    line = report.host.line if report.host else 1
    message = f"ships what builds it to production; can be FROM {report.base}"
    result = _result("warning", Note(CHANGE, message, report.path, line), marks)
    related = [_related(note, index) for index, note in enumerate(report.decisions)]
    fix = _fix(report)
    return result | {"relatedLocations": related} | ({"fixes": [fix]} if fix else {})


def _result(level: Level, note: Note, marks: Fingerprints, label: str = "") -> Values:
    message = visible(label + note.message)
    return {
        "ruleId": note.rule,
        "level": level,
        "message": {"text": _sentence(message)},
        "locations": [{"physicalLocation": _place(note)}],
        "partialFingerprints": {"scratchify/v1": marks.of(visible(note.path), note.rule, message)},
    }


def _related(note: Note, index: int) -> Values:
    message = _sentence(visible(f"{note.rule}: {note.message}"))
    return {"id": index, "physicalLocation": _place(note), "message": {"text": message}}


def _sentence(text: str) -> str:
    """Return a message in plain text, in which `[`, `]` and braces would mean links and arguments (3.11.5, 3.11.6)."""
    text = text.replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]").replace("{", "{{").replace("}", "}}")
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _place(note: Note) -> Values:
    place: Values = {"artifactLocation": _artifact(note.path)}
    return place | {"region": {"startLine": note.line}} if note.line else place


def _artifact(path: str) -> Values:
    """Return a file as a reference: percent-encoded, from the root of the checkout unless it is absolute (3.4)."""
    uri = quote(path.encode("utf-8", "surrogateescape"), safe="/")
    if path.startswith("/"):
        return {"uri": f"file://{uri}"}
    return {"uri": uri, "uriBaseId": "SRCROOT"}


def _fix(report: FileReport) -> Values | None:
    """Return the change; None where it says again what is no UTF-8, which has no place in JSON."""
    (file,) = read_patch(report.diff.encode("utf-8", "surrogateescape"), "the patch")
    replacements = [one for hunk in file.hunks for one in _replacements(hunk)]
    if any("\udc80" <= c <= "\udcff" for one in replacements for c in one["insertedContent"]["text"]):
        return None
    change = {"artifactLocation": _artifact(report.path), "replacements": replacements}
    return {"description": {"text": f"Divide it: a build stage, and FROM {report.base}."}, "artifactChanges": [change]}


def _replacements(hunk: Hunk) -> Iterator[Values]:
    """
    Yield what a hunk does to whole lines: a region of old lines, to the start of the line after them, and new text.

    A last line without its line end is taken to its last column instead.
    """
    removed, added = set(hunk.removed), set(hunk.added)
    old = new = 0
    while old < len(hunk.old) or new < len(hunk.new):
        first, gone, come = hunk.start + old + 1, "", ""
        while old < len(hunk.old) and hunk.start + old + 1 in removed:
            gone += hunk.old[old]
            old += 1
        while new < len(hunk.new) and hunk.new_start + new + 1 in added:
            come += hunk.new[new]
            new += 1
        if gone or come:
            yield _replacement(first, gone, come)
        else:
            old, new = old + 1, new + 1


def _replacement(first: int, gone: str, come: str) -> Values:
    end, column = first + gone.count("\n"), 1
    if gone and not gone.endswith("\n"):
        column += len(gone) - gone.rfind("\n") - 1
    region = {"startLine": first, "startColumn": 1, "endLine": end, "endColumn": column}
    return {"deletedRegion": region, "insertedContent": {"text": come}}
