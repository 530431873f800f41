"""
BuildKit's own parser, v0.12 as compiled into the package `dockerfile`, in a process of its own: some texts crash it.

What it cannot be asked is in `can_be_asked`: there the tests state present BuildKit's behaviour with its source.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

MAX_LINE = 65_535

_BEYOND = (
    r"#\s*check\s*=.*#\s*escape\s*=",  # an unknown directive ended them all
    r"onbuild[^\n]*<<",
    r"<<-?\s",
    r"<<.*\$\{\w*[^\w}]|\$\{\w*[^\w}].*<<",  # it knew fewer modifiers, and then no heredoc
)

_SERVER = """
import dockerfile, json, sys
for line in sys.stdin:
    try:
        answer = [
            {
                "keyword": found.cmd.upper(), "first": found.start_line, "last": found.end_line, "flags": found.flags,
                "is_json": found.json, "values": found.value,
                "heredocs": [[doc.name, doc.file_descriptor, doc.content] for doc in found.heredocs],
            }
            for found in dockerfile.parse_string(json.loads(line))
        ]
    except (dockerfile.GoParseError, UnicodeDecodeError) as error:
        answer = str(error)
    print(json.dumps(answer), flush=True)
"""


@dataclass(frozen=True, slots=True)
class Parsed:
    """One instruction as BuildKit reads it; `values` are its words, or its whole text where BuildKit keeps it whole."""

    keyword: str
    first: int
    last: int
    flags: tuple[str, ...]
    is_json: bool
    values: tuple[str, ...]
    heredocs: tuple[tuple[str, int, str], ...]


class Crashed(Exception):
    """BuildKit's parser died of a text."""


class BuildKit:
    """One process for many texts."""

    def __init__(self) -> None:
        self._start()

    def _start(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def parse(self, text: str) -> tuple[Parsed, ...] | None:
        """Return the instructions, None where the parser refuses the text, or cuts a character in two."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(text) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            self.close()
            self._start()
            raise Crashed(text)
        answer = json.loads(line)
        return None if isinstance(answer, str) else tuple(map(_parsed, answer))

    def close(self) -> None:
        self._process.communicate()


def can_be_asked(text: str) -> bool:
    """Say whether v0.12 reads this text as the present BuildKit does."""
    try:
        lines = text.encode().split(b"\n")
    except UnicodeEncodeError:
        return False
    return (
        "\0" not in text
        and all(len(line) <= MAX_LINE for line in lines)
        and not any(re.search(pattern, text, re.IGNORECASE | re.DOTALL) for pattern in _BEYOND)
    )


def _parsed(answer: dict[str, Any]) -> Parsed:
    return Parsed(
        keyword=answer["keyword"],
        first=answer["first"],
        last=answer["last"],
        flags=tuple(answer["flags"]),
        is_json=answer["is_json"],
        values=tuple(answer["values"]),
        heredocs=tuple((name, descriptor, content) for name, descriptor, content in answer["heredocs"]),
    )


def parse_all(texts: Iterable[str]) -> list[tuple[Parsed, ...] | None]:
    """Ask for many texts at once."""
    parser = BuildKit()
    try:
        return [parser.parse(text) for text in texts]
    finally:
        parser.close()
