"""
Who runs the image, and how, found in the repository.

So far compose files are read; a command there replaces the image's own.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from posixpath import dirname, relpath

from scratchify.analysis.compose import Said, services
from scratchify.context import BuildContext


@dataclass(frozen=True, slots=True)
class Caller:
    """One way in which the image is run, and the file that says so, as seen from the Dockerfile's folder."""

    path: str
    entrypoint: Said | None
    command: Said | None
    healthcheck: Said | None


def callers(context: BuildContext) -> Iterator[Caller]:
    """Yield the services that build the Dockerfile of this context."""
    for path, content in context.compose_files.items():
        for service in services(content, dirname(path)):
            if service.dockerfile == context.dockerfile:
                shown = relpath(path, dirname(context.dockerfile) or ".")
                yield Caller(shown, service.entrypoint, service.command, service.healthcheck)
