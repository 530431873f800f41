"""
The text of a justfile as assignments and recipes.

https://github.com/casey/just/blob/master/GRAMMAR.md
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Literal

from scratchify.analysis.recipe_steps import NotLiteral

_NAME = r"[A-Za-z_][A-Za-z0-9_-]*"
_TOKEN = re.compile(
    rf"""\s*(?:'(?P<raw>[^']*)'|"(?P<string>(?:[^"\\]|\\.)*)"|`(?P<backtick>[^`]+)`|(?P<name>{_NAME})"""
    r"""|(?P<mark>:=|&&|[-:+*/$=@(),\[\]{}!~|?])|(?P<comment>\#.*)|(?P<other>\S))"""
)
_ASSIGNMENT = re.compile(rf"(?:(export)\s+)?({_NAME})\s*:=(.*)")
_SETTING = re.compile(rf"set\s+({_NAME})\s*(?::=(.*))?")
_ALIAS = re.compile(rf"alias\s+({_NAME})\s*:=\s*({_NAME})\s*(?:#.*)?")
_INTERPOLATION = re.compile(r"\{\{\{\{|\{\{((?:[^}]|\}(?!\}))*)\}\}")
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\", "\n": ""}

_NO_MATTER = frozenset(
    "allow-duplicate-recipes allow-duplicate-variables fallback ignore-comments lazy minimum-version no-exit-message "
    "quiet script-interpreter tempdir unstable windows-powershell windows-shell".split()
)
"""Settings that change nothing of what a recipe does on Linux."""

