"""The command line, as a process on real files: what is written, what is printed where, and the exit status."""

import json
import os
import pty
import resource
import signal
import stat
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from scratchify.errors import Bug, UnreadableFile, UnwritableFile
from scratchify.examination.attempt import attempt
from scratchify.examination.writing import replace_content
from tests.many_packages import many_packages

DOCKERFILE = 'FROM golang:1.22\nWORKDIR /app\nCOPY . .\nRUN go build -o main .\nCMD ["./main"]\n'
NOT_GO = "FROM node:22\nCMD node .\n"
INVALID = "FROM golang:1.22\nRUNN go build\n"
MODULE = "module example.com/hello\n\ngo 1.22\n"
PROGRAM = 'package main\n\nimport "fmt"\n\nfunc main() {\n\tfmt.Println("hello")\n}\n'
SCHEMA = json.loads(resources.files("scratchify.report").joinpath("schema.json").read_text("utf-8"))

Done = subprocess.CompletedProcess[bytes]


def run(*arguments: str | Path, at: Path, stdin: bytes = b"", before: Callable[[], None] | None = None) -> Done:
    command = [sys.executable, "-m", "scratchify", *map(str, arguments)]
    return subprocess.run(command, cwd=at, input=stdin, capture_output=True, preexec_fn=before, timeout=60, check=False)


