"""`scratchify verify` and `--verify` as processes where no engine answers: what is said where, and the exit status."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from scratchify.cli.verify import ARGUMENTS, command
from tests.stand_ins import answering, stand_in
from tests.test_cli import DOCKERFILE, INVALID, NOT_GO, entries, project

SCHEMA = json.loads(resources.files("scratchify.report").joinpath("verification.schema.json").read_text("utf-8"))

NO_ENGINE = (
    "no container engine answers (docker is not installed; podman is not installed);"
    " start Docker or Podman, or name the client with --engine or SCRATCHIFY_ENGINE"
)
VERSION = {"--version": "echo Docker version 28.2.2", "version --format {{.Server.Version}}": "echo 28.1.0"}
WITHOUT_THE_EXTRA = "import sys; sys.modules['elftools'] = None; from scratchify.cli import main; main()"

Done = subprocess.CompletedProcess[bytes]


def run(
    *arguments: str, at: Path, stdin: bytes = b"", python: Sequence[str] = ("-m", "scratchify"), engines: str = "none"
) -> Done:
    """Run scratchify where the only programs are those in the folder `engines`."""
    (at / "none").mkdir(exist_ok=True)
    environment = {name: value for name, value in os.environ.items() if name != "SCRATCHIFY_ENGINE"}
    environment["PATH"] = str(at / engines)
    words = [sys.executable, *python, *arguments]
    return subprocess.run(words, cwd=at, env=environment, input=stdin, capture_output=True, timeout=60, check=False)


def verifications(done: Done) -> list[dict[str, Any]]:
    """Return what a JSON document says: it is all that there is on standard output, and as its schema wants it."""
    whole = json.loads(done.stdout)
    jsonschema.validate(whole, SCHEMA)
    found = whole["verifications"]
    assert isinstance(found, list)
    return found


def content(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A Dockerfile of each kind."""
    project(tmp_path)
    for name, text in {"unchanged": NOT_GO, "invalid": INVALID, "empty": "\n"}.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "refused").write_text(DOCKERFILE)
    return tmp_path


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


# What is said where there is nothing to build with, or nothing to build


def test_without_an_engine_one_line_says_so_and_nothing_is_written(folder: Path) -> None:
    before = content(folder)
    done = run("verify", "Dockerfile", at=folder)
    assert (done.returncode, done.stderr) == (4, b"")
    assert done.stdout.decode() == f"Dockerfile: cannot be verified: {NO_ENGINE}\n"
    assert content(folder) == before


def test_an_engine_that_does_not_answer_is_told_in_its_own_words(folder: Path) -> None:
    no_daemon = {**VERSION, "version --format {{.Server.Version}}": "echo Cannot connect >&2; echo Hm >&2; exit 1"}
    stand_in(folder / "bin", "docker", answering(no_daemon))
    done = run("verify", "Dockerfile", at=folder, engines="bin")
    assert done.returncode == 4
    assert b" (docker: Cannot connect; podman is not installed); " in done.stdout
    assert done.stdout.count(b"\n") == 1


def test_an_engine_that_is_named_and_missing_is_told(folder: Path) -> None:
    done = run("verify", "--engine", "dokker", "Dockerfile", at=folder)
    assert done.returncode == 4
    assert b": there is no program dokker on the PATH; " in done.stdout


