"""
A report as Markdown, for the text of a pull request or the summary of a job: one screen, the rest folded away.

What comes from a repository is shown as it is: it ends no span, begins no link or tag, calls nobody, refers to nothing.
Forges look for `@names`, `#numbers`, addresses and formulas after the Markdown is gone, but never in code, so that each
word that could be one, or markup, is a code span: https://docs.github.com/en/get-started/writing-on-github
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from scratchify.report.document import FileReport, Note, Sizes
from scratchify.report.terminal import megabytes, visible

_PLAIN = re.compile(r"(?!gh-\d)[^\W_]+(?:[-'][^\W_]+)*", re.IGNORECASE)
"""A word that is neither markup nor the name of anything."""

_WORD = re.compile(r"([(\"']*)(.*?)([)\"',;:.?]*)")
"""What opens, the word itself, what closes."""

_BACKTICKS = re.compile("`+")

MOST_NOTES = 40
"""Of a file; a pull request has room for 65,536 characters, and a reviewer for less."""

MOST_DIFF = 200
"""Lines of a file's diff."""


def prose(text: str) -> str:
    """Return text of a repository, to stand behind words of our own; it stays on its line."""
    return " ".join(map(_shown, visible(text).split(" ")))


def code(text: str) -> str:
    """Return text of a repository as a code span."""
    shown = visible(text)
    if not shown.strip():
        return f"`{shown or ' '}`"
    ticks = "`" * (1 + max((len(run) for run in _BACKTICKS.findall(shown)), default=0))
    # one space at each side is taken away again, where there is one at both
    room = " " if shown[0] in " `" or shown[-1] in " `" else ""
    return f"{ticks}{room}{shown}{room}{ticks}"


def cell(markdown: str) -> str:
    """Return Markdown of one line as it stands in a table."""
    return re.sub(r"(?<!\\)\|", r"\\|", markdown)


def block(text: str, language: str = "") -> str:
    """Return lines of a repository as a fenced block."""
    shown = "".join(f"{visible(line, keep=chr(9))}\n" for line in text.removesuffix("\n").split("\n"))
    ticks = "`" * max(3, 1 + max((len(run) for run in _BACKTICKS.findall(shown)), default=0))
    return f"{ticks}{language}\n{shown}{ticks}\n"


def to_markdown(reports: Iterable[FileReport]) -> bytes:
    """Return what a reviewer needs to know of these Dockerfiles, in UTF-8."""
    return _text(tuple(reports), _FULL).encode("utf-8", "backslashreplace")


def markdown_within(reports: Iterable[FileReport], room: int) -> str:
    """Return the same with as much of the detail as there is room for, in characters."""
    known = tuple(reports)
    texts = (_text(known, detail) for detail in (_FULL, _NO_DIFFS, _NO_DECISIONS))
    text = next((text for text in texts if len(text) <= room), "")
    return text or _text(known, _NO_DECISIONS)[: room - 80].rpartition("\n")[0] + "\n\nThere is more than fits here.\n"


def _text(reports: Sequence[FileReport], detail: "_Detail") -> str:
    text = "".join(f"{line}\n" for part in _parts(reports, detail) for line in part)
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


@dataclass(frozen=True, slots=True)
class _Detail:
    """What is folded away below a change."""

    decisions: bool
    diffs: bool


_FULL, _NO_DIFFS, _NO_DECISIONS = _Detail(True, True), _Detail(True, False), _Detail(False, False)


def _parts(reports: Sequence[FileReport], detail: _Detail) -> Iterator[Sequence[str]]:
    rewritten = [report for report in reports if report.verdict == "rewritten"]
    refused = [report for report in reports if report.verdict == "refused"]
    wrong = [report for report in reports if report.verdict == "error"]
    yield _heading(reports, rewritten)
    if rewritten:
        yield from _change(rewritten, detail)
    if refused:
        yield "", f"### Left as {'it is' if len(refused) == 1 else 'they are'}", ""
        yield [line for report in refused for line in _reasons(report)]
    if wrong:
        yield "", "### Could not be read", ""
        yield [line for report in wrong for line in _reasons(report)]
    if rewritten:
        yield "", "### To undo", "", "Revert the change: nothing but the lines above was touched."


