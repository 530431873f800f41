"""The bot as a polite guest: each rule is a story on real repositories, with a forge in memory."""

import json
from dataclasses import replace
from importlib import resources
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scratchify.bot.branch import BASE, WORK, Branch, trailers
from scratchify.bot.forge import PullRequest, Repository, State
from scratchify.bot.manners import LeaveAlone, Nothing, NothingNew, Propose, Scene, Work, after_work, before_work
from scratchify.bot.memory import MemoryForge
from scratchify.bot.results import document, from_values, table_lines, values_of
from scratchify.bot.visit import Visit
from scratchify.report.pull_request import Words
from tests.git_server import git
from tests.guests import (
    BOT,
    DONE,
    MODULE,
    PROGRAM,
    REFUSED,
    SERVICE,
    SINGLE,
    branches,
    commit,
    errand,
    guest,
    hosted,
    on_branch,
    pushed,
)
from tests.test_report import text_of

pytestmark = pytest.mark.git

BRANCH = "scratchify/dockerfiles"
NAME = "octo/app"


@pytest.fixture
def forge(tmp_path: Path) -> MemoryForge:
    return MemoryForge([hosted(tmp_path, NAME)])


def visit(forge: MemoryForge, **other: object) -> Visit:
    return guest(forge, **other).visit(forge.repository(NAME))


def is_converted(root: Path) -> bool:
    return "FROM scratch" in git("show", f"{BRANCH}:Dockerfile", cwd=root / "bare" / f"{NAME}.git")


# one repository, one pull request


def test_a_repository_gets_one_pull_request_with_a_commit_a_file(tmp_path: Path) -> None:
    files = {
        **SERVICE,
        "job/Dockerfile": SINGLE,
        "job/main.go": PROGRAM,
        "job/go.mod": MODULE,
        "web/Dockerfile": "FROM node\n",
    }
    forge = MemoryForge([hosted(tmp_path, NAME, files)])
    found = visit(forge)
    assert (found.state, found.why) == ("opened", "")
    (pull,) = forge.all_pulls(NAME)
    assert (pull.head, pull.base, pull.state) == (BRANCH, "main", "open")
    assert pull.title == "2 Dockerfiles: build stage and minimal final stage"
    subjects = on_branch(tmp_path, NAME, "log --format=%s main..").split("\n")
    assert subjects == ["job/Dockerfile: build stage and FROM scratch", "Dockerfile: build stage and FROM scratch"]
    assert on_branch(tmp_path, NAME, "diff --name-only main").split("\n") == ["Dockerfile", "job/Dockerfile"]


def test_a_commit_says_whose_it_is_and_what_it_was_made_of(tmp_path: Path, forge: MemoryForge) -> None:
    signed = replace(errand().signature, sign_off=True)
    visit(forge, signature=signed)
    message = on_branch(tmp_path, NAME, "log -1 --format=%B")
    said = trailers(message)
    assert said[BASE] == branches(tmp_path, NAME)["main"]
    assert said[WORK]
    assert said["Signed-off-by"] == str(BOT)
    who = on_branch(tmp_path, NAME, "log -1 --format=%an,%ae,%cn,%ce")
    assert who == "Scratch Bot,bot@example.com,Scratch Bot,bot@example.com"


def test_labels_reviewers_draft_title_and_body_are_the_users(tmp_path: Path) -> None:
    forge = MemoryForge([hosted(tmp_path, NAME)])
    words = Words("Smaller: $files", "Costs $$0.\n\n$report")
    visit(forge, labels=("docker",), reviewers=("ann", "bob"), draft=True, words=words)
    (pull,) = forge.all_pulls(NAME)
    assert pull.draft
    assert pull.title == "Smaller: Dockerfile: build stage and FROM scratch"
    assert pull.body.startswith("Costs $0.\n\n## `Dockerfile`")
    assert forge.labels_of(NAME, 1) == ("docker",)
    assert forge.reviewers_of(NAME, 1) == ("ann", "bob")


def test_a_template_that_names_what_there_is_not_fails_with_what_there_is(forge: MemoryForge) -> None:
    found = visit(forge, words=Words(title="$nothing"))
    assert found.state == "failed"
    assert "$nothing" in found.why
    assert "$report" in found.why