@pytest.mark.parametrize(
    ("name", "status", "answer", "said"),
    [
        ("Dockerfile", 4, "cannot-verify", f": cannot be verified: {NO_ENGINE}"),
        ("source/refused", 0, "nothing-to-verify", ": nothing to verify: the Dockerfile is refused"),
        ("unchanged", 0, "nothing-to-verify", ": nothing to verify: the Dockerfile is left as it is"),
        ("invalid", 3, "error", ":2: "),
        ("empty", 3, "error", ":1: the file is empty"),
        ("missing", 3, "error", ": no such file or directory"),
    ],
)
def test_each_kind_of_dockerfile_has_its_answer_and_its_status(
    folder: Path, name: str, status: int, answer: str, said: str
) -> None:
    before = content(folder)
    text, document = run("verify", name, at=folder), run("verify", "--format", "json", name, at=folder)
    assert (text.returncode, document.returncode) == (status, status)
    where, other = (text.stderr, text.stdout) if answer == "error" else (text.stdout, text.stderr)
    assert where.decode().startswith(name + said)
    assert other == b""
    (found,) = verifications(document)
    assert (found["path"], found["answer"]) == (name, answer)
    assert bool(found["reasons"]) == (answer != "cannot-verify")
    assert found["diff"].startswith("diff --git ") == (answer == "cannot-verify")
    assert content(folder) == before


def test_of_several_the_worst_status_counts_and_each_is_told(folder: Path) -> None:
    done = run("verify", "--format", "json", "unchanged", "Dockerfile", "invalid", at=folder)
    assert done.returncode == 4
    assert [found["answer"] for found in verifications(done)] == ["nothing-to-verify", "cannot-verify", "error"]
    assert done.stderr.startswith(b"invalid:2: ")


def test_a_folder_is_searched_and_standard_input_is_read(folder: Path) -> None:
    (found,) = verifications(run("verify", "--format", "json", ".", at=folder))
    assert (found["path"], found["answer"]) == ("Dockerfile", "cannot-verify")
    done = run("verify", "--format", "json", "-", at=folder, stdin=DOCKERFILE.encode())
    assert [(found["path"], found["answer"]) for found in verifications(done)] == [("<stdin>", "cannot-verify")]


@pytest.mark.parametrize("format_", ["text", "json"])
def test_without_the_extra_a_line_says_how_to_install_it(folder: Path, format_: str) -> None:
    stand_in(folder / "bin", "docker", answering(VERSION))
    words = ("verify", "--format", format_, "Dockerfile")
    done = run(*words, at=folder, engines="bin", python=("-c", WITHOUT_THE_EXTRA))
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr == b"scratchify: verify reads binaries by pyelftools; pip install 'scratchify[verify]'\n"


def test_without_the_extra_what_needs_none_is_done(folder: Path) -> None:
    done = run("verify", "unchanged", at=folder, python=("-c", WITHOUT_THE_EXTRA))
    assert (done.returncode, done.stderr) == (0, b"")


# Usage


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("verify",), "Missing argument 'PATH'"),
        (("verify", "--", "Dockerfile"), "Missing argument 'PATH'"),
        (("verify", "--env", "A", "Dockerfile"), "A is no NAME=VALUE"),
        (("verify", "--env", "=A", "Dockerfile"), "=A is no NAME=VALUE"),
        (("verify", "--build-arg", "A", "Dockerfile"), "A is no NAME=VALUE"),
        (("verify", "--probe", "health", "Dockerfile"), "health is no path of an address, like /health"),
        (("verify", "--probe", "/a b", "Dockerfile"), "/a b is no path"),
        (("verify", "--probe", "/a\r\nHost: b", "Dockerfile"), "is no path"),
        (("verify", "--timeout", "0", "Dockerfile"), "--timeout"),
        (("verify", "--memory", "8", "Dockerfile"), "--memory"),
        (("verify", "--network", "host", "Dockerfile"), "--network host"),
        (("verify", "--quiet", "--verbose", "Dockerfile"), "--quiet and --verbose exclude each other"),
        (("verify", "--context", "missing", "Dockerfile"), "--context"),
        (("verify", "--nothing", "Dockerfile"), "--nothing"),
        (("convert", "--engine", "docker", "Dockerfile"), "--engine is for --verify"),
        (("--diff", "--engine", "docker"), "--engine is for --verify"),
    ],
)
def test_wrong_usage_has_status_2_and_writes_nothing(folder: Path, arguments: tuple[str, ...], said: str) -> None:
    before = content(folder)
    done = run(arguments[0], "--format", "json", *arguments[1:], at=folder)
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"Error: " in done.stderr
    assert said in done.stderr.decode()
    assert content(folder) == before


