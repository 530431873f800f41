"""
Which module a folder belongs to, and what its packages are called.

https://go.dev/ref/mod#go-mod-file
"""

from collections.abc import Mapping
from dataclasses import dataclass
from posixpath import dirname, join, normpath, relpath

from scratchify.analysis.stage_files import StageFiles


@dataclass(frozen=True, slots=True)
class Module:
    """
    A go.mod file, or a GOPATH's `src` (then `path` is empty): folder, module path, and local replacements.

    `replaced` maps module paths to folders; `go` is the language version, empty where go.mod has none.
    """

    folder: str
    path: str
    go: str
    replaced: Mapping[str, str]
    file: str

    def import_path(self, folder: str) -> str:
        """Return the import path of the package in a folder below this module's."""
        below = relpath(folder, self.folder)
        if below == ".":
            return self.path
        return f"{self.path}/{below}" if self.path else below

    def folder_of(self, import_path: str) -> str | None:
        """Return the folder of an own or locally replaced package, None for one from elsewhere."""
        modules = [(self.path, self.folder), *self.replaced.items()]
        for path, folder in sorted(modules, key=lambda module: len(module[0]), reverse=True):
            if import_path == path:
                return folder
            if not path or import_path.startswith(path + "/"):
                return join(folder, import_path[len(path) :].lstrip("/"))
        return None


def module_of(files: StageFiles, folder: str, gopath: str) -> Module | None:
    """Return the module that a folder is in: the nearest go.mod at or above it, else the GOPATH."""
    at = folder
    while True:
        file = join(at, "go.mod")
        if file in files.entries and at != gopath:
            content = files.read(file)
            return _parse(file, content.decode("utf-8", "replace")) if content is not None else None
        if at == "/":
            break
        at = dirname(at)
    source = join(gopath, "src")
    return Module(source, "", "", {}, "") if folder.startswith(source + "/") else None


def _parse(file: str, text: str) -> Module:
    path, go = "", ""
    replaced: dict[str, str] = {}
    block = ""
    for line in text.split("\n"):
        words = [word.strip('"`') for word in line.partition("//")[0].replace("(", " ( ").split()]
        if not words:
            continue
        if block and words == [")"]:
            block = ""
            continue
        if words[-1] == "(" and len(words) == 2:
            block = words[0]
            continue
        verb, rest = (block, words) if block else (words[0], words[1:])
        if verb == "module" and rest:
            path = rest[0]
        elif verb == "go" and rest:
            go = rest[0]
        elif verb == "replace" and "=>" in rest[:-1] and rest[rest.index("=>") + 1].startswith((".", "/")):
            replaced[rest[0]] = normpath(join(dirname(file), rest[rest.index("=>") + 1]))
    return Module(dirname(file), path, go, replaced, file)
