"""
Expressions of Python that are a text: literals, and what is done to them where they stand.

https://docs.python.org/3/library/string.html
"""

import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace

import libcst as cst

from scratchify.hosts.placeholders import marked
from scratchify.hosts.python_literals import Literal, literal_of, units_of
from scratchify.hosts.python_names import Names
from scratchify.hosts.spelled_texts import Filling, cleaned, dedented, filled, stripped
from scratchify.hosts.spelling import Placeholder, Spelled, Unit
from scratchify.source import Span

Spans = Mapping[cst.CSTNode, Span]

_FORMAT = re.compile(r"\{\{|\}\}|\{([^{}]*(?:\{[^{}]*\}[^{}]*)*)\}|[{}]")
_PERCENT = re.compile(r"%(?:\((?P<name>[^)]*)\))?[#0 +-]*[\d*]*(?:\.[\d*]+)?[hlL]?(?P<kind>[a-zA-Z%])|%")
_TEMPLATE = re.compile(r"\$(?:(?P<escaped>\$)|(?P<name>[_a-zA-Z]\w*)|\{(?P<braced>[_a-zA-Z]\w*)\}|)", re.ASCII)
_STRIPS = {"strip": (True, True), "lstrip": (True, False), "rstrip": (False, True)}


class Unreadable(Exception):
    """No text that is written here, or one whose value only Python would know."""


