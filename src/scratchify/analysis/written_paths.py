"""
What the program writes to, as far as its calls say.

https://pkg.go.dev/os#OpenFile
"""

from collections.abc import Iterator
from dataclasses import dataclass
from posixpath import dirname

from scratchify.analysis.go_program import GoProgram, Place
from scratchify.analysis.go_source import Call
from scratchify.model import State

_FILES = {
    ("os", "Create"): 0,
    ("os", "OpenFile"): 0,
    ("os", "WriteFile"): 0,
    ("os", "Truncate"): 0,
    ("os", "Remove"): 0,
    ("os", "RemoveAll"): 0,
    ("os", "Rename"): 1,
    ("os", "Link"): 1,
    ("os", "Symlink"): 1,
    ("os", "Mkdir"): 0,
    ("io/ioutil", "WriteFile"): 0,
    ("net", "ListenUnix"): 1,
    ("go.etcd.io/bbolt", "Open"): 0,
    ("gorm.io/driver/sqlite", "Open"): 0,
    ("github.com/glebarez/sqlite", "Open"): 0,
}
"""Functions that make, change or remove the file that they are given, by package, and which argument that is."""

_FOLDERS = {
    ("os", "MkdirAll"): 0,
    ("os", "CreateTemp"): 0,
    ("os", "MkdirTemp"): 0,
    ("io/ioutil", "TempFile"): 0,
    ("io/ioutil", "TempDir"): 0,
    ("github.com/dgraph-io/badger/v4", "DefaultOptions"): 0,
    ("github.com/dgraph-io/badger/v3", "DefaultOptions"): 0,
}
"""Functions that put something into the folder that they are given."""

_DATABASES = frozenset({"database/sql", "github.com/jmoiron/sqlx"})
_OPENS = frozenset({"Open", "Connect", "MustOpen", "MustConnect"})

_MAKES_FOLDER = frozenset({"MkdirAll", "DefaultOptions"})
_TEMPORARY = frozenset({"CreateTemp", "MkdirTemp", "TempFile", "TempDir"})


@dataclass(frozen=True, slots=True)
class WrittenFolder:
    """A folder that a call writes to, None where the path is computed; `is_made`: the call makes it where it lacks."""

    folder: str | None
    place: Place
    call: str
    is_made: bool = False


def written_folders(program: GoProgram, end: State) -> Iterator[WrittenFolder]:
    """Yield the folders that calls write to; `end` is the state that the program starts in."""
    for file in program.files:
        if file.vendored:
            continue  # its calls are for what it is handed
        for one in file.references:
            if (one.package, one.name) in _FILES or (one.package, one.name) in _FOLDERS:
                yield WrittenFolder(None, Place(file.context_path, one.line), f"{one.package}.{one.name}")
        for call in file.calls:
            name = f"{call.package}.{call.function}"
            place = Place(file.context_path, call.line)
            key = (call.package, call.function)
            if key in _FILES or _is_file(call):
                path = _argument(call, _FILES.get(key, 1))
                yield WrittenFolder(dirname(end.path(path)) if path else None, place, name)
            elif key in _FOLDERS:
                path = _argument(call, _FOLDERS[key])
                if path or call.function not in _TEMPORARY or path is None:
                    is_made = call.function in _MAKES_FOLDER
                    yield WrittenFolder(end.path(path) if path else None, place, name, is_made)


def _is_file(call: Call) -> bool:
    """Say whether a call opens a database or a socket that is a file, which its first argument tells."""
    kind = (call.arguments[0] if call.arguments else None) or ""
    if (call.package, call.function) == ("net", "Listen"):
        return kind.startswith("unix")
    return call.package in _DATABASES and call.function in _OPENS and "sqlite" in kind


def _argument(call: Call, index: int) -> str | None:
    """Return a literal argument as a path, None where it is computed; databases are named by addresses too."""
    value = call.arguments[index] if index < len(call.arguments) else None
    return None if value is None else value.removeprefix("file:").partition("?")[0]
