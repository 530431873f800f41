"""
Which folder the build context of a Dockerfile is, where nobody says so.

A compose file, a script or a workflow that builds it knows; else it is the Dockerfile's own folder, or the nearest one
above where everything is that COPY names.

https://docs.docker.com/reference/compose-file/build/
"""

from collections.abc import Iterator
from posixpath import dirname, join, normpath

from scratchify.analysis.callers import builds_of
from scratchify.analysis.copy_sources import context_path
from scratchify.errors import InvalidDockerfile
from scratchify.model import Add, Copy, understand
from scratchify.repository import Repository
from scratchify.syntax import parse

_NOT_IN_CONTEXT = ("http://", "https://", "git@", "git://")


def context_folder(repository: Repository, dockerfile: str, text: str) -> str:
    """Return the folder that is sent to the builder with this Dockerfile; both are paths of the repository."""
    own = dirname(dockerfile)
    sources = list(_sources(text))
    said = {build.context for build in builds_of(repository, dockerfile)}
    # a script may start in more folders than one
    fitting = [folder for folder in said if all(_exists(repository, folder, source) for source in sources)]
    if len(fitting or said) == 1:
        return next(iter(fitting or said))
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
    path = context_path(source)
    if any(mark in path for mark in "*?["):
        path = dirname(path.partition("*")[0].partition("?")[0].partition("[")[0])
    return repository.has(normpath(join(folder, path)).removeprefix("."))
