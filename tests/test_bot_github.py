"""GitHub's API as the bot asks it: stories against a forge on loopback that forgets nothing and fails when told to."""

import re
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from scratchify.bot.forge import Comment, ForgeFailed, NotAllowed, NotFound, Proposal
from scratchify.bot.forges import Secrets, connect
from scratchify.bot.forges.github import GitHub
from scratchify.bot.visit import Guest
from tests.forge_server import TOKEN, Fault, GitHubServer, github_server
from tests.guests import SINGLE, errand, hosted, pushed
from tests.prism import prism

NAME = "octo/app"
BRANCH = "scratchify/dockerfiles"
PROPOSAL = Proposal(BRANCH, "main", "Smaller", "Text", labels=("docker",), reviewers=("ann", "octo/platform"))


@pytest.fixture(scope="session")
def described() -> Iterator[GitHubServer]:
    """The forge behind GitHub's own description of its API."""
    with github_server() as running:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        with prism(running.url, port) as url:
            running.url = url
            yield running


@pytest.fixture(params=["loopback", pytest.param("described", marks=pytest.mark.prism)])
def server(request: pytest.FixtureRequest) -> Iterator[GitHubServer]:
    if request.param == "described":
        running = request.getfixturevalue("described")
        running.forget()
        running.add(NAME)
        yield running
        return
    with github_server() as running:
        running.add(NAME)
        yield running


