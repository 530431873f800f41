"""Reports: each format says what the outcome holds, and nothing of a file's content reaches a terminal as a command."""

import io
import json
from collections.abc import Iterator
from importlib import resources
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scratchify.decisions import (
    Assume,
    Carry,
    Check,
    Collect,
    Command,
    Decision,
    Divide,
    Example,
    Fetch,
    Finding,
    Provide,
    Refuse,
    Remark,
    Require,
    Rewrite,
    Rule,
)
from scratchify.edits import Edit
from scratchify.errors import BrokenPromise, InvalidDockerfile, ScratchifyError, UnreadableFile, UnwritableFile
from scratchify.outcome import Outcome, Refused, Rewritten, Unchanged
from scratchify.patch import unified_diff
from scratchify.plan import FinalFile, FinalStage
from scratchify.report.document import FileReport, document, file_report
from scratchify.report.explanation import consequence, explanation
from scratchify.report.json import to_json
from scratchify.report.rule_page import rule_list, rule_page
from scratchify.report.terminal import Line, Piece, Screen, report_lines, summary_line, visible
from scratchify.source import Span

if TYPE_CHECKING:
    from scratchify.analysis.facts import Facts
    from scratchify.model import Build

PATH = PurePosixPath("api/Dockerfile")
BEFORE = "FROM golang:1.22\nWORKDIR /app\nCOPY . .\nRUN go build -o main .\nCMD ./main\n"
AFTER = "FROM golang:1.22 AS build\n"
SCHEMA = json.loads(resources.files("scratchify.report").joinpath("schema.json").read_text("utf-8"))

FETCH = Fetch("binary", Finding(None, 4, "go build makes main"), "/app/main", "/app/main")
COMMAND = Command("command", Finding(None, 5, "CMD runs main"), "/app/main", ("/app/main",), ("serve",), ("CMD",), ())
ASSUME = Assume("modules", Finding(PurePosixPath("cmd/api/main.go"), 41, "x/y opens no files"))
STAGE = FinalStage(
    base="scratch",
    binary="/app/main",
    entrypoint=("/app/main",),
    cmd=("serve",),
    workdir="/app",
    user=None,
    env={"MODE": "live"},
    files=(FinalFile("/app/main", "/app/main", "binary"),),
)
REWRITTEN = Rewritten(AFTER, (ASSUME, FETCH, COMMAND), STAGE)
UNCHANGED = Unchanged("not-go", Finding(None, 1, "node is no Go image"))
REFUSED = Refused(
    (
        Refuse("cgo", Finding(PurePosixPath("main.go"), 3, 'main.go imports "C"; build it without')),
        Refuse("shell", Finding(None, 5, "CMD is shell form; write it as exec form")),
    )
)
ERRORS: list[ScratchifyError] = [
    InvalidDockerfile("no FROM", BEFORE, Span(17, 20)),
    InvalidDockerfile("the file is empty", "", Span(0, 0)),
    UnreadableFile("no such file or directory"),
    UnwritableFile("read-only"),
    BrokenPromise("the result does not parse"),
]
OUTCOMES: list[Outcome | ScratchifyError] = [REWRITTEN, UNCHANGED, REFUSED, *ERRORS]


def report_of(outcome: Outcome | ScratchifyError) -> FileReport:
    diff = unified_diff(PATH, BEFORE, outcome.text) if isinstance(outcome, Rewritten) else b""
    return file_report(PATH, outcome, diff)


def entry_of(outcome: Outcome | ScratchifyError) -> dict[str, Any]:
    whole = json.loads(to_json([report_of(outcome)]))
    jsonschema.validate(whole, SCHEMA)
    assert whole["version"] == 1
    [entry] = whole["files"]
    assert isinstance(entry, dict)
    return entry


def text_of(lines: list[Line]) -> list[str]:
    return ["".join(piece.text for piece in line) for line in lines]


def said_of(outcome: Outcome | ScratchifyError, *, written: bool = True, verbose: bool = False) -> list[str]:
    return text_of(list(report_lines(report_of(outcome), written=written, verbose=verbose)))


