"""What a rule is for, as a page to read: its name, its reasons, its example."""

import sys
from collections.abc import Iterable, Iterator
from dataclasses import fields
from inspect import cleandoc

from scratchify.decisions import Rule
from scratchify.report.terminal import Line, Piece
from scratchify.settings import Settings


def rule_list(rules: Iterable[Rule]) -> Iterator[Line]:
    """Yield a line for each rule."""
    rules = tuple(rules)
    width = max((len(rule.name) for rule in rules), default=0)
    for rule in rules:
        yield Piece(rule.name, "bold"), Piece(" " * (width - len(rule.name) + 2) + rule.summary)


def reasons_for(rule: Rule) -> str:
    """Return why there is this rule: the docstring of its module."""
    return cleandoc(sys.modules[rule.decide.__module__].__doc__ or "")


def options_of(rule: Rule) -> list[str]:
    """Return the options that a rule's example is made with."""
    settings = rule.example.settings
    chosen = (one.name for one in fields(Settings) if getattr(settings, one.name) != one.default)
    return [f"--{name.replace('_', '-')}" for name in chosen]


def rule_page(rule: Rule) -> Iterator[Line]:
    """Yield the lines of one rule's page."""
    yield Piece(rule.name, "bold"), Piece(f": {rule.summary}")
    yield from _block("", reasons_for(rule), indent="")
    example = rule.example
    if chosen := options_of(rule):
        yield from _block("Only with", ", ".join(chosen))
    for path, content in example.files.items():
        yield from _block(path, content)
    yield from _block("Dockerfile", example.before)
    if example.after is None:
        yield (Piece(""),)
        yield (Piece("The Dockerfile is left as it is."),)
    else:
        yield from _block("Dockerfile, rewritten", example.after)


def _block(title: str, text: str, indent: str = "    ") -> Iterator[Line]:
    yield (Piece(""),)
    if title:
        yield (Piece(f"{title}:", "bold"),)
    for line in cleandoc(text).split("\n"):
        yield (Piece(f"{indent}{line}" if line else ""),)
