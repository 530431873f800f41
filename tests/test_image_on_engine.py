"""The image for CI builds, and does in a container what the program does outside."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from scratchify.engine.client import Client
from scratchify.engine.trial import LABEL
from tests.test_cli import project

ROOT = Path(__file__).parent.parent
TEMPLATE = ROOT / "templates" / "Dockerfile"
NAME = "scratchify-for-ci-in-tests"

pytestmark = [pytest.mark.engine, pytest.mark.index]


def pip(*words: str | Path) -> None:
    done = subprocess.run([sys.executable, "-m", "pip", *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def told(engine: Client, *words: str | Path) -> subprocess.CompletedProcess[str]:
    environment = engine.environment | dict(engine.builder.environment)
    return subprocess.run([engine.program, *words], env=environment, capture_output=True, text=True, check=False)


def source_with_wheels(folder: Path) -> Path:
    """Return a checkout with the wheels that it needs, for a build may reach no index."""
    shutil.copytree(ROOT / "src", folder / "src", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder)
    pip("download", "--quiet", "--dest", folder / "wheels", folder, "hatchling")
    return folder


@pytest.fixture(scope="module")
def image(engine: Client, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The image, and nothing of its build afterwards."""
    if sys.version_info[:2] != (3, 11):
        pytest.skip("pip takes wheels for the Python that it runs on, and that of the image is 3.11")
    source = source_with_wheels(tmp_path_factory.mktemp("image"))
    build = ("build", "--quiet", "--force-rm", "--label", LABEL, "--file", TEMPLATE, "--build-arg", "PIP_NO_INDEX=1")
    stage = f"{NAME}-stage"
    try:
        # the stage has a name too, so that it can be removed by that
        for words in (("--target", "build", "--tag", stage), ("--tag", NAME)):
            done = told(engine, *build, *words, source)
            assert done.returncode == 0, done.stderr + done.stdout
        yield NAME
    finally:
        told(engine, "rmi", "--force", NAME, stage)


def run(engine: Client, image: str, *words: str, options: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    hardened = ("--network", "none", "--read-only", "--label", LABEL)
    return told(engine, "run", "--rm", *hardened, *options, image, *words)


def test_the_image_is_no_root_and_knows_its_version(engine: Client, image: str) -> None:
    assert run(engine, image, "--version").stdout.startswith("scratchify ")
    assert run(engine, image, "-u", options=("--entrypoint", "id")).stdout == "65532\n"


def test_the_image_reads_what_is_mounted_and_writes_as_who_runs_it(engine: Client, image: str, tmp_path: Path) -> None:
    file = project(tmp_path / "theirs")
    mounted = ("--volume", f"{file.parent}:/work")
    (tmp_path / "theirs").chmod(0o755)
    diff = run(engine, image, "--diff", options=mounted)
    assert "+FROM scratch" in diff.stdout, diff.stderr
    assert b"FROM scratch" not in file.read_bytes()
    done = run(engine, image, options=(*mounted, "--user", f"{os.getuid()}:{os.getgid()}"))
    assert done.returncode == 0, done.stderr
    assert b"FROM scratch" in file.read_bytes()


def test_the_image_has_git_and_no_compiler(engine: Client, image: str) -> None:
    asks = "for program in git gcc go make; do command -v $program; done; true"
    assert run(engine, image, "-c", asks, options=("--entrypoint", "sh")).stdout == "/usr/bin/git\n"
