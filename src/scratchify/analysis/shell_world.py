"""What a shell that is followed acts upon, and how its commands end."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from scratchify.analysis.effects import Circumstances, Effects
from scratchify.analysis.stage_files import StageFiles


class Status(Enum):
    """How a command ends: known, taken to succeed because the image exists, or not known."""

    TRUE = "true"
    TAKEN = "taken"
    FALSE = "false"
    UNKNOWN = "unknown"

    @staticmethod
    def of(answer: bool | None) -> "Status":
        return Status.UNKNOWN if answer is None else Status.TRUE if answer else Status.FALSE


@dataclass(frozen=True, slots=True)
class Where:
    """A place in the Dockerfile, as line and offset; for a script that it runs, `path` and `line_there` as well."""

    line: int
    start: int
    path: str | None = None
    line_there: int = 0


Source = Callable[[int], Where]
"""Maps an offset in a shell text to its place."""


class World(Protocol):
    """Whoever takes what the commands do."""

    @property
    def files(self) -> StageFiles: ...

    @property
    def go_minor(self) -> int | None: ...

    @property
    def is_unseen(self) -> bool: ...

    def take(self, effects: Effects, at: Circumstances, where: Where, perhaps: str | None) -> None:
        """Take what one command does; `perhaps` says why it may not run, None where it does."""

    def reads(self, path: str) -> None:
        """Note a file of the build context that the build runs or reads as its own."""

    def uses(self, names: frozenset[str], where: Where) -> None:
        """Note the variables that decide what is built where."""


class Exit(Exception):  # no error: it ends a shell
    """The shell ends here."""
