"""
Words of shell text: what is literal in them, and what the shell puts in.

https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html#tag_19_06
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from scratchify.analysis.shell import (
    Braces,
    Conditional,
    Part,
    Pattern,
    Statement,
    Substitution,
    Trimmed,
    Unresolved,
    Variable,
    Word,
)

if TYPE_CHECKING:
    from tree_sitter import Node

_BRACES = re.compile(r"(?<!\$)\{[^{}]*(,|\.\.)[^{}]*\}")
_GLOB = frozenset("*?[")
_QUOTED = frozenset({"string", "raw_string", "ansi_c_string", "string_content"})
_BLANK = re.compile(r"(?<!\\)\s")
_CONDITIONS = frozenset({":-", "-", ":=", "=", ":+", "+", ":?", "?"})
_TRIMS = frozenset({"#", "##", "%", "%%"})


class WordReader(ABC):
    """Reads the words of one source; offsets of nodes are bytes, ours are characters."""

    def __init__(self, source: bytes, *, is_ascii: bool) -> None:
        self._source = source
        self._is_ascii = is_ascii

    @abstractmethod
    def statements(self, nodes: "list[Node]") -> tuple[Statement, ...]:
        """Return the statements that nodes are."""

    def offset(self, node: "Node") -> int:
        if self._is_ascii:
            return node.start_byte
        return len(self._source[: node.start_byte].decode("utf-8", "surrogateescape"))

    def slice(self, start: int, end: int) -> str:
        return self._source[start:end].decode("utf-8", "surrogateescape")

    def text(self, node: "Node") -> str:
        return self.slice(node.start_byte, node.end_byte)

    def assignment(self, node: "Node") -> tuple[str, Word]:
        name = node.child_by_field_name("name")
        value = node.child_by_field_name("value")
        appends = any(child.type == "+=" for child in node.children)
        # a value is not split, and a ~ counts behind each colon too
        word = _quoted(self.word(value)) if value else Word((), "")
        if appends or ":~" in word.raw or name is None or name.type != "variable_name":
            word = Word((Unresolved(word.raw),), word.raw)
        return self.text(name) if name else "", word

    def word(self, node: "Node") -> Word:
        return Word(_merged(self._parts(node)), self.text(node))

    def heredoc(self, body: "Node | None", first: int, end: int) -> Word:
        """Return a here-document whose word is not quoted, from its first byte to its end."""
        parts: list[Part] = []
        at = first
        for child in body.named_children if body else ():
            if child.type == "heredoc_content":
                continue
            parts += [_unescaped(self.slice(at, child.start_byte)), *map(_quoted_part, self._parts(child))]
            at = child.end_byte
        parts.append(_unescaped(self.slice(at, end)))
        return Word(_merged(iter(parts)), self.slice(first, end))

    def _parts(self, node: "Node") -> Iterator[Part]:
        raw = self.text(node)
        if node.type not in _QUOTED and not node.named_children and _BLANK.search(raw):
            yield Unresolved(raw)  # two words to a shell
            return
        match node.type:
            case "word" | "number":
                yield from _unquoted(raw)
            case "raw_string":
                yield raw[1:-1]
            case "string":
                yield from self._between_quotes(node)
            case "concatenation":
                yield from self._concatenated(node)
            case "simple_expansion" | "expansion":
                yield self._variable(node)
            case "command_substitution":
                yield Substitution(raw, self.statements(node.children[1:-1]))
            case "string_content":
                yield _unescaped(raw)
            case _:
                yield Unresolved(raw)

    def _concatenated(self, node: "Node") -> Iterator[Part]:
        raw = self.text(node)
        if _BRACES.search(raw):
            yield Braces(raw)
            return
        if _has_gaps(node):
            yield Unresolved(raw)  # something has no node of its own, like a `$` at the end
            return
        for child in node.named_children:
            yield from self._parts(child)

    def _between_quotes(self, node: "Node") -> Iterator[Part]:
        """Between double quotes; what stands between the named children is text too."""
        at = node.start_byte + 1
        for child in node.named_children:
            if child.start_byte > at:
                yield _unescaped(self.slice(at, child.start_byte))
            yield from map(_quoted_part, self._parts(child))
            at = child.end_byte
        if node.end_byte - 1 > at:
            yield _unescaped(self.slice(at, node.end_byte - 1))

    def _variable(self, node: "Node") -> Part:
        raw = self.text(node)
        names = [child for child in node.named_children if child.type in ("variable_name", "special_variable_name")]
        if not names:
            return Unresolved(raw)
        name = self.text(names[0])
        if raw in (f"${name}", f"${{{name}}}"):
            return Variable(name)
        operator = next((self.text(child) for child in node.children[2:] if not child.is_named), "")
        rest = raw[2 + len(name) + len(operator) : -1]
        if raw[2 : 2 + len(name)] != name or names[0].type != "variable_name":
            return Unresolved(raw)
        if operator in _TRIMS and not any(mark in rest for mark in "$`\\'\""):
            return Trimmed(raw, name, operator, rest)
        values = node.named_children[1:]
        if operator in _CONDITIONS and len(values) <= 1:
            word = self.word(values[0]) if values else Word((), "")
            return Conditional(raw, name, operator, word) if word.raw == rest else Unresolved(raw)
        return Unresolved(raw)


def _unquoted(raw: str) -> Iterator[Part]:
    if raw[:1] == "~":
        yield Unresolved(raw)
        return
    if any(character in _GLOB for character in raw):
        yield Pattern(raw)
        return
    result: list[str] = []
    escaped = False
    for character in raw:
        if character == "\\" and not escaped:
            escaped = True
            continue
        result.append(character)
        escaped = False
    yield "".join(result)


def _quoted(word: Word) -> Word:
    return replace(word, parts=tuple(map(_quoted_part, word.parts)))


def _quoted_part(part: Part) -> Part:
    if isinstance(part, Variable | Conditional | Trimmed | Substitution):
        return replace(part, is_quoted=True)
    return part


def _unescaped(text: str) -> str:
    """Between double quotes a backslash counts only before these characters; a line end goes with it."""
    result: list[str] = []
    at = 0
    while at < len(text):
        if text[at] == "\\" and text[at + 1 : at + 2] in ("$", "`", '"', "\\", "\n"):
            at += 1
            if text[at] == "\n":
                at += 1
                continue
        result.append(text[at])
        at += 1
    return "".join(result)


def _merged(parts: Iterator[Part]) -> tuple[Part, ...]:
    merged: list[Part] = []
    for part in parts:
        if isinstance(part, str) and merged and isinstance(merged[-1], str):
            merged[-1] += part
        else:
            merged.append(part)
    return tuple(merged)


def _has_gaps(node: "Node") -> bool:
    """Say whether the named children of a node leave out some of its characters."""
    at = node.start_byte
    for child in node.named_children:
        if child.start_byte != at:
            return True
        at = child.end_byte
    return at != node.end_byte
