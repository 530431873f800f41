"""One repository, from its clone to its pull request."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from scratchify.bot.branch import Signature, build_branch, read_branch, work_of
from scratchify.bot.checkout import check_out
from scratchify.bot.examination import Look, examined
from scratchify.bot.forge import Forge, NotAllowed, NotFound, Proposal, PullRequest, Repository
from scratchify.bot.git import LIMITS, Git, Limits
from scratchify.bot.manners import LeaveAlone, Nothing, NothingNew, Propose, Scene, Work, after_work, before_work
from scratchify.configuration import Configurations
from scratchify.errors import ScratchifyError
from scratchify.examination.attempt import attempt
from scratchify.examination.examine import Examined
from scratchify.report.document import FileReport
from scratchify.report.pull_request import USUAL, Words, body_of, made_from, title_of

Done = Literal["opened", "updated", "would-open", "would-update"]
State = Literal[Done, "unchanged", "refused", "left-alone", "postponed", "skipped", "failed"]

BRANCH = "dockerfiles"
"""The branch's name below its prefix: one for all Dockerfiles of a repository."""


@dataclass(frozen=True, slots=True)
class Errand:
    """What the bot is out for: how it looks at clones, what it calls things, and how far it may go."""

    look: Look
    signature: Signature
    version: str
    prefix: str = "scratchify/"
    words: Words = USUAL
    labels: tuple[str, ...] = ()
    reviewers: tuple[str, ...] = ()
    draft: bool = False
    reopen: bool = False
    dry_run: bool = False
    limits: Limits = LIMITS

    @property
    def branch(self) -> str:
        return f"{self.prefix}{BRANCH}"

    @property
    def work(self) -> str:
        said, words = sorted(self.look.said.items()), self.words
        return work_of(self.version, (said, self.look.verify, words.title, words.body, self.signature.sign_off))


@dataclass(frozen=True, slots=True)
class Visit:
    """What became of a repository; `proposal` and `patch` are there where something is or would be proposed."""

    repository: str
    state: State
    why: str = ""
    url: str = ""
    reports: tuple[FileReport, ...] = ()
    proposal: Proposal | None = None
    patch: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Guest:
    """The bot at one forge: what it asks, what it is out for, and who is told what it does at the moment."""

    forge: Forge
    errand: Errand
    tell: Callable[[str], None] = lambda _: None
    may_open: Callable[[], str | None] = lambda: None
    """Asked before a pull request is opened: a reason not to, or None."""
    before_push: Callable[[], None] = lambda: None
    """Waited for before something is pushed."""

    def visit(self, repository: Repository, pulls: Sequence[PullRequest] | None = None) -> Visit:
        """Do what there is to do in one repository; what goes wrong is its result and no exception."""
        found = attempt(lambda: self._visit(repository, pulls))
        return Visit(repository.name, "failed", str(found)) if isinstance(found, ScratchifyError) else found

    def head_name(self, repository: Repository) -> str:
        """Return where the branch is pushed to: the repository, or the bot's fork of it, which may not be there yet."""
        is_own = repository.may_push or self.errand.dry_run
        return repository.name if is_own else self.forge.fork_name(repository.name)

    def _visit(self, repository: Repository, pulls: Sequence[PullRequest] | None) -> Visit:
        if repository.empty:
            return Visit(repository.name, "skipped", "the repository is empty")
        name = self.head_name(repository)
        if pulls is None:
            self.tell("asking for pull requests")
            pulls = self.forge.pull_requests(repository.name, self.errand.branch, name)
        head = repository if name == repository.name else self._known_fork(name) if pulls else None
        return self._visit_from(repository, head, pulls)

    def _known_fork(self, name: str) -> Repository | None:
        try:
            return self.forge.repository(name)
        except NotFound:  # it was removed
            return None

    def _visit_from(self, repository: Repository, head: Repository | None, pulls: Sequence[PullRequest]) -> Visit:
        """Visit a repository whose branch is in `head`; None where it will be in a fork that is yet to be made."""
        errand = self.errand
        with self._clone(repository) as git, _other(git, repository, head, self) as theirs:
            scene = self._scene(git, theirs, repository, head, pulls)
            match before_work(scene, errand.work, reopen=errand.reopen):
                case LeaveAlone(why=why):
                    return Visit(repository.name, "left-alone", why)
                case NothingNew(pull=pull):
                    return Visit(repository.name, "unchanged", "its pull request is up to date", pull.url)
                case Work() as work:
                    found = self._work(git, theirs, repository, head, scene, work)
        if found is not None:
            return found
        # only now, for there is something to propose; the fork may hold a branch from before
        self.tell("forking")
        return self._visit_from(repository, self.forge.fork(repository.name), pulls)

    @contextmanager
    def _clone(self, repository: Repository) -> Iterator[Git]:
        with TemporaryDirectory(prefix="scratchify-") as folder:
            git = Git(Path(folder, "clone"), self.forge.credentials(repository.name), self.errand.limits)
            git.start()
            yield git

    def _scene(
        self, git: Git, theirs: Git, repository: Repository, head: Repository | None, pulls: Sequence[PullRequest]
    ) -> Scene:
        errand = self.errand
        self.tell("asking for branches")
        is_own = head is repository
        names = (repository.default_branch, errand.branch) if is_own else (repository.default_branch,)
        heads = git.heads(repository.clone_url, *names)
        if head and not is_own:
            heads |= theirs.heads(head.clone_url, errand.branch)
        base = heads.get(repository.default_branch)
        if base is None:
            raise ScratchifyError(f"there is no branch {repository.default_branch}")
        tip = heads.get(errand.branch)
        branch = None
        if head and tip:
            self.tell("reading the branch")
            branch = read_branch(theirs, head.clone_url, errand.branch, tip, errand.signature.committer)
        return Scene(base, branch, pulls)

    def _work(
        self, git: Git, theirs: Git, repository: Repository, head: Repository | None, scene: Scene, work: Work
    ) -> Visit | None:
        """Do the work, and return what came of it; None where there has to be a fork first."""
        errand = self.errand
        self.tell("cloning")
        git.fetch(repository.clone_url, scene.base, repository.default_branch)
        entries = check_out(git, scene.base)
        self.tell("looking at its Dockerfiles")
        results = examined(git.folder, errand.look)
        reports = tuple(result.report for result in results)
        changes = [result for result in results if result.after is not None]
        commit = build_branch(git, scene.base, entries, results, errand.signature, errand.work) if changes else None
        same_tree = bool(commit and scene.branch and git.tree(commit) == theirs.tree(scene.branch.commit))
        match after_work(scene, work, changes=bool(changes), same_tree=same_tree):
            case Nothing(obsolete=obsolete):
                return _without_change(repository, reports, obsolete)
            case Propose() as propose:
                visit = Visit(repository.name, "unchanged", reports=reports, patch=_patch(results))
                if head is None:
                    why = self.may_open()
                    return replace(visit, state="postponed", why=why) if why else None
                return self._propose(git, repository, head, propose, commit or "", visit)

    def _propose(
        self, git: Git, repository: Repository, head: Repository, propose: Propose, commit: str, visit: Visit
    ) -> Visit:
        errand, pull = self.errand, propose.updates
        proposal = self._proposal(repository, head, visit, pull, propose.base, _own_wishes(git.folder, errand))
        visit = replace(visit, proposal=proposal)
        if errand.dry_run:
            return replace(visit, state="would-update" if pull else "would-open", url=pull.url if pull else "")
        if (pull is None or propose.reopens) and (why := self.may_open()):
            return replace(visit, state="postponed", why=why)
        if pull and propose.reopens:
            # before anything is pushed: what was pushed over cannot be opened again
            pull = self._reopened(repository, pull) if propose.expected else None
        if propose.pushes:
            self.before_push()
            self.tell("pushing")
            pushing = git
            if head is not repository:
                git.complete(repository.clone_url, repository.default_branch)
                pushing = Git(git.folder, self.forge.credentials(head.name), errand.limits)
            pushing.push(head.clone_url, commit, errand.branch, propose.expected)
        if pull is None:
            self.tell("opening the pull request")
            return replace(visit, state="opened", url=self.forge.open(repository.name, proposal).url)
        if (pull.title, pull.body) != (proposal.title, proposal.body):
            self.tell("updating the pull request")
            self.forge.update(repository.name, pull.number, proposal)
        elif not (propose.pushes or propose.reopens):
            return replace(visit, why="its pull request is up to date", url=pull.url)
        return replace(visit, state="updated", url=pull.url)

    def _reopened(self, repository: Repository, pull: PullRequest) -> PullRequest | None:
        """Open a pull request again; None where the forge will not, so that there has to be another."""
        self.tell("reopening the pull request")
        try:
            return self.forge.reopen(repository.name, pull.number)
        except NotAllowed:
            return None

    def _proposal(
        self,
        repository: Repository,
        head: Repository,
        visit: Visit,
        pull: PullRequest | None,
        base: str,
        errand: Errand,
    ) -> Proposal:
        changed = [report for report in visit.reports if report.verdict in ("rewritten", "refused")]
        title = title_of([one for one in changed if one.verdict == "rewritten"], errand.words)
        body = body_of(changed, errand.words, base)
        if pull:
            # what a person wrote there stays
            title = pull.title
            body = body if made_from(pull.body) is not None else pull.body
        return Proposal(
            errand.branch,
            repository.default_branch,
            title,
            body,
            errand.draft,
            errand.labels,
            errand.reviewers,
            None if head is repository else head.name,
        )


