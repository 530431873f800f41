"""Patches of a run: statistics, mails and remarks that git's own programs take and agree with."""

import os
import subprocess
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given

from scratchify.context import DirectoryContext
from scratchify.outcome import Rewritten
from scratchify.patch import read_patch, unified_diff
from scratchify.patch.causes import causes
from scratchify.patch.mail import mail
from scratchify.patch.statistics import statistics_lines
from scratchify.refactor import refactor
from tests.test_cli import DOCKERFILE, is_rewritten, leftovers, project, run
from tests.test_patch import AFTER, ANY_TEXT, BEFORE, PATHS, TEXTS, encoded, folder_with, git_apply
from tests.test_patch import run as run_with

FIXTURES = Path(__file__).parent.parent / "fixtures"
NAME = PurePosixPath("Dockerfile")
WHO = {"GIT_COMMITTER_NAME": "t", "GIT_COMMITTER_EMAIL": "t@example.com", "GIT_CONFIG_GLOBAL": os.devnull}


def git(folder: Path, *arguments: str, stdin: bytes = b"") -> bytes:
    command = ["git", "-c", "user.name=t", "-c", "user.email=t@example.com", *arguments]
    done = subprocess.run(command, cwd=folder, input=stdin, capture_output=True, check=False, env={**os.environ, **WHO})
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def repository(folder: Path, files: dict[str, str]) -> None:
    git(folder, "init", "-q")
    git(folder, "config", "core.autocrlf", "false")
    for path, text in files.items():
        folder_with(folder, path, text)
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "before")


# Statistics


@pytest.mark.git
@pytest.mark.parametrize("name", TEXTS)
def test_statistics_are_those_of_git(tmp_path: Path, name: str) -> None:
    before, after = TEXTS[name]
    patch = unified_diff(NAME, before, after)
    ours = statistics_lines(read_patch(patch, ""))
    theirs = git(tmp_path, "apply", "--stat", "-", stdin=patch).decode().splitlines()
    assert ours[-1] == theirs[-1]
    assert ours[0].split("|")[1].split()[0] == theirs[0].split("|")[1].split()[0]


@pytest.mark.git
@given(before=ANY_TEXT, after=ANY_TEXT)
def test_small_changes_are_drawn_as_git_draws_them(
    tmp_path_factory: pytest.TempPathFactory, before: str, after: str
) -> None:
    if patch := unified_diff(NAME, before, after):
        theirs = git(tmp_path_factory.getbasetemp(), "apply", "--stat", "-", stdin=patch).decode().splitlines()
        assert [" ".join(line.split()) for line in statistics_lines(read_patch(patch, ""))] == [
            " ".join(line.split()) for line in theirs
        ]


def test_stat_writes_nothing(tmp_path: Path) -> None:
    files = [project(tmp_path / name) for name in ("a", "b b")]
    done = run("--stat", "--quiet", at=tmp_path)
    assert done.returncode == 0
    first, second, total = done.stdout.decode().splitlines()
    assert first.startswith(" a/Dockerfile   | ")
    assert second.startswith(" b b/Dockerfile | ")
    assert total.startswith(" 2 files changed, ")
    assert not any(is_rewritten(file) for file in files)


# Mails


@pytest.mark.git
@pytest.mark.parametrize("name", sorted(TEXTS.keys() - {"from nothing"}))
def test_git_am_makes_a_commit_of_a_mail(tmp_path: Path, name: str) -> None:
    before, after = TEXTS[name]
    repository(tmp_path, {"Dockerfile": before})
    message = mail(unified_diff(NAME, before, after), "Zoë <z@example.com>", "caf\u00e9: it", ["Why é =", "", "x"], "1")
    git(tmp_path, "am", "-q", stdin=message)
    assert (tmp_path / "Dockerfile").read_bytes() == encoded(after)
    assert git(tmp_path, "log", "-1", "--format=%an <%ae>%n%B").decode().strip() == (
        "Zoë <z@example.com>\ncafé: it\n\nWhy é =\n\nx"
    )


@pytest.mark.git
@pytest.mark.parametrize("path", [path for path in PATHS if path != "latin\udce9/Dockerfile"])
def test_git_am_takes_odd_names(tmp_path: Path, path: str) -> None:
    repository(tmp_path, {path: BEFORE})
    git(tmp_path, "am", "-q", stdin=mail(unified_diff(PurePosixPath(path), BEFORE, AFTER), "a <a@b>", "s", ["e"], "1"))
    assert (tmp_path / path).read_bytes() == encoded(AFTER)


