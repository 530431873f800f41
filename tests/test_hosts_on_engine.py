"""A Dockerfile in another file is built and run like one of its own, from the context that its caller names."""

import subprocess
import sys
from pathlib import Path

import pytest

from scratchify.engine.client import Client

EMBEDDED = Path(__file__).parent / "embedded"


@pytest.mark.engine
@pytest.mark.parametrize(("name", "line"), [("pulumi_inline.py", 11), ("compose_literal.yml", 7)])
def test_what_another_file_holds_is_verified(name: str, line: int, engine: Client) -> None:
    before = (EMBEDDED / name).read_bytes()
    command = [sys.executable, "-m", "scratchify", "verify", name]
    done = subprocess.run(command, cwd=EMBEDDED, env=engine.environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{name}:{line}: verified on " in done.stdout + done.stderr
    assert (EMBEDDED / name).read_bytes() == before
