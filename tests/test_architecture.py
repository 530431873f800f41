"""The layers of ARCHITECTURE.md, and the conventions that nobody should have to remember."""

import ast
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from scratchify.context import MemoryContext
from scratchify.decisions import Rule
from scratchify.outcome import Outcome, Refused, Rewritten, Unchanged
from scratchify.refactor import refactor
from scratchify.rules import RULES

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "src" / "scratchify"

LAYERS = (
    "source < errors < edits < syntax < knowledge < model < settings < ignore_patterns < repository < context"
    " < analysis < decisions < rules < bases < plan < outcome < patch < promises < refactor < hosts < search"
    " < configuration < toolchain, engine < report < examination < bot < cli"
)
RANKS = {name: rank for rank, layer in enumerate(LAYERS.split(" < ")) for name in layer.split(", ")}

SHELLS = frozenset({"__init__", "__main__"})
"""Of the package itself: they only hand on what the layers offer."""

GRAB_BAGS = frozenset({"utils", "util", "helpers", "helper", "common", "base", "misc", "types"})

ONLY_IN = {
    "click": {"cli"},
    "click_default_group": {"cli"},
    "subprocess": {"engine", "toolchain", "bot"},
    "socket": {"bot", "engine"},
    "http": {"bot", "engine"},
    "urllib.request": {"bot", "engine"},
    "unidiff": {"patch"},
    "dockerfile_parse": {"syntax"},
    "libcst": {"hosts"},
}
"""Modules of others, and the layers that may import them."""

WORLD = frozenset({"os", "pathlib.Path", "shutil", "subprocess", "tempfile"})
READING = frozenset({"open", "read_bytes", "read_text", "write_bytes", "write_text", "iterdir", "glob", "rglob"})

MODULES = sorted(PACKAGE.rglob("*.py"))
LAYERED = [path for path in MODULES if path.parent != PACKAGE or path.stem not in SHELLS]
RULE_MODULES = [path for path in MODULES if path.parent.name == "rules" and path.stem != "__init__"]


