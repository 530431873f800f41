"""The hooks of pre-commit, the GitHub Action and the job for GitLab, run as those who use them run them."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.test_cli import is_rewritten, project
from tests.test_patch import git_apply
from tests.test_patch_output import git

ROOT = Path(__file__).parent.parent
HOOKS = ROOT / ".pre-commit-hooks.yaml"
ACTION = ROOT / "action.yml"
GITLAB = ROOT / "templates" / "gitlab-ci.yml"

Done = subprocess.CompletedProcess[str]


def loaded(path: Path) -> Any:  # Any: a YAML document
    return YAML(typ="safe").load(path.read_text("utf-8"))


def test_a_linter_of_yaml_has_nothing_to_say() -> None:
    files = map(str, (ROOT / ".yamllint.yaml", HOOKS, ACTION, GITLAB))
    command = [sys.executable, "-m", "yamllint", "--strict", "-c", *files]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


# pre-commit


@pytest.mark.parametrize(
    ("path", "is_one"),
    [
        ("Dockerfile", True),
        ("a/dockerfile", True),
        ("a/Dockerfile.dev", True),
        ("api.Dockerfile", True),
        ("api.dockerfile", True),
        ("Containerfile", True),
        ("Dockerfile/main.go", False),
        ("MyDockerfile", False),
        ("docs/Dockerfile.d/x", False),
    ],
)
def test_the_hooks_get_what_a_search_would_find(path: str, is_one: bool) -> None:
    for hook in loaded(HOOKS):
        assert bool(re.search(hook["files"], path)) == is_one


def pre_commit(folder: Path, home: Path, *arguments: str) -> Done:
    command = [sys.executable, "-m", "pre_commit", *arguments]
    environment = {
        **os.environ,
        "PRE_COMMIT_HOME": str(home),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "PRE_COMMIT_COLOR": "never",
    }
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.git
@pytest.mark.index
def test_pre_commit_checks_and_fixes(tmp_path: Path) -> None:
    ours = tmp_path / "scratchify"
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "src", ours / "src", ignore=ignored)
    for name in ("pyproject.toml", "README.md", "LICENSE", HOOKS.name):
        shutil.copy(ROOT / name, ours / name)
    git(ours, "init", "-q")
    git(ours, "add", "-A")
    git(ours, "commit", "-q", "-m", "all")
    revision = git(ours, "rev-parse", "HEAD").decode().strip()

    theirs = tmp_path / "theirs"
    file = project(theirs / "api")
    hooks = "".join(f"      - id: {name}\n" for name in ("scratchify-check", "scratchify-fix"))
    (theirs / ".pre-commit-config.yaml").write_text(
        f"repos:\n  - repo: {ours}\n    rev: {revision}\n    hooks:\n{hooks}"
    )
    git(theirs, "init", "-q")
    git(theirs, "add", "-A")

    check = pre_commit(theirs, tmp_path / "home", "run", "--all-files", "scratchify-check")
    assert check.returncode == 1, check.stdout + check.stderr
    assert "api/Dockerfile: would be rewritten, FROM scratch" in check.stdout
    assert not is_rewritten(file)

    fix = pre_commit(theirs, tmp_path / "home", "run", "--all-files", "scratchify-fix")
    assert (fix.returncode, "files were modified by this hook" in fix.stdout) == (1, True), fix.stdout + fix.stderr
    assert is_rewritten(file)

    git(theirs, "add", "-A")
    again = pre_commit(theirs, tmp_path / "home", "run", "--all-files")
    assert again.returncode == 0, again.stdout


# The Action


def act(workspace: Path, temporary: Path, *, install: bool = False, **given: str) -> tuple[str, dict[str, str], int]:
    """Run the Action's own steps; return what they print, the outputs of `run`, and the status of the last one."""
    action = loaded(ACTION)
    inputs = {name: given.get(name, described["default"]) for name, described in action["inputs"].items()}
    temporary.mkdir()
    output = temporary / "output"
    output.touch()
    if not install:
        (temporary / "scratchify").symlink_to(sys.prefix)
    printed = ""

    def said() -> dict[str, str]:
        return dict(line.split("=", 1) for line in output.read_text().splitlines())

    def values() -> dict[str, str]:
        return {f"inputs.{k}": v for k, v in inputs.items()} | {f"steps.run.outputs.{k}": v for k, v in said().items()}

    def filled(text: str) -> str:
        return re.sub(r"\$\{\{ (.*?) \}\}", lambda found: values()[found[1]], text)

    def holds(condition: str) -> bool:
        for part in condition.split(" && ") if condition else []:
            name, operator, wanted = part.split(" ")
            if (values().get(name, "") == wanted.strip("'")) != (operator == "=="):
                return False
        return True

    for step in action["runs"]["steps"]:
        if "run" not in step or (step["name"] == "Install" and not install) or not holds(step.get("if", "")):
            continue
        assert step["shell"] == "bash"
        environment = {
            **os.environ,
            "RUNNER_TEMP": str(temporary),
            "GITHUB_ACTION_PATH": str(ROOT),
            "GITHUB_OUTPUT": str(output),
            "GITHUB_WORKSPACE": str(workspace),
            **{name: filled(value) for name, value in step.get("env", {}).items()},
        }
        command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
        done = subprocess.run(command, cwd=workspace, env=environment, capture_output=True, text=True, check=False)
        printed += done.stdout
        if done.returncode:
            return printed + done.stderr, said(), done.returncode
    return printed, said(), 0


