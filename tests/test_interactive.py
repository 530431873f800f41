"""`--interactive`: nothing is written that nobody said yes to."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.test_cli import DOCKERFILE, is_rewritten, leftovers, project, run


def asked(folder: Path, answers: str, editor: str = "", path: str = ".") -> "subprocess.CompletedProcess[str]":
    """Run with these answers; `editor` is a program in Python that gets the text of the patch as `text`."""
    script = folder / "editor.py"
    script.write_text(
        "import sys\nfrom pathlib import Path\npath = Path(sys.argv[1])\ntext = path.read_text()\n"
        f"{editor}\npath.write_text(text)\n"
    )
    environment = {**os.environ, "VISUAL": f"{sys.executable} {script}"}
    command = [sys.executable, "-m", "scratchify", "-p", path]
    return subprocess.run(
        command, cwd=folder, input=answers, env=environment, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize(
    ("answers", "wanted"),
    [
        ("y\ny\ny\n", "abc"),
        ("y\nn\ny\n", "ac"),
        ("y\nq\n", "a"),
        ("y\n", "a"),
        ("", ""),
        ("?\nwhat\n\nyes\nn\nn\n", "a"),
    ],
)
def test_only_what_was_said_yes_to_is_written(tmp_path: Path, answers: str, wanted: str) -> None:
    files = {name: project(tmp_path / name) for name in "abc"}
    done = asked(tmp_path, answers)
    assert done.returncode == 0, done.stderr
    assert {name for name, file in files.items() if is_rewritten(file)} == set(wanted)
    assert leftovers(tmp_path) == []


def test_a_change_is_shown_with_its_evidence_before_it_is_asked_for(tmp_path: Path) -> None:
    project(tmp_path)
    done = asked(tmp_path, "?\nn\n")
    assert "Dockerfile:4: binary: go build makes /app/main, which line 5 starts\n" in done.stderr
    assert "+FROM scratch\n" in done.stdout
    assert done.stderr.index("binary: go build") < done.stderr.index("Rewrite Dockerfile [y,n,e,q,?]? ")
    assert "e - edit the patch" in done.stderr
    assert "unchanged: declined: left as it is, as you chose" in done.stderr


def test_an_edited_patch_is_counted_anew_and_written(tmp_path: Path) -> None:
    file = project(tmp_path)
    edit = "text = text.replace('+FROM scratch\\n', '+# small\\n+FROM scratch\\n+LABEL a=b\\n')"
    done = asked(tmp_path, "e\ny\n", edit)
    assert done.returncode == 0, done.stderr
    assert "\n# small\nFROM scratch\nLABEL a=b\n" in file.read_text()
    assert "+LABEL a=b\n" in done.stdout


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        ("text = ''", "edited:1: there is no patch in it"),
        ("text = text.replace('-FROM golang:1.22\\n', '-FROM golang:1.23\\n')", "line 1 is 'FROM golang:1.22', not"),
        ("text = text.replace('/Dockerfile', '/main.go')", "it is not of Dockerfile alone"),
        ("text = text.replace('+FROM scratch', '+FROMM scratch')", "FROMM"),
        ("sys.exit(1)", "editor:1: "),
    ],
)
def test_a_patch_that_was_spoilt_is_the_old_one_again(tmp_path: Path, edit: str, told: str) -> None:
    file = project(tmp_path)
    done = asked(tmp_path, "e\nn\n", edit)
    assert done.returncode == 0, done.stderr
    assert told in done.stderr
    assert "; the patch is as it was\n" in done.stderr
    assert done.stdout.count("+FROM scratch\n") == 2
    assert not is_rewritten(file)


@pytest.mark.parametrize("other", ["--diff", "--check", "--quiet", "--stat", "--format=json"])
def test_what_asks_for_nothing_has_nothing_to_ask(tmp_path: Path, other: str) -> None:
    project(tmp_path)
    assert run("-p", other, at=tmp_path).returncode == 2


def test_a_dockerfile_in_another_file_is_edited_there(tmp_path: Path) -> None:
    project(tmp_path).unlink()
    compose = tmp_path / "compose.yaml"
    text = DOCKERFILE.replace("\n", "\n        ").rstrip(" ")
    compose.write_text(f"services:\n  api:\n    build:\n      context: .\n      dockerfile_inline: |\n        {text}")
    edit = "text = text.replace('+        FROM scratch\\n', '+        FROM scratch\\n+        LABEL a=b\\n')"
    done = asked(tmp_path, "e\ny\n", edit, "compose.yaml")
    assert done.returncode == 0, done.stderr
    assert "        FROM scratch\n        LABEL a=b\n" in compose.read_text()
    assert "# compose.yaml, hunk 1 of 1:\n#   compose.yaml:6 (line 1): build-stage: " in done.stdout
