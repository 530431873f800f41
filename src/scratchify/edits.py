"""Changes to a text, as replacements of spans; what no edit names is never re-printed."""

from collections.abc import Iterable
from dataclasses import dataclass

from scratchify.errors import OverlappingEdits
from scratchify.source import Span


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace the text at `span` with `text`; an empty span inserts."""

    span: Span
    text: str


def apply_edits(text: str, edits: Iterable[Edit]) -> str:
    """
    Return `text` with every edit made; the order of `edits` does not matter.

    Insertions at the same place are made in the order of their texts' appearance in `edits`.
    Raises OverlappingEdits where two edits claim the same character.
    """
    result: list[str] = []
    done = 0
    for edit in sorted(edits, key=lambda edit: (edit.span.start, edit.span.end)):
        if edit.span.start < done:
            raise OverlappingEdits(f"two changes at offset {edit.span.start}: {edit.text!r}")
        result += text[done : edit.span.start], edit.text
        done = edit.span.end
    result.append(text[done:])
    return "".join(result)
