"""
What one Go file says, read by tree-sitter-go.

https://go.dev/ref/spec
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node, Parser, Query

_FOUND = """
(package_clause (package_identifier) @package)
(import_spec) @import
(call_expression
  function: (selector_expression operand: (identifier) @operand field: (field_identifier) @function)) @call
(selector_expression operand: (identifier) field: (field_identifier)) @selector
(composite_literal type: (qualified_type)) @composite
(comment) @comment
(interpreted_string_literal) @string
(raw_string_literal) @string
"""
_EMBED = "//go:embed"
_PATTERN = re.compile(r'"[^"]*"|`[^`]*`|\S+')


@dataclass(frozen=True, slots=True)
class Import:
    """An import; `name` is the one given to it, `.` and `_` included, empty where none is."""

    path: str
    line: int
    name: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    """`package.Function(…)`: the import path behind the name, and the arguments, None where one is no literal."""

    package: str
    function: str
    arguments: tuple[str | None, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Reference:
    """`package.Name` that is not called on the spot: taken as a value, or the type of a composite literal."""

    package: str
    name: str
    line: int


@dataclass(frozen=True, slots=True)
class Embed:
    """One pattern of a `//go:embed` line."""

    pattern: str
    line: int


@dataclass(frozen=True, slots=True)
class Literal:
    text: str
    line: int


@dataclass(frozen=True, slots=True)
class GoFile:
    """One file: its place in the build stage and in the context, and what was found in it; lines from 1."""

    path: str
    context_path: str
    package: str
    imports: tuple[Import, ...]
    calls: tuple[Call, ...]
    references: tuple[Reference, ...]
    embeds: tuple[Embed, ...]
    literals: tuple[Literal, ...]

    @property
    def vendored(self) -> str:
        """The import path of a package in a vendor folder, empty for the project's own."""
        folder = self.path.rpartition("/")[0]
        return folder.rpartition("/vendor/")[2] if "/vendor/" in folder else ""

    @property
    def cgo(self) -> Import | None:
        return next((found for found in self.imports if found.path == "C"), None)


@cache
def _reader() -> "tuple[Parser, Query]":
    import tree_sitter_go
    from tree_sitter import Language, Parser, Query

    language = Language(tree_sitter_go.language())
    return Parser(language), Query(language, _FOUND)


def read_go_file(path: str, context_path: str, source: bytes) -> GoFile:
    """Return what a Go file says; a file with errors in it says what can be made out."""
    from tree_sitter import QueryCursor

    parser, query = _reader()
    root = parser.parse(source).root_node
    # the cursor hands nodes out in no order that could be relied on
    captures = QueryCursor(query).captures(root)
    found = {name: sorted(nodes, key=lambda node: node.start_byte) for name, nodes in captures.items()}
    names: dict[str, str] = {}
    imports: list[Import] = []
    for node in found.get("import", ()):
        if (path_node := node.child_by_field_name("path")) is None:
            continue
        imported = _text(path_node)[1:-1]
        name_node = node.child_by_field_name("name")
        imports.append(Import(imported, _line(node), _text(name_node) if name_node else ""))
        names[_text(name_node) if name_node else _last(imported)] = imported
    packages = found.get("package", ())
    return GoFile(
        path=path,
        context_path=context_path,
        package=_text(packages[0]) if packages else "",
        imports=tuple(imports),
        calls=tuple(_calls(found.get("call", ()), names)),
        references=tuple(_references(found, names)),
        embeds=tuple(_embeds(found.get("comment", ()), source)),
        literals=tuple(Literal(_text(node)[1:-1], _line(node)) for node in found.get("string", ())),
    )


def _calls(nodes: "list[Node] | tuple[()]", names: dict[str, str]) -> list[Call]:
    calls: list[Call] = []
    for node in nodes:
        function = node.child_by_field_name("function")
        operand = function.child_by_field_name("operand") if function else None
        called = function.child_by_field_name("field") if function else None
        if operand is None or called is None or _text(operand) not in names:
            continue
        arguments = node.child_by_field_name("arguments")
        given = [word for word in arguments.named_children if word.type != "comment"] if arguments else []
        literals = tuple(_text(word)[1:-1] if word.type.endswith("_string_literal") else None for word in given)
        calls.append(Call(names[_text(operand)], _text(called), literals, _line(node)))
    return calls


def _references(found: "dict[str, list[Node]]", names: dict[str, str]) -> Iterator[Reference]:
    for node in found.get("selector", ()):
        parent = node.parent
        is_called = (
            parent is not None and parent.type == "call_expression" and parent.child_by_field_name("function") == node
        )
        operand, name = node.child_by_field_name("operand"), node.child_by_field_name("field")
        if not is_called and operand and name and _text(operand) in names:
            yield Reference(names[_text(operand)], _text(name), _line(node))
    for node in found.get("composite", ()):
        package, _, name_of_type = _text(node.child_by_field_name("type") or node).partition(".")
        if package in names:
            yield Reference(names[package], name_of_type, _line(node))


def _embeds(comments: "Iterable[Node]", source: bytes) -> Iterator[Embed]:
    """Directives are comments of a line's own; patterns with blanks are quoted."""
    for node in comments:
        text = _text(node)
        patterns = text.removeprefix(_EMBED)
        before = source[node.start_byte - node.start_point[1] : node.start_byte]
        if not before.strip() and text.startswith(_EMBED) and patterns[:1] in (" ", "\t"):
            for word in _PATTERN.findall(patterns):
                yield Embed(word.strip('"`').removeprefix("all:"), _line(node))


def _last(import_path: str) -> str:
    """The name that an import most likely has: its last element, without a major version."""
    *above, last = import_path.split("/")
    if above and last[:1] == "v" and last[1:].isdecimal():
        last = above[-1]
    return last.removeprefix("go-").partition(".")[0]


def _text(node: "Node") -> str:
    return (node.text or b"").decode("utf-8", "replace")


def _line(node: "Node") -> int:
    return node.start_point[0] + 1
