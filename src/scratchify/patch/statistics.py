"""How many lines come and go, as git counts and draws them."""

from collections.abc import Sequence

from scratchify.patch.names import quoted
from scratchify.patch.reading import FilePatch

WIDTH = 80


def statistics_lines(files: Sequence[FilePatch]) -> list[str]:
    """Return a line for each file and one for all of them, as `git diff --stat` prints them to 80 columns."""
    names = [quoted(str(file.path)) for file in files]
    name_width = max(map(len, names), default=0)
    count_width = max((len(str(file.added + file.removed)) for file in files), default=0)
    room = max(10, WIDTH - name_width - count_width - 5)
    most = max((file.added + file.removed for file in files), default=0)
    lines = []
    for name, file in zip(names, files, strict=True):
        count = file.added + file.removed
        plus, minus = _scaled(file.added, file.removed, room, most)
        lines.append(f" {name:<{name_width}} | {count:>{count_width}} {'+' * plus}{'-' * minus}".rstrip())
    added, removed = sum(file.added for file in files), sum(file.removed for file in files)
    total = f" {len(files)} file{_s(len(files))} changed"
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
