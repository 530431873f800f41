"""
What the bot asks of a forge: a few methods, so that GitHub, GitLab, Gitea and a twin in memory can stand behind them.

Names of repositories are `owner/name` (GitLab: with all groups, `group/subgroup/name`), branches are said without
`refs/heads/`, times are in UTC. Every method raises ForgeFailed; NotFound where the thing does not exist or may not be
seen, NotAllowed where it may not be done. A method that changes something is safe to call again: it finds its own work.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from scratchify.errors import ScratchifyError

State = Literal["open", "merged", "closed"]
"""Of a pull request; `closed` is closed by somebody and not merged."""


@dataclass(frozen=True, slots=True)
class Repository:
    """
    A repository as its forge describes it.

    `clone_url` is HTTP(S) and holds no secret; `may_push` says whether the bot's own account may, `language` is the
    one that most of it is written in, and `parent` what it is a fork of.
    """

    name: str
    clone_url: str
    default_branch: str
    language: str = ""
    topics: tuple[str, ...] = ()
    archived: bool = False
    fork: bool = False
    empty: bool = False
    may_push: bool = True
    parent: str | None = None

    @property
    def owner(self) -> str:
        return self.name.rpartition("/")[0]


@dataclass(frozen=True, slots=True)
class PullRequest:
    """A pull request; `head` is the branch that it offers, in the repository `head_repository`."""

    number: int
    url: str
    state: State
    title: str
    body: str
    head: str
    head_repository: str
    base: str
    draft: bool = False


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a pull request is to be; `head_repository` is a fork where the bot may not push."""

    head: str
    base: str
    title: str
    body: str
    draft: bool = False
    labels: tuple[str, ...] = ()
    reviewers: tuple[str, ...] = ()
    head_repository: str | None = None


@dataclass(frozen=True, slots=True)
class Comment:
    """A remark at lines of a file as a pull request leaves it, both inclusive and from 1; `body` is Markdown."""

    path: str
    first: int
    last: int
    body: str


@dataclass(frozen=True, slots=True)
class Credentials:
    """What git says to the forge over HTTP; never part of an address, a log or an argument."""

    user: str
    token: str

    def __repr__(self) -> str:
        return f"Credentials(user={self.user!r}, token=…)"


class Forge(Protocol):
    """A place where repositories live and pull requests are opened."""

    def credentials(self, repository: str) -> Credentials | None:
        """Return what git may say for this repository now; None where it needs nothing."""

    def repository(self, name: str) -> Repository:
        """Return one repository."""

    def repositories(self, owner: str) -> Iterator[Repository]:
        """Yield all repositories of an organisation or user that may be seen, archived ones and forks too."""

    def pull_requests(self, repository: str, head: str, head_repository: str) -> Sequence[PullRequest]:
        """Return the pull requests of any state that offer this branch of `head_repository`, the newest first."""

    def open(self, repository: str, proposal: Proposal) -> PullRequest:
        """Open a pull request with its labels and reviewers; the open one of the same head, where there is one."""

    def update(self, repository: str, number: int, proposal: Proposal) -> PullRequest:
        """Make title and body what the proposal says; labels and reviewers that people took away stay away."""

    def reopen(self, repository: str, number: int) -> PullRequest:
        """Open again what was closed without being merged."""

    def fork_name(self, repository: str) -> str:
        """Return what the bot's own fork is called, or would be: nothing is made."""

    def fork(self, repository: str) -> Repository:
        """Return the bot's own fork, made where there is none, ready to be pushed to."""

    def review(self, repository: str, number: int, commit: str, body: str, comments: Sequence[Comment]) -> None:
        """Remark on a pull request as its `commit` leaves it: one review with all its comments."""


class ForgeFailed(ScratchifyError):
    """
    A forge did not do what it was asked to; the message holds no secret.

    `retry_after` are the seconds after which it may be asked again, where it said so.
    """

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class NotFound(ForgeFailed):
    """No such thing, or none that may be seen."""


class NotAllowed(ForgeFailed):
    """It is there, and may not be done."""
