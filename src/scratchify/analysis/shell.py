"""
Shell text as simple commands, read by tree-sitter-bash.

What decides at run time whether or how often a command runs is not followed: it is blocked, with the words to say so.

https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

_GLOB = frozenset("*?[")
_NOT_ONE_WORD = re.compile(r"[ \t\n*?\[]")
_REDIRECTIONS = frozenset({">", ">>", ">|", "<", ">&", "<&"})
_NOT_FOLLOWED = (
    (re.compile(r"[\r\f\v]"), "white space that is none to a shell"),
    (re.compile(r"[^ \t\n]\\\n[^ \t\n]"), "a word that goes on in the next line"),
)
"""What tree-sitter-bash reads as if words ended there."""

_SEPARATORS = frozenset({";", "&&", "\n", ";;"})
_CONTROL = {
    "||": "what follows || runs only where the command before it fails",
    "&": "a command in the background",
    "pipeline": "a pipe",
    "subshell": "a subshell",
    "negated_command": "a negated command",
    "if_statement": "if",
    "for_statement": "a loop",
    "c_style_for_statement": "a loop",
    "while_statement": "a loop",
    "case_statement": "case",
    "function_definition": "a function",
    "compound_statement": "a group of commands",
    "test_command": "a test",
    "heredoc_redirect": "a here-document",
    "herestring_redirect": "a here-string",
    "unset_command": "unset",
}

_QUOTED = frozenset({"string", "raw_string", "ansi_c_string", "string_content"})
_BLANK = re.compile(r"(?<!\\)\s")


@dataclass(frozen=True, slots=True)
class Variable:
    """`$NAME` or `${NAME}` inside a word; outside quotes the shell splits its value and drops an empty one."""

    name: str
    is_quoted: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class Unresolved:
    """A part of a word that only a shell could tell: a substitution, a pattern, an operator in `${…}`."""

    raw: str


Part = str | Variable | Unresolved


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a command: its parts, and as written."""

    parts: tuple[Part, ...]
    raw: str

    @property
    def literal(self) -> str | None:
        """The word's value where it needs no shell at all."""
        return "".join(map(str, self.parts)) if all(isinstance(part, str) for part in self.parts) else None

    def value(self, variables: Mapping[str, str]) -> str | None:
        """Return the word with its variables replaced, None where one is unknown, or makes no word or several."""
        values: list[str] = []
        for part in self.parts:
            match part:
                case str():
                    values.append(part)
                case Variable(name=name, is_quoted=is_quoted) if name in variables:
                    if not is_quoted and _NOT_ONE_WORD.search(variables[name]):
                        return None
                    values.append(variables[name])
                case _:
                    return None
        value = "".join(values)
        is_dropped = not value and any(isinstance(part, Variable) and not part.is_quoted for part in self.parts)
        return None if is_dropped else value


@dataclass(frozen=True, slots=True)
class SimpleCommand:
    """
    Assignments, words and where output goes; `start` is the offset of its first character in the shell text.

    `exports` marks `export A=b` and a bare `A=b`, which hold for what follows; a bare one is no variable of the
    programs that follow, unless it was one before.
    """

    start: int
    assignments: tuple[tuple[str, Word], ...]
    words: tuple[Word, ...]
    writes: tuple[Word, ...]
    exports: bool = False
    is_bare: bool = False


@dataclass(frozen=True, slots=True)
class NotFollowed:
    """Shell that this reading does not follow, in words, and where it stands in the shell text."""

    start: int
    what: str


@cache
def _parser() -> "Parser":
    import tree_sitter_bash
    from tree_sitter import Language, Parser

    return Parser(Language(tree_sitter_bash.language()))


def simple_commands(text: str) -> tuple[SimpleCommand, ...] | NotFollowed:
    """Return the commands that run one after the other, each only if those before it succeeded."""
    for pattern, what in _NOT_FOLLOWED:
        if found := pattern.search(text):
            return NotFollowed(found.start(), what)
    source = text.encode("utf-8", "surrogateescape")
    root = _parser().parse(source).root_node
    if root.has_error:
        return NotFollowed(0, "text that is no plain shell")
    reader = _Reader(source)
    commands: list[SimpleCommand] = []
    for statement in reader.statements(root):
        if isinstance(statement, NotFollowed):
            return statement
        commands.append(statement)
    return tuple(commands)