@pytest.mark.parametrize(
    ("words", "paths", "arguments"),
    [
        (("Dockerfile",), ("Dockerfile",), ()),
        (("Dockerfile", "--"), ("Dockerfile",), ()),
        (("a", "b", "--", "c"), ("a", "b"), ("c",)),
        (("a", "--", "--quiet", "-h", "--", "--format", "-"), ("a",), ("--quiet", "-h", "--", "--format", "-")),
        (("--env", "A=--", "a", "--", "x"), ("a",), ("x",)),
    ],
)
def test_what_stands_behind_the_dashes_is_for_the_program(
    words: tuple[str, ...], paths: tuple[str, ...], arguments: tuple[str, ...]
) -> None:
    context = command.make_context("verify", [*words])
    assert (context.params["paths"], context.meta[ARGUMENTS]) == (paths, arguments)
    assert not context.params["quiet"]


def test_options_of_the_program_are_none_of_ours(folder: Path) -> None:
    done = run("verify", "--format", "json", "Dockerfile", "--", "--no-such-option", "--quiet", "invalid", at=folder)
    assert done.returncode == 4
    assert [found["path"] for found in verifications(done)] == ["Dockerfile"]


def test_help_tells_of_the_arguments(folder: Path) -> None:
    done = run("verify", "-h", at=folder)
    assert done.returncode == 0
    usage = done.stdout.decode().splitlines()[0]
    assert usage.startswith("Usage: scratchify verify [OPTIONS] PATH")
    assert usage.endswith(" [-- ARGUMENTS...]")


# Converting only what is proved right


@pytest.mark.parametrize("options", [(), ("--diff",), ("--check",), ("--jobs", "2"), ("--engine", "podman")])
def test_without_an_engine_nothing_is_converted(folder: Path, options: tuple[str, ...]) -> None:
    before = content(folder)
    done = run("--verify", *options, "Dockerfile", "unchanged", at=folder)
    assert (done.returncode, done.stdout) == (4, b"")
    reason = "there is no program podman on the PATH" if "--engine" in options else NO_ENGINE
    said = done.stderr.decode().splitlines()
    assert said[0] == "Dockerfile: refused, left as it is; what stands in the way:"
    assert said[1].startswith(f"Dockerfile: verification: cannot-verify: {reason}")
    assert said[1].endswith("; scratchify verify tells more")
    assert said[-1] == "2 Dockerfiles: 1 unchanged, 1 refused"
    assert content(folder) == before


def test_a_report_of_what_was_not_proved_right_is_one_of_a_refusal(folder: Path) -> None:
    done = run("--verify", "--diff", "--format", "json", "Dockerfile", "invalid", at=folder)
    assert done.returncode == 4
    refused, error = entries(done)
    assert (refused["verdict"], refused["diff"], refused["reasons"][0]["rule"]) == ("refused", "", "verification")
    assert error["verdict"] == "error"


def test_a_filter_gives_back_what_is_not_proved_right(folder: Path) -> None:
    done = run("--verify", "-", at=folder, stdin=DOCKERFILE.encode())
    assert (done.returncode, done.stdout) == (4, DOCKERFILE.encode())


def test_what_is_not_rewritten_needs_no_engine(folder: Path) -> None:
    done = run("--verify", "unchanged", "source/refused", at=folder)
    assert done.returncode == 0
    assert NO_ENGINE.encode() not in done.stderr


def test_without_the_extra_nothing_is_converted(folder: Path) -> None:
    stand_in(folder / "bin", "docker", answering(VERSION))
    before = content(folder)
    done = run("--verify", "Dockerfile", at=folder, engines="bin", python=("-c", WITHOUT_THE_EXTRA))
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.endswith(b"pip install 'scratchify[verify]'\n")
    assert content(folder) == before
