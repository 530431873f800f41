"""The message of a commit that rewrites Dockerfiles."""

from collections.abc import Sequence

from scratchify.report.document import FileReport, Note
from scratchify.report.terminal import visible


def subject(reports: Sequence[FileReport]) -> str:
    """Return the first line: what is done, and to what."""
    if len(reports) == 1:
        return f"{visible(reports[0].path)}: build stage and FROM {reports[0].base}"
    return f"{len(reports)} Dockerfiles: build stage and minimal final stage"


def explanation(reports: Sequence[FileReport]) -> list[str]:
    """Return the lines below the first one: every decision with its evidence, and what was assumed."""
    lines = ["The image keeps what the running program needs, and nothing of the build."]
    for report in reports:
        lines += ["", f"{visible(report.path)}, FROM {report.base}:", ""]
        lines += [_line(note) for note in report.decisions]
        lines += [_line(note, "assumed, ") for note in report.assumptions]
    return lines


def _line(note: Note, label: str = "") -> str:
    return visible(f"- {note.place}: {label}{note.rule}: {note.message}")
