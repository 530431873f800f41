"""Reports as text: one thing a line, its place first, so that an editor can jump there."""

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, TextIO

from scratchify.report.document import FileReport, Note, Verdict

if TYPE_CHECKING:
    from rich.console import Console

STYLES: dict[Verdict, str] = {"rewritten": "bold green", "unchanged": "", "refused": "bold yellow", "error": "bold red"}

_DIFF_STYLES = (
    ("diff ", "bold"),
    ("--- ", "bold"),
    ("+++ ", "bold"),
    ("@@", "cyan"),
    ("-", "red"),
    ("+", "green"),
)


@dataclass(frozen=True, slots=True)
class Piece:
    """Some text of a line, and its looks; an empty style is the terminal's own."""

    text: str
    style: str = ""


Line = tuple[Piece, ...]


class Screen:
    """A stream that a person may be reading: colours on a terminal that wants them, else plain text."""

    def __init__(self, stream: TextIO | None) -> None:
        # None where the stream was closed before the program began
        self._stream = stream

    @property
    def is_terminal(self) -> bool:
        return self._stream is not None and self._stream.isatty()

    def say(self, *pieces: Piece | str) -> None:
        """Print one line."""
        if self._stream is None:
            return
        line = [Piece(piece) if isinstance(piece, str) else piece for piece in pieces]
        if any(piece.style for piece in line) and self._console:
            from rich.text import Text

            text = Text.assemble(*((visible(piece.text, keep="\t"), piece.style) for piece in line))
            self._console.print(text, soft_wrap=True)
        else:
            plain = "".join(visible(piece.text, keep="\t") for piece in line) + "\n"
            self._stream.write(_encodable(plain, self._stream.encoding))
        self._stream.flush()

    def put(self, content: bytes) -> None:
        """Print a file's content: its bytes, but on a terminal nothing that the terminal would obey."""
        if self._stream is None:
            return
        if self.is_terminal:
            text = visible(content.decode("utf-8", "surrogateescape").replace("\r\n", "\n"), keep="\n\t")
            self._stream.write(_encodable(text, self._stream.encoding))
        else:
            self._stream.flush()
            self._stream.buffer.write(content)
        self._stream.flush()

    def put_diff(self, patch: bytes) -> None:
        """Print a patch: its bytes, but on a terminal in colours."""
        if not self._console:
            self.put(patch)
            return
        for line in patch.decode("utf-8", "surrogateescape").removesuffix("\n").split("\n"):
            style = next((style for start, style in _DIFF_STYLES if line.startswith(start)), "")
            self.say(Piece(line, style))

    @cached_property
    def _console(self) -> "Console | None":
        if not self.is_terminal or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
            return None
        from rich.console import Console

        return Console(file=self._stream, highlight=False, markup=False, emoji=False)


def visible(text: str, *, keep: str = "") -> str:
    """Return the text with each character that a terminal would obey, or not show, as an escape."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in keep else _escaped(c) for c in text)


def megabytes(size: int) -> str:
    """Return a size as people say it, in millions of bytes."""
    return f"{size / 1e6:.1f} MB"


def report_lines(report: FileReport, *, written: bool, verbose: bool) -> Iterator[Line]:
    """Yield what is said of one Dockerfile; `written` tells what was done from what would be."""
    style = STYLES[report.verdict]
    match report.verdict:
        case "rewritten":
            done = "rewritten" if written else "would be rewritten"
            yield Piece(f"{report.place}: "), Piece(done, style), Piece(f", FROM {report.base}")
            yield from _smaller_lines(report)
            if verbose:
                yield from (_note_line(note, note.rule) for note in report.decisions)
            yield from (_note_line(note, "assumed", STYLES["refused"]) for note in report.assumptions)
        case "unchanged":
            yield from (_note_line(note, f"unchanged: {note.rule}") for note in report.reasons)
        case "refused":
            yield Piece(f"{report.place}: "), Piece("refused", style), Piece(", left as it is; what stands in the way:")
            yield from (_note_line(note, note.rule) for note in report.reasons)
        case "error":
            yield from ((Piece(f"{note.place}: "), Piece(note.message, style)) for note in report.reasons)


def _smaller_lines(report: FileReport) -> Iterator[Line]:
    """Yield why each smaller base would not do; those with the same reason share a line."""
    by_reason: dict[Note, list[str]] = {}
    for one in report.smaller_bases:
        by_reason.setdefault(one.because, []).append(one.base)
    for because, bases in by_reason.items():
        yield _note_line(because, f"not {', not '.join(bases)}")


def summary_line(verdicts: Iterable[Verdict], *, written: bool) -> Line:
    """Return the count of each verdict."""
    counts = Counter(verdicts)
    words: dict[Verdict, str] = {
        "rewritten": "rewritten" if written else "would be rewritten",
        "unchanged": "unchanged",
        "refused": "refused",
        "error": "failed",
    }
    told = [f"{counts[verdict]} {word}" for verdict, word in words.items() if counts[verdict]]
    total = counts.total()
    return (Piece(f"{total} Dockerfile{'' if total == 1 else 's'}: {', '.join(told)}"),)


def _note_line(note: Note, label: str, style: str = "") -> Line:
    return Piece(f"{note.place}: "), Piece(label, style), Piece(f": {note.message}")


def _escaped(character: str) -> str:
    if "\udc80" <= character <= "\udcff":
        return f"\\x{ord(character) - 0xDC00:02x}"
    return character.encode("unicode_escape").decode("ascii")


def _encodable(text: str, encoding: str) -> str:
    return text.encode(encoding, "backslashreplace").decode(encoding)