class _Reader:
    """Reads nodes of one source; offsets of nodes are bytes, ours are characters."""

    def __init__(self, source: bytes) -> None:
        self._source = source

    def _offset(self, node: "Node") -> int:
        return len(self._source[: node.start_byte].decode("utf-8", "surrogateescape"))

    def _text(self, node: "Node") -> str:
        return self._source[node.start_byte : node.end_byte].decode("utf-8", "surrogateescape")

    def statements(self, parent: "Node") -> Iterator[SimpleCommand | NotFollowed]:
        for node in parent.children:
            match node.type:
                case "comment" | "list" | "program":
                    yield from self.statements(node) if node.type != "comment" else ()
                case "command":
                    yield self._command(node)
                case "variable_assignment":
                    yield SimpleCommand(
                        self._offset(node), (self._assignment(node),), (), (), exports=True, is_bare=True
                    )
                case "variable_assignments":
                    pairs = tuple(self._assignment(child) for child in node.named_children)
                    yield SimpleCommand(self._offset(node), pairs, (), (), exports=True, is_bare=True)
                case "declaration_command":
                    yield self._declaration(node)
                case "redirected_statement":
                    yield from self._redirected(node)
                case kind if kind in _SEPARATORS:
                    continue
                case kind:
                    yield NotFollowed(self._offset(node), _CONTROL.get(kind, kind.replace("_", " ")))

    def _command(self, node: "Node", writes: tuple[Word, ...] = ()) -> SimpleCommand | NotFollowed:
        assignments: list[tuple[str, Word]] = []
        words: list[Word] = []
        end = -1
        for child in node.named_children:
            if child.start_byte == end:
                return NotFollowed(self._offset(child), "text in which the words cannot be told apart")
            end = child.end_byte
            match child.type:
                case "variable_assignment":
                    assignments.append(self._assignment(child))
                case "command_name":
                    words.append(self._word(child.named_children[0]))
                case "file_redirect" | "heredoc_redirect" | "herestring_redirect":
                    return NotFollowed(self._offset(child), _CONTROL.get(child.type, "a redirection before a command"))
                case "comment":
                    continue
                case _:
                    words.append(self._word(child))
        return SimpleCommand(self._offset(node), tuple(assignments), tuple(words), writes)

    def _declaration(self, node: "Node") -> SimpleCommand | NotFollowed:
        if node.children[0].type != "export":
            return NotFollowed(self._offset(node), self._text(node.children[0]))
        pairs = []
        for child in node.named_children:
            if child.type == "variable_assignment":
                pairs.append(self._assignment(child))
            elif child.type != "variable_name":
                return NotFollowed(self._offset(node), "export with options")
        return SimpleCommand(self._offset(node), tuple(pairs), (), (), exports=True)

    def _redirected(self, node: "Node") -> Iterator[SimpleCommand | NotFollowed]:
        writes: list[Word] = []
        for redirect in node.children_by_field_name("redirect"):
            operator = next((child.type for child in redirect.children if not child.is_named), "")
            destination = redirect.child_by_field_name("destination")
            if redirect.type != "file_redirect" or destination is None:
                yield NotFollowed(self._offset(redirect), _CONTROL.get(redirect.type, "a redirection"))
                return
            if operator not in _REDIRECTIONS or (operator.endswith("&") and destination.type != "number"):
                yield NotFollowed(self._offset(redirect), f"the redirection {operator}")
                return
            if operator in (">", ">>", ">|"):
                writes.append(self._word(destination))
        body = node.child_by_field_name("body")
        if body is None or body.type != "command":
            yield NotFollowed(self._offset(node), _CONTROL.get(body.type if body else "", "a redirection"))
            return
        yield self._command(body, tuple(writes))

    def _assignment(self, node: "Node") -> tuple[str, Word]:
        name = node.child_by_field_name("name")
        value = node.child_by_field_name("value")
        appends = any(child.type == "+=" for child in node.children)
        # a value is not split, and a ~ counts behind each colon too
        word = _quoted(self._word(value)) if value else Word((), "")
        if appends or ":~" in word.raw or name is None or name.type != "variable_name":
            word = Word((Unresolved(word.raw),), word.raw)
        return self._text(name) if name else "", word

    def _word(self, node: "Node") -> Word:
        return Word(_merged(self._parts(node)), self._text(node))

    def _parts(self, node: "Node") -> Iterator[Part]:
        raw = self._text(node)
        if node.type not in _QUOTED and not node.named_children and _BLANK.search(raw):
            yield Unresolved(raw)  # two words to a shell
            return
        match node.type:
            case "word" | "number":
                yield from _unquoted(raw)
            case "raw_string":
                yield raw[1:-1]
            case "string":
                yield from self._quoted(node)
            case "concatenation":
                if any(self._text(child) in ("{", "}") for child in node.children):
                    yield Unresolved(raw)  # {a,b}: brace expansion
                    return
                if _has_gaps(node):
                    yield Unresolved(raw)  # something in it has no node of its own, like a `$` at the end
                    return
                for child in node.named_children:
                    yield from self._parts(child)
            case "simple_expansion" | "expansion":
                yield self._variable(node)
            case "translated_string":
                yield Unresolved(raw)
            case "string_content":
                yield _unescaped(raw)
            case _:
                yield Unresolved(raw)

    def _quoted(self, node: "Node") -> Iterator[Part]:
        """Between double quotes; what stands between the named children is text too."""
        at = node.start_byte + 1
        for child in node.named_children:
            if child.start_byte > at:
                yield _unescaped(self._source[at : child.start_byte].decode("utf-8", "surrogateescape"))
            yield from map(_quoted_part, self._parts(child))
            at = child.end_byte
        if node.end_byte - 1 > at:
            yield _unescaped(self._source[at : node.end_byte - 1].decode("utf-8", "surrogateescape"))

    def _variable(self, node: "Node") -> Part:
        raw = self._text(node)
        names = [self._text(child) for child in node.named_children if child.type == "variable_name"]
        if names and raw in (f"${names[0]}", f"${{{names[0]}}}"):
            return Variable(names[0])
        return Unresolved(raw)


def _unquoted(raw: str) -> Iterator[Part]:
    if raw[:1] == "~" or any(character in _GLOB for character in raw):
        yield Unresolved(raw)
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
    return replace(part, is_quoted=True) if isinstance(part, Variable) else part


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
