"""
What a file of Python says of its names: constants, defaults of arguments, and the texts that are made of a name.

A name counts only where the file binds it once, whatever the scope: then there is nothing else that it could be.
"""

import ast
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass
class Names:
    """
    `values` are those of constants, `defaults` those of arguments and of variables of the environment.

    `once` are the names that are bound once, `templates` those of string.Template.
    """

    values: dict[str, str] = field(default_factory=dict)
    defaults: dict[str, str] = field(default_factory=dict)
    once: frozenset[str] = frozenset()
    templates: frozenset[str] = frozenset({"string.Template"})


def names_in(text: str) -> Names:
    """Return what a file says; nothing where this Python cannot read it, for it may be of another version."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of escapes that Python would rather not see
            tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return Names()
    bound = Counter(name for node in ast.walk(tree) for name in _bound_by(node))
    names = Names(once=frozenset(name for name, times in bound.items() if times == 1))
    for node in ast.walk(tree):
        match node:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
            ):
                _note(names.values, names.once, name, value)
                if default := _default_of(value):
                    _note(names.defaults, names.once, name, default)
            case ast.arguments():
                for name, value in _with_defaults(node):
                    _note(names.defaults, names.once, name, value)
            case ast.ImportFrom(module="string", names=imported):
                found = {alias.asname or alias.name for alias in imported if alias.name == "Template"}
                names.templates |= found
            case _:
                pass
    return names


def _note(values: dict[str, str], once: frozenset[str], name: str, value: ast.expr) -> None:
    if name in once and isinstance(value, ast.Constant) and type(value.value) in (str, int):
        values[name] = str(value.value)


def _default_of(value: ast.expr) -> ast.expr | None:
    """Return what stands in for a variable of the environment that is not set."""
    match value:
        case ast.Call(func=function, args=[_, default]) if ast.unparse(function) in ("os.environ.get", "os.getenv"):
            return default
        case _:
            return None


def _bound_by(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Name(id=name, ctx=ast.Store() | ast.Del()) | ast.Attribute(attr=name, ctx=ast.Store() | ast.Del()):
            yield name
        case ast.arg(arg=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.alias(name=name, asname=other):
            yield other or name.partition(".")[0]
        case ast.Global(names=names) | ast.Nonlocal(names=names):
            yield from names * 2  # it may be bound at any time
        case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            yield name
        case _:
            pass


def _with_defaults(arguments: ast.arguments) -> Iterator[tuple[str, ast.expr]]:
    plain = [*arguments.posonlyargs, *arguments.args]
    for argument, default in zip(reversed(plain), reversed(arguments.defaults), strict=False):
        yield argument.arg, default
    for argument, given in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        if given is not None:
            yield argument.arg, given
