"""
Paths that a program names: wherever its words look like one.

https://pkg.go.dev/os
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

from scratchify.analysis.go_program import GoProgram, Place
from scratchify.analysis.go_source import GoFile
from scratchify.model import State

FILE_ADDRESS = "file://"


@dataclass(frozen=True, slots=True)
class NamedPath:
    """An absolute path, which may be a pattern, the place that names it, and how, as in "os.Open reads"."""

    path: str
    place: Place
    how: str = "names"

    @property
    def is_pattern(self) -> bool:
        return any(mark in self.path for mark in "*?[")

    def matches(self, path: str) -> bool:
        return path == self.path or fnmatchcase(path, self.path)


def named_paths(program: GoProgram, end: State) -> Iterator[NamedPath]:
    """
    Yield every string of the program that could be a path of one line without blanks, once, where it stands first.

    `end` is the state that the program starts in.
    """
    seen: set[str] = set()
    for file in program.files:
        at = file.context_path
        for text, line in _texts(file):
            if text not in seen:
                seen.add(text)
                if _may_be_path(text := text.removeprefix(FILE_ADDRESS)):
                    yield NamedPath(end.path(text), Place(at, line))


def _texts(file: GoFile) -> Iterator[tuple[str, int]]:
    yield from ((literal.text, literal.line) for literal in file.literals)
    yield from ((default.text, default.line) for default in file.defaults)
    for call in (*file.calls, *file.methods):
        # a literal was yielded above; what is put together from several is none
        yield from ((argument, call.line) for argument in call.arguments if argument and "/" in argument)


def _may_be_path(text: str) -> bool:
    # "*" is an origin, a selector or a wildcard of something else far more often than every file there is
    return any(map(str.isalnum, text)) and not any(mark in text for mark in ("\n", "\\", " ", "://"))
