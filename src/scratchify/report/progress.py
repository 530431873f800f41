"""What a verification does at the moment: one live line on a terminal, else a line for each thing done."""

import sys
from types import TracebackType
from typing import TYPE_CHECKING, Self

from scratchify.engine.verification import Progress
from scratchify.report.terminal import Screen, visible

if TYPE_CHECKING:
    from rich.status import Status


class ToldProgress(Progress):
    """Progress on standard error; `verbose` adds the logs of the builds, `quiet` leaves nothing."""

    def __init__(self, *, quiet: bool, verbose: bool) -> None:
        self._screen = Screen(sys.stderr)
        self._quiet = quiet
        self._verbose = verbose
        self._what = ""
        self._status: Status | None = None

    def __enter__(self) -> Self:
        if self._screen.is_terminal and not self._quiet and not self._verbose:
            from rich.console import Console
            from rich.status import Status

            self._status = Status("", console=Console(file=sys.stderr, highlight=False, markup=False, emoji=False))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._status:
            self._status.stop()

    def begin(self, what: str) -> None:
        self._what = what
        if self._status:
            self._show(what)
            self._status.start()

    def line(self, line: str, step: str | None) -> None:
        if self._verbose:
            self._screen.say(f"  | {line}")
        elif step and self._status:
            self._show(f"{self._what}: {step}")

    def end(self, told: str) -> None:
        if self._status:
            self._status.stop()
        if not self._quiet:
            self._screen.say(told)

    def _show(self, text: str) -> None:
        from rich.text import Text

        assert self._status
        line = Text(visible(text))
        # beside the spinner; a second line would jump
        line.truncate(self._status.console.width - 2, overflow="ellipsis")
        self._status.update(line)
