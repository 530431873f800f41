"""
GitHub and GitHub Enterprise, through PyGithub.

Both kept clients were tried: githubkit 0.16 with `hishel<2` and PyGithub 2.10 make the same requests here. PyGithub is
taken because it waits for both rate limits and spaces writes by itself, imports in two thirds of the time, and brings
no second HTTP stack and no models that are checked at every answer.

https://docs.github.com/en/rest, https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from scratchify.bot.forge import (
    Comment,
    Credentials,
    ForgeFailed,
    NotAllowed,
    NotFound,
    Proposal,
    PullRequest,
    Repository,
    State,
)
from scratchify.errors import MissingExtra
from scratchify.report.terminal import visible

if TYPE_CHECKING:
    from github import Github
    from github.PullRequest import PullRequest as Pull
    from github.Repository import Repository as Repo

    from scratchify.bot.forges import Secrets

API = "https://api.github.com"

USER = "x-access-token"
"""What git calls itself where it has a token: https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app."""

TRIES = 5
"""Of a request that meets a rate limit, a server's failure or a lost connection."""

SECONDS_FOR_A_FORK = 60
"""Until it has its branches: https://docs.github.com/en/rest/repos/forks#create-a-fork."""


class GitHub:
    """One account, or one App with an installation for each owner."""

    def __init__(self, api_url: str | None, secrets: "Secrets", *, sleep: Callable[[float], None] = time.sleep) -> None:
        self._api_url = (api_url or API).rstrip("/")
        self._secrets = secrets
        self._sleep = sleep
        self._clients: dict[str, Github] = {}
        self._login: str | None = None

    def credentials(self, repository: str) -> Credentials | None:
        client = self._client(repository)
        with self._told("asking for a token"):
            auth = client.requester.auth
            return Credentials(USER, auth.token) if auth else None

    def repository(self, name: str) -> Repository:
        with self._told(name):
            return _repository(self._client(name).get_repo(name))

    def repositories(self, owner: str) -> Iterator[Repository]:
        client = self._client(f"{owner}/")
        with self._told(owner):
            who = client.get_user(owner)
            found = client.get_organization(owner).get_repos() if who.type == "Organization" else who.get_repos()
            for repo in found:
                yield _repository(repo)

    def pull_requests(self, repository: str, head: str, head_repository: str) -> Sequence[PullRequest]:
        owner = head_repository.partition("/")[0]
        with self._told(repository):
            found = self._repo(repository).get_pulls("all", "created", "desc", head=f"{owner}:{head}")
            return tuple(pull for pull in map(_pull, found) if pull.head_repository in (head_repository, ""))

    def open(self, repository: str, proposal: Proposal) -> PullRequest:
        head_repository = proposal.head_repository or repository
        head = f"{head_repository.partition('/')[0]}:{proposal.head}"
        repo = self._repo(repository)
        try:
            with self._told(repository):
                pull = repo.create_pull(
                    base=proposal.base, head=head, title=proposal.title, body=proposal.body, draft=proposal.draft
                )
        except NotAllowed:
            # a request that seemed lost was not, or another run was faster
            known = self.pull_requests(repository, proposal.head, head_repository)
            if found := next((one for one in known if one.state == "open"), None):
                return found
            raise
        self._describe(pull, proposal)
        return _pull(pull)

    def update(self, repository: str, number: int, proposal: Proposal) -> PullRequest:
        with self._told(repository):
            pull = self._repo(repository).get_pull(number)
            pull.edit(title=proposal.title, body=proposal.body)
            return _pull(pull)

    def reopen(self, repository: str, number: int) -> PullRequest:
        with self._told(repository):
            pull = self._repo(repository).get_pull(number)
            pull.edit(state="open")
            return _pull(pull)

    def fork_name(self, repository: str) -> str:
        if self._secrets.app:
            raise NotAllowed(f"{visible(repository)}: an App has no account that could fork; let it write contents")
        if self._login is None:
            with self._told("the account"):
                self._login = self._client(repository).get_user().login
        return f"{self._login}/{repository.partition('/')[2]}"

    def fork(self, repository: str) -> Repository:
        with self._told(repository):
            fork = self._repo(repository).create_fork()
        for _ in range(SECONDS_FOR_A_FORK):
            try:
                with self._told(fork.full_name):
                    fork.get_branch(fork.default_branch)
                return _repository(fork)
            except NotFound:
                self._sleep(1)
        raise ForgeFailed(f"the fork {fork.full_name} is not there after {SECONDS_FOR_A_FORK} s")

    def review(self, repository: str, number: int, commit: str, body: str, comments: Sequence[Comment]) -> None:
        with self._told(repository):
            repo = self._repo(repository)
            pull = repo.get_pull(number)
            pull.create_review(repo.get_commit(commit), body, "COMMENT", [_comment(one) for one in comments])  # type: ignore[misc]  # it lacks the keys of several lines

    def _describe(self, pull: "Pull", proposal: Proposal) -> None:
        """Label a new pull request and ask for reviews; it stands, even where a label or person is unknown."""
        try:
            with self._told("labels"):
                if proposal.labels:
                    # the client's own method sends a bare list, which GitHub's description of its API does not have
                    pull.requester.requestJsonAndCheck(
                        "POST", f"{pull.issue_url}/labels", input={"labels": [*proposal.labels]}
                    )
            with self._told("reviewers"):
                if proposal.reviewers:
                    teams = [name.partition("/")[2] for name in proposal.reviewers if "/" in name]
                    people = [name for name in proposal.reviewers if "/" not in name]
                    pull.create_review_request(people, teams)
        except (NotAllowed, NotFound):
            return

    def _repo(self, name: str) -> "Repo":
        # lazy: it asks nothing until something of it is asked for
        return self._client(name).withLazy(True).get_repo(name)

    def _client(self, repository: str) -> "Github":
        owner = repository.partition("/")[0] if self._secrets.app else ""
        if owner not in self._clients:
            with self._told(repository):
                self._clients[owner] = self._connected(repository)
        return self._clients[owner]

    def _connected(self, repository: str) -> "Github":
        from github import Auth, Github, GithubIntegration, GithubRetry

        retry = GithubRetry(total=TRIES, backoff_factor=1)
        if self._secrets.app and self._secrets.private_key:
            app = Auth.AppAuth(self._secrets.app, self._secrets.private_key)
            integration = GithubIntegration(auth=app, base_url=self._api_url, retry=retry)
            owner, _, name = repository.partition("/")
            found = integration.get_repo_installation(owner, name) if name else integration.get_org_installation(owner)
            return integration.get_github_for_installation(found.id)
        token = Auth.Token(self._secrets.token) if self._secrets.token else None
        return Github(auth=token, base_url=self._api_url, retry=retry, per_page=100, timeout=30)

    @contextmanager
    def _told(self, what: str) -> Iterator[None]:
        """Turn what the client raises into what the bot knows, in one line without a secret."""
        _check_installed()
        from github import GithubException
        from requests import RequestException

        try:
            yield
        except GithubException as error:
            raise self._failure(what, error.status, error.data) from None
        except RequestException as error:
            raise ForgeFailed(f"{visible(what)}: GitHub cannot be reached: {type(error).__name__}") from None

    def _failure(self, what: str, status: int, data: object) -> ForgeFailed:
        text = visible("; ".join(_said(data)))[:300]
        for secret in filter(None, (self._secrets.token, self._secrets.private_key)):
            text = text.replace(secret, "…")
        message = f"{visible(what)}: GitHub answers {status}: {text}"
        match status:
            case 404:
                return NotFound(message)
            case 401 | 403 | 422:
                return NotAllowed(message)
            case _:
                return ForgeFailed(message)


