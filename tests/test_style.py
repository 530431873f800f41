"""The sources are formatted, linted and typed, and the pages say what is true."""

import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

from scratchify.cli.group import COMMANDS, scratchify
from scratchify.context import DirectoryContext
from scratchify.outcome import Rewritten
from scratchify.refactor import refactor

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("arguments", [["ruff", "check"], ["ruff", "format", "--check"], ["mypy"]], ids=" ".join)
def test_the_sources_pass(arguments: list[str]) -> None:
    done = subprocess.run([sys.executable, "-m", *arguments], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def blocks(kind: str) -> list[str]:
    """Return the README's fenced blocks of this kind."""
    return re.findall(rf"^```{kind}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def test_the_readme_shows_what_the_program_makes() -> None:
    folder = ROOT / "fixtures" / "web-service-with-templates"
    before = (folder / "Dockerfile").read_bytes().decode()
    outcome = refactor(before, DirectoryContext(folder, folder / "Dockerfile"))
    assert isinstance(outcome, Rewritten)
    assert blocks("dockerfile") == [before, outcome.text]


def test_the_readme_names_every_command_and_option() -> None:
    context = click.Context(scratchify)
    for name in COMMANDS:
        command = scratchify.get_command(context, name)
        assert command is not None
        assert name in README
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                assert f"`{parameter.opts[0]}" in README, parameter.opts[0]


def test_ci_runs_the_readmes_tests() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    lines = [line for block in blocks("sh") for line in block.split("\n") if line.startswith("python3 -m venv")]
    assert len(lines) == 2
    assert lines[1] in script.split("\n")


@pytest.mark.parametrize("page", ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_links_between_pages_lead_somewhere(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    targets = [target for target in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in target]
    assert [target for target in targets if not (ROOT / target).exists()] == []
