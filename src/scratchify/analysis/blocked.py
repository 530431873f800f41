"""The answer of an analysis that could not know."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Blocked:
    """Why something is unknown, and at which line of the Dockerfile; ends in what would help."""

    line: int
    why: str