def test_the_repositorys_own_wishes_win(tmp_path: Path) -> None:
    own = '[bot]\nlabels = ["theirs"]\ndraft = true\n'
    forge = MemoryForge([hosted(tmp_path, NAME, {**SERVICE, ".scratchify.toml": own})])
    visit(forge, labels=("ours",), reviewers=("ann",))
    assert forge.labels_of(NAME, 1) == ("theirs",)
    assert forge.reviewers_of(NAME, 1) == ("ann",)
    assert forge.all_pulls(NAME)[0].draft


# a second run


def test_a_second_run_finds_its_own_work_and_does_nothing(tmp_path: Path, forge: MemoryForge) -> None:
    visit(forge)
    before = branches(tmp_path, NAME)
    forge.requests.clear()
    found = visit(forge)
    assert (found.state, found.url) == ("unchanged", f"memory:{NAME}/1")
    assert branches(tmp_path, NAME) == before
    assert forge.requests.total() <= 2
    assert len(forge.all_pulls(NAME)) == 1


def test_another_version_that_comes_to_the_same_pushes_nothing(tmp_path: Path, forge: MemoryForge) -> None:
    visit(forge)
    before = branches(tmp_path, NAME)
    found = visit(forge, version="9.9")
    assert found.state == "unchanged"
    assert branches(tmp_path, NAME) == before


def test_where_the_base_moved_the_branch_is_made_anew(tmp_path: Path, forge: MemoryForge) -> None:
    visit(forge)
    new = pushed(tmp_path, NAME, {"Dockerfile": SINGLE.replace("WORKDIR /app", "WORKDIR /srv")})
    found = visit(forge)
    assert (found.state, found.url) == ("updated", f"memory:{NAME}/1")
    assert on_branch(tmp_path, NAME, "merge-base main") == new
    assert "WORKDIR /srv" in git("show", f"{BRANCH}:Dockerfile", cwd=tmp_path / "bare" / f"{NAME}.git")
    assert len(forge.all_pulls(NAME)) == 1


def test_where_there_is_nothing_left_to_change_the_report_says_so(tmp_path: Path, forge: MemoryForge) -> None:
    visit(forge)
    pushed(tmp_path, NAME, {"Dockerfile": DONE})
    found = visit(forge)
    assert found.state == "unchanged"
    assert "can be closed" in found.why


def test_a_merged_pull_request_is_no_reason_to_stay_away(tmp_path: Path, forge: MemoryForge) -> None:
    visit(forge)
    forge.settle(NAME, 1, "merged")
    pushed(tmp_path, NAME, {"Dockerfile": DONE, "new/Dockerfile": SINGLE, "new/main.go": PROGRAM, "new/go.mod": MODULE})
    found = visit(forge)
    assert found.state == "opened"
    assert [pull.state for pull in forge.all_pulls(NAME)] == ["merged", "open"]


# other people


@pytest.mark.parametrize("how", ["adds", "amends", "keeps", "merges", "resets"])
def test_a_branch_that_somebody_else_committed_to_is_left_alone(tmp_path: Path, forge: MemoryForge, how: str) -> None:
    visit(forge)
    theirs = tmp_path / "theirs"
    git("clone", "--quiet", "--branch", BRANCH, str(tmp_path / "bare" / f"{NAME}.git"), str(theirs))
    if how == "adds":
        commit(theirs, {"note.txt": "mine"})
    elif how == "amends":
        git("commit", "--quiet", "--amend", "--message", "Mine", cwd=theirs)
    elif how == "keeps":
        # the message, and with it what it says of the base
        (theirs / "Dockerfile").write_text(DONE)
        git("commit", "--quiet", "--all", "--amend", "--no-edit", cwd=theirs)
    elif how == "merges":
        pushed(tmp_path, NAME, {"other.txt": "x"})
        git("pull", "--quiet", "--no-rebase", "--no-edit", "origin", "main", cwd=theirs)
    else:
        git("reset", "--quiet", "--hard", "origin/main", cwd=theirs)
    git("push", "--quiet", "--force", "origin", BRANCH, cwd=theirs)
    pushed(tmp_path, NAME, {"another.txt": "x"})
    before = branches(tmp_path, NAME)
    found = visit(forge)
    assert (found.state, found.why) == ("left-alone", "somebody else has committed to its branch")
    assert branches(tmp_path, NAME) == before


