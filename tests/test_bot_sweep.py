"""Many repositories: the right ones, in the right order, as many and as fast as wished, and once."""

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from scratchify.bot.forge import ForgeFailed, NotFound, PullRequest, Repository
from scratchify.bot.journal import Journal, JournalFailed
from scratchify.bot.memory import MemoryForge
from scratchify.bot.results import document, fleet
from scratchify.bot.sweep import Pace, Rate, Selection, Sweep, in_order, rate_of
from scratchify.bot.visit import Visit
from scratchify.errors import InvalidSettings
from tests.file_forge import FileForge, forge_in, new_forge
from tests.git_server import git
from tests.guests import DONE, REFUSED, SERVICE, branches, errand, guest, hosted, pushed

pytestmark = pytest.mark.git

BRANCH = "scratchify/dockerfiles"
ROOT = Path(__file__).parent.parent


def states(visits: Sequence[Visit]) -> dict[str, str]:
    return {visit.repository: visit.state for visit in visits}


def swept(forge: MemoryForge, selection: Selection = Selection(), **other: object) -> list[Visit]:  # noqa: B008
    options = {name: other.pop(name) for name in ("limit", "pace", "journal") if name in other}
    return [*Sweep(forge, errand(**other), **options).run(forge.repositories("octo"), selection)]  # type: ignore[arg-type]


# which repositories


def test_archived_ones_and_forks_are_left_out_and_go_comes_first() -> None:
    def named(name: str, **other: object) -> Repository:
        return replace(Repository(f"octo/{name}", "x", "main"), **other)  # type: ignore[arg-type]

    found = [named("web", language="Ruby"), named("z", language="Go"), named("api", language="go"), named("none")]
    assert [one.name for one in in_order(found)] == ["octo/api", "octo/z", "octo/none", "octo/web"]
    everything = Selection()
    assert everything.why_not(named("a", archived=True)) == "it is archived"
    assert everything.why_not(named("a", fork=True)) == "it is a fork"
    assert everything.why_not(named("a")) is None


@pytest.mark.parametrize(
    ("selection", "taken"),
    [
        (Selection(include=("api-*",)), {"octo/api-x"}),
        (Selection(include=("octo/api-*", "web")), {"octo/api-x", "octo/web"}),
        (Selection(exclude=("api-*",)), {"octo/web"}),
        (Selection(include=("*",), exclude=("web",)), {"octo/api-x"}),
        (Selection(topics=("go", "docker")), {"octo/web"}),
    ],
)
def test_patterns_and_topics_choose(selection: Selection, taken: set[str]) -> None:
    both = [Repository("octo/api-x", "x", "main"), Repository("octo/web", "x", "main", topics=("docker",))]
    assert {one.name for one in both if selection.why_not(one) is None} == taken


# how many, how fast


def test_only_so_many_pull_requests_are_open_at_a_time(tmp_path: Path) -> None:
    forge = MemoryForge([hosted(tmp_path, f"octo/app-{number}") for number in range(4)])
    first = swept(forge, limit=2)
    assert states(first) == {
        "octo/app-0": "opened",
        "octo/app-1": "opened",
        "octo/app-2": "postponed",
        "octo/app-3": "postponed",
    }
    assert "2 pull requests of --limit 2 are open" in first[2].why
    assert BRANCH not in branches(tmp_path, "octo/app-2")
    assert Counter(states(swept(forge, limit=2)).values()) == {"unchanged": 2, "postponed": 2}
    forge.settle("octo/app-1", 1, "closed")
    assert states(swept(forge, limit=2)) == {
        "octo/app-0": "unchanged",
        "octo/app-1": "left-alone",
        "octo/app-2": "opened",
        "octo/app-3": "postponed",
    }


def test_a_repository_that_comes_first_does_not_overrun_the_limit(tmp_path: Path) -> None:
    later = hosted(tmp_path, "octo/z")
    forge = MemoryForge([later])
    swept(forge, limit=1)
    forge = _with(forge, hosted(tmp_path, "octo/a"))
    assert states(swept(forge, limit=1)) == {"octo/a": "postponed", "octo/z": "unchanged"}


def _with(forge: MemoryForge, repository: Repository) -> MemoryForge:
    more = MemoryForge([repository, *forge.repositories("octo")])
    for pull in forge.all_pulls("octo/z"):
        more.restore("octo/z", pull)
    return more


def test_pushes_keep_to_their_rate() -> None:
    now, slept = [0.0], []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        now[0] += seconds

    pace = Pace(Rate(2, 60), sleep, lambda: now[0])
    for _ in range(3):
        pace.wait()
        now[0] += 1
    assert slept == [58.0]
    for _ in range(2):
        pace.wait()
    assert now[0] == 120


