"""
What is put into a text when the program runs, and where a Dockerfile may hang on it.

A value that the file says is taken for what it is. Any other one is a mark in the text: a word that nothing else is
called, so that it is found again in the result; it may only stand where no decision depends on it.
"""

import re
from collections.abc import Iterator
from hashlib import sha256

from scratchify.decisions import Finding, Refuse
from scratchify.hosts.spelling import Placeholder
from scratchify.syntax import Comment, Instruction, parse

RULE = "placeholder"
"""Stands for the rule's name where what is put into a text stands in the way."""

_FREE = frozenset({"LABEL", "MAINTAINER", "EXPOSE", "STOPSIGNAL"})
"""Instructions that are carried as they are, whatever they say."""
_TAKES_NUMBERS = frozenset({"ENV", "CMD", "ENTRYPOINT"})
"""Instructions whose words could name a file, which no number does."""
_LINKED_IN = re.compile(r"-X[ =]['\"]?[\w./-]+=[^\s'\"]*$")


def marked(shown: str, *, is_repeatable: bool = True, is_number: bool = False, order: int = 0) -> Placeholder:
    """Return a placeholder whose value is not known; `order` tells those apart that are written alike."""
    digest = sha256(f"{shown} {order}".encode("utf-8", "surrogateescape")).hexdigest()
    value = str(41000 + int(digest[:8], 16) % 20000) if is_number else f"x{digest[:12]}x"
    return Placeholder(shown, value, is_repeatable=is_repeatable, is_number=is_number)


def refusals(text: str, placeholders: tuple[Placeholder, ...]) -> Iterator[Refuse]:
    """Yield why a Dockerfile is left alone for what is put into it."""
    unknown = [one for one in placeholders if not one.is_known]
    for one in placeholders:
        if "\n" in one.value:
            line = text.count("\n", 0, text.index(one.value)) + 1
            yield _refuse(line, f"{one.shown} stands for several lines; write them into the Dockerfile")
    if not unknown:
        return
    for node in parse(text).nodes:
        said = node.span.of(text)
        for one in unknown:
            if one.value not in said or isinstance(node, Comment):
                continue
            if not isinstance(node, Instruction) or not _is_free(node, said, one):
                line = text.count("\n", 0, text.index(one.value, node.span.start)) + 1
                yield _refuse(
                    line, f"what {one.shown} stands for is not said in this file, and the image may hang on it"
                )


def lone_lines(text: str, placeholders: tuple[Placeholder, ...]) -> tuple[str, tuple[Refuse, ...]]:
    """Return a text with comments for lines that are nothing but placeholders, and what is said of those."""
    reasons = []
    lines = text.split("\n")
    for index, line in enumerate(lines):
        rest, names = line, []
        for one in placeholders:
            if not one.is_known and one.value in rest:
                rest = rest.replace(one.value, "")
                names.append(one.shown)
        if names and not rest.strip():
            lines[index] = f"# {line.strip()}"
            reasons.append(
                _refuse(index + 1, f"{' '.join(names)} stands for whole lines, which only the program knows")
            )
    return "\n".join(lines), tuple(reasons)


def _is_free(node: Instruction, said: str, placeholder: Placeholder) -> bool:
    if node.name in _FREE or (node.name in _TAKES_NUMBERS and placeholder.is_number):
        return True
    before = said.split(placeholder.value)[:-1]
    return node.name == "RUN" and "-ldflags" in said and all(_LINKED_IN.search(part) for part in before)


def _refuse(line: int, message: str) -> Refuse:
    return Refuse(RULE, Finding(None, line, message))
