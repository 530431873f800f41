"""
What one Go file says, read by tree-sitter-go.

https://go.dev/ref/spec
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from scratchify.analysis.constraints import Target, is_meant
from scratchify.analysis.go_expressions import Scope, arguments, declared, language, text_of
from scratchify.analysis.go_values import Expression, Named, Text
from scratchify.knowledge.file_calls import file_function, methods_with_paths

if TYPE_CHECKING:
    from tree_sitter import Node, Parser, Query

_FOUND = """
(package_clause (package_identifier) @package)
(import_spec) @import
(call_expression function: (selector_expression) @function) @call
(selector_expression operand: (identifier) field: (field_identifier)) @selector
(composite_literal type: (qualified_type)) @composite
(comment) @comment
(interpreted_string_literal) @string
(raw_string_literal) @string
(field_declaration tag: (_) @tag)
(source_file (const_declaration (const_spec) @declared))
(source_file (var_declaration (var_spec) @declared))
(source_file (var_declaration (var_spec_list (var_spec) @declared)))
(assignment_statement left: (expression_list) @changed)
(unary_expression operator: "&" operand: [(identifier) (selector_expression)] @changed)
"""
_EMBED = "//go:embed"
_PATTERN = re.compile(r'"[^"]*"|`[^`]*`|\S+')
_DEFAULT = re.compile(r'\b(?:default|envDefault|env-default|def):"([^"\\]+)"')
"""What struct tags give a field that nobody sets: https://pkg.go.dev/github.com/caarlos0/env, envconfig, cleanenv"""

_FOLLOWED = frozenset({"net", "os", "os/exec", "os/user", "syscall", "time"})
"""Packages whose arguments are followed beside those of the table: programs, names of zones, services and users."""

MOST_FILES = 8192
"""So many files are kept as they were read: a program is looked at under more than one set of constraints."""
_CGO_LINE = re.compile(r"#cgo[ \t]+(.*?)(\w[\w-]*):[ \t]*(.*)")
"""Constraints, the variable and its words: https://pkg.go.dev/cmd/cgo#hdr-Using_cgo_with_the_go_command"""


