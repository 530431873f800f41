"""What became of a Dockerfile."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from scratchify.decisions import Assume, Decision, Finding, Refuse

if TYPE_CHECKING:  # most files are out of scope: they need no plan
    from scratchify.bases import TooSmall
    from scratchify.plan import FinalStage


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A new text, and everything that led to it; `smaller` are the bases that would not do."""

    text: str
    decisions: tuple[Decision, ...]
    final_stage: "FinalStage"
    smaller: "tuple[TooSmall, ...]" = ()

    @property
    def assumptions(self) -> tuple[Assume, ...]:
        return tuple(decision for decision in self.decisions if isinstance(decision, Assume))


@dataclass(frozen=True, slots=True)
class Unchanged:
    """Out of scope, or done already; `rule` names the kind of reason."""

    rule: str
    because: Finding


@dataclass(frozen=True, slots=True)
class Refused:
    """In scope, but not safely: every reason at once."""

    reasons: tuple[Refuse | Assume, ...]


Outcome = Rewritten | Unchanged | Refused
