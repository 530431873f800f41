"""What an engine says of an image: its configuration and its size."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from posixpath import basename
from typing import Any

from scratchify.analysis.launch import SHELLS

_COMMAND = re.compile("-[A-Za-z]*c")
"""A shell's option before the command, others with it."""


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """A health check; times in nanoseconds, 0 where the engine's default holds."""

    test: tuple[str, ...]
    interval: int = 0
    timeout: int = 0
    start_period: int = 0
    retries: int = 0
    start_interval: int = 0

    @property
    def words(self) -> tuple[str, ...]:
        """Return what is executed; a command in shell form is one for /bin/sh."""
        match self.test:
            case ("CMD", *words):
                return tuple(words)
            case ("CMD-SHELL", *words):
                return ("/bin/sh", "-c", *words)
            case _:
                return ()


@dataclass(frozen=True, slots=True)
class Image:
    """An image's configuration; `size` is in bytes. Absent is empty, as a builder cannot tell the two apart."""

    id: str
    size: int
    env: Mapping[str, str]
    user: str
    workdir: str
    entrypoint: tuple[str, ...]
    cmd: tuple[str, ...]
    ports: tuple[str, ...]
    volumes: tuple[str, ...]
    labels: Mapping[str, str]
    stop_signal: str
    health_check: HealthCheck | None

    @property
    def shell_form(self) -> bool:
        """Say whether the container's first process is a shell that reads the command: `/bin/bash -o pipefail -c …`."""
        words = (*self.entrypoint, *self.cmd)
        return bool(words) and basename(words[0]) in SHELLS and any(map(_COMMAND.fullmatch, words[1:-1]))


def image_of(inspected: Mapping[str, Any]) -> Image:  # Any: JSON
    """
    Return what `inspect` says of an image.

    Docker has the health check among the configuration, Podman beside it.
    """
    config = inspected.get("Config") or {}
    pairs = (str(pair).partition("=") for pair in config.get("Env") or ())
    return Image(
        id=str(inspected["Id"]),
        size=int(inspected["Size"]),
        env={name: value for name, _, value in pairs},
        user=config.get("User") or "",
        workdir=config.get("WorkingDir") or "/",
        entrypoint=tuple(config.get("Entrypoint") or ()),
        cmd=tuple(config.get("Cmd") or ()),
        ports=tuple(sorted(config.get("ExposedPorts") or ())),
        volumes=tuple(sorted(config.get("Volumes") or ())),
        labels=dict(config.get("Labels") or {}),
        stop_signal=config.get("StopSignal") or "",
        health_check=_health_check(config.get("Healthcheck") or inspected.get("Healthcheck")),
    )


def _health_check(said: Mapping[str, Any] | None) -> HealthCheck | None:  # Any: JSON
    if not said or not said.get("Test"):
        return None
    times = (said.get(name) or 0 for name in ("Interval", "Timeout", "StartPeriod", "Retries", "StartInterval"))
    return HealthCheck(tuple(said["Test"]), *(int(time) for time in times))