@dataclass(frozen=True, slots=True)
class Import:
    """An import; `name` is the one given to it, `.` and `_` included, empty where none is."""

    path: str
    line: int
    name: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    """
    `package.Function(…)`: the import path behind the name, and the arguments, None where one is not known.

    A method of a value has an empty `package`. `expressions` are the arguments as they are written.
    """

    package: str
    function: str
    arguments: tuple[str | None, ...]
    line: int
    expressions: tuple[Expression, ...] = field(default=(), compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Declared:
    """A constant or variable that a file declares outside functions, and its value."""

    name: str
    value: Expression
    is_constant: bool


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
    """
    One file: its place in the build stage and in the context, and what was found in it; lines from 1.

    `methods` are the calls of methods that, by their names, may be told what to open. `defaults` are values in struct
    tags, `changed` the names of packages that are assigned to, or whose address is taken. `preamble` is the C above
    `import "C"`.
    """

    path: str
    context_path: str
    package: str
    imports: tuple[Import, ...]
    calls: tuple[Call, ...]
    methods: tuple[Call, ...]
    references: tuple[Reference, ...]
    embeds: tuple[Embed, ...]
    literals: tuple[Literal, ...]
    defaults: tuple[Literal, ...]
    declared: tuple[Declared, ...]
    changed: frozenset[Named]
    preamble: str = ""

    @property
    def folder(self) -> str:
        return self.path.rpartition("/")[0] or "/"

    def linker_words(self, target: Target) -> tuple[str, ...]:
        """Return the words of `#cgo LDFLAGS` that hold for a build."""
        return self._cgo_words("LDFLAGS", target)

    def pkg_config(self, target: Target) -> tuple[str, ...]:
        """Return what `#cgo pkg-config` names for a build."""
        return tuple(word for word in self._cgo_words("pkg-config", target) if not word.startswith("-"))

    def _cgo_words(self, variable: str, target: Target) -> tuple[str, ...]:
        lines = (_CGO_LINE.fullmatch(line.strip()) for line in self.preamble.split("\n"))
        said = [line for line in lines if line and line[2] == variable and is_meant(line[1], target)]
        return tuple(word for line in said for word in line[3].split())

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
    from tree_sitter import Parser, Query

    return Parser(language()), Query(language(), _FOUND)


def read_go_file(path: str, context_path: str, source: bytes) -> GoFile:
    """Return what a Go file says; a file with errors in it says what can be made out."""
    return replace(_read(source), path=path, context_path=context_path)


@lru_cache(MOST_FILES)
def _read(source: bytes) -> GoFile:
    from tree_sitter import QueryCursor

    parser, query = _reader()
    root = parser.parse(source).root_node
    # the cursor hands nodes out in no order that could be relied on
    captures = QueryCursor(query).captures(root)
    found = {name: sorted(nodes, key=lambda node: node.start_byte) for name, nodes in captures.items()}
    names: dict[str, str] = {}
    imports: list[Import] = []
    paths: set[int] = set()
    preamble = ""
    for node in found.get("import", ()):
        if (path_node := node.child_by_field_name("path")) is None:
            continue
        imported = text_of(path_node)[1:-1]
        paths.add(path_node.start_byte)
        name_node = node.child_by_field_name("name")
        imports.append(Import(imported, _line(node), text_of(name_node) if name_node else ""))
        names[text_of(name_node) if name_node else _last(imported)] = imported
        preamble += _preamble(node) if imported == "C" else ""
    packages = found.get("package", ())
    scope = Scope(names)
    calls, methods = _calls(found.get("call", ()), scope)
    return GoFile(
        path="",
        context_path="",
        package=text_of(packages[0]) if packages else "",
        imports=tuple(imports),
        calls=tuple(calls),
        methods=tuple(methods),
        references=tuple(_references(found, names)),
        embeds=tuple(_embeds(found.get("comment", ()), source)),
        literals=tuple(
            Literal(text_of(node)[1:-1], _line(node))
            for node in found.get("string", ())
            if node.start_byte not in paths
        ),
        defaults=tuple(
            Literal(text, _line(node)) for node in found.get("tag", ()) for text in _DEFAULT.findall(text_of(node))
        ),
        declared=tuple(Declared(*one) for one in declared(found.get("declared", ()), scope)),
        changed=frozenset(_changed(found.get("changed", ()), scope)),
        preamble=preamble,
    )


def _preamble(imported: "Node") -> str:
    """Return the comment that stands right above the import, or above the only one of a group."""
    at = imported.parent if imported.parent and imported.parent.type == "import_declaration" else imported
    lines: list[str] = []
    while (before := at.prev_sibling) and before.type == "comment" and at.start_point[0] - before.end_point[0] <= 1:
        text = text_of(before)
        lines.insert(0, text[2:-2] if text.startswith("/*") else text[2:])
        at = before
    return "".join(f"{line}\n" for line in lines)


def _calls(nodes: "Iterable[Node]", scope: Scope) -> tuple[list[Call], list[Call]]:
    """Return the calls of functions of packages, and those of methods that may be told what to open."""
    calls: list[Call] = []
    methods: list[Call] = []
    known = methods_with_paths()
    for node in nodes:
        function = node.child_by_field_name("function")
        name_node = function.child_by_field_name("field") if function else None
        if function is None or name_node is None:
            continue
        package, name = scope.package(function.child_by_field_name("operand")), text_of(name_node)
        if package is None and name not in known:
            continue
        given = arguments(node)
        if package is None or package in _FOLLOWED or file_function(package, name):
            expressions: tuple[Expression, ...] = tuple(scope.expression(one) for one in given)
        else:
            literals = (Text(text_of(one)[1:-1]) if one.type.endswith("_string_literal") else None for one in given)
            expressions = tuple(literals)
        texts = tuple(one.text if isinstance(one, Text) else None for one in expressions)
        (methods if package is None else calls).append(Call(package or "", name, texts, _line(node), expressions))
    return calls, methods


def _changed(nodes: "Iterable[Node]", scope: Scope) -> Iterator[Named]:
    for node in nodes:
        for one in node.named_children if node.type == "expression_list" else (node,):
            if one.type == "identifier":
                yield Named("", text_of(one))
            elif one.type == "selector_expression" and (package := scope.package(one.child_by_field_name("operand"))):
                yield Named(package, text_of(one.child_by_field_name("field") or one))


def _references(found: "dict[str, list[Node]]", names: dict[str, str]) -> Iterator[Reference]:
    called = {node.id for node in found.get("function", ())}
    for node in found.get("selector", ()):
        operand = node.child_by_field_name("operand")
        package = names.get(text_of(operand)) if operand and node.id not in called else None
        if package and (name := node.child_by_field_name("field")):
            yield Reference(package, text_of(name), _line(node))
    for node in found.get("composite", ()):
        local, _, name_of_type = text_of(node.child_by_field_name("type") or node).partition(".")
        if local in names:
            yield Reference(names[local], name_of_type, _line(node))


def _embeds(comments: "Iterable[Node]", source: bytes) -> Iterator[Embed]:
    """Directives are comments of a line's own; patterns with blanks are quoted."""
    for node in comments:
        text = text_of(node)
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


def _line(node: "Node") -> int:
    return node.start_point[0] + 1
