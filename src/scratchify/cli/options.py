"""Options that several commands have."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])


def paths(*, required: bool) -> Callable[[Command], Command]:
    """Add the Dockerfiles and folders that are named."""
    return click.argument(
        "paths", nargs=-1, required=required, type=click.Path(), metavar="PATH" if required else "[PATH]..."
    )


def judgement(command: Command) -> Command:
    """Add what changes the verdict on a file, and the format of the report."""
    for option in (
        click.option(
            "--format", "format_", type=click.Choice(["text", "json"]), default="text", help="Format of the report."
        ),
        click.option("--assume-source", is_flag=True, help="Without Go source, assume what it would prove."),
        click.option("--strict", is_flag=True, help="Refuse where something would have to be assumed."),
        click.option(
            "--context",
            type=click.Path(exists=True, file_okay=False, path_type=Path),
            metavar="DIR",
            help="The build context.  [default: found by itself]",
        ),
    ):
        command = option(command)
    return command


def engine(command: Command) -> Command:
    """Add the choice of the container engine."""
    option = click.option(
        "--engine",
        metavar="CLIENT",
        help="docker, podman, or a path of one.  [default: found by itself]",
    )
    return option(command)
