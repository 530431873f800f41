"""
Gitea and Forgejo, whose API is small and has no client that is kept: requests, which the others bring.

https://docs.gitea.com/api, https://codeberg.org/api/swagger
"""

import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

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
from scratchify.errors import InvalidSettings, MissingExtra
from scratchify.report.terminal import visible

if TYPE_CHECKING:
    from requests import Response, Session

    from scratchify.bot.forges import Secrets

USER = "oauth2"
DRAFT = "WIP: "

PAGE = 50
"""Entries; an installation may give fewer: https://docs.gitea.com/administration/config-cheat-sheet#api-api."""

MOST_PAGES = 100

TRIES = 5

MOST_SECONDS = 300.0
"""Of a wait that a server asks for."""


class Gitea:
    """One account on one installation."""

    def __init__(self, api_url: str | None, secrets: "Secrets", *, sleep: Callable[[float], None] = time.sleep) -> None:
        if not api_url:
            raise InvalidSettings("Gitea and Forgejo are everywhere; say where by --api-url")
        self._url = f"{api_url.rstrip('/').removesuffix('/api/v1')}/api/v1"
        self._secrets = secrets
        self._sleep = sleep
        self._known: Session | None = None
        self._login: str | None = None

    def credentials(self, repository: str) -> Credentials | None:  # noqa: ARG002  # one token for all
        return Credentials(USER, self._secrets.token) if self._secrets.token else None

    def repository(self, name: str) -> Repository:
        return _repository(self._ask("GET", f"/repos/{_quoted(name)}"))

    def repositories(self, owner: str) -> Iterator[Repository]:
        try:
            yield from map(_repository, self._all(f"/orgs/{_quoted(owner)}/repos"))
        except NotFound:
            yield from map(_repository, self._all(f"/users/{_quoted(owner)}/repos"))

    def pull_requests(self, repository: str, head: str, head_repository: str) -> Sequence[PullRequest]:
        found = map(_pull, self._all(f"/repos/{_quoted(repository)}/pulls?state=all&sort=recentupdate"))
        own = [pull for pull in found if (pull.head, pull.head_repository) == (head, head_repository)]
        return tuple(sorted(own, key=lambda pull: -pull.number))

    def open(self, repository: str, proposal: Proposal) -> PullRequest:
        head_repository = proposal.head_repository or repository
        owner = head_repository.partition("/")[0]
        head = proposal.head if head_repository == repository else f"{owner}:{proposal.head}"
        title = f"{DRAFT}{proposal.title}" if proposal.draft else proposal.title
        values = {"head": head, "base": proposal.base, "title": title, "body": proposal.body}
        try:
            made = _pull(self._ask("POST", f"/repos/{_quoted(repository)}/pulls", values))
        except NotAllowed:
            # a request that seemed lost was not, or another run was faster
            known = self.pull_requests(repository, proposal.head, head_repository)
            if found := next((one for one in known if one.state == "open"), None):
                return found
            raise
        self._describe(repository, made.number, proposal)
        return made

    def update(self, repository: str, number: int, proposal: Proposal) -> PullRequest:
        known = self._ask("GET", f"/repos/{_quoted(repository)}/pulls/{number}")
        title = f"{DRAFT}{proposal.title}" if _is_draft(known) else proposal.title
        values = {"title": title, "body": proposal.body}
        return _pull(self._ask("PATCH", f"/repos/{_quoted(repository)}/pulls/{number}", values))

    def reopen(self, repository: str, number: int) -> PullRequest:
        return _pull(self._ask("PATCH", f"/repos/{_quoted(repository)}/pulls/{number}", {"state": "open"}))

    def fork_name(self, repository: str) -> str:
        if self._login is None:
            self._login = str(self._ask("GET", "/user")["login"])
        return f"{self._login}/{repository.rpartition('/')[2]}"

    def fork(self, repository: str) -> Repository:
        try:
            return _repository(self._ask("POST", f"/repos/{_quoted(repository)}/forks", {}))
        except NotAllowed:  # there is one
            return self.repository(self.fork_name(repository))

    def review(self, repository: str, number: int, commit: str, body: str, comments: Sequence[Comment]) -> None:
        said = [{"path": one.path, "body": one.body, "new_position": one.last} for one in comments]
        values = {"body": body, "event": "COMMENT", "commit_id": commit, "comments": said}
        self._ask("POST", f"/repos/{_quoted(repository)}/pulls/{number}/reviews", values)

    def _describe(self, repository: str, number: int, proposal: Proposal) -> None:
        """Label a new pull request and ask for reviews; it stands, even where a label or person is unknown."""
        path = f"/repos/{_quoted(repository)}"
        try:
            if proposal.labels:
                self._ask("POST", f"{path}/issues/{number}/labels", {"labels": [*proposal.labels]})
            if proposal.reviewers:
                values = {"reviewers": [*proposal.reviewers]}
                self._ask("POST", f"{path}/pulls/{number}/requested_reviewers", values)
        except (NotAllowed, NotFound):
            return

    def _all(self, path: str) -> Iterator[dict[str, Any]]:
        """Yield the entries of all pages; a page that is empty is the last, for some servers give fewer than asked."""
        mark = "&" if "?" in path else "?"
        for page in range(1, MOST_PAGES + 1):
            response = self._answer("GET", f"{path}{mark}page={page}&limit={PAGE}", None)
            found = response.json()
            yield from found
            if not found or int(response.headers.get("X-Total-Count") or page * PAGE + 1) <= page * PAGE:
                return

    def _ask(self, method: str, path: str, values: dict[str, Any] | None = None) -> Any:
        return self._answer(method, path, values).json()

    def _answer(self, method: str, path: str, values: dict[str, Any] | None) -> "Response":
        session = self._session
        from requests import RequestException

        for attempt in range(1, TRIES + 1):
            is_last = attempt == TRIES
            try:
                response = session.request(method, f"{self._url}{path}", json=values, timeout=30)
            except RequestException as error:
                if is_last:
                    raise ForgeFailed(f"the forge cannot be reached: {type(error).__name__}") from None
                self._sleep(2.0**attempt)
                continue
            if response.status_code < 400:
                return response
            if is_last or response.status_code not in (429, 500, 502, 503, 504):
                raise self._failure(path, response)
            self._sleep(_patience(response, attempt))
        raise AssertionError("the last attempt returns or raises")

    @property
    def _session(self) -> "Session":
        if self._known is None:
            try:
                from requests import Session
            except ImportError as missing:
                raise MissingExtra("the bot needs requests; pip install 'scratchify[bot]'") from missing
            self._known = Session()
            self._known.headers["User-Agent"] = "scratchify"
            if self._secrets.token:
                self._known.headers["Authorization"] = f"token {self._secrets.token}"
        return self._known

    def _failure(self, path: str, response: "Response") -> ForgeFailed:
        try:
            said = str(response.json().get("message", ""))
        except (ValueError, AttributeError):
            said = response.reason or ""
        text = visible(said.replace(self._secrets.token, "…") if self._secrets.token else said)[:300]
        message = f"{visible(path.partition('?')[0])}: the forge answers {response.status_code}: {text}"
        match response.status_code:
            case 404:
                return NotFound(message)
            case 400 | 401 | 403 | 409 | 422:
                return NotAllowed(message)
            case _:
                return ForgeFailed(message)


