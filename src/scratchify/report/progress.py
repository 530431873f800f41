"""What a verification does at the moment: one live line on a terminal, else a line for each thing done."""

import sys
from types import TracebackType
from typing import TYPE_CHECKING, Self

from scratchify.engine.verification import Progress
from scratchify.report.terminal import Screen
from scratchify.report.waiting import fitting, live_line

if TYPE_CHECKING:
    from rich.status import Status


class ToldProgress(Progress):
    """
    Progress of a verification on standard error, which without a terminal is a line for each thing done.

    `verbose` adds the logs of the builds, `quiet` leaves nothing.
    """

    def __init__(self, *, quiet: bool, verbose: bool) -> None:
        self._screen = Screen(sys.stderr)
        self._quiet = quiet
        self._verbose = verbose
        self._what = ""
        self._status: Status | None = None

    def __enter__(self) -> Self:
        if self._screen.is_terminal and not self._quiet and not self._verbose:
            self._status = live_line()
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
        assert self._status
        self._status.update(fitting(text, self._status))
