"""
Python source: string literals whose value is a Dockerfile, whatever they are called and used for.

LibCST reads the file; nothing is printed again but what changes.

https://libcst.readthedocs.io/
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import lru_cache

import libcst as cst
from libcst.metadata import ByteSpanPositionProvider, MetadataWrapper

from scratchify.decisions import Refuse
from scratchify.errors import InvalidHost
from scratchify.hosts.dockerfiles import hosted, put_back, refusal
from scratchify.hosts.hosted import Hosted
from scratchify.hosts.python_names import names_in
from scratchify.hosts.python_texts import Reader, Unreadable, constant
from scratchify.hosts.spelling import Spelled
from scratchify.source import Span

_TEXTS = (cst.SimpleString, cst.FormattedString, cst.ConcatenatedString, cst.BinaryOperation, cst.Call)
_WHOLE = (*_TEXTS, cst.SimpleStatementLine, cst.FunctionDef, cst.ClassDef)
_CONTEXTS = frozenset({"context", "path", "location"})
_WORD = re.compile(r"\bgo\b|golang|\bgo1\.", re.IGNORECASE)
_FROM = re.compile(r"from", re.IGNORECASE)
_NO_UTF_8 = re.compile("[\ud800-\udfff]")

# What other programs would put something in for; where none is seen in the file, nobody knows what.
_FILLED_ELSEWHERE = re.compile(
    r"(?<![$\w{])\{[A-Za-z_][\w.]*\}(?!\})|%\([A-Za-z_]\w*\)[sd]|\{\{-?\s*[A-Za-z_][^}]*\}\}|\{%.*?%\}"
)

Ancestors = tuple[cst.CSTNode, ...]


class PythonSource:
    """The host of string literals."""

    def dockerfiles(self, text: str) -> tuple[Hosted, ...]:
        return _dockerfiles(text)

    def put_back(self, text: str, number: int, new: str) -> str | Refuse:
        return put_back(self, text, number, new)


@lru_cache(maxsize=4)
def _dockerfiles(text: str) -> tuple[Hosted, ...]:
    if not (_WORD.search(text) and _FROM.search(text)):
        return ()
    if odd := _NO_UTF_8.search(text):
        raise InvalidHost("bytes that are no UTF-8", text.count("\n", 0, odd.start()) + 1)
    try:
        module = cst.parse_module(text)
        if module.code != text:
            raise InvalidHost("this Python cannot be read without loss")
        return tuple(_File(text, module).found())
    except cst.ParserSyntaxError as error:
        raise InvalidHost("no Python that can be read", error.raw_line) from error
    except RecursionError as error:
        raise InvalidHost("nested too deeply to be read") from error


class _File:
    """One file that parses."""

    def __init__(self, text: str, module: cst.Module) -> None:
        self._text = text
        self._module = module
        self._spans = _spans(text, module)
        self._names = names_in(text)
        self._reader = Reader(text, self._spans, self._names, module)

    def found(self) -> Iterator[Hosted]:
        yield from self._below(self._module, ())

    def _below(self, node: cst.CSTNode, ancestors: Ancestors) -> Iterator[Hosted]:
        if isinstance(node, _WHOLE):
            said = self._spans[node].of(self._text)
            if not (_WORD.search(said) and _FROM.search(said)):
                return
        if isinstance(node, _TEXTS) and (found := self._dockerfile(node, ancestors)):
            yield found
            return
        for child in node.children:
            yield from self._below(child, (*ancestors, node))

    def _dockerfile(self, node: cst.CSTNode, ancestors: Ancestors) -> Hosted | None:
        try:
            spelled = self._reader.text(node)
        except Unreadable:
            return None
        name = _name_of(ancestors)
        uses = list(_uses(self._module, name, ())) if name else []
        filled = self._used(spelled, [use[-1] for use in uses if use])
        contexts = dict.fromkeys(context for path in (ancestors, *uses) for context in _contexts((*path, node)))
        reasons = list(self._unseen(filled))
        if name not in self._names.once and filled.value != spelled.value:
            reasons.append(
                refusal(1, f"{name} is given other values too, and something is put in; use a name of its own")
            )
        return hosted(self._text, "python", filled, tuple(contexts), reasons)

    def _used(self, spelled: Spelled, uses: list[cst.CSTNode]) -> Spelled:
        """Return a text that has a name as it is used; where that differs, without the values that are put in."""
        texts = list(self._applied(spelled, uses))
        if len({text.value for text in texts}) > 1:
            texts = list(self._applied(spelled, [_with_nothing(use) for use in uses]))
        return texts[0] if texts else spelled

    def _applied(self, spelled: Spelled, uses: list[cst.CSTNode]) -> Iterator[Spelled]:
        for use in uses:
            if isinstance(use, cst.BaseExpression):
                with suppress(Unreadable):
                    yield self._reader.applied(use, spelled)

    def _unseen(self, spelled: Spelled) -> Iterator[Refuse]:
        if any(unit.token and unit.token.has_placeholders for unit in spelled.units):
            return
        for match in _FILLED_ELSEWHERE.finditer(spelled.value):
            line = spelled.value.count("\n", 0, match.start()) + 1
            yield refusal(line, f"{match[0]} looks like a placeholder, and what fills it in is not seen")


def _spans(text: str, module: cst.Module) -> Mapping[cst.CSTNode, Span]:
    """Return where each node stands, in characters."""
    found = MetadataWrapper(module, unsafe_skip_copy=True).resolve(ByteSpanPositionProvider)
    if text.isascii():
        return {node: Span(span.start, span.start + span.length) for node, span in found.items()}
    offsets: dict[int, int] = {}
    at = 0
    for index, character in enumerate(text):
        offsets[at] = index
        at += len(character.encode("utf-8", "surrogatepass"))
    offsets[at] = len(text)
    return {
        node: Span(offsets[span.start], offsets[span.start + span.length])
        for node, span in found.items()
        if span.start in offsets and span.start + span.length in offsets
    }


def _name_of(ancestors: Ancestors) -> str | None:
    """Return the name that a value is given."""
    match ancestors[-1:]:
        case [cst.Assign(targets=[cst.AssignTarget(target=target)])] | [cst.AnnAssign(target=target)]:
            return _last_name(target)
        case _:
            return None


def _last_name(node: cst.CSTNode) -> str | None:
    match node:
        case cst.Name(value=name) | cst.Attribute(attr=cst.Name(value=name)):
            return name
        case _:
            return None


def _uses(node: cst.CSTNode, name: str, ancestors: Ancestors) -> Iterator[Ancestors]:
    """Yield the expressions that use a name, each with what is around it; the innermost is the last."""
    if _last_name(node) == name and ancestors:
        outer = ancestors[-1]
        if isinstance(outer, cst.Arg | cst.Attribute) and len(ancestors) > 1:
            outer, ancestors = ancestors[-2], ancestors[:-1]
        if not isinstance(outer, cst.AssignTarget | cst.AnnAssign):
            yield ancestors
        return
    for child in node.children:
        yield from _uses(child, name, (*ancestors, node))


def _with_nothing(use: cst.CSTNode) -> cst.CSTNode:
    """Return an expression without the values that it puts in."""
    match use:
        case cst.Call(func=cst.Attribute(attr=cst.Name(value="format" | "substitute" | "safe_substitute"))):
            return use.with_changes(args=[])
        case cst.BinaryOperation():
            return use.with_changes(right=cst.Name("_"))
        case _:
            return use


def _contexts(ancestors: Ancestors) -> Iterator[str]:
    """Yield the build context that the nearest call names, which gets a text at any depth."""
    for node in reversed(ancestors):
        if isinstance(node, cst.FunctionDef | cst.ClassDef):
            return
        found = [context for name, value in _named(node) if name in _CONTEXTS and (context := _context(value))]
        if found:
            yield from found
            return


def _named(node: cst.CSTNode) -> Iterator[tuple[str, cst.BaseExpression]]:
    """Yield the arguments of a call, or the values of a dict, by their names."""
    match node:
        case cst.Call(args=arguments):
            yield from ((one.keyword.value, one.value) for one in arguments if one.keyword)
        case cst.Dict(elements=elements):
            for element in elements:
                if isinstance(element, cst.DictElement) and (name := constant(element.key)):
                    yield name, element.value
        case _:
            pass


def _context(value: cst.BaseExpression) -> str | None:
    found = constant(value)
    if found is not None:
        return found
    return next((context for name, inner in _named(value) if name in _CONTEXTS and (context := constant(inner))), None)
