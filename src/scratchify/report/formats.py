"""The formats of a report of many Dockerfiles; each is a module, imported where it is wanted."""

from collections.abc import Sequence
from typing import Literal, assert_never

from scratchify.report.document import FileReport

Format = Literal["json", "sarif", "github", "gitlab", "markdown", "html"]


def in_format(reports: Sequence[FileReport], wanted: Format) -> bytes:
    """Return the document of these reports."""
    match wanted:
        case "json":
            from scratchify.report.json import to_json

            return to_json(reports)
        case "sarif":
            return _sarif(reports)
        case "github":
            from scratchify.report.github import to_github

            return to_github(reports)
        case "gitlab":
            from scratchify.report.gitlab import to_gitlab

            return to_gitlab(reports)
        case "markdown":
            from scratchify.report.markdown import to_markdown

            return to_markdown(reports)
        case "html":
            from scratchify.report.html import to_html

            return to_html(reports)
        case _:
            assert_never(wanted)


def _sarif(reports: Sequence[FileReport]) -> bytes:
    from importlib.metadata import version

    from scratchify.report.rule_page import reasons_for
    from scratchify.report.sarif import to_sarif
    from scratchify.rules import RULES

    return to_sarif(reports, RULES, reasons_for, version("scratchify"))
