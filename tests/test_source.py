"""Places in a text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scratchify.errors import InvalidDockerfile
from scratchify.source import Position, Span, line_spans, line_starts, position
from tests.dockerfile_text import any_text


@given(any_text())
def test_lines_tile_the_text_and_end_at_line_feeds_only(text: str) -> None:
    lines = [span.of(text) for span in line_spans(text)]
    assert "".join(lines) == text
    assert all("\n" not in line[:-1] for line in lines)
    assert all(line.endswith("\n") for line in lines[:-1])
    assert line_starts(text) == ([span.start for span in line_spans(text)] or [0])


@given(any_text(), st.data())
def test_a_position_leads_back_to_its_offset(text: str, data: st.DataObject) -> None:
    offset = data.draw(st.integers(0, len(text)))
    found = position(text, offset)
    assert line_starts(text)[found.line - 1] + found.column - 1 == offset


@pytest.mark.parametrize(
    ("text", "offset", "expected"),
    [
        ("", 0, Position(1, 1)),
        ("a", 1, Position(1, 2)),
        ("a\n", 1, Position(1, 2)),
        ("a\n", 2, Position(1, 3)),
        ("a\nb", 2, Position(2, 1)),
        ("a\r\nb", 3, Position(2, 1)),
        ("a\x0cb\u2028c\rd", 6, Position(1, 7)),
        ("\U0001f600a\nb", 3, Position(2, 1)),
    ],
)
def test_a_position_counts_lines_and_characters_from_one(text: str, offset: int, expected: Position) -> None:
    assert position(text, offset) == expected


@pytest.mark.parametrize(("other", "expected"), [((2, 5), True), ((3, 3), True), ((1, 3), False), ((4, 6), False)])
def test_a_span_contains_what_does_not_stick_out(other: tuple[int, int], expected: bool) -> None:
    assert Span(2, 5).contains(Span(*other)) is expected


def test_an_excerpt_points_at_the_column() -> None:
    error = InvalidDockerfile("why", "FROM a\r\nRUN\tb\r\n", Span(12, 13))
    assert (error.line, error.column) == (2, 5)
    assert error.excerpt() == "RUN b\n    ^"


def test_an_excerpt_of_a_long_line_shows_the_place() -> None:
    text = "RUN " + "a" * 500 + "!" + "b" * 500
    shown, caret = InvalidDockerfile("why", text, Span(504, 505)).excerpt().split("\n")
    assert shown[len(caret) - 1] == "!"
    assert len(shown) <= 100
