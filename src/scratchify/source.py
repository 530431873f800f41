"""Places in a text: spans of character offsets, and the lines and columns that people read."""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Span:
    """Half-open range of character offsets into one source text."""

    start: int
    end: int

    def of(self, text: str) -> str:
        return text[self.start : self.end]

    def contains(self, other: "Span") -> bool:
        return self.start <= other.start and other.end <= self.end


@dataclass(frozen=True, slots=True)
class Position:
    """Line and column, both counted from 1, the column in characters."""

    line: int
    column: int


def line_starts(text: str) -> list[int]:
    """Return the offset of the first character of each line; lines end at `\\n` only."""
    starts = [0]
    end = text.find("\n")
    while end != -1:
        starts.append(end + 1)
        end = text.find("\n", end + 1)
    if starts[-1] == len(text) and text:
        starts.pop()
    return starts


def line_spans(text: str) -> Iterator[Span]:
    """Yield the span of each line, its `\\n` included; nothing for the empty text."""
    start = 0
    while start < len(text):
        newline = text.find("\n", start)
        end = len(text) if newline == -1 else newline + 1
        yield Span(start, end)
        start = end


def position(text: str, offset: int) -> Position:
    """Return where a person finds this offset; the end of the text counts to its last line."""
    starts = line_starts(text)
    index = bisect_right(starts, offset) - 1
    return Position(index + 1, offset - starts[index] + 1)
