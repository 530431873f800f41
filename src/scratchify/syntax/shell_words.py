"""
BuildKit's shell words: quotes, escapes and variables in instruction arguments.

Written after the behaviour of moby/buildkit, frontend/dockerfile/shell/lex.go; a subset of the shell's own
rules, and the only one that counts for ENV, LABEL, WORKDIR and their like.

https://docs.docker.com/reference/dockerfile/#environment-replacement
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from scratchify.syntax.white_space import SPACE

_SPECIAL_PARAMETERS = "@*#?-$!0"
_END = ""


class BadSubstitution(ValueError):
    """A quote or a `${` that does not end, or a modifier that BuildKit does not know."""


@dataclass(frozen=True, slots=True)
class Expansion:
    """What became of a text: as one word, split at white space, and the variables that were looked up."""

    text: str
    words: tuple[str, ...]
    names: frozenset[str]


def expand(
    text: str,
    variables: Mapping[str, str],
    *,
    escape: str = "\\",
    raw_quotes: bool = False,
    raw_escapes: bool = False,
    keep_unset: bool = False,
) -> Expansion:
    """
    Replace the variables in `text` and take its quotes and escapes off, unless told to keep them.

    Raises BadSubstitution.
    """
    lexer = _Lexer(text, variables, escape, raw_quotes, raw_escapes, keep_unset)
    result, words = lexer.read_until(_END)
    return Expansion(result, tuple(words), frozenset(lexer.names))


def references(text: str, *, escape: str = "\\") -> frozenset[str]:
    """Return the names of the variables that `text` looks up. Raises BadSubstitution."""
    return expand(text, {}, escape=escape).names


class _Words:
    """
    Splits at white space while characters arrive; quoted ones never split.

    `current` belongs to the lexer: BuildKit has one buffer too, so that the operand of a `${…}` drops what its word
    began with (lex.go, processStopOn resets wordsBuffer).
    """

    def __init__(self, current: list[str]) -> None:
        self.done: list[str] = []
        self._current = current
        current.clear()

    def add(self, characters: str) -> None:
        for character in characters:
            if character not in SPACE:
                self._current.append(character)
            elif self._current:
                self.end()

    def add_raw(self, characters: str) -> None:
        if characters:
            self._current.append(characters)

    def end(self) -> list[str]:
        if self._current:
            self.done.append("".join(self._current))
            self._current.clear()
        return self.done


class _Lexer:
    """One pass over one text; `at` is the next character."""

    def __init__(
        self,
        text: str,
        variables: Mapping[str, str],
        escape: str,
        raw_quotes: bool,
        raw_escapes: bool,
        keep_unset: bool,
    ) -> None:
        self.text = text
        self.variables = variables
        self.escape = escape
        self.raw_quotes = raw_quotes
        self.raw_escapes = raw_escapes
        self.keep_unset = keep_unset
        self.at = 0
        self.names: set[str] = set()
        self._word: list[str] = []

    def peek(self) -> str:
        return self.text[self.at] if self.at < len(self.text) else _END

    def take(self) -> str:
        character = self.peek()
        self.at += len(character)
        return character

    def read_until(self, stop: str) -> tuple[str, list[str]]:
        """Return the text up to `stop` (which is taken too) and its words."""
        result: list[str] = []
        words = _Words(self._word)
        special: Mapping[str, Callable[[], str]] = {
            "$": self._dollar,
            "<": self._possible_heredoc,
            "'": self._single_quoted,
            '"': self._double_quoted,
        }
        while (character := self.peek()) != _END:
            if character == stop:
                self.take()
                return "".join(result), words.end()
            if read := special.get(character):
                piece = read()
                result.append(piece)
                (words.add if character == "$" else words.add_raw)(piece)
                continue
            self.take()
            if character == self.escape:
                if self.raw_escapes:
                    result.append(character)
                    words.add_raw(character)
                character = self.take()
                words.add_raw(character)
            else:
                words.add(character)
            result.append(character)
        if stop != _END:
            raise BadSubstitution(f"no matching {stop}")
        return "".join(result), words.end()

    def _single_quoted(self) -> str:
        end = self.text.find("'", self.at + 1)
        if end == -1:
            raise BadSubstitution("no matching single quote")
        quoted = self.text[self.at : end + 1]
        self.at = end + 1
        return quoted if self.raw_quotes else quoted[1:-1]

    def _double_quoted(self) -> str:
        quote = self.take() if self.raw_quotes else self.take()[1:]
        result = [quote]
        while (character := self.peek()) != _END:
            if character == '"':
                self.take()
                result.append(quote)
                return "".join(result)
            if character == "$":
                result.append(self._dollar())
                continue
            self.take()
            if character == self.escape:
                if self.raw_escapes:
                    result.append(character)
                if self.peek() == _END:
                    continue
                if self.peek() in ('"', "$", self.escape):
                    character = self.take()
            result.append(character)
        raise BadSubstitution("no matching double quote")

    def _possible_heredoc(self) -> str:
        self.take()
        if self.peek() != "<":
            return "<"
        self.take()
        start = self.at
        while self.peek() in ("\t", "\r", " "):
            self.take()
        return "<<" + self.text[start : self.at]

    def _name(self) -> str:
        start = self.at
        first = self.peek()
        if first.isdecimal():
            while self.peek().isdecimal():
                self.take()
        elif first and first in _SPECIAL_PARAMETERS:
            self.take()
        else:
            while self.peek().isalpha() or self.peek().isdecimal() or self.peek() == "_":
                self.take()
        return self.text[start : self.at]

    def _value(self, name: str) -> str | None:
        self.names.add(name)
        return self.variables.get(name)

    def _dollar(self) -> str:
        self.take()
        if self.peek() != "{":
            name = self._name()
            if not name:
                return "$"
            value = self._value(name)
            if value is None:
                return f"${name}" if self.keep_unset else ""
            return value
        self.take()
        if self.peek() == _END:
            raise BadSubstitution("no matching }")
        if self.peek() in "{}:":
            raise BadSubstitution("bad substitution")
        return self._braced(self._name())

    def _braced(self, name: str) -> str:
        modifier = self.take()
        if modifier == "}":
            value = self._value(name)
            if value is None:
                return f"${{{name}}}" if self.keep_unset else ""
            return value
        if modifier == "/":
            return self._replaced(name)
        null_is_unset = modifier == ":"
        if null_is_unset:
            modifier = self.take()
        if modifier not in ("+", "-", "?", "#", "%") or (null_is_unset and modifier in "#%"):
            raise BadSubstitution(f"unsupported modifier ({':' * null_is_unset}{modifier}) in substitution")
        word = self._operand("}", raw_escapes=modifier in "#%")
        value = self._value(name)
        if value is None and self.keep_unset:
            return f"${{{name}{':' * null_is_unset}{modifier}{word}}}"
        is_set = value is not None and not (null_is_unset and value == "")
        match modifier:
            case "-":
                return (value or "") if is_set else word
            case "+":
                return word if is_set else ""
            case "?":
                if not is_set:
                    raise BadSubstitution(f"{name}: {word or 'is not allowed to be unset'}")
                return value or ""
            case _:
                return _trimmed(value or "", modifier, word)

    def _replaced(self, name: str) -> str:
        everywhere = self.peek() == "/"
        if everywhere:
            self.take()
        pattern = self._operand("/", raw_escapes=True)
        replacement = self._operand("}", raw_escapes=True)
        value = self._value(name)
        if value is None and self.keep_unset:
            return f"${{{name}/{pattern}/{replacement}}}"
        expression = _pattern(pattern, greedy=True)
        return re.sub(expression, lambda _: replacement, value or "", count=0 if everywhere else 1, flags=re.ASCII)

    def _operand(self, stop: str, *, raw_escapes: bool) -> str:
        before, self.raw_escapes = self.raw_escapes, raw_escapes
        try:
            return self.read_until(stop)[0]
        finally:
            self.raw_escapes = before


def _trimmed(value: str, modifier: str, word: str) -> str:
    """`${x#p}` and `${x%p}`; the sign doubled takes the longest match."""
    greedy = word.startswith(modifier)
    expression = _pattern(word[1:] if greedy else word, greedy=greedy)
    if modifier == "#":
        match = re.match(expression, value)
        return value[match.end() :] if match else value
    # the shortest suffix begins as far right as it can, the longest as far left
    starts = range(len(value) + 1) if greedy else range(len(value), -1, -1)
    start = next((start for start in starts if re.fullmatch(expression, value[start:])), None)
    return value if start is None else value[:start]


def _pattern(pattern: str, *, greedy: bool) -> str:
    """Translate `*` and `?`; brackets stand for themselves. Raises BadSubstitution."""
    result: list[str] = []
    characters = iter(range(len(pattern)))
    for index in characters:
        character = pattern[index]
        if character == "*":
            result.append(".*" if greedy else ".*?")
        elif character == "?":
            result.append(".")
        elif character == "\\":
            following = pattern[index + 1 : index + 2]
            if following in ("}", "/"):
                continue
            if following not in ("*", "?", "\\") or not following:
                raise BadSubstitution(f"invalid escape \\{following}")
            result.append(re.escape(following))
            next(characters)
        else:
            result.append(re.escape(character))
    return "".join(result)
