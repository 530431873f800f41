"""The title and the text of a pull request: what the reviewer reads first, and how to be left in peace."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from string import Template

from scratchify.errors import InvalidSettings
from scratchify.report.commit import subject
from scratchify.report.document import FileReport
from scratchify.report.markdown import markdown_within

ROOM = 60_000
"""Characters of a text; forges take 65,536 and more: https://docs.github.com/en/rest/pulls/pulls."""

LONGEST_TITLE = 200

SHOWN = 12
"""Characters of a commit's name."""

_MARK = "<!-- scratchify: "

DEFAULT_BODY = """$report
---
Close this pull request and it stays closed. To be left in peace for good, put `enabled = false` into
`.scratchify.toml`, or `# scratchify: ignore` into a Dockerfile. What you commit to this branch stays: nothing is pushed
over it. It was made from `$base`.
"""


@dataclass(frozen=True, slots=True)
class Words:
    """What a user wants said: title and body with `$report`, `$count`, `$files` and `$base`, None for the usual."""

    title: str | None = None
    body: str | None = None


USUAL = Words()


def title_of(reports: Sequence[FileReport], words: Words) -> str:
    """Return the title. Raises InvalidSettings where a template names what there is not."""
    text = _filled(words.title, reports, "") if words.title else subject(reports)
    return " ".join(text.split())[:LONGEST_TITLE]


def body_of(reports: Sequence[FileReport], words: Words, base: str) -> str:
    """Return the text, with a mark that tells later whether somebody has edited it. Raises InvalidSettings."""
    text = _filled(words.body or DEFAULT_BODY, reports, base).strip()
    return f"{text}\n\n{_mark_of(text, base[:SHOWN])}"


def made_from(body: str) -> str | None:
    """Return the first characters of the commit that a text was made from, None where somebody has edited it since."""
    whole = body.replace("\r\n", "\n").strip()
    text, _, mark = whole.rpartition(f"\n\n{_MARK}")
    base = mark.removesuffix(" -->").rpartition(" ")[2]
    return base if text and whole == f"{text}\n\n{_mark_of(text, base)}" else None


def _filled(template: str, reports: Sequence[FileReport], base: str) -> str:
    rewritten = [report for report in reports if report.verdict == "rewritten"]
    values = {
        "report": markdown_within(reports, ROOM - len(template)),
        "count": str(len(rewritten)),
        "files": subject(rewritten),
        "base": base[:SHOWN],
    }
    try:
        return Template(template).substitute(values)
    except (KeyError, ValueError) as error:
        wrong = f"${error.args[0]}" if isinstance(error, KeyError) else str(error)
        raise InvalidSettings(
            f"a template names {wrong}; there are ${', $'.join(values)}, and $$ for a dollar"
        ) from error


def _mark_of(text: str, base: str) -> str:
    return f"{_MARK}{sha256(text.encode()).hexdigest()[:16]} {base} -->"
