"""The pipeline: a Dockerfile's text to what becomes of it."""

from typing import TYPE_CHECKING

from scratchify.analysis.scope import OutOfScope, visible
from scratchify.decisions import Assume, Finding, Refuse, Require
from scratchify.model import understand
from scratchify.outcome import Outcome, Refused, Rewritten, Unchanged
from scratchify.settings import Settings
from scratchify.syntax import parse

if TYPE_CHECKING:
    from scratchify.context import BuildContext

_DEFAULTS = Settings()


def detect(text: str) -> Unchanged | None:
    """
    Return why a Dockerfile is left alone, as far as it says so itself; None where it takes the context to tell.

    Raises InvalidDockerfile.
    """
    reason = visible(understand(parse(text)))
    return _unchanged(reason) if reason else None


def refactor(text: str, context: "BuildContext", settings: Settings = _DEFAULTS) -> Outcome:
    """
    Return what becomes of this Dockerfile: a new text, or the reasons for leaving it.

    Raises InvalidDockerfile where BuildKit would refuse the text, and Bug where a promise does not hold.
    """
    build = understand(parse(text))
    if reason := visible(build):
        return _unchanged(reason)

    # from here on there is something to do; most files never come here, and need not pay for it
    from scratchify.analysis.facts import analyse
    from scratchify.analysis.scope import by_command
    from scratchify.bases import choose_base
    from scratchify.edits import apply_edits
    from scratchify.plan import final_stage_of, plan
    from scratchify.promises import keep_promises
    from scratchify.rules import RULES

    facts = analyse(build, context, settings)
    if reason := by_command(facts.launch):
        return _unchanged(reason)
    decisions = tuple(decision for rule in RULES for decision in rule.decide(build, facts))
    refusing = Refuse | Assume if settings.strict else Refuse
    reasons: tuple[Refuse | Require | Assume, ...] = tuple(d for d in decisions if isinstance(d, refusing))
    base = choose_base(decisions)
    if isinstance(base, tuple) or reasons:
        unmet = base if isinstance(base, tuple) else ()
        return Refused(tuple(d for d in decisions if d in reasons or d in unmet))
    after = apply_edits(text, plan(build, decisions, base))
    result = keep_promises(build, decisions, after, base, lambda again: refactor(again, context, settings))
    return Rewritten(after, decisions, final_stage_of(result, decisions, base))


def _unchanged(reason: OutOfScope) -> Unchanged:
    return Unchanged(reason.rule, Finding(None, reason.line, reason.why))
