"""Which image the final stage begins from: the smallest that meets every requirement."""

from collections.abc import Iterable
from dataclasses import dataclass

from scratchify.decisions import Decision, Require


@dataclass(frozen=True, slots=True)
class Base:
    """An image for the final stage, and what it has."""

    image: str
    capabilities: frozenset[str]

    def meets(self, requirement: Require) -> bool:
        return requirement.capability in self.capabilities


LADDER = (Base("scratch", frozenset()),)
"""From the smallest to the fullest; what none of them meets is refused."""


def choose_base(decisions: Iterable[Decision]) -> Base | tuple[Require, ...]:
    """Return the smallest base that meets every Require, or those that even the fullest does not meet."""
    required = tuple(decision for decision in decisions if isinstance(decision, Require))
    for base in LADDER:
        if all(base.meets(requirement) for requirement in required):
            return base
    return tuple(requirement for requirement in required if not LADDER[-1].meets(requirement))
