"""What is done to a text between its literal and its use: margins removed, ends stripped, values filled in."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from scratchify.hosts.python_literals import Literal
from scratchify.hosts.spelling import Placeholder, Spelled, Unit
from scratchify.source import Span

Filling = Callable[[re.Match[str]], "str | Placeholder"]
"""What comes in the place of a match."""

_WHITE = " \t\n\r\f\v"


def dedented(spelled: Spelled) -> Spelled:
    """Return what textwrap.dedent makes of a text."""
    lines = list(_line_units(spelled))
    margin = _common_margin([_text(line) for line in lines])
    units = [unit for line in lines for unit in _without_margin(line, margin)]
    return replace(spelled, units=tuple(units), margin=spelled.margin + margin)


def cleaned(spelled: Spelled) -> Spelled:
    """Return what inspect.cleandoc makes of a text without tabs in its margin."""
    lines = list(_line_units(spelled))
    first, rest = lines[:1], lines[1:]
    margin = _common_margin([_text(line) for line in rest])
    first = [_stripped(line, start=True, end=False, characters=" ") for line in first]
    units = [unit for line in (*first, *(_behind(line, margin) for line in rest)) for unit in line]
    whole = replace(spelled, units=tuple(units), margin=spelled.margin + margin)
    return stripped(whole, start=True, end=True, characters="\n")


def stripped(spelled: Spelled, *, start: bool, end: bool, characters: str = _WHITE) -> Spelled:
    """Return what str.strip and its like make of a text."""
    return replace(spelled, units=tuple(_stripped(spelled.units, start=start, end=end, characters=characters)))


def filled(spelled: Spelled, pattern: re.Pattern[str], filling: Filling, name: str = "") -> Spelled | None:
    """
    Return a text with something else for each match of a pattern; None where a match is spread over two literals.

    `name` is the way in which it is filled in, by which some characters have to be written twice.
    """
    result: list[Unit] = []
    done = 0
    value, starts = spelled.value, spelled.starts
    places = {start: index for index, start in reversed(list(enumerate(starts)))}
    for match in pattern.finditer(value):
        start, end = places.get(match.start()), places.get(match.end(), len(starts))
        if start is None or (match.end() not in places and match.end() != len(value)):
            return None
        units = spelled.units[start:end]
        tokens = {unit.token.span for unit in units if unit.token}
        if len(tokens) != 1 or any(unit.placeholder for unit in units):
            return None
        result += spelled.units[done:start]
        found = filling(match)
        placeholder = found if isinstance(found, Placeholder) else None
        text = placeholder.value if placeholder else str(found)
        token = next(unit.token for unit in units if unit.token)
        result.append(Unit(text, Span(units[0].span.start, units[-1].span.end), token, placeholder))
        done = end
    result += spelled.units[done:]
    if name:
        result = [_with_filling(unit, name) for unit in result]
    return replace(spelled, units=tuple(result))


def _with_filling(unit: Unit, name: str) -> Unit:
    return replace(unit, token=unit.token.filled(name)) if isinstance(unit.token, Literal) else unit


def _line_units(spelled: Spelled) -> Iterator[tuple[Unit, ...]]:
    """Yield the units of each line, its end included."""
    line: list[Unit] = []
    for unit in spelled.units:
        line.append(unit)
        if unit.value == "\n":
            yield tuple(line)
            line = []
    if line:
        yield tuple(line)


def _text(line: tuple[Unit, ...]) -> str:
    return "".join(unit.value for unit in line)


def _common_margin(lines: list[str]) -> str:
    margin: str | None = None
    for line in lines:
        if not line.strip():
            continue
        own = line[: len(line) - len(line.lstrip(" \t"))]
        if margin is None:
            margin = own
        while not own.startswith(margin):
            margin = margin[:-1]
    return margin or ""


def _without_margin(line: tuple[Unit, ...], margin: str) -> tuple[Unit, ...]:
    if not _text(line).strip():
        return tuple(unit for unit in line if unit.value == "\n")
    return _behind(line, margin)


def _behind(line: tuple[Unit, ...], margin: str) -> tuple[Unit, ...]:
    """Return a line without as much as its margin is long, but never without its end."""
    left = len(margin)
    for index, unit in enumerate(line):
        if not left or unit.value == "\n":
            return line[index:]
        left -= len(unit.value)
    return ()


def _stripped(units: tuple[Unit, ...], *, start: bool, end: bool, characters: str) -> tuple[Unit, ...]:
    first, behind = 0, len(units)
    while start and first < behind and not units[first].value.strip(characters):
        first += 1
    while end and first < behind and not units[behind - 1].value.strip(characters):
        behind -= 1
    return units[first:behind]
