"""
GitLab, through python-gitlab: merge requests are the pull requests, and a draft is one by its title.

https://docs.gitlab.com/api/merge_requests/
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

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
    from gitlab import Gitlab
    from gitlab.v4.objects import Project

    from scratchify.bot.forges import Secrets

API = "https://gitlab.com"
USER = "oauth2"
DRAFT = "Draft: "
DEVELOPER = 30
"""The access level that may push: https://docs.gitlab.com/user/permissions/."""

SECONDS_FOR_A_FORK = 60

_STATES: dict[str, State] = {"opened": "open", "locked": "open", "merged": "merged", "closed": "closed"}


class GitLab:
    """One account on one installation."""

    def __init__(self, api_url: str | None, secrets: "Secrets", *, sleep: Callable[[float], None] = time.sleep) -> None:
        self._url = (api_url or API).rstrip("/")
        self._secrets = secrets
        self._sleep = sleep
        self._known: Gitlab | None = None

    def credentials(self, repository: str) -> Credentials | None:  # noqa: ARG002  # one token for all
        return Credentials(USER, self._secrets.token) if self._secrets.token else None

    def repository(self, name: str) -> Repository:
        with self._told(name):
            return _repository(self._client.projects.get(name).attributes)

    def repositories(self, owner: str) -> Iterator[Repository]:
        with self._told(owner):
            for project in self._projects(owner):
                yield _repository(project.attributes)

    def pull_requests(self, repository: str, head: str, head_repository: str) -> Sequence[PullRequest]:
        with self._told(repository):
            found = self._project(repository).mergerequests.list(
                source_branch=head, state="all", order_by="created_at", sort="desc", scope="all", iterator=True
            )
            source = None if head_repository == repository else self._number_of(head_repository)
            return tuple(
                _pull(one.attributes, head_repository)
                for one in found
                if one.source_project_id == (one.target_project_id if source is None else source)
            )

    def open(self, repository: str, proposal: Proposal) -> PullRequest:
        head_repository = proposal.head_repository or repository
        values: dict[str, Any] = {
            "source_branch": proposal.head,
            "target_branch": proposal.base,
            "title": f"{DRAFT}{proposal.title}" if proposal.draft else proposal.title,
            "description": proposal.body,
            "labels": ",".join(proposal.labels),
            "reviewer_ids": self._people(proposal.reviewers),
        }
        try:
            with self._told(repository):
                if proposal.head_repository:
                    values["target_project_id"] = self._client.projects.get(repository).id
                made = self._project(head_repository).mergerequests.create(values)
                return _pull(made.attributes, head_repository)
        except NotAllowed:
            # a request that seemed lost was not, or another run was faster
            known = self.pull_requests(repository, proposal.head, head_repository)
            if found := next((one for one in known if one.state == "open"), None):
                return found
            raise

    def update(self, repository: str, number: int, proposal: Proposal) -> PullRequest:
        with self._told(repository):
            request = self._project(repository).mergerequests.get(number)
            request.title = f"{DRAFT}{proposal.title}" if request.attributes.get("draft") else proposal.title
            request.description = proposal.body
            request.save()
            return _pull(request.attributes, proposal.head_repository or repository)

    def reopen(self, repository: str, number: int) -> PullRequest:
        with self._told(repository):
            request = self._project(repository).mergerequests.get(number)
            request.state_event = "reopen"
            request.save()
            return _pull(request.attributes, repository)

    def fork_name(self, repository: str) -> str:
        with self._told("the account"):
            if self._client.user is None:
                self._client.auth()
            assert self._client.user
            return f"{self._client.user.username}/{repository.rpartition('/')[2]}"

    def fork(self, repository: str) -> Repository:
        name = self.fork_name(repository)
        with self._told(repository):
            try:
                return _repository(self._client.projects.get(name).attributes)
            except self._missing():
                self._project(repository).forks.create({})
            for _ in range(SECONDS_FOR_A_FORK):
                fork = self._client.projects.get(name)
                if fork.attributes.get("import_status") in ("finished", "none", None):
                    return _repository(fork.attributes)
                self._sleep(1)
        raise ForgeFailed(f"the fork {name} is not there after {SECONDS_FOR_A_FORK} s")

    def review(self, repository: str, number: int, commit: str, body: str, comments: Sequence[Comment]) -> None:
        with self._told(repository):
            request = self._project(repository).mergerequests.get(number)
            refs = request.diff_refs
            request.notes.create({"body": body})
            for comment in comments:
                place = {
                    "position_type": "text",
                    "base_sha": refs["base_sha"],
                    "start_sha": refs["start_sha"],
                    "head_sha": commit,
                    "new_path": comment.path,
                    "old_path": comment.path,
                    "new_line": comment.last,
                }
                request.discussions.create({"body": _suggestion(comment), "position": place})

    def _number_of(self, name: str) -> int:
        """Return the number of a project, 0 where there is none."""
        try:
            found: int = self._client.projects.get(name).id
        except self._missing():
            return 0
        return found

    def _projects(self, owner: str) -> Iterator[Any]:
        try:
            group = self._client.groups.get(owner, with_projects=False)
        except self._missing():
            user = next(iter(self._client.users.list(username=owner, iterator=True)), None)
            if user is None:
                raise NotFound(f"there is no group or user {visible(owner)}") from None
            yield from user.projects.list(iterator=True)
            return
        yield from group.projects.list(include_subgroups=True, with_shared=False, iterator=True)

    def _people(self, names: Sequence[str]) -> list[int]:
        """Return the numbers of users; who is unknown is left out."""
        found = []
        for name in names:
            with self._told(name):
                found += [user.id for user in self._client.users.list(username=name, iterator=True)]
        return found

    def _project(self, name: str) -> "Project":
        # lazy: it asks nothing until something of it is asked for
        return self._client.projects.get(name, lazy=True)

    @property
    def _client(self) -> "Gitlab":
        if self._known is None:
            from gitlab import Gitlab

            self._known = Gitlab(
                self._url,
                private_token=self._secrets.token,
                timeout=30,
                per_page=100,
                retry_transient_errors=True,
                user_agent="scratchify",
            )
        return self._known

    @staticmethod
    def _missing() -> type[Exception]:
        from gitlab import GitlabGetError

        return GitlabGetError

    @contextmanager
    def _told(self, what: str) -> Iterator[None]:
        """Turn what the client raises into what the bot knows, in one line without a secret."""
        _check_installed()
        from gitlab import GitlabError
        from requests import RequestException

        try:
            yield
        except GitlabError as error:
            raise self._failure(what, error.response_code or 0, str(error.error_message)) from None
        except RequestException as error:
            raise ForgeFailed(f"{visible(what)}: GitLab cannot be reached: {type(error).__name__}") from None

    def _failure(self, what: str, status: int, said: str) -> ForgeFailed:
        text = visible(said.replace(self._secrets.token, "…") if self._secrets.token else said)[:300]
        message = f"{visible(what)}: GitLab answers {status}: {text}"
        match status:
            case 404:
                return NotFound(message)
            case 400 | 401 | 403 | 409 | 422:
                return NotAllowed(message)
            case _:
                return ForgeFailed(message)