class Reader:
    """Reads expressions of one file."""

    def __init__(self, file: str, spans: Spans, names: Names, code: cst.Module) -> None:
        self._file = file
        self._spans = spans
        self._names = names
        self._module = code

    def text(self, node: cst.CSTNode) -> Spelled:
        """Return the text that an expression is. Raises Unreadable."""
        match node:
            case cst.SimpleString():
                return self._literal(node)
            case cst.FormattedString():
                return self._formatted(node)
            case cst.ConcatenatedString():
                return _concatenated(self.text(node.left), self.text(node.right))
            case cst.BinaryOperation(operator=cst.Add()):
                return _concatenated(self._operand(node.left), self._operand(node.right))
            case cst.BinaryOperation(operator=cst.Modulo()) | cst.Call():
                return self.applied(node)
            case _:
                raise Unreadable

    def applied(self, node: cst.BaseExpression, inner: Spelled | None = None) -> Spelled:
        """Return what an expression makes of a text, which is `inner` where it is known already. Raises Unreadable."""
        match node:
            case cst.BinaryOperation(operator=cst.Modulo()):
                return self._percent(inner or self.text(node.left), node.right)
            case cst.Call(func=cst.Attribute(value=base, attr=cst.Name(value=method)), args=arguments):
                if method in ("dedent", "cleandoc") and len(arguments) == 1:
                    return _trimmed(method, inner or self.text(arguments[0].value))
                if method == "join" and inner is None:
                    return self._joined(base, arguments)
                if f"{_dotted(base)}.{method}" in self._names.templates and len(arguments) == 1:
                    return self._template(inner or self.text(arguments[0].value), ())
                return self._method(inner, base, method, arguments)
            case cst.Call(func=cst.Name(value=name), args=arguments) if len(arguments) == 1:
                if name in ("dedent", "cleandoc"):
                    return _trimmed(name, inner or self.text(arguments[0].value))
                if name in self._names.templates:
                    return self._template(inner or self.text(arguments[0].value), ())
                raise Unreadable
            case _:
                raise Unreadable

    def source(self, node: cst.CSTNode) -> str:
        return self._module.code_for_node(node)

    # ---- literals

    def _literal(self, node: cst.SimpleString) -> Spelled:
        literal, content = literal_of(self._file, self._spans[node])
        return Spelled((*self._units(content, literal), _end(content, literal)))

    def _formatted(self, node: cst.FormattedString) -> Spelled:
        literal, content = literal_of(self._file, self._spans[node])
        units: list[Unit] = []
        at = content.start
        for part in node.parts:
            span = Span(at, at + len(self.source(part)))
            at = span.end
            if isinstance(part, cst.FormattedStringExpression):
                units.append(_put(self._expression(part), span, literal))
            else:
                units += self._units(span, literal)
        return Spelled((*units, _end(content, literal)))

    def _units(self, span: Span, literal: Literal) -> tuple[Unit, ...]:
        try:
            return tuple(units_of(self._file, span, literal))
        except ValueError as error:  # an escape that stands for no character
            raise Unreadable from error

    def _expression(self, part: cst.FormattedStringExpression) -> Placeholder:
        shown = self.source(part)
        is_plain = part.conversion is None and part.format_spec is None and part.equal is None
        if is_plain and isinstance(part.expression, cst.Name) and (known := self._named(shown, part.expression.value)):
            return known
        is_number = bool(part.format_spec) and self.source(part).removesuffix("}").endswith("d")
        return marked(shown, is_repeatable=_is_repeatable(part.expression), is_number=is_number)

    def _named(self, shown: str, name: str) -> Placeholder | None:
        if (value := self._names.values.get(name)) is not None:
            return Placeholder(shown, value, is_known=True)
        if (value := self._names.defaults.get(name)) is not None:
            return Placeholder(shown, value, is_known=True)
        return None

    # ---- several of them

    def _operand(self, node: cst.BaseExpression) -> Spelled:
        """Return a part of a sum; what is no literal is put in."""
        try:
            return self.text(node)
        except Unreadable:
            return Spelled((_put(self._put_in(node), self._spans[node], None),))

    def _put_in(self, node: cst.BaseExpression) -> Placeholder:
        shown = self.source(node)
        known = self._named(shown, node.value) if isinstance(node, cst.Name) else None
        return known or marked(shown, is_repeatable=_is_repeatable(node))

    def _joined(self, base: cst.BaseExpression, arguments: Sequence[cst.Arg]) -> Spelled:
        """Return what `"…".join` makes of a list of literals."""
        separator = self.text(base).value
        match arguments:
            case [cst.Arg(value=cst.List(elements=elements) | cst.Tuple(elements=elements))] if elements:
                pass
            case _:
                raise Unreadable
        units: list[Unit] = []
        for element in elements:
            span = self._spans[element]
            if units:
                units.append(Unit(separator, Span(span.start, span.start)))
            if isinstance(element, cst.StarredElement):
                units.append(_put(self._put_in(element.value), span, None))
            else:
                units += self._operand(element.value).units
        is_lines = separator == "\n"
        if not is_lines and len(separator) > 1:
            raise Unreadable
        return Spelled(tuple(units), is_joined=is_lines)

    # ---- what is done to them

    def _method(
        self, inner: Spelled | None, base: cst.BaseExpression, method: str, arguments: Sequence[cst.Arg]
    ) -> Spelled:
        if method in ("substitute", "safe_substitute"):
            template = self._template_of(base) if inner is None else inner
            if any(unit.token and "template" in unit.token.manner.split() for unit in template.units):
                return _with_values(template, self._given(arguments))
            return self._template(template, arguments)
        text = inner or self.text(base)
        if method == "encode":
            return text
        if method in _STRIPS and len(arguments) <= 1:
            start, end = _STRIPS[method]
            if not arguments:
                return stripped(text, start=start, end=end)
            return stripped(text, start=start, end=end, characters=self.text(arguments[0].value).value)
        if method == "format":
            return self._format(text, arguments)
        if method == "replace" and len(arguments) == 2:
            return self._replaced(text, arguments[0].value, arguments[1].value)
        raise Unreadable

    def _template_of(self, base: cst.BaseExpression) -> Spelled:
        match base:
            case cst.Call(func=function, args=[argument]) if _dotted(function) in self._names.templates:
                return self.text(argument.value)
            case _:
                raise Unreadable

    def _given(self, arguments: Sequence[cst.Arg]) -> dict[str, str]:
        """Return the values of arguments that are written out, by their names or their numbers."""
        found: dict[str, str] = {}
        for index, argument in enumerate(arguments):
            if not argument.star and (value := self._constant(argument.value)) is not None:
                found[argument.keyword.value if argument.keyword else str(index)] = value
        return found

    def _constant(self, node: cst.CSTNode) -> str | None:
        if isinstance(node, cst.Name):
            return self._names.values.get(node.value)
        return constant(node)

    def _format(self, text: Spelled, arguments: Sequence[cst.Arg]) -> Spelled:
        given = self._given(arguments)
        count = 0

        def value(match: re.Match[str]) -> str | Placeholder:
            nonlocal count
            if match[0] in ("{{", "}}"):
                return match[0][0]
            if match[1] is None:
                raise Unreadable  # a brace that str.format refuses
            name, mark, how = match[1].partition(":")
            if not name:
                count += 1
            key = name or str(count - 1)
            if not mark and key in given:
                return Placeholder(match[0], given[key], is_known=True, is_repeatable=bool(name))
            order = 0 if name else count
            return marked(match[0], is_repeatable=bool(name), is_number=how.endswith("d"), order=order)

        return _filled(text, _FORMAT, value, "format")

    def _percent(self, text: Spelled, right: cst.BaseExpression) -> Spelled:
        given = self._on_the_right(right)
        count = 0

        def value(match: re.Match[str]) -> str | Placeholder:
            nonlocal count
            kind, name = match["kind"], match["name"]
            if kind == "%":
                return "%"
            if kind is None or "*" in match[0]:
                raise Unreadable
            if name is None:
                count += 1
            key = str(count - 1) if name is None else name
            is_plain = kind == "s" or (kind == "d" and given.get(key, "").isdecimal())
            if is_plain and key in given and match[0] in (f"%{kind}", f"%({name}){kind}"):
                return Placeholder(match[0], given[key], is_known=True, is_repeatable=name is not None)
            order = count if name is None else 0
            return marked(match[0], is_repeatable=name is not None, is_number=kind in "di", order=order)

        return _filled(text, _PERCENT, value, "percent")

    def _on_the_right(self, right: cst.BaseExpression) -> dict[str, str]:
        """Return what is written out of the values behind `%`, by their names or their numbers."""
        match right:
            case cst.Tuple(elements=elements):
                values: dict[str, cst.BaseExpression] = {str(index): one.value for index, one in enumerate(elements)}
            case cst.Dict(elements=elements):
                named = (one for one in elements if isinstance(one, cst.DictElement))
                values = {name: one.value for one in named if (name := constant(one.key))}
            case _:
                values = {"0": right}
        return {name: found for name, value in values.items() if (found := self._constant(value)) is not None}

    def _template(self, text: Spelled, arguments: Sequence[cst.Arg]) -> Spelled:
        given = self._given(arguments)

        def value(match: re.Match[str]) -> str | Placeholder:
            name = match["name"] or match["braced"]
            if match["escaped"] or not name:
                return "$"
            return Placeholder(match[0], given[name], is_known=True) if name in given else marked(match[0])

        return _filled(text, _TEMPLATE, value, "template")

    def _replaced(self, text: Spelled, old: cst.BaseExpression, new: cst.BaseExpression) -> Spelled:
        """Return a text with what is put in for a word of it."""
        needle = constant(old)
        if not needle or needle.isspace():
            raise Unreadable
        value = self._constant(new)
        placeholder = Placeholder(needle, value, is_known=True) if value is not None else marked(needle)
        return _filled(text, re.compile(re.escape(needle)), lambda _: placeholder, "")


