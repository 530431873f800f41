"""Decisions to a final stage to edits: the only module that knows how a final stage is laid out."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FinalFile:
    """A file or folder of the final stage: absolute paths in the build stage and in the image."""

    source: str
    target: str
    rule: str


@dataclass(frozen=True, slots=True)
class FinalStage:
    """The image that a result makes, for reports; paths are absolute."""

    base: str
    binary: str
    entrypoint: tuple[str, ...] | None
    cmd: tuple[str, ...] | None
    workdir: str
    user: str | None
    env: Mapping[str, str]
    files: tuple[FinalFile, ...]