def _heading(reports: Sequence[FileReport], rewritten: Sequence[FileReport]) -> Sequence[str]:
    if not rewritten:
        count = len(reports)
        return [f"## No change to {'the Dockerfile' if count == 1 else f'{count} Dockerfiles'}"]
    if len(rewritten) == 1:
        (report,) = rewritten
        return [f"## {code(report.place)}: a build stage, and FROM {code(report.base or '')}"]
    return [f"## {len(rewritten)} Dockerfiles: a build stage, and a final stage with what runs"]


def _change(rewritten: Sequence[FileReport], detail: _Detail) -> Iterator[Sequence[str]]:
    yield (
        "",
        "The image was the one that builds: a compiler, a shell and a package manager went to production with the",
        "program. Now it keeps what the running program needs, each thing with its reason, and nothing of the build.",
        "",
    )
    yield _table(rewritten)
    assumed = [note for report in rewritten for note in report.assumptions]
    yield "", "### To check", ""
    if assumed:
        yield "Taken for granted, because nothing proves it:", ""
        yield _notes(assumed, box=True)
    else:
        yield ("Nothing had to be assumed.",)
    if detail.decisions:
        yield "", "### Why", ""
    for report in rewritten:
        if detail.decisions:
            yield from _folded(f"{len(report.decisions)} decisions", report, _decisions(report))
        if detail.diffs:
            yield from _folded("the change", report, _diff(report))


def _table(rewritten: Sequence[FileReport]) -> Sequence[str]:
    has_sizes = any(report.sizes for report in rewritten)
    head = ["Dockerfile", "final stage", *(["image before", "after"] if has_sizes else [])]
    lines = [f"| {' | '.join(head)} |", "|---|---|" + "--:|--:|" * has_sizes]
    for report in rewritten:
        cells = [cell(code(report.place)), cell(code(f"FROM {report.base}"))]
        if has_sizes:
            cells += _sizes(report.sizes)
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def _sizes(sizes: Sizes | None) -> tuple[str, str]:
    return (megabytes(sizes.original), megabytes(sizes.result)) if sizes else ("", "")


def _folded(what: str, report: FileReport, lines: Sequence[str]) -> Iterator[Sequence[str]]:
    # A summary is HTML, in which Markdown does not count.
    yield f"<details><summary><code>{_html(report.place)}</code>: {what}</summary>", ""
    yield lines
    yield "", "</details>"


def _decisions(report: FileReport) -> Sequence[str]:
    smaller = [
        Note(one.because.rule, f"not {one.base}: {one.because.message}", one.because.path, one.because.line)
        for one in report.smaller_bases
    ]
    return _notes([*smaller, *report.decisions])


def _diff(report: FileReport) -> Sequence[str]:
    lines = report.diff.removesuffix("\n").split("\n")
    more = [f"{len(lines) - MOST_DIFF} more lines."] if len(lines) > MOST_DIFF else []
    return [block("\n".join(lines[:MOST_DIFF]), "diff").removesuffix("\n"), *more]


def _reasons(report: FileReport) -> Iterator[str]:
    yield f"- {code(report.place)}"
    yield from (f"  {line}" for line in _notes(report.reasons))


def _notes(notes: Sequence[Note], *, box: bool = False) -> list[str]:
    mark = "- [ ]" if box else "-"
    lines = [f"{mark} {code(note.place)}: {prose(note.message)} ({prose(note.rule)})" for note in notes[:MOST_NOTES]]
    return lines + [f"- and {len(notes) - MOST_NOTES} more"] * (len(notes) > MOST_NOTES)


def _shown(word: str) -> str:
    """Return a word as it is, or as code where it could be more than a word, without what opens and closes it."""
    parts = _WORD.fullmatch(word)
    assert parts, "each of its parts may be empty"
    opening, inner, closing = parts.groups()
    if not inner or _PLAIN.fullmatch(inner):
        return word
    return f"{opening}{code(inner)}{closing}"


def _html(text: str) -> str:
    """Return text for an HTML element in Markdown: what is markup in either is an entity."""
    return "".join(c if c.isalnum() or c in " /" else f"&#{ord(c)};" for c in visible(text))
