"""
Which folder the build context of a Dockerfile is, where nobody says so.

A compose file that builds it knows; else it is the Dockerfile's own folder, or the repository's root where what COPY
names exists only there.

https://docs.docker.com/reference/compose-file/build/
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scratchify.context import repository_root
from scratchify.errors import InvalidDockerfile
from scratchify.model import Add, Copy, understand
from scratchify.syntax import parse

if TYPE_CHECKING:
    from ruamel.yaml.nodes import Node

_COMPOSE_NAMES = ("compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml")
_NOT_IN_CONTEXT = ("http://", "https://", "git@", "git://", "<<")


def locate_context(dockerfile: Path, text: str) -> Path:
    """Return the folder that is sent to the builder with this Dockerfile."""
    dockerfile = Path(os.path.abspath(dockerfile))  # noqa: PTH100  # links stay, .. goes
    folder = dockerfile.parent
    root = repository_root(folder)
    for compose in _compose_files(folder, root or folder):
        if found := _context_in(compose, dockerfile):
            return found
    if not root or root == folder:
        return folder
    sources = list(_sources(text))
    for candidate in (folder, *folder.parents):
        if all(_exists(candidate, source) for source in sources):
            return candidate
        if candidate == root:
            break
    return folder


def _sources(text: str) -> Iterator[str]:
    """Yield what COPY and ADD take from the context, as far as it is written out."""
    try:
        build = understand(parse(text))
    except InvalidDockerfile:
        return
    for stage in build.stages:
        for instruction in stage.instructions:
            if isinstance(instruction, Copy | Add) and not instruction.syntax.flag("from"):
                yield from (
                    source
                    for source in instruction.sources
                    if "$" not in source and not source.startswith(_NOT_IN_CONTEXT)
                )


def _exists(folder: Path, source: str) -> bool:
    source = source.lstrip("/") or "."
    if any(mark in source for mark in "*?["):
        return next(folder.glob(source), None) is not None
    return (folder / source).exists()


def _compose_files(folder: Path, root: Path) -> Iterator[Path]:
    for above in (folder, *folder.parents):
        yield from (file for name in _COMPOSE_NAMES if (file := above / name).is_file())
        if above == root:
            return


def _context_in(compose: Path, dockerfile: Path) -> Path | None:
    """Return the context of the service that builds this Dockerfile, None where no service does."""
    for build in _builds(compose):
        context = compose.parent / build.get("context", ".")
        file = context / build.get("dockerfile", "Dockerfile")
        try:
            if context.is_dir() and file.resolve() == dockerfile.resolve():
                return context.resolve()
        except OSError:
            continue
    return None


def _builds(compose: Path) -> Iterator[dict[str, str]]:
    """Yield `build:` of each service, as far as its values are plain text."""
    # a compose file stands beside few Dockerfiles, and fewer are Go's
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        document = YAML(typ="rt", pure=True).compose(compose.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, YAMLError):
        return
    for _, service in _pairs(_value(document, "services")):
        build = _value(service, "build")
        if isinstance(getattr(build, "value", None), str):
            yield {"context": build.value}
        else:
            pairs = ((key, getattr(value, "value", None)) for key, value in _pairs(build))
            yield {key: value for key, value in pairs if isinstance(value, str) and "$" not in value}


def _pairs(node: "Node | None") -> Iterator[tuple[str, Any]]:
    value = getattr(node, "value", None)
    for pair in value if isinstance(value, list) else ():
        if isinstance(pair, tuple) and isinstance(pair[0].value, str):
            yield pair[0].value, pair[1]


def _value(node: "Node | None", key: str) -> Any:
    return next((value for name, value in _pairs(node) if name == key), None)