def test_a_commit_below_the_bots_own_is_seen_too(tmp_path: Path, forge: MemoryForge) -> None:
    visit(forge)
    bare = tmp_path / "bare" / f"{NAME}.git"
    message, tree = (git("log", "-1", f"--format={form}", BRANCH, cwd=bare) for form in ("%B", "%T"))
    between = git("commit-tree", tree, "-p", "main", "-m", "Mine", cwd=bare)
    identity = ("-c", f"user.name={BOT.name}", "-c", f"user.email={BOT.email}")
    forged = git(*identity, "commit-tree", tree, "-p", between, "-m", message, cwd=bare)
    git("update-ref", f"refs/heads/{BRANCH}", forged, cwd=bare)
    pushed(tmp_path, NAME, {"another.txt": "x"})
    assert visit(forge).state == "left-alone"


def test_a_branch_of_that_name_that_the_bot_did_not_make_is_left_alone(tmp_path: Path) -> None:
    forge = MemoryForge([hosted(tmp_path, NAME)])
    theirs = pushed(tmp_path, NAME, {"mine.txt": "x"}, branch="main")
    git("update-ref", f"refs/heads/{BRANCH}", theirs, cwd=tmp_path / "bare" / f"{NAME}.git")
    pushed(tmp_path, NAME, {"more.txt": "x"})
    assert visit(forge).state == "left-alone"
    assert branches(tmp_path, NAME)[BRANCH] == theirs


def test_a_push_in_between_is_not_pushed_over(tmp_path: Path) -> None:
    """The lease is on what the bot has seen: who is faster wins."""
    forge = MemoryForge([hosted(tmp_path, NAME)])
    host = guest(forge)

    def push_first() -> None:
        theirs = pushed(tmp_path, NAME, {"mine.txt": "x"}, branch="main")
        git("update-ref", f"refs/heads/{BRANCH}", theirs, cwd=tmp_path / "bare" / f"{NAME}.git")

    found = replace(host, before_push=push_first).visit(forge.repository(NAME))
    assert found.state == "failed"
    assert "stale info" in found.why or "rejected" in found.why
    assert not forge.all_pulls(NAME)
    assert not is_converted(tmp_path)


@pytest.mark.parametrize("branch_is_there", [True, False])
def test_a_closed_pull_request_stays_closed(tmp_path: Path, forge: MemoryForge, branch_is_there: bool) -> None:
    visit(forge)
    forge.settle(NAME, 1, "closed")
    if not branch_is_there:
        git("update-ref", "-d", f"refs/heads/{BRANCH}", cwd=tmp_path / "bare" / f"{NAME}.git")
    for version in ("1.2.3", "2.0"):
        pushed(tmp_path, NAME, {"more.txt": version})
        found = visit(forge, version=version)
        assert found.state == "left-alone"
        assert "closed its pull request 1" in found.why
    assert [pull.state for pull in forge.all_pulls(NAME)] == ["closed"]


def test_reopening_is_the_only_way_back(tmp_path: Path, forge: MemoryForge) -> None:
    visit(forge)
    forge.settle(NAME, 1, "closed")
    pushed(tmp_path, NAME, {"more.txt": "x"})
    assert visit(forge, reopen=True).state == "updated"
    assert [pull.state for pull in forge.all_pulls(NAME)] == ["open"]


def test_without_its_branch_a_closed_pull_request_is_followed_by_another(tmp_path: Path, forge: MemoryForge) -> None:
    visit(forge)
    forge.settle(NAME, 1, "closed")
    git("update-ref", "-d", f"refs/heads/{BRANCH}", cwd=tmp_path / "bare" / f"{NAME}.git")
    assert visit(forge, reopen=True).state == "opened"
    assert [pull.state for pull in forge.all_pulls(NAME)] == ["closed", "open"]


def test_what_a_person_wrote_into_the_pull_request_stays(tmp_path: Path, forge: MemoryForge) -> None:
    visit(forge)
    forge.edit(NAME, 1, title="Mine", body=f"Mine too.\n\n{forge.all_pulls(NAME)[0].body}")
    pushed(tmp_path, NAME, {"more.txt": "x"})
    assert visit(forge).state == "updated"
    (pull,) = forge.all_pulls(NAME)
    assert pull.title == "Mine"
    assert pull.body.startswith("Mine too.")


def test_a_forge_that_turns_line_ends_round_has_not_edited_anything(tmp_path: Path, forge: MemoryForge) -> None:
    visit(forge)
    forge.edit(NAME, 1, body=forge.all_pulls(NAME)[0].body.replace("\n", "\r\n"))
    new = pushed(tmp_path, NAME, {"more.txt": "x"})
    visit(forge)
    assert new[:12] in forge.all_pulls(NAME)[0].body


