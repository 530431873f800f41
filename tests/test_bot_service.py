"""The service: deliveries over HTTP to a real server, in any order, twice, forged and cut off, and through kill -9."""

import json
import os
import socket
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scratchify import MemoryContext, Rewritten, refactor
from scratchify.bot.forge import Repository
from scratchify.bot.memory import MemoryForge
from scratchify.bot.review import review_pull
from scratchify.bot.service.deliveries import (
    BadDelivery,
    Ignored,
    Installed,
    PullRequested,
    Pushed,
    is_signed,
    read_delivery,
    signature_of,
)
from scratchify.bot.service.queue import ATTEMPTS, Queue, Wish
from tests.git_server import git
from tests.guests import PROGRAM, SERVICE, SINGLE, errand, hosted
from tests.measures import slowness
from tests.service_client import SECRET, Running, commit_of, push, running

# what is delivered

PULL = {
    "action": "opened",
    "number": 7,
    "pull_request": {"head": {"sha": commit_of(9), "ref": "feature"}, "updated_at": "2026-01-02T03:04:05Z"},
    "repository": {"full_name": "octo/app", "default_branch": "main"},
}
INSTALLATION = {"action": "created", "repositories": [{"full_name": "octo/app"}, {"full_name": "octo/web"}]}


def read(event: str, payload: Any) -> object:
    return read_delivery(event, json.dumps(payload).encode())


def test_a_push_to_the_default_branch_is_one() -> None:
    assert read("push", push(number=3, at=5)) == Pushed("octo/app", commit_of(3), 5)


@pytest.mark.parametrize(
    ("other", "why"),
    [
        ({"ref": "refs/heads/feature"}, "refs/heads/feature is not the default branch"),
        ({"ref": "refs/tags/main"}, "refs/tags/main is not the default branch"),
        ({"deleted": True}, "the branch is gone"),
        ({"commits": [{"added": ["README.md"], "modified": ["web/index.ts"], "removed": []}]}, "it touches neither"),
    ],
)
def test_a_push_that_changes_nothing_here_is_ignored(other: dict[str, Any], why: str) -> None:
    found = read("push", push(**other))
    assert isinstance(found, Ignored)
    assert why in found.why


@pytest.mark.parametrize(
    "path", ["Dockerfile", "a/api.Dockerfile", "main.go", "go.mod", ".scratchify.toml", "x.dockerignore"]
)
def test_a_push_that_touches_a_dockerfile_or_go_matters(path: str) -> None:
    for kind in ("added", "modified", "removed"):
        assert isinstance(read("push", push(commits=[{kind: [path]}])), Pushed)


def test_a_push_that_does_not_tell_what_it_changes_may_change_anything() -> None:
    assert isinstance(read("push", push(commits=[])), Pushed)
    assert isinstance(read("push", push(commits=[{"added": ["x"]}], forced=True)), Pushed)


def test_installations_and_pull_requests() -> None:
    assert read("installation", INSTALLATION) == Installed(("octo/app", "octo/web"))
    added = {"action": "added", "repositories_added": [{"full_name": "octo/app"}]}
    assert read("installation_repositories", added) == Installed(("octo/app",))
    assert isinstance(read("installation", {"action": "deleted"}), Ignored)
    assert read("pull_request", PULL) == PullRequested("octo/app", 7, commit_of(9), "feature", 1767323045)
    assert isinstance(read("pull_request", {**PULL, "action": "labeled"}), Ignored)
    assert isinstance(read("ping", {}), Ignored)


@pytest.mark.parametrize("name", ["octo", "octo/../x", "../x", "octo/a b", "octo/a\x1b", "", "a/b/c", "octo/.."])
def test_a_name_that_no_repository_has_is_none(name: str) -> None:
    with pytest.raises(BadDelivery):
        read("push", push(name))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def _changed(payload: Any, path: list[Any], value: Any) -> Any:
    if not path:
        return value
    if isinstance(payload, dict) and payload:
        keys = sorted(payload)
        key = keys[path[0] % len(keys)]
        return {**payload, key: _changed(payload[key], path[1:], value)}
    return value


