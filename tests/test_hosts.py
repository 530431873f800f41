"""Dockerfiles in Python source and compose files: what is found, what becomes of it, and what is left alone."""

import shutil
import subprocess
from pathlib import Path

import pytest

from scratchify.context import DirectoryContext
from scratchify.examination.examine import Examined, examine, tasks_of
from scratchify.examination.stacking import Stack
from scratchify.outcome import Rewritten
from scratchify.refactor import refactor
from tests.evaluating import said_by_compose, said_by_python
from tests.test_cli import entries, run
from tests.test_startup import imported_by

EMBEDDED = Path(__file__).parent / "embedded"
FIXTURES = sorted(path for path in EMBEDDED.iterdir() if path.is_file())
LEFT_ALONE = sorted((EMBEDDED / "left_alone").iterdir())

VARIABLES = {"REVISION": "3f2a"}
"""Of the environment in which compose files are read."""

WORKERS = {"pulumi_dict.py": ["worker"], "two_in_one.py": ["app", "worker"], "compose_strip.yml": ["worker", "app"]}
WORKERS["compose_quoted.yml"] = ["app", "worker"]
"""Contexts of the Dockerfiles of a fixture, where they are not only `app`."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("app", "worker"):
        shutil.copytree(EMBEDDED / name, tmp_path / name)
    return tmp_path


def said(path: Path, text: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the Dockerfiles that a file says when it is run, or read by compose."""
    if path.suffix != ".py":
        return said_by_compose(text, VARIABLES)
    scene = folder / "scene"
    shutil.rmtree(scene, ignore_errors=True)
    scene.mkdir()
    return said_by_python(text, scene, monkeypatch.chdir)


def results(file: Path) -> list[Examined]:
    """Return what becomes of each Dockerfile in a file, one on top of the other; `app` is the context."""
    stack = Stack()
    tasks = tasks_of([str(file)], file.parent / "app", {})
    return [stack.kept(stack.on_top(examine(task))) for task in tasks]