# who wants to be left in peace


@pytest.mark.parametrize(
    "files",
    [{".scratchify.toml": "enabled = false\n"}, {"Dockerfile": f"# scratchify: ignore\n{SINGLE}"}],
    ids=["configuration", "comment"],
)
def test_whoever_says_no_is_left_in_peace(tmp_path: Path, files: dict[str, str]) -> None:
    forge = MemoryForge([hosted(tmp_path, NAME, {**SERVICE, **files})])
    assert visit(forge).state == "unchanged"
    assert not forge.all_pulls(NAME)
    assert BRANCH not in branches(tmp_path, NAME)


def test_a_refusal_is_told_with_its_line(tmp_path: Path) -> None:
    forge = MemoryForge([hosted(tmp_path, NAME, {**SERVICE, "Dockerfile": REFUSED})])
    found = visit(forge)
    assert found.state == "refused"
    assert found.why.startswith("Dockerfile:4: ")
    assert not forge.all_pulls(NAME)


def test_refusals_beside_a_change_are_in_the_text(tmp_path: Path) -> None:
    files = {**SERVICE, "job/Dockerfile": REFUSED, "job/main.go": PROGRAM, "job/go.mod": MODULE}
    forge = MemoryForge([hosted(tmp_path, NAME, files)])
    assert visit(forge).state == "opened"
    assert "### Left as it is" in forge.all_pulls(NAME)[0].body


def test_a_repository_without_a_dockerfile_has_nothing_to_convert(tmp_path: Path) -> None:
    forge = MemoryForge([hosted(tmp_path, NAME, {"README.md": "hello"})])
    found = visit(forge)
    assert (found.state, found.why) == ("unchanged", "no Dockerfile to convert")


def test_an_empty_repository_is_skipped_and_one_without_its_branch_fails(tmp_path: Path) -> None:
    forge = MemoryForge([hosted(tmp_path, NAME)])
    known = forge.repository(NAME)
    assert guest(forge).visit(replace(known, empty=True)).state == "skipped"
    assert guest(forge).visit(replace(known, default_branch="trunk")).why == "there is no branch trunk"


# dry runs and forks


def test_a_dry_run_does_all_but_push(tmp_path: Path, forge: MemoryForge) -> None:
    found = visit(forge, dry_run=True)
    assert found.state == "would-open"
    assert found.proposal
    assert found.proposal.title == "Dockerfile: build stage and FROM scratch"
    assert b"+FROM scratch" in found.patch
    assert not forge.all_pulls(NAME)
    assert BRANCH not in branches(tmp_path, NAME)


def test_without_write_access_the_branch_is_in_a_fork(tmp_path: Path) -> None:
    original = replace(hosted(tmp_path, NAME), may_push=False)
    fork = hosted(tmp_path, "bot/app", parent=NAME)
    forge = MemoryForge([original, fork], {NAME: fork})
    assert visit(forge).state == "opened"
    (pull,) = forge.all_pulls(NAME)
    assert (pull.head, pull.head_repository) == (BRANCH, "bot/app")
    assert BRANCH not in branches(tmp_path, NAME)
    assert BRANCH in branches(tmp_path, "bot/app")
    forge.requests.clear()
    assert visit(forge).state == "unchanged"
    assert not forge.requests["fork"]
    pushed(tmp_path, NAME, {"more.txt": "x"})
    assert visit(forge).state == "updated"
    assert len(forge.all_pulls(NAME)) == 1


def test_nothing_is_forked_where_there_is_nothing_to_propose(tmp_path: Path) -> None:
    original = replace(hosted(tmp_path, NAME, {**SERVICE, "Dockerfile": REFUSED}), may_push=False)
    forge = MemoryForge([original, hosted(tmp_path, "bot/app")], {NAME: hosted(tmp_path, "bot/other")})
    assert visit(forge).state == "refused"
    assert not forge.requests["fork"]


def test_a_branch_that_a_fork_has_from_before_is_seen(tmp_path: Path) -> None:
    """As after a run that was killed once it had pushed."""
    original = replace(hosted(tmp_path, NAME), may_push=False)
    fork = hosted(tmp_path, "bot/app", parent=NAME)
    git("update-ref", f"refs/heads/{BRANCH}", "main", cwd=Path(fork.clone_url))
    assert visit(MemoryForge([original, fork], {NAME: fork})).state == "left-alone"


