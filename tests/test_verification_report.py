"""What a verification found, as text, as JSON, and while it is under way."""

import io
import json
import sys
from importlib import resources

import jsonschema
import pytest

from scratchify.engine.comparison import Comparison
from scratchify.engine.contents import Limit
from scratchify.engine.verification import (
    CannotVerify,
    Differs,
    Evidence,
    OriginalFails,
    Side,
    Verification,
    Verified,
)
from scratchify.report.document import FileReport, Note
from scratchify.report.json import encoded
from scratchify.report.progress import ToldProgress
from scratchify.report.side_by_side import COLUMN, verification_lines
from scratchify.report.verification import verification_report, verifications, without_result

SCHEMA = json.loads(resources.files("scratchify.report").joinpath("verification.schema.json").read_text("utf-8"))
REWRITTEN = FileReport("api/Dockerfile", None, "rewritten", "scratch", diff="--- a\n+++ b\n")


def evidence(*comparisons: Comparison) -> Evidence:
    return Evidence(
        engine="docker 28.0 (BuildKit)",
        original=Side("scratchify-verify:0-original", 900_000_000, 12.34, 0.3),
        result=Side("scratchify-verify:0-result", 11_000_000, 3.21),
        limit=Limit(9_000_000, 1_000_000, 500_000, 0, 3_000_000),
        comparisons=comparisons,
    )


SAME = Comparison("listens on", "8080", "8080", "same")
VARIES = Comparison("standard error", "10 bytes", "10 bytes", "varies")
INTENDED = Comparison("variable PATH", "/go/bin:" * 20, "/bin", "intended", "environment")
DIFFERENT = Comparison("GET / on port 8080, body", "one\ntwo", "one\nthree", "differs")

ANSWERS: list[Verification] = [
    Verified(evidence(SAME, VARIES, INTENDED)),
    Differs(evidence(SAME, DIFFERENT)),
    Differs(None, "the result does not build: no space", ("step 1", "no space")),
    OriginalFails("the original ends with status 1", ("panic: no database",)),
    CannotVerify("no container engine answers"),
]


def said(found: Verification, *, kept: bool = False, verbose: bool = False) -> list[str]:
    lines = verification_lines(verification_report(REWRITTEN, found), kept=kept, verbose=verbose)
    return ["".join(piece.text for piece in line) for line in lines]


@pytest.mark.parametrize("found", ANSWERS, ids=lambda found: type(found).__name__)
def test_every_answer_has_a_document_that_the_schema_describes(found: Verification) -> None:
    document = json.loads(encoded(verifications([verification_report(REWRITTEN, found)])))
    jsonschema.validate(document, SCHEMA)


@pytest.mark.parametrize("verdict", ["unchanged", "refused", "error"])
def test_what_is_not_rewritten_has_a_document_too(verdict: str) -> None:
    note = Note("programs", "runs git", "main.go", 3)
    report = FileReport("Dockerfile", None, verdict, None, reasons=(note,))  # type: ignore[arg-type]  # a parameter
    document = json.loads(encoded(verifications([without_result(report)])))
    jsonschema.validate(document, SCHEMA)
    assert document["verifications"][0]["answer"] == ("error" if verdict == "error" else "nothing-to-verify")


def test_the_first_line_has_the_answer_and_the_reason() -> None:
    assert said(ANSWERS[0])[0] == "api/Dockerfile: verified on docker 28.0 (BuildKit)"
    assert said(ANSWERS[1])[0] == "api/Dockerfile: differs: GET / on port 8080, body"
    assert said(ANSWERS[3])[:2] == [
        "api/Dockerfile: the original fails: the original ends with status 1",
        "  | panic: no database",
    ]


def test_both_sizes_and_the_limit_are_told() -> None:
    lines = said(ANSWERS[0])
    assert "  original   900.0 MB, built in 12.3 s, ready after 0.3 s" in lines
    assert "  result      11.0 MB, built in 3.2 s" in lines
    assert any("the result is 1.048 times that" in line for line in lines)


def test_a_difference_stands_side_by_side() -> None:
    lines = said(ANSWERS[1])
    at = lines.index("  differs: GET / on port 8080, body")
    assert lines[at + 1 : at + 4] == [
        f"    {'original':<{COLUMN}}  result",
        f"    {'one':<{COLUMN}}  one",
        f"    {'two':<{COLUMN}}  three",
    ]


def test_an_intended_difference_has_its_rule_and_no_endless_value() -> None:
    line = next(line for line in said(ANSWERS[0]) if "intended" in line)
    assert line.startswith("  intended (environment): variable PATH: /go/bin:")
    assert len(line) < 120
    assert "/go/bin:" * 20 in "".join(said(ANSWERS[0], verbose=True))


def test_kept_images_are_named_and_others_are_not() -> None:
    assert "  kept: scratchify-verify:0-original scratchify-verify:0-result" in said(ANSWERS[0], kept=True)
    assert not [line for line in said(ANSWERS[0]) if "scratchify-verify" in line]


def test_progress_is_a_line_for_each_thing_done(monkeypatch: pytest.MonkeyPatch) -> None:
    told = Stream()
    monkeypatch.setattr(sys, "stderr", told)
    with ToldProgress(quiet=False, verbose=False) as progress:
        progress.begin("building the original")
        progress.line("#5 [1/2] FROM golang", "[1/2] FROM golang")
        progress.end("built the original in 1.0 s")
    assert told.text == "built the original in 1.0 s\n"


def test_verbose_progress_has_the_log_and_quiet_has_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    for quiet, expected in ((False, "  | #5 [1/2] FROM golang\nbuilt\n"), (True, "")):
        told = Stream()
        monkeypatch.setattr(sys, "stderr", told)
        with ToldProgress(quiet=quiet, verbose=not quiet) as progress:
            progress.begin("building")
            progress.line("#5 [1/2] FROM golang", "[1/2] FROM golang")
            progress.end("built")
        assert told.text == expected


def test_on_a_terminal_there_is_one_live_line(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setenv("TERM", "xterm")
    with ToldProgress(quiet=False, verbose=False) as progress:
        progress.begin("building the result")
        progress.line("", "[1/2] COPY " + "x" * 200)
        progress.end("built the result in 1.0 s")
    shown = terminal.text
    assert "building the result: [1/2] COPY xx" in shown
    assert "x" * 60 not in shown
    assert shown.endswith("built the result in 1.0 s\n")


class Stream(io.TextIOWrapper):
    """Where standard error goes."""

    def __init__(self) -> None:
        super().__init__(io.BytesIO(), "utf-8", newline="\n", write_through=True)

    @property
    def text(self) -> str:
        assert isinstance(self.buffer, io.BytesIO)
        return self.buffer.getvalue().decode()


class Terminal(Stream):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True