class Stream(io.TextIOWrapper):
    """A stream in memory that is a terminal or not."""

    def __init__(self, *, is_terminal: bool, encoding: str = "utf-8") -> None:
        self.bytes = io.BytesIO()
        super().__init__(self.bytes, encoding=encoding, newline="")
        self._is_terminal = is_terminal

    def isatty(self) -> bool:
        return self._is_terminal


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_every_outcome_fits_the_schema(outcome: Outcome | ScratchifyError) -> None:
    assert entry_of(outcome)["path"] == "api/Dockerfile"


def test_no_files_are_a_document_too() -> None:
    assert json.loads(to_json([])) == {"version": 1, "files": []}


def test_a_rewritten_file_has_everything() -> None:
    assert entry_of(REWRITTEN) == {
        "path": "api/Dockerfile",
        "host": None,
        "verdict": "rewritten",
        "base": "scratch",
        "reasons": [],
        "assumptions": [
            {"rule": "modules", "message": "x/y opens no files", "path": "cmd/api/main.go", "line": 41, "inside": None}
        ],
        "decisions": [
            {"rule": "binary", "message": "go build makes main", "path": "api/Dockerfile", "line": 4, "inside": None},
            {"rule": "command", "message": "CMD runs main", "path": "api/Dockerfile", "line": 5, "inside": None},
        ],
        "final_stage": {
            "binary": "/app/main",
            "entrypoint": ["/app/main"],
            "cmd": ["serve"],
            "workdir": "/app",
            "user": None,
            "env": {"MODE": "live"},
            "files": [{"source": "/app/main", "target": "/app/main", "rule": "binary"}],
        },
        "diff": unified_diff(PATH, BEFORE, AFTER).decode(),
        "smaller_bases": [],
        "sizes": None,
    }


def test_a_refusal_gives_every_reason() -> None:
    entry = entry_of(REFUSED)
    assert [(reason["rule"], reason["path"], reason["line"]) for reason in entry["reasons"]] == [
        ("cgo", "main.go", 3),
        ("shell", "api/Dockerfile", 5),
    ]
    assert (entry["base"], entry["final_stage"], entry["diff"]) == (None, None, "")


def test_errors_are_told_apart_by_their_rule() -> None:
    reasons = [entry_of(error)["reasons"][0] for error in ERRORS]
    assert [(reason["rule"], reason["line"]) for reason in reasons] == [
        ("invalid-dockerfile", 2),
        ("empty-file", 1),
        ("unreadable-file", None),
        ("unwritable-file", None),
        ("internal-error", None),
    ]


def test_a_place_without_a_line_has_none() -> None:
    [reason] = entry_of(Unchanged("not-go", Finding(None, 0, "no Go")))["reasons"]
    assert reason["line"] is None
    assert said_of(Unchanged("not-go", Finding(None, 0, "no Go"))) == ["api/Dockerfile: unchanged: not-go: no Go"]


def test_bytes_that_are_no_utf8_become_replacement_characters() -> None:
    odd = Unchanged("not-go", Finding(None, 1, "FROM caf\udce9 \u00e9"))
    assert entry_of(odd)["reasons"][0]["message"] == "FROM caf\ufffd \u00e9"
    assert "caf\ufffd \u00e9".encode() in to_json([report_of(odd)])


@given(st.text(st.characters(codec="utf-8")))
def test_json_gives_any_text_back_and_nothing_that_a_terminal_obeys(text: str) -> None:
    written = to_json([report_of(Unchanged("not-go", Finding(None, 1, f"-{text}")))])
    assert json.loads(written)["files"][0]["reasons"][0]["message"] == f"-{text}"
    assert written.decode().replace("\n", "").isprintable()


def test_a_rewritten_file_is_one_line_and_its_assumptions_are_warnings() -> None:
    assert said_of(REWRITTEN) == [
        "api/Dockerfile: rewritten, FROM scratch",
        "cmd/api/main.go:41: assumed: x/y opens no files",
    ]


def test_what_would_be_done_is_not_said_to_be_done() -> None:
    assert said_of(REWRITTEN, written=False)[0] == "api/Dockerfile: would be rewritten, FROM scratch"


def test_verbose_tells_every_decision() -> None:
    assert said_of(REWRITTEN, verbose=True)[1:3] == [
        "api/Dockerfile:4: binary: go build makes main",
        "api/Dockerfile:5: command: CMD runs main",
    ]


def test_a_refusal_reads_like_advice() -> None:
    assert said_of(REFUSED) == [
        "api/Dockerfile: refused, left as it is; what stands in the way:",
        'main.go:3: cgo: main.go imports "C"; build it without',
        "api/Dockerfile:5: shell: CMD is shell form; write it as exec form",
    ]


