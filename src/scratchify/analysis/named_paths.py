"""
Paths that a program names: in calls that read files, and wherever else its words look like one.

https://pkg.go.dev/os
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from scratchify.analysis.go_program import GoProgram, Place
from scratchify.model import State

_READERS: Mapping[str, frozenset[str]] = {
    "html/template": frozenset({"ParseFiles", "ParseGlob"}),
    "io/ioutil": frozenset({"ReadDir", "ReadFile"}),
    "net/http": frozenset({"Dir", "ServeFile"}),
    "os": frozenset({"Chdir", "DirFS", "Lstat", "Open", "OpenFile", "ReadDir", "ReadFile", "Stat"}),
    "path/filepath": frozenset({"Glob", "Walk", "WalkDir"}),
    "text/template": frozenset({"ParseFiles", "ParseGlob"}),
}
_FILE_ADDRESS = "file://"


@dataclass(frozen=True, slots=True)
class NamedPath:
    """An absolute path, which may be a pattern, and the place that names it."""

    path: str
    place: Place

    def covers(self, path: str) -> bool:
        """Say whether a file is the one that is named, matches it, or lies in the folder that is named."""
        return path == self.path or path.startswith(self.path.rstrip("/") + "/") or fnmatchcase(path, self.path)


def read_paths(program: GoProgram, end: State) -> Iterator[NamedPath]:
    """Yield what the program hands to functions that read files; `end` is the state that it starts in."""
    for file in program.files:
        for call in file.calls:
            if call.function in _READERS.get(call.package, ()):
                for argument in call.arguments:
                    if argument:
                        yield NamedPath(end.path(argument), Place(file.context_path, call.line))
        for literal in file.literals:
            if literal.text.startswith(_FILE_ADDRESS):
                path = literal.text.removeprefix(_FILE_ADDRESS)
                yield NamedPath(end.path(path), Place(file.context_path, literal.line))


def named_paths(program: GoProgram, end: State) -> Iterator[NamedPath]:
    """Yield every string of the program that could be a path of one line without blanks."""
    for file in program.files:
        for literal in file.literals:
            text = literal.text.removeprefix(_FILE_ADDRESS)
            if text and "\n" not in text and "\\" not in text and " " not in text and "://" not in text:
                yield NamedPath(end.path(text), Place(file.context_path, literal.line))