@pytest.mark.git
def test_the_action_annotates_and_its_patch_applies(tmp_path: Path) -> None:
    file = project(tmp_path / "theirs" / "a, b: c")
    git(tmp_path / "theirs", "init", "-q")
    printed, outputs, status = act(tmp_path / "theirs", tmp_path / "runner")
    assert status == 0, printed
    assert outputs["changes"] == "1"
    assert "::notice file=a%2C b%3A c/Dockerfile,line=1,title=scratchify::can be FROM scratch\n" in printed
    assert "::warning file=a%2C b%3A c/Dockerfile,line=5," in printed
    assert not is_rewritten(file)
    git_apply(tmp_path / "theirs", Path(outputs["patch"]).read_bytes())
    assert is_rewritten(file)


def test_the_action_fails_where_that_is_wanted(tmp_path: Path) -> None:
    project(tmp_path / "theirs")
    assert act(tmp_path / "theirs", tmp_path / "runner", fail="true")[2] == 1
    project(tmp_path / "done", text="FROM node:22\nCMD node .\n")
    printed, outputs, status = act(tmp_path / "done", tmp_path / "another", fail="true")
    assert (outputs["changes"], status) == ("0", 0), printed


def test_the_action_takes_paths_and_arguments_one_a_line(tmp_path: Path) -> None:
    for name in ("a b", "c", "$(touch x)"):
        project(tmp_path / "theirs" / name)
    printed, outputs, _ = act(
        tmp_path / "theirs", tmp_path / "runner", paths="a b\n\n$(touch x)/Dockerfile\n", arguments="--base\ndebian\n"
    )
    assert outputs["changes"] == "2", printed
    assert "FROM debian" in printed
    assert not list(tmp_path.rglob("x"))


def test_a_mistake_fails_the_action(tmp_path: Path) -> None:
    project(tmp_path / "theirs", text="FROM golang:1.22\nRUNN go build\n")
    printed, _, status = act(tmp_path / "theirs", tmp_path / "runner", paths="Dockerfile")
    assert status == 3
    assert "::error file=Dockerfile,line=2,title=scratchify%3A invalid-dockerfile::" in printed


@pytest.mark.index
def test_the_action_installs_the_program(tmp_path: Path) -> None:
    project(tmp_path / "theirs")
    printed, outputs, status = act(tmp_path / "theirs", tmp_path / "runner", install=True)
    assert (outputs["changes"], status) == ("1", 0), printed


# GitLab


def test_the_job_for_gitlab_keeps_the_patch_and_says_what_would_change(tmp_path: Path) -> None:
    """Its last line, with the program of this environment in the place of the one that it installs."""
    file = project(tmp_path)
    job = loaded(GITLAB)["scratchify"]
    line = job["script"][-1].replace("/tmp/scratchify/bin/", f"{sys.prefix}/bin/")
    done = subprocess.run(["sh", "-ec", line], cwd=tmp_path, env={**os.environ, **job["variables"]}, check=False)
    assert done.returncode == 0
    (kept,) = job["artifacts"]["paths"]
    assert (tmp_path / kept).read_bytes().startswith(b"diff --git a/Dockerfile")
    quality = json.loads((tmp_path / job["artifacts"]["reports"]["codequality"]).read_text("utf-8"))
    assert {"path": "Dockerfile", "lines": {"begin": 1}} in [issue["location"] for issue in quality]
    assert not is_rewritten(file)
