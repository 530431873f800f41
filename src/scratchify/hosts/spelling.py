"""A text and how a file spells it: each character knows its place, and the literal that it stands in."""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from scratchify.source import Span


class Unspellable(Exception):
    """What cannot be written in this place; says why. An answer, no error: it becomes a refusal."""


class Token(Protocol):
    """A stretch of a file in which characters are spelled in one way: a string literal, a block of YAML."""

    @property
    def span(self) -> Span:
        """The whole literal, its quotes included."""

    @property
    def manner(self) -> str:
        """How it is quoted and filled in; what is spelled in one literal can be moved to others of the same manner."""

    @property
    def has_placeholders(self) -> bool:
        """Say whether something is put in: then some characters are written twice."""

    @property
    def is_folded(self) -> bool:
        """Say whether line ends are written by how many stand in a row."""

    def spell(self, text: str, following: str = "") -> str:
        """Return how a text is written in it, in front of a character, where that is known. Raises Unspellable."""

    def alike(self, content: str) -> str:
        """Return a new literal of this kind with content that is spelled already."""


@dataclass(frozen=True, slots=True)
class Placeholder:
    """
    What is put in when the program runs: `shown` in the file, `value` in the text.

    The value is the real one where the file says it (`is_known`), else a mark that nothing else is called. One that
    is not `is_repeatable` counts or acts where it is evaluated.
    """

    shown: str
    value: str
    is_known: bool = False
    is_repeatable: bool = True
    is_number: bool = False


@dataclass(frozen=True, slots=True)
class Unit:
    """The smallest thing that is spelled: mostly a character; of several characters only a placeholder's value."""

    value: str
    span: Span
    token: Token | None = None
    placeholder: Placeholder | None = None


@dataclass(frozen=True)
class Spelled:
    """
    A text as units, in order. Each line that is not blank begins with `margin` in the file, which is not in the text.

    `is_joined`: the lines are elements of a list; the line ends between them are written nowhere.
    """

    units: tuple[Unit, ...]
    margin: str = ""
    is_joined: bool = False

    @cached_property
    def value(self) -> str:
        return "".join(unit.value for unit in self.units)

    @property
    def placeholders(self) -> Iterator[Placeholder]:
        return (unit.placeholder for unit in self.units if unit.placeholder)

    @cached_property
    def starts(self) -> tuple[int, ...]:
        """The offset in the text at which each unit begins."""
        starts, at = [], 0
        for unit in self.units:
            starts.append(at)
            at += len(unit.value)
        return tuple(starts)

    def index(self, offset: int) -> int:
        """
        Return the unit that begins at this offset of the text, behind those that stand for nothing.

        Raises Unspellable where the offset is inside of one.
        """
        at = bisect_right(self.starts, offset) - 1 if offset < len(self.value) else len(self.units)
        if at < len(self.units) and self.starts[at] != offset:
            placeholder = self.units[at].placeholder
            raise Unspellable(f"{placeholder.shown if placeholder else 'what is there'} stands for more than a word")
        return at

    def index_at(self, offset: int) -> int:
        """Return the unit that stands for the character at this offset; at the end of the text, the last one."""
        return max(0, min(bisect_right(self.starts, offset) - 1, len(self.units) - 1))
