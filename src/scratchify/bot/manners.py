"""
The rules of a polite guest, as decisions on values: what there is on the forge, and what may be done next.

There is no database: the branch's commits say what they were made of, and the forge remembers what people closed.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from scratchify.bot.branch import Branch
from scratchify.bot.forge import PullRequest
from scratchify.report.pull_request import made_from


@dataclass(frozen=True, slots=True)
class Scene:
    """What there is: the commit that a branch would begin at, the bot's branch, and its pull requests, newest first."""

    base: str
    branch: Branch | None
    pulls: Sequence[PullRequest]

    @property
    def open_pull(self) -> PullRequest | None:
        return next((pull for pull in self.pulls if pull.state == "open"), None)

    @property
    def closed_pull(self) -> PullRequest | None:
        """The last word of a person: the newest pull request, where it was closed and not merged."""
        newest = self.pulls[0] if self.pulls else None
        return newest if newest and newest.state == "closed" and not self.open_pull else None


@dataclass(frozen=True, slots=True)
class LeaveAlone:
    """Do nothing here, and say why."""

    why: str


@dataclass(frozen=True, slots=True)
class NothingNew:
    """The pull request is what it would be made again."""

    pull: PullRequest


@dataclass(frozen=True, slots=True)
class Work:
    """See what there is to change; `reopens` is the pull request that is to be opened again."""

    reopens: PullRequest | None = None


def before_work(scene: Scene, work: str, *, reopen: bool) -> LeaveAlone | NothingNew | Work:
    """Decide what may be done, before anything is cloned; `work` stands for the version and the choices."""
    closed = scene.closed_pull
    if closed and not reopen:
        return LeaveAlone(f"somebody closed its pull request {closed.number}; --reopen opens it again")
    if scene.branch and not scene.branch.is_ours:
        return LeaveAlone("somebody else has committed to its branch")
    pull = scene.open_pull
    if scene.branch and pull and (scene.branch.base, scene.branch.work) == (scene.base, work) and _is_told(scene, pull):
        return NothingNew(pull)
    return Work(closed)


def _is_told(scene: Scene, pull: PullRequest) -> bool:
    """Say whether a pull request speaks of this base; one that was pushed to, and not told, does not."""
    base = made_from(pull.body)
    return base is None or scene.base.startswith(base)


@dataclass(frozen=True, slots=True)
class Nothing:
    """There is nothing to change; `obsolete` is the pull request that has become so."""

    obsolete: PullRequest | None


@dataclass(frozen=True, slots=True)
class Propose:
    """
    Bring the branch to the commit, and the pull request after it.

    `pushes`: the branch is to become the commit, if it still is at `expected`; None where it must not be there.
    `updates` is the pull request that is there already, open or to be reopened; without one it is opened. `base` is the
    commit that the branch begins at.
    """

    base: str
    pushes: bool
    expected: str | None
    updates: PullRequest | None
    reopens: bool


def after_work(scene: Scene, work: Work, *, changes: bool, same_tree: bool) -> Nothing | Propose:
    """
    Decide what follows from the changes; `same_tree`: the branch holds just these files already.

    A branch that begins at another base is made anew, for a pull request should be what would be merged.
    """
    if not changes:
        return Nothing(scene.open_pull)
    is_as_wanted = scene.branch is not None and scene.branch.base == scene.base and same_tree
    expected = scene.branch.commit if scene.branch else None
    pull = scene.open_pull or work.reopens
    return Propose(scene.base, not is_as_wanted, expected, pull, reopens=pull is not None and pull.state != "open")
