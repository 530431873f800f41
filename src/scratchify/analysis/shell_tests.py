"""
`test`, `[` and `[[`, as far as variables and files are known.

https://pubs.opengroup.org/onlinepubs/9799919799/utilities/test.html
"""

from collections.abc import Callable
from fnmatch import fnmatchcase
from posixpath import join, normpath

from scratchify.analysis.stage_files import StageFiles

_BINARY: dict[str, Callable[[int, int], bool]] = {
    "-eq": lambda one, other: one == other,
    "-ne": lambda one, other: one != other,
    "-lt": lambda one, other: one < other,
    "-le": lambda one, other: one <= other,
    "-gt": lambda one, other: one > other,
    "-ge": lambda one, other: one >= other,
}


def evaluate(values: list[str | None], folder: str, files: StageFiles, *, matches: bool = False) -> bool | None:
    """Return what a test answers, None where that is not known; `matches`: `==` takes a pattern, as in `[[`."""
    for operator in ("||", "-o"):
        if operator in values:
            at = values.index(operator)
            sides = [evaluate(part, folder, files, matches=matches) for part in (values[:at], values[at + 1 :])]
            return True if True in sides else None if None in sides else False
    for operator in ("&&", "-a"):
        if operator in values:
            at = values.index(operator)
            sides = [evaluate(part, folder, files, matches=matches) for part in (values[:at], values[at + 1 :])]
            return False if False in sides else None if None in sides else True
    match values:
        case []:
            return False
        case ["!", *rest]:
            answer = evaluate(rest, folder, files, matches=matches)
            return None if answer is None else not answer
        case [value]:
            return None if value is None else bool(value)
        case [str(operator), value]:
            return _unary(operator, value, folder, files)
        case [one, str(operator), other]:
            return _binary(one, operator, other, matches=matches)
        case _:
            return None


def _unary(operator: str, value: str | None, folder: str, files: StageFiles) -> bool | None:
    if value is None:
        return None
    path = normpath(join(folder, value))
    match operator:
        case "-z":
            return not value
        case "-n":
            return bool(value)
        case "-e":
            return files.exists(path)
        case "-f" | "-d":
            there = files.exists(path)
            if not there:
                return there
            return files.is_folder(files.resolve(path)) == (operator == "-d")
        case "-h" | "-L":
            return files.link_target(path) is not None if path in files.entries else None
        case _:
            return False if files.exists(path) is False else None


def _binary(one: str | None, operator: str, other: str | None, *, matches: bool) -> bool | None:
    if one is None or other is None:
        return None
    if operator in ("=", "=="):
        return fnmatchcase(one, other) if matches else one == other
    if operator == "!=":
        return not fnmatchcase(one, other) if matches else one != other
    compare = _BINARY.get(operator)
    if compare and one.lstrip("-").isdecimal() and other.lstrip("-").isdecimal():
        return compare(int(one), int(other))
    return None
