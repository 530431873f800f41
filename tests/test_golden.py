"""
Whole refactorings: each folder in fixtures/ is a build context with what must become of it.

`pytest tests/test_golden.py --update-golden` writes what comes out now; the review reads the diff.
"""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pytest

from scratchify.configuration import settings_for
from scratchify.context import DirectoryContext
from scratchify.outcome import Rewritten
from scratchify.refactor import refactor
from scratchify.report.document import FileReport, file_report

FIXTURES = Path(__file__).parent.parent / "fixtures"
FOLDERS = sorted(path for path in FIXTURES.iterdir() if path.is_dir())


GENERATED = {"go-generate-source"}
"""Not all of their source is there before the build."""

LINKED = {"cgo-linked-library", "cgo-unknown-library"}
"""Linked against libraries that only their builders install."""


def text_of(file: Path) -> str:
    return file.read_bytes().decode("utf-8", "surrogateescape")


def report_lines(report: FileReport) -> Iterator[str]:
    yield f"{report.verdict}{f' on {report.base}' if report.base else ''}"
    yield from (f"not {one.base}: {one.because.place}: {one.because.message}" for one in report.smaller_bases)
    for kind, notes in (("", report.reasons), ("assumed ", report.assumptions), ("", report.decisions)):
        yield from (f"{kind}{note.rule}: {note.place}: {note.message}" for note in notes)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_each_fixture_becomes_what_its_folder_says(folder: Path, pytestconfig: pytest.Config) -> None:
    dockerfile = folder / "Dockerfile"
    outcome = refactor(text_of(dockerfile), DirectoryContext(folder, dockerfile), settings_for(dockerfile))
    after = outcome.text if isinstance(outcome, Rewritten) else None
    report = "".join(f"{line}\n" for line in report_lines(file_report(PurePosixPath("Dockerfile"), outcome)))
    expected, expected_report = folder / "expected.Dockerfile", folder / "expected.report"
    if pytestconfig.getoption("--update-golden"):
        expected_report.write_text(report, "utf-8")
        if after is None:
            expected.unlink(missing_ok=True)
        else:
            expected.write_bytes(after.encode("utf-8", "surrogateescape"))
    assert after == (text_of(expected) if expected.exists() else None)
    assert report == text_of(expected_report)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_each_fixture_says_what_it_proves(folder: Path) -> None:
    text = (folder / "README.md").read_text("utf-8")
    sentences = text.partition("\n")[2].replace(".\n", ". ").count(". ")
    assert text.startswith("# ")
    assert 1 <= sentences <= 5


def test_one_fixture_is_left_alone_for_every_four_that_are_rewritten() -> None:
    """Fuller bases serve much that once was refused; what is left alone is still what the tool says most often."""
    rewritten = [folder for folder in FOLDERS if (folder / "expected.Dockerfile").exists()]
    assert len(FOLDERS) >= 25
    assert 4 * (len(FOLDERS) - len(rewritten)) >= len(rewritten)


def needs_c(folder: Path) -> bool:
    return any('import "C"' in text_of(file) for file in folder.rglob("*.go"))


@pytest.mark.parametrize(
    "folder",
    [
        pytest.param(folder, id=folder.name, marks=[pytest.mark.compiler] if needs_c(folder) else [])
        for folder in FOLDERS
        if (folder / "go.mod").exists() and folder.name not in GENERATED | LINKED
    ],
)
def test_each_fixture_compiles(folder: Path, go: str, tmp_path: Path) -> None:
    cgo = "1" if needs_c(folder) else "0"
    environment = {**os.environ, "CGO_ENABLED": cgo, "GOFLAGS": "-mod=mod", "GOTOOLCHAIN": "local"}
    command = [go, "build", "-o", f"{tmp_path}/", "./..."]
    result = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
