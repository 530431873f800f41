"""
Build the tree.

The instructions' lines come from dockerfile-parse (instruction_lines); what it does not give is read here, after
moby/buildkit, frontend/dockerfile/parser (parser.go, split_command.go, directives.go).
"""

import re
from collections.abc import Iterable, Sequence

from scratchify.source import Span
from scratchify.syntax.document import (
    Blank,
    Comment,
    Directive,
    Document,
    Flag,
    Heredoc,
    Instruction,
    LogicalLine,
    Node,
)
from scratchify.syntax.exec_form import NotOnlyStrings, exec_form
from scratchify.syntax.heredocs import HeredocStart, heredoc_starts
from scratchify.syntax.instruction_lines import continuation, instruction_lines, is_blank, is_comment
from scratchify.syntax.white_space import ASCII_SPACE, SPACE, WORD_BREAK

_BYTE_ORDER_MARK = "\ufeff"
_DIRECTIVE = re.compile("#[" + SPACE + r"]*([a-zA-Z][a-zA-Z0-9]*)[\t\n\f\r ]*=[\t\n\f\r ]*(.+?)[\t\n\f\r ]*\Z")
_DIRECTIVES = frozenset({"syntax", "escape", "check"})
_WORD_BREAK = re.compile(WORD_BREAK)
_HEREDOC_MARK = "<<"


