"""Which engine is used: the one that was named, or the first that answers."""

import os
import shutil

from scratchify.engine.client import Client
from scratchify.engine.docker import DOCKER
from scratchify.engine.podman import PODMAN
from scratchify.engine.processes import ask
from scratchify.errors import EngineFailed

VARIABLE = "SCRATCHIFY_ENGINE"
"""Names the engine's client, where the option does not: docker, podman, or the path of one of them."""

CLIENTS = ("docker", "podman")
"""In the order in which they are looked for."""

_ADVICE = f"start Docker or Podman, or name the client with --engine or {VARIABLE}"


def find_engine(named: str | None = None) -> Client:
    """
    Return the engine that was named, here or by SCRATCHIFY_ENGINE, or the first that answers.

    Which engine a client talks to (`DOCKER_HOST`, contexts, machines) is left to it. Raises EngineFailed.
    """
    if name := named or os.environ.get(VARIABLE):
        client = _client(name)
        if client is None:
            raise EngineFailed(f"there is no program {name} on the PATH; {_ADVICE}")
        client.version()
        return client
    silent: list[str] = []
    for name in CLIENTS:
        try:
            if client := _client(name):
                client.version()
                return client
            silent.append(f"{name} is not installed")
        except EngineFailed as reason:
            silent.append(f"{name}: {reason}")
    raise EngineFailed(f"no container engine answers ({'; '.join(silent)}); {_ADVICE}")


def _client(name: str) -> Client | None:
    program = shutil.which(name)
    if program is None:
        return None
    # what is called docker may be Podman: Debian's podman-docker, or a link, which says its own name before the version
    said = ask([program, "--version"], dict(os.environ)).output.decode("utf-8", "replace")
    return Client(program, PODMAN if said.startswith(("podman", "docker version")) else DOCKER)
