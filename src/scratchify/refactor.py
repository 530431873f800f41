"""The pipeline: a Dockerfile's text to what becomes of it."""

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from scratchify.analysis.scope import IGNORED, OutOfScope, ignored, visible
from scratchify.decisions import Assume, Finding, Refuse
from scratchify.errors import UnknownPath
from scratchify.model import Build, container_command, understand
from scratchify.outcome import Outcome, Refused, Rewritten, Unchanged
from scratchify.settings import Settings
from scratchify.syntax import parse

if TYPE_CHECKING:
    from scratchify.context import BuildContext, GoToolchain

_DEFAULTS = Settings()


def detect(text: str, settings: Settings = _DEFAULTS) -> Unchanged | None:
    """
    Return why a Dockerfile is left alone, as far as it says so itself; None where it takes the context to tell.

    Raises InvalidDockerfile.
    """
    found = _understood(text, settings)
    return found if isinstance(found, Unchanged) else None


def refactor(
    text: str, context: "BuildContext", settings: Settings = _DEFAULTS, toolchain: "GoToolchain | None" = None
) -> Outcome:
    """
    Return what becomes of this Dockerfile: a new text, or the reasons for leaving it.

    `toolchain` tells more of third-party packages than the tables do.

    Raises InvalidDockerfile where BuildKit would refuse the text, UnknownPath where a path of the settings is none of
    this image, and Bug where a promise does not hold.
    """
    build = _understood(text, settings)
    if isinstance(build, Unchanged):
        return build

    # from here on there is something to do; most files never come here, and need not pay for it
    from scratchify.analysis.analyse import analyse
    from scratchify.analysis.scope import by_command, by_toolchain
    from scratchify.bases import Chosen, choose_base, settle
    from scratchify.edits import apply_edits
    from scratchify.plan import final_stage_of, plan
    from scratchify.promises import keep_promises
    from scratchify.rules import RULES

    facts = analyse(build, context, settings, toolchain)
    if reason := by_command(facts.launch, container_command(build, facts.stage)):
        return _unchanged(reason)
    has_toolchain = facts.base is None or facts.base.go or facts.walked.toolchain is not None
    line = facts.stage.start.syntax.first_line
    if reason := by_toolchain(facts.image, line, facts.blocked, has_toolchain=has_toolchain):
        return _unchanged(reason)
    if facts.choices.unknown and not facts.blocked:
        unknown = facts.choices.unknown[0]
        message = f"there is no {unknown.said} to {unknown.option}: {unknown.why}"
        raise UnknownPath(message, unknown.option, unknown.said)
    decisions = tuple(decision for rule in RULES for decision in rule.decide(build, facts))
    refusing = Refuse | Assume if settings.strict else Refuse
    reasons: tuple[Refuse | Assume, ...] = tuple(d for d in decisions if isinstance(d, refusing))
    chosen = choose_base(decisions, facts, settings)
    if not isinstance(chosen, Chosen) or reasons:
        unmet = chosen if not isinstance(chosen, Chosen) else ()
        order = {rule.name: index for index, rule in enumerate(RULES)}
        return Refused(tuple(sorted((*reasons, *unmet), key=lambda reason: order[reason.rule])))
    base = chosen.base
    decisions = settle(decisions, base, chosen.packages, facts)
    after = apply_edits(text, plan(build, decisions, base))
    result = keep_promises(build, decisions, after, base, lambda again: refactor(again, context, settings, toolchain))
    return Rewritten(after, decisions, final_stage_of(result, decisions, base), chosen.smaller)


def _understood(text: str, settings: Settings) -> Build | Unchanged:
    """Return what a Dockerfile says, or why that does not matter."""
    if settings.ignored_by:
        path, line = settings.ignored_by
        return Unchanged(IGNORED, Finding(PurePosixPath(path), line, "says to leave this Dockerfile alone"))
    document = parse(text)
    if reason := ignored(document):
        return _unchanged(reason)
    build = understand(document, settings.builders)
    reason = visible(build)
    return _unchanged(reason) if reason else build


def _unchanged(reason: OutOfScope) -> Unchanged:
    return Unchanged(reason.rule, Finding(None, reason.line, reason.why))
