"""What the recipes of a task runner come down to: commands and scripts, each with its place in the runner's file."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Step:
    """
    One command of a recipe, run in a shell of its own: shell `text`, or without a shell the program in `words`.

    `path` and `line` are the place in the runner's file. `environment` is set beside what the runner was given, None
    where a value is not known; `doubt` says why the step may not run, empty where it does.
    """

    path: str
    line: int
    folder: str
    text: str = ""
    words: tuple[str, ...] = ()
    environment: Mapping[str, str | None] = field(default_factory=dict)
    positional: tuple[str, ...] = ()
    is_bash: bool = False
    doubt: str = ""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """
    Where a runner is called: the folder, its environment, None where a value is not known, and the image's files.

    `exists` answers None where that is not known.
    """

    folder: str
    environment: Mapping[str, str | None]
    exists: Callable[[str], bool | None]


class NotLiteral(Exception):
    """A part of a runner's file that says what is only known when it runs: ends the reading."""

    def __init__(self, why: str, line: int, path: str = "") -> None:
        super().__init__(why)
        self.why = why
        self.line = line
        self.path = path
