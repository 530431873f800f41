"""
Where the words of a command stand in the Dockerfile, for whoever has to change one.

Only commands that a RUN in shell form has itself are found: what a script, a makefile or another shell runs is not.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from scratchify.analysis.shell import SimpleCommand
from scratchify.analysis.shell_parts import deep
from scratchify.analysis.shell_reader import read_script
from scratchify.model import Run
from scratchify.source import Span


@dataclass(frozen=True, slots=True)
class PlacedWord:
    """A word as it is written, quotes included, and its span in the Dockerfile."""

    raw: str
    span: Span


def words_at(runs: Iterable[Run], start: int) -> tuple[PlacedWord, ...]:
    """Return the words of the command that begins at an offset of the Dockerfile, none where it is not found."""
    for run in runs:
        if not run.syntax.span.start <= start < run.syntax.span.end or run.command.is_exec_form:
            continue
        text, line = run.command.text, run.syntax.line
        for command in deep(read_script(text)):
            if not isinstance(command, SimpleCommand):
                continue
            if line.origin(run.syntax.arguments + command.start) != start:
                continue
            placed: list[PlacedWord] = []
            at = command.start
            for word in command.words:
                at = text.find(word.raw, at)
                if at == -1:  # it is not written as it is read
                    return ()
                begins = run.syntax.arguments + at
                placed.append(PlacedWord(word.raw, line.source_span(begins, begins + len(word.raw))))
                at += len(word.raw)
            return tuple(placed)
    return ()