def test_an_error_is_one_line_with_its_place() -> None:
    assert [said_of(error) for error in ERRORS] == [
        ["api/Dockerfile:2: no FROM"],
        ["api/Dockerfile:1: the file is empty"],
        ["api/Dockerfile: no such file or directory"],
        ["api/Dockerfile: read-only"],
        ["api/Dockerfile: the result does not parse"],
    ]


def test_the_summary_counts_what_there_is() -> None:
    assert text_of([summary_line(["rewritten"], written=True)]) == ["1 Dockerfile: 1 rewritten"]
    assert text_of([summary_line(["error", "refused", "unchanged", "unchanged", "rewritten"], written=False)]) == [
        "5 Dockerfiles: 1 would be rewritten, 2 unchanged, 1 refused, 1 failed"
    ]


CONSEQUENCES: list[tuple[Decision, str]] = [
    (Divide("stages", Finding(None, 1, ""), Span(0, 16)), "becomes the build stage: FROM golang:1.22"),
    (Rewrite("r", Finding(None, 1, ""), Edit(Span(62, 72), "CMD /x")), "CMD ./main becomes CMD /x"),
    (Rewrite("r", Finding(None, 1, ""), Edit(Span(0, 0), "ENV A=b\n")), "added: ENV A=b"),
    (Rewrite("r", Finding(None, 1, ""), Edit(Span(17, 29), "")), "taken out: WORKDIR /app"),
    (Carry("r", Finding(None, 2, ""), Span(17, 29), keep=True), "said in the final stage as well: WORKDIR /app"),
    (Carry("r", Finding(None, 2, ""), Span(17, 38), keep=False), "moved to the final stage: WORKDIR /app …"),
    (FETCH, "copied from the build stage: /app/main"),
    (Fetch("r", Finding(None, 1, ""), "/a", "/b", owner="1:1"), "copied from the build stage: /a to /b, owned by 1:1"),
    (Collect("r", Finding(None, 1, ""), "mkdir", ("/tmp", "/run")), "made in the build stage and copied: /tmp, /run"),
    (Check("r", Finding(None, 1, ""), "test -e x", "libc"), "added to the build stage: RUN test -e x"),
    (Remark("r", Finding(None, 1, "leaves out x")), "as it was chosen"),
    (Provide("r", Finding(None, 1, ""), "USER 1"), "added to the final stage: USER 1"),
    (Provide("r", Finding(None, 1, ""), "ENV A=b", in_build_stage=True), "added to the build stage: ENV A=b"),
    (COMMAND, 'runs /app/main: ENTRYPOINT ["/app/main"], CMD ["serve"]'),
    (Command("r", Finding(None, 1, ""), "/m", None, None, (), ()), "runs /m"),
    (Require("r", Finding(None, 1, ""), "libc"), "the final base must have the C library"),
    (Require("r", Finding(None, 1, ""), "program", "git"), "the final base must have the program git"),
    (ASSUME, "assumed"),
    (REFUSED.reasons[0], "left as it is"),
]


@pytest.mark.parametrize(("decision", "said"), CONSEQUENCES)
def test_each_decision_tells_what_follows_from_it(decision: Decision, said: str) -> None:
    assert consequence(decision, BEFORE) == said


def test_an_explanation_groups_decisions_by_rule_in_the_order_of_the_rules() -> None:
    summaries = {"command": "Run it.", "modules": "Know them.", "binary": "Copy it."}
    assert text_of(list(explanation(report_of(REWRITTEN), REWRITTEN, BEFORE, summaries))) == [
        "api/Dockerfile: would be rewritten, FROM scratch",
        "cmd/api/main.go:41: assumed: x/y opens no files",
        "",
        "command: Run it.",
        "  api/Dockerfile:5: CMD runs main",
        '    runs /app/main: ENTRYPOINT ["/app/main"], CMD ["serve"]',
        "",
        "binary: Copy it.",
        "  api/Dockerfile:4: go build makes main",
        "    copied from the build stage: /app/main",
    ]


@pytest.mark.parametrize("outcome", [REFUSED, UNCHANGED])
def test_an_explanation_of_what_stays_is_its_reasons(outcome: Refused | Unchanged) -> None:
    assert text_of(list(explanation(report_of(outcome), None, BEFORE, {}))) == said_of(outcome)


