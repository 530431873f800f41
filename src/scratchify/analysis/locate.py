"""
Which folder the build context of a Dockerfile is, where nobody says so.

A compose file that builds it knows; else it is the Dockerfile's own folder, or the nearest one above where everything
is that COPY names.

https://docs.docker.com/reference/compose-file/build/
"""

from collections.abc import Iterator
from posixpath import dirname, join, normpath
from typing import TYPE_CHECKING, Any

from scratchify.context import Repository
from scratchify.errors import InvalidDockerfile
from scratchify.model import Add, Copy, understand
from scratchify.syntax import parse

if TYPE_CHECKING:
    from ruamel.yaml.nodes import Node

_COMPOSE_NAMES = ("compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml")
_NOT_IN_CONTEXT = ("http://", "https://", "git@", "git://")


def context_folder(repository: Repository, dockerfile: str, text: str) -> str:
    """Return the folder that is sent to the builder with this Dockerfile; both are paths of the repository."""
    own = dirname(dockerfile)
    for folder in _upwards(own):
        for name in _COMPOSE_NAMES:
            content = repository.read(join(folder, name))
            if content is not None and (found := _context_in(content, folder, dockerfile)) is not None:
                return found
    sources = list(_sources(text))
    candidates = (folder for folder in _upwards(own) if all(_exists(repository, folder, source) for source in sources))
    return next(candidates, own)


def _upwards(folder: str) -> Iterator[str]:
    yield folder
    while folder:
        folder = dirname(folder)
        yield folder


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


def _exists(repository: Repository, folder: str, source: str) -> bool:
    """Say whether a source is in a folder; of a pattern, only the folder that it stands in."""
    path = normpath("/" + source).lstrip("/")
    if any(mark in path for mark in "*?["):
        path = dirname(path.partition("*")[0].partition("?")[0].partition("[")[0])
    return repository.has(normpath(join(folder, path)).removeprefix("."))


def _context_in(content: bytes, folder: str, dockerfile: str) -> str | None:
    """Return the context of the service that builds this Dockerfile, None where no service does."""
    for build in _builds(content):
        context = normpath(join("/", folder, build.get("context", "."))).lstrip("/")
        if normpath(join("/", context, build.get("dockerfile", "Dockerfile"))).lstrip("/") == dockerfile:
            return context
    return None


def _builds(content: bytes) -> Iterator[dict[str, str]]:
    """Yield `build:` of each service, as far as its values are plain text."""
    # a compose file stands beside few Dockerfiles, and fewer are Go's
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        document = YAML(typ="rt", pure=True).compose(content)
    except (UnicodeDecodeError, YAMLError):
        return
    for _, service in _pairs(_value(document, "services")):
        build = _value(service, "build")
        if isinstance(getattr(build, "value", None), str):
            yield {"context": build.value}
        elif build is not None:
            pairs = ((key, getattr(value, "value", None)) for key, value in _pairs(build))
            yield {key: value for key, value in pairs if isinstance(value, str)}


def _pairs(node: "Node | None") -> Iterator[tuple[str, Any]]:
    value = getattr(node, "value", None)
    for pair in value if isinstance(value, list) else ():
        if isinstance(pair, tuple) and isinstance(pair[0].value, str):
            yield pair[0].value, pair[1]


def _value(node: "Node | None", key: str) -> Any:
    return next((value for name, value in _pairs(node) if name == key), None)
