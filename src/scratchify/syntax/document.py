"""The records of the tree. Spans of nodes are whole lines and tile the text."""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from scratchify.source import Span


@dataclass(frozen=True, slots=True)
class LogicalLine:
    """
    An instruction's text as BuildKit reads it: continuations joined, comments and empty lines left out.

    `pieces` are pairs (offset in `text`, offset in the source), ascending, one for each source line that
    contributes; within a piece the characters are the source's own.
    """

    text: str
    pieces: tuple[tuple[int, int], ...]

    def origin(self, offset: int) -> int:
        """Return the source offset of the character at `offset`."""
        if len(self.pieces) == 1:
            at, source = self.pieces[0]
        else:
            index = bisect_right(self.pieces, offset, key=lambda piece: piece[0]) - 1
            at, source = self.pieces[max(index, 0)]
        return source + offset - at

    def source_span(self, start: int, end: int) -> Span:
        """Return the source span of a half-open range of this line; a continuation inside is included."""
        if start >= end:
            return Span(self.origin(start), self.origin(start))
        return Span(self.origin(start), self.origin(end - 1) + 1)

    def tail(self, start: int) -> "LogicalLine":
        """Return the line from `start` on, as a line of its own."""
        pieces = [(max(at, start) - start, source + max(at, start) - at) for at, source in self.pieces]
        firsts = [index for index, (at, _) in enumerate(self.pieces) if at <= start]
        return LogicalLine(self.text[start:], tuple(pieces[firsts[-1] if firsts else 0 :]))


@dataclass(frozen=True, slots=True)
class Flag:
    """`--name` or `--name=value` before an instruction's arguments, quotes and escapes taken off."""

    span: Span
    text: str

    @property
    def name(self) -> str:
        return self.text.removeprefix("--").partition("=")[0]

    @property
    def value(self) -> str | None:
        _, equals, value = self.text.partition("=")
        return value if equals else None


@dataclass(frozen=True, slots=True)
class Heredoc:
    """A here-document: its word without quotes, its body's lines, and the line that ends it."""

    name: str
    descriptor: int
    expand: bool
    chomp: bool
    body: Span
    terminated: bool

    def content(self, text: str) -> str:
        """Return the body as BuildKit keeps it: tabs are taken off only where it is used."""
        return self.body.of(text)


@dataclass(frozen=True, slots=True)
class Blank:
    """A line of white space."""

    span: Span


@dataclass(frozen=True, slots=True)
class Comment:
    """A line that begins with `#`, outside instructions."""

    span: Span


@dataclass(frozen=True, slots=True)
class Directive:
    """A parser directive: `# syntax=`, `# escape=` or `# check=` above everything else."""

    span: Span
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Instruction:
    """
    One instruction with its continuation lines and heredocs.

    `span` covers whole lines; `code` goes from the keyword to the last character that is not the line end.
    `line.text[arguments:]` are the arguments as BuildKit hands them on. Lines are counted from 1.
    """

    span: Span
    code: Span
    first_line: int
    last_line: int
    keyword: str
    keyword_span: Span
    line: LogicalLine
    flags: tuple[Flag, ...]
    arguments: int
    heredocs: tuple[Heredoc, ...]
    comments: tuple[Span, ...]

    @property
    def name(self) -> str:
        # only letters of ASCII have a case here: a long s is no S
        return self.keyword.upper() if self.keyword.isascii() else self.keyword

    @property
    def argument_text(self) -> str:
        return self.line.text[self.arguments :]

    def flag(self, name: str) -> Flag | None:
        """Return the last flag of this name, which is the one that counts."""
        return next((flag for flag in reversed(self.flags) if flag.name == name), None)


Node = Blank | Comment | Directive | Instruction


@dataclass(frozen=True, slots=True)
class Document:
    """A Dockerfile's text and its nodes in order; the nodes' spans tile the text after a byte order mark."""

    text: str
    nodes: tuple[Node, ...]
    escape: str

    @property
    def directives(self) -> Iterator[Directive]:
        return (node for node in self.nodes if isinstance(node, Directive))

    @property
    def instructions(self) -> Iterator[Instruction]:
        return (node for node in self.nodes if isinstance(node, Instruction))
