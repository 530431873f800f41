"""Dockerfiles in Python source and compose files: what is found, what becomes of it, and what is left alone."""

import shutil
from pathlib import Path

import pytest

from scratchify.context import DirectoryContext
from scratchify.outcome import Rewritten
from scratchify.refactor import refactor
from tests.evaluating import said_by_compose, said_by_python
from tests.test_cli import entries, run

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
    done = run("--context", "app", file, at=folder)
    after = file.read_bytes().decode()
    assert (done.returncode, b"refused" in done.stderr) == (0, False), done.stderr
    assert after.count("\n") - after.count("\r\n") == (after.count("\n") if line_end == "\n" else 0)
    assert said(path, after, folder, monkeypatch) == expected
    assert run("--check", "--context", "app", file, at=folder).returncode == 0


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
    done = run(path.name, at=folder)
    assert (done.returncode, file.read_bytes()) == (status, path.read_bytes())
    assert why in done.stderr.decode()
    done = run("--format", "json", path.name, at=folder)
    assert {entry["verdict"] for entry in entries(done)} == {verdict}
