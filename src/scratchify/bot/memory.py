"""A forge in memory, for tests: those of the bot, and those of whoever builds on it."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from scratchify.bot.forge import (
    Comment,
    Credentials,
    NotAllowed,
    NotFound,
    Proposal,
    PullRequest,
    Repository,
    State,
)


@dataclass(slots=True)
class _Kept:
    """What a forge knows of one repository."""

    repository: Repository
    pulls: list[PullRequest] = field(default_factory=list)
    labels: dict[int, list[str]] = field(default_factory=dict)
    reviewers: dict[int, list[str]] = field(default_factory=dict)
    reviews: list[tuple[int, str, tuple[Comment, ...]]] = field(default_factory=list)


class MemoryForge:
    """
    A forge that holds what it is told, and counts what it is asked, by method.

    Branches are those of real repositories at the addresses of these; only what git does not know is held here.
    """

    def __init__(self, repositories: Iterable[Repository] = (), forks: dict[str, Repository] | None = None) -> None:
        self._kept = {repository.name: _Kept(repository) for repository in repositories}
        self._forks = dict(forks or {})
        self.requests: Counter[str] = Counter()

    # ---- what people do

    def settle(self, repository: str, number: int, state: State) -> None:
        """Close, merge or reopen a pull request, as a person does."""
        kept = self._kept[repository]
        kept.pulls = [replace(pull, state=state) if pull.number == number else pull for pull in kept.pulls]

    def edit(self, repository: str, number: int, *, title: str | None = None, body: str | None = None) -> None:
        """Write another title or body, as a person does."""
        kept = self._kept[repository]
        kept.pulls = [
            replace(pull, title=title or pull.title, body=body or pull.body) if pull.number == number else pull
            for pull in kept.pulls
        ]

    def restore(self, repository: str, pull: PullRequest) -> None:
        """Let there be a pull request from before."""
        self._kept[repository].pulls.append(pull)

    def all_pulls(self, repository: str) -> tuple[PullRequest, ...]:
        """Return the pull requests of a repository, the newest last; no request is counted."""
        return tuple(self._kept[repository].pulls)

    def labels_of(self, repository: str, number: int) -> tuple[str, ...]:
        return tuple(self._kept[repository].labels.get(number, ()))

    def reviewers_of(self, repository: str, number: int) -> tuple[str, ...]:
        return tuple(self._kept[repository].reviewers.get(number, ()))

    def reviews_of(self, repository: str) -> tuple[tuple[int, str, tuple[Comment, ...]], ...]:
        return tuple(self._kept[repository].reviews)

    # ---- what the bot asks

    def credentials(self, repository: str) -> Credentials | None:  # noqa: ARG002  # it needs none
        return None

    def repository(self, name: str) -> Repository:
        return self._of("repository", name).repository

    def repositories(self, owner: str) -> Iterator[Repository]:
        self.requests["repositories"] += 1
        for name, kept in self._kept.items():
            if name.rpartition("/")[0] == owner:
                yield kept.repository

    def pull_requests(self, repository: str, head: str, head_repository: str) -> Sequence[PullRequest]:
        kept = self._of("pull_requests", repository)
        found = [pull for pull in kept.pulls if (pull.head, pull.head_repository) == (head, head_repository)]
        return tuple(reversed(found))

    def open(self, repository: str, proposal: Proposal) -> PullRequest:
        kept = self._of("open", repository)
        head_repository = proposal.head_repository or repository
        for pull in kept.pulls:
            if pull.state == "open" and (pull.head, pull.head_repository) == (proposal.head, head_repository):
                return pull
        pull = PullRequest(
            number=len(kept.pulls) + 1,
            url=f"memory:{repository}/{len(kept.pulls) + 1}",
            state="open",
            title=proposal.title,
            body=proposal.body,
            head=proposal.head,
            head_repository=head_repository,
            base=proposal.base,
            draft=proposal.draft,
        )
        kept.pulls.append(pull)
        kept.labels[pull.number] = [*proposal.labels]
        kept.reviewers[pull.number] = [*proposal.reviewers]
        return pull

    def update(self, repository: str, number: int, proposal: Proposal) -> PullRequest:
        self._of("update", repository)
        self.edit(repository, number, title=proposal.title, body=proposal.body)
        return self._pull(repository, number)

    def reopen(self, repository: str, number: int) -> PullRequest:
        self._of("reopen", repository)
        if self._pull(repository, number).state == "merged":
            raise NotAllowed(f"pull request {number} is merged")
        self.settle(repository, number, "open")
        return self._pull(repository, number)

    def fork_name(self, repository: str) -> str:
        if repository not in self._forks:
            raise NotAllowed(f"{repository} cannot be forked")
        return self._forks[repository].name

    def fork(self, repository: str) -> Repository:
        self._of("fork", repository)
        return self._forks[repository]

    def review(self, repository: str, number: int, commit: str, body: str, comments: Sequence[Comment]) -> None:  # noqa: ARG002
        self._of("review", repository).reviews.append((number, body, tuple(comments)))

    def _of(self, method: str, name: str) -> _Kept:
        self.requests[method] += 1
        if name not in self._kept:
            raise NotFound(f"there is no repository {name}")
        return self._kept[name]

    def _pull(self, repository: str, number: int) -> PullRequest:
        found = next((pull for pull in self._kept[repository].pulls if pull.number == number), None)
        if found is None:
            raise NotFound(f"{repository} has no pull request {number}")
        return found
