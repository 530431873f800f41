"""The answer of an analysis that could not know."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Blocked:
    """
    Why something is unknown, in words that end in what would help.

    `line` is of the Dockerfile, or of the file of the build context that `path` names.
    """

    line: int
    why: str
    path: str | None = None
