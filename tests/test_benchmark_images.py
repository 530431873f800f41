"""The benchmark of sizes says how far results are from the least that is possible."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from scratchify.engine.client import Client

ROOT = Path(__file__).parent.parent


def measured(engine: Client, folder: Path) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, str(ROOT / "benchmarks" / "images.py"), str(folder), "--jobs", "1"]
    return subprocess.run(command, env=engine.environment, capture_output=True, text=True)


@pytest.mark.engine
def test_the_median_and_the_most_are_of_what_is_rewritten(engine: Client, tmp_path: Path) -> None:
    for name in ("shell-form-quoting", "static-site", "two-programs", "python-service"):
        shutil.copytree(ROOT / "fixtures" / name, tmp_path / name)
    done = measured(engine, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    ratios = [float(ratio) for ratio in re.findall(r"/Dockerfile .*MB +([\d.]+) +[\d.]+MB$", done.stdout, re.MULTILINE)]
    last = re.search(r"^3 images on .*; median ([\d.]+), most ([\d.]+)$", done.stdout, re.MULTILINE)
    assert last, done.stdout
    assert [float(last[1]), float(last[2])] == pytest.approx([sorted(ratios)[1], max(ratios)], abs=0.001)
    assert float(last[1]) <= 1.02 < float(last[2])


@pytest.mark.engine
def test_what_does_not_build_is_named_and_makes_it_fail(engine: Client, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "fixtures" / "shell-form-quoting", tmp_path / "broken")
    module = tmp_path / "broken" / "go.mod"
    # a Go that nobody has
    module.write_text(re.sub(r"(?m)^go .*$", "go 9.99", module.read_text("utf-8")), "utf-8")
    done = measured(engine, tmp_path)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "broken/Dockerfile" in done.stdout
    assert "images on" not in done.stdout