@contextmanager
def _other(git: Git, repository: Repository, head: Repository | None, guest: Guest) -> Iterator[Git]:
    """Give the repository in which the branch is read: the clone, or one of its own for a fork."""
    if head is None or head is repository:
        yield git
        return
    with TemporaryDirectory(prefix="scratchify-") as folder:
        theirs = Git(Path(folder, "fork"), guest.forge.credentials(head.name), guest.errand.limits)
        theirs.start()
        yield theirs


def _own_wishes(clone: Path, errand: Errand) -> Errand:
    """Return the errand with what the repository itself says of labels, reviewers and drafts."""
    configuration = Configurations().of(clone)
    said = configuration.bot if configuration else {}
    names = {key: value for key in ("labels", "reviewers") if isinstance(value := said.get(key), tuple)}
    # the reader of the file has checked what they are
    return replace(errand, **names, draft=bool(said.get("draft", errand.draft)))  # type: ignore[arg-type]


def _without_change(repository: Repository, reports: tuple[FileReport, ...], obsolete: PullRequest | None) -> Visit:
    if obsolete:
        why = "there is nothing left to change; its pull request can be closed"
        return Visit(repository.name, "unchanged", why, obsolete.url, reports)
    wrong = [report for report in reports if report.verdict == "error"]
    if wrong:
        (first, *_) = wrong[0].reasons
        return Visit(repository.name, "failed", f"{first.place}: {first.message}", reports=reports)
    refused = [report for report in reports if report.verdict == "refused"]
    if refused:
        (first, *_) = refused[0].reasons
        return Visit(repository.name, "refused", f"{first.place}: {first.rule}: {first.message}", reports=reports)
    return Visit(repository.name, "unchanged", "no Dockerfile to convert", reports=reports)


def _patch(results: Sequence[Examined]) -> bytes:
    return b"".join(result.patch for result in results)
