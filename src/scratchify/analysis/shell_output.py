"""
What commands print, where their arguments and files tell.

https://pubs.opengroup.org/onlinepubs/9799919799/idx/utilities.html
"""

import re
from collections.abc import Mapping
from posixpath import basename, dirname, join, normpath

from scratchify.analysis.expansion import matches
from scratchify.analysis.go_module import module_of
from scratchify.analysis.stage_files import StageFiles

_ESCAPES = {"n": "\n", "t": "\t", "\\": "\\", '"': '"', "r": "\r"}
_FORMAT = re.compile(r"%[sd%]|%|\\.")


def printed(
    name: str,
    values: list[str | None],
    stdin: str | None,
    folder: str,
    files: StageFiles,
    environment: Mapping[str, str | None],
) -> str | None:
    """Return what a command writes to its standard output, None where that is not known."""
    if any(value is None for value in values):
        return None
    words = [value or "" for value in values]
    match name:
        case "echo":
            return _echo(words)
        case "printf":
            return _printf(words)
        case "pwd":
            return folder + "\n"
        case "cat":
            return _cat(words, stdin, folder, files)
        case "true" | ":" | "cd" | "mkdir" | "test" | "[":
            return ""
        case "basename" if words and not words[0].startswith("-"):
            found = basename(words[0].rstrip("/"))
            return (found.removesuffix(words[1]) if len(words) > 1 and found != words[1] else found) + "\n"
        case "dirname" if len(words) == 1:
            return (dirname(words[0].rstrip("/")) or ".") + "\n"
        case "realpath" | "readlink" if len(words) in (1, 2) and words[-1:] != ["-f"]:
            path = files.resolve(normpath(join(folder, words[-1])))
            return path + "\n" if files.exists(path) and (name == "realpath" or words[0] == "-f") else None
        case "ls" if len(words) <= 1 and not any(word.startswith("-") for word in words):
            return _ls(words, folder, files)
        case "uname" if words in ([], ["-s"]):
            return "Linux\n"
        case "go":
            return _go(words, folder, files, environment)
        case _:
            return None


def _echo(words: list[str]) -> str | None:
    ends = "\n"
    if words[:1] == ["-n"]:
        words, ends = words[1:], ""
    # shells differ in what they make of options and backslashes
    if words[:1] in (["-e"], ["-E"], ["-ne"], ["-en"]) or any("\\" in word for word in words):
        return None
    return " ".join(words) + ends


def _printf(words: list[str]) -> str | None:
    if not words or words[0].startswith("-"):
        return None
    text, arguments = words[0], words[1:]
    takes = len([mark for mark in _FORMAT.findall(text) if mark in ("%s", "%d")])
    if "%" in _FORMAT.findall(text) or (takes == 0 and arguments):
        return None
    rounds = -(-len(arguments) // takes) if takes and arguments else 1
    values = [*arguments, *[""] * (rounds * takes - len(arguments))]

    def replaced(match: re.Match[str]) -> str:
        if match[0] == "%%":
            return "%"
        if match[0][0] == "%":
            return values.pop(0)
        return _ESCAPES.get(match[0][1], match[0])

    if any(mark[0] == "\\" and mark[1] not in _ESCAPES for mark in _FORMAT.findall(text)):
        return None
    return "".join(_FORMAT.sub(replaced, text) for _ in range(rounds))


def _cat(words: list[str], stdin: str | None, folder: str, files: StageFiles) -> str | None:
    found: list[str] = []
    for word in words or ["-"]:
        if word.startswith("-") and word != "-":
            return None
        if word == "-":
            if stdin is None:
                return None
            found.append(stdin)
            continue
        content = files.read(normpath(join(folder, word)))
        if content is None:
            return None
        found.append(content.decode("utf-8", "surrogateescape"))
    return "".join(found)


def _ls(words: list[str], folder: str, files: StageFiles) -> str | None:
    found = matches(join(words[0], "*") if words else "*", folder, files)
    return None if found is None else "".join(basename(path) + "\n" for path in found)


def _go(words: list[str], folder: str, files: StageFiles, environment: Mapping[str, str | None]) -> str | None:
    match words:
        case ["env", "GOPATH"]:
            gopath = environment.get("GOPATH")
            return gopath + "\n" if gopath else None
        case ["env", "GOOS"]:
            return (environment.get("GOOS") or "linux") + "\n"
        case ["env", "GOBIN"]:
            return (environment.get("GOBIN") or "") + "\n"
        case ["list", "-m"]:
            module = module_of(files, folder, [environment.get("GOPATH") or "/go"], ignores_modules=False)
            return module.path + "\n" if module and module.path else None
        case _:
            return None
