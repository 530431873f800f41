"""
Which here-documents an instruction begins.

After moby/buildkit, frontend/dockerfile/parser/parser.go (heredocsFromLine, heredocFromMatch).

https://docs.docker.com/reference/dockerfile/#here-documents
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from scratchify.syntax.shell_words import BadSubstitution, expand

_TAKES_HEREDOCS = frozenset({"ADD", "COPY", "RUN"})
_REDIRECTION = re.compile(r"([0-9]*)<<(-?)[\t\n\f\r ]*([^<]*)\Z")
_NOTHING: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class HeredocStart:
    """The word after `<<`; the body follows the instruction's lines."""

    name: str
    descriptor: int
    expand: bool
    chomp: bool

    def ends(self, line: str) -> bool:
        """Say whether this source line, with its line end, closes the body."""
        line = line.rstrip("\r\n")
        return (line.lstrip("\t") if self.chomp else line) == self.name


def heredoc_start(word: str) -> HeredocStart | None:
    """Read one shell word as `<<NAME`, `<<-NAME` or `3<<NAME`; None where it is anything else."""
    match = _REDIRECTION.match(word)
    if not match or not match[3]:
        return None
    try:
        plain = expand(match[3], _NOTHING, keep_unset=True).words
        quoted = expand(match[3], _NOTHING, keep_unset=True, raw_quotes=True).words
    except BadSubstitution:
        return None
    if len(plain) != 1 or len(quoted) != 1:
        return None
    return HeredocStart(
        name=plain[0],
        descriptor=int(match[1] or 0),
        expand=_quotes(plain[0]) == _quotes(quoted[0]),
        chomp=match[2] == "-",
    )


def heredoc_starts(keyword: str, line: str) -> tuple[HeredocStart, ...]:
    """Return the heredocs of an instruction in the order of their bodies."""
    if keyword.upper() not in _TAKES_HEREDOCS:
        return ()
    try:
        words = expand(line, _NOTHING, raw_quotes=True, raw_escapes=True, keep_unset=True).words
    except BadSubstitution:
        return ()
    return tuple(start for word in words if (start := heredoc_start(word)))


def _quotes(word: str) -> int:
    return word.count("'") + word.count('"')
