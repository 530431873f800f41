"""
A magefile as far as it is literal: the commands that a target runs.

https://magefile.org/magefiles/
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

from scratchify.analysis.recipe_steps import NotLiteral, Step, Surroundings

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

_ADVICE = "; call go build directly"
_MAGE = "github.com/magefile/mage/"
_RUN = frozenset({"Run", "RunV"})
_RUN_WITH = frozenset({"RunWith", "RunWithV"})
_DEPENDENCIES = frozenset({"Deps", "SerialDeps"})
_WITH_CONTEXT = frozenset({"CtxDeps", "SerialCtxDeps"})
_PRINT = frozenset({"Print", "Printf", "Println"})
_HARMLESS_AT_START = frozenset({(_MAGE + "sh", "RunCmd"), (_MAGE + "sh", "OutCmd"), ("os", "Getenv")})
_VARIABLE = re.compile(r"\$(?:(\w+)|\{(\w+)\}|)")


@dataclass(frozen=True, slots=True)
class _Function:
    path: str
    node: "Node"
    imports: Mapping[str, str]


@cache
def _parser() -> "Parser":
    import tree_sitter_go
    from tree_sitter import Language, Parser

    return Parser(Language(tree_sitter_go.language()))


def steps_of_magefiles(
    sources: Mapping[str, bytes], targets: Sequence[str], surroundings: Surroundings
) -> Iterator[Step]:
    """Yield what mage runs for its targets; `sources` are the magefiles by their paths. Raises NotLiteral."""
    run = _Run(surroundings)
    for path, source in sources.items():
        run.read(path, source)
    first = next(iter(sources))
    if not targets and not run.default:
        return  # mage lists its targets
    for target in targets or (run.default,):
        found = [name for name in run.functions if name.lower() == target.lower() and name[:1].isupper()]
        if len(found) != 1:
            raise NotLiteral(f"mage {target}: the magefiles have no such function{_ADVICE}", 1, first)
        yield from run.function(found[0])


@dataclass(slots=True)
class _Run:
    """One call of mage."""

    surroundings: Surroundings
    functions: dict[str, _Function] = field(default_factory=dict)
    default: str = ""
    done: set[str] = field(default_factory=set)

    # ---- declarations

    def read(self, path: str, source: bytes) -> None:
        imports: dict[str, str] = {}
        for node in _parser().parse(source).root_node.children:
            match node.type:
                case "import_declaration":
                    if "mage:import" in _text(node):
                        raise _not_read("mage:import", node, path)
                    imports |= _imports(node)
                case "function_declaration":
                    name = _text(node.child_by_field_name("name"))
                    if name == "init":
                        raise NotLiteral(
                            f"init runs before every target, and is not followed{_ADVICE}", _line(node), path
                        )
                    self.functions[name] = _Function(path, node, imports)
                case "var_declaration":
                    self._variables(node, path, imports)
                case _:
                    pass

    def _variables(self, node: "Node", path: str, imports: Mapping[str, str]) -> None:
        """What a package's variables begin with runs before every target."""
        for spec in _below(node, "var_spec"):
            names = [_text(name) for name in spec.children_by_field_name("name")]
            value = spec.child_by_field_name("value")
            if names == ["Default"] and value:
                self.default = _text(value)
            for call in _below(value, "call_expression") if value else ():
                if _called(call, imports) not in _HARMLESS_AT_START:
                    raise _not_read(_text(call), call, path)

    # ---- functions

    def function(self, name: str) -> Iterator[Step]:
        function = self.functions[name]
        parameters = _below(function.node.child_by_field_name("parameters"), "parameter_declaration")
        if any(_text(one.child_by_field_name("type")) != "context.Context" for one in parameters):
            why = f"{name} takes arguments, which is not followed{_ADVICE}"
            raise NotLiteral(why, _line(function.node), function.path)
        body = function.node.child_by_field_name("body")
        for statement in _statements(body):
            yield from self._statement(statement, function)

    def _statement(self, node: "Node", function: _Function) -> Iterator[Step]:
        match node.type:
            case "expression_statement":
                yield from self._call(node.named_children[0], function)
            case "return_statement":
                for value in _unfolded(node.named_children):
                    if value.type != "nil":
                        yield from self._call(value, function)
            case "if_statement" if (call := _checked(node)) is not None:
                yield from self._call(call, function)
            case _:
                raise _not_read(_text(node), node, function.path)

    def _call(self, node: "Node", function: _Function) -> Iterator[Step]:
        package, name = _called(node, function.imports)
        arguments = [one for one in _children(node.child_by_field_name("arguments")) if one.type != "comment"]
        if package == _MAGE + "sh" and name in _RUN:
            yield self._command(arguments, {}, node, function)
        elif package == _MAGE + "sh" and name in _RUN_WITH and arguments:
            yield self._command(arguments[1:], _map(arguments[0], function.path), node, function)
        elif package == _MAGE + "mg" and name in _DEPENDENCIES | _WITH_CONTEXT:
            for argument in arguments[name in _WITH_CONTEXT :]:
                yield from self._dependency(argument, function)
        elif package == "fmt" and name in _PRINT and all(_is_string(one) for one in arguments):
            return
        else:
            raise _not_read(_text(node), node, function.path)

    def _dependency(self, node: "Node", function: _Function) -> Iterator[Step]:
        """What is depended on runs once."""
        name = _text(node)
        if node.type != "identifier" or name not in self.functions:
            raise _not_read(name, node, function.path)
        if name not in self.done:
            self.done.add(name)
            yield from self.function(name)

    def _command(
        self, arguments: "Sequence[Node]", environment: Mapping[str, str], node: "Node", function: _Function
    ) -> Step:
        words = tuple(self._expanded(_string(one, function.path), environment, one, function.path) for one in arguments)
        if not words:
            raise _not_read(_text(node), node, function.path)
        return Step(function.path, _line(node), self.surroundings.folder, words=words, environment=environment)

    def _expanded(self, text: str, environment: Mapping[str, str], node: "Node", path: str) -> str:
        """Replace `$NAME` as os.Expand does: by nothing where it is not set."""

        def value(match: re.Match[str]) -> str:
            name = match[1] or match[2] or ""
            found = environment.get(name, self.surroundings.environment.get(name, ""))
            if not name or found is None:
                raise _not_read(_text(node), node, path)
            return found

        return _VARIABLE.sub(value, text)