def test_a_dockerfile_keeps_its_mode(tmp_path: Path) -> None:
    repository = hosted(tmp_path, NAME)
    made = tmp_path / "sources" / NAME
    (made / "Dockerfile").chmod(0o755)
    pushed(tmp_path, NAME, {})
    assert visit(MemoryForge([repository])).state == "opened"
    listed = git("ls-tree", BRANCH, "Dockerfile", cwd=tmp_path / "bare" / f"{NAME}.git")
    assert listed.startswith("100755 blob")


# the decisions themselves

STATES: tuple[State, ...] = ("open", "merged", "closed")


def pulls_of(found: list[State]) -> tuple[PullRequest, ...]:
    """Return pull requests of these states, the newest first."""
    count = len(found)
    return tuple(
        PullRequest(count - index, "", state, "", "", BRANCH, NAME, "main") for index, state in enumerate(found)
    )


pulls = st.lists(st.sampled_from(STATES), max_size=3).map(pulls_of)
marks = st.sampled_from(
    [
        None,
        Branch("tip"),
        Branch("tip", "base", "work"),
        Branch("tip", "old", "work"),
        Branch("tip", "base", "else"),
    ]
)
scenes = st.builds(Scene, st.just("base"), marks, pulls)


@given(scenes, st.booleans())
def test_nobody_is_ever_overruled(scene: Scene, reopen: bool) -> None:
    decided = before_work(scene, "work", reopen=reopen)
    if scene.branch and not scene.branch.is_ours:
        assert isinstance(decided, LeaveAlone)
    if scene.pulls and scene.pulls[0].state == "closed" and not scene.open_pull and not reopen:
        assert isinstance(decided, LeaveAlone)
    if isinstance(decided, NothingNew):
        assert scene.branch == Branch("tip", "base", "work")
        assert decided.pull.state == "open"


@given(scenes, st.booleans(), st.booleans(), st.booleans())
def test_what_is_proposed_is_never_a_second_time(scene: Scene, reopen: bool, changes: bool, same: bool) -> None:
    decided = before_work(scene, "work", reopen=reopen)
    if not isinstance(decided, Work):
        return
    after = after_work(scene, decided, changes=changes, same_tree=same)
    if isinstance(after, Nothing):
        assert not changes
        return
    assert isinstance(after, Propose)
    assert changes
    assert after.expected == (scene.branch.commit if scene.branch else None)
    if scene.open_pull:
        assert after.updates == scene.open_pull
        assert not after.reopens
    if not after.pushes:
        assert scene.branch
        assert scene.branch.base == "base"
        assert same


# what a run comes to


def test_a_visit_comes_back_from_its_values(tmp_path: Path, forge: MemoryForge) -> None:
    found = visit(forge)
    back = from_values(json.loads(json.dumps(values_of(found))))
    assert back == replace(found, patch=b"")


def test_the_table_puts_first_what_was_done(forge: MemoryForge) -> None:
    visits = [
        Visit("o/b", "unchanged", "no Dockerfile to convert"),
        visit(forge),
        Visit("o/c", "failed", "gone\x1b[31m"),
    ]
    lines = text_of(list(table_lines(visits)))
    assert [line.split()[:2] for line in lines[:-1]] == [[NAME, "opened"], ["o/b", "unchanged"], ["o/c", "failed"]]
    assert "\x1b" not in "".join(lines)
    assert lines[-1] == "3 repositories: 1 opened, 1 unchanged, 1 failed"


def test_the_document_has_every_repository(forge: MemoryForge) -> None:
    whole = document([visit(forge), Visit("o/b", "failed", "why")])
    schema = resources.files("scratchify.bot").joinpath("sweep.schema.json").read_text("utf-8")
    jsonschema.validate(whole, json.loads(schema))
    entry, _ = whole["repositories"]
    assert entry["state"] == "opened"
    assert entry["files"][0]["verdict"] == "rewritten"


def test_a_fork_that_may_not_be_made_fails_alone(tmp_path: Path) -> None:
    forge = MemoryForge([replace(hosted(tmp_path, NAME), may_push=False)])
    assert visit(forge).state == "failed"


def test_repositories_are_what_a_forge_says() -> None:
    assert Repository("a/b/c", "https://x/a/b/c.git", "main").owner == "a/b"
