"""
Shell text to statements, by tree-sitter-bash.

What the grammar reads in a way that a shell does not is found here and said to be not followed.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Literal

from scratchify.analysis.shell import (
    Case,
    For,
    Function,
    Group,
    If,
    Joined,
    Negated,
    NotFollowed,
    Pipeline,
    Redirect,
    SimpleCommand,
    Statement,
    Unresolved,
    While,
    Word,
)
from scratchify.analysis.shell_word_reader import WordReader

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

_FILE_OPERATORS = frozenset({">", ">>", ">|", "<", ">&", "<&", "&>", "&>>"})
_NOT_FOLLOWED = (
    (re.compile(r"[\r\f\v]"), "white space that is none to a shell"),
    (re.compile(r"[^ \t\n]\\\n[^ \t\n]"), "a word that goes on in the next line"),
)
"""What tree-sitter-bash reads as if words ended there."""

_REMARK = re.compile(r"(?<=\s)`#[^`\n'\"]*`(?=\s|$)")
_SEPARATORS = frozenset({";", "\n", ";;", "comment"})
_WHAT = {
    "&": "a command in the background",
    "c_style_for_statement": "a loop that counts",
    "herestring_redirect": "a here-string",
}
WHAT_IN_TEXT = {
    Pipeline: "a pipe",
    Negated: "a negated command",
    If: "if",
    For: "a loop",
    While: "a loop",
    Case: "case",
    Function: "a function",
    Group: "a subshell",
}
_EXPRESSIONS = frozenset(
    {"unary_expression", "binary_expression", "negation_expression", "negated_expression", "parenthesized_expression"}
)


_CLOSED = re.compile(r"(?<![\w-])(done|fi|esac)\s(?=\s*(?:done|fi|esac|then|do|else|elif|\})(?![\w-]))")
"""A statement that ends right before the end of the one around it."""


@cache
def _parser() -> "Parser":
    import tree_sitter_bash
    from tree_sitter import Language, Parser

    return Parser(Language(tree_sitter_bash.language()))


def read_script(text: str) -> tuple[Statement, ...]:
    """Return the statements of a shell text; what is not followed is one of them."""
    for pattern, what in _NOT_FOLLOWED:
        if found := pattern.search(text):
            return (NotFollowed(found.start(), what),)
    source = text.encode("utf-8", "surrogateescape")
    root = _parser().parse(source).root_node
    if root.has_error and _REMARK.search(text):
        # `#a remark`: a substitution of nothing, which the grammar does not know
        source = _REMARK.sub(lambda match: " " * len(match[0]), text).encode("utf-8", "surrogateescape")
        root = _parser().parse(source).root_node
    if root.has_error and (marked := _CLOSED.sub(r"\1;", text)) != text and text.isascii():
        # `done done`, which needs nothing in between, and which the grammar does not know
        again = _parser().parse(marked.encode()).root_node
        at = [found.end(1) for found in _CLOSED.finditer(text)]
        if not again.has_error and all(_is_separator(again, offset) for offset in at):
            source, root = marked.encode(), again
    if root.has_error:
        return (NotFollowed(0, "text that is no plain shell"),)
    return _Reader(source, is_ascii=len(source) == len(text)).statements(root.children)


def _is_separator(root: "Node", offset: int) -> bool:
    node = root.descendant_for_byte_range(offset, offset + 1)
    return node is not None and node.type == ";"


def simple_commands(text: str) -> tuple[SimpleCommand, ...] | NotFollowed:
    """Return the commands that run one after the other, each only if those before it succeeded."""
    commands: list[SimpleCommand] = []
    for statement in _in_sequence(read_script(text)):
        if isinstance(statement, NotFollowed):
            return statement
        commands.append(statement)
    return tuple(commands)


def _in_sequence(statements: tuple[Statement, ...]) -> Iterator[SimpleCommand | NotFollowed]:
    for statement in statements:
        match statement:
            case Joined(left=left, operator="&&", right=right):
                yield from _in_sequence((left, right))
            case Joined(start=start):
                yield NotFollowed(start, "what follows || runs only where the command before it fails")
            case Group(start=start, is_subshell=is_subshell):
                yield NotFollowed(start, "a subshell" if is_subshell else "a group of commands")
            case SimpleCommand() as command:
                yield _not_simple(command) or command
            case NotFollowed():
                yield statement
            case _:
                yield NotFollowed(statement.start, WHAT_IN_TEXT[type(statement)])


def _not_simple(command: SimpleCommand) -> NotFollowed | None:
    first = command.words[0].literal if command.words else None
    if first in ("[", "[["):
        return NotFollowed(command.start, "a test")
    if first == "unset":
        return NotFollowed(command.start, "unset")
    for redirect in command.redirects:
        if redirect.text is not None:
            return NotFollowed(command.start, "a here-document")
        is_stream = redirect.target is not None and (redirect.target.literal or "").isdecimal()
        if redirect.operator.endswith("&") and not is_stream:
            return NotFollowed(command.start, f"the redirection {redirect.operator}")
        if redirect.operator.startswith("&"):
            return NotFollowed(command.start, f"the redirection {redirect.operator}")
    if command.redirects and not command.words:
        return NotFollowed(command.start, "a redirection")
    return None


class _Reader(WordReader):
    """Reads statements; their words are the base class's affair."""

    def statements(self, nodes: "list[Node]") -> tuple[Statement, ...]:
        return tuple(self._all(nodes))

    def _all(self, nodes: "list[Node]") -> Iterator[Statement]:
        for node in nodes:
            if node.type not in _SEPARATORS:
                yield self._statement(node)

    def _statement(self, node: "Node") -> Statement:
        start = self.offset(node)
        match node.type:
            case "command":
                return self._command(node)
            case "variable_assignment":
                return SimpleCommand(start, (self.assignment(node),), (), exports=True, is_bare=True)
            case "variable_assignments":
                pairs = tuple(self.assignment(child) for child in node.named_children)
                return SimpleCommand(start, pairs, (), exports=True, is_bare=True)
            case "declaration_command":
                return self._declaration(node)
            case "unset_command" | "test_command":
                return SimpleCommand(start, (), tuple(self._plain_words(node)))
            case "redirected_statement":
                return self._redirected(node)
            case _:
                return self._compound(node, start)

    def _compound(self, node: "Node", start: int) -> Statement:
        match node.type:
            case "list":
                return self._joined(node)
            case "pipeline":
                return Pipeline(start, tuple(self._all([child for child in node.children if child.is_named])))
            case "negated_command":
                return Negated(start, self._statement(node.named_children[0]))
            case "subshell" | "compound_statement":
                return Group(start, tuple(self._all(node.children[1:-1])), node.type == "subshell")
            case "if_statement":
                return self._if(node)
            case "for_statement":
                return self._for(node)
            case "while_statement":
                body = node.child_by_field_name("body")
                condition = node.children_by_field_name("condition")
                return While(start, tuple(self._all(condition)), self._body(body))
            case "case_statement":
                return self._case(node)
            case "function_definition":
                return self._function(node)
            case kind:
                return NotFollowed(start, _WHAT.get(kind, kind.replace("_", " ")))

    def _joined(self, node: "Node") -> Statement:
        left, operator, right = node.children[0], node.children[1].type, node.children[-1]
        if operator not in ("&&", "||") or len(node.children) != 3:
            return NotFollowed(self.offset(node), "text that is no plain shell")
        kind: Literal["&&", "||"] = "&&" if operator == "&&" else "||"
        return Joined(self.offset(node), self._statement(left), kind, self._statement(right))

    def _body(self, node: "Node | None") -> tuple[Statement, ...]:
        return tuple(self._all(node.children[1:-1])) if node else ()

    def _if(self, node: "Node") -> Statement:
        branches: list[tuple[tuple[Statement, ...], tuple[Statement, ...]]] = []
        otherwise: tuple[Statement, ...] = ()
        for part in (node, *node.children):
            if part is not node and part.type == "else_clause":
                otherwise = tuple(self._all(part.children[1:]))
            elif part is node or part.type == "elif_clause":
                then = next(i for i, child in enumerate(part.children) if child.type == "then")
                inside = [child for child in part.children[then + 1 :] if child.is_named]
                own = [child for child in inside if child.type not in ("elif_clause", "else_clause")]
                condition = tuple(self._all(part.children[1:then]))
                branches.append((condition, tuple(self._all(own))))
        return If(self.offset(node), tuple(branches), otherwise)

    def _for(self, node: "Node") -> Statement:
        name = node.child_by_field_name("variable")
        has_words = any(child.type == "in" for child in node.children)
        words = tuple(self.word(child) for child in node.children_by_field_name("value"))
        if node.children[0].type != "for" or name is None:
            return NotFollowed(self.offset(node), "a loop that asks")
        body = self._body(node.child_by_field_name("body"))
        return For(self.offset(node), self.text(name), words if has_words else None, body)

    def _case(self, node: "Node") -> Statement:
        subject = node.child_by_field_name("value")
        arms = []
        for item in node.children:
            if item.type == "case_item":
                patterns = item.children_by_field_name("value")
                close = next(i for i, child in enumerate(item.children) if child.type == ")")
                body = [child for child in item.children[close + 1 :] if child.is_named and child.type != "termination"]
                arms.append((tuple(self.text(pattern) for pattern in patterns), tuple(self._all(body))))
                if any(child.type in (";&", ";;&") for child in item.children):
                    return NotFollowed(self.offset(item), "a case that falls through")
        if subject is None:
            return NotFollowed(self.offset(node), "case")
        return Case(self.offset(node), self.word(subject), tuple(arms))

    def _function(self, node: "Node") -> Statement:
        name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
        if name is None or body is None:
            return NotFollowed(self.offset(node), "a function")
        return Function(self.offset(node), self.text(name), (self._statement(body),))

    # ---- simple commands

    def _command(self, node: "Node") -> SimpleCommand | NotFollowed:
        assignments: list[tuple[str, Word]] = []
        words: list[Word] = []
        end = -1
        for child in node.named_children:
            if child.start_byte == end:
                return NotFollowed(self.offset(child), "text in which the words cannot be told apart")
            end = child.end_byte
            match child.type:
                case "variable_assignment":
                    assignments.append(self.assignment(child))
                case "command_name":
                    words.append(self.word(child.named_children[0]))
                case "file_redirect" | "heredoc_redirect" | "herestring_redirect":
                    return NotFollowed(self.offset(child), _WHAT.get(child.type, "a redirection before a command"))
                case "comment":
                    continue
                case _:
                    words.append(self.word(child))
        return SimpleCommand(self.offset(node), tuple(assignments), tuple(words))

    def _plain_words(self, node: "Node") -> Iterator[Word]:
        """Yield the words of `[ … ]` and `unset`, which the grammar reads as more than words."""
        for child in node.children:
            if child.type in _EXPRESSIONS:
                yield from self._plain_words(child)
            elif child.type == "extglob_pattern":
                yield Word((self.text(child),), self.text(child))
            elif child.is_named and child.type not in ("test_operator", "variable_name"):
                yield self.word(child)
            else:
                yield Word((self.text(child),), self.text(child))

    def _declaration(self, node: "Node") -> SimpleCommand | NotFollowed:
        kind = node.children[0].type
        if kind not in ("export", "readonly", "local"):
            return NotFollowed(self.offset(node), self.text(node.children[0]))
        pairs, named = [], []
        for child in node.named_children:
            if child.type == "variable_assignment":
                pairs.append(self.assignment(child))
            elif child.type == "variable_name":
                named.append(self.text(child))
            else:
                return NotFollowed(self.offset(node), f"{kind} with options")
        is_bare = kind != "export"
        return SimpleCommand(
            self.offset(node), tuple(pairs), (), exports=True, is_bare=is_bare, named=() if is_bare else tuple(named)
        )

    def _redirected(self, node: "Node") -> Statement:
        redirects: list[Redirect] = []
        followed_by: list[tuple[str, Node]] = []
        for child in node.children_by_field_name("redirect"):
            found = self._redirect(child, followed_by)
            if isinstance(found, NotFollowed):
                return found
            redirects += found
        body = node.child_by_field_name("body")
        if body is None:
            return SimpleCommand(self.offset(node), (), (), tuple(redirects))
        statement = self._with(self._statement(body), tuple(redirects))
        for operator, right in followed_by:  # behind the word of a here-document the line goes on
            if operator == "|":
                others = [child for child in right.children if child.is_named]
                statement = Pipeline(self.offset(node), (statement, *self._all(others)))
            elif operator in ("&&", "||"):
                kind: Literal["&&", "||"] = "&&" if operator == "&&" else "||"
                statement = Joined(self.offset(node), statement, kind, self._statement(right))
            else:
                return NotFollowed(self.offset(right), "text behind a here-document")
        return statement

    def _with(self, statement: Statement, redirects: tuple[Redirect, ...]) -> Statement:
        """Give redirections to the command that they stand behind: the last of a list or a pipeline."""
        match statement:
            case Joined():
                return replace(statement, right=self._with(statement.right, redirects))
            case Pipeline():
                *others, last = statement.commands
                return replace(statement, commands=(*others, self._with(last, redirects)))
            case Negated():
                return replace(statement, command=self._with(statement.command, redirects))
            case SimpleCommand() | Group() | If() | For() | While() | Case():
                return replace(statement, redirects=(*statement.redirects, *redirects))
            case _:
                return NotFollowed(statement.start, "a redirection")

    def _redirect(self, node: "Node", followed_by: "list[tuple[str, Node]]") -> list[Redirect] | NotFollowed:
        if node.type == "heredoc_redirect":
            return self._heredoc(node, followed_by)
        operator = next((child.type for child in node.children if not child.is_named), "")
        destination = node.child_by_field_name("destination")
        if node.type != "file_redirect" or destination is None or operator not in _FILE_OPERATORS:
            return NotFollowed(self.offset(node), _WHAT.get(node.type, f"the redirection {operator}"))
        descriptor = next((self.text(child) for child in node.children if child.type == "file_descriptor"), "")
        return [Redirect(operator, descriptor, self.word(destination))]

    def _heredoc(self, node: "Node", followed_by: "list[tuple[str, Node]]") -> list[Redirect] | NotFollowed:
        parts = {child.type: child for child in node.children}
        start, end = parts.get("heredoc_start"), parts.get("heredoc_end")
        if start is None or end is None or self.text(end).strip() != self.text(start).strip("'\"\\"):
            return NotFollowed(self.offset(node), "a here-document")
        others: list[Redirect] = []
        operator = ""
        for child in node.children:
            if child.type == "file_redirect":
                found = self._redirect(child, followed_by)
                if isinstance(found, NotFollowed):
                    return found
                others += found
            elif child.type == "pipeline":
                followed_by.append(("|", child))
            elif child.type in ("&&", "||"):
                operator = child.type
            elif operator and child.is_named and not child.type.startswith("heredoc"):
                followed_by.append((operator, child))
                operator = ""
            elif child.is_named and not child.type.startswith(("heredoc", "file_descriptor", "comment")):
                return NotFollowed(self.offset(child), "text behind a here-document")
        text = self._heredoc_text(node, start, end, chomps=node.children[0].type == "<<-" or "<<-" in parts)
        return [Redirect("<<", "", None, text), *others]

    def _heredoc_text(self, node: "Node", start: "Node", end: "Node", *, chomps: bool) -> Word:
        first = self._source.index(b"\n", start.end_byte) + 1
        last = end.start_byte
        raw = self.slice(first, last)
        is_quoted = self.text(start)[:1] in "'\"\\"
        if chomps:
            raw = re.sub(r"(?m)^\t+", "", raw)
            is_plain = is_quoted or not any(mark in raw for mark in "$`\\")
            return Word((raw if is_plain else Unresolved(raw),), raw)
        if is_quoted:
            return Word((raw,), raw)
        body = next((child for child in node.children if child.type == "heredoc_body"), None)
        return self.heredoc(body, first, last)
