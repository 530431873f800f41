"""GitLab and Gitea behind the same protocol: the same stories as GitHub's, on forges of their own kind."""

import sys
from collections.abc import Iterator

import pytest

from scratchify.bot.forge import Comment, Forge, ForgeFailed, NotAllowed, NotFound, Proposal
from scratchify.bot.forges import Secrets, connect
from scratchify.errors import InvalidSettings, MissingExtra
from tests.forge_server import TOKEN, Fault
from tests.other_forges import GiteaServer, GitLabServer, other_forge

NAME = "octo/app"
BRANCH = "scratchify/dockerfiles"
PROPOSAL = Proposal(BRANCH, "main", "Smaller", "Text", labels=("docker", "go"), reviewers=("ann", "nobody"))

Server = GitLabServer | GiteaServer


@pytest.fixture(params=["gitlab", "gitea"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def server(kind: str) -> Iterator[Server]:
    with other_forge(kind) as running:
        running.add(NAME)
        yield running


@pytest.fixture
def forge(kind: str, server: Server) -> Forge:
    return connect(kind, server.url, Secrets(token=TOKEN))


def test_a_repository_is_one_request(server: Server, forge: Forge) -> None:
    found = forge.repository(NAME)
    assert (found.name, found.default_branch, found.may_push) == (NAME, "main", True)
    assert not found.archived
    assert not found.fork
    assert found.clone_url.endswith("/octo/app.git")
    assert len(server.asked) == 1


def test_all_repositories_of_an_owner(server: Server, forge: Forge) -> None:
    for number in range(230):
        server.add(f"many/r-{number}", archived=number == 0)
    found = list(forge.repositories("many"))
    assert len({one.name for one in found}) == 230
    assert sum(one.archived for one in found) == 1


def test_opened_found_updated_and_never_twice(server: Server, forge: Forge) -> None:
    pull = forge.open(NAME, PROPOSAL)
    assert (pull.number, pull.state, pull.title, pull.body) == (1, "open", "Smaller", "Text")
    assert (pull.head, pull.base) == (BRANCH, "main")
    assert server.labels_of(NAME, 1) == ["docker", "go"]
    assert forge.open(NAME, PROPOSAL).number == 1
    assert forge.update(NAME, 1, Proposal(BRANCH, "main", "Other", "Words")).title == "Other"
    server.asked.clear()
    (found,) = forge.pull_requests(NAME, BRANCH, NAME)
    assert (found.title, found.body) == ("Other", "Words")
    assert len(server.asked) == 1
    assert forge.pull_requests(NAME, "other", NAME) == ()


def test_closed_and_merged_are_told_apart_and_reopened_where_that_goes(server: Server, forge: Forge) -> None:
    forge.open(NAME, PROPOSAL)
    server.settle(NAME, 1, "closed")
    assert [one.state for one in forge.pull_requests(NAME, BRANCH, NAME)] == ["closed"]
    assert forge.reopen(NAME, 1).state == "open"
    server.settle(NAME, 1, "merged")
    forge.open(NAME, PROPOSAL)
    assert [(one.number, one.state) for one in forge.pull_requests(NAME, BRANCH, NAME)] == [(2, "open"), (1, "merged")]
    with pytest.raises(ForgeFailed):
        forge.reopen(NAME, 1)


def test_a_draft_is_one_and_stays_one(forge: Forge) -> None:
    draft = Proposal(BRANCH, "main", "Smaller", "Text", draft=True)
    opened = forge.open(NAME, draft)
    assert (opened.draft, opened.title) == (True, "Smaller")
    assert forge.update(NAME, 1, Proposal(BRANCH, "main", "Other", "x")).draft


def test_a_fork_is_made_once_and_its_branch_is_its_own(forge: Forge) -> None:
    assert forge.fork_name(NAME) == "bot/app"
    assert forge.pull_requests(NAME, BRANCH, "bot/app") == ()
    fork = forge.fork(NAME)
    assert fork.name == forge.fork(NAME).name == "bot/app"
    assert fork.parent == NAME
    forge.open(NAME, Proposal(BRANCH, "main", "x", "y", head_repository="bot/app"))
    assert [one.head_repository for one in forge.pull_requests(NAME, BRANCH, "bot/app")] == ["bot/app"]
    assert forge.pull_requests(NAME, BRANCH, NAME) == ()


def test_a_review_has_its_remarks(server: Server, forge: Forge) -> None:
    forge.open(NAME, PROPOSAL)
    body = "```suggestion\nFROM scratch\n```"
    forge.review(NAME, 1, "b" * 40, "All of it", (Comment("Dockerfile", 5, 8, body),))
    said = str(server.remarks)
    assert "All of it" in said
    assert "'new_line': 8" in said or "'new_position': 8" in said


def test_git_gets_the_token(forge: Forge) -> None:
    found = forge.credentials(NAME)
    assert found
    assert found.token == TOKEN


@pytest.mark.parametrize("fault", [Fault(502), Fault(429, (("Retry-After", "1"),))], ids=["502", "429"])
def test_what_passes_is_waited_for(server: Server, forge: Forge, fault: Fault) -> None:
    server.faults.append(fault)
    assert forge.repository(NAME).name == NAME


def test_an_answer_that_was_lost_opens_no_second_one(server: Server, forge: Forge) -> None:
    server.faults.append(Fault(502, after=True))
    assert forge.open(NAME, Proposal(BRANCH, "main", "x", "y")).number == 1
    assert [one.number for one in forge.pull_requests(NAME, BRANCH, NAME)] == [1]


def test_what_is_not_there_is_not_found(forge: Forge) -> None:
    with pytest.raises(NotFound, match="404"):
        forge.repository("octo/none")


def test_a_token_that_is_not_taken_is_not_told(kind: str, server: Server) -> None:
    forge = connect(kind, server.url, Secrets(token="wr0ng"))
    with pytest.raises(NotAllowed) as caught:
        forge.repository(NAME)
    assert "wr0ng" not in str(caught.value)


def test_gitea_is_everywhere_and_a_forge_that_there_is_not_nowhere() -> None:
    with pytest.raises(InvalidSettings, match="--api-url"):
        connect("gitea", None, Secrets())
    with pytest.raises(InvalidSettings, match="no forge"):
        connect("sourcehut", None, Secrets())


@pytest.mark.parametrize(("kind", "library"), [("github", "github"), ("gitlab", "gitlab"), ("gitea", "requests")])
def test_a_client_that_is_not_installed_is_named(kind: str, library: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(MissingExtra, match=r"scratchify\[bot\]"):
        connect(kind, "http://127.0.0.1:1", Secrets(token=TOKEN)).repository(NAME)