@pytest.mark.parametrize(
    ("text", "rate"), [("60/hour", Rate(60, 3600)), ("1/second", Rate(1, 1)), ("5/day", Rate(5, 86400))]
)
def test_a_rate_is_said_in_words(text: str, rate: Rate) -> None:
    assert rate_of(text) == rate


@pytest.mark.parametrize("text", ["60", "0/hour", "x/hour", "60/fortnight", "-1/hour", ""])
def test_what_is_no_rate_is_told_what_one_is(text: str) -> None:
    with pytest.raises(InvalidSettings, match="60/hour"):
        rate_of(text)


# what goes wrong


class BrokenForge(MemoryForge):
    """A forge that fails for one repository."""

    def pull_requests(self, repository: str, head: str, head_repository: str) -> Sequence[PullRequest]:
        if repository.endswith("broken"):
            raise ForgeFailed("502 Bad Gateway")
        if repository.endswith("odd"):
            raise KeyError("what nobody expected")
        return super().pull_requests(repository, head, head_repository)


@pytest.mark.parametrize("limit", [None, 5])
def test_a_repository_that_fails_does_not_stop_the_others(tmp_path: Path, limit: int | None) -> None:
    gone = Repository("octo/gone", str(tmp_path / "nowhere"), "main", "Go")
    odd = hosted(tmp_path, "octo/odd")
    forge = BrokenForge([hosted(tmp_path, "octo/broken"), gone, odd, hosted(tmp_path, "octo/whole")])
    found = {visit.repository: visit for visit in swept(forge, limit=limit)}
    assert found["octo/broken"].why == "502 Bad Gateway"
    assert found["octo/gone"].state == "failed"
    assert "internal error: KeyError" in found["octo/odd"].why
    assert found["octo/whole"].state == "opened"


# interrupted


def test_an_interrupted_sweep_goes_on_where_it_stopped(tmp_path: Path) -> None:
    forge = MemoryForge([hosted(tmp_path, f"octo/app-{number}") for number in range(3)])
    file = tmp_path / "sweep.db"
    journal = Journal(file, "errand")
    running = Sweep(forge, errand(), journal=journal).run(forge.repositories("octo"))
    assert next(running).state == "opened"
    running.close()
    journal.close()
    asked = forge.requests["pull_requests"]
    again = Journal(file, "errand")
    found = [*Sweep(forge, errand(), journal=again).run(forge.repositories("octo"))]
    again.close()
    assert [(visit.repository, visit.state) for visit in found] == [(f"octo/app-{n}", "opened") for n in range(3)]
    assert forge.requests["pull_requests"] == asked + 2
    third = Journal(file, "another errand")
    assert not [*third.results()]
    third.close()


def test_the_file_of_another_sweep_is_not_taken_up(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "sweep.db", "one")
    journal.keep("octo/a", {"x": 1})
    journal.close()
    with pytest.raises(JournalFailed, match="other options"):
        Journal(tmp_path / "sweep.db", "two")


def test_what_is_no_journal_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("not a database, and long enough to be looked at as one, which it is not\n" * 20)
    with pytest.raises(JournalFailed, match="not a database"):
        Journal(file, "errand")
    assert file.read_text().startswith("not a database")


def killed(file: Path, name: str, last: int) -> int:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "tests.killed_guest", str(file), name, str(last)]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    return done.returncode


def visited(file: Path) -> Visit:
    forge = forge_in(file)
    return guest(forge).visit(forge.repository("octo/app"))


def test_killed_between_any_two_steps_there_is_one_pull_request_in_the_end(tmp_path: Path) -> None:
    for last in range(1, 20):
        root = tmp_path / str(last)
        repository = hosted(root, "octo/app")
        new_forge(root / "forge", repository)
        was_killed = killed(root / "forge", "octo/app", last) != 0
        assert visited(root / "forge").state in ("opened", "updated", "unchanged")
        (pull,) = forge_in(root / "forge").all_pulls("octo/app")
        assert pull.state == "open"
        assert "FROM scratch" in git("show", f"{BRANCH}:Dockerfile", cwd=Path(repository.clone_url))
        if not was_killed:
            break
    assert last >= 7, "there are steps to be killed at"
    assert not was_killed


def test_killed_while_it_updates_nothing_is_lost(tmp_path: Path) -> None:
    for last in range(1, 20):
        root = tmp_path / str(last)
        repository = hosted(root, "octo/app")
        new_forge(root / "forge", repository)
        visited(root / "forge")
        moved = pushed(root, "octo/app", {"more.txt": "x"})
        was_killed = killed(root / "forge", "octo/app", last) != 0
        assert visited(root / "forge").state in ("opened", "updated", "unchanged")
        (pull,) = forge_in(root / "forge").all_pulls("octo/app")
        assert moved[:12] in pull.body
        assert git("merge-base", "main", BRANCH, cwd=Path(repository.clone_url)) == moved
        if not was_killed:
            break
    assert not was_killed


