"""A file without Go costs every pre-commit user next to nothing, and a large build context no more than it has to."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.many_files import many_files
from tests.many_packages import many_packages, write
from tests.measures import cost, cpu_time, slowness
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
"""CPU-seconds beyond what Python itself takes, on a processor of 2024."""


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
    pythons = cpu_time([sys.executable, "-c", "pass"], folder)
    allowed = ALLOWED * slowness()
    ours = cpu_time([sys.executable, "-m", "scratchify", "--check", "Dockerfile"], folder, pythons + allowed)
    assert ours - pythons <= allowed


@pytest.mark.skipif(sys.platform == "win32", reason="links to a folder that is open are not made there")
def test_a_context_of_100_000_files_takes_little_time_and_memory(tmp_path: Path) -> None:
    """It takes 1.7 CPU-seconds on a processor of 2024 and 87 MB; the limits leave room for a machine that is busy."""
    dockerfile = project(tmp_path)
    many_files(tmp_path / "data", 100)
    command = [sys.executable, "-m", "scratchify", "--diff", str(dockerfile)]
    allowed = 3 * slowness()
    assert cpu_time(command, tmp_path, allowed) <= allowed
    assert cost(command, tmp_path)[1] < 300_000_000


def test_a_program_of_5000_files_takes_little_time_and_memory(tmp_path: Path) -> None:
    """All of them are its own, with 20,000 paths that it opens; it is 118 MB, and 6 CPU-seconds."""
    write(many_packages(100, 100), tmp_path)
    dockerfile = tmp_path / "Dockerfile"
    dockerfile.write_text('FROM golang:1.27\nWORKDIR /src\nCOPY . .\nRUN go build -o /app .\nCMD ["/app"]\n')
    command = [sys.executable, "-m", "scratchify", "--diff", str(dockerfile)]
    before = slowness()
    seconds, memory = cost(command, tmp_path)
    assert memory < 500_000_000
    assert seconds <= 10 * max(before, slowness())
