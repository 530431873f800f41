"""
Podman's ways.

https://docs.podman.io/en/latest/Commands.html
"""

from collections.abc import Mapping

from scratchify.engine.dialect import Builder, BuildRequest, Dialect


def _builder(program: str, environment: Mapping[str, str]) -> Builder:  # noqa: ARG001  # others look
    return _BUILDAH


def _options(request: BuildRequest) -> list[str]:
    # an image in OCI's format has no health check
    said = ["--format", "docker", "--identity-label=false", *request.flags]
    # buildah 1.28 reads it only when told
    own = request.dockerfile.with_name(request.dockerfile.name + ".dockerignore")
    return [*said, *(["--ignorefile", str(own)] if own.exists() else [])]


_BUILDAH = Builder("buildah", _options, {})

PODMAN = Dialect(
    "podman",
    _builder,
    version=("version", "--format", "{{.Version}}"),
    # else it waits ten seconds for a program that takes no notice
    remove_containers=("rm", "--force", "--time", "0", "--volumes"),
    # else it makes up a user database, which `scratch` has not, and which only root can read
    run=("--passwd=false",),
    # as Docker has it: https://docs.docker.com/engine/containers/run/
    run_first=("--sysctl", "net.ipv4.ip_unprivileged_port_start=0"),
)
