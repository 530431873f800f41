"""
Which copied files a running program may read.

Source, tests, documentation and build input are left out, by a table of names; so is what the program embeds. What it
names in a call that reads files is never left out.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from posixpath import basename, dirname, join

from scratchify.analysis.go_program import GoProgram
from scratchify.analysis.named_paths import NamedPath
from scratchify.analysis.stage_files import (
    BASE_FOLDERS,
    Built,
    Copied,
    Entry,
    Implied,
    Origin,
    StageFiles,
    Written,
)
from scratchify.knowledge.names import build_input

_LEFTOVERS = tuple(".a .bak .cov .coverprofile .exe .log .o .orig .out .pid .prof .so .swp .test .tmp .zip".split())
"""Endings of what builds, tests and editors leave behind."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A file, or a folder that holds nothing else than candidates; `absent`: a fresh checkout may lack it."""

    path: str
    is_folder: bool
    origin: Copied | Written
    absent: bool
    is_link: bool = False


def candidates(
    files: StageFiles, program: GoProgram | None, reads: tuple[NamedPath, ...], left_out: frozenset[str]
) -> Iterator[Candidate]:
    """
    Yield the files and folders that a program may read, in order of their paths; folders stand for all in them.

    `reads` are the paths that it is known to read, `left_out` the build inputs.
    """
    embedded = frozenset(_embedded(files, program)) if program else frozenset()
    wanted = {
        path
        for path, entry in files.entries.items()
        if (path not in embedded and _may_be_read(basename(path), entry, left_out))
        or (isinstance(entry.origin, Copied) and any(read.covers(path) for read in reads))
    }
    yield from _largest(files, "/", wanted)
    for path, origin in files.absent.items():
        if path not in files.entries and _is_data(basename(path)):
            yield Candidate(path, False, origin, absent=True)


def _is_data(name: str) -> bool:
    """Say whether a file that only git's ignore list names is one that a program may read."""
    has_ending = "." in name[1:] or name == ".env"
    return has_ending and not name.endswith(_LEFTOVERS) and build_input(name, is_folder=False) is None


def _largest(files: StageFiles, folder: str, wanted: set[str]) -> Iterator[Candidate]:
    for path in files.below(folder):
        entry = files.entries[path]
        if entry.kind != "folder":
            if path in wanted and isinstance(entry.origin, Copied | Written):
                yield Candidate(path, False, entry.origin, _may_be_absent(files, entry), entry.kind == "link")
            continue
        inside = list(files.files_below(path))
        is_whole = (
            isinstance(entry.origin, Copied)
            and path in wanted
            and bool(inside)
            and path not in BASE_FOLDERS
            and all(_is_like(entry.origin, found) and below in wanted for below, found in inside)
            and not any(_may_be_absent(files, found) for _, found in inside)
        )
        if is_whole and isinstance(entry.origin, Copied):
            yield Candidate(path, True, entry.origin, False)
        elif inside:
            yield from _largest(files, path, wanted)


def _is_like(folder: Origin, inside: Entry) -> bool:
    """Say whether an entry may come along with its folder: its owner is the same, and it is no link out of it."""
    same_owner = (
        isinstance(folder, Copied) and isinstance(inside.origin, Copied) and inside.origin.owner == folder.owner
    )
    return same_owner and inside.kind != "link"


def _may_be_absent(files: StageFiles, entry: Entry) -> bool:
    return isinstance(entry.origin, Copied) and files.context.may_be_absent(entry.origin.path)


def _may_be_read(name: str, entry: Entry, left_out: frozenset[str]) -> bool:
    match entry.origin:
        case Built() | Implied():
            return False
        case Written():
            return build_input(name, is_folder=False) is None
        case Copied(path=path) as origin:
            return path not in left_out or (origin.explicit and build_input(name, is_folder=False) == "documentation")


def build_inputs(files: StageFiles) -> frozenset[str]:
    """Return the paths of the build context that no running program reads; what is in such a folder is one too."""
    entries = files.context.entries
    # static/vendor/bootstrap is data: Go's own vendor folder has Go files in it
    with_go = {folder for path in entries if path.endswith(".go") for folder in _with_parents(dirname(path))}
    found: set[str] = set()
    for path in sorted(entries):  # a folder comes before what is in it
        is_folder = entries[path] == "folder"
        is_input = build_input(basename(path), is_folder=is_folder) is not None
        if dirname(path) in found or (is_input and (basename(path) != "vendor" or path in with_go)):
            found.add(path)
    return frozenset(found)


def _with_parents(path: str) -> Iterator[str]:
    while path:
        yield path
        path = dirname(path)


def _embedded(files: StageFiles, program: GoProgram) -> Iterator[str]:
    """Yield the files that `//go:embed` compiles into the binary."""
    for file in program.files:
        folder = dirname(file.path)
        for embed in file.embeds:
            prefix = join(folder, embed.pattern).rstrip("/")
            inside = files.files_below(folder)
            yield from (path for path, _ in inside if _matches(path, prefix))


def _matches(path: str, pattern: str) -> bool:
    """Say whether a path, or a folder above it, matches element by element."""
    parts, patterns = path.split("/"), pattern.split("/")
    return len(parts) >= len(patterns) and all(map(fnmatchcase, parts, patterns))
