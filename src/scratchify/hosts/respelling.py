"""
A new text in the place of an old one, as edits on what differs: the rest keeps its escapes, quotes and placeholders.

A placeholder stays where it is, or moves with its whole line or its whole word of an exec form; anywhere else it might
mean something else.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise

from scratchify.edits import Edit
from scratchify.hosts.spelling import Spelled, Token, Unit, Unspellable
from scratchify.source import Span, line_spans

_EXEC_FORM_WORD = re.compile(r'"(?:[^"\\\n]|\\.)*"')


@dataclass(frozen=True, slots=True)
class _Change:
    """The text between two offsets becomes `text`; both are offsets of the old text."""

    start: int
    end: int
    text: str


def respell(file: str, spelled: Spelled, new: str) -> list[Edit]:
    """Return the edits of a file that make `new` of what it spells. Raises Unspellable."""
    moved = _Moved(file, spelled)
    rows = _rows(spelled)
    edits = list(_row_edits(file, rows, new, moved, spelled) if rows else _edits(spelled, new, moved))
    moved.check(edits)
    return edits


class _Moved:
    """The lines and words that hold placeholders: they are spelled again as they were."""

    def __init__(self, file: str, spelled: Spelled) -> None:
        self._file = file
        self._units = spelled.units
        self._margin = spelled.margin
        self._lines: dict[str, tuple[Unit, ...]] = {}
        self._words: dict[str, tuple[Unit, ...]] = {}
        self._copies: Counter[Span] = Counter()
        for span in line_spans(spelled.value):
            line = span.of(spelled.value).removesuffix("\n")
            self._note(spelled, span.start, line, self._lines)
            for word in _EXEC_FORM_WORD.finditer(line):
                self._note(spelled, span.start + word.start(), word[0], self._words)

    def token_of(self, line: str) -> Token | None:
        """Return the literal that a line has to be written like, None where it holds no placeholder."""
        words = (self._words.get(word[0], ()) for word in _EXEC_FORM_WORD.finditer(line))
        units = self._line(line) or next(filter(None, words), ())
        return next((unit.token for unit in units if unit.placeholder), None)

    def spelled(self, text: str, token: Token, end: int | None = None) -> str:
        """Return how a text is written in a literal, up to a place in the file. Raises Unspellable."""
        parts: list[str | Unit] = []
        for span in line_spans(text):
            line = span.of(text)
            if units := self._line(line):
                if line.startswith(self._margin):
                    parts.append(self._margin)
                parts += self._again(units, token)
                parts.append(line[len(line.removesuffix("\n")) :])
                continue
            at = 0
            for word in _EXEC_FORM_WORD.finditer(line):
                if units := self._words.get(word[0], ()):
                    parts.append(line[at : word.start()])
                    parts += self._again(units, token)
                    at = word.end()
            parts.append(line[at:])
        result: list[str] = []
        plain = ""
        for part in parts:
            if isinstance(part, str):
                plain += part
                continue
            source = part.span.of(self._file)
            result += token.spell(plain, source[:1]), source
            plain = ""
        following = self._file[end : end + 1] if end is not None else ""
        return "".join((*result, token.spell(plain, following)))

    def check(self, edits: Sequence[Edit]) -> None:
        """Raise Unspellable unless each placeholder is still there, and as often as it may be."""
        for unit in self._units:
            if not unit.placeholder:
                continue
            stays = not any(edit.span.start < unit.span.end and unit.span.start < edit.span.end for edit in edits)
            times = stays + self._copies[unit.span]
            if not times:
                raise Unspellable(f"{unit.placeholder.shown} would have to go to another place")
            if times > 1 and not unit.placeholder.is_repeatable:
                raise Unspellable(f"{unit.placeholder.shown} would be put in twice")

    def _line(self, line: str) -> tuple[Unit, ...]:
        """Return the units of an old line that holds a placeholder."""
        return self._lines.get(line.removesuffix("\n").removeprefix(self._margin), ())

    def _note(self, spelled: Spelled, start: int, piece: str, known: dict[str, tuple[Unit, ...]]) -> None:
        try:
            units = spelled.units[spelled.index(start) : spelled.index(start + len(piece))]
        except Unspellable:  # it ends within a placeholder, and will not be moved
            return
        if any(unit.placeholder for unit in units):
            known.setdefault(piece, units)

    def _again(self, units: tuple[Unit, ...], token: Token) -> Iterator[str | Unit]:
        """Yield the text of units, and those that are placeholders. Raises Unspellable."""
        for unit in units:
            if not unit.placeholder:
                yield unit.value
                continue
            if unit.token is None or unit.token.manner != token.manner:
                raise Unspellable(f"{unit.placeholder.shown} would have to go to another string")
            self._copies[unit.span] += 1
            yield unit


# ---- one literal, or several that are taken for one


def _edits(spelled: Spelled, new: str, moved: _Moved) -> Iterator[Edit]:
    old = spelled.value
    changes = _merged(_changes(_lines(old), _lines(new)))
    if any(unit.token and unit.token.is_folded for unit in spelled.units):
        changes = _with_line_ends(changes, old)
    for change in changes:
        # a place at the begin of a line is in front of its margin where whole lines change
        is_lines = (
            (change.start == 0 or old[change.start - 1] == "\n")
            and (change.end in (change.start, len(old)) or old[change.end - 1] == "\n")
            and (not change.text or change.text.endswith("\n") or change.end == len(old))
        )
        yield from _edits_of(spelled, change, moved, is_lines=is_lines)


def _edits_of(spelled: Spelled, change: _Change, moved: _Moved, *, is_lines: bool) -> Iterator[Edit]:
    units = spelled.units
    first, behind = spelled.index(change.start), spelled.index(change.end)
    before = next((unit for unit in reversed(units[:first]) if unit.value), None)
    is_insertion = first == behind
    is_within = is_insertion and not _begins_line(spelled, change.start)
    if before and before.token and (is_within or (is_lines and spelled.margin)):
        place, token, has_margin = before.span.end, before.token, is_lines
    elif first < len(units) and (found := units[first].token):
        place, token, has_margin = units[first].span.start, found, False
    elif before and before.token:
        place, token, has_margin = before.span.end, before.token, is_lines
    else:
        raise Unspellable("there is no place for a new line")
    keeps_margin = change.end > change.start and _begins_line(spelled, change.end)
    is_before_text = not has_margin and not keeps_margin and change.end < len(spelled.value)
    text = _with_margin(change.text, spelled.margin, at_first=has_margin, at_last=is_before_text)
    end = place
    rest: list[tuple[Token, Span]] = []
    for unit in units[first:behind]:
        if unit.token is None:
            if unit.placeholder:
                raise Unspellable(f"{unit.placeholder.shown} would have to go to another place")
            raise Unspellable("some of its lines have a string of their own, and others not")
        if unit.token == token and not rest:
            end = unit.span.end
        elif rest and rest[-1][0] == unit.token:
            rest[-1] = unit.token, Span(rest[-1][1].start, unit.span.end)
        else:
            rest.append((unit.token, unit.span))
    yield Edit(Span(place, end), moved.spelled(text, token, end))
    yield from (Edit(span, "") for _, span in rest)


def _begins_line(spelled: Spelled, offset: int) -> bool:
    return offset == 0 or spelled.value[offset - 1] == "\n"


def _with_margin(text: str, margin: str, *, at_first: bool, at_last: bool) -> str:
    """Return a text whose lines that are not blank begin with a margin; `at_last`: what follows is such a line."""
    if not margin:
        return text
    lines = _lines(text)
    with_margin = [margin + line if line.strip() and (at_first or index) else line for index, line in enumerate(lines)]
    return "".join(with_margin) + (margin if at_last and text.endswith("\n") else "")


def _changes(old: list[str], new: list[str]) -> Iterator[_Change]:
    starts = [0]
    for line in old:
        starts.append(starts[-1] + len(line))
    for kind, i, i_end, j, j_end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            continue
        # a line that only gets longer keeps what it has: FROM … AS build
        while i < i_end and j < j_end and new[j].startswith(kept := old[i].removesuffix("\n")) and kept:
            end = starts[i] + len(kept)
            added = new[j][len(kept) :]
            if added.endswith("\n") and old[i].endswith("\n"):
                added = added[:-1]
            elif old[i].endswith("\n"):
                break
            yield _Change(end, end, added)
            i, j = i + 1, j + 1
        if i < i_end or j < j_end:
            yield _Change(starts[i], starts[i_end], "".join(new[j:j_end]))


def _merged(changes: Iterator[_Change]) -> Iterator[_Change]:
    """Yield the changes, those that touch as one."""
    last: _Change | None = None
    for change in changes:
        if last and last.end == change.start:
            last = _Change(last.start, change.end, last.text + change.text)
            continue
        if last and (last.text or last.end > last.start):
            yield last
        last = change
    if last and (last.text or last.end > last.start):
        yield last


def _with_line_ends(changes: Iterator[_Change], old: str) -> Iterator[_Change]:
    """Yield the changes, each with all line ends beside it."""
    last: _Change | None = None
    for change in changes:
        start, end = change.start, change.end
        while start and old[start - 1] == "\n":
            start -= 1
        while end < len(old) and old[end] == "\n":
            end += 1
        text = old[start : change.start] + change.text + old[change.end : end]
        if last and start < last.end:
            last = _Change(last.start, end, last.text + text[last.end - start :])
            continue
        if last:
            yield last
        last = _Change(start, end, text)
    if last:
        yield last


def _lines(text: str) -> list[str]:
    return [span.of(text) for span in line_spans(text)]


# ---- a literal for each line


@dataclass(frozen=True, slots=True)
class _Row:
    """A line that has a literal of its own."""

    token: Token
    units: tuple[Unit, ...]
    line: str


def _rows(spelled: Spelled) -> list[_Row]:
    """Return the lines of a text that has a literal for each of several lines; nothing for any other."""
    rows: list[list[Unit]] = [[]]
    for index, unit in enumerate(spelled.units):
        if unit.token is None:
            if not spelled.is_joined or unit.placeholder:
                return []
            rows.append([])
            continue
        if not spelled.is_joined and index and unit.token != spelled.units[index - 1].token:
            rows.append([])
        rows[-1].append(unit)
    if spelled.is_joined and len(rows) > 1 and not rows[-1]:
        rows.pop()
    found = []
    for row in rows:
        line = "".join(unit.value for unit in row)
        ends = 0 if spelled.is_joined else 1
        is_last = row is rows[-1]
        if not row or len({unit.token.span for unit in row if unit.token}) != 1:
            return []
        if line.count("\n") != ends and not (is_last and not line.count("\n")):
            return []
        if ends and "\n" in line and not line.endswith("\n"):
            return []
        token = row[0].token
        assert token is not None
        found.append(_Row(token, tuple(row), line))
    return found if len(found) > 1 and not spelled.margin else []


def _row_edits(file: str, rows: list[_Row], new: str, moved: _Moved, spelled: Spelled) -> Iterator[Edit]:
    is_joined = spelled.is_joined
    old_lines = [row.line for row in rows]
    new_lines = new.split("\n") if is_joined else _lines(new)
    if spelled.units[-1].token is None and new_lines.pop():
        raise Unspellable("the end of the last line is written apart from it")
    for kind, i, i_end, j, j_end in SequenceMatcher(None, old_lines, new_lines, autojunk=False).get_opcodes():
        if kind == "equal":
            continue
        while i < i_end and j < j_end:
            yield _row_edit(rows[i], new_lines[j], moved)
            i, j = i + 1, j + 1
        for row in range(i, i_end):
            if not row:
                raise Unspellable("the first line would have to go")
            yield Edit(Span(rows[row - 1].token.span.end, rows[row].token.span.end), "")
        if j < j_end:
            yield _inserted_rows(file, rows, i, new_lines[j:j_end], moved, comma="," if is_joined else "")


def _row_edit(row: _Row, line: str, moved: _Moved) -> Edit:
    end = next((unit.span.end for unit in reversed(row.units) if unit.value and unit.value != "\n"), None)
    kept = row.line.removesuffix("\n")
    if end is not None and kept and line.startswith(kept):
        # what it has stays, and so does its line end
        keeps_end = row.line.endswith("\n") and line.endswith("\n")
        added = line[len(kept) :].removesuffix("\n") if keeps_end else line[len(kept) :]
        if keeps_end or not row.line.endswith("\n"):
            return Edit(Span(end, end), row.token.spell(added))
    token = moved.token_of(line) or row.token
    return Edit(row.token.span, token.alike(moved.spelled(line, token)))


def _inserted_rows(file: str, rows: list[_Row], at: int, lines: list[str], moved: _Moved, comma: str) -> Edit:
    """Return the edit that puts lines before a row, or behind the last one."""
    gap = _gap(file, rows, comma)
    after = rows[at - 1] if at else None
    literals = []
    for line in lines:
        token = moved.token_of(line) or _plainest(rows, at)
        literals.append(token.alike(moved.spelled(line, token)))
    if after is None or (at < len(rows) and _ends_in_comment(file, after, rows[at])):
        place = rows[at].token.span.start
        return Edit(Span(place, place), "".join(literal + gap for literal in literals))
    place = after.token.span.end
    return Edit(Span(place, place), "".join(gap + literal for literal in literals))


def _plainest(rows: list[_Row], at: int) -> Token:
    """Return the literal that new lines are written like: the nearest one into which nothing is put."""
    nearest = sorted(rows, key=lambda row: abs(rows.index(row) - at + 1))
    return next((row.token for row in nearest if not row.token.has_placeholders), nearest[0].token)


def _gap(file: str, rows: list[_Row], comma: str) -> str:
    """Return what stands between two literals."""
    for one, other in pairwise(rows):
        gap = file[one.token.span.end : other.token.span.start]
        if "#" not in gap and gap.count("\n") < 2:
            return gap
    start = rows[1].token.span.start
    indentation = file[file.rfind("\n", 0, start) + 1 : start]
    return f"{comma}\n{indentation}"


def _ends_in_comment(file: str, row: _Row, following: _Row) -> bool:
    """Say whether a comment behind a row's literal is about it."""
    return "#" in file[row.token.span.end : following.token.span.start].partition("\n")[0]
