"""What the user chose."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """
    The choices that change what becomes of a Dockerfile.

    `strict`: an assumption is a refusal. `assume_source`: without Go source at hand, what only the source could
    prove is assumed.
    """

    strict: bool = False
    assume_source: bool = False