def _check_installed() -> None:
    """Raise MissingExtra where the client is not installed."""
    try:
        import github  # noqa: F401
    except ImportError as missing:
        raise MissingExtra("GitHub needs PyGithub; pip install 'scratchify[bot]'") from missing


def _said(data: object) -> Iterator[str]:
    """Yield what an answer says of why it is none: https://docs.github.com/en/rest/using-the-rest-api/troubleshooting."""
    if not isinstance(data, dict):
        return
    yield str(data.get("message", "without a word"))
    for error in data.get("errors") or ():
        if isinstance(error, dict) and error.get("message"):
            yield str(error["message"])


def _repository(repo: "Repo") -> Repository:
    return Repository(
        repo.full_name,
        repo.clone_url,
        repo.default_branch,
        repo.language or "",
        tuple(repo.topics or ()),
        archived=bool(repo.archived),
        fork=bool(repo.fork),
        may_push=bool(repo.permissions.push),
    )


def _pull(pull: "Pull") -> PullRequest:
    state: State = "open" if pull.state == "open" else "merged" if pull.merged_at else "closed"
    return PullRequest(
        pull.number,
        pull.html_url,
        state,
        pull.title,
        pull.body or "",
        pull.head.ref,
        # gone with a fork that was removed
        pull.head.repo.full_name if _is_there(pull.head.repo) else "",
        pull.base.ref,
        bool(pull.draft),
    )


def _is_there(repo: object) -> bool:
    return repo is not None


def _comment(comment: Comment) -> dict[str, object]:
    said: dict[str, object] = {"path": comment.path, "line": comment.last, "side": "RIGHT", "body": comment.body}
    if comment.first != comment.last:
        said |= {"start_line": comment.first, "start_side": "RIGHT"}
    return said
