"""
Unified diffs as git writes them, and the proof that a diff makes of one text the other.

https://git-scm.com/docs/diff-format
"""

import re
from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from scratchify.errors import BrokenPromise
from scratchify.source import line_spans

if TYPE_CHECKING:
    from unidiff.patch import Hunk

NO_NEWLINE = "\\ No newline at end of file\n"

# What quote.c of git writes in double quotes: control characters, the quote, the backslash, and all that is not ASCII.
_ODD = re.compile(rb'[\x00-\x1f"\\\x7f-\xff]')
_LETTERS = {7: "a", 8: "b", 9: "t", 10: "n", 11: "v", 12: "f", 13: "r", 34: '"', 92: "\\"}


def unified_diff(path: PurePosixPath, before: str, after: str) -> bytes:
    """Return the patch of this one file; nothing where both texts are the same. Patches can be concatenated."""
    import difflib

    hunks = list(difflib.unified_diff(_lines(before), _lines(after)))[2:]
    if not hunks:
        return b""
    # The tab tells patch(1) where a name with a space ends, and the time that it expects would begin.
    tab = "\t" if " " in str(path) else ""
    old, new = _quoted(f"a/{path}"), _quoted(f"b/{path}")
    header = [f"diff --git {old} {new}\n", f"--- {old}{tab}\n", f"+++ {new}{tab}\n"]
    body = [line if line.endswith("\n") else f"{line}\n{NO_NEWLINE}" for line in hunks]
    return "".join(header + body).encode("utf-8", "surrogateescape")


def check_patch(patch: bytes, path: PurePosixPath, before: str, after: str) -> None:
    """Raise BrokenPromise unless this patch is of this file alone, and applied to `before` gives `after`."""
    from unidiff.errors import UnidiffParseError
    from unidiff.patch import PatchSet

    old, new = _quoted(f"a/{path}"), _quoted(f"b/{path}")
    header, *lines = _lines(patch.decode("utf-8", "surrogateescape")) or [""]
    if header != f"diff --git {old} {new}\n":
        raise BrokenPromise(f"the patch of {path} begins with another name")
    try:
        # Lines, because from a string PatchSet would split at a lone \r as well; without git's header, because
        # it looks for the second name behind the last " b/", which the name itself may hold.
        files = PatchSet(lines)
    except UnidiffParseError as error:
        raise BrokenPromise(f"the patch of {path} cannot be read: {error}") from error
    if [(file.source_file, file.target_file) for file in files] != [(old, new)]:
        raise BrokenPromise(f"the patch of {path} names other files")
    if _applied(files[0], _lines(before), path) != after:
        raise BrokenPromise(f"the patch of {path} does not give the result")


def _applied(hunks: "Iterable[Hunk]", before: list[str], path: PurePosixPath) -> str:
    result: list[str] = []
    done = 0
    for hunk in hunks:
        old, new = _sides(hunk)
        # An empty range names the line before it.
        start = hunk.source_start - 1 if hunk.source_length else hunk.source_start
        if start < done or before[start : start + len(old)] != old:
            raise BrokenPromise(f"the patch of {path} does not apply at line {hunk.source_start}")
        result += before[done:start] + new
        done = start + len(old)
    return "".join(result + before[done:])


def _sides(hunk: "Hunk") -> tuple[list[str], list[str]]:
    """Return the lines that a hunk takes away and the lines that it puts there, context in both."""
    old: list[str] = []
    new: list[str] = []
    last: list[list[str]] = []
    for line in hunk:
        if line.line_type == "\\":
            for side in last:
                side[-1] = side[-1].removesuffix("\n")
            continue
        last = [side for side, other in ((old, "+"), (new, "-")) if line.line_type != other]
        for side in last:
            side.append(line.value)
    return old, new


def _lines(text: str) -> list[str]:
    return [span.of(text) for span in line_spans(text)]


def _quoted(name: str) -> str:
    """Return the name as git does: in double quotes where a byte of it is odd."""
    raw = name.encode("utf-8", "surrogateescape")
    if not _ODD.search(raw):
        return name
    escaped = _ODD.sub(lambda odd: f"\\{_LETTERS.get(odd[0][0], f'{odd[0][0]:03o}')}".encode(), raw)
    return f'"{escaped.decode("ascii")}"'
