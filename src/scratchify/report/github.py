"""Reports as annotations of a workflow run: https://docs.github.com/actions/reference/workflow-commands."""

from collections.abc import Iterable, Iterator
from typing import Literal

from scratchify.report.document import FileReport, Note
from scratchify.report.terminal import visible

Level = Literal["notice", "warning", "error"]


def to_github(reports: Iterable[FileReport]) -> bytes:
    """Return a line for each file that changes, each assumption, each reason of a refusal and each error."""
    lines = (line for report in reports for line in _annotations(report))
    return "".join(f"{line}\n" for line in lines).encode("utf-8", "backslashreplace")


def _annotations(report: FileReport) -> Iterator[str]:
    match report.verdict:
        case "rewritten":
            line = report.host.line if report.host else 1
            yield _line("notice", report.path, line, "scratchify", f"can be FROM {report.base}")
            yield from (_of_note("warning", note, "assumed: ") for note in report.assumptions)
        case "refused":
            yield from (_of_note("notice", note, "left as it is: ") for note in report.reasons)
        case "error":
            yield from (_of_note("error", note, "") for note in report.reasons)
        case "unchanged":
            pass


def _of_note(level: Level, note: Note, label: str) -> str:
    return _line(level, note.path, note.line or 1, f"scratchify: {note.rule}", label + note.message)


def _line(level: Level, path: str, line: int, title: str, message: str) -> str:
    return f"::{level} file={_property(path)},line={line},title={_property(title)}::{_data(message)}"


def _data(text: str) -> str:
    return visible(text).replace("%", "%25")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
