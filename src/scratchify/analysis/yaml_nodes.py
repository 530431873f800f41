"""
YAML as texts, lists and maps that know their lines.

https://yaml.org/spec/1.2.2/
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ruamel.yaml.nodes import Node

_MOST_DEEP = 50
_WHOLE = re.compile(r"-?(0|[1-9]\d*)")


@dataclass(frozen=True, slots=True)
class Item:
    """
    One node: `text`, or a list, or a map; lines count from 1, for a block of text from its first line.

    `is_odd`: a number that is not printed as it is written.
    """

    line: int
    text: str | None = None
    list: "tuple[Item, ...]" = ()
    map: "tuple[tuple[str, Item], ...]" = ()
    is_odd: bool = False

    @property
    def is_text(self) -> bool:
        return self.text is not None

    def get(self, key: str) -> "Item | None":
        """Return what a map holds under a key."""
        return next((item for name, item in self.map if name == key), None)

    def said(self, key: str) -> str:
        """Return the text that a map holds under a key, empty where there is none."""
        item = self.get(key)
        return (item.text or "") if item else ""

    @property
    def items(self) -> "tuple[Item, ...]":
        """The elements of a list; a text alone counts as a list of one."""
        return (self,) if self.is_text else self.list


def read_yaml(text: str) -> Item | None:
    """Return the first document, None where this is no YAML that can be read."""
    return next(read_documents(text), None)


def read_documents(text: str) -> Iterator[Item]:
    """Yield the documents of a stream, up to what is no YAML that can be read."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        for node in YAML(typ="rt", pure=True).compose_all(text):
            if node is not None and (item := _item(node, 0)):
                yield item
    except (YAMLError, ValueError, RecursionError):
        # ValueError: an escape that stands for no character
        return


def _item(node: "Node", depth: int) -> Item | None:
    """Return a node; None for one that holds itself."""
    line = node.start_mark.line + 1
    if depth > _MOST_DEEP:
        return None
    if isinstance(node.value, str):
        is_block = getattr(node, "style", None) in ("|", ">")
        tag = str(node.tag).rpartition(":")[2]
        is_odd = tag in ("float", "timestamp", "binary") or (tag == "int" and not _WHOLE.fullmatch(node.value))
        text = {"bool": node.value.lower(), "null": ""}.get(tag, node.value)
        return Item(line + is_block, text, is_odd=is_odd)
    if any(isinstance(child, tuple) for child in node.value):
        return Item(line, map=tuple(_pairs(node, depth)))
    children = (_item(child, depth + 1) for child in node.value)
    return Item(line, list=tuple(child for child in children if child))


def _pairs(node: "Node", depth: int) -> Iterator[tuple[str, Item]]:
    """Yield what a map holds, and behind it what `<<` merges into it: https://yaml.org/type/merge.html"""
    merged: list[Item] = []
    for key, value in node.value:
        item = _item(value, depth + 1)
        if item is not None and key.value == "<<":
            merged += item.list or (item,)
        elif item is not None:
            yield str(key.value), item
    for one in merged:
        yield from one.map