@given(
    st.sampled_from([("push", push()), ("pull_request", PULL), ("installation", INSTALLATION)]),
    st.lists(st.integers(0, 20), max_size=4),
    json_values,
)
def test_no_payload_is_more_than_wrong(known: tuple[str, Any], path: list[int], value: Any) -> None:
    event, payload = known
    try:
        read(event, _changed(payload, path, value))
    except BadDelivery:
        return


@given(st.binary())
def test_no_body_is_more_than_wrong(body: bytes) -> None:
    try:
        read_delivery("push", body)
    except BadDelivery:
        return


@given(st.binary(), st.text())
def test_only_the_signature_of_the_body_will_do(body: bytes, said: str) -> None:
    assert is_signed(SECRET, body, signature_of(SECRET, body))
    assert is_signed(SECRET, body, said) == (said == signature_of(SECRET, body))
    assert not is_signed(SECRET, body + b"x", signature_of(SECRET, body))


# jobs


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[Queue]:
    made = Queue(tmp_path / "jobs.db")
    yield made
    made.close()


def wish(number: int, repository: str = "o/a", pull: int = 0) -> tuple[Wish, ...]:
    return (Wish(repository, commit_of(number), number, pull),)


def test_the_newest_of_those_that_wait_stays(queue: Queue) -> None:
    for number in (1, 3, 2):
        assert queue.take(str(number), wish(number))
    job = queue.claim()
    assert job
    assert job.commit == commit_of(3)
    assert queue.claim() is None


def test_a_delivery_is_taken_once(queue: Queue) -> None:
    assert queue.take("a", wish(1))
    assert not queue.take("a", wish(2))
    job = queue.claim()
    assert job
    assert job.commit == commit_of(1)


def test_what_is_older_than_what_was_done_is_not_done(queue: Queue) -> None:
    queue.take("a", wish(5))
    job = queue.claim()
    assert job
    queue.take("b", wish(4))
    queue.finish(job, "done")
    queue.take("c", wish(3))
    queue.take("d", wish(5))
    assert queue.claim() is None
    queue.take("e", wish(6))
    assert queue.claim()


def test_one_repository_has_one_worker_at_a_time(queue: Queue) -> None:
    queue.take("a", (*wish(1), *wish(1, pull=7), *wish(1, "o/b")))
    first, second = queue.claim(), queue.claim()
    assert first
    assert second
    assert (first.repository, second.repository) == ("o/a", "o/b")
    assert queue.claim() is None
    queue.finish(first, "")
    third = queue.claim()
    assert third
    assert third.pull == 7


def test_what_failed_is_tried_again_later_and_not_for_ever(tmp_path: Path) -> None:
    now = [0.0]
    queue = Queue(tmp_path / "jobs.db", lambda: now[0])
    queue.take("a", wish(1))
    for attempt in range(ATTEMPTS):
        job = queue.claim()
        assert job, attempt
        queue.fail(job, "no")
        assert queue.claim() is None
        now[0] += 10_000
    assert queue.claim() is None
    assert queue.counts() == {"failed": 1}
    queue.take("b", wish(2))
    assert queue.claim()
    queue.close()


def test_what_ran_when_the_process_died_waits_again(tmp_path: Path) -> None:
    queue = Queue(tmp_path / "jobs.db")
    queue.take("a", wish(1))
    assert queue.claim()
    queue.close()
    again = Queue(tmp_path / "jobs.db")
    assert again.recover() == 1
    job = again.claim()
    assert job
    assert (job.commit, job.attempts) == (commit_of(1), 2)
    again.close()


def test_what_is_old_is_forgotten(tmp_path: Path) -> None:
    now = [0.0]
    queue = Queue(tmp_path / "jobs.db", lambda: now[0])
    queue.take("a", wish(1))
    job = queue.claim()
    assert job
    queue.finish(job, "")
    now[0] = 30 * 86400
    queue.prune()
    assert queue.jobs() == ()
    assert queue.take("a", ())
    queue.close()


# over HTTP


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("service")) as found:
        yield found


def test_a_signed_delivery_is_taken_and_done(service: Running) -> None:
    answer = service.deliver(push("octo/one", 1))
    assert (answer.status_code, answer.json()) == (202, {"result": "taken"})
    service.wait()
    assert ("octo/one", commit_of(1)) in service.done()


