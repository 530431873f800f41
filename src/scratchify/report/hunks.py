"""A patch with the decisions that made each hunk: it stays one, for git reads no remarks."""

from collections.abc import Iterator, Sequence

from scratchify.decisions import Decision
from scratchify.outcome import Rewritten
from scratchify.patch import read_patch
from scratchify.patch.causes import causes
from scratchify.report.terminal import visible


def annotated(patch: bytes, shown: str, before: str, outcome: Rewritten) -> bytes:
    """
    Return the patch of one Dockerfile with remarks ahead of it, and the rules of each hunk where git has its heading.

    `shown` is what reports call the file.
    """
    if not patch:
        return patch
    (file,) = read_patch(patch, shown)
    remarks: list[str] = []
    lines = patch.split(b"\n")
    for hunk in file.hunks:
        decisions = causes(hunk, before, outcome)
        rules = dict.fromkeys(decision.rule for decision in decisions)
        lines[hunk.line - 1] += f" {', '.join(rules)}".encode().rstrip()
        remarks.append(f"# {shown}, hunk {hunk.number} of {len(file.hunks)}:")
        remarks += dict.fromkeys(f"#   {note}" for note in _notes(shown, decisions))
    text = "".join(f"{visible(remark)}\n" for remark in remarks)
    return text.encode("utf-8", "backslashreplace") + b"\n".join(lines)


def _notes(shown: str, decisions: Sequence[Decision]) -> Iterator[str]:
    for decision in decisions:
        found = decision.because
        place = f"{found.path or shown}:{found.line}" if found.line else str(found.path or shown)
        yield f"{place}: {decision.rule}: {found.message}"
