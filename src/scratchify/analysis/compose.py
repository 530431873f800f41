"""
What compose files say of the images that they build.

ruamel.yaml tells the nodes and their lines; nothing is interpolated.

https://docs.docker.com/reference/compose-file/services/
"""

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from posixpath import join, normpath
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ruamel.yaml.nodes import Node


@dataclass(frozen=True, slots=True)
class Said:
    """A command in a compose file: its words, and whether a shell runs them; lines count from 1."""

    words: tuple[str, ...]
    needs_shell: bool
    line: int


@dataclass(frozen=True, slots=True)
class Service:
    """A service that builds an image: context and Dockerfile as paths of the repository, and how it is run."""

    context: str
    dockerfile: str
    entrypoint: Said | None
    command: Said | None
    healthcheck: Said | None


def services(content: bytes, folder: str) -> Iterator[Service]:
    """Yield the services of a compose file in `folder` that build an image; nothing where it is no YAML."""
    # a compose file stands beside few Dockerfiles, and fewer are Go's
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        document = YAML(typ="rt", pure=True).compose(content)
    except (UnicodeDecodeError, YAMLError):
        return
    for _, service in _pairs(_value(document, "services")):
        build = _value(service, "build")
        if build is None:
            continue
        short = build.value if isinstance(build.value, str) else None
        context = _in(folder, short if short is not None else _text(_value(build, "context")) or ".")
        yield Service(
            context=context,
            dockerfile=_in(context, _text(_value(build, "dockerfile")) or "Dockerfile"),
            entrypoint=_said(_value(service, "entrypoint")),
            command=_said(_value(service, "command")),
            healthcheck=_test(_value(_value(service, "healthcheck"), "test")),
        )


def _in(folder: str, path: str) -> str:
    return normpath(join("/", folder, path)).lstrip("/")


def _said(node: "Node | None") -> Said | None:
    """Compose splits a text into words by itself, without a shell."""
    words = _words(node)
    if node is None or not words:
        return None
    if isinstance(node.value, str):
        try:
            words = tuple(shlex.split(node.value))
        except ValueError:
            return Said((node.value,), True, node.start_mark.line + 1)
    return Said(words, False, node.start_mark.line + 1)


def _test(node: "Node | None") -> Said | None:
    words = _words(node)
    if node is None or not words or words[0] == "NONE":
        return None
    line = node.start_mark.line + 1
    if isinstance(node.value, str) or words[0] == "CMD-SHELL":
        return Said(words[-1:], True, line)
    return Said(words[1:] if words[0] == "CMD" else words, False, line)


def _words(node: "Node | None") -> tuple[str, ...]:
    value = getattr(node, "value", None)
    if isinstance(value, str):
        return (value,) if value.strip() else ()
    return tuple(text for item in value or () if (text := _text(item)) is not None)


def _text(node: "Node | None") -> str | None:
    value = getattr(node, "value", None)
    return value if isinstance(value, str) else None


def _pairs(node: "Node | None") -> Iterator[tuple[str, Any]]:
    value = getattr(node, "value", None)
    for pair in value if isinstance(value, list) else ():
        if isinstance(pair, tuple) and isinstance(pair[0].value, str):
            yield pair[0].value, pair[1]


def _value(node: "Node | None", key: str) -> Any:
    return next((value for name, value in _pairs(node) if name == key), None)
