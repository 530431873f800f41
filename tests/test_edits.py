"""Edits change what they name, and nothing else."""

from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scratchify.edits import Edit, apply_edits
from scratchify.errors import OverlappingEdits
from scratchify.source import Span


@st.composite
def texts_and_edits(draw: st.DrawFn) -> tuple[str, list[Edit]]:
    """A text, and edits whose spans do not overlap."""
    text = draw(st.text(max_size=30))
    cuts = sorted(draw(st.sets(st.integers(0, len(text)), max_size=8)))
    spans = [Span(start, end) for start, end in list(pairwise(cuts))[::2]]
    return text, [Edit(span, draw(st.text(max_size=4))) for span in spans]


@given(st.text())
def test_no_edits_change_nothing(text: str) -> None:
    assert apply_edits(text, []) == text


@given(texts_and_edits(), st.randoms())
def test_the_order_of_edits_does_not_matter(case: tuple[str, list[Edit]], random: Random) -> None:
    text, edits = case
    shuffled = edits[:]
    random.shuffle(shuffled)
    assert apply_edits(text, shuffled) == apply_edits(text, edits)


@given(texts_and_edits())
def test_every_character_that_no_edit_names_stays(case: tuple[str, list[Edit]]) -> None:
    text, edits = case
    rest = "".join(
        character for at, character in enumerate(text) if not any(e.span.start <= at < e.span.end for e in edits)
    )
    removed = apply_edits(text, [Edit(edit.span, "") for edit in edits])
    assert removed == rest
    one_by_one = text
    for edit in sorted(edits, key=lambda edit: edit.span.start, reverse=True):
        one_by_one = one_by_one[: edit.span.start] + edit.text + one_by_one[edit.span.end :]
    assert apply_edits(text, edits) == one_by_one


@pytest.mark.parametrize(
    ("edits", "expected"),
    [
        ([Edit(Span(0, 0), "x")], "xabc"),
        ([Edit(Span(3, 3), "x")], "abcx"),
        ([Edit(Span(1, 1), "x"), Edit(Span(1, 1), "y")], "axybc"),
        ([Edit(Span(1, 2), "y"), Edit(Span(1, 1), "x")], "axyc"),
        ([Edit(Span(2, 2), "x"), Edit(Span(1, 2), "y")], "ayxc"),
        ([Edit(Span(0, 3), "")], ""),
    ],
)
def test_insertions_stand_where_they_were_put(edits: list[Edit], expected: str) -> None:
    assert apply_edits("abc", edits) == expected


@pytest.mark.parametrize(
    "spans", [[(0, 2), (1, 3)], [(0, 2), (0, 2)], [(0, 3), (1, 1)], [(0, 3), (1, 2)], [(2, 3), (0, 1), (0, 2)]]
)
def test_two_edits_of_one_character_are_a_bug(spans: list[tuple[int, int]]) -> None:
    with pytest.raises(OverlappingEdits):
        apply_edits("abc", [Edit(Span(*span), "x") for span in spans])
