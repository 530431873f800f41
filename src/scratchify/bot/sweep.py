"""Many repositories, one after the other: which of them, how many pull requests at a time, and how fast."""

import re
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from scratchify.bot.forge import Forge, PullRequest, Repository
from scratchify.bot.journal import Journal
from scratchify.bot.results import from_values, values_of
from scratchify.bot.visit import Errand, Guest, Visit
from scratchify.errors import InvalidSettings

SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}


@dataclass(frozen=True, slots=True)
class Rate:
    """So many pushes in so many seconds."""

    count: int
    seconds: float


def rate_of(text: str) -> Rate:
    """Return what `60/hour` says. Raises InvalidSettings."""
    match = re.fullmatch(r"([1-9][0-9]{0,5})/(second|minute|hour|day)", text)
    if not match:
        raise InvalidSettings(f"{text} is no rate; say it like 60/hour, with {', '.join(SECONDS)}")
    return Rate(int(match[1]), SECONDS[match[2]])


class Pace:
    """Waits before a push that would be one too many in its time."""

    def __init__(
        self,
        rate: Rate | None,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._rate = rate
        self._sleep = sleep
        self._clock = clock
        self._times: deque[float] = deque()

    def wait(self) -> None:
        if self._rate is None:
            return
        if len(self._times) == self._rate.count:
            until = self._times.popleft() + self._rate.seconds
            if (seconds := until - self._clock()) > 0:
                self._sleep(seconds)
        self._times.append(self._clock())


@dataclass(frozen=True, slots=True)
class Selection:
    """Which repositories of an owner are visited: patterns of their names, and topics of which they must have one."""

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()

    def why_not(self, repository: Repository) -> str | None:
        """Return why a repository is none of those, None where it is one."""
        if repository.archived:
            return "it is archived"
        if repository.fork:
            return "it is a fork"
        if self.include and not _matches(repository.name, self.include):
            return "no --include names it"
        if _matches(repository.name, self.exclude):
            return "--exclude names it"
        if self.topics and not set(self.topics) & set(repository.topics):
            return "it has none of the topics"
        return None


ALL = Selection()


def in_order(repositories: Iterable[Repository]) -> list[Repository]:
    """Return the repositories in the order in which they are visited: those that are mostly Go first, by name."""
    return sorted(repositories, key=lambda one: (one.language.lower() != "go", one.name))


def _matches(name: str, patterns: Sequence[str]) -> bool:
    short = name.rpartition("/")[2]
    return any(fnmatchcase(name, pattern) or fnmatchcase(short, pattern) for pattern in patterns)


class Sweep:
    """
    One pass over repositories; it can be stopped after each of them, and go on from there.

    `limit` is how many pull requests of the bot may be open at a time, over all of them.
    """

    def __init__(
        self,
        forge: Forge,
        errand: Errand,
        *,
        limit: int | None = None,
        pace: Pace | None = None,
        journal: Journal | None = None,
        tell: Callable[[str, str], None] = lambda *_: None,
    ) -> None:
        self._forge = forge
        self._errand = errand
        self._limit = limit
        self._pace = pace or Pace(None)
        self._journal = journal
        self._tell = tell
        self._open = 0

    def run(self, repositories: Iterable[Repository], selection: Selection = ALL) -> Generator[Visit]:
        """Yield what becomes of each repository, those first that an earlier run has done."""
        done = {name: from_values(result) for name, result in self._journal.results()} if self._journal else {}
        yield from done.values()
        wanted = []
        for repository in in_order(repositories):
            if repository.name in done:
                continue
            if why := selection.why_not(repository):
                yield self._kept(Visit(repository.name, "skipped", why))
            else:
                wanted.append(repository)
        # each is asked once: the answers count what is open, and tell what people decided
        known = self._counted(wanted) if self._limit is not None else {}
        self._open += sum(bool(visit.url) and not visit.state.startswith("would") for visit in done.values())
        for repository in wanted:
            yield self._kept(self._visit(repository, known.get(repository.name)))
        if self._journal:
            self._journal.finish()

    def _counted(self, repositories: Sequence[Repository]) -> dict[str, Sequence[PullRequest]]:
        found = {}
        for repository in repositories:
            self._tell(repository.name, "asking for pull requests")
            try:
                head = self._guest(repository).head_name(repository)
                pulls = self._forge.pull_requests(repository.name, self._errand.branch, head)
            except Exception:  # its visit asks again, and says why
                continue
            found[repository.name] = pulls
            self._open += any(pull.state == "open" for pull in pulls)
        return found

    def _visit(self, repository: Repository, pulls: Sequence[PullRequest] | None) -> Visit:
        visit = self._guest(repository).visit(repository, pulls)
        self._open += visit.state == "opened"
        return visit

    def _guest(self, repository: Repository) -> Guest:
        return Guest(
            self._forge,
            self._errand,
            lambda step: self._tell(repository.name, step),
            self._may_open,
            self._pace.wait,
        )

    def _may_open(self) -> str | None:
        if self._limit is None or self._open < self._limit:
            return None
        return f"{self._open} pull request{'' if self._open == 1 else 's'} of --limit {self._limit} are open"

    def _kept(self, visit: Visit) -> Visit:
        if self._journal:
            self._journal.keep(visit.repository, values_of(visit))
        # the reports of a thousand repositories are kept by whoever wants them
        return replace(visit, patch=visit.patch if self._errand.dry_run else b"")
