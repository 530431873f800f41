"""What Go packages mean for the image that their program runs in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TypeVar

from scratchify.knowledge.tables import read_table

Entry = TypeVar("Entry")


@dataclass(frozen=True, slots=True)
class CgoModule:
    """
    Whether an import path, and everything below it, needs C.

    `cgo` is `required`, `optional` (a Go implementation takes over), `pure`, or `dynamic` (linked dynamically even
    with CGO_ENABLED=0). `effect` is what CGO_ENABLED=0 does. `libraries` are those beyond the C library that it is
    linked against, None where that is not known; `tags` are those that a build tag makes it link instead.
    """

    path: str
    cgo: str
    effect: str
    alternative: str
    source: str
    libraries: tuple[str, ...] | None = None
    tags: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def linked_with(self, tags: frozenset[str]) -> tuple[str, ...] | None:
        """Return the libraries that a build with these tags links."""
        return next((tuple(libraries) for tag, libraries in self.tags.items() if tag in tags), self.libraries)


@dataclass(frozen=True, slots=True)
class RuntimeModule:
    """What an import path, and everything below it, looks for at run time; `programs` are those it executes."""

    path: str
    programs: tuple[str, ...]
    needs: tuple[str, ...]
    reads: str
    source: str


@cache
def cgo_modules() -> Mapping[str, CgoModule]:
    return {entry.path: entry for entry in read_table("modules_cgo.toml", "module", CgoModule)}


@cache
def runtime_modules() -> Mapping[str, RuntimeModule]:
    return {entry.path: entry for entry in read_table("modules_runtime.toml", "module", RuntimeModule)}


def longest_prefix(table: Mapping[str, Entry], import_path: str) -> Entry | None:
    """Return the entry of the longest path that is `import_path` or above it."""
    while import_path:
        if import_path in table:
            return table[import_path]
        import_path = import_path.rpartition("/")[0]
    return None
