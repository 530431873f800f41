"""
Unified diffs as git writes them, and the proof that a diff makes of one text the other.

https://git-scm.com/docs/diff-format
"""

from pathlib import PurePosixPath

from scratchify.errors import BrokenPromise, InvalidPatch, UnfitPatch
from scratchify.patch.application import applied
from scratchify.patch.names import quoted
from scratchify.patch.reading import lines_of, read_patch

NO_NEWLINE = "\\ No newline at end of file\n"


def unified_diff(path: PurePosixPath, before: str, after: str) -> bytes:
    """Return the patch of this one file; nothing where both texts are the same. Patches can be concatenated."""
    import difflib

    hunks = list(difflib.unified_diff(lines_of(before), lines_of(after)))[2:]
    if not hunks:
        return b""
    # The tab tells patch(1) where a name with a space ends, and the time that it expects would begin.
    tab = "\t" if " " in str(path) else ""
    old, new = quoted(f"a/{path}"), quoted(f"b/{path}")
    header = [f"diff --git {old} {new}\n", f"--- {old}{tab}\n", f"+++ {new}{tab}\n"]
    body = [line if line.endswith("\n") else f"{line}\n{NO_NEWLINE}" for line in hunks]
    return "".join(header + body).encode("utf-8", "surrogateescape")


def check_patch(patch: bytes, path: PurePosixPath, before: str, after: str) -> None:
    """Raise BrokenPromise unless this patch is of this file alone, and applied to `before` gives `after`."""
    header = f"diff --git {quoted(f'a/{path}')} {quoted(f'b/{path}')}\n"
    if not patch.startswith(header.encode("utf-8", "surrogateescape")):
        raise BrokenPromise(f"the patch of {path} begins with another name")
    try:
        files = read_patch(patch, str(path))
        if [file.path for file in files] != [path]:
            raise BrokenPromise(f"the patch of {path} names other files")
        result = applied(files[0], before)
    except (InvalidPatch, UnfitPatch) as error:
        raise BrokenPromise(f"the patch of {path} is wrong: {error}") from error
    if result != after:
        raise BrokenPromise(f"the patch of {path} does not give the result")
