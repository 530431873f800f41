"""
Compose files: `services.*.build.dockerfile_inline`.

ruamel.yaml says where a scalar stands; what it would print is not asked for. Compose puts variables into every value,
and takes `$$` for a dollar.

https://docs.docker.com/reference/compose-file/build/#dockerfile_inline
https://docs.docker.com/reference/compose-file/interpolation/
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from scratchify.decisions import Refuse
from scratchify.errors import InvalidHost
from scratchify.hosts.dockerfiles import hosted, put_back, refusal
from scratchify.hosts.hosted import Hosted
from scratchify.hosts.placeholders import marked
from scratchify.hosts.spelled_texts import filled
from scratchify.hosts.spelling import Placeholder, Spelled, Unit
from scratchify.hosts.yaml_scalars import Scalar, scalar_text
from scratchify.source import Span

if TYPE_CHECKING:
    from ruamel.yaml.nodes import Node

KEY = "dockerfile_inline"

_VARIABLE = re.compile(r"\$(?:\$|(?P<name>[A-Za-z_]\w*)|\{(?P<braced>[A-Za-z_]\w*)(?::?-(?P<default>[^${}]*))?\})")
_LONE = re.compile(r"\$\$|(\$)")
_PROPERTIES = re.compile(r"(?:[&!]\S*\s+)*")
_TEMPLATE = re.compile(r"\{\{-?\s*[A-Za-z_][^}]*\}\}|\{%.*?%\}")


class ComposeFile:
    """The host of inline Dockerfiles."""

    def dockerfiles(self, text: str) -> tuple[Hosted, ...]:
        return _dockerfiles(text)

    def put_back(self, text: str, number: int, new: str) -> str | Refuse:
        return put_back(self, text, number, new)


@lru_cache(maxsize=4)
def _dockerfiles(text: str) -> tuple[Hosted, ...]:
    if KEY not in text:
        return ()
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    # what it does with a mark at the beginning of a file is not part of what it promises
    bom = text[:1] == "\ufeff"
    found: dict[Span, tuple[Node, list[str]]] = {}
    try:
        for node in YAML(typ="safe", pure=True).compose_all(text[bom:]):
            for scalar, context in _inline(node):
                # its anchor and tag come first
                properties = _PROPERTIES.match(text, scalar.start_mark.index + bom)
                assert properties is not None, "there may be none"
                span = Span(properties.end(), scalar.end_mark.index + bom)
                found.setdefault(span, (scalar, []))[1].append(context)
    except (YAMLError, ValueError, RecursionError) as error:
        # ValueError: an escape that stands for no character
        mark = error.problem_mark if isinstance(error, MarkedYAMLError) else None
        raise InvalidHost("no YAML that can be read", mark.line + 1 if mark else None) from error
    inline = (_hosted(text, span, *found[span]) for span in sorted(found, key=lambda span: span.start))
    return tuple(one for one in inline if one)


def _inline(node: "Node | None") -> Iterator[tuple["Node", str]]:
    """Yield the inline Dockerfiles of a document, each with its build context."""
    for _, service in _pairs(_value(node, "services")):
        build = _value(service, "build")
        inline = _value(build, KEY)
        if inline is not None and isinstance(inline.value, str):
            context = _value(build, "context")
            # without one, the project's folder
            yield inline, context.value if context is not None and isinstance(context.value, str) else "."


def _hosted(text: str, span: Span, node: "Node", contexts: list[str]) -> Hosted | None:
    spelled = scalar_text(text, span, getattr(node, "style", None) or "")
    if spelled is None or spelled.value != node.value.replace("\a", ""):
        start = Span(span.start, span.start + 1)
        whole = Spelled(tuple(Unit(character, start) for character in node.value))
        return hosted(text, "compose", whole, reasons=[refusal(1, "only a YAML parser can read it back")])
    known = tuple(dict.fromkeys(context for context in contexts if "$" not in context))
    filled_in = filled(spelled, _VARIABLE, _put_in)
    if filled_in is None:
        return None
    units = tuple(
        replace(unit, token=replace(unit.token, has_placeholders=True)) if isinstance(unit.token, Scalar) else unit
        for unit in filled_in.units
    )
    return hosted(text, "compose", replace(filled_in, units=units), known, _reasons(spelled.value, known))


def _put_in(match: re.Match[str]) -> str | Placeholder:
    if match[0] == "$$":
        return "$"
    if match["default"] is not None:
        return Placeholder(match[0], match["default"], is_known=True)
    return marked(match[0])


def _reasons(value: str, contexts: tuple[str, ...]) -> Iterator[Refuse]:
    rest = _VARIABLE.sub(lambda variable: " " * len(variable[0]), value)
    for match in (*_LONE.finditer(rest), *_TEMPLATE.finditer(value)):
        line = value.count("\n", 0, match.start()) + 1
        if match[0] == "$":
            yield refusal(line, "a $ that compose does not understand; it takes $$ for one")
        else:
            yield refusal(line, f"{match[0]} looks like a placeholder, and what fills it in is not seen")
    if len(contexts) > 1:
        yield refusal(1, f"services build it from several contexts: {', '.join(contexts)}; give each its own")


def _pairs(node: "Node | None") -> Iterator[tuple[str, "Node"]]:
    """Yield what a map holds, and behind it what `<<` merges into it."""
    if node is None or isinstance(node.value, str):
        return
    merged: list[Node] = []
    for pair in node.value:
        if not isinstance(pair, tuple):
            continue
        key, value = pair
        if key.value == "<<":
            merged += [value] if not value.value or isinstance(value.value[0], tuple) else value.value
        elif isinstance(key.value, str):
            yield key.value, value
    for one in merged:
        yield from _pairs(one)


def _value(node: "Node | None", name: str) -> "Node | None":
    return next((value for key, value in _pairs(node) if key == name), None)