def project(folder: Path, name: str = "Dockerfile", text: str | bytes = DOCKERFILE) -> Path:
    """Make a folder with a Go program and this Dockerfile."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "go.mod").write_text(MODULE)
    (folder / "main.go").write_text(PROGRAM)
    file = folder / name
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return file


def is_rewritten(file: Path) -> bool:
    content = file.read_bytes()
    assert b"\nFROM scratch" in content or content.count(b"FROM") == 1
    return b"\nFROM scratch" in content


def entries(done: Done) -> list[dict[str, Any]]:
    whole = json.loads(done.stdout)
    jsonschema.validate(whole, SCHEMA)
    files = whole["files"]
    assert isinstance(files, list)
    return files


def leftovers(folder: Path) -> list[Path]:
    return sorted(folder.rglob(".scratchify-*"))


# What is done


def test_a_file_is_rewritten_in_place(tmp_path: Path) -> None:
    file = project(tmp_path)
    done = run("Dockerfile", at=tmp_path)
    assert (done.returncode, done.stdout) == (0, b"")
    assert done.stderr.startswith(b"Dockerfile: rewritten, FROM scratch\n")
    assert done.stderr.endswith(b"\n1 Dockerfile: 1 rewritten\n")
    assert is_rewritten(file)
    assert leftovers(tmp_path) == []


def test_a_second_run_changes_nothing(tmp_path: Path) -> None:
    file = project(tmp_path)
    run("Dockerfile", at=tmp_path)
    first = file.read_bytes()
    done = run("Dockerfile", at=tmp_path)
    assert done.returncode == 0
    assert b": unchanged: " in done.stderr
    assert file.read_bytes() == first


@pytest.mark.parametrize("arguments", [(), (".",), ("convert",), ("convert", ".")])
def test_without_a_path_the_working_folder_is_searched(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    files = [project(tmp_path), project(tmp_path / "api", "api.Dockerfile")]
    done = run(*arguments, at=tmp_path)
    assert done.returncode == 0, done.stderr
    assert all(map(is_rewritten, files))


def test_what_is_no_go_build_is_left_as_it_is(tmp_path: Path) -> None:
    file = project(tmp_path, text=NOT_GO)
    done = run("Dockerfile", at=tmp_path)
    assert (done.returncode, done.stdout) == (0, b"")
    assert done.stderr.startswith(b"Dockerfile:")
    assert b"unchanged" in done.stderr
    assert file.read_text() == NOT_GO


def test_a_refusal_is_no_failure_and_gives_its_reasons(tmp_path: Path) -> None:
    file = tmp_path / "Dockerfile"
    file.write_text(DOCKERFILE)
    done = run("Dockerfile", at=tmp_path)
    assert done.returncode == 0
    assert done.stderr.startswith(b"Dockerfile: refused")
    assert b"--context" in done.stderr
    assert file.read_text() == DOCKERFILE


def test_source_can_be_assumed_and_strict_refuses_assumptions(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(DOCKERFILE)
    assumed = run("--diff", "--assume-source", "Dockerfile", at=tmp_path)
    assert b"would be rewritten" in assumed.stderr
    assert b": assumed: " in assumed.stderr
    strict = run("--diff", "--assume-source", "--strict", "Dockerfile", at=tmp_path)
    assert b"refused" in strict.stderr
    assert strict.stdout == b""


def test_the_context_can_be_named(tmp_path: Path) -> None:
    project(tmp_path / "source").unlink()
    file = tmp_path / "docker" / "Dockerfile"
    file.parent.mkdir()
    file.write_text(DOCKERFILE)
    assert run("--context", "source", "docker/Dockerfile", at=tmp_path).returncode == 0
    assert is_rewritten(file)


@pytest.mark.git
def test_a_path_that_leads_out_of_a_repository_has_nothing_to_do_with_it(tmp_path: Path) -> None:
    """The repository that we are in holds the same files: its program is not that of the named Dockerfile."""
    here = project(tmp_path / "repository" / "sub").parent
    subprocess.run(["git", "init", "-q", here.parent], check=True)
    project(tmp_path / "repository")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "Dockerfile").write_text(DOCKERFILE.replace("COPY . .", "COPY go.mod main.go ./"))
    assert b"refused" in run("../../other/Dockerfile", at=here).stderr


@pytest.mark.git
@pytest.mark.parametrize(
    "text",
    [
        pytest.param(DOCKERFILE.replace("\n", "\r\n").encode(), id="CRLF"),
        pytest.param(DOCKERFILE.encode() + b"# caf\xe9\n", id="latin-1"),
        pytest.param(b"\xef\xbb\xbf" + DOCKERFILE.encode(), id="byte order mark"),
        pytest.param(DOCKERFILE.rstrip().encode(), id="no final newline"),
    ],
)
def test_what_is_written_is_what_the_diff_says(tmp_path: Path, text: bytes) -> None:
    file = project(tmp_path, text=text)
    patch = run("--diff", "Dockerfile", at=tmp_path).stdout
    assert file.read_bytes() == text
    run("Dockerfile", at=tmp_path)
    ours = file.read_bytes()
    assert is_rewritten(file)
    assert (b"\r\n" in ours) == (b"\r\n" in text)
    file.write_bytes(text)
    subprocess.run(["git", "apply", "--whitespace=nowarn"], input=patch, cwd=tmp_path, check=True)
    assert file.read_bytes() == ours


# Diff and check


@pytest.mark.patch
def test_a_diff_of_a_tree_is_one_patch(tmp_path: Path) -> None:
    files = [project(tmp_path / name) for name in ("b", "a", "with space")]
    done = run("--diff", at=tmp_path)
    assert done.returncode == 0
    assert not any(map(is_rewritten, files))
    subprocess.run(["patch", "-p1", "-s"], input=done.stdout, cwd=tmp_path, check=True)
    assert all(map(is_rewritten, files))


@pytest.mark.git
def test_a_diff_inside_a_repository_names_paths_as_git_does(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    file = project(tmp_path / "api")
    patch = run("--diff", "Dockerfile", at=tmp_path / "api").stdout
    assert patch.startswith(b"diff --git a/api/Dockerfile b/api/Dockerfile\n")
    subprocess.run(["git", "apply"], input=patch, cwd=tmp_path / "api", check=True)
    assert is_rewritten(file)


def test_a_diff_from_elsewhere_names_paths_from_the_folder_that_was_searched(tmp_path: Path) -> None:
    project(tmp_path / "tree" / "api")
    (tmp_path / "elsewhere").mkdir()
    patch = run("--diff", "../tree", at=tmp_path / "elsewhere").stdout
    assert patch.startswith(b"diff --git a/api/Dockerfile b/api/Dockerfile\n")


def test_check_writes_nothing_and_tells_by_its_status(tmp_path: Path) -> None:
    file = project(tmp_path)
    done = run("--check", at=tmp_path)
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"Dockerfile: would be rewritten, FROM scratch\n" in done.stderr
    assert not is_rewritten(file)
    assert (
        run("--check", "main.Dockerfile", at=project(tmp_path / "b", "main.Dockerfile", NOT_GO).parent).returncode == 0
    )


def test_check_and_diff_go_together(tmp_path: Path) -> None:
    project(tmp_path)
    done = run("--check", "--diff", at=tmp_path)
    assert done.returncode == 1
    assert done.stdout.startswith(b"diff --git ")


# Standard input


def test_a_filter_prints_the_result(tmp_path: Path) -> None:
    project(tmp_path, text=NOT_GO)
    done = run("-", at=tmp_path, stdin=DOCKERFILE.encode())
    assert done.returncode == 0
    assert b"\nFROM scratch\n" in done.stdout
    assert (tmp_path / "Dockerfile").read_text() == NOT_GO
    assert run("-", at=tmp_path, stdin=NOT_GO.encode()).stdout == NOT_GO.encode()


def test_a_filter_gives_back_what_is_refused(tmp_path: Path) -> None:
    done = run("-", at=tmp_path, stdin=DOCKERFILE.encode())
    assert (done.returncode, done.stdout) == (0, DOCKERFILE.encode())
    assert done.stderr.startswith(b"<stdin>: refused")


def test_a_filter_finds_the_source_where_context_says(tmp_path: Path) -> None:
    project(tmp_path / "source")
    done = run("--context", "source", "--diff", "-", at=tmp_path, stdin=DOCKERFILE.encode())
    assert done.stdout.startswith(b"diff --git a/Dockerfile b/Dockerfile\n")


def test_a_filter_checks(tmp_path: Path) -> None:
    project(tmp_path)
    assert run("--check", "-", at=tmp_path, stdin=DOCKERFILE.encode()).returncode == 1


def test_a_filter_prints_nothing_of_what_is_no_dockerfile(tmp_path: Path) -> None:
    done = run("-", at=tmp_path, stdin=INVALID.encode())
    assert (done.returncode, done.stdout) == (3, b"")
    assert done.stderr.startswith(b"<stdin>:2: ")


# Reports


def test_json_is_the_only_thing_on_standard_output_and_files_are_written(tmp_path: Path) -> None:
    files = [project(tmp_path / "a"), project(tmp_path / "b", text=NOT_GO), project(tmp_path / "c", text=INVALID)]
    done = run("--format", "json", at=tmp_path)
    assert done.returncode == 0
    found = entries(done)
    assert [(entry["path"], entry["verdict"]) for entry in found] == [
        ("a/Dockerfile", "rewritten"),
        ("b/Dockerfile", "unchanged"),
        ("c/Dockerfile", "unchanged"),
    ]
    assert found[0]["final_stage"]["binary"] == "/app/main"
    assert found[0]["diff"].startswith("diff --git ")
    assert found[2]["reasons"][0]["rule"] == "invalid-dockerfile"
    assert is_rewritten(files[0])


def test_json_shows_what_check_would_do(tmp_path: Path) -> None:
    file = project(tmp_path)
    done = run("--format", "json", "--check", "--diff", at=tmp_path)
    assert done.returncode == 1
    assert entries(done)[0]["verdict"] == "rewritten"
    assert not is_rewritten(file)


def test_quiet_says_nothing_but_errors(tmp_path: Path) -> None:
    project(tmp_path)
    done = run("--quiet", "Dockerfile", "missing", at=tmp_path)
    assert done.returncode == 3
    assert done.stderr == b"missing: no such file or directory\n"


def test_verbose_says_every_decision(tmp_path: Path) -> None:
    project(tmp_path)
    lines = run("--verbose", at=tmp_path).stderr.splitlines()
    plain = run("--verbose", at=tmp_path).stderr.splitlines()
    assert len(lines) > 3
    assert any(line.startswith(b"Dockerfile:") and line.count(b": ") > 1 for line in lines)
    assert len(plain) == 2


def test_explain_gives_the_evidence_and_writes_nothing(tmp_path: Path) -> None:
    file = project(tmp_path)
    done = run("explain", "Dockerfile", at=tmp_path)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.startswith(b"Dockerfile: would be rewritten, FROM scratch\n")
    assert b"\n  Dockerfile:4: " in done.stdout
    assert not is_rewritten(file)


def test_explain_tells_why_a_file_is_refused_or_unchanged_or_wrong(tmp_path: Path) -> None:
    for name, text in (("refused", DOCKERFILE), ("unchanged", NOT_GO), ("wrong", INVALID)):
        (tmp_path / name).write_text(text)
    done = run("explain", "refused", "unchanged", "wrong", at=tmp_path)
    assert done.returncode == 3
    assert b"--context" in done.stdout
    assert b"unchanged:1: unchanged: " in done.stdout
    assert done.stderr.startswith(b"wrong:2: ")


def test_explain_speaks_json(tmp_path: Path) -> None:
    project(tmp_path)
    done = run("explain", "--format", "json", "Dockerfile", "missing", at=tmp_path)
    assert done.returncode == 3
    assert [entry["verdict"] for entry in entries(done)] == ["rewritten", "error"]


def test_rules_are_listed_and_explained(tmp_path: Path) -> None:
    listed = run("rules", at=tmp_path)
    assert (listed.returncode, listed.stderr) == (0, b"")
    name = listed.stdout.split()[0].decode()
    page = run("rules", name, at=tmp_path)
    assert page.stdout.startswith(f"{name}: ".encode())
    assert b"https://" in page.stdout
    assert b"\nDockerfile:\n    " in page.stdout


def test_a_rule_that_does_not_exist_is_wrong_usage(tmp_path: Path) -> None:
    name = run("rules", at=tmp_path).stdout.split()[0].decode()
    done = run("rules", name[:-1] + "_", at=tmp_path)
    assert done.returncode == 2
    assert f"did you mean {name}".encode() in done.stderr


# Usage


@pytest.mark.parametrize(
    "arguments",
    [
        ("--nothing",),
        ("--jobs", "0"),
        ("--format", "xml"),
        ("--context", "missing"),
        ("-", "x"),
        ("explain",),
        ("--quiet", "--verbose"),
        ("rules", "no-such-rule-at-all"),
    ],
)
def test_wrong_usage_has_status_2(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    done = run(*arguments, at=tmp_path)
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"Error: " in done.stderr


@pytest.mark.parametrize("arguments", [("-h",), ("--help",), ("--diff", "-h"), ("convert", "-h")])
def test_help_fits_a_screen(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    done = run(*arguments, at=tmp_path)
    assert done.returncode == 0
    lines = done.stdout.decode().splitlines()
    assert len(lines) <= 40
    assert max(map(len, lines)) <= 80
    assert any("--diff" in line for line in lines)


def test_help_has_examples_and_commands(tmp_path: Path) -> None:
    told = run("--help", at=tmp_path).stdout
    assert b"Examples:" in told
    assert all(command in told for command in (b"convert", b"explain", b"rules"))


@pytest.mark.parametrize("arguments", [("--version",), ("convert", "--version"), ("--diff", "--version")])
def test_the_version_is_told(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    assert run(*arguments, at=tmp_path).stdout.startswith(b"scratchify 0.")


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (("--di",), "--diff"),
        (("expl",), "explain"),
        (("explain", "--cont"), "--context"),
        (("convert", "--j"), "--jobs"),
    ],
)
def test_the_shell_completes(tmp_path: Path, words: tuple[str, ...], offered: str) -> None:
    line = {"COMP_WORDS": f"scratchify {' '.join(words)}", "COMP_CWORD": str(len(words))}
    environment = {**os.environ, **line, "_SCRATCHIFY_COMPLETE": "bash_complete"}
    command = [sys.executable, "-m", "scratchify"]
    done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert f"plain,{offered}" in done.stdout.splitlines()


# What is named, and what is found


def test_a_named_file_that_is_no_dockerfile_is_an_error_and_the_others_are_done(tmp_path: Path) -> None:
    file = project(tmp_path)
    for name, content in (("empty", b"\n"), ("wrong", INVALID.encode()), ("binary", b"FROM golang\n\0\n")):
        (tmp_path / name).write_bytes(content)
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    long = "x" * 300
    names = ["missing", long, "empty", "wrong", "binary", "folder", "pipe", "/dev/zero"]
    done = run("--quiet", *names, "Dockerfile", at=tmp_path)
    assert done.returncode == 3
    assert is_rewritten(file)
    said = done.stderr.decode().splitlines()
    assert [line.split(": ")[0] for line in said] == [
        "missing",
        long,
        "empty:1",
        "wrong:2",
        "binary:2",
        "folder",
        "pipe",
        "/dev/zero",
    ]


def test_a_found_file_that_is_no_dockerfile_is_unchanged(tmp_path: Path) -> None:
    for name, content in (("empty", b""), ("wrong", INVALID.encode()), ("binary", b"FROM golang\n\0\n")):
        (tmp_path / f"Dockerfile.{name}").write_bytes(content)
    done = run("--format", "json", at=tmp_path)
    assert done.returncode == 0
    assert [(entry["verdict"], entry["reasons"][0]["rule"]) for entry in entries(done)] == [
        ("unchanged", "invalid-dockerfile"),
        ("unchanged", "empty-file"),
        ("unchanged", "invalid-dockerfile"),
    ]


@pytest.mark.parametrize(
    "names", [("Dockerfile", "Dockerfile"), (".", "Dockerfile"), ("Dockerfile", "./."), ("link", "Dockerfile")]
)
def test_a_file_that_is_named_twice_is_done_once(tmp_path: Path, names: tuple[str, str]) -> None:
    project(tmp_path)
    (tmp_path / "link").symlink_to("Dockerfile")
    done = run("--diff", *names, at=tmp_path)
    assert done.returncode == 0
    assert done.stdout.count(b"diff --git ") == 1


def test_what_is_found_and_named_is_held_to_be_named(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("")
    assert run(".", at=tmp_path).returncode == 0
    assert run(".", "Dockerfile", at=tmp_path).returncode == 3


@pytest.mark.parametrize("name", ["with space", "caf\u00e9", "-x", "new\nline", "\x1b[31mred", b"latin\xe9"])
def test_odd_names_are_files_like_others(tmp_path: Path, name: str | bytes) -> None:
    odd = os.fsdecode(name)
    file = project(tmp_path, odd)
    done = run("--", odd, at=tmp_path)
    assert done.returncode == 0, done.stderr
    assert is_rewritten(file)
    assert b"\x1b" not in done.stderr
    assert b"\nline" not in done.stderr


def test_several_processes_say_the_same_in_the_same_order(tmp_path: Path) -> None:
    for index in range(6):
        project(tmp_path / f"{index}", text=[DOCKERFILE, NOT_GO, INVALID][index % 3])
    one, three = (run("--diff", "--verbose", "--jobs", jobs, at=tmp_path) for jobs in ("1", "3"))
    assert (one.returncode, one.stdout, one.stderr) == (three.returncode, three.stdout, three.stderr)
    assert one.stdout.count(b"diff --git ") == 2
    assert run("--jobs", "3", at=tmp_path).returncode == 0
    assert is_rewritten(tmp_path / "3" / "Dockerfile")


# Writing


def test_the_mode_stays(tmp_path: Path) -> None:
    file = project(tmp_path)
    file.chmod(0o640)
    run("Dockerfile", at=tmp_path)
    assert is_rewritten(file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o640


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_the_owner_stays(tmp_path: Path) -> None:
    file = project(tmp_path)
    os.chown(file, 1234, 2345)
    run("Dockerfile", at=tmp_path)
    assert is_rewritten(file)
    assert (file.stat().st_uid, file.stat().st_gid) == (1234, 2345)


def test_a_link_inside_the_tree_stays_a_link(tmp_path: Path) -> None:
    file = project(tmp_path, "real.txt")
    link = tmp_path / "Dockerfile"
    link.symlink_to("real.txt")
    assert run("Dockerfile", at=tmp_path).returncode == 0
    assert link.is_symlink()
    assert is_rewritten(file)


def test_a_link_out_of_the_tree_is_not_written_through(tmp_path: Path) -> None:
    outside = project(tmp_path / "outside")
    tree = project(tmp_path / "tree").parent
    (tree / "Dockerfile").unlink()
    (tree / "Dockerfile").symlink_to("../outside/Dockerfile")
    done = run("--quiet", "Dockerfile", at=tree)
    assert done.returncode == 3
    assert done.stderr.startswith(b"Dockerfile: a link that leads out of ")
    assert done.stderr.count(b"\n") == 1
    assert not is_rewritten(outside)


@pytest.mark.git
def test_a_folder_that_is_a_link_out_of_the_repository_is_not_written_through(tmp_path: Path) -> None:
    outside = project(tmp_path / "outside")
    repository = tmp_path / "repository"
    subprocess.run(["git", "init", "-q", repository], check=True)
    (repository / "link").symlink_to("../outside")
    assert [run(name, at=repository).returncode for name in ("link", "link/Dockerfile")] == [3, 3]
    assert not is_rewritten(outside)


@pytest.mark.git
def test_the_tree_is_the_repository(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    outside = project(tmp_path / "shared", "real.txt")
    project(tmp_path / "api").unlink()
    (tmp_path / "api" / "Dockerfile").symlink_to("../shared/real.txt")
    assert run("Dockerfile", at=tmp_path / "api").returncode == 0
    assert is_rewritten(outside)


@pytest.mark.parametrize("which", ["file", "folder"])
def test_what_is_read_only_is_left_as_it_is(tmp_path: Path, which: str) -> None:
    file = project(tmp_path / "api")
    locked, mode = (file, 0o444) if which == "file" else (file.parent, 0o555)
    locked.chmod(mode)
    done = run("--quiet", "api/Dockerfile", at=tmp_path)
    locked.chmod(0o755)
    assert done.returncode == 3
    assert done.stderr.startswith(b"api/Dockerfile: cannot be written: ")
    assert done.stderr.count(b"\n") == 1
    assert not is_rewritten(file)
    assert leftovers(tmp_path) == []


def test_a_full_disk_leaves_the_old_file_whole(tmp_path: Path) -> None:
    file = project(tmp_path)

    def allow_few_bytes() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))

    done = run("--quiet", "Dockerfile", at=tmp_path, before=allow_few_bytes)
    assert done.returncode == 3
    assert done.stderr == b"Dockerfile: cannot be written: file too large\n"
    assert file.read_text() == DOCKERFILE
    assert leftovers(tmp_path) == []


def test_a_file_that_changed_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    file = project(tmp_path)
    with pytest.raises(UnwritableFile, match="changed"):
        replace_content(file, b"what was read", b"new", folder=tmp_path)
    assert file.read_text() == DOCKERFILE
    assert leftovers(tmp_path) == []


def test_a_write_that_fails_is_an_error_in_the_report_and_others_are_written(tmp_path: Path) -> None:
    files = [project(tmp_path / name) for name in ("a", "b")]
    files[0].chmod(0o444)
    done = run("--format", "json", at=tmp_path)
    assert done.returncode == 3
    assert [entry["verdict"] for entry in entries(done)] == ["error", "rewritten"]
    assert list(map(is_rewritten, files)) == [False, True]


# Ends


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_an_interruption_leaves_every_file_whole(tmp_path: Path, jobs: str) -> None:
    files = [project(tmp_path / f"{index:03}") for index in range(200)]
    # More is said than a pipe holds, so that it cannot be done before it is interrupted.
    command = [sys.executable, "-m", "scratchify", "--verbose", "--jobs", jobs]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, start_new_session=True) as process:
        assert process.stderr
        process.stderr.readline()
        os.killpg(process.pid, signal.SIGINT)
        said = process.stderr.read().splitlines()
        assert process.wait(30) == 130
    assert said[-1].startswith(b"scratchify: interrupted")
    assert not any(b"Traceback" in line for line in said)
    done = list(map(is_rewritten, files))
    assert done == sorted(done, reverse=True)
    assert not all(done)
    assert leftovers(tmp_path) == []


@pytest.mark.parametrize("arguments", [("--diff",), ("--format", "json", "--diff"), ("--help",), ("rules",)])
def test_a_closed_pipe_is_a_quiet_end(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    project(tmp_path)
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "scratchify", *arguments]
    with subprocess.Popen(command, cwd=tmp_path, stdout=writing, stderr=subprocess.PIPE) as process:
        os.close(writing)
        said = process.communicate(timeout=60)[1]
    assert process.returncode == 0
    assert b"Error" not in said
    assert b"Exception" not in said


def test_head_reads_one_line_of_a_long_diff(tmp_path: Path) -> None:
    for index in range(20):
        project(tmp_path / f"{index}", text=DOCKERFILE + "# a long line\n" * 900)
    command = f"{sys.executable} -m scratchify --quiet --diff . | head -n 1; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], cwd=tmp_path, capture_output=True, check=False, timeout=60)
    assert (done.returncode, done.stdout.count(b"\n"), done.stderr) == (0, 1, b"")


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams_do_no_harm(tmp_path: Path, closed: str) -> None:
    file = project(tmp_path)
    command = f"{sys.executable} -m scratchify --format json . {closed}"
    done = subprocess.run(["bash", "-c", command], cwd=tmp_path, capture_output=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    assert is_rewritten(file)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_output_that_cannot_be_written_is_a_failure(tmp_path: Path) -> None:
    project(tmp_path)
    command = f"{sys.executable} -m scratchify --quiet --diff . > /dev/full"
    done = subprocess.run(["bash", "-c", command], cwd=tmp_path, capture_output=True, check=False, timeout=60)
    assert done.returncode == 3
    assert done.stderr == b"scratchify: the output cannot be written: No space left on device\n"


def test_a_terminal_gets_colours_and_a_pipe_none(tmp_path: Path) -> None:
    project(tmp_path)
    environment = {name: value for name, value in os.environ.items() if name != "NO_COLOR"} | {"TERM": "xterm-256color"}
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "scratchify", "--check"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, stderr=theirs, stdout=subprocess.PIPE, check=False)
    os.close(theirs)
    said = os.read(ours, 100_000)
    os.close(ours)
    assert done.returncode == 1
    assert b"\x1b[1;32mwould be rewritten\x1b[0m" in said
    assert b"\x1b" not in run("--check", at=tmp_path).stderr


def test_a_terminal_is_told_what_it_waits_for_and_a_pipe_is_not(tmp_path: Path) -> None:
    """A program of many packages takes longer than the moment for which nothing is said."""
    project(tmp_path)
    for name, text in many_packages(40, 40).items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "scratchify", "--check"]
    with subprocess.Popen(command, cwd=tmp_path, env={**os.environ, "TERM": "xterm"}, stderr=theirs) as process:
        os.close(theirs)
        said = b""
        with suppress(OSError):  # Linux says so where the other end is gone
            while part := os.read(ours, 65536):
                said += part
    os.close(ours)
    assert process.returncode == 1
    assert b"Dockerfile: reading, 1 of 1" in said
    # it is taken away before the report comes, which begins a line of its own
    assert b"\x1b[2KDockerfile: " in said.replace(b"\x1b[?25h", b"").replace(b"\r", b"").replace(b"\x1b[1A", b"")
    piped = run("--check", at=tmp_path)
    assert b"reading" not in piped.stderr


def test_what_nobody_expected_becomes_a_bug_that_asks_for_a_report() -> None:
    def fail() -> int:
        raise IndexError("list index out of range")

    def refuse() -> int:
        raise UnreadableFile("is gone")

    bug = attempt(fail)
    assert isinstance(bug, Bug)
    assert "please report this" in str(bug)
    assert "IndexError: list index out of range" in str(bug)
    assert isinstance(attempt(refuse), UnreadableFile)
    assert attempt(lambda: 7) == 7


def test_a_mistyped_command_is_no_path_and_nothing_is_written(tmp_path: Path) -> None:
    dockerfile = tmp_path / "Dockerfile"
    dockerfile.write_text("FROM golang:1.22\nCMD x\n")
    done = subprocess.run(
        [sys.executable, "-m", "scratchify", "expalin", "Dockerfile"], cwd=tmp_path, capture_output=True, check=False
    )
    assert done.returncode == 2
    assert b"did you mean explain?" in done.stderr
    assert dockerfile.read_text() == "FROM golang:1.22\nCMD x\n"


def test_what_was_seen_is_called_as_an_editor_would_open_it(tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    service = clone / "services" / "clock"
    project(service)
    (clone / ".git").mkdir()
    (clone / "compose.yaml").write_text("services:\n  clock:\n    build: services/clock\n    command: [./main, x]\n")
    reads = 'package main\n\nimport "os"\n\nfunc main() { os.ReadFile("list.txt") }\n'
    (service / "main.go").write_text(reads)
    (service / "list.txt").write_text("one\n")
    for folder in (clone, service, tmp_path):
        done = run("--diff", "--format", "json", Path(os.path.relpath(service, folder)), at=folder)
        (report,) = entries(done)
        notes = [*report["decisions"], *report["assumptions"]]
        files = {note["path"] for note in notes}
        assert all((folder / file).is_file() for file in files), files
        assert {"compose.yaml", "main.go", "Dockerfile"} <= {Path(file).name for file in files}
