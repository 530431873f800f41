"""How many lines come and go, as git counts and draws them."""

from collections.abc import Sequence

from scratchify.patch.names import quoted
from scratchify.patch.reading import FilePatch

WIDTH = 80


def statistics_lines(files: Sequence[FilePatch]) -> list[str]:
    """Return a line for each file and one for all of them, as `git diff --stat` prints them to 80 columns."""
    counts: dict[str, tuple[int, int]] = {}
    for file in files:
        name = quoted(str(file.path))
        added, removed = counts.get(name, (0, 0))
        counts[name] = added + file.added, removed + file.removed
    most = max(map(sum, counts.values()), default=0)
    name_width = max(map(len, counts), default=0)
    count_width = len(str(most))
    room = max(10, WIDTH - name_width - count_width - 5)
    lines = []
    for name, (added, removed) in counts.items():
        plus, minus = _scaled(added, removed, room, most)
        lines.append(f" {name:<{name_width}} | {added + removed:>{count_width}} {'+' * plus}{'-' * minus}".rstrip())
    added, removed = (sum(count[side] for count in counts.values()) for side in (0, 1))
    total = f" {len(counts)} file{_s(len(counts))} changed"
    if added or not removed:
        total += f", {added} insertion{_s(added)}(+)"
    if removed or not added:
        total += f", {removed} deletion{_s(removed)}(-)"
    return [*lines, total] if files else []


def _scaled(added: int, removed: int, room: int, most: int) -> tuple[int, int]:
    """Return how many signs there is room for; a change of any size keeps one."""
    if most <= room:
        return added, removed
    plus = max(1, added * room // most) if added else 0
    minus = max(1, removed * room // most) if removed else 0
    return plus, minus


def _s(count: int) -> str:
    return "" if count == 1 else "s"
