"""A file without Go costs every pre-commit user next to nothing."""

import resource
import subprocess
import sys
from pathlib import Path

import pytest

from tests.test_cli import is_rewritten, project

HEAVY = [
    "asyncio",
    "concurrent.futures",
    "elftools",
    "libcst",
    "multiprocessing",
    "pathspec",
    "rich",
    "ruamel",
    "scratchify.bases",
    "scratchify.engine",
    "scratchify.patch",
    "scratchify.plan",
    "scratchify.promises",
    "scratchify.rules",
    "tree_sitter",
    "unidiff",
]
ALLOWED = 0.2
"""CPU-seconds beyond what Python itself takes."""


def imported_by(arguments: list[str], folder: Path) -> set[str]:
    program = (
        "import sys\n"
        "from scratchify.cli import main\n"
        "try:\n"
        "    main()\n"
        "except SystemExit as stop:\n"
        "    assert not stop.code, stop.code\n"
        "print('\\n'.join(sys.modules), file=sys.stderr)\n"
    )
    command = [sys.executable, "-c", program, *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return set(done.stderr.split("\n"))


def cpu_time(command: list[str], folder: Path) -> float:
    """Return the least of several runs, for what else the machine does only adds."""
    times = []
    for _ in range(5):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, cwd=folder, capture_output=True, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        times.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(times)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "Dockerfile").write_text("FROM node:22\nWORKDIR /app\nCOPY . .\nRUN npm ci\nCMD node .\n")
    return tmp_path


@pytest.mark.parametrize("arguments", [["--check", "Dockerfile"], ["Dockerfile"], ["--diff", "."]])
def test_a_file_without_go_loads_nothing_heavy(folder: Path, arguments: list[str]) -> None:
    loaded = imported_by(arguments, folder)
    assert "scratchify.refactor" in loaded
    assert sorted(loaded & set(HEAVY)) == []
    analysis = {name for name in loaded if name.startswith("scratchify.analysis")}
    assert analysis <= {"scratchify.analysis", "scratchify.analysis.scope"}


@pytest.mark.parametrize("arguments", [["--diff", "Dockerfile"], ["Dockerfile"], ["explain", "Dockerfile"], ["rules"]])
def test_what_is_not_verified_loads_nothing_of_the_engine(tmp_path: Path, arguments: list[str]) -> None:
    dockerfile = project(tmp_path)
    loaded = imported_by(arguments, tmp_path)
    assert ("scratchify.plan" in loaded) or arguments == ["rules"]
    assert is_rewritten(dockerfile) == (arguments == ["Dockerfile"])
    assert sorted(loaded & {"elftools", "scratchify.engine"}) == []


def test_a_file_without_go_takes_little_time(folder: Path) -> None:
    ours = cpu_time([sys.executable, "-m", "scratchify", "--check", "Dockerfile"], folder)
    pythons = cpu_time([sys.executable, "-c", "pass"], folder)
    assert ours - pythons <= ALLOWED
