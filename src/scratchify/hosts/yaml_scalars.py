"""
Scalars of YAML: what each character of the source stands for, and how a text is written in one.

https://yaml.org/spec/1.2.2/#chapter-7-flow-style-productions, chapter 8 for blocks
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from scratchify.hosts.spelling import Spelled, Unit, Unspellable
from scratchify.source import Span, line_spans

_HEADER = re.compile(r"[|>](?:[1-9]?[-+]?|[-+][1-9])[ \t]*(?:#[^\n]*)?\r?\n")
_FOLD = r"[ \t]*\r?\n(?:[ \t]*\r?\n)*[ \t]*"
_DOUBLE = re.compile(rf"\\(?:\r?\n[ \t]*|x[0-9A-Fa-f]{{2}}|u[0-9A-Fa-f]{{4}}|U[0-9A-Fa-f]{{8}}|.)|{_FOLD}|.", re.DOTALL)
_SINGLE = re.compile(rf"''|{_FOLD}|.", re.DOTALL)
_PLAIN = re.compile(rf"{_FOLD}|.", re.DOTALL)
_LETTERS = {
    "0": "\0", "a": "\a", "b": "\b", "t": "\t", "n": "\n", "v": "\v", "f": "\f", "r": "\r", "e": "\x1b",
    "N": "\x85", "_": "\xa0", "L": "\u2028", "P": "\u2029",
}  # fmt: skip
_LINE_ENDS = re.compile(r"\n+")
_BLANKS_AT_BEGIN = re.compile(r"(?<=\n) ")


@dataclass(frozen=True, slots=True)
class Scalar:
    """
    One scalar; `style` is `|`, `>`, a quote, or nothing for a plain one.

    `newline` is the line end of the file, and `indentation` what a line of the scalar begins with. `is_continued`:
    lines of a scalar in double quotes end in a backslash.
    """

    span: Span
    style: str
    newline: str = "\n"
    indentation: str = ""
    is_continued: bool = False
    has_placeholders: bool = False

    @property
    def manner(self) -> str:
        return self.style

    @property
    def is_folded(self) -> bool:
        return self.style not in ("|", '"')

    def alike(self, content: str) -> str:
        raise Unspellable(f"a scalar of YAML is one of a kind, {content!r} needs another")

    def spell(self, text: str, following: str = "") -> str:  # noqa: ARG002  # no character hangs on the next
        if any(not character.isprintable() and character not in "\n\t" for character in text):
            raise Unspellable("a character that only a string in double quotes can say")
        if self.has_placeholders:
            text = text.replace("$", "$$")
        match self.style:
            case "|":
                return text.replace("\n", self.newline)
            case '"':
                return self._escaped(text)
            case ">":
                return self._folded(text)
            case _:
                text = text.replace("'", "''") if self.style else text
                return _LINE_ENDS.sub(lambda ends: self.newline * (len(ends[0]) + 1) + self.indentation, text)

    def _escaped(self, text: str) -> str:
        text = text.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t")
        if not self.is_continued:
            return text.replace("\n", "\\n")
        # white space at the begin of a line would be taken for its indentation
        text = _BLANKS_AT_BEGIN.sub(r"\\ ", text)
        return text.replace("\n", f"\\n\\{self.newline}{self.indentation}")

    def _folded(self, text: str) -> str:
        """One line end is written as two, but beside a line that is indented further, where nothing is folded."""

        def ends(match: re.Match[str]) -> str:
            # what the first line begins with stands elsewhere
            begin = text.rfind("\n", 0, match.start()) + 1
            before = text[begin : match.start()].removeprefix(self.indentation) if begin else ""
            behind = text[match.end() :].removeprefix(self.indentation)
            is_further = before[:1].isspace() or behind[:1].isspace()
            return self.newline * (len(match[0]) + (not is_further))

        return _LINE_ENDS.sub(ends, text)


def scalar_text(file: str, span: Span, style: str) -> Spelled | None:
    """Return what a scalar at this place says, None where only a whole parser of YAML could tell."""
    newline = "\r\n" if "\r\n" in file else "\n"
    if style in ("|", ">"):
        return _block(file, Scalar(span, style, newline))
    quotes = len(style)
    inner = Span(span.start + quotes, span.end - quotes)
    broken = re.search(r"\n([ \t]*)\S", inner.of(file))
    is_continued = style == '"' and bool(re.search(r"\\n\\\r?\n", inner.of(file)))
    scalar = Scalar(span, style, newline, broken[1] if broken else "", is_continued)
    pattern = {'"': _DOUBLE, "'": _SINGLE}.get(style, _PLAIN)
    return Spelled(tuple(_in_line(file, inner, pattern, scalar)))


def _in_line(file: str, inner: Span, pattern: re.Pattern[str], scalar: Scalar) -> Iterator[Unit]:
    at = inner.start
    while at < inner.end:
        match = pattern.match(file, at, inner.end)
        assert match is not None, "it takes any character"
        written, at = match[0], match.end()
        span = Span(match.start(), at)
        if written == "''" and scalar.style == "'":
            yield Unit("'", span, scalar)
        elif written[0] == "\\" and scalar.style == '"' and len(written) > 1:
            yield Unit(_unescaped(written[1:]), span, scalar)
        elif "\n" in written:
            ends = written.count("\n") - 1
            yield Unit("\n" if ends else " ", span, scalar)
            yield from (Unit("\n", Span(at, at), scalar) for _ in range(ends - 1))
        else:
            yield Unit(written, span, scalar)


def _unescaped(letters: str) -> str:
    if letters[0] in "\r\n":
        return ""
    if letters[0] in "xuU" and len(letters) > 1:
        return chr(int(letters[1:], 16))
    return _LETTERS.get(letters[0], letters[0])


def _block(file: str, scalar: Scalar) -> Spelled | None:
    header = _HEADER.match(file, scalar.span.start)
    if not header:
        return None
    body = file[header.end() : scalar.span.end]
    lines = [(span.start + header.end(), span.of(body)) for span in line_spans(body)]
    first = next((line for _, line in lines if line.strip()), "")
    margin = first[: len(first) - len(first.lstrip(" "))]
    if re.search(r"\d", header[0].partition("#")[0]):
        return None  # how far it is indented hangs on what is around it
    units = list(_literal_units(lines, margin, replace(scalar, indentation=margin)))
    if scalar.style == ">":
        units = list(_folded_units(units))
    chomping = header[0].partition("#")[0]
    ends = 0
    while ends < len(units) and units[-1 - ends].value == "\n":
        ends += 1
    keeps = ends if "+" in chomping else 0 if "-" in chomping else min(ends, 1)
    return Spelled(tuple(units[: len(units) - ends + keeps]), margin)


def _literal_units(lines: list[tuple[int, str]], margin: str, scalar: Scalar) -> Iterator[Unit]:
    for start, line in lines:
        content = line.rstrip("\r\n")
        for index in range(len(margin), len(content)):
            yield Unit(content[index], Span(start + index, start + index + 1), scalar)
        if len(content) < len(line):
            yield Unit("\n", Span(start + len(content), start + len(line)), scalar)


def _folded_units(units: list[Unit]) -> Iterator[Unit]:
    """Yield what folding makes of lines: the first line end of several goes, a single one is a space."""
    at = 0
    begins_further = False
    is_begin = True
    while at < len(units):
        unit = units[at]
        if is_begin:
            begins_further = unit.value in " \t"
        is_begin = False
        if unit.value != "\n":
            yield unit
            at += 1
            continue
        end = at
        while end < len(units) and units[end].value == "\n":
            end += 1
        is_last = end == len(units)
        is_further = begins_further or (not is_last and units[end].value in " \t")
        if is_last or is_further:
            yield from units[at:end]
        elif end - at == 1:
            yield replace(unit, value=" ")
        else:
            yield from units[at : end - 1]
            yield replace(units[end - 1], value="")
        at, is_begin = end, True