_PLAIN_ATTRIBUTES = frozenset("default doc group linux no-exit-message no-quiet private unix".split())
_OTHER_SYSTEMS = frozenset("android dragonfly freebsd macos netbsd openbsd windows".split())


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of an expression; of a string and a backtick, what is between the quotes."""

    kind: Literal["string", "backtick", "name", "mark"]
    text: str


@dataclass(frozen=True, slots=True)
class Assignment:
    line: int
    tokens: tuple[Token, ...]
    is_exported: bool


@dataclass(frozen=True, slots=True)
class Parameter:
    """`kind` is `+` or `*` where it takes all arguments that are left."""

    name: str
    kind: str = ""
    default: tuple[Token, ...] | None = None
    is_exported: bool = False


@dataclass(frozen=True, slots=True)
class Dependency:
    name: str
    arguments: tuple[tuple[Token, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class BodyLine:
    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Recipe:
    """
    `before` and `after` are the recipes that run around it; `stays`: it runs where just was called.

    `trouble` says what of it is not read, empty where everything is.
    """

    name: str
    line: int
    parameters: tuple[Parameter, ...] = ()
    before: tuple[Dependency, ...] = ()
    after: tuple[Dependency, ...] = ()
    body: tuple[BodyLine, ...] = ()
    stays: bool = False
    is_positional: bool = False
    trouble: str = ""


@dataclass(slots=True)
class Justfile:
    assignments: dict[str, Assignment] = field(default_factory=dict)
    recipes: dict[str, Recipe] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    default: str | None = None
    shell: tuple[str, ...] = ("sh", "-cu")
    exports_all: bool = False
    is_positional: bool = False


def read_justfile(text: str) -> Justfile:
    """Return what a justfile says. Raises NotLiteral where the rest of it hangs on what is not read."""
    file = Justfile()
    lines = [line.rstrip("\r") for line in text.split("\n")]
    attributes: list[str] = []
    at = 0
    while at < len(lines):
        line, number = lines[at], at + 1
        at += 1
        if not line.strip() or line.startswith("#"):
            continue
        if line[0] == "[" and line.rstrip().endswith("]"):
            plain = re.sub(r"'[^']*'|\"[^\"]*\"", "", line.strip()[1:-1])
            attributes += re.findall(rf"(?:^|,)\s*({_NAME})", plain)
            continue
        if _is_item(file, line, number):
            attributes = []
            continue
        recipe = _with_attributes(_header(line, number), attributes)
        end = at
        while end < len(lines) and (not lines[end].strip() or lines[end][0] in " \t"):
            end += 1
        recipe = replace(recipe, body=tuple(_body(lines, at, end)))
        if not set(attributes) & _OTHER_SYSTEMS or set(attributes) & {"linux", "unix"}:
            if file.default is None or "default" in attributes:
                file.default = recipe.name
            file.recipes[recipe.name] = recipe
        attributes, at = [], end
    return file


def _is_item(file: Justfile, line: str, number: int) -> bool:
    """Take a setting, an alias or an assignment; False for what can only be a recipe."""
    if match := _SETTING.fullmatch(line.rstrip()):
        _set(file, match[1], match[2] or "", number)
    elif match := _ALIAS.fullmatch(line.rstrip()):
        file.aliases[match[1]] = match[2]
    elif match := _ASSIGNMENT.fullmatch(line.rstrip()):
        tokens = _tokens(match[3], number)
        if Token("name", "shell") in tokens:
            raise NotLiteral("shell(…) runs a command of its own; write it into a recipe", number)
        file.assignments[match[2]] = Assignment(number, tokens, bool(match[1]))
    elif re.match(r"(import|mod)\??\s", line):
        raise NotLiteral(f"{line.strip()} reads another file, which is not followed; call go build directly", number)
    else:
        return False
    return True


def _set(file: Justfile, name: str, value: str, number: int) -> None:
    tokens = _tokens(value, number)
    is_on = not tokens or tokens == (Token("name", "true"),)
    if name == "shell":
        file.shell = tuple(token.text for token in tokens if token.kind == "string")
    elif name == "export":
        file.exports_all = is_on
    elif name == "positional-arguments":
        file.is_positional = is_on
    elif name not in _NO_MATTER and tokens != (Token("name", "false"),):
        raise NotLiteral(f"set {name} in a justfile is not followed; call go build directly", number)


def _with_attributes(recipe: Recipe, attributes: list[str]) -> Recipe:
    strange = [one for one in attributes if one not in _PLAIN_ATTRIBUTES | {"no-cd", "positional-arguments"}]
    return replace(
        recipe,
        stays="no-cd" in attributes,
        is_positional="positional-arguments" in attributes,
        trouble=f"[{strange[0]}] is not followed" if strange else recipe.trouble,
    )


def _body(lines: list[str], at: int, end: int) -> Iterator[BodyLine]:
    while end > at and not lines[end - 1].strip():
        end -= 1
    first = lines[at] if at < end else ""
    indentation = first[: len(first) - len(first.lstrip())]
    for index in range(at, end):
        yield BodyLine(index + 1, lines[index].removeprefix(indentation) if lines[index].strip() else "")


# ---- headers


def _header(line: str, number: int) -> Recipe:
    """`@NAME PARAMETERS: DEPENDENCIES && DEPENDENCIES`"""
    tokens = [*_tokens(line, number)]
    if tokens and tokens[0] == Token("mark", "@"):
        tokens.pop(0)
    if not tokens or tokens[0].kind != "name" or Token("mark", ":") not in tokens:
        raise NotLiteral(f"{line.strip()[:60]} in a justfile is not read; call go build directly", number)
    name = tokens.pop(0).text
    parameters: list[Parameter] = []
    while tokens[0] != Token("mark", ":"):
        parameters.append(_parameter(tokens, number))
        if not tokens:
            raise NotLiteral(f"the parameters of the recipe {name} are not read; call go build directly", number)
    tokens.pop(0)
    before: list[Dependency] = []
    after: list[Dependency] = []
    found = before
    while tokens:
        if tokens[0] == Token("mark", "&&"):
            tokens.pop(0)
            found = after
        else:
            found.append(_dependency(tokens, number))
    return Recipe(name, number, tuple(parameters), tuple(before), tuple(after))


def _parameter(tokens: list[Token], number: int) -> Parameter:
    kind = tokens.pop(0).text if tokens[0].text in ("+", "*") and tokens[0].kind == "mark" else ""
    is_exported = tokens[:1] == [Token("mark", "$")]
    if is_exported:
        tokens.pop(0)
    if not tokens or tokens[0].kind != "name":
        raise NotLiteral("the parameters of this recipe are not read; call go build directly", number)
    name = tokens.pop(0).text
    default = None
    if tokens[:1] == [Token("mark", "=")]:
        tokens.pop(0)
        default = _value(tokens)
    return Parameter(name, kind, default, is_exported)


def _dependency(tokens: list[Token], number: int) -> Dependency:
    if tokens[0].kind == "name":
        return Dependency(tokens.pop(0).text)
    group = _value(tokens)
    inside = [*group[1:-1]]
    if len(group) < 3 or inside[0].kind != "name":
        raise NotLiteral("the dependencies of this recipe are not read; call go build directly", number)
    name = inside.pop(0).text
    arguments: list[tuple[Token, ...]] = []
    while inside:
        value = _value(inside)
        while inside[:1] in ([Token("mark", "+")], [Token("mark", "/")]):
            value = (*value, inside.pop(0), *_value(inside))
        arguments.append(value)
    return Dependency(name, tuple(arguments))


def _value(tokens: list[Token]) -> tuple[Token, ...]:
    """Take one value off the front: a string, a name, or everything in parentheses; a call with its arguments."""
    found: list[Token] = []
    depth = 0
    while tokens:
        token = tokens.pop(0)
        found.append(token)
        if token.kind == "mark":
            depth += (token.text == "(") - (token.text == ")")
        calls = token.kind == "name" and tokens[:1] == [Token("mark", "(")]
        if depth <= 0 and not calls:
            break
    return tuple(found)


# ---- tokens


def _tokens(text: str, number: int) -> tuple[Token, ...]:
    if "'''" in text or '"""' in text or "```" in text:
        raise NotLiteral("a text over several lines in a justfile is not read; call go build directly", number)
    found: list[Token] = []
    end = len(text.rstrip())
    at = 0
    while at < end:
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup == "other":
            raise NotLiteral(f"{text.strip()[:60]} in a justfile is not read; call go build directly", number)
        at = match.end()
        content = match[match.lastgroup or 0]
        if match.lastgroup == "raw":
            found.append(Token("string", content))
        elif match.lastgroup == "string":
            found.append(Token("string", _unescaped(content, number)))
        elif match.lastgroup == "backtick":
            found.append(Token("backtick", content))
        elif match.lastgroup == "name":
            found.append(Token("name", content))
        elif match.lastgroup == "mark":
            found.append(Token("mark", content))
    return tuple(found)


def _unescaped(text: str, number: int) -> str:
    def character(match: re.Match[str]) -> str:
        if match[1] not in _ESCAPES:
            raise NotLiteral(f"the escape {match[0]} in a justfile is not read; call go build directly", number)
        return _ESCAPES[match[1]]

    return re.sub(r"\\(.)", character, text)


def interpolations(text: str, number: int) -> Iterator[str | tuple[Token, ...]]:
    """Yield the pieces of a line of a recipe: text, and the expressions in `{{ }}`."""
    at = 0
    for match in _INTERPOLATION.finditer(text):
        yield text[at : match.start()]
        yield "{{" if match[1] is None else _tokens(match[1], number)
        at = match.end()
    yield text[at:]
