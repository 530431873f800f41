"""A run over several Dockerfiles as a table: one line each, for those that need somebody's eyes."""

from collections.abc import Iterable, Iterator

from scratchify.report.document import FileReport, Sizes, Verdict
from scratchify.report.terminal import STYLES, Line, Piece, megabytes, visible

MOST = 50
"""Lines; a longer table is no overview, and the other formats have everything."""

ORDER: tuple[Verdict, ...] = ("rewritten", "refused", "error")


def table_lines(reports: Iterable[FileReport]) -> Iterator[Line]:
    """Yield a heading and a line for each file that is or would be changed, refused or wrong: verdict, base and why."""
    shown = [report for report in reports if report.verdict in ORDER]
    shown.sort(key=lambda report: ORDER.index(report.verdict))
    if not shown:
        return
    head = ("Dockerfile", "verdict", "base", "why")
    rows = [(visible(one.place), one.verdict, visible(one.base or "-"), _why(one)) for one in shown[:MOST]]
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)][:-1]
    yield (Piece(_in_columns(head, widths), "bold"),)
    for (place, verdict, base, why), report in zip(rows, shown, strict=False):
        name, word, image = (text.ljust(width) for text, width in zip((place, verdict, base), widths, strict=True))
        yield Piece(f"{name}  "), Piece(word, STYLES[report.verdict]), Piece(f"  {image}  {why}".rstrip())
    if len(shown) > MOST:
        yield (Piece(f"and {len(shown) - MOST} more; --format html shows all of them"),)


def _why(report: FileReport) -> str:
    """Return the rules that say no, or what there is to check and what it saves."""
    if report.reasons:
        return ", ".join(dict.fromkeys(visible(note.rule) for note in report.reasons))
    parts = [_saved(report.sizes)] if report.sizes else []
    parts += [f"{len(report.assumptions)} to check"] if report.assumptions else []
    # the reason of the last base that would not do is that of the one which was taken
    parts += [visible(report.smaller_bases[-1].because.rule)] if report.smaller_bases else []
    return ", ".join(parts)


def _saved(sizes: Sizes) -> str:
    return f"{megabytes(sizes.original)} -> {megabytes(sizes.result)}"


def _in_columns(words: tuple[str, ...], widths: list[int]) -> str:
    *padded, last = words
    return "  ".join([*(word.ljust(width) for word, width in zip(padded, widths, strict=True)), last])
