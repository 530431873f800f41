"""Every format says the same of the same files, to the program that reads it, and what files hold stays text."""

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote

import jsonschema
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from scratchify.patch import unified_diff
from scratchify.report import markdown
from scratchify.report.document import FileReport, Note, Sizes
from scratchify.report.formats import Format, in_format
from scratchify.report.table import MOST, table_lines
from scratchify.report.terminal import visible
from tests.test_report import BEFORE, PATH, REFUSED, REWRITTEN, UNCHANGED, report_of, text_of

EVIL = [
    "`</code>`` ``` ~~~",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "@everyone #1 GH-1 !2 octo/cat#3 :tada: $x$ $$y$$ &amp; &#64;x",
    "[x](https://example.com) ![x](x) www.example.com https://example.com a@b.example",
    "| a | b |\n|---|---|",
    "\x1b[31mred\x07 \u202edesrever \udcff \x85",
    "/close\n# heading\n- list\n\n    code",
    "::error file=x::y %0A::set-output",
    "]]> --> {{ x }} {0} \\",
    "",
    " ",
]

markup = st.text("`~*_[]()<>#@&$|!:\\ax1 \n")
texts = st.one_of(st.sampled_from(EVIL), st.text(), markup, st.lists(st.sampled_from(EVIL), max_size=3).map("".join))
said = texts.filter(bool)
notes = st.builds(
    Note,
    rule=st.sampled_from(["cgo", "binary", "of-tomorrow"]),
    message=said,
    path=said,
    line=st.none() | st.integers(1, 5000),
)


@st.composite
def changed(draw: st.DrawFn) -> FileReport:
    """A report of a rewritten file, its diff a real one."""
    before, after = draw(texts), draw(texts)
    path = PurePosixPath(
        draw(st.sampled_from(["Dockerfile", "a b/Dockerfile", "@x/`#1`/Dockerfile", "caf\udce9/Dockerfile"]))
    )
    if before == after:
        after = f"{before}\nFROM scratch\n"
    return FileReport(
        str(path),
        None,
        "rewritten",
        "scratch",
        assumptions=tuple(draw(st.lists(notes, max_size=3))),
        decisions=tuple(draw(st.lists(notes, max_size=3))),
        diff=unified_diff(path, before, after).decode("utf-8", "surrogateescape"),
        sizes=draw(st.none() | st.builds(Sizes, st.integers(0, 10**10), st.integers(0, 10**10))),
    )


kept = st.builds(
    FileReport,
    path=said,
    host=st.none(),
    verdict=st.sampled_from(["unchanged", "refused", "error"]),
    base=st.none(),
    reasons=st.lists(notes, min_size=1, max_size=3).map(tuple),
)
reports = st.lists(changed() | kept, max_size=4)

ALL = [report_of(outcome) for outcome in (REWRITTEN, UNCHANGED, REFUSED)]


# Markdown


def read(text: str) -> list[Any]:
    """Return the tokens of a text, those of lines among the others."""
    found = MarkdownIt("commonmark").enable("table").enable("strikethrough").parse(text)
    return [inner for token in found for inner in (token, *(token.children or []))]


def without_space(text: str) -> str:
    return "".join(text.split())


@given(texts)
@example("it is `$(x)`'s")
def test_prose_is_read_as_what_it_says(text: str) -> None:
    tokens = read(f"- seen: {markdown.prose(text)}")
    assert {token.type for token in tokens} <= {
        *("bullet_list_open", "list_item_open", "paragraph_open", "inline", "text", "code_inline"),
        *("paragraph_close", "list_item_close", "bullet_list_close"),
    }
    said = "".join(token.content for token in tokens if token.type in ("text", "code_inline"))
    assert without_space(said) == without_space(f"seen: {visible(text)}")


@given(texts)
def test_what_a_forge_could_take_for_a_reference_is_code(text: str) -> None:
    outside = " ".join(token.content for token in read(f"- seen {markdown.prose(text)}") if token.type == "text")
    assert not re.search(r"[@#!$%~&^]\w|://|www\.|\bGH-\d|:\w+:|[<>]", outside, re.IGNORECASE | re.ASCII)


