"""Which image the final stage begins from: the smallest that meets every requirement."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from scratchify.analysis.facts import Facts
from scratchify.bases.rungs import Base, Unavailable, rungs
from scratchify.bases.settled import creates_users, crosses_links
from scratchify.bases.supplies import Lacks, Supplied, family_of, supply
from scratchify.decisions import Decision, Finding, Refuse, Require
from scratchify.settings import Settings


@dataclass(frozen=True, slots=True)
class TooSmall:
    """An image that would not do, and the first reason: the rule that asks for something, and its finding."""

    image: str
    rule: str
    because: Finding


@dataclass(frozen=True, slots=True)
class Chosen:
    """The base, the packages that are installed in it, with what they are needed for, and the smaller steps."""

    base: Base
    packages: tuple[tuple[str, Require], ...]
    smaller: tuple[TooSmall, ...]


@dataclass(frozen=True, slots=True)
class _Tried:
    rung: Base | Unavailable
    is_own: bool
    lacking: tuple[tuple[Require, Lacks], ...]


def choose_base(decisions: Sequence[Decision], facts: Facts, settings: Settings) -> Chosen | tuple[Refuse, ...]:
    """Return the smallest base that meets every Require, or why not even the fullest does."""
    needs = [decision for decision in decisions if isinstance(decision, Require)]
    if made := creates_users(decisions, facts):
        needs.append(made)
    tried: list[_Tried] = []
    for rung in rungs(facts, settings):
        packages: dict[str, Require] = {}
        lacking: list[tuple[Require, Lacks]] = []
        for need in needs:
            found = _on(rung, need, facts)
            if isinstance(found, Lacks):
                lacking.append((need, found))
            else:
                for name in found.packages:
                    packages.setdefault(name, need)
        if isinstance(rung, Base):
            lacking += ((need, Lacks(why)) for need, why in crosses_links(decisions, rung))
        if isinstance(rung, Base) and not lacking:
            return Chosen(rung, tuple(packages.items()), tuple(_too_small(tried)))
        tried.append(_Tried(rung, rung.step == family_of(facts), tuple(lacking)))
    return _refused(tried)


def _on(rung: Base | Unavailable, need: Require, facts: Facts) -> Supplied | Lacks:
    return Lacks(rung.why) if isinstance(rung, Unavailable) else supply(need, rung, facts)


def _too_small(tried: Sequence[_Tried]) -> Iterator[TooSmall]:
    for one in tried:
        if isinstance(one.rung, Base) and one.lacking:
            need, lacks = one.lacking[0]
            finding = need.because
            said = finding.message if lacks.is_plain else f"{finding.message}: {lacks.why}"
            yield TooSmall(one.rung.image, need.rule, Finding(finding.path, finding.line, said))


def _refused(tried: Sequence[_Tried]) -> tuple[Refuse, ...]:
    """Say what stands in the way of the step that lacks least: of two the builder's own distribution, or the fuller."""
    nearest = min(reversed(tried), key=lambda one: (len(one.lacking), not one.is_own))
    reasons: dict[tuple[str, Finding], list[str]] = {}
    for need, lacks in nearest.lacking:
        found = reasons.setdefault((need.rule, need.because), [])
        if lacks.why not in found:
            found.append(lacks.why)
    return tuple(_reason(rule, finding, why) for (rule, finding), why in reasons.items())


def _reason(rule: str, finding: Finding, why: Sequence[str]) -> Refuse:
    more = f", and {len(why) - 1} more of them" if len(why) > 1 else ""
    return Refuse(rule, Finding(finding.path, finding.line, f"{finding.message}; {why[0]}{more}"))