def constant(node: cst.CSTNode) -> str | None:
    """Return the text of a literal as it is put into another one: of a string, or of a whole number."""
    match node:
        case cst.SimpleString() | cst.ConcatenatedString():
            return _evaluated(node)
        case cst.Integer(value=digits) if digits.isdecimal():
            return digits
        case _:
            return None


def _evaluated(node: cst.SimpleString | cst.ConcatenatedString) -> str | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of escapes that Python would rather not see
            value = node.evaluated_value
    except (SyntaxError, ValueError):
        return None
    return value if isinstance(value, str) else None


def _trimmed(how: str, text: Spelled) -> Spelled:
    if how == "dedent":
        return dedented(text)
    if "\t" in text.value:
        raise Unreadable  # cleandoc makes spaces of tabs
    return cleaned(text)


def _filled(text: Spelled, pattern: re.Pattern[str], value: Filling, name: str) -> Spelled:
    found = filled(text, pattern, value, name)
    if found is None:
        raise Unreadable
    return found


def _with_values(template: Spelled, given: dict[str, str]) -> Spelled:
    """Return a template with the values that are given for its names."""
    units = []
    for unit in template.units:
        name = unit.placeholder.shown.strip("${}") if unit.placeholder else ""
        if name in given:
            assert unit.placeholder is not None
            unit = replace(
                unit, value=given[name], placeholder=replace(unit.placeholder, value=given[name], is_known=True)
            )
        units.append(unit)
    return replace(template, units=tuple(units))


def _concatenated(left: Spelled, right: Spelled) -> Spelled:
    if left.is_joined and right.value == "\n" and not right.is_joined:
        # the end of the last line is written apart from it
        ends = (replace(unit, token=None) for unit in right.units if unit.value)
        return replace(left, units=(*left.units, *ends))
    if left.margin != right.margin:
        raise Unreadable
    return Spelled((*left.units, *right.units), margin=left.margin)


def _end(content: Span, literal: Literal) -> Unit:
    """Return the place where a literal ends, which an empty one has too."""
    return Unit("", Span(content.end, content.end), literal)


def _put(placeholder: Placeholder, span: Span, literal: Literal | None) -> Unit:
    return Unit(placeholder.value, span, literal, placeholder)


def _is_repeatable(node: cst.BaseExpression) -> bool:
    """Say whether an expression may be evaluated twice: a name, or an attribute of one."""
    return isinstance(node, cst.Name) or (isinstance(node, cst.Attribute) and _is_repeatable(node.value))


def _dotted(node: cst.BaseExpression) -> str:
    match node:
        case cst.Name(value=name):
            return name
        case cst.Attribute(value=base, attr=cst.Name(value=name)):
            return f"{_dotted(base)}.{name}"
        case _:
            return ""
