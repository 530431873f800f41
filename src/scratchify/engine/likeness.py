"""
Whether two outputs say the same, apart from what differs from run to run.

What is known to pass (minutes, measured durations) is put out of sight. Of the rest, only what several runs of the
original show to differ by itself is set aside; everything else counts.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

Likeness = Literal["same", "same but for what varies", "different"]
Lines = Sequence[str]

_TIMES = re.compile(
    # a time of day, not a port behind an address or part of a longer row; the hour stays, for it tells the zone
    r"(?:(?<![\w.:])|(?<=\dT)|(?<=/\d{4}:))"
    r"(?P<hour>[01]?\d|2[0-3]):[0-5]\d(?::(?:[0-5]\d|60)(?:[.,]\d+)?)?(?!\d|:\w)"
    # a measured duration, and the blanks that fill its column; a round one, like 30s, is more likely a setting
    r"|[ \t]*\b(?:(?:\d+[hm])*\d+\.\d+(?:ms|[µμ]s|us|ns|s)|\d+(?:[µμ]s|us|ns))\b"
    # seconds since 1970, or thousandths and so on: without the last four digits of the seconds
    r"|\b(?P<epoch>1[5-9]\d{4})\d{4}(?:\.\d+|\d{3}|\d{6}|\d{9})?\b"
)
_RANDOM = re.compile(r"\b(?=\w*[0-9A-Z])(?=\w*[a-z])\w{16,}\b")
"""Words that nobody made up: long, with letters of both cases or figures in them."""

_NUMBER = re.compile(r"\b(?:0x)?[0-9a-f]*\d[0-9a-f]*\b")
_TOKEN = re.compile(r"[A-Za-z]+|[0-9]+|\s+|.")


def without_times(text: str) -> str:
    """Return the text with what passes of each time, and each measured duration, replaced by the same mark."""
    return _TIMES.sub(lambda found: f"{found['hour'] or found['epoch'] or ''}<time>", text)


def seen(lines: Lines, *, is_ordered: bool) -> tuple[str, ...]:
    """
    Return the lines as they are compared.

    Without an order, as in the log of a server that was stopped at some moment, each line counts once.
    """
    found = [without_times(line) for line in lines]
    return tuple(found if is_ordered else sorted(set(found)))


def likeness(originals: Sequence[Lines], results: Sequence[Lines], *, is_ordered: bool) -> Likeness:
    """Compare what runs of the original and of the result said; the more runs, the better is known what varies."""
    ours = [seen(lines, is_ordered=is_ordered) for lines in originals]
    theirs = [seen(lines, is_ordered=is_ordered) for lines in results]
    if ours[0] == theirs[0]:
        return "same"
    if len(set(ours)) == 1:
        return "different"
    fits = any(lines in ours or _fits(lines, ours, is_ordered=is_ordered) for lines in theirs)
    return "same but for what varies" if fits else "different"


def is_settled(originals: Sequence[Lines], results: Sequence[Lines], *, is_ordered: bool) -> bool:
    """Say whether further runs would only say again what three of each have said."""
    both = ({seen(lines, is_ordered=is_ordered) for lines in runs} for runs in (originals, results))
    return min(len(originals), len(results)) > 2 and all(len(different) == 1 for different in both)


def differing(original: Lines, result: Lines, *, is_ordered: bool) -> tuple[list[str], list[str]]:
    """Return the lines of both sides that differ: without an order those that only one has, else from the first on."""
    if not is_ordered:
        known = [{without_times(line) for line in lines} for lines in (original, result)]
        ours = [line for line in dict.fromkeys(original) if without_times(line) not in known[1]]
        theirs = [line for line in dict.fromkeys(result) if without_times(line) not in known[0]]
        return ours, theirs
    pairs = zip(seen(original, is_ordered=True), seen(result, is_ordered=True), strict=False)
    first = next((at for at, (one, other) in enumerate(pairs) if one != other), min(len(original), len(result)))
    lead = ["…"] if first else []
    return [*lead, *original[first:]], [*lead, *result[first:]]


def _fits(lines: Sequence[str], others: Sequence[Sequence[str]], *, is_ordered: bool) -> bool:
    """Say whether lines are like those of other runs, wherever these are alike."""
    if is_ordered and {len(other) for other in others} == {len(lines)}:
        if len({tuple(sorted(other)) for other in others}) == 1:
            return sorted(lines) == sorted(others[0])
        if all(_line_fits(line, variants) for line, *variants in zip(lines, *others, strict=True)):
            return True
    return _fits_as_log(lines, others)


def _line_fits(line: str, variants: Sequence[str]) -> bool:
    """Say whether a line is like its variants, wherever these are alike: word by word."""
    if len(set(variants)) == 1:
        return line == variants[0]
    own, words = _TOKEN.findall(line), [_TOKEN.findall(variant) for variant in variants]
    if {len(others) for others in words} == {len(own)}:
        return all(len(set(others)) > 1 or word == others[0] for word, *others in zip(own, *words, strict=True))
    # they share a beginning and an end; what is between may be anything
    start = _common(words)
    end = min(_common([others[::-1] for others in words]), min(map(len, words)) - start)
    first = words[0]
    return (
        len(own) >= start + end and own[:start] == first[:start] and own[len(own) - end :] == first[len(first) - end :]
    )


def _common(rows: Sequence[Sequence[str]]) -> int:
    """Return how many words all rows begin with alike."""
    count = 0
    for words in zip(*rows, strict=False):
        if len(set(words)) > 1:
            break
        count += 1
    return count


def _fits_as_log(lines: Iterable[str], others: Sequence[Iterable[str]]) -> bool:
    """
    Say whether a log is like others, line by line in whatever order.

    Lines that differ only in numbers and random words are of one shape. What is always the same in the other logs is
    due; a shape of which they have several lines may have any, but it must be there where they all have it.
    """
    known = [_by_shape(other) for other in others]
    own = _by_shape(lines)
    shapes = set().union(*known)
    if own.keys() - shapes:
        return False
    for shape in shapes:
        variants = [log.get(shape, frozenset()) for log in known]
        is_fixed = len(set(variants)) == 1 and len(variants[0]) == 1
        if is_fixed and own.get(shape) != variants[0]:
            return False
        if all(variants) and shape not in own:
            return False
    return True


def _by_shape(lines: Iterable[str]) -> Mapping[str, frozenset[str]]:
    found: defaultdict[str, set[str]] = defaultdict(set)
    for line in lines:
        found[" ".join(_NUMBER.sub("0", _RANDOM.sub("<word>", line)).split())].add(line)
    return {shape: frozenset(of_shape) for shape, of_shape in found.items()}
