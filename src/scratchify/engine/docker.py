"""
Docker's ways.

https://docs.docker.com/reference/cli/docker/
"""

from collections.abc import Mapping

from scratchify.engine.dialect import Builder, BuildRequest, Dialect
from scratchify.engine.processes import ask

LAST_WITH_BUILDKIT_INSIDE = 22
"""Major version; from 23 on the client builds with BuildKit through its plug-in buildx only."""


def _builder(program: str, environment: Mapping[str, str]) -> Builder:
    """
    Return BuildKit where the client has it, and the user has not turned it off.

    https://docs.docker.com/build/buildkit/#getting-started
    """
    if environment.get("DOCKER_BUILDKIT") == "0":
        return _CLASSIC
    if ask([program, "buildx", "version"], environment).status == 0:
        return _BUILDX
    client = ask([program, "version", "--format", "{{.Client.Version}}"], environment).output.decode("utf-8", "replace")
    major = client.partition(".")[0]
    return _BUILDKIT if major.isdecimal() and int(major) <= LAST_WITH_BUILDKIT_INSIDE else _CLASSIC


def _with_buildx(request: BuildRequest) -> list[str]:
    # the image must come to the engine also where the builder is a container of its own
    return ["--progress", "plain", "--load", *request.flags]


def _with_buildkit(request: BuildRequest) -> list[str]:
    return ["--progress", "plain", *request.flags]


def _with_classic(request: BuildRequest) -> list[str]:
    return ["--rm", "--force-rm", *request.flags]


_BUILDX = Builder("BuildKit", _with_buildx, {"DOCKER_BUILDKIT": "1", "BUILDX_NO_DEFAULT_ATTESTATIONS": "1"})
# seen with the BuildKit of Docker 20.10: COPY --from took a folder out of the cache that had belonged to another
_BUILDKIT = Builder("BuildKit", _with_buildkit, {"DOCKER_BUILDKIT": "1"}, forgets_owners=True)
_CLASSIC = Builder("classic builder", _with_classic, {"DOCKER_BUILDKIT": "0"}, labels_last=True)

DOCKER = Dialect(
    "docker",
    _builder,
    version=("version", "--format", "{{.Server.Version}}"),
    remove_containers=("rm", "--force", "--volumes"),
)