def parse(text: str) -> Document:
    """Return the tree of any text; what BuildKit would refuse has a tree too."""
    begin = 1 if text.startswith(_BYTE_ORDER_MARK) else 0
    lines = text[begin:].split("\n")
    lines = [line + "\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])
    starts = _starts(lines, begin)
    directives = _directives(lines, starts)
    escape = next((found.value for found in directives if found.name == "escape" and found.value in ("\\", "`")), "\\")

    def begun(own: Sequence[str]) -> Iterable[HeredocStart]:
        line = _logical_line(own, [0] * len(own), escape)[0]
        return _heredoc_starts(line.text, escape)

    nodes: list[Node] = list(directives)
    at = len(directives)
    for first, last in [*instruction_lines(lines, escape, begun), (len(lines), len(lines))]:
        for index in range(at, first):
            span = Span(starts[index], starts[index + 1])
            nodes.append(Comment(span) if is_comment(lines[index]) else Blank(span))
        if first < len(lines):
            nodes.append(_instruction(lines, starts, first, last, escape))
        at = last + 1
    return Document(text, tuple(nodes), escape)


def trigger(instruction: Instruction, escape: str) -> Instruction:
    """Return what an ONBUILD instruction puts off, as an instruction whose places are in the same source."""
    line = instruction.line.tail(instruction.arguments)
    return _read(
        line,
        escape,
        span=instruction.span,
        code=Span(line.origin(0), instruction.code.end),
        lines=(instruction.first_line, instruction.last_line),
        heredocs=instruction.heredocs,
        comments=instruction.comments,
    )


def _starts(lines: Sequence[str], begin: int) -> list[int]:
    starts = [begin]
    for line in lines:
        starts.append(starts[-1] + len(line))
    return starts


def _directives(lines: Sequence[str], starts: Sequence[int]) -> list[Directive]:
    """Directives stand above everything else, and end at the first line that is none."""
    found: list[Directive] = []
    for line, start in zip(lines, starts, strict=False):
        match = _DIRECTIVE.match(line.rstrip("\r\n").lstrip(SPACE))
        if not match or match[1].lower() not in _DIRECTIVES:
            break
        found.append(Directive(Span(start, start + len(line)), match[1].lower(), match[2]))
    return found


def _logical_line(own: Sequence[str], starts: Sequence[int], escape: str) -> tuple[LogicalLine, list[int]]:
    """Join an instruction's lines; the second result are the indexes of the comment lines among them."""
    parts: list[str] = []
    pieces: list[tuple[int, int]] = []
    comments: list[int] = []
    length = 0
    for index, line in enumerate(own):
        if index and is_comment(line):
            comments.append(index)
            continue
        if index and is_blank(line):
            continue
        content = line.rstrip("\r\n")
        content = content[: continuation(content, escape)]
        # a line that holds nothing but the escape token may come first
        skipped = 0 if length else len(content) - len(content.lstrip(SPACE))
        part = content[skipped:]
        if part or not pieces:
            pieces.append((length, starts[index] + skipped))
        parts.append(part)
        length += len(part)
    return LogicalLine("".join(parts).rstrip(SPACE), tuple(pieces)), comments


def _instruction(lines: Sequence[str], starts: Sequence[int], first: int, last: int, escape: str) -> Instruction:
    own_end = last + 1
    begun: tuple[HeredocStart, ...] = ()
    line, comments = _logical_line(lines[first:own_end], starts[first:], escape)
    if any(_HEREDOC_MARK in text for text in lines[first:own_end]):
        # the bodies are among these lines: what the instruction itself says ends where no line continues it
        own_end = _own_end(lines, first, last, escape)
        line, comments = _logical_line(lines[first:own_end], starts[first:], escape)
        begun = tuple(_heredoc_starts(line.text, escape))
    end_of_code = starts[last] + len(lines[last].rstrip("\r\n"))
    return _read(
        line,
        escape,
        span=Span(starts[first], starts[last + 1]),
        code=Span(line.origin(0), max(end_of_code, line.origin(0))),
        lines=(first + 1, last + 1),
        heredocs=_bodies(begun, lines, starts, own_end, last + 1),
        comments=tuple(Span(starts[first + index], starts[first + index + 1]) for index in comments),
    )


def _own_end(lines: Sequence[str], first: int, last: int, escape: str) -> int:
    at = first
    while at < last:
        if (at == first or not (is_comment(lines[at]) or is_blank(lines[at]))) and continuation(
            lines[at].rstrip("\r\n"), escape
        ) is None:
            break
        at += 1
    return at + 1


def _bodies(
    begun: Iterable[HeredocStart], lines: Sequence[str], starts: Sequence[int], at: int, end: int
) -> tuple[Heredoc, ...]:
    found: list[Heredoc] = []
    for start in begun:
        first = at
        while at < end and not start.ends(lines[at]):
            at += 1
        body = Span(starts[first], starts[at])
        found.append(Heredoc(start.name, start.descriptor, start.expand, start.chomp, body, terminated=at < end))
        at = min(at + 1, end)
    return tuple(found)


def _read(
    line: LogicalLine,
    escape: str,
    *,
    span: Span,
    code: Span,
    lines: tuple[int, int],
    heredocs: tuple[Heredoc, ...],
    comments: tuple[Span, ...],
) -> Instruction:
    keyword, after = _keyword(line.text)
    flags, arguments = _flags(line, after, escape)
    return Instruction(
        span=span,
        code=code,
        first_line=lines[0],
        last_line=lines[1],
        keyword=keyword,
        keyword_span=line.source_span(0, len(keyword)),
        line=line,
        flags=flags,
        arguments=arguments,
        heredocs=heredocs,
        comments=comments,
    )


def _keyword(line: str) -> tuple[str, int]:
    """Return an instruction's first word and where the rest begins."""
    match = _WORD_BREAK.search(line)
    return (line[: match.start()], match.end()) if match else (line, len(line))


def _heredoc_starts(line: str, escape: str) -> Iterable[HeredocStart]:
    if _HEREDOC_MARK not in line:
        return ()
    keyword, after = _keyword(line)
    logical = LogicalLine(line, ((0, 0),))
    _, arguments = _flags(logical, after, escape)
    if keyword.upper() == "ONBUILD":
        keyword, after = _keyword(line[arguments:])
        _, arguments = _flags(logical, arguments + after, escape)
    try:
        is_exec_form = exec_form(line[arguments:]) is not None
    except NotOnlyStrings:
        is_exec_form = True
    return () if is_exec_form else heredoc_starts(keyword, line)


def _flags(line: LogicalLine, at: int, escape: str) -> tuple[tuple[Flag, ...], int]:
    """Read `--name=value` words, quotes and escapes taken off; return them and where the arguments begin."""
    text = line.text
    flags: list[Flag] = []
    while True:
        at = _skip(text, at, ASCII_SPACE)
        start = at
        word, end = _flag_word(text, at, escape) if text.startswith("--", at) else ("", at)
        if word in ("", "--"):
            return tuple(flags), _skip(text, end, SPACE)
        flags.append(Flag(line.source_span(start, end), word))
        at = end


def _skip(text: str, at: int, blanks: str) -> int:
    while at < len(text) and text[at] in blanks:
        at += 1
    return at


def _flag_word(text: str, at: int, escape: str) -> tuple[str, int]:
    word: list[str] = []
    quote = ""
    while at < len(text):
        character = text[at]
        if quote and character == quote:
            quote = ""
        elif not quote and character in SPACE:
            break
        elif not quote and character in "'\"":
            quote = character
        elif character == escape:
            at += 1
            word.append(text[at : at + 1])
        else:
            word.append(character)
        at += 1
    return "".join(word), min(at, len(text))
