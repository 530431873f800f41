"""`scratchify apply`: a patch to the files that it names, each as a whole or not at all."""

import sys
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import click

from scratchify.cli.boundary import DONE, FAILED, attempt
from scratchify.cli.inputs import STANDARD_INPUT, Source, decoded, encoded, read
from scratchify.errors import ScratchifyError, UnfitPatch
from scratchify.report.terminal import STYLES, Piece, Screen

if TYPE_CHECKING:
    from scratchify.patch import FilePatch


@click.command("apply", short_help="Apply a patch, each file as a whole or not at all.")
@click.argument("patch", metavar="FILE.patch", type=click.Path())
@click.option("--check", is_flag=True, help="Write nothing; exit with 3 if a file would be refused.")
def command(*, patch: str, check: bool) -> int:
    """
    Apply a patch to the files that it names, from the root of the repository; - is standard input.

    A file that a hunk does not fit is left as it is, and hunk and line are named.
    """
    from scratchify.patch import read_patch
    from scratchify.repository import repository_root

    path = None if patch == STANDARD_INPUT else Path(patch)
    shown = "<stdin>" if path is None else patch
    content = read(Source(PurePosixPath(shown), path, named=True, folder=Path()))
    here = Path.cwd()
    root = repository_root(here) or here
    status = DONE
    for file in read_patch(content, shown):
        result = attempt(lambda file=file: _applied(file, root, check=check))  # type: ignore[misc]  # bound at once
        said = Screen(sys.stderr)
        if isinstance(result, ScratchifyError):
            place = f" ({shown}:{result.line})" if isinstance(result, UnfitPatch) else ""
            said.say(f"{file.path}: ", Piece(f"{result}{place}", STYLES["error"]), "; left as it is")
            status = FAILED
        else:
            said.say(f"{file.path}: {result}")
    return status


def _applied(file: "FilePatch", root: Path, *, check: bool) -> str:
    """Return what was done to one file. Raises ScratchifyError where nothing is."""
    from scratchify.cli.writing import replace_content
    from scratchify.patch import applied, is_applied

    path = root / file.path
    before = read(Source(file.path, path, named=True, folder=root))
    try:
        after = applied(file, decoded(before))
    except UnfitPatch:
        if is_applied(file, decoded(before)):
            return "has this change already"
        raise
    hunks = f"{len(file.hunks)} hunk{'' if len(file.hunks) == 1 else 's'}"
    if check:
        return f"{hunks} would be applied"
    replace_content(path, before, encoded(after), folder=root)
    return f"{hunks} applied"
