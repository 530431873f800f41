"""
What the sources of COPY and ADD match in the build context, and where that goes.

https://docs.docker.com/reference/dockerfile/#copy
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from posixpath import basename, join, normpath

from scratchify.analysis.stage_files import Copied, Entry, Implied, Owner, StageFiles
from scratchify.context import Kind


@dataclass(frozen=True, slots=True)
class CopyPlan:
    """What one source of COPY matches in the context: folders give their contents, files themselves."""

    folders: tuple[str, ...]
    files: tuple[str, ...]


def context_path(source: str) -> str:
    """Return what a source of COPY names, as a path of the context; empty for the context itself."""
    return normpath("/" + source).lstrip("/")


def is_pattern(source: str) -> bool:
    """Say whether a source of COPY may name several files, or none."""
    return any(mark in source for mark in "*?[")


def match_sources(source: str, entries: Mapping[str, Kind]) -> CopyPlan | None:
    """Return what a source names, None where nothing in the context matches it."""
    path = context_path(source)
    if not path:
        return CopyPlan(("",), ())
    if is_pattern(path):
        try:
            pattern = re.compile(_go_match(path))
        except re.error:  # a range that ends before it begins: Go matches nothing by it
            return None
        matched = [name for name in entries if pattern.fullmatch(name)]
    else:
        matched = [path] if path in entries else []
    if not matched:
        return None
    folders = tuple(name for name in matched if entries[name] == "folder")
    return CopyPlan(folders, tuple(name for name in matched if entries[name] != "folder"))


def copy(
    files: StageFiles, plan: CopyPlan, target: str, *, is_folder: bool, line: int, at: int, owner: Owner | None
) -> None:
    """Place what one source matched; `is_folder`: files go into `target` under their own names."""
    for folder in plan.folders:
        files.put(target, Entry("folder", Copied(folder, line, at, owner, folder=folder) if folder else Implied(line)))
        prefix = folder + "/" if folder else ""
        for name in files.context.absent:
            if name.startswith(prefix):
                files.absent[join(target, name[len(prefix) :])] = Copied(name, line, at, owner, folder=folder)
        for name, kind in files.context.entries.items():
            if name.startswith(prefix):
                files.put(join(target, name[len(prefix) :]), Entry(kind, Copied(name, line, at, owner, folder=folder)))
    for name in plan.files:
        path = join(target, basename(name)) if is_folder or files.is_folder(target) else target
        files.put(path, Entry(files.context.entries[name], Copied(name, line, at, owner, explicit=True)))


def _go_match(pattern: str) -> str:
    """Translate a pattern of Go's path/filepath.Match, which COPY sources are."""
    result: list[str] = []
    at = 0
    while at < len(pattern):
        character = pattern[at]
        end = pattern.find("]", at + 2) if character == "[" else -1
        if character == "*":
            result.append("[^/]*")
        elif character == "?":
            result.append("[^/]")
        elif end != -1:
            inner = pattern[at + 1 : end]
            negation = "^" if inner.startswith("^") else ""
            result.append(f"[{negation}{_escaped_class(inner.removeprefix('^'))}]")
            at = end
        elif character == "\\" and at + 1 < len(pattern):
            at += 1
            result.append(re.escape(pattern[at]))
        else:
            result.append(re.escape(character))
        at += 1
    return "".join(result)


def _escaped_class(inner: str) -> str:
    """Escape what means something else in a character class of Python's."""
    return "".join(f"\\{character}" if character in "[&~|^\\" else character for character in inner)
