"""
What strings a Go program works out for certain: constants, joined paths, formatted texts.

An expression is what stands in the source; its value needs the whole program, as constants come from other packages.

https://go.dev/ref/spec#Constant_expressions
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from posixpath import basename, dirname, normpath

MOST_STEPS = 20
"""More constants in a row than this are a circle, or nobody's path."""


@dataclass(frozen=True, slots=True)
class Text:
    """A string literal."""

    text: str


@dataclass(frozen=True, slots=True)
class Named:
    """A constant or variable of a package: its import path, empty for the package that the expression stands in."""

    package: str
    name: str


@dataclass(frozen=True, slots=True)
class Concatenated:
    parts: "tuple[Expression, ...]"


@dataclass(frozen=True, slots=True)
class PathOf:
    """`filepath.Join(…)` and its like: `how` is the function's name."""

    how: str
    parts: "tuple[Expression, ...]"


@dataclass(frozen=True, slots=True)
class Formatted:
    """`fmt.Sprintf(format, …)`."""

    parts: "tuple[Expression, ...]"


@dataclass(frozen=True, slots=True)
class Variable:
    """`os.Getenv(name)`: whoever starts the program decides."""

    name: "Expression"


@dataclass(frozen=True, slots=True)
class OwnBinary:
    """`os.Args[0]` or `os.Executable()`."""


Expression = Text | Named | Concatenated | PathOf | Formatted | Variable | OwnBinary | None
"""None: computed in a way that is not followed."""


@dataclass(frozen=True, slots=True)
class Value:
    """What a string is, or, unless `is_whole`, what it begins with."""

    text: str
    is_whole: bool


UNKNOWN = Value("", is_whole=False)

Lookup = Callable[[Named], tuple[str, Expression]]
"""Returns what a name stands for, and the package that this expression stands in."""


@dataclass(frozen=True, slots=True)
class World:
    """What an evaluation may ask: the names of the program, the variables it starts with, and its own path."""

    lookup: Lookup
    variables: Callable[[str], str | None]
    binary: str | None = None


def evaluate(expression: Expression, package: str, world: World, steps: int = 0) -> Value:
    """Return the value of an expression that stands in the package of this import path."""
    if steps > MOST_STEPS:
        return UNKNOWN

    def inner(part: Expression) -> Value:
        return evaluate(part, package, world, steps + 1)

    match expression:
        case Text(text=text):
            return Value(text, is_whole=True)
        case Named(package=of, name=name):
            home, meant = world.lookup(Named(of or package, name))
            return evaluate(meant, home, world, steps + 1)
        case Concatenated(parts=parts):
            return _beginning(map(inner, parts))
        case PathOf(how="Join", parts=parts):
            return _joined([inner(part) for part in parts])
        case PathOf(how=how, parts=parts):
            return _part_of(how, inner(parts[0]))
        case Formatted(parts=parts):
            return _formatted(inner(parts[0]), [inner(part) for part in parts[1:]])
        case Variable(name=name_of):
            named = inner(name_of)
            value = world.variables(named.text) if named.is_whole else None
            return UNKNOWN if value is None else Value(value, is_whole=True)
        case OwnBinary():
            return Value(world.binary, is_whole=True) if world.binary else UNKNOWN
        case None:
            return UNKNOWN


def _beginning(parts: Iterator[Value]) -> Value:
    text = ""
    for part in parts:
        text += part.text
        if not part.is_whole:
            return Value(text, is_whole=False)
    return Value(text, is_whole=True)


def _joined(parts: list[Value]) -> Value:
    """Join as path/filepath does: empty elements fall away, the result is clean."""
    known: list[str] = []
    for part in parts:
        if not part.is_whole:
            above = f"{clean('/'.join(known))}/" if known else ""
            return Value(above + (part.text.lstrip("/") if known else part.text), is_whole=False)
        if part.text:
            known.append(part.text)
    return Value(clean("/".join(known)) if known else "", is_whole=True)


def clean(path: str) -> str:
    """Return the shortest path that is equivalent: https://pkg.go.dev/path#Clean"""
    return "/" + normpath(path).lstrip("/") if path.startswith("/") else normpath(path)


def _part_of(how: str, value: Value) -> Value:
    if not value.is_whole:
        return value if how in ("Clean", "FromSlash", "ToSlash") else UNKNOWN
    match how:
        case "Dir":
            return Value(clean(dirname(value.text) or "."), is_whole=True)
        case "Base":
            return Value(basename(value.text.rstrip("/")) or ("/" if value.text else "."), is_whole=True)
        case "Clean":
            return Value(clean(value.text), is_whole=True)
        case _:
            return value


def _formatted(template: Value, values: list[Value]) -> Value:
    """Fill `%s` and `%v`; at any other verb the text is not known any more."""
    text, at, given = "", 0, iter(values)
    while (mark := template.text.find("%", at)) != -1:
        text += template.text[at:mark]
        verb = template.text[mark + 1 : mark + 2]
        at = mark + 2
        if verb == "%":
            text += "%"
            continue
        value = next(given, UNKNOWN) if verb in ("s", "v") else UNKNOWN
        text += value.text
        if not value.is_whole:
            return Value(text, is_whole=False)
    return Value(text + template.text[at:], is_whole=template.is_whole)
