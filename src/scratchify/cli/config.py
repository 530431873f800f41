"""`scratchify config`: what holds for a Dockerfile, and where it comes from."""

import os
import sys
from pathlib import Path

import click

from scratchify.cli import options
from scratchify.configuration import Configurations, Said, origins_of
from scratchify.errors import InvalidSettings
from scratchify.examination.attempt import DONE
from scratchify.report.terminal import Screen


@click.command("config", short_help="Show what holds, and where it comes from.")
@click.argument("path", required=False, default=".", type=click.Path(exists=True, path_type=Path))
@options.choices
@options.report_format("json")
@click.option("--schema", is_flag=True, help="Print the JSON Schema of .scratchify.toml.")
def command(*, path: Path, said: Said, format_: str, schema: bool) -> int:
    """
    Show what holds for a Dockerfile or a folder, and where it comes from.

    That is nobody (default), a line of .scratchify.toml, or the command line.
    """
    screen = Screen(sys.stdout)
    if schema:
        from importlib import resources

        screen.put(resources.files("scratchify").joinpath("configuration.schema.json").read_bytes())
        return DONE
    folder = path if path.is_dir() else path.parent
    try:
        settings = origins_of(Configurations().of(folder), folder, said)
    except InvalidSettings as trouble:
        place = os.path.relpath(trouble.path or "").replace(os.sep, "/")
        raise InvalidSettings(
            f"{place}:{trouble.line}: {trouble}" if trouble.line else f"{place}: {trouble}"
        ) from trouble
    if format_ == "json":
        from scratchify.report.json import encoded
        from scratchify.report.settings import settings_document

        screen.put(encoded(settings_document(path.as_posix(), settings)))
        return DONE
    from scratchify.report.settings import settings_lines

    for line in settings_lines(settings):
        screen.say(line)
    return DONE
