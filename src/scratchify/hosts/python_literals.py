"""
String literals of Python: what each character of the source stands for, and how a text is written in one.

https://docs.python.org/3/reference/lexical_analysis.html#string-and-bytes-literals
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace

from scratchify.hosts.spelling import Unit, Unspellable
from scratchify.source import Span

_OPENING = re.compile(r"([A-Za-z]*)('''|\"\"\"|'|\")")
_ESCAPE = re.compile(
    r"\\(?:\r\n|N\{[^}]*\}|x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|[0-7]{1,3}|.)|\r\n?|.", re.DOTALL
)
_LETTERS = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_WRITTEN = {"\\": "\\\\", "\r": "\\r", "\a": "\\a", "\b": "\\b", "\f": "\\f", "\v": "\\v", "\0": "\\x00"}

DOUBLED = {"format": "{}", "percent": "%", "template": "$"}
"""Characters that are written twice where something is put in, by the way in which it is."""


@dataclass(frozen=True, slots=True)
class Literal:
    """
    One string literal.

    `newline` is the line end of the file; `is_broken` tells whether lines of the text are lines of the source, and
    `is_continued` whether those end in a backslash.
    `fillings` are the ways in which something is put in, in the order in which that happens.
    """

    span: Span
    prefix: str
    quote: str
    newline: str = "\n"
    is_broken: bool = False
    is_continued: bool = False
    fillings: tuple[str, ...] = ()

    @property
    def is_raw(self) -> bool:
        return "r" in self.prefix.lower()

    @property
    def is_bytes(self) -> bool:
        return "b" in self.prefix.lower()

    @property
    def manner(self) -> str:
        return " ".join((self.prefix.lower(), self.quote, *self.fillings))

    @property
    def has_placeholders(self) -> bool:
        return bool(self.fillings)

    @property
    def is_folded(self) -> bool:
        return False

    def filled(self, filling: str) -> "Literal":
        """Return the literal as one into which something is put."""
        return replace(self, fillings=(*self.fillings, filling))

    def alike(self, content: str) -> str:
        return self.prefix + self.quote + content + self.quote

    def spell(self, text: str, following: str = "") -> str:
        for filling in reversed(self.fillings):
            for character in DOUBLED[filling]:
                text = text.replace(character, character * 2)
        return self._raw(text, following) if self.is_raw else self._escaped(text, following)

    def _raw(self, text: str, following: str) -> str:
        ends_badly = following in ("", self.quote[0]) and text.endswith(("\\", self.quote[0]))
        if ("\n" in text and len(self.quote) == 1) or self.quote in text or ends_badly:
            raise Unspellable(f"a raw string in {self.quote} cannot say {text!r}")
        if "\r" in text or "\0" in text or (self.is_bytes and not text.isascii()):
            raise Unspellable(f"a raw string cannot say {text!r}")
        return text.replace("\n", self.newline)

    def _escaped(self, text: str, following: str) -> str:
        result = []
        line_end = f"\\n\\{self.newline}" if self.is_continued else "\\n"
        for index, character in enumerate(text):
            if character == "\n":
                result.append(self.newline if self.is_broken else line_end)
            elif character == self.quote[0]:
                # three in a row would end the literal
                is_safe = len(self.quote) == 3 and (text[index + 1 : index + 2] or following) not in ("", character)
                result.append(character if is_safe else f"\\{character}")
            else:
                result.append(_WRITTEN.get(character) or self._encodable(character))
        return "".join(result)

    def _encodable(self, character: str) -> str:
        if self.is_bytes and not character.isascii():
            return "".join(f"\\x{byte:02x}" for byte in character.encode("utf-8", "surrogateescape"))
        if "\ud800" <= character <= "\udfff":
            return f"\\u{ord(character):04x}"
        return character


def literal_of(file: str, span: Span) -> tuple[Literal, Span]:
    """Return the literal at this place, and the span of what is between its quotes."""
    opening = _OPENING.match(file, span.start)
    assert opening is not None, "the parser says that a string begins here"
    prefix, quote = opening.groups()
    content = Span(opening.end(), span.end - len(quote))
    is_continued = "\\n\\\n" in content.of(file) or "\\n\\\r\n" in content.of(file)
    is_broken = len(quote) == 3 and "\n" in content.of(file) and not is_continued
    newline = "\r\n" if "\r\n" in file else "\n"
    fillings = ("format",) if "f" in prefix.lower() else ()
    return Literal(span, prefix, quote, newline, is_broken, is_continued, fillings), content


def units_of(file: str, content: Span, literal: Literal) -> Iterator[Unit]:
    """Yield what the source between two places stands for; text of an f-string, not its expressions."""
    if literal.is_bytes:
        yield from _of_bytes(file, content, literal)
        return
    for value, span in _values(file, content, literal):
        yield Unit(value, span, literal)


def _values(file: str, content: Span, literal: Literal) -> Iterator[tuple[str, Span]]:
    at = content.start
    is_filled = "f" in literal.prefix.lower()
    while at < content.end:
        match = _ESCAPE.match(file, at, content.end)
        assert match is not None, "it takes any character"
        written, at = match[0], match.end()
        span = Span(match.start(), at)
        if len(written) == 1 or written[0] == "\r":
            if is_filled and written in "{}":
                at += 1  # an f-string says one by two
                span = Span(span.start, at)
            yield ("\n" if written[0] == "\r" else written), span
        elif literal.is_raw:
            # the backslash stands for itself; what follows is looked at anew
            at = match.start() + 1
            yield "\\", Span(match.start(), at)
        elif (value := _unescaped(written[1:], literal)) is not None:
            yield value, span
        else:
            at = match.start() + 1
            yield "\\", Span(match.start(), at)


def _unescaped(letters: str, literal: Literal) -> str | None:
    """Return what an escape stands for, None where the backslash stands for itself."""
    first = letters[0]
    if first in "\r\n":
        return ""
    if first in "\\'\"":
        return first
    if first in _LETTERS:
        return _LETTERS[first]
    if first in "01234567":
        return chr(int(letters, 8) & (0xFF if literal.is_bytes else 0x1FF))
    if first == "x":
        return chr(int(letters[1:], 16))
    if literal.is_bytes or len(letters) == 1:
        return None
    if first in "uU":
        return chr(int(letters[1:], 16))
    try:
        return unicodedata.lookup(letters[2:-1])
    except KeyError:  # a name that this Python does not know
        return None


def _of_bytes(file: str, content: Span, literal: Literal) -> Iterator[Unit]:
    """Yield the characters of the UTF-8 that a bytes literal holds; what is none becomes what decoding makes of it."""
    values = list(_values(file, content, literal))
    at = 0
    while at < len(values):
        value, span = values[at]
        # a character of UTF-8 has up to four bytes
        for length in (4, 3, 2):
            several = values[at : at + length]
            raw = b"".join(value.encode("latin-1") for value, _ in several)
            if value >= "\x80" and len(several) == length and _is_one_character(raw):
                yield Unit(raw.decode(), Span(span.start, several[-1][1].end), literal)
                at += length
                break
        else:
            yield Unit(value.encode("latin-1").decode("utf-8", "surrogateescape"), span, literal)
            at += 1


def _is_one_character(raw: bytes) -> bool:
    try:
        return len(raw.decode()) == 1
    except UnicodeDecodeError:
        return False