# ---- nodes


def _not_read(what: str, node: "Node", path: str) -> NotLiteral:
    shown = " ".join(what.split())
    shown = f"{shown[:60]}…" if len(shown) > 60 else shown
    return NotLiteral(f"{shown} in a magefile is not followed{_ADVICE}", _line(node), path)


def _text(node: "Node | None") -> str:
    return (node.text or b"").decode("utf-8", "replace") if node else ""


def _line(node: "Node") -> int:
    return node.start_point[0] + 1


def _children(node: "Node | None") -> "list[Node]":
    return list(node.named_children) if node else []


def _below(node: "Node | None", kind: str) -> "Iterator[Node]":
    if node is None:
        return
    if node.type == kind:
        yield node
    for child in node.children:
        yield from _below(child, kind)


def _unfolded(nodes: "Sequence[Node]") -> "Iterator[Node]":
    for node in nodes:
        if node.type == "expression_list":
            yield from _unfolded(node.named_children)
        elif node.type != "comment":
            yield node


def _statements(block: "Node | None") -> "Iterator[Node]":
    for node in _children(block):
        if node.type == "statement_list":
            yield from _statements(node)
        elif node.type != "comment":
            yield node


def _checked(node: "Node") -> "Node | None":
    """Return the call of `if err := CALL; err != nil { return err }`."""
    begins = node.child_by_field_name("initializer")
    condition = _text(node.child_by_field_name("condition")).replace(" ", "")
    inside = [_text(one) for one in _statements(node.child_by_field_name("consequence"))]
    if begins is None or begins.type != "short_var_declaration" or node.child_by_field_name("alternative"):
        return None
    name = _text(begins.child_by_field_name("left"))
    if condition != f"{name}!=nil" or inside != [f"return {name}"]:
        return None
    return next(_unfolded(_children(begins.child_by_field_name("right"))), None)


def _called(node: "Node", imports: Mapping[str, str]) -> tuple[str, str]:
    """Return the import path and the name of what is called; empty where it is no function of a package."""
    function = node.child_by_field_name("function") if node.type == "call_expression" else None
    if function is None or function.type != "selector_expression":
        return "", ""
    package = imports.get(_text(function.child_by_field_name("operand")), "")
    return package, _text(function.child_by_field_name("field"))


def _imports(node: "Node") -> dict[str, str]:
    found: dict[str, str] = {}
    for spec in _below(node, "import_spec"):
        path = _text(spec.child_by_field_name("path"))[1:-1]
        found[_text(spec.child_by_field_name("name")) or path.rpartition("/")[2]] = path
    return found


def _is_string(node: "Node") -> bool:
    return node.type in ("interpreted_string_literal", "raw_string_literal")


def _string(node: "Node", path: str) -> str:
    text = _text(node)
    if node.type == "raw_string_literal":
        return text[1:-1].replace("\r", "")
    try:
        return str(json.loads(text)) if node.type == "interpreted_string_literal" else _refuse(node, path)
    except ValueError:
        return _refuse(node, path)


def _refuse(node: "Node", path: str) -> str:
    raise _not_read(_text(node), node, path)


def _map(node: "Node", path: str) -> dict[str, str]:
    """Return a literal `map[string]string{"NAME": "value"}`."""
    if node.type == "nil":
        return {}
    if node.type != "composite_literal" or _text(node.child_by_field_name("type")) != "map[string]string":
        raise _not_read(_text(node), node, path)
    found: dict[str, str] = {}
    for element in _below(node.child_by_field_name("body"), "keyed_element"):
        texts = [one.named_children[0] if one.type == "literal_element" else one for one in element.named_children]
        key, content = (_string(one, path) for one in texts)
        found[key] = content
    return found