@pytest.mark.parametrize("line_end", ["\n", "\r\n"], ids=["lf", "crlf"])
@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.name)
def test_what_a_file_says_afterwards_is_what_the_plain_refactoring_gives(
    path: Path, line_end: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = path.read_text(encoding="utf-8")
    contexts = WORKERS.get(path.name, ["app"])
    dockerfiles = said(path, text, folder, monkeypatch)
    assert len(dockerfiles) == len(contexts)
    expected = []
    for dockerfile, context in zip(dockerfiles, contexts, strict=True):
        outcome = refactor(dockerfile, DirectoryContext(folder / context))
        assert isinstance(outcome, Rewritten)
        expected.append(outcome.text)

    file = folder / path.name
    file.write_bytes(text.replace("\n", line_end).encode())
    after = results(file)[-1].after or b""
    assert after.count(b"\r\n") == (after.count(b"\n") if line_end == "\r\n" else 0)
    assert said(path, after.decode(), folder, monkeypatch) == expected
    file.write_bytes(after)
    assert {result.report.reasons[0].rule for result in results(file)} == {"multi-stage"}


# What is left alone


LEFT = {
    "binary_name.py": (0, "refused", "{BINARY} would have to go to another place"),
    "done_already.py": (0, "unchanged", "has 2 stages already"),
    "filled_elsewhere.py": (0, "refused", "{revision} looks like a placeholder, and what fills it in is not seen"),
    "helm.yml": (3, "error", "no YAML that can be read"),
    "ignored.py": (0, "unchanged", "a comment says to leave this Dockerfile alone"),
    "jinja_template.py": (0, "refused", "{{ workdir }} looks like a placeholder, and what fills it in is not seen"),
    "lone_dollar.yml": (0, "refused", "a $ that compose does not understand; it takes $$ for one"),
    "order_of_arguments.py": (0, "refused", "{} is filled in by its position, which would change"),
    "prose.py": (0, "unchanged", "holds no Dockerfile that builds Go"),
    "python_2.py": (3, "error", "no Python that can be read"),
    "raw_without_place.py": (0, "refused", "some of its lines have a string of their own, and others not"),
    "remote_context.py": (0, "refused", "its build context is https://github.com/example/app.git"),
    "remote_context.yml": (0, "refused", "its build context is https://github.com/example/app.git"),
    "setting.py": (0, "refused", 'what {os.environ["CONFIG"]} stands for is not said in this file'),
    "shell_command.py": (0, "refused", "configure-and-go-build.sh"),
    "starred_lines.py": (0, "refused", "extra stands for whole lines"),
    "syntax_error.py": (3, "error", "no Python that can be read"),
    "template_of_python.py": (3, "error", "no Python that can be read"),
    "two_contexts.yml": (0, "refused", "services build it from several contexts: app, worker"),
    "two_texts_of_one_name.py": (0, "refused", "text is given other values too, and something is put in"),
    "unknown_variable.yml": (0, "refused", "what ${WORKDIR} stands for is not said in this file"),
    "unknown_version.py": (0, "refused", "what {go_version} stands for is not said in this file"),
    "whole_lines.py": (0, "refused", "{steps} stands for whole lines"),
}
"""Exit status, verdict, and what is said of each file."""


def test_every_file_that_is_left_alone_has_its_reason() -> None:
    assert {path.name for path in LEFT_ALONE} == LEFT.keys()


@pytest.mark.parametrize("path", LEFT_ALONE, ids=lambda path: path.name)
def test_a_file_is_left_alone_for_a_reason_that_is_told(path: Path, folder: Path) -> None:
    file = folder / path.name
    file.write_bytes(path.read_bytes())
    status, verdict, why = LEFT[path.name]
    done = run("--format", "json", path.name, at=folder)
    assert (done.returncode, file.read_bytes()) == (status, path.read_bytes())
    assert why in done.stderr.decode()
    assert {entry["verdict"] for entry in entries(done)} == {verdict}


# On the command line


IMAGE = 'import docker\n\ndocker.build(path="app", fileobj="""{}""")\n'
PLAIN = 'FROM golang:1.22\nWORKDIR /app\nCOPY . .\nRUN go build -o app .\nCMD ["./app"]\n'


def mixed(folder: Path) -> Path:
    """Put a Dockerfile, two Python files and a compose file into a folder, and two that nobody writes by hand."""
    (folder / "Dockerfile").write_text("FROM node:22\nCMD node .\n")
    (folder / "deploy.py").write_text(IMAGE.format(PLAIN))
    (folder / "other.py").write_text("print('no golang')\n")
    (folder / "compose.yml").write_bytes((EMBEDDED / "compose_literal.yml").read_bytes())
    (folder / "made.py").write_text("# generated by a program\n" + IMAGE.format(PLAIN))
    installed = folder / "venv" / "site-packages"
    installed.mkdir(parents=True, exist_ok=True)
    (installed / "docker.py").write_text(IMAGE.format(PLAIN))
    return folder


def test_a_folder_is_searched_for_plain_dockerfiles_only(folder: Path) -> None:
    done = run("--check", "--format", "json", at=mixed(folder))
    assert [entry["path"] for entry in entries(done)] == ["Dockerfile"]


@pytest.mark.parametrize("is_said_by_file", [False, True], ids=["option", "configuration"])
def test_a_folder_is_searched_for_other_files_where_that_is_wanted(folder: Path, *, is_said_by_file: bool) -> None:
    if is_said_by_file:
        (folder / ".scratchify.toml").write_text("embedded = true\n")
    done = run("--check", "--format", "json", *([] if is_said_by_file else ["--embedded"]), at=mixed(folder))
    told = [(entry["path"], entry["host"], entry["verdict"]) for entry in entries(done)]
    assert told == [
        ("Dockerfile", None, "unchanged"),
        ("compose.yml", {"kind": "compose", "line": 7}, "rewritten"),
        ("deploy.py", {"kind": "python", "line": 3}, "rewritten"),
    ]
    assert done.returncode == 1


def test_what_is_generated_or_vendored_is_skipped_with_a_word(folder: Path) -> None:
    quiet, told = (run("--diff", "--embedded", *more, at=mixed(folder)) for more in ([], ["--verbose"]))
    assert b"skipped" not in quiet.stderr
    assert b"made.py: skipped: it says that it is generated\n" in told.stderr
    assert b"venv/site-packages/docker.py: skipped: it lies in" in told.stderr
    assert run("--check", "made.py", at=folder).returncode == 1  # who names it means it


def test_a_file_without_a_dockerfile_is_no_error(folder: Path) -> None:
    done = run("other.py", at=mixed(folder))
    assert (done.returncode, b"other.py: unchanged: no-dockerfile: " in done.stderr) == (0, True)


def test_reports_name_the_line_of_the_file_and_of_the_dockerfile(folder: Path) -> None:
    text = IMAGE.format(PLAIN.replace("go build -o", "make"))
    (folder / "deploy.py").write_text(text)
    done = run("deploy.py", at=folder)
    assert b"deploy.py:3: refused" in done.stderr
    assert b"\ndeploy.py:6 (line 4): " in done.stderr
    (entry,) = entries(run("--format", "json", "deploy.py", at=folder))
    assert {(note["line"], note["inside"]) for note in entry["reasons"]} >= {(6, 4)}


def test_explain_shows_the_decisions_on_a_dockerfile_in_another_file(folder: Path) -> None:
    done = run("explain", "deploy.py", at=mixed(folder))
    assert done.returncode == 0
    assert b"deploy.py:3: would be rewritten, FROM scratch\n" in done.stdout
    assert b"  deploy.py:6" in done.stdout


@pytest.mark.parametrize("name", ["two_in_one.py", "compose_strip.yml"])
@pytest.mark.git
def test_the_patches_of_several_dockerfiles_in_one_file_apply_one_after_the_other(name: str, folder: Path) -> None:
    file = folder / name
    file.write_bytes((EMBEDDED / name).read_bytes())
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    patch = run("--diff", "--jobs", "2", name, at=folder).stdout
    assert patch.count(b"diff --git") == 2
    subprocess.run(["git", "apply", "-"], cwd=folder, input=patch, check=True)
    applied = file.read_bytes()
    file.write_bytes((EMBEDDED / name).read_bytes())
    assert run(name, at=folder).returncode == 0
    assert file.read_bytes() == applied


def test_a_file_keeps_its_mode_and_a_link_out_of_the_tree_is_left_alone(folder: Path) -> None:
    file = folder / "deploy.py"
    file.write_text(IMAGE.format(PLAIN))
    file.chmod(0o755)
    assert run("deploy.py", at=folder).returncode == 0
    assert (file.stat().st_mode & 0o777, "FROM scratch" in file.read_text()) == (0o755, True)

    outside, inside = folder / "outside.py", folder / "tree"
    outside.write_text(IMAGE.format(PLAIN))
    (inside / "app").mkdir(parents=True)
    (inside / "link.py").symlink_to(outside)
    run("--embedded", ".", at=inside)
    assert outside.read_text() == IMAGE.format(PLAIN)


def test_a_service_that_runs_its_image_with_a_shell_gets_one(folder: Path) -> None:
    text = (EMBEDDED / "compose_literal.yml").read_text()
    file = folder / "compose.yml"
    file.write_text(text.replace("    ports:", '    command: ["/bin/sh", "-c", "echo ready && ./app"]\n    ports:'))
    done = run("compose.yml", at=folder)
    assert done.returncode == 0
    assert b"FROM scratch" not in file.read_bytes()
    assert b"runs /bin/sh -c" in done.stderr


def test_what_has_an_unknown_value_is_not_built_for_a_proof(folder: Path) -> None:
    labelled = PLAIN.replace("COPY", "LABEL by={user}\nCOPY")
    (folder / "deploy.py").write_text(IMAGE.format(labelled).replace('="""', '=f"""'))
    done = run("verify", "deploy.py", at=folder)
    assert done.returncode == 4
    assert b"what {user} stands for is not known" in done.stdout


@pytest.mark.parametrize("arguments", [["."], ["other.py"], ["--embedded", "."]])
def test_a_parser_is_loaded_only_for_a_file_that_may_hold_a_dockerfile(arguments: list[str], tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM node:22\nCMD node .\n")
    (tmp_path / "other.py").write_text("print('FROM node:22')\n")
    (tmp_path / "workflow.yml").write_text("on: push\njobs:\n  a:\n    run: go build\n")
    assert not {"libcst", "ruamel", "ruamel.yaml"} & imported_by(["--check", *arguments], tmp_path)


def test_a_dockerfile_with_the_ending_of_python_is_one(folder: Path) -> None:
    (folder / "app" / "Dockerfile.py").write_text(PLAIN)
    assert run("app/Dockerfile.py", at=folder).returncode == 0
    assert "FROM scratch" in (folder / "app" / "Dockerfile.py").read_text()


def test_bytes_that_are_no_utf_8_are_told_with_their_line(folder: Path) -> None:
    file = folder / "deploy.py"
    file.write_bytes(b"# -*- coding: latin-1 -*-\n# \xe9\n" + IMAGE.format(PLAIN).encode())
    done = run("deploy.py", at=folder)
    assert (done.returncode, b"deploy.py:2: bytes that are no UTF-8" in done.stderr) == (3, True)
