"""Options that several commands have."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar, get_args

import click

from scratchify.configuration import Said
from scratchify.settings import BaseChoice

Command = TypeVar("Command", bound=Callable[..., Any])

SWITCHES = {
    "strict": "Refuse where something would have to be assumed.",
    "assume_source": "Without Go source, assume what it would prove.",
    "go_download": "Let go list download modules.",
    "embedded": "Search Python and compose files too.",
    "only_needed": "Leave out what nothing in the source asks for.",
    "nonroot": "Run as 65532 what runs as root.",
    "strip": "Build without symbols (-s -w).",
    "guard": "Let the build fail if the binary is not static.",
    "static_cgo": "Link C statically, on alpine builders.",
}
"""Options that are on or off, by the names of fields of Settings; `--no-…` takes back what a file says."""

PATHS = {
    "carry": "Copy this path whatever it is.  [repeatable]",
    "drop": "Never copy this path.  [repeatable]",
}
"""Options that are paths."""


class Switch(click.Option):
    """An option with an opposite, which the help has no room for."""

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        opposites, self.secondary_opts = self.secondary_opts, []
        try:
            return super().get_help_record(ctx)
        finally:
            self.secondary_opts = opposites


def paths(*, required: bool) -> Callable[[Command], Command]:
    """Add the Dockerfiles and folders that are named."""
    return click.argument(
        "paths", nargs=-1, required=required, type=click.Path(), metavar="PATH" if required else "[PATH]..."
    )


def judgement(command: Command) -> Command:
    """Add what changes the verdict on a file; the command gets what was said of Settings as `said`."""

    found = choices(command)
    context = click.option(
        "--context",
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        metavar="DIR",
        help="The build context.  [default: found by itself]",
    )
    result: Command = context(found)
    return result


def report_format(*others: str) -> Callable[[Command], Command]:
    """Add the format of what is said, which is text unless it is one of the others."""
    help_ = f"{', '.join(others[:-1])} or {others[-1]}." if others[1:] else "Format of the report."
    return click.option(
        "--format",
        "format_",
        type=click.Choice(["text", *others]),
        default="text",
        metavar="FORMAT" if others[1:] else None,
        help=help_,
    )


def choices(command: Command) -> Command:
    """Add the options of Settings; the command gets what was said of them as `said`."""

    @wraps(command)
    def collected(**given: Any) -> Any:  # Any: click's own, handed on
        values = {name: given.pop(name) for name in ("base", *SWITCHES, *PATHS)}
        return command(said=_said(values), **given)

    found: Any = collected
    for name, told in reversed(PATHS.items()):
        found = click.option(f"--{name}", multiple=True, metavar="PATH", help=told)(found)
    for name, told in reversed(SWITCHES.items()):
        spelt = name.replace("_", "-")
        found = click.option(f"--{spelt}/--no-{spelt}", name, default=None, cls=Switch, help=told)(found)
    found = click.option(
        "--base",
        type=click.Choice(get_args(BaseChoice)),
        metavar="BASE",
        help="scratch, distroless, alpine or debian.",
    )(found)
    result: Command = found
    return result


def _said(values: dict[str, Any]) -> Said:
    """Return what was said of all that could be."""
    if both := {*values["carry"]} & {*values["drop"]}:
        raise click.UsageError(f"{min(both)} is to be carried and to be dropped; choose one")
    return {name: value for name, value in values.items() if value is not None and value != ()}


def engine(command: Command) -> Command:
    """Add the choice of the container engine."""
    option = click.option(
        "--engine",
        metavar="CLIENT",
        help="docker, podman, or a path of one.",
    )
    return option(command)
