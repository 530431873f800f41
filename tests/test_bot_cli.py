"""`scratchify bot` from its command line to the pull request: real git over HTTP, GitHub's API on loopback."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.forge_server import TOKEN, GitHubServer, github_server
from tests.git_server import GitServer, git, git_server
from tests.guests import REFUSED, SERVICE, source

pytestmark = pytest.mark.git

BRANCH = "scratchify/dockerfiles"


@dataclass(frozen=True, slots=True)
class World:
    """A forge and the repositories on it."""

    forge: GitHubServer
    server: GitServer
    folder: Path

    def add(self, name: str, files: dict[str, str] | None = None, **other: object) -> None:
        made = source(self.folder / "sources" / name, files or SERVICE)
        self.forge.add(name, self.server.repository(name, made), **other)

    def bare(self, name: str) -> Path:
        return self.server.root / f"{name}.git"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with github_server() as forge, git_server(tmp_path / "served", TOKEN) as server:
        yield World(forge, server, tmp_path)


Done = subprocess.CompletedProcess[str]
AUTHOR = ("--author", "Ann", "--email", "ann@example.com")


def bot(world: World, *words: str | Path, token: str | None = TOKEN, at: Path | None = None) -> Done:
    environment = {name: value for name, value in os.environ.items() if not name.endswith("_TOKEN")}
    environment |= {"GITHUB_TOKEN": token} if token else {}
    command = [sys.executable, "-m", "scratchify", "bot", *map(str, words), "--api-url", world.forge.url]
    return subprocess.run(command, cwd=at or world.folder, env=environment, capture_output=True, text=True, check=False)


def test_one_repository_gets_its_pull_request(world: World) -> None:
    world.add("octo/app")
    done = bot(world, "run", "octo/app", "--sign-off", *AUTHOR, "--label", "docker")
    assert done.returncode == 0, done.stderr
    (pull,) = world.forge.pulls["octo/app"]
    assert pull["title"] == "Dockerfile: build stage and FROM scratch"
    assert world.forge.labels["octo/app/1"] == ["docker"]
    message = git("log", "-1", "--format=%an <%ae>%n%B", BRANCH, cwd=world.bare("octo/app"))
    assert message.startswith("Ann <ann@example.com>\n")
    assert "Signed-off-by: Ann <ann@example.com>" in message
    assert done.stderr.splitlines()[-2:] == [
        f"octo/app  opened        {world.forge.url}/octo/app/pull/1",
        "1 repository: 1 opened",
    ]
    assert TOKEN not in done.stdout + done.stderr
    again = bot(world, "run", "octo/app", "--sign-off", *AUTHOR)
    assert "unchanged" in again.stderr
    assert len(world.forge.pulls["octo/app"]) == 1


def test_an_address_is_a_repository_too(world: World) -> None:
    world.add("octo/app")
    done = bot(world, "run", "https://forge.example/octo/app.git")
    assert "opened" in done.stderr, done.stderr


def test_a_sweep_takes_what_it_should(world: World) -> None:
    world.forge.organisations.add("octo")
    world.add("octo/app")
    world.add("octo/api", {**SERVICE, "Dockerfile": REFUSED})
    world.add("octo/old", archived=True)
    world.add("octo/fork", fork=True)
    world.add("octo/web", {"Dockerfile": "FROM node\n"}, language="JavaScript")
    world.add("octo/secret")
    done = bot(world, "sweep", "octo", "--exclude", "secret", "--format", "json", "--resume", world.folder / "state.db")
    assert done.returncode == 0, done.stderr
    found = {one["repository"]: one["state"] for one in json.loads(done.stdout)["repositories"]}
    assert found == {
        "octo/api": "refused",
        "octo/app": "opened",
        "octo/fork": "skipped",
        "octo/old": "skipped",
        "octo/secret": "skipped",
        "octo/web": "unchanged",
    }
    page = bot(world, "sweep", "octo", "--exclude", "secret", "--format", "html")
    assert "octo/api/Dockerfile" in page.stdout


def test_a_dry_run_prints_the_patch_and_the_text_and_pushes_nothing(world: World) -> None:
    world.add("octo/app")
    done = bot(world, "run", "octo/app", "--dry-run")
    assert done.returncode == 0, done.stderr
    assert "+FROM scratch" in done.stdout
    assert "### To check" in done.stdout
    assert "would-open" in done.stderr
    assert not world.forge.pulls
    assert BRANCH not in git("branch", "--list", cwd=world.bare("octo/app"))


def test_a_folder_will_do_for_a_dry_run_without_any_forge(world: World) -> None:
    made = source(world.folder / "clone")
    done = bot(world, "run", made, "--dry-run", token=None)
    assert "+FROM scratch" in done.stdout, done.stderr
    assert not world.forge.asked
    refused = bot(world, "run", made)
    assert refused.returncode == 2
    assert "--dry-run" in refused.stderr


def test_what_the_working_folders_configuration_says_holds(world: World) -> None:
    world.add("octo/app")
    operator = world.folder / "operator"
    operator.mkdir()
    (operator / ".scratchify.toml").write_text(
        '[bot]\nauthor = "House Bot"\nbranch-prefix = "house/"\nlabels = ["x"]\n'
    )
    done = bot(world, "run", "octo/app", at=operator)
    assert done.returncode == 0, done.stderr
    assert git("log", "-1", "--format=%an", "house/dockerfiles", cwd=world.bare("octo/app")) == "House Bot"
    assert world.forge.labels["octo/app/1"] == ["x"]


def test_a_template_of_ones_own(world: World) -> None:
    world.add("octo/app")
    (world.folder / "body.md").write_text("Hello.\n\n$report\n")
    bot(world, "run", "octo/app", "--body", world.folder / "body.md", "--title", "Hello, $count")
    (pull,) = world.forge.pulls["octo/app"]
    assert pull["title"] == "Hello, 1"
    assert pull["body"].startswith("Hello.\n\n## `Dockerfile`")


def test_a_repository_that_is_not_there_does_not_stop_the_others(world: World) -> None:
    world.add("octo/app")
    done = bot(world, "run", "octo/none", "octo/app")
    assert done.returncode == 3
    assert "opened" in done.stderr
    assert "octo/none: GitHub answers 404" in done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("run", "x"), "neither owner/name nor"),
        (("run",), "Missing argument"),
        (("run", "o/a", "--rate", "fast"), "is no rate"),
        (("run", "o/a", "--engine", "docker"), "--engine is for --verify"),
        (("run", "o/a", "--branch-prefix", "a..b"), "no name of a branch"),
    ],
)
def test_mistakes_are_one_line(world: World, words: tuple[str, ...], said: str) -> None:
    done = bot(world, *words)
    assert done.returncode in (2, 3)
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_the_service_wants_its_secret_and_takes_no_options_of_a_run(world: World) -> None:
    done = bot(world, "serve", "--database", world.folder / "jobs.db")
    assert done.returncode == 2
    assert "SCRATCHIFY_WEBHOOK_SECRET" in done.stderr
    assert "No such option" in bot(world, "serve", "--database", "x", "--limit", "3").stderr


def test_without_a_token_it_says_where_one_goes(world: World) -> None:
    done = bot(world, "run", "octo/app", token=None)
    assert done.returncode == 2
    assert "SCRATCHIFY_TOKEN or GITHUB_TOKEN" in done.stderr


@pytest.mark.parametrize("words", [("--help",), ("run", "--help"), ("sweep", "--help"), ("serve", "--help")])
def test_help_is_there(words: tuple[str, ...]) -> None:
    command = [sys.executable, "-m", "scratchify", "bot", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert "pull request" in done.stdout
