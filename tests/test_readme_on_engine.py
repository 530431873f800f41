"""What the README shows of a verification is what one says."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from scratchify.engine.client import Client

ROOT = Path(__file__).parent.parent
COMMAND = "$ scratchify verify --probe "


def without_figures(text: str) -> list[str]:
    """Return the lines without what differs between machines: figures, the engine, variables of base images."""
    lines = [line for line in text.strip().split("\n") if not line.startswith("  intended (environment)")]
    return [re.sub(r" on (docker|podman) .*", "", re.sub(r" *[\d.]+ (MB|s)\b", r" N \1", line)) for line in lines]


@pytest.mark.engine
def test_the_readme_shows_what_verify_says(engine: Client) -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    recorded = next(block for block in re.findall(r"```console\n(.*?)```", readme, re.DOTALL) if COMMAND in block)
    command, _, said = recorded[recorded.index(COMMAND) + len("$ scratchify verify ") :].partition("\n")
    words = [sys.executable, "-m", "scratchify", "verify", *command.split()]
    done = subprocess.run(words, cwd=ROOT, env=engine.environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert without_figures(done.stderr + done.stdout) == without_figures(said)
