"""Applying the patch of one file: each hunk where it says, or the file stays as it is."""

from collections.abc import Sequence
from dataclasses import replace

from scratchify.errors import UnfitPatch
from scratchify.patch.reading import FilePatch, Hunk, lines_of


def applied(file: FilePatch, before: str) -> str:
    """Return what the patch makes of a file's text. Raises UnfitPatch, with hunk and line, where it does not fit."""
    lines = lines_of(before)
    result: list[str] = []
    done = 0
    for hunk in file.hunks:
        end = hunk.start + len(hunk.old)
        if hunk.start < done or tuple(lines[hunk.start : end]) != hunk.old:
            raise UnfitPatch(_misfit(file, hunk, lines, done), hunk.number, hunk.line)
        result += lines[done : hunk.start]
        result += hunk.new
        done = end
    result += lines[done:]
    if any(not line.endswith("\n") for line in result[:-1]):
        last = file.hunks[-1]
        message = f"hunk {last.number} of {len(file.hunks)} does not fit: it ends the file, and more lines follow"
        raise UnfitPatch(message, last.number, last.line)
    return "".join(result)


def is_applied(files: Sequence[FilePatch], text: str) -> bool:
    """Say whether a text is what these patches of one file give, one after the other: all of them can be taken back."""
    try:
        for file in reversed(files):
            text = applied(_reversed(file), text)
    except UnfitPatch:
        return False
    return True


def _reversed(file: FilePatch) -> FilePatch:
    hunks = (
        replace(
            hunk,
            start=hunk.new_start,
            new_start=hunk.start,
            old=hunk.new,
            new=hunk.old,
            removed=hunk.added,
            added=hunk.removed,
        )
        for hunk in file.hunks
    )
    return FilePatch(file.path, file.line, tuple(hunks))


def _misfit(file: FilePatch, hunk: Hunk, lines: list[str], done: int) -> str:
    told = f"hunk {hunk.number} of {len(file.hunks)} does not fit"
    if hunk.start < done:
        return f"{told}: it begins within the one before"
    for number, wanted in enumerate(hunk.old, hunk.start):
        if number >= len(lines):
            return f"{told}: the file ends before line {number + 1}, where it wants {_shown(wanted)}"
        if lines[number] != wanted:
            return f"{told}: line {number + 1} is {_shown(lines[number])}, not {_shown(wanted)}"
    return f"{told}: the file ends before line {hunk.start + 1}"


def _shown(line: str) -> str:
    end = "" if line.endswith("\n") else " without a line end"
    text = line.removesuffix("\n")
    return f"{text[:80]!r}{end}"
