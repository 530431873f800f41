"""
Patches read back: which files they change, hunk by hunk.

unidiff reads them; what it would misread is kept from it, and what only changes names or modes is refused.
"""

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from scratchify.errors import InvalidPatch
from scratchify.patch.names import unquoted
from scratchify.source import line_spans

if TYPE_CHECKING:
    import unidiff.patch

_HEADER = "diff --git "
_NO_CONTENT = ("new file ", "deleted file ", "old mode ", "rename ", "copy ", "GIT binary patch", "Binary files ")
_RANGES = re.compile(r"@@ -(\d+)(?:,(\d+))? \+\d+(?:,\d+)? @@")
_QUOTED_PRINTABLE = re.compile(rb"^content-transfer-encoding: *quoted-printable\r?$", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Hunk:
    """
    Lines that are taken away and lines that come in their place, context in both.

    `line` is its place in the patch, `start` the number of lines ahead of it in the old file, `new_start` in the new.
    """

    number: int
    line: int
    start: int
    new_start: int
    old: tuple[str, ...]
    new: tuple[str, ...]
    removed: tuple[int, ...]
    """The lines of the old file that go, counted from 1."""
    added: tuple[int, ...]
    """The lines of the new file that come."""


@dataclass(frozen=True)
class FilePatch:
    """What a patch changes in one file; `line` is its place in the patch."""

    path: PurePosixPath
    line: int
    hunks: tuple[Hunk, ...]

    @cached_property
    def added(self) -> int:
        return sum(len(hunk.added) for hunk in self.hunks)

    @cached_property
    def removed(self) -> int:
        return sum(len(hunk.removed) for hunk in self.hunks)


def read_patch(content: bytes, name: str) -> tuple[FilePatch, ...]:
    """
    Return what a patch, or a mail that holds one, changes, one after the other; `name` is what the patch is called.

    Raises InvalidPatch, with the line, where it cannot be read, or does more than change the content of files.
    """
    from unidiff.errors import UnidiffParseError
    from unidiff.patch import PatchSet

    lines = lines_of(_decoded(content).decode("utf-8", "surrogateescape"))
    known = _without_headers(lines, name)
    try:
        # Lines, because from a string PatchSet would split at a lone \r as well.
        files = PatchSet(known)
    except UnidiffParseError as error:
        raise InvalidPatch(f"this is no patch: {str(error).strip()}", name, _first_wrong_line(known)) from error
    if not files:
        raise InvalidPatch("there is no patch in it", name, 1)
    return tuple(_file_patch(file, name) for file in files)


def recounted(patch: str) -> str:
    """Return a patch that somebody edited, with hunks that say how many lines they have."""
    result: list[str] = []
    shift = 0
    lines = lines_of(patch)
    for index, line in enumerate(lines):
        ranges = _RANGES.match(line)
        if not ranges:
            result.append(line)
            continue
        ends = (i for i in range(index + 1, len(lines)) if not lines[i].startswith((" ", "+", "-", "\\")))
        body = lines[index + 1 : next(ends, len(lines))]
        old = sum(line.startswith((" ", "-")) for line in body)
        new = sum(line.startswith((" ", "+")) for line in body)
        ahead = int(ranges[1]) - (ranges[2] != "0")
        result.append(f"@@ -{_range(ahead, old)} +{_range(ahead + shift, new)} @@{line[ranges.end() :]}")
        shift += new - old
    return "".join(result)


def lines_of(text: str) -> list[str]:
    return [span.of(text) for span in line_spans(text)]


def _range(ahead: int, length: int) -> str:
    # An empty range names the line before it.
    return f"{ahead + 1 if length else ahead},{length}"


def _decoded(content: bytes) -> bytes:
    """Return the patch of a mail that is written in quoted-printable, to bring line ends through; else as it is."""
    head, separator, body = content.partition(b"\n\n")
    if not head.startswith(b"From ") or not _QUOTED_PRINTABLE.search(head):
        return content
    import quopri

    return b"\n" * (head + separator).count(b"\n") + quopri.decodestring(body)


def _without_headers(lines: list[str], name: str) -> list[str]:
    """
    Return the lines with a remark where git's own headers stand.

    PatchSet would look for the second name of a header behind the last " b/", which the name itself may hold.
    """
    result: list[str] = []
    in_header = False
    for number, line in enumerate(lines, 1):
        if line.startswith(_HEADER):
            in_header = True
        elif line.startswith(("--- ", "@@ ")):
            in_header = False
            if line.startswith("--- a/") and line.endswith("\r\n"):
                raise InvalidPatch("its own lines end in CRLF: something on its way has changed it", name, number)
        elif in_header and line.startswith(_NO_CONTENT):
            raise InvalidPatch("it does more than change lines of a file; apply it with git", name, number)
        result.append("#\n" if in_header else line)
    return result


def _first_wrong_line(lines: list[str]) -> int:
    """Return the line of the hunk up to which nothing is wrong: no line within a hunk begins like a hunk."""
    from unidiff.errors import UnidiffParseError
    from unidiff.patch import PatchSet

    last = 1
    for index in (index for index, line in enumerate(lines) if line.startswith("@@ ")):
        try:
            PatchSet(lines[:index])
        except UnidiffParseError:
            return last
        last = index + 1
    return last


def _file_patch(file: "unidiff.patch.PatchedFile", name: str) -> FilePatch:
    line = file.diff_line_no or 1
    old, new = unquoted(file.source_file), unquoted(file.target_file)
    if "/dev/null" in (old, new):
        raise InvalidPatch("it makes or removes a file; apply it with git", name, line)
    if not (old.startswith("a/") and new.startswith("b/")):
        raise InvalidPatch(f"its names do not begin with a/ and b/: {old}, {new}", name, line)
    if old[2:] != new[2:]:
        raise InvalidPatch(f"it names two files: {old}, {new}", name, line)
    path = PurePosixPath(new[2:])
    if path.is_absolute() or ".." in path.parts or ".git" in path.parts or "\0" in new or not path.parts:
        raise InvalidPatch(f"it leads out of the tree: {path}", name, line)
    return FilePatch(path, line, tuple(_hunk(hunk, number) for number, hunk in enumerate(file, 1)))


def _hunk(hunk: "unidiff.patch.Hunk", number: int) -> Hunk:
    old: list[str] = []
    new: list[str] = []
    last: list[list[str]] = []
    removed: list[int] = []
    added: list[int] = []
    # An empty range names the line before it.
    start = hunk.source_start - 1 if hunk.source_length else hunk.source_start
    new_start = hunk.target_start - 1 if hunk.target_length else hunk.target_start
    for line in hunk:
        if not line.line_type:  # an empty line behind the hunk, which unidiff keeps with it
            continue
        if line.line_type == "\\":
            for side in last:
                side[-1] = side[-1].removesuffix("\n")
            continue
        last = [side for side, other in ((old, "+"), (new, "-")) if line.line_type != other]
        for side in last:
            side.append(line.value)
        if line.is_removed:
            removed.append(start + len(old))
        elif line.is_added:
            added.append(new_start + len(new))
    # unidiff counts the lines of a patch, but keeps no place of the hunk itself
    line_number = (hunk[0].diff_line_no or 2) - 1 if len(hunk) else 1
    return Hunk(number, line_number, start, new_start, tuple(old), tuple(new), tuple(removed), tuple(added))