@pytest.fixture(autouse=True)
def violations(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What the description says against what was asked; there must be nothing when a test ends."""
    found: list[str] = []
    send = requests.Session.send

    def sent(session: requests.Session, request: requests.PreparedRequest, **other: Any) -> requests.Response:
        response = send(session, request, **other)
        found.extend(against(response))
        return response

    monkeypatch.setattr(requests.Session, "send", sent)
    yield found
    assert found == []


def against(response: requests.Response) -> list[str]:
    """Return what stands against a request; against answers much does, for GitHub's own examples break its schema."""
    said = response.headers.get("sl-violations", "")
    wrong = [part for part in re.findall(r'\{"location":\[.*?\}(?=,\{|\]|$)', said) if '["request"' in part]
    unknown = "NO_PATH_MATCHED" in response.text or "NO_METHOD_MATCHED" in response.text
    return [*wrong, *([f"unknown route {response.url}"] if unknown else [])]


@pytest.mark.prism
def test_the_description_says_no(described: GitHubServer, violations: list[str]) -> None:
    described.forget()
    described.add(NAME)
    headers = {"Authorization": f"token {TOKEN}"}
    address = f"{described.url}/repos/{NAME}/pulls"
    wrong = requests.post(address, json={"head": "a:b", "base": "main", "title": 3}, headers=headers, timeout=60)
    assert against(wrong)
    unknown = requests.get(f"{described.url}/repos/{NAME}/pulled/1/x", headers=headers, timeout=60)
    assert against(unknown), (unknown.headers, unknown.text)
    violations.clear()


@pytest.fixture
def forge(server: GitHubServer) -> GitHub:
    found = connect("github", server.url, Secrets(token=TOKEN))
    assert isinstance(found, GitHub)
    return found


def test_a_repository_is_one_request(server: GitHubServer, forge: GitHub) -> None:
    rights = {"push": False, "pull": True, "admin": False}
    server.add("octo/other", archived=True, fork=True, topics=["go"], language=None, permissions=rights)
    found = forge.repository("octo/other")
    assert (found.archived, found.fork, found.topics, found.language, found.may_push) == (
        True,
        True,
        ("go",),
        "",
        False,
    )
    assert forge.repository(NAME).may_push
    assert server.asked == ["GET /repos/octo/other", f"GET /repos/{NAME}"]


@pytest.mark.parametrize("is_organisation", [True, False])
def test_all_repositories_of_an_owner_over_all_pages(
    server: GitHubServer, forge: GitHub, is_organisation: bool
) -> None:
    if is_organisation:
        server.organisations.add("many")
    for number in range(230):
        server.add(f"many/r-{number}")
    assert len({one.name for one in forge.repositories("many")}) == 230
    assert len(server.asked) <= 5


def test_a_pull_request_is_opened_with_labels_and_reviewers(server: GitHubServer, forge: GitHub) -> None:
    pull = forge.open(NAME, PROPOSAL)
    assert (pull.number, pull.state, pull.title, pull.body) == (1, "open", "Smaller", "Text")
    assert server.labels[f"{NAME}/1"] == ["docker"]
    assert server.reviewers[f"{NAME}/1"] == ["ann", "team:platform"]


def test_the_bots_own_pull_requests_are_one_request(server: GitHubServer, forge: GitHub) -> None:
    forge.open(NAME, PROPOSAL)
    server.pulls[NAME][0]["state"] = "closed"
    forge.open(NAME, PROPOSAL)
    server.pulls[NAME][1].update(state="closed", merged_at="2026-01-01T00:00:00Z")
    forge.open(NAME, Proposal("another", "main", "x", "y"))
    server.asked.clear()
    found = forge.pull_requests(NAME, BRANCH, NAME)
    assert [(pull.number, pull.state) for pull in found] == [(2, "merged"), (1, "closed")]
    assert server.asked == [f"GET /repos/{NAME}/pulls"]


def test_one_of_another_fork_is_not_the_bots(server: GitHubServer, forge: GitHub) -> None:
    server.add("bot/app")
    forge.open(NAME, Proposal(BRANCH, "main", "x", "y", head_repository="bot/app"))
    assert forge.pull_requests(NAME, BRANCH, NAME) == ()
    (found,) = forge.pull_requests(NAME, BRANCH, "bot/app")
    assert found.head_repository == "bot/app"


def test_a_second_one_is_the_first(server: GitHubServer, forge: GitHub) -> None:
    assert forge.open(NAME, PROPOSAL).number == forge.open(NAME, PROPOSAL).number == 1
    assert len(server.pulls[NAME]) == 1


def test_one_whose_answer_was_lost_is_found(server: GitHubServer, forge: GitHub) -> None:
    server.faults.append(Fault(502, after=True))
    assert forge.open(NAME, PROPOSAL).number == 1
    assert len(server.pulls[NAME]) == 1


def test_it_is_edited_and_reopened_but_not_where_it_is_merged(server: GitHubServer, forge: GitHub) -> None:
    forge.open(NAME, PROPOSAL)
    assert forge.update(NAME, 1, Proposal(BRANCH, "main", "Other", "Words")).title == "Other"
    server.pulls[NAME][0]["state"] = "closed"
    assert forge.reopen(NAME, 1).state == "open"
    server.pulls[NAME][0].update(state="closed", merged_at="2026-01-01T00:00:00Z")
    with pytest.raises(NotAllowed, match="is merged"):
        forge.reopen(NAME, 1)


def test_a_reviewer_whom_nobody_knows_does_not_take_it_back(server: GitHubServer, forge: GitHub) -> None:
    pull = forge.open(NAME, Proposal(BRANCH, "main", "x", "y", reviewers=("nobody",)))
    assert pull.state == "open"


def test_a_fork_is_made_once(server: GitHubServer, forge: GitHub) -> None:
    assert forge.fork_name(NAME) == "bot/app"
    assert server.asked == ["GET /user"]
    assert forge.fork(NAME).name == forge.fork(NAME).name == "bot/app"
    assert forge.fork_name("octo/other") == "bot/other"
    assert server.counted["GET /user"] == 1


def test_a_review_has_its_remarks_at_their_lines(server: GitHubServer, forge: GitHub) -> None:
    forge.open(NAME, PROPOSAL)
    remarks = (Comment("Dockerfile", 3, 3, "one"), Comment("Dockerfile", 5, 8, "several"))
    forge.review(NAME, 1, "a" * 40, "All of it", remarks)
    (review,) = server.reviews
    assert review["event"] == "COMMENT"
    assert review["commit_id"] == "a" * 40
    assert review["comments"] == [
        {"path": "Dockerfile", "line": 3, "side": "RIGHT", "body": "one"},
        {"path": "Dockerfile", "line": 8, "side": "RIGHT", "body": "several", "start_line": 5, "start_side": "RIGHT"},
    ]


def test_git_gets_the_token(forge: GitHub) -> None:
    found = forge.credentials(NAME)
    assert found
    assert (found.user, found.token) == ("x-access-token", TOKEN)


# what goes wrong


@pytest.mark.parametrize(
    "fault",
    [
        Fault(502),
        Fault(503, body="<html>no JSON</html>"),
        Fault(0),
        Fault(429, (("Retry-After", "1"),)),
        Fault(403, (("Retry-After", "1"),), '{"message": "You have exceeded a secondary rate limit."}'),
    ],
    ids=["502", "503", "cut", "429", "secondary"],
)
def test_what_passes_is_waited_for(server: GitHubServer, forge: GitHub, fault: Fault) -> None:
    server.faults.append(fault)
    begin = time.monotonic()
    assert forge.repository(NAME).name == NAME
    assert len(server.asked) == 2
    waits = dict(fault.headers).get("Retry-After")
    assert time.monotonic() - begin >= (float(waits) if waits else 0)


def test_what_does_not_pass_has_an_end(server: GitHubServer, forge: GitHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    server.faults.extend([Fault(502)] * 50)
    with pytest.raises(ForgeFailed):
        forge.repository(NAME)
    assert len(server.asked) < 20


def test_what_is_not_there_is_not_found(forge: GitHub) -> None:
    with pytest.raises(NotFound, match="octo/none: GitHub answers 404: Not Found"):
        forge.repository("octo/none")


def test_a_token_that_is_not_taken_is_not_told(server: GitHubServer) -> None:
    forge = connect("github", server.url, Secrets(token="wr0ng"))
    with pytest.raises(NotAllowed) as caught:
        forge.repository(NAME)
    assert "wr0ng" not in str(caught.value)
    assert "Bad credentials" in str(caught.value)


def test_an_answer_cannot_speak_to_a_terminal_or_say_the_token(server: GitHubServer, forge: GitHub) -> None:
    server.faults.append(Fault(422, body=f'{{"message": "no \\u001b[31m {TOKEN}"}}'))
    with pytest.raises(ForgeFailed) as caught:
        forge.repository(NAME)
    assert "\x1b" not in str(caught.value)
    assert TOKEN not in str(caught.value)


def test_secrets_do_not_show_themselves() -> None:
    assert "t0ken" not in repr(Secrets(token="t0ken", private_key="t0ken"))


def test_an_app_gets_a_token_of_its_installation(server: GitHubServer) -> None:
    from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key = generate_private_key(65537, 2048).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    forge = connect("github", server.url, Secrets(app="1", private_key=key.decode()))
    assert forge.repository(NAME).name == NAME
    found = forge.credentials(NAME)
    assert found
    assert found.token == TOKEN
    assert server.counted[f"GET /repos/{NAME}/installation"] == 1


@pytest.mark.git
def test_the_manners_of_the_bot_through_githubs_own_api(server: GitHubServer, forge: GitHub, tmp_path: Path) -> None:
    """Opened once, made anew where the base moves, left alone where closed, reopened when told to, and once more."""
    repository = hosted(tmp_path, NAME)
    server.add(NAME, repository.clone_url)

    def visit(**other: Any) -> str:
        return Guest(forge, errand(labels=("docker",), **other)).visit(forge.repository(NAME)).state

    assert visit() == "opened"
    server.asked.clear()
    assert visit() == "unchanged"
    assert server.asked == [f"GET /repos/{NAME}", f"GET /repos/{NAME}/pulls"]
    pushed(tmp_path, NAME, {"more.txt": "x"})
    assert visit() == "updated"
    (pull,) = server.pulls[NAME]
    pull["state"] = "closed"
    pushed(tmp_path, NAME, {"more.txt": "y"})
    assert visit() == "left-alone"
    assert visit(reopen=True) == "updated"
    assert pull["state"] == "open"
    pull.update(state="closed", merged_at="2026-01-01T00:00:00Z")
    pushed(tmp_path, NAME, {"Dockerfile": f"{SINGLE}# more\n"})
    assert visit() == "opened"
    assert [one["number"] for one in server.pulls[NAME]] == [1, 2]
    assert server.labels[f"{NAME}/2"] == ["docker"]


def test_a_dry_run_asks_and_changes_nothing(server: GitHubServer, forge: GitHub, tmp_path: Path) -> None:
    server.add(NAME, hosted(tmp_path, NAME).clone_url)
    assert Guest(forge, errand(dry_run=True)).visit(forge.repository(NAME)).state == "would-open"
    assert all(line.startswith("GET ") for line in server.asked)
