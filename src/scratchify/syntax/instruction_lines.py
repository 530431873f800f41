"""
The first and last line of each instruction, from dockerfile-parse.

dockerfile-parse agrees with BuildKit on nearly every file. Where it does not (empty lines inside a continuation,
`RUN\\`, a continuation that meets the end of the file, an escaped escape token, heredocs, white space and bytes
that the two read differently) it is handed lines that stand for the real ones: as many, and of the same kinds, so
that its line numbers stay true. The authority is moby/buildkit, frontend/dockerfile/parser/parser.go.
"""

import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from dockerfile_parse import DockerfileParser
from dockerfile_parse.constants import COMMENT_INSTRUCTION

from scratchify.syntax.heredocs import HeredocStart
from scratchify.syntax.white_space import SPACE

_CONTINUED = {
    "\\": re.compile(r"(?:\A|[^\\])(\\)[ \t]*\Z"),
    "`": re.compile(r"(?:\A|[^`])(`)[ \t]*\Z"),
}
_PLAIN = re.compile(r"[!-~]{2}[ -~\t]*[!-\[\]-~]\r?\n")

_BLANK, _COMMENT, _LAST, _CONTINUES = "\n", "#\n", "RUN -\n", "RUN - \\\n"


def continuation(line: str, escape: str) -> int | None:
    """Return where the escape token stands that continues this line (its line end taken off), or None."""
    match = _CONTINUED[escape].search(line)
    return match.start(1) if match else None


def is_comment(line: str) -> bool:
    return line.lstrip(SPACE).startswith("#")


def is_blank(line: str) -> bool:
    return not line.strip(SPACE)


def instruction_lines(
    lines: Sequence[str], escape: str, heredocs: Callable[[Sequence[str]], Iterable[HeredocStart]]
) -> list[tuple[int, int]]:
    """
    Return the first and last index of each instruction's lines, heredoc bodies included.

    `heredocs` is asked what the given instruction lines begin, where they hold `<<`.
    """
    masked = "".join(_masked(lines, escape, heredocs))
    parser = DockerfileParser(fileobj=io.BytesIO(masked.encode("ascii")), env_replace=False)
    return [
        (found["startline"], found["endline"])
        for found in parser.structure
        if found["instruction"] != COMMENT_INSTRUCTION
    ]


def _masked(
    lines: Sequence[str], escape: str, heredocs: Callable[[Sequence[str]], Iterable[HeredocStart]]
) -> Iterator[str]:
    at = 0
    while at < len(lines):
        line = lines[at]
        if is_blank(line) or is_comment(line):
            yield _COMMENT if is_comment(line) else _BLANK
            at += 1
            continue
        last, end = _extent(lines, at, escape, heredocs)
        if end == at + 1 and _PLAIN.fullmatch(line):
            yield line
        else:
            yield from _stand_ins(lines[at : last + 1], end - at)
        at = end


def _extent(
    lines: Sequence[str], first: int, escape: str, heredocs: Callable[[Sequence[str]], Iterable[HeredocStart]]
) -> tuple[int, int]:
    """Return the last line of the instruction itself, and the line behind its heredocs."""
    last = first
    while last + 1 < len(lines) and continuation(lines[last].rstrip("\r\n"), escape) is not None:
        last += 1
        while last + 1 < len(lines) and (is_comment(lines[last]) or is_blank(lines[last])):
            last += 1
    end = last + 1
    if any("<<" in line for line in lines[first:end]):
        for heredoc in heredocs(lines[first:end]):
            while end < len(lines) and not heredoc.ends(lines[end]):
                end += 1
            end = min(end + 1, len(lines))
    return last, end


def _stand_ins(own: Sequence[str], count: int) -> Iterator[str]:
    for index in range(count):
        if index == count - 1:
            yield _LAST
        elif 0 < index < len(own) and (is_comment(own[index]) or is_blank(own[index])):
            yield _COMMENT
        else:
            yield _CONTINUES