# two hundred

KINDS: dict[str, tuple[dict[str, str], str]] = {
    "single": (SERVICE, "opened"),
    "refused": ({**SERVICE, "Dockerfile": REFUSED}, "refused"),
    "done": ({**SERVICE, "Dockerfile": DONE}, "unchanged"),
    "other": ({"Dockerfile": "FROM node\nCMD node .\n"}, "unchanged"),
    "none": ({"README.md": "hello\n"}, "unchanged"),
    "off": ({**SERVICE, ".scratchify.toml": "enabled = false\n"}, "unchanged"),
    "wrong": ({**SERVICE, ".scratchify.toml": "enabeld = false\n"}, "failed"),
    "archived": (SERVICE, "skipped"),
    "fork": (SERVICE, "skipped"),
    "closed": (SERVICE, "left-alone"),
}


@pytest.fixture(scope="module")
def two_hundred(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Repository]]:
    """Twenty of each kind; each kind is made once and cloned."""
    root = tmp_path_factory.mktemp("fleet")
    found = []
    for kind, (files, _) in KINDS.items():
        first = hosted(root, f"kinds/{kind}", files)
        for number in range(20):
            bare = root / "fleet" / f"{kind}-{number}.git"
            git("clone", "--quiet", "--bare", "--local", first.clone_url, str(bare))
            other = {"archived": kind == "archived", "fork": kind == "fork"}
            name = f"octo/{kind}-{number:02}"
            found.append(replace(first, name=name, clone_url=str(bare), **other))  # type: ignore[arg-type]
    return root, found


FLEET = """
import json, resource, sys
from pathlib import Path
from scratchify.bot.sweep import Sweep
from tests.guests import errand
from tests.file_forge import forge_in

def main():
    forge = forge_in(Path(sys.argv[1]))
    forge.requests.clear()
    visits = [(visit.repository, visit.state) for visit in Sweep(forge, errand()).run(forge.repositories("octo"))]
    forge.save()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss + resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    print(json.dumps({"visits": dict(visits), "requests": forge.requests, "peak": peak}))

if __name__ == "__main__":
    main()
"""


def test_a_sweep_over_two_hundred_repositories(two_hundred: tuple[Path, list[Repository]], tmp_path: Path) -> None:
    """One run ends with exactly the right pull requests; a second one does nothing, and asks twice at most."""
    _, repositories = two_hundred
    forge = FileForge(repositories)
    forge.file = tmp_path / "forge"
    for repository in repositories:
        if repository.name.startswith("octo/closed"):
            forge.restore(repository.name, PullRequest(1, "", "closed", "", "", BRANCH, repository.name, "main"))
    forge.save()
    script = tmp_path / "fleet.py"
    script.write_text(FLEET)

    def run() -> dict[str, dict[str, int | str]]:
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        # below a small process: a child inherits what its parent has held
        command = ["sh", "-c", '"$@"', "sh", sys.executable, str(script), str(forge.file)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        found = json.loads(done.stdout)
        assert isinstance(found, dict)
        return found

    first = run()
    wanted = {one.name: KINDS[one.name.partition("/")[2].rpartition("-")[0]][1] for one in repositories}
    assert first["visits"] == wanted
    assert int(str(first["peak"])) * 1024 < 300_000_000
    addresses = {one.name: Path(one.clone_url) for one in repositories if wanted[one.name] == "opened"}
    heads = {name: git("rev-parse", BRANCH, cwd=bare) for name, bare in addresses.items()}
    second = run()
    assert second["visits"] == {name: "unchanged" if state == "opened" else state for name, state in wanted.items()}
    assert sum(int(count) for count in second["requests"].values()) <= 2 * len(repositories)
    assert heads == {name: git("rev-parse", BRANCH, cwd=bare) for name, bare in addresses.items()}
    last = forge_in(forge.file)
    assert all(len(last.all_pulls(name)) == (state in ("opened", "left-alone")) for name, state in wanted.items())


# what it comes to


def test_the_fleet_has_the_files_of_all_repositories(tmp_path: Path) -> None:
    forge = MemoryForge([hosted(tmp_path, "octo/a"), hosted(tmp_path, "octo/b", {**SERVICE, "Dockerfile": REFUSED})])
    visits = swept(forge)
    assert [(report.path, report.verdict) for report in fleet(visits)] == [
        ("octo/a/Dockerfile", "rewritten"),
        ("octo/b/Dockerfile", "refused"),
    ]
    assert json.loads(json.dumps(document(visits)))["version"] == 1


def test_what_is_not_there_is_not_found() -> None:
    with pytest.raises(NotFound):
        MemoryForge().repository("octo/none")
