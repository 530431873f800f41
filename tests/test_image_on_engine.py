"""The image for CI builds from wheels alone, and does in a container what the program does outside."""

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


def wheels_in(folder: Path) -> Path:
    """Return a folder of wheels as the template's comment says to make it."""
    wheels, source = folder / "wheels", folder / "source"
    shutil.copytree(ROOT / "src", source / "src", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    pip("wheel", "--quiet", "--no-deps", "--wheel-dir", wheels, source)
    machine = os.uname().machine
    platforms = (f"--platform={name}_{machine}" for name in ("manylinux_2_28", "manylinux2014"))
    python = ("--python-version=3.13", "--implementation=cp", "--only-binary=:all:")
    pip("download", "--quiet", "--dest", wheels, "--find-links", wheels, *python, *platforms, "scratchify")
    return wheels


@pytest.fixture(scope="module")
def image(engine: Client, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The image, and nothing of its build afterwards."""
    wheels = wheels_in(tmp_path_factory.mktemp("image"))
    build = ("build", "--quiet", "--force-rm", "--label", LABEL, "--file", TEMPLATE)
    stage = f"{NAME}-stage"
    try:
        # the stage has a name too, so that it can be removed by that
        for words in (("--target", "build", "--tag", stage), ("--tag", NAME)):
            done = told(engine, *build, *words, wheels)
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


def test_the_image_has_no_compiler_and_no_pip_of_the_system(engine: Client, image: str) -> None:
    looks = run(engine, image, "-c", "command -v gcc go pip apt-get; true", options=("--entrypoint", "sh"))
    assert looks.stdout.split() == ["/opt/scratchify/bin/pip", "/usr/bin/apt-get"]
