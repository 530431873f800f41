"""
Expressions of Go source, taken from the tree: what an argument says, as far as it can be followed.

A local variable is followed where its function binds the name once and never takes its address; parameters and fields
are not followed.

https://go.dev/ref/spec#Declarations_and_scope
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING

from scratchify.analysis.go_values import (
    Concatenated,
    Expression,
    Formatted,
    Named,
    OwnBinary,
    PathOf,
    Text,
    Variable,
)

if TYPE_CHECKING:
    from tree_sitter import Language, Node, Query

_BINDINGS = """
(short_var_declaration left: (expression_list (identifier) @name))
(assignment_statement left: (expression_list (identifier) @name))
(range_clause left: (expression_list (identifier) @name))
(receive_statement left: (expression_list (identifier) @name))
(var_spec name: (identifier) @name)
(const_spec name: (identifier) @name)
(parameter_declaration name: (identifier) @name)
(variadic_parameter_declaration name: (identifier) @name)
(type_switch_statement alias: (expression_list (identifier) @name))
(inc_statement (identifier) @name)
(unary_expression operator: "&" operand: (identifier) @name)
"""
_FUNCTIONS = frozenset({"function_declaration", "method_declaration"})
_BLOCKS = frozenset(
    "block communication_case default_case expression_case expression_switch_statement for_statement func_literal "
    "function_declaration if_statement method_declaration source_file type_case type_switch_statement".split()
)
_PATHS = frozenset({"Base", "Clean", "Dir", "FromSlash", "Join", "ToSlash"})
_FIRST_RESULTS = frozenset({("os/exec", "LookPath"), ("path/filepath", "Abs"), ("path/filepath", "EvalSymlinks")})
"""Functions whose first result is, for whoever looks for a file, what they were given."""


@cache
def language() -> "Language":
    import tree_sitter_go
    from tree_sitter import Language

    return Language(tree_sitter_go.language())


@cache
def _bindings() -> "Query":
    from tree_sitter import Query

    return Query(language(), _BINDINGS)


def text_of(node: "Node") -> str:
    return (node.text or b"").decode("utf-8", "replace")


class Scope:
    """The names of one file: imports by the names that they have there, and the local names of each function."""

    def __init__(self, imports: Mapping[str, str]) -> None:
        self.imports = imports
        self._functions: dict[int, dict[str, list[Node]]] = {}

    def expression(self, node: "Node | None", depth: int = 0) -> Expression:
        """Return what an expression says."""
        if node is None or depth > MOST_DEEP:
            return None
        match node.type:
            case "interpreted_string_literal" | "raw_string_literal":
                text = text_of(node)[1:-1]
                return None if "\\" in text and node.type == "interpreted_string_literal" else Text(text)
            case "parenthesized_expression":
                return self.expression(next(iter(node.named_children), None), depth + 1)
            case "binary_expression":
                operator = node.child_by_field_name("operator")
                if operator is None or operator.type != "+":
                    return None
                sides = (node.child_by_field_name("left"), node.child_by_field_name("right"))
                return Concatenated(tuple(self.expression(side, depth + 1) for side in sides))
            case "identifier":
                return self._name(node, depth)
            case "selector_expression":
                operand, field = node.child_by_field_name("operand"), node.child_by_field_name("field")
                package = self.package(operand)
                return Named(package, text_of(field)) if package and field else None
            case "call_expression":
                return self._call(node, depth)
            case "index_expression":
                return OwnBinary() if text_of(node) == "os.Args[0]" and self.imports.get("os") == "os" else None
            case _:
                return None

    def package(self, operand: "Node | None") -> str | None:
        """Return the import path that an identifier stands for, None where it is a name of the program."""
        if operand is None or operand.type != "identifier":
            return None
        return self.imports.get(text_of(operand))

    def _call(self, node: "Node", depth: int) -> Expression:
        called = self.called(node)
        if called is None:
            function = node.child_by_field_name("function")
            is_conversion = function is not None and function.type == "identifier" and text_of(function) == "string"
            return self.expression(next(iter(arguments(node)), None), depth + 1) if is_conversion else None
        match called:
            case ("os", "Getenv"):
                return Variable(self.expression(next(iter(arguments(node)), None), depth + 1))
            case ("fmt", "Sprintf" | "Sprint"):
                return self._formatted(called[1], node, depth)
            case ("path" | "path/filepath", how) if how in _PATHS and arguments(node):
                return PathOf(how, tuple(self.expression(one, depth + 1) for one in arguments(node)))
            case _:
                return None

    def _formatted(self, function: str, node: "Node", depth: int) -> Expression:
        parts = tuple(self.expression(one, depth + 1) for one in arguments(node))
        if function == "Sprint":
            return parts[0] if len(parts) == 1 else None
        return Formatted(parts) if parts else None

    def called(self, node: "Node") -> tuple[str, str] | None:
        """Return import path and name of the function of a package that a call calls."""
        function = node.child_by_field_name("function")
        if function is None or function.type != "selector_expression":
            return None
        package = self.package(function.child_by_field_name("operand"))
        field = function.child_by_field_name("field")
        return (package, text_of(field)) if package and field else None

    # ---- names

    def _name(self, node: "Node", depth: int) -> Expression:
        name = text_of(node)
        function = _function_of(node)
        if function is None:
            return Named("", name)
        bound = self._bound(function).get(name)
        if not bound:
            return Named("", name)
        block = _block_of(bound[0])
        is_visible = bound[0].end_byte <= node.start_byte and block is not None and _is_in(node, block)
        return self._value_of(bound[0], depth) if len(bound) == 1 and is_visible else None

    def _bound(self, function: "Node") -> "dict[str, list[Node]]":
        """Return the places in a function that bind a name or change what it stands for."""
        if function.id not in self._functions:
            from tree_sitter import QueryCursor

            found: dict[str, list[Node]] = {}
            for node in QueryCursor(_bindings()).captures(function).get("name", ()):
                found.setdefault(text_of(node), []).append(node)
            self._functions[function.id] = found
        return self._functions[function.id]

    def _value_of(self, name: "Node", depth: int) -> Expression:
        """Return the expression that a declaration gives to a name."""
        declared = name.parent
        if declared is not None and declared.type == "expression_list":
            names, declared = declared.named_children, declared.parent
            values = declared.child_by_field_name("right") if declared else None
        elif declared is not None and declared.type in ("var_spec", "const_spec"):
            names, values = _names(declared), declared.child_by_field_name("value")
        else:
            return None
        if (
            declared is None
            or values is None
            or declared.type not in ("short_var_declaration", "var_spec", "const_spec")
        ):
            return None
        at = next(index for index, one in enumerate(names) if one.start_byte == name.start_byte)
        given = values.named_children
        if len(given) == len(names):
            return self.expression(given[at], depth + 1)
        return self._first_result(given[0], depth) if at == 0 and len(given) == 1 else None

    def _first_result(self, node: "Node", depth: int) -> Expression:
        match self.called(node) if node.type == "call_expression" else None:
            case ("os", "Executable"):
                return OwnBinary()
            case ("os", "Getwd"):
                return Text(".")
            case ("os", "LookupEnv"):
                return Variable(self.expression(next(iter(arguments(node)), None), depth + 1))
            case (package, function) if (package, function) in _FIRST_RESULTS:
                return self.expression(next(iter(arguments(node)), None), depth + 1)
            case _:
                return None


MOST_DEEP = 30
"""Expressions that are nested deeper are none that name a file."""


def arguments(call: "Node") -> "list[Node]":
    """Return the arguments of a call, without comments."""
    given = call.child_by_field_name("arguments")
    return [node for node in given.named_children if node.type != "comment"] if given else []


def declared(nodes: "Iterable[Node]", scope: Scope) -> Iterator[tuple[str, Expression, bool]]:
    """Yield the names that the declarations of a file make outside functions, their values, and which are constants."""
    for node in nodes:
        names, values = _names(node), node.child_by_field_name("value")
        given = values.named_children if values else []
        for index, name in enumerate(names):
            value = scope.expression(given[index]) if len(given) == len(names) else None
            yield text_of(name), value, node.type == "const_spec"


def _names(spec: "Node") -> "list[Node]":
    """Return the names of a declaration; the grammar gives the field to the commas between them too."""
    return [node for node in spec.children_by_field_name("name") if node.is_named]


def _function_of(node: "Node") -> "Node | None":
    """Return the declaration that a node stands in, None outside functions; a literal outside counts as one."""
    found = None
    at: Node | None = node
    while at is not None:
        if at.type in _FUNCTIONS:
            return at
        if at.type == "func_literal":
            found = at
        at = at.parent
    return found


def _block_of(node: "Node") -> "Node | None":
    at = node.parent
    while at is not None and at.type not in _BLOCKS:
        at = at.parent
    return at


def _is_in(node: "Node", block: "Node") -> bool:
    return block.start_byte <= node.start_byte and node.end_byte <= block.end_byte
