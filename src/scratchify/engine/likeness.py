"""
Whether two outputs say the same, apart from what differs from run to run.

What is known to pass (minutes, measured durations) is put out of sight. Of the rest, only what two runs of the original
show to differ by itself is set aside; everything else counts.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

Likeness = Literal["same", "same but for what varies", "different"]

_TIMES = re.compile(
    # a time of day, not a port behind an address or part of a longer row; the hour stays, for it tells the zone
    r"(?:(?<![\w.:])|(?<=\dT)|(?<=/\d{4}:))"
    r"(?P<hour>[01]?\d|2[0-3]):[0-5]\d(?::(?:[0-5]\d|60)(?:[.,]\d+)?)?(?!\d|:\w)"
    # a measured duration; a round one, like 30s, is more likely a setting
    r"|\b(?:\d+[hm])*\d+\.\d+(?:ms|[µμ]s|us|ns|s)\b|\b\d+(?:[µμ]s|us|ns)\b"
    # seconds since 1970, or thousandths and so on: without the last four digits of the seconds
    r"|\b(?P<epoch>1[5-9]\d{4})\d{4}(?:\.\d+|\d{3}|\d{6}|\d{9})?\b"
)
_NUMBER = re.compile(r"\b(?:0x)?[0-9a-f]*\d[0-9a-f]*\b")
_TOKEN = re.compile(r"[A-Za-z]+|[0-9]+|\s+|.")


@dataclass(frozen=True, slots=True)
class Texts:
    """What two runs said: lines; `is_ordered` where their order and their number mean something."""

    before: Sequence[str]
    after: Sequence[str]
    is_ordered: bool


def without_times(text: str) -> str:
    """Return the text with what passes of each time, and each measured duration, replaced by the same mark."""
    return _TIMES.sub(lambda found: f"{found['hour'] or found['epoch'] or ''}<time>", text)


def likeness(texts: Texts, again: Callable[[], Sequence[str]]) -> Likeness:
    """
    Compare what two runs said; `again` gives what the first one says in a further run, and is asked only if need be.

    Without an order, as in the log of a server that was stopped at some moment, each line counts once.
    """
    before, after = _seen(texts.before, texts), _seen(texts.after, texts)
    if before == after:
        return "same"
    third = _seen(again(), texts)
    if third == before:
        return "different"
    if len(before) != len(third):
        # what always came is still due, and what is new may at most differ in its numbers
        strange = {_shape(line) for line in after} - {_shape(line) for line in (*before, *third)}
        is_alike = set(before) & set(third) <= set(after) and not strange
        return "same but for what varies" if is_alike else "different"
    if sorted(before) == sorted(third):
        return "same but for what varies" if sorted(after) == sorted(before) else "different"
    if len(after) != len(before):
        return "different"
    fits = all(_fits(*lines) for lines in zip(before, third, after, strict=True))
    return "same but for what varies" if fits else "different"


def _seen(lines: Sequence[str], texts: Texts) -> list[str]:
    seen = [without_times(line) for line in lines]
    return seen if texts.is_ordered else sorted(set(seen))


def _shape(line: str) -> str:
    return _NUMBER.sub("0", line)


def _fits(first: str, second: str, line: str) -> bool:
    """Say whether a line is like two others, wherever these are alike: word by word."""
    if first == second:
        return line == first
    words, others, own = (_TOKEN.findall(text) for text in (first, second, line))
    if len(words) != len(others):
        # they share a beginning and an end; what is between may be anything
        start = _common(words, others)
        end = min(_common(words[::-1], others[::-1]), min(len(words), len(others)) - start)
        return (
            len(own) >= start + end
            and own[:start] == words[:start]
            and own[len(own) - end :] == words[len(words) - end :]
        )
    return len(own) == len(words) and all(
        word == mine for word, other, mine in zip(words, others, own, strict=True) if word == other
    )


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    """Return how many words two sequences begin with alike."""
    count = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        count += 1
    return count
