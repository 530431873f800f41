"""Images that run steps of their own at FROM: golang:onbuild."""

from collections.abc import Mapping

import pytest

from scratchify.analysis.triggers import plain_image
from scratchify.knowledge.images import base_image
from scratchify.model import Copy, Run, understand
from scratchify.syntax import parse
from tests.deciding import final_stage, reasons, rewritten

MAIN = {"main.go": "package main\n\nfunc main() {}\n"}
DATA = {**MAIN, "templates/index.html": "<p>\n", "README.md": "# app\n"}
HEAD = """\
FROM golang:1.8 AS build
ENV CGO_ENABLED=0
WORKDIR /go/src/app
COPY . /go/src/app
RUN go-wrapper download
RUN go-wrapper install
"""
START = ["WORKDIR /go/src/app", "COPY --from=build /go/bin/app /go/bin/app"]


@pytest.mark.parametrize(
    ("image", "plain"),
    [
        ("golang:onbuild", "golang:1.8"),
        ("golang:1-onbuild", "golang:1.8"),
        ("golang:1.6-onbuild", "golang:1.6"),
        ("golang:1.5.3-onbuild", "golang:1.5.3"),
        ("mirror.example:5000/library/golang:1.7-onbuild", "mirror.example:5000/library/golang:1.7"),
        ("golang:1.9-onbuild", None),
        ("golang:1.8", None),
        ("golang:1.8-onbuild@sha256:0", None),
    ],
)
def test_an_onbuild_image_begins_from_a_plain_one(image: str, plain: str | None) -> None:
    assert plain_image(image) == plain


@pytest.mark.parametrize("tag", ["1.3-onbuild", "1.4-onbuild", "1.6-onbuild", "onbuild"])
def test_triggers_change_no_state(tag: str) -> None:
    """The walk takes what holds at FROM for all of them."""
    base = base_image("golang", tag)
    assert base
    stage = understand(parse("\n".join(("FROM a", *base.onbuild)))).stages[0]
    assert stage.instructions
    assert all(isinstance(instruction, Copy | Run) for instruction in stage.instructions)


def test_triggers_are_written_out_behind_the_switch() -> None:
    after = rewritten('FROM golang:onbuild\nCMD ["app"]\n', DATA)
    assert after.startswith(HEAD)


@pytest.mark.parametrize(
    ("dockerfile", "lines"),
    [
        ("FROM golang:onbuild", ['ENTRYPOINT ["/go/bin/app"]']),
        ("FROM golang:onbuild\nEXPOSE 80\n", ["EXPOSE 80", 'ENTRYPOINT ["/go/bin/app"]']),
        ("FROM golang:onbuild\n# port\nEXPOSE 80", ["# port", "EXPOSE 80", 'ENTRYPOINT ["/go/bin/app"]']),
        ("FROM golang:onbuild\nCMD app -v\n", ['ENTRYPOINT ["/go/bin/app"]', 'CMD ["-v"]']),
        ('FROM golang:onbuild\nENTRYPOINT ["/go/bin/app"]\n', ['ENTRYPOINT ["/go/bin/app"]']),
    ],
)
def test_the_program_of_the_triggers_starts(dockerfile: str, lines: list[str]) -> None:
    assert final_stage(dockerfile, MAIN) == START + lines


def test_a_file_that_ends_in_from_stays_one_that_ends_bare() -> None:
    after = rewritten("FROM golang:onbuild", MAIN)
    assert after.startswith(HEAD)
    assert after.endswith('ENTRYPOINT ["/go/bin/app"]')


def test_written_out_steps_follow_the_habits_of_the_file() -> None:
    after = rewritten("ARG A=1\r\nfrom golang:1.8-onbuild as web\r\ncmd app\r\n", MAIN)
    assert "\r\nfrom golang:1.8 as build\r\nenv CGO_ENABLED=0\r\nworkdir /go/src/app\r\ncopy . /go/src/app\r\n" in after
    assert "\n" not in after.replace("\r\n", "")


def test_the_files_of_the_project_come_along() -> None:
    files = {**DATA, "data.go": 'package main\n\nimport "os"\n\nvar pages = os.DirFS("templates")\n'}
    after = rewritten("FROM golang:onbuild\nEXPOSE 80\n", files)
    assert "COPY --from=build /go/src/app/templates /go/src/app/templates\n" in after
    assert "README" not in after


def test_a_folder_below_is_meant_from_the_folder_of_the_image() -> None:
    after = rewritten("FROM golang:onbuild\nWORKDIR templates\nCMD app\n", DATA)
    assert "\nWORKDIR /go/src/app/templates\n" in after


def test_what_follows_sees_what_the_triggers_made() -> None:
    after = rewritten("FROM golang:onbuild\nRUN mv /go/bin/app /srv/site\nCMD /srv/site\n", MAIN)
    assert "COPY --from=build /srv/site /srv/site\n" in after


@pytest.mark.parametrize(
    ("dockerfile", "files", "rule", "words"),
    [
        ("FROM golang:1.4-onbuild\nCMD app\n", MAIN, "static-binary", "newer Go"),
        ("FROM golang:1.9-onbuild\nCMD app\n", MAIN, "onbuild-triggers", "write them out"),
        ("FROM golang:1.8-onbuild@sha256:0\nCMD app\n", MAIN, "onbuild-triggers", "write them out"),
        ("ARG V=1.8\nFROM golang:$V-onbuild\nCMD app\n", MAIN, "onbuild-triggers", "write them out"),
        ("FROM golang:onbuild\nRUN go test ./...\nCMD app\n", MAIN, "onbuild-triggers", "tests or tools"),
        (
            "FROM golang:onbuild\nCMD app\n",
            {"main.go": 'package main // import "example.com/x"\n\nfunc main() {}\n'},
            "followed-steps",
            "import path",
        ),
        (
            "FROM golang:onbuild\nCMD app\n",
            {"main.go": 'package main\n\nimport "C"\n\nfunc main() {}\n'},
            "cgo",
            'imports "C"',
        ),
    ],
)
def test_triggers_that_cannot_be_written_out_are_refused(
    dockerfile: str, files: Mapping[str, str], rule: str, words: str
) -> None:

    line, why = reasons(dockerfile, files)[rule]
    assert words in why
    assert line == (3 if rule == "cgo" else 2 if dockerfile.startswith("ARG") else 1)
