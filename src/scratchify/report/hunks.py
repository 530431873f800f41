"""A patch with the decisions that made each hunk: it stays one, for git reads no remarks."""

from scratchify.hosts import Hosted
from scratchify.outcome import Rewritten
from scratchify.patch import read_patch
from scratchify.patch.causes import causes
from scratchify.report.document import Locate, note_of
from scratchify.report.terminal import visible


def annotated(patch: bytes, shown: str, hosted: Hosted, outcome: Rewritten, locate: Locate) -> bytes:
    """
    Return the patch of one Dockerfile with remarks ahead of it, and the rules of each hunk where git has its heading.

    A Dockerfile in another file is known by its words alone.
    """
    if not patch:
        return patch
    (file,) = read_patch(patch, shown)
    remarks: list[str] = []
    lines = patch.split(b"\n")
    for hunk in file.hunks:
        decisions = causes(hunk, hosted.text, outcome, is_whole_file=not hosted.kind)
        rules = dict.fromkeys(decision.rule for decision in decisions)
        lines[hunk.line - 1] += f" {', '.join(rules)}".encode().rstrip()
        remarks.append(f"# {shown}, hunk {hunk.number} of {len(file.hunks)}:")
        notes = (note_of(shown, decision.rule, decision.because, hosted, locate) for decision in decisions)
        remarks += [f"#   {note.place}: {note.rule}: {note.message}" for note in dict.fromkeys(notes)]
    text = "".join(f"{visible(remark)}\n" for remark in remarks)
    return text.encode("utf-8", "backslashreplace") + b"\n".join(lines)
