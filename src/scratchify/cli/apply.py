"""`scratchify apply`: a patch to the files that it names, each as a whole or not at all."""

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import click

from scratchify.errors import ScratchifyError, UnfitPatch
from scratchify.examination.attempt import DONE, FAILED, attempt
from scratchify.examination.inputs import STANDARD_INPUT, Source, decoded, encoded, read
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
    said = Screen(sys.stderr)
    for name, files in _by_name(read_patch(content, shown)).items():
        result = attempt(lambda files=files: _applied(files, root, check=check))  # type: ignore[misc]  # called at once
        if isinstance(result, ScratchifyError):
            place = f" ({shown}:{result.line})" if isinstance(result, UnfitPatch) else ""
            said.say(f"{name}: ", Piece(f"{result}{place}", STYLES["error"]), "; left as it is")
            status = FAILED
        else:
            said.say(f"{name}: {result}")
    return status


def _by_name(files: "Iterable[FilePatch]") -> "dict[PurePosixPath, list[FilePatch]]":
    """Return the patches of each file, which a patch may change several times: each begins where the last one ended."""
    found: dict[PurePosixPath, list[FilePatch]] = {}
    for file in files:
        found.setdefault(file.path, []).append(file)
    return found


def _applied(files: "Sequence[FilePatch]", root: Path, *, check: bool) -> str:
    """Return what was done to one file. Raises ScratchifyError where nothing is."""
    from scratchify.examination.writing import replace_content
    from scratchify.patch import applied, is_applied

    name = files[0].path
    path = root / name
    before = read(Source(name, path, named=True, folder=root))
    after = decoded(before)
    try:
        for file in files:
            after = applied(file, after)
    except UnfitPatch:
        if is_applied(files, decoded(before)):
            return "has this change already"
        raise
    count = sum(len(file.hunks) for file in files)
    hunks = f"{count} hunk{'' if count == 1 else 's'}"
    if check:
        return f"{hunks} would be applied"
    replace_content(path, before, encoded(after), folder=root)
    return f"{hunks} applied"