@given(texts.filter(lambda text: text.strip() != ""))
def test_code_is_read_as_one_span(text: str) -> None:
    (inline,) = (token for token in read(f"- {markdown.code(text)}") if token.type == "inline")
    (span,) = inline.children
    assert span.type == "code_inline"
    assert span.content == visible(text)


@given(texts.filter(lambda text: text.strip() != ""))
def test_a_cell_stays_one(text: str) -> None:
    table = f"| a | b |\n|---|---|\n| {markdown.cell(markdown.code(text))} | last |\n"
    cells = [token for token in read(table) if token.type == "inline"]
    assert [cell.content for cell in cells[:2]] == ["a", "b"]
    assert len(cells) == 4
    assert cells[3].content == "last"


@given(texts)
def test_a_block_ends_where_it_should(text: str) -> None:
    tokens = read(f"{markdown.block(text, 'diff')}\nafter\n")
    fence, *rest = tokens
    assert fence.type == "fence"
    assert fence.content == "".join(f"{visible(line, keep=chr(9))}\n" for line in text.removesuffix("\n").split("\n"))
    assert [token.type for token in rest] == ["paragraph_open", "inline", "text", "paragraph_close"]


class Tags(HTMLParser):
    """Which elements there are in what is HTML."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        self.found += [tag, *(name for name, _ in attrs)]


@given(reports)
def test_no_report_says_anything_in_markdown_but_what_is_meant(found: list[FileReport]) -> None:
    tokens = read(in_format(found, "markdown").decode())
    tags = Tags()
    tags.feed("".join(token.content for token in tokens if token.type in ("html_block", "html_inline")))
    assert set(tags.found) <= {"details", "summary", "code"}
    kinds = {token.type for token in tokens}
    assert not kinds & {"link_open", "image", "hr", "code_block", "em_open", "strong_open", "s_open", "blockquote_open"}
    headings = [token for token in tokens if token.type == "heading_open"]
    assert len(headings) <= 6


def test_the_markdown_of_a_change_tells_what_why_what_to_check_and_how_to_undo() -> None:
    (report, *_) = ALL
    sized = replace(report, sizes=Sizes(907_000_000, 8_400_000))
    text = in_format([sized], "markdown").decode()
    assert text.startswith("## `api/Dockerfile`: a build stage, and FROM `scratch`\n")
    assert "| `api/Dockerfile` | `FROM scratch` | 907.0 MB | 8.4 MB |" in text
    assert "- [ ] `cmd/api/main.go:41`: `x/y` opens no files (modules)" in text
    assert "- `api/Dockerfile:4`: go build makes main (binary)" in text
    assert "+FROM golang:1.22 AS build" in text
    assert "### To undo" in text


def test_the_markdown_of_a_refusal_is_its_reasons() -> None:
    text = in_format([ALL[2]], "markdown").decode()
    assert text.startswith("## No change to the Dockerfile\n")
    assert '- `main.go:3`: `main.go` imports "C"; build it without (cgo)' in text
    assert "undo" not in text


# SARIF


def log_of(found: Sequence[FileReport]) -> dict[str, Any]:
    log = json.loads(in_format(found, "sarif"))
    assert isinstance(log, dict)
    return log


def results_of(found: Sequence[FileReport]) -> list[dict[str, Any]]:
    (run,) = log_of(found)["runs"]
    results = run["results"]
    assert isinstance(results, list)
    for result in results:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
    return results


@pytest.mark.proxy
@given(reports)
def test_every_log_fits_the_schema_of_sarif(sarif_schema: dict[str, Any], found: list[FileReport]) -> None:
    jsonschema.Draft4Validator(sarif_schema).validate(log_of(found))


@pytest.mark.proxy
def test_the_schema_of_sarif_says_no(sarif_schema: dict[str, Any]) -> None:
    log = log_of(ALL)
    log["runs"][0]["results"][0]["level"] = "terrible"
    with pytest.raises(jsonschema.ValidationError, match="terrible"):
        jsonschema.Draft4Validator(sarif_schema).validate(log)


def test_a_change_is_a_warning_an_assumption_and_a_refusal_are_notes() -> None:
    results = results_of(ALL)
    assert [(result["ruleId"], result["level"]) for result in results] == [
        ("build-stage", "warning"),
        ("modules", "note"),
        ("cgo", "note"),
        ("shell", "note"),
    ]
    change = results[0]
    assert [one["physicalLocation"]["region"]["startLine"] for one in change["relatedLocations"]] == [4, 5]
    assert results[2]["message"]["text"] == 'left as it is: main.go imports "C"; build it without.'


def test_rules_explain_themselves() -> None:
    (run,) = log_of(ALL)["runs"]
    rules = {rule["id"]: rule for rule in run["tool"]["driver"]["rules"]}
    assert "x509" in rules["ca-certificates"]["help"]["text"]
    assert rules["build-stage"]["shortDescription"]["text"].endswith(".")


def replaced(text: str, fix: dict[str, Any]) -> str:
    """Return a text as a reader of SARIF would mend it, from the last replacement to the first (3.57)."""
    (change,) = fix["artifactChanges"]
    starts = [0, *(match.end() for match in re.finditer("\n", text))]

    def offset(line: int, column: int) -> int:
        return starts[line - 1] + column - 1 if line <= len(starts) else len(text)

    for one in reversed(change["replacements"]):
        region = one["deletedRegion"]
        first = offset(region["startLine"], region["startColumn"])
        last = offset(region["endLine"], region["endColumn"])
        text = text[:first] + one["insertedContent"]["text"] + text[last:]
    return text


@given(st.text("ab\n\r é\x0c"), st.text("ab\n\r é\x0c"))
@example("a", "a\n")
@example("a\n", "a")
@example("", "a")
def test_the_fix_makes_of_the_file_what_the_patch_does(before: str, after: str) -> None:
    if before == after:
        return
    diff = unified_diff(PATH, before, after).decode()
    (change, *_) = results_of([replace(report_of(REWRITTEN), diff=diff)])
    (fix,) = change["fixes"]
    assert replaced(before, fix) == after


def test_what_json_cannot_say_is_no_fix() -> None:
    diff = unified_diff(PATH, BEFORE, f"{BEFORE}# caf\udce9\n").decode("utf-8", "surrogateescape")
    (change, *_) = results_of([replace(report_of(REWRITTEN), diff=diff)])
    assert "fixes" not in change


def test_a_path_is_a_reference() -> None:
    note = Note("cgo", "why", "a b/#1?%caf\u00e9/main.go", 3)
    (result,) = results_of([replace(ALL[2], reasons=(note,))])
    found = result["locations"][0]["physicalLocation"]["artifactLocation"]
    assert found["uriBaseId"] == "SRCROOT"
    assert not set(found["uri"]) & set(" #?")
    assert unquote(found["uri"]) == note.path
    (result,) = results_of([replace(ALL[2], reasons=(replace(note, path="/etc/Dockerfile"),))])
    assert result["locations"][0]["physicalLocation"]["artifactLocation"] == {"uri": "file:///etc/Dockerfile"}


@given(reports)
def test_no_two_results_are_known_by_the_same(found: list[FileReport]) -> None:
    marks = [result["partialFingerprints"]["scratchify/v1"] for result in results_of(found)]
    assert len(marks) == len(set(marks))


def test_a_result_is_known_by_the_same_where_lines_move() -> None:
    (old, *_), (new, *_) = (
        results_of([replace(ALL[2], reasons=(Note("cgo", "why", "main.go", line),))]) for line in (3, 30)
    )
    assert old["partialFingerprints"] == new["partialFingerprints"]


# GitHub and GitLab


def commands(found: Sequence[FileReport]) -> list[tuple[str, dict[str, str], str]]:
    """Return the commands that a runner would read of the output, with what they say."""
    read = []
    for line in in_format(found, "github").decode().split("\n")[:-1]:
        match = re.fullmatch(r"::(\w+) (.*?)::(.*)", line)
        assert match, line
        pairs = (part.partition("=") for part in match[2].split(","))
        read.append((match[1], {name: unquote(value) for name, _, value in pairs}, unquote(match[3])))
    return read


def test_annotations_stand_at_their_lines() -> None:
    assert [(level, at["file"], at["line"], text) for level, at, text in commands(ALL)] == [
        ("notice", "api/Dockerfile", "1", "can be FROM scratch"),
        ("warning", "cmd/api/main.go", "41", "assumed: x/y opens no files"),
        ("notice", "main.go", "3", 'left as it is: main.go imports "C"; build it without'),
        ("notice", "api/Dockerfile", "5", "left as it is: CMD is shell form; write it as exec form"),
    ]


@given(reports)
def test_a_file_gives_a_runner_no_command(found: list[FileReport]) -> None:
    for level, at, _ in commands(found):
        assert level in ("notice", "warning", "error")
        assert set(at) == {"file", "line", "title"}


QUALITY = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["description", "check_name", "fingerprint", "severity", "location"],
        "additionalProperties": False,
        "properties": {
            "description": {"type": "string", "minLength": 1},
            "check_name": {"type": "string", "minLength": 1},
            "fingerprint": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "type": "object",
                "required": ["path", "lines"],
                "properties": {
                    "path": {"type": "string", "pattern": r"^(?!\./)"},
                    "lines": {
                        "type": "object",
                        "required": ["begin"],
                        "properties": {"begin": {"type": "integer", "minimum": 1}},
                    },
                },
            },
        },
    },
}
"""What GitLab says that it reads: https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format."""


@given(reports)
def test_code_quality_is_what_gitlab_reads(found: list[FileReport]) -> None:
    issues = json.loads(in_format(found, "gitlab"))
    jsonschema.validate(issues, QUALITY)
    marks = [issue["fingerprint"] for issue in issues]
    assert len(marks) == len(set(marks))


def test_code_quality_has_the_same_as_the_annotations() -> None:
    issues = json.loads(in_format(ALL, "gitlab"))
    assert [(issue["location"]["path"], issue["location"]["lines"]["begin"]) for issue in issues] == [
        (at["file"], int(at["line"])) for _, at, _ in commands(ALL)
    ]
    assert [issue["severity"] for issue in issues] == ["major", "minor", "info", "info"]


# every format


@pytest.mark.parametrize("wanted", ["json", "sarif", "github", "gitlab", "markdown", "html"])
@given(found=reports)
def test_no_document_holds_what_a_terminal_obeys(wanted: Format, found: list[FileReport]) -> None:
    text = in_format(found, wanted).decode("utf-8")
    assert all(c.isprintable() or c in "\n\t" for c in text)


# the table


def test_the_table_has_a_line_for_what_needs_eyes() -> None:
    sized = replace(ALL[0], sizes=Sizes(907_000_000, 8_400_000))
    assert text_of(list(table_lines([ALL[1], ALL[2], sized]))) == [
        "Dockerfile      verdict    base     why",
        "api/Dockerfile  rewritten  scratch  907.0 MB -> 8.4 MB, 1 to check",
        "api/Dockerfile  refused    -        cgo, shell",
    ]


def test_a_table_of_nothing_is_none_and_a_long_one_has_an_end() -> None:
    assert [*table_lines([ALL[1]])] == []
    many = text_of(list(table_lines([ALL[2]] * (MOST + 7))))
    assert len(many) == MOST + 2
    assert many[-1].startswith("and 7 more")


def test_what_files_hold_does_not_reach_the_table_as_a_command() -> None:
    evil = replace(ALL[2], path="a\x1b[31m/Dockerfile")
    assert "a\\x1b[31m/Dockerfile" in text_of(list(table_lines([evil])))[1]
