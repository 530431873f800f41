"""The pages of docs/ say what is so: rules, refusals, examples, links."""

import doctest
import re
import subprocess
import sys
from pathlib import Path

import pytest

from scratchify.decisions import Rule
from scratchify.report.rule_page import options_of, reasons_for
from scratchify.rules import RULES

ROOT = Path(__file__).parent.parent
PAGES = sorted((ROOT / "docs").glob("*.md"))
REFUSED = sorted(
    path for path in (ROOT / "fixtures").glob("*/expected.report") if path.read_text("utf-8")[:7] == "refused"
)
FOLLOWS = ("kept-command: ", "computed-paths: ")
"""Reasons that come with another one, which has the advice; strict projects refuse what is assumed, in its words."""

HEAD = """\
# Rules

What each rule does, why, and an example that is also its test. `scratchify rules NAME` shows one of them. This page is
written by the test suite: `pytest tests/test_docs.py --update-golden`.
"""


def rules_page() -> str:
    return HEAD + "".join(map(_page, RULES))


def _page(rule: Rule) -> str:
    example = rule.example
    with_options = " and ".join(f"`{option}`" for option in options_of(rule))
    blocks = [*example.files.items(), ("Dockerfile", example.before)]
    if example.after:
        blocks.append(("Dockerfile, rewritten", example.after))
    parts = [f"\n## {rule.name}\n\n{reasons_for(rule)}\n"]
    parts += [f"\nOnly with {with_options}.\n"] if with_options else []
    parts += [f"\n{title}:\n\n```\n{text.strip()}\n```\n" for title, text in blocks]
    parts += ["\nThe Dockerfile is left as it is.\n"] if example.after is None else []
    return "".join(parts)


def test_the_page_of_the_rules_is_what_they_say(pytestconfig: pytest.Config) -> None:
    page = ROOT / "docs" / "rules.md"
    if pytestconfig.getoption("--update-golden"):
        page.write_text(rules_page(), "utf-8")
    assert page.read_text("utf-8") == rules_page()


def test_the_example_of_the_functions_runs() -> None:
    done = doctest.testfile(str(ROOT / "docs" / "api.md"), module_relative=False)
    assert done.attempted > 5
    assert done.failed == 0


def test_the_tutorial_shows_what_is_said() -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("the paths of a patch are those of the repository, and this is none")
    command = [sys.executable, "-m", "scratchify", "--diff", "Dockerfile"]
    done = subprocess.run(command, cwd=ROOT / "fixtures" / "web-service-with-templates", capture_output=True, text=True)
    *said, last = done.stderr.splitlines(keepends=True)
    shown = "".join(["$ scratchify --diff Dockerfile\n", *said, done.stdout, last])
    assert f"```console\n{shown}```" in (ROOT / "docs" / "tutorial.md").read_text("utf-8")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text("utf-8")):
        assert "://" in target or (page.parent / target).exists(), target


def test_each_refusal_of_the_fixtures_names_a_line_and_what_helps() -> None:
    reasons = [line for path in REFUSED for line in path.read_text("utf-8").split("\n")[1:] if line]
    assert len({re.sub(r"[\d/]|\w+\.\w+", "", line) for line in reasons}) >= 20
    for line in reasons:
        assert re.match(r"[\w-]+: [^ ]+:\d+: ", line), line
    for path in REFUSED:
        if "strict" in path.parent.name:
            continue
        said = [line for line in path.read_text("utf-8").split("\n")[1:] if line and not line.startswith(FOLLOWS)]
        assert any("; " in line for line in said), said


def test_the_page_of_refusals_has_each_rule_that_refuses_a_fixture() -> None:
    page = (ROOT / "docs" / "refusals.md").read_text("utf-8")
    rules = {line.partition(":")[0] for path in REFUSED for line in path.read_text("utf-8").split("\n")[1:] if line}
    assert [rule for rule in sorted(rules - {"nonroot"}) if rule not in page] == []