def shown(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


every_module = pytest.mark.parametrize("path", MODULES, ids=shown)
every_layered_module = pytest.mark.parametrize("path", LAYERED, ids=shown)
every_rule_module = pytest.mark.parametrize("path", RULE_MODULES, ids=shown)
every_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def layer(path: Path) -> str:
    """Return the top-level module or folder that a file belongs to."""
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def imports(path: Path) -> Iterator[tuple[str, int]]:
    """Yield every dotted name that a module imports and the line, inside functions and for type checkers too."""
    for node in ast.walk(tree(path)):
        match node:
            case ast.Import(names=names):
                yield from ((name.name, node.lineno) for name in names)
            case ast.ImportFrom(module=str(module), names=names, level=0):
                yield from ((f"{module}.{name.name}", node.lineno) for name in names)
            case ast.ImportFrom():
                raise AssertionError(f"{shown(path)}:{node.lineno}: a relative import")
            case _:
                pass


def is_below(name: str, module: str) -> bool:
    return name == module or name.startswith(f"{module}.")


def test_each_module_has_its_layer() -> None:
    assert {layer(path) for path in LAYERED} <= RANKS.keys()


def test_the_layers_are_those_of_the_architecture_page() -> None:
    page = re.sub(r"\s+", " ", (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8"))
    assert LAYERS in page


@every_layered_module
def test_a_module_imports_only_from_its_left(path: Path) -> None:
    own = layer(path)
    wrong = []
    for name, line in imports(path):
        if not is_below(name, "scratchify"):
            continue
        imported = name.split(".")[1] if "." in name else "the package itself"
        if imported != own and RANKS.get(imported, len(RANKS)) >= RANKS[own]:
            wrong.append(f"{shown(path)}:{line}: {own} imports {imported}")
    assert not wrong


@every_module
def test_what_others_wrote_is_imported_where_it_belongs(path: Path) -> None:
    wrong = [
        f"{shown(path)}:{line}: {name}"
        for name, line in imports(path)
        for module, layers in ONLY_IN.items()
        if is_below(name, module) and layer(path) not in layers
    ]
    assert not wrong


def test_one_module_knows_dockerfile_parse() -> None:
    knowing = [path for path in MODULES if any(is_below(name, "dockerfile_parse") for name, _ in imports(path))]
    assert len(knowing) == 1


@pytest.mark.parametrize("path", [path for path in LAYERED if layer(path) in ("syntax", "model")], ids=shown)
def test_syntax_and_model_never_read_files(path: Path) -> None:
    wrong = [name for name, _ in imports(path) if any(is_below(name, module) for module in WORLD)]
    for node in ast.walk(tree(path)):
        match node:
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)) if name in READING:
                wrong.append(f"line {node.lineno}: {name}")
            case _:
                pass
    assert not wrong


def test_no_module_is_a_grab_bag() -> None:
    names = {part for path in MODULES for part in path.relative_to(PACKAGE).with_suffix("").parts}
    assert not names & GRAB_BAGS


@every_module
def test_a_module_says_what_it_is_for(path: Path) -> None:
    assert ast.get_docstring(tree(path)), f"{shown(path)} has no docstring"


@every_module
def test_a_module_fits_in_a_head(path: Path) -> None:
    lines = len(path.read_text(encoding="utf-8").split("\n")) - 1
    assert lines <= 400, f"{shown(path)} has {lines} lines"


# ---- rules


def rule_of(path: Path) -> Rule:
    rule = import_module(f"scratchify.rules.{path.stem}").RULE
    assert isinstance(rule, Rule)
    return rule


@every_rule_module
def test_a_rule_is_registered_once(path: Path) -> None:
    assert [rule.name for rule in RULES].count(rule_of(path).name) == 1
    assert rule_of(path) in RULES


def test_every_registered_rule_has_its_module() -> None:
    assert len(RULES) == len(RULE_MODULES)


@every_rule_module
def test_a_rule_is_called_like_its_file(path: Path) -> None:
    assert rule_of(path).name == path.stem.replace("_", "-")


@every_rule_module
def test_a_rule_knows_no_other_rule(path: Path) -> None:
    assert not [name for name, _ in imports(path) if is_below(name, "scratchify.rules")]


@every_rule_module
def test_a_rule_says_why_with_a_link(path: Path) -> None:
    assert "https://" in (ast.get_docstring(tree(path)) or "")


@every_rule_module
def test_a_rule_is_short(path: Path) -> None:
    lines = len(path.read_text(encoding="utf-8").split("\n")) - 1
    for node in ast.walk(tree(path)):
        match node:
            case ast.keyword(arg="example", value=ast.Call(end_lineno=int(end)) as example):
                lines -= end - example.lineno + 1
            case _:
                pass
    assert lines <= 120, f"{shown(path)} has {lines} lines without its example"


@every_rule
def test_an_example_is_true(rule: Rule) -> None:
    example = rule.example
    outcome = refactor(example.before, MemoryContext(example.files), example.settings)
    text = outcome.text if isinstance(outcome, Rewritten) else None
    assert text == example.after, outcome
    assert rule.name in deciding(outcome)


def deciding(outcome: Outcome) -> set[str]:
    """Return the rules that had a say."""
    match outcome:
        case Rewritten(decisions=decisions):
            return {decision.rule for decision in decisions}
        case Refused(reasons=reasons):
            return {reason.rule for reason in reasons}
        case Unchanged(rule=rule):
            return {rule}


# ---- the test itself


def test_hidden_imports_are_seen(tmp_path: Path) -> None:
    module = tmp_path / "module.py"
    module.write_text(
        "from typing import TYPE_CHECKING\n"
        "if TYPE_CHECKING:\n    from scratchify.cli import group\n"
        "def act():\n    import scratchify.bot\n"
    )
    assert {name for name, _ in imports(module)} >= {"scratchify.cli.group", "scratchify.bot"}
