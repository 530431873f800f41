"""Which functions are told, by which argument, what file or folder to open."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from scratchify.knowledge.tables import read_table


@dataclass(frozen=True, slots=True)
class FileCall:
    """
    Functions of a package, and of all below it, and methods of values that come from it.

    `arguments` are the positions of paths, none for all. The table says what the words for `kind` mean. `defaults` are
    the paths of a call without arguments; where no function is named, of the import itself.
    """

    package: str
    functions: tuple[str, ...]
    methods: tuple[str, ...]
    arguments: tuple[int, ...]
    kind: str
    source: str
    defaults: tuple[str, ...] = ()


@cache
def _calls() -> tuple[FileCall, ...]:
    return read_table("file_calls.toml", "call", FileCall)


@cache
def methods_with_paths() -> frozenset[str]:
    """Return the names of all methods of the table."""
    return frozenset(name for entry in _calls() for name in entry.methods)


@cache
def _by_package() -> Mapping[str, tuple[FileCall, ...]]:
    found: dict[str, tuple[FileCall, ...]] = {}
    for entry in _calls():
        found[entry.package] = (*found.get(entry.package, ()), entry)
    return found


@cache
def file_calls(package: str) -> tuple[FileCall, ...]:
    """Return what the table says of a package: the entries of the longest path that is it or above it."""
    at = package
    while at:
        if at in _by_package():
            return _by_package()[at]
        at = at.rpartition("/")[0]
    return ()


@cache
def file_function(package: str, function: str) -> FileCall | None:
    """Return how a function is told what to open, None where it is not, as far as is known."""
    return next((entry for entry in file_calls(package) if function in entry.functions or "*" in entry.functions), None)


@cache
def file_methods(name: str) -> tuple[FileCall, ...]:
    return tuple(entry for entry in _calls() if name in entry.methods)