def test_a_forged_one_is_not(service: Running) -> None:
    payload = json.dumps(push("octo/forged", 1)).encode()
    others = (signature_of("other", payload), signature_of(SECRET, payload + b" "))
    for said in ("", "sha256=", f"sha256={'0' * 64}", *others):
        answer = service.deliver(payload, **{"X-Hub-Signature-256": said})
        assert answer.status_code == 401
    assert not [one for one in service.done("begin") if one[0] == "octo/forged"]


def test_a_replay_does_nothing_twice(service: Running) -> None:
    for _ in range(3):
        service.deliver(push("octo/replayed", 1), id_="the-same")
        service.wait()
    assert service.deliver(push("octo/replayed", 1), id_="the-same").json() == {"result": "known already"}
    assert service.done().count(("octo/replayed", commit_of(1))) == 1


def test_a_body_has_an_end(service: Running) -> None:
    answer = service.deliver(b" " * (26 * 1024 * 1024))
    assert answer.status_code == 413
    assert service.session.get(f"{service.url}/healthz", timeout=10).status_code == 200


def test_one_that_is_cut_off_is_none(service: Running) -> None:
    body = json.dumps(push("octo/cut", 1)).encode()
    head = (
        f"POST /webhook HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\nX-GitHub-Event: push\r\n"
        f"X-GitHub-Delivery: cut\r\nX-Hub-Signature-256: {signature_of(SECRET, body)}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", service.port)) as connection:
        connection.sendall(head.encode() + body[: len(body) // 2])
    time.sleep(0.2)
    service.deliver(push("octo/after", 1))
    service.wait()
    assert "octo/cut" not in dict(service.done("begin"))


@pytest.mark.parametrize("payload", [b"", b"{", b"[]", b'{"ref": 1}'])
def test_one_that_is_no_delivery_is_told_so(service: Running, payload: bytes) -> None:
    answer = service.deliver(payload)
    assert answer.status_code == 400
    assert answer.json()["error"]


def test_the_bots_own_pull_requests_are_not_reviewed(service: Running) -> None:
    own = {**PULL, "pull_request": {"head": {"sha": commit_of(9), "ref": "scratchify/dockerfiles"}}}
    assert service.deliver(own, "pull_request").json() == {"result": "ignored: it is the bot's own"}


def test_metrics_count(service: Running) -> None:
    service.deliver(push("octo/counted", 1))
    service.wait()
    text = service.session.get(f"{service.url}/metrics", timeout=10).text
    assert 'scratchify_deliveries_total{event="push",result="taken"}' in text
    assert 'scratchify_jobs{state="done"}' in text
    assert 'scratchify_job_seconds_count{result="done"}' in text
    service.deliver({}, event="no-such-event-" + os.urandom(3).hex())
    assert 'event="other"' in service.session.get(f"{service.url}/metrics", timeout=10).text


def test_the_page_lists_the_jobs_and_runs_nothing(service: Running) -> None:
    service.deliver(push("octo/listed", 1))
    service.wait()
    answer = service.session.get(f"{service.url}/", timeout=10)
    assert "octo/listed" in answer.text
    assert "did octo/listed" in answer.text
    assert "<script" not in answer.text
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_deliveries_of_one_repository_coalesce(tmp_path: Path) -> None:
    with running(tmp_path, seconds=0.3, workers=1) as slow:
        for number in (2, 1, 5, 3, 4):
            slow.deliver(push("octo/app", number))
        slow.wait()
        done = slow.done()
        assert done[-1] == ("octo/app", commit_of(5))
        assert len(done) <= 2


@pytest.mark.parametrize("moment", ["before", "during"])
def test_nothing_is_lost_when_it_is_killed(tmp_path: Path, moment: str) -> None:
    """`before` the work begins, for the only worker has another job; and `during` it."""
    with running(tmp_path, seconds=0.5, workers=1) as first:
        first.deliver(push("octo/busy", 1))
        while not first.done("begin"):
            time.sleep(0.01)
        if moment == "before":
            assert first.deliver(push("octo/app", 2)).status_code == 202
        first.kill()
    with running(tmp_path) as second:
        second.wait()
        done = Counter(second.done())
        assert done[("octo/busy", commit_of(1))] == 1
        assert done[("octo/app", commit_of(2))] == (moment == "before")


def test_two_thousand_deliveries_at_two_hundred_a_second(tmp_path: Path) -> None:
    """Of two hundred repositories; the benchmark `webhooks` sends twenty thousand."""
    with running(tmp_path, seconds=0.02, workers=2) as service:
        begin, waits = time.monotonic(), []
        for number in range(1, 2001):
            ahead = begin + number / 200 - time.monotonic()
            if ahead > 0:
                time.sleep(ahead)
            before = time.monotonic()
            assert service.deliver(push(f"octo/r-{number % 200}", number)).status_code == 202
            waits.append(time.monotonic() - before)
        service.wait(120)
        done = Counter(service.done())
        assert max(done.values()) == 1
        last = dict(service.done())
        assert last == {f"octo/r-{number % 200}": commit_of(number) for number in range(1801, 2001)}
        assert sorted(waits)[int(len(waits) * 0.99)] < 0.05 * slowness()


# reviews


def offered(root: Path, files: dict[str, str]) -> tuple[Repository, str]:
    """Return a repository with a pull request 7 that adds these files, and its commit."""
    repository = hosted(root, "octo/app", {"go.mod": SERVICE["go.mod"], "main.go": PROGRAM})
    made = root / "sources" / "octo/app"
    for name, text in files.items():
        (made / name).parent.mkdir(parents=True, exist_ok=True)
        (made / name).write_text(text)
    git("add", "--all", cwd=made)
    git("commit", "--quiet", "--message", "Add", cwd=made)
    git("push", "--quiet", "bare", "HEAD:refs/pull/7/head", cwd=made)
    return repository, git("rev-parse", "HEAD", cwd=made)


def suggested(text: str, body: str, first: int, last: int) -> str:
    """Return a text with what GitHub would commit for a suggestion."""
    lines = text.split("\n")
    new = body.partition("```suggestion\n")[2].partition("\n```")[0].split("\n")
    return "\n".join([*lines[: first - 1], *new, *lines[last:]])


@pytest.mark.git
def test_a_new_dockerfile_gets_one_suggestion_that_is_the_whole_change(tmp_path: Path) -> None:
    dockerfile = f"{SINGLE}# the end\nEXPOSE 80\n"
    repository, commit = offered(tmp_path, {"Dockerfile": dockerfile})
    forge = MemoryForge([repository])
    said: set[str] = set()

    def is_new(mark: str) -> bool:
        is_first = mark not in said
        said.add(mark)
        return is_first

    told = review_pull(forge, errand(), repository, 7, commit, is_new)
    assert told == "remarked on Dockerfile"
    ((number, introduction, (comment,)),) = forge.reviews_of("octo/app")
    assert number == 7
    assert "as a whole or not at all" in introduction
    after = suggested(dockerfile, comment.body, comment.first, comment.last)
    assert "FROM scratch" in after
    context = MemoryContext({"go.mod": SERVICE["go.mod"], "main.go": PROGRAM, "Dockerfile": dockerfile})
    outcome = refactor(dockerfile, context)
    assert isinstance(outcome, Rewritten)
    assert after == outcome.text
    assert review_pull(forge, errand(), repository, 7, commit, is_new) == "nothing to remark"
    assert len(forge.reviews_of("octo/app")) == 1


@pytest.mark.git
def test_what_a_pull_request_did_not_add_is_not_its_business(tmp_path: Path) -> None:
    repository, commit = offered(tmp_path, {"README.md": "x"})
    assert (
        review_pull(MemoryForge([repository]), errand(), repository, 7, commit, lambda _: True) == "nothing to remark"
    )


@pytest.mark.git
def test_a_pull_request_that_went_on_waits_for_its_own_job(tmp_path: Path) -> None:
    repository, _ = offered(tmp_path, {"Dockerfile": SINGLE})
    told = review_pull(MemoryForge([repository]), errand(), repository, 7, commit_of(1), lambda _: True)
    assert "went on" in told


@pytest.mark.git
def test_strangers_pull_requests_are_never_built(tmp_path: Path) -> None:
    """Whatever the service is told of verifying."""
    repository, commit = offered(tmp_path, {"Dockerfile": SINGLE})
    look = replace(errand().look, verify=True, engine="/none")
    forge = MemoryForge([repository])
    assert review_pull(forge, errand(look=look), repository, 7, commit, lambda _: True) == "remarked on Dockerfile"
