"""What is waited for: one live line on a terminal, once it has taken a moment."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock, Timer
from typing import TYPE_CHECKING

from scratchify.report.terminal import Screen, visible

if TYPE_CHECKING:
    from rich.status import Status
    from rich.text import Text

MOMENT = 1.0
"""Seconds that nobody minds to wait for without a word."""


@contextmanager
def waiting_for(what: str, *, quiet: bool) -> Iterator[None]:
    """Say on a terminal what is waited for, once that has taken a moment, and take it away again."""
    screen = Screen(sys.stderr)
    if quiet or not screen.is_terminal or os.environ.get("TERM") == "dumb":
        yield
        return
    line = _LateLine(what)
    try:
        yield
    finally:
        line.stop()


class _LateLine:
    """A live line that begins after a moment; what is faster costs no more than a timer."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._lock = Lock()
        self._status: Status | None = None
        self._timer = Timer(MOMENT, self._start)
        self._timer.daemon = True
        self._timer.start()

    def stop(self) -> None:
        self._timer.cancel()
        with self._lock:
            if self._status:
                self._status.stop()
            self._what = ""

    def _start(self) -> None:
        with self._lock:
            if self._what:
                self._status = live_line()
                self._status.update(fitting(self._what, self._status))
                self._status.start()


def live_line() -> "Status":
    """Return a line on standard error with a spinner, which is not there yet."""
    from rich.console import Console
    from rich.status import Status

    return Status("", console=Console(file=sys.stderr, highlight=False, markup=False, emoji=False))


def fitting(text: str, status: "Status") -> "Text":
    """Return a text that stays on one line beside the spinner; a second one would jump."""
    from rich.text import Text

    line = Text(visible(text))
    line.truncate(status.console.width - 2, overflow="ellipsis")
    return line