def _patience(response: "Response", attempt: int) -> float:
    said = response.headers.get("Retry-After", "")
    return min(float(said), MOST_SECONDS) if said.isdecimal() else 2.0**attempt


def _quoted(name: str) -> str:
    return quote(name, safe="/")


def _repository(values: dict[str, Any]) -> Repository:
    parent = values.get("parent")
    return Repository(
        values["full_name"],
        values["clone_url"],
        values.get("default_branch") or "main",
        values.get("language") or "",
        tuple(values.get("topics") or ()),
        archived=bool(values.get("archived")),
        fork=bool(values.get("fork")),
        empty=bool(values.get("empty")),
        may_push=bool((values.get("permissions") or {}).get("push")),
        parent=parent["full_name"] if parent else None,
    )


def _is_draft(values: dict[str, Any]) -> bool:
    return bool(values.get("draft")) or str(values["title"]).startswith(DRAFT)


def _pull(values: dict[str, Any]) -> PullRequest:
    state: State = "merged" if values.get("merged") else "open" if values["state"] == "open" else "closed"
    head = values["head"]
    return PullRequest(
        values["number"],
        values["html_url"],
        state,
        values["title"].removeprefix(DRAFT),
        values.get("body") or "",
        head["ref"],
        # gone with a fork that was removed
        head["repo"]["full_name"] if head.get("repo") else "",
        values["base"]["ref"],
        _is_draft(values),
    )
