"""Which decisions made a hunk: those whose text goes in it, or whose words come."""

from typing import assert_never

from scratchify.decisions import (
    Assume,
    BuildStep,
    Carry,
    Check,
    Collect,
    Command,
    Decision,
    Divide,
    Fetch,
    Provide,
    Refuse,
    Remark,
    Require,
    Rewrite,
)
from scratchify.outcome import Rewritten
from scratchify.patch.reading import Hunk
from scratchify.source import Span, position


def causes(hunk: Hunk, dockerfile: str, outcome: Rewritten, *, is_whole_file: bool = True) -> tuple[Decision, ...]:
    """
    Return the decisions that changed a line of this hunk, in the order of the report.

    Where the Dockerfile is not the whole file, its lines are not those of the hunk, and words alone tell.
    """
    changes = _Changes(hunk, dockerfile, outcome, is_whole_file=is_whole_file)
    return tuple(decision for decision in outcome.decisions if changes.are_by(decision))


class _Changes:
    """The lines of one hunk that go and come."""

    def __init__(self, hunk: Hunk, dockerfile: str, outcome: Rewritten, *, is_whole_file: bool) -> None:
        self._before = dockerfile
        self._base = outcome.final_stage.base
        self._removed = set(hunk.removed if is_whole_file else ())
        self._added = [hunk.new[number - 1 - hunk.new_start].strip() for number in hunk.added]
        self._words = {word.strip('",[]').rstrip("/") for line in self._added for word in line.split()}

    def are_by(self, decision: Decision) -> bool:
        match decision:
            case Divide(span=span):
                return self._takes(span) or self._begins_final_stage()
            case Rewrite(edit=edit):
                return self._takes(edit.span) or (bool(edit.text.strip()) and self._says(edit.text))
            case Carry(span=span, keep=keep):
                return (not keep and self._takes(span)) or self._says(span.of(self._before))
            case Fetch(target=target):
                return self._names(target)
            case Collect(shell=shell, creates=creates):
                return self._says(shell) or any(self._names(path) for path in creates)
            case BuildStep(shell=shell) | Check(shell=shell):
                return self._says(shell)
            case Provide(instruction=instruction, replaces=replaces):
                return self._says(instruction) or (replaces is not None and self._takes(replaces))
            case Command(binary=binary, replaces=replaces):
                return self._names(binary) or any(self._takes(span) for span in replaces)
            case Require(name=name):
                return self._begins_final_stage() or (bool(name) and self._names(name))
            case Assume() | Remark() | Refuse():
                return False
            case _:
                assert_never(decision)

    def _takes(self, span: Span) -> bool:
        first = position(self._before, span.start).line
        last = position(self._before, max(span.start, span.end - 1)).line
        return not self._removed.isdisjoint(range(first, last + 1))

    def _says(self, text: str) -> bool:
        first = text.strip().split("\n", 1)[0].strip()
        return any(first in line for line in self._added)

    def _names(self, path: str) -> bool:
        return path.rstrip("/") in self._words or (" " in path and self._says(path))

    def _begins_final_stage(self) -> bool:
        return any(line.split()[:2] == [line[:4], self._base] for line in self._added if line[:4].upper() == "FROM")