def _check_installed() -> None:
    """Raise MissingExtra where the client is not installed."""
    try:
        import gitlab  # noqa: F401
    except ImportError as missing:
        raise MissingExtra("GitLab needs python-gitlab; pip install 'scratchify[bot]'") from missing


def _repository(values: dict[str, Any]) -> Repository:
    rights = values.get("permissions") or {}
    levels = [(rights.get(kind) or {}).get("access_level", 0) for kind in ("project_access", "group_access")]
    parent = values.get("forked_from_project")
    return Repository(
        values["path_with_namespace"],
        values["http_url_to_repo"],
        values.get("default_branch") or "main",
        "",
        tuple(values.get("topics") or ()),
        archived=bool(values.get("archived")),
        fork=parent is not None,
        empty=bool(values.get("empty_repo")),
        may_push=max(levels) >= DEVELOPER,
        parent=parent["path_with_namespace"] if parent else None,
    )


def _pull(values: dict[str, Any], head_repository: str) -> PullRequest:
    return PullRequest(
        values["iid"],
        values["web_url"],
        _STATES[values["state"]],
        values["title"].removeprefix(DRAFT),
        values.get("description") or "",
        values["source_branch"],
        head_repository,
        values["target_branch"],
        bool(values.get("draft")),
    )


def _suggestion(comment: Comment) -> str:
    """Return a remark in which a suggestion says how many lines above it replaces, as GitLab wants it."""
    above = comment.last - comment.first
    return comment.body.replace("```suggestion\n", f"```suggestion:-{above}+0\n", 1)
