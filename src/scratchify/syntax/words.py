"""
An instruction's arguments as words, each with its place.

After moby/buildkit, frontend/dockerfile/parser/line_parsers.go (parseWords, parseStringsWhitespaceDelimited).
"""

import re
from dataclasses import dataclass

from scratchify.source import Span
from scratchify.syntax.document import Instruction
from scratchify.syntax.white_space import SPACE, WORD_BREAK

_WORD = re.compile("[^" + WORD_BREAK[1:-2] + "]+")


@dataclass(frozen=True, slots=True)
class Word:
    """A word as written, its quotes and escapes still on."""

    text: str
    span: Span


def plain_words(instruction: Instruction) -> tuple[Word, ...]:
    """Split at white space, quotes or not: FROM, EXPOSE, and the shell form of COPY, ADD and VOLUME."""
    line = instruction.line
    return tuple(
        Word(match[0], line.source_span(match.start(), match.end()))
        for match in _WORD.finditer(line.text, instruction.arguments)
    )


def quoted_words(instruction: Instruction, escape: str) -> tuple[Word, ...]:
    """Split at white space outside quotes: ENV, LABEL and ARG."""
    text = instruction.line.text
    words: list[Word] = []
    at = instruction.arguments
    while True:
        while at < len(text) and text[at] in SPACE:
            at += 1
        if at == len(text):
            return tuple(words)
        start = at
        word, at = _quoted_word(text, at, escape)
        if word:
            words.append(Word(word, instruction.line.source_span(start, at)))


def _quoted_word(text: str, at: int, escape: str) -> tuple[str, int]:
    word: list[str] = []
    quote = ""
    while at < len(text):
        character = text[at]
        if character == escape and quote != "'":
            if at + 1 == len(text):
                return "".join(word), len(text)
            word.append(text[at : at + 2])
            at += 2
            continue
        if quote:
            quote = "" if character == quote else quote
        elif character in SPACE:
            break
        elif character in "'\"":
            quote = character
        word.append(character)
        at += 1
    return "".join(word), at
