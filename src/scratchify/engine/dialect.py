"""Where the command lines of the engines differ: a record for each, with the differences as functions."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class BuildRequest:
    """An image to be built: `dockerfile` may lie outside of the context; `arguments` are NAME=VALUE."""

    dockerfile: Path
    context: Path
    name: str
    labels: tuple[str, ...]
    arguments: tuple[str, ...] = ()
    no_cache: bool = False

    @property
    def flags(self) -> list[str]:
        """Return the options that every engine's client has."""
        said = ["--file", str(self.dockerfile), "--tag", self.name]
        said += [word for label in self.labels for word in ("--label", label)]
        said += [word for argument in self.arguments for word in ("--build-arg", argument)]
        return [*said, *(["--no-cache"] if self.no_cache else [])]


@dataclass(frozen=True, slots=True)
class Builder:
    """
    How images are built: which one it is, in words, the options that it wants, and variables for the client.

    `labels_last`: `--label` is for the last image only; what is made on the way bears what the Dockerfile says.
    `forgets_owners`: two folders that differ in their owners alone are the same to its cache.
    """

    title: str
    options: Callable[[BuildRequest], Sequence[str]]
    environment: Mapping[str, str]
    labels_last: bool = False
    forgets_owners: bool = False


@dataclass(frozen=True, slots=True)
class Dialect:
    """One engine's ways."""

    name: str
    builder: Callable[[str, Mapping[str, str]], Builder]
    """Given the client and the environment, says how it builds."""
    version: tuple[str, ...]
    """Arguments that print the version of the engine itself, and fail where none answers."""
    remove_containers: tuple[str, ...]
    """At once, running or not, with their volumes."""
    run: tuple[str, ...] = ()
    """Options of each container: what makes it one as on every other engine."""
    run_first: tuple[str, ...] = ()
    """Options of a container that has a network of its own."""
