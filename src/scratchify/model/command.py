"""
What a container of a stage runs: ENTRYPOINT and CMD together, with the base image's.

https://docs.docker.com/reference/dockerfile/#understand-how-cmd-and-entrypoint-interact
"""

from dataclasses import dataclass, replace

from scratchify.knowledge.images import BaseImage
from scratchify.model.build import Build, Stage
from scratchify.model.instructions import Cmd, CommandLine, Entrypoint
from scratchify.model.state import base_of


@dataclass(frozen=True, slots=True)
class ContainerCommand:
    """The last ENTRYPOINT and CMD that count; the instruction is None where the base image said it."""

    entrypoint: CommandLine | None
    cmd: CommandLine | None
    entrypoint_at: Entrypoint | None
    cmd_at: Cmd | None


def container_command(build: Build, stage: Stage) -> ContainerCommand:
    """Return what counts at the end of the stage; an empty array clears, and ENTRYPOINT clears an inherited CMD."""
    parent = build.parent_of(stage)
    command = container_command(build, parent) if parent else _of_image(base_of(build, stage))
    command = replace(command, entrypoint_at=None, cmd_at=None)
    for instruction in stage.instructions:
        match instruction:
            case Entrypoint(command=line):
                entrypoint = _unless_cleared(line)
                cmd = command.cmd if command.cmd_at else None
                command = replace(command, entrypoint=entrypoint, entrypoint_at=instruction, cmd=cmd)
            case Cmd(command=line):
                command = replace(command, cmd=_unless_cleared(line), cmd_at=instruction)
            case _:
                pass
    return command


def _unless_cleared(line: CommandLine) -> CommandLine | None:
    """An empty array clears; a shell form without a text runs a shell that has nothing to do."""
    return line if line.words or not line.is_exec_form else None


def _of_image(base: BaseImage | None) -> ContainerCommand:
    def line(words: tuple[str, ...]) -> CommandLine | None:
        return CommandLine(True, words) if words else None

    return ContainerCommand(line(base.entrypoint) if base else None, line(base.cmd) if base else None, None, None)
