"""Asking Go itself: what `go list` names is read, and nothing is run, written or downloaded."""

import os
from pathlib import Path

import pytest

from scratchify.context import DirectoryContext, PackageQuery
from scratchify.outcome import Outcome, Refused, Rewritten
from scratchify.refactor import refactor
from scratchify.settings import Settings
from scratchify.toolchain import LocalGo
from tests.deciding import HEAD, RUNS

MAIN = """\
package main

import "example.org/lib"

func main() { lib.Load("rules.json") }
"""
READS = 'package lib\n\nimport "os"\n\nfunc Load(string) { os.ReadFile("a.txt") }\n'
COMPUTES = 'package lib\n\nimport "os"\n\nfunc Load(name string) { os.ReadFile(name) }\n'
CALLS_C = 'package lib\n\n// int one(void) { return 1; }\nimport "C"\n\nfunc Load(string) { C.one() }\n'
RUNS_GIT = 'package lib\n\nimport "os/exec"\n\nfunc Load(string) { exec.Command("git").Run() }\n'
QUERY = PackageQuery("", (), "", (), cgo=True, mod="")


def project(folder: Path, library: str, main: str = MAIN) -> Path:
    """Make a program whose library lies outside its build context, as those of the module cache do."""
    root = folder / "app"
    for name, text in {
        "app/go.mod": "module example.com/app\n\ngo 1.22\n\nrequire example.org/lib v1.0.0\n\n"
        "replace example.org/lib => ../lib\n",
        "app/main.go": main,
        "app/a.txt": "a",
        "app/rules.json": "{}",
        "app/notes.txt": "x",
        "lib/go.mod": "module example.org/lib\n\ngo 1.22\n",
        "lib/lib.go": library,
    }.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    return root


def outcome(root: Path, go: str | None, dockerfile: str = HEAD + RUNS, settings: Settings | None = None) -> Outcome:
    toolchain = LocalGo(root, go) if go else None
    return refactor(dockerfile, DirectoryContext(root), settings or Settings(), toolchain)


def copied(found: Outcome) -> set[str]:
    assert isinstance(found, Rewritten)
    return {file.target for file in found.final_stage.files if file.rule == "copied-files"}


def test_without_go_a_package_that_no_table_knows_may_read_anything(tmp_path: Path) -> None:
    root = project(tmp_path, READS)
    assert copied(outcome(root, None)) == {"/app/a.txt", "/app/rules.json", "/app/notes.txt"}


def test_what_go_lists_is_read(tmp_path: Path, go: str) -> None:
    """Its library opens one file, and the program names another; nobody names the third."""
    found = outcome(project(tmp_path, READS), go)
    assert copied(found) == {"/app/a.txt", "/app/rules.json"}
    assert isinstance(found, Rewritten)
    said = [one.because.message for one in found.decisions]
    assert any("; go list names its" in message for message in said)
    assert not any("not in the tables" in message for message in said)


def test_what_a_listed_package_computes_is_not_known(tmp_path: Path, go: str) -> None:
    found = outcome(project(tmp_path, COMPUTES), go)
    assert copied(found) == {"/app/a.txt", "/app/rules.json", "/app/notes.txt"}


@pytest.mark.parametrize(("library", "rule"), [(CALLS_C, "cgo"), (RUNS_GIT, "programs")])
def test_what_a_listed_package_needs_counts(tmp_path: Path, go: str, library: str, rule: str) -> None:
    dockerfile = HEAD.replace("CGO_ENABLED=0 ", "") + RUNS
    root = project(tmp_path, library)
    found = outcome(root, go, dockerfile, Settings(base="scratch"))
    assert isinstance(found, Refused)
    assert {reason.rule for reason in found.reasons} == {rule}
    assert isinstance(outcome(root, None, dockerfile), Rewritten)


def test_the_constraints_are_those_of_the_build(tmp_path: Path, go: str) -> None:
    root = project(tmp_path, READS)
    (tmp_path / "lib" / "c.go").write_text("//go:build native\n\n" + CALLS_C.replace("Load(string)", "One()"))
    packages = {
        tags: LocalGo(root, go).packages(PackageQuery("", (), "", tags, cgo=True, mod="")) for tags in ((), ("native",))
    }
    assert [[one.cgo for one in found or () if one.path == "example.org/lib"] for found in packages.values()] == [
        [()],
        [("c.go",)],
    ]


def test_go_that_cannot_tell_says_nothing(tmp_path: Path, go: str) -> None:
    root = project(tmp_path, READS)
    (root / "go.mod").write_text("module example.com/app\n\ngo 1.22\n\nrequire example.org/lib v1.0.0\n")
    assert LocalGo(root, go).packages(QUERY) is None
    assert LocalGo(root, f"{root}/none").packages(QUERY) is None
    assert LocalGo(root / "none", go).packages(QUERY) is None
    assert copied(outcome(root, go)) == {"/app/a.txt", "/app/rules.json", "/app/notes.txt"}


def test_nothing_is_written(tmp_path: Path, go: str) -> None:
    root = project(tmp_path, READS)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    assert LocalGo(root, go).packages(QUERY)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


def test_flags_of_the_user_do_not_count(tmp_path: Path, go: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """-toolexec would run a program."""
    monkeypatch.setenv("GOFLAGS", f"-toolexec={tmp_path}/none -mod=mod")
    monkeypatch.setenv("GOPROXY", "https://proxy.invalid")
    root = project(tmp_path, READS)
    assert LocalGo(root, go).packages(QUERY)
    assert os.environ["GOFLAGS"].startswith("-toolexec")
