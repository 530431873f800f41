"""The results are as small as they can be, says the benchmark."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from scratchify.engine.client import Client

ROOT = Path(__file__).parent.parent
MOST = 1.02
"""Times the binary, certificates, zone data and files with evidence."""


@pytest.mark.engine
def test_half_of_the_results_have_next_to_nothing_that_could_be_left_out(engine: Client) -> None:
    command = [sys.executable, str(ROOT / "benchmarks" / "images.py"), str(ROOT / "fixtures"), "--jobs", "1"]
    done = subprocess.run(command, env=engine.environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    found = re.search(r"^(\d+) images on .*; median ([\d.]+), most", done.stdout, re.MULTILINE)
    assert found, done.stdout
    assert int(found[1]) == len([*ROOT.glob("fixtures/*/expected.Dockerfile")])
    assert 1 <= float(found[2]) <= MOST