@pytest.mark.parametrize("name", ["plain", "crlf", "latin-1 bytes"])
def test_apply_takes_a_mail_as_well(tmp_path: Path, name: str) -> None:
    before, after = TEXTS[name]
    file = folder_with(tmp_path, "Dockerfile", before)
    (tmp_path / "x").write_bytes(mail(unified_diff(NAME, before, after), "a <a@b>", "s", ["e"], "1"))
    done = run("apply", "x", at=tmp_path)
    assert done.returncode == 0, done.stderr
    assert file.read_bytes() == encoded(after)


@pytest.mark.git
@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["lf", "crlf"])
def test_format_patch_explains_the_commit(tmp_path: Path, end: str) -> None:
    file = project(tmp_path / "my service", text=DOCKERFILE.replace("\n", end))
    repository(tmp_path, {})
    done = run("--format-patch", "--output", "x.patch", at=tmp_path)
    assert (done.returncode, done.stdout) == (0, b"")
    assert not is_rewritten(file)
    git(tmp_path, "am", "-q", "x.patch")
    assert is_rewritten(file)
    message = git(tmp_path, "log", "-1", "--format=%B").decode()
    assert message.startswith("my service/Dockerfile: build stage and FROM scratch\n\n")
    assert "- my service/Dockerfile:4: binary: go build makes /app/main, which line 5 starts\n" in message


# Remarks


@pytest.mark.git
@pytest.mark.patch
@pytest.mark.parametrize("program", ["git", "patch", "scratchify"])
def test_a_patch_with_its_reasons_is_still_one(tmp_path: Path, program: str) -> None:
    files = [project(tmp_path / name) for name in ("a", "b")]
    printed = run("--diff", "--verbose", at=tmp_path).stdout
    assert b"# a/Dockerfile, hunk 1 of 1:\n#   a/Dockerfile:1: build-stage: " in printed
    assert b" @@ build-stage, " in printed
    if program == "git":
        git_apply(tmp_path, printed)
    elif program == "patch":
        run_with(["patch", "-p1", "-s"], tmp_path, printed)
    else:
        assert run("apply", "-", at=tmp_path, stdin=printed).returncode == 0
    assert all(is_rewritten(file) for file in files)


def fixtures() -> list[Path]:
    return sorted(path.parent for path in FIXTURES.glob("*/expected.Dockerfile"))


def test_every_hunk_of_every_fixture_has_a_decision_that_made_it() -> None:
    without = []
    for folder in fixtures()[::3]:  # each takes the whole analysis, and a third shows as much
        before = (folder / "Dockerfile").read_bytes().decode()
        outcome = refactor(before, DirectoryContext(folder, folder / "Dockerfile"))
        if isinstance(outcome, Rewritten):
            (file,) = read_patch(unified_diff(NAME, before, outcome.text), "")
            without += [f"{folder.name}: {hunk.number}" for hunk in file.hunks if not causes(hunk, before, outcome)]
    assert without == []


# Files


def test_output_is_the_patch_and_standard_output_stays_empty(tmp_path: Path) -> None:
    file = project(tmp_path)
    printed = run("--diff", at=tmp_path).stdout
    done = run("--output", "x.patch", "Dockerfile", at=tmp_path)
    assert (done.returncode, done.stdout) == (0, b"")
    assert (tmp_path / "x.patch").read_bytes() == printed
    assert not is_rewritten(file)
    assert leftovers(tmp_path) == []


def test_output_without_a_change_is_empty(tmp_path: Path) -> None:
    """An old patch must not be taken for the answer."""
    project(tmp_path, text="FROM node:22\nCMD node .\n")
    (tmp_path / "x.patch").write_text("old")
    assert run("--output", "x.patch", "Dockerfile", at=tmp_path).returncode == 0
    assert (tmp_path / "x.patch").read_bytes() == b""


def test_output_replaces_a_link_and_follows_none(tmp_path: Path) -> None:
    project(tmp_path)
    (tmp_path / "other").write_text("mine")
    (tmp_path / "x.patch").symlink_to("other")
    assert run("--output", "x.patch", "Dockerfile", at=tmp_path).returncode == 0
    assert (tmp_path / "other").read_text() == "mine"
    assert (tmp_path / "x.patch").read_bytes().startswith(b"diff --git")


@pytest.mark.parametrize("name", ["missing/x.patch", "."])
def test_output_that_cannot_be_written_is_an_error(tmp_path: Path, name: str) -> None:
    project(tmp_path)
    done = run("--output", name, "Dockerfile", at=tmp_path)
    assert done.returncode == 3
    assert b"cannot be written: " in done.stderr
    assert leftovers(tmp_path) == []


def test_json_and_a_mail_do_not_share_standard_output(tmp_path: Path) -> None:
    project(tmp_path)
    done = run("--format-patch", "--format", "json", at=tmp_path)
    assert (done.returncode, done.stdout) == (2, b"")