def decide_nothing(build: "Build", facts: "Facts") -> Iterator[Decision]:
    return iter(())


def test_a_rule_has_a_line_and_a_page() -> None:
    example = Example("FROM golang\n", "FROM golang AS build\n\nFROM scratch\n", {"main.go": "package main\n"})
    kept = Rule("no-shell", "Refuse a shell.", decide_nothing, Example("FROM golang\n"))
    rule = Rule("binary", "Copy the binary.", decide_nothing, example)
    assert text_of(list(rule_list([rule, kept]))) == ["binary    Copy the binary.", "no-shell  Refuse a shell."]
    assert text_of(list(rule_page(rule))) == [
        "binary: Copy the binary.",
        "",
        *(__doc__ or "").strip().split("\n"),
        "",
        "main.go:",
        "    package main",
        "",
        "Dockerfile:",
        "    FROM golang",
        "",
        "Dockerfile, rewritten:",
        "    FROM golang AS build",
        "",
        "    FROM scratch",
    ]
    assert text_of(list(rule_page(kept)))[-1] == "The Dockerfile is left as it is."


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain caf\u00e9 \u65e5", "plain caf\u00e9 \u65e5"),
        ("\x1b[31mred\x07", "\\x1b[31mred\\x07"),
        ("a\nb\tc\r", "a\\nb\\tc\\r"),
        ("\x9b31m\x7f", "\\x9b31m\\x7f"),
        ("\u202edesrever\u2066", "\\u202edesrever\\u2066"),
        ("latin \udce9", "latin \\xe9"),
    ],
)
def test_control_characters_are_shown_and_not_obeyed(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_colours_are_for_terminals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    terminal, pipe = Stream(is_terminal=True), Stream(is_terminal=False)
    for stream in (terminal, pipe):
        Screen(stream).say("Dockerfile: ", Piece("refused \x1b[2J", "bold yellow"))
    assert terminal.bytes.getvalue() == b"Dockerfile: \x1b[1;33mrefused \\x1b[2J\x1b[0m\n"
    assert pipe.bytes.getvalue() == b"Dockerfile: refused \\x1b[2J\n"


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_a_terminal_that_wants_no_colours_gets_none(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv(name, value)
    terminal = Stream(is_terminal=True)
    Screen(terminal).say(Piece("refused", "bold yellow"))
    Screen(terminal).put_diff(b"-a\n+b\n")
    assert terminal.bytes.getvalue() == b"refused\n-a\n+b\n"


def test_a_long_line_is_not_wrapped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    terminal = Stream(is_terminal=True)
    Screen(terminal).say(Piece("word " * 100, "bold"))
    assert terminal.bytes.getvalue().count(b"\n") == 1


def test_content_goes_out_as_it_is_but_not_to_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    content = b"RUN echo \x1b[31m\tcaf\xe9\r\n"
    terminal, pipe = Stream(is_terminal=True), Stream(is_terminal=False)
    for stream in (terminal, pipe):
        Screen(stream).put(content)
    assert pipe.bytes.getvalue() == content
    assert terminal.bytes.getvalue() == b"RUN echo \\x1b[31m\tcaf\\xe9\n"


def test_a_diff_on_a_terminal_is_coloured_and_harmless(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    terminal = Stream(is_terminal=True)
    Screen(terminal).put_diff(b"@@ -1 +1 @@\n-a\x1b[2J\n+b\n \tc\n")
    assert terminal.bytes.getvalue() == (
        b"\x1b[36m@@ -1 +1 @@\x1b[0m\n\x1b[31m-a\\x1b[2J\x1b[0m\n\x1b[32m+b\x1b[0m\n \tc\n"
    )


def test_an_encoding_that_lacks_a_character_gets_an_escape() -> None:
    stream = Stream(is_terminal=False, encoding="ascii")
    Screen(stream).say("caf\u00e9 \u2026")
    assert stream.bytes.getvalue() == b"caf\\xe9 \\u2026\n"


def test_a_stream_that_is_closed_from_the_start_is_left_alone() -> None:
    Screen(None).say("x")
    Screen(None).put(b"x")
    Screen(None).put_diff(b"x")


def test_the_document_is_made_of_plain_values() -> None:
    assert document([report_of(UNCHANGED)])["version"] == 1
