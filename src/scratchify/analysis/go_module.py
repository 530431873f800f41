"""
Which module a folder belongs to, and what its packages are called.

https://go.dev/ref/mod#go-mod-file
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from posixpath import dirname, join, normpath, relpath

from scratchify.analysis.stage_files import StageFiles


@dataclass(frozen=True, slots=True)
class Module:
    """
    A go.mod file, or a GOPATH's `src` (then `path` is empty): folder, module path, and local replacements.

    `replaced` maps module paths to folders; `go` is the language version, empty where go.mod has none. `roots` are the
    `src` folders of all elements of GOPATH, where there is no go.mod.
    """

    folder: str
    path: str
    go: str
    replaced: Mapping[str, str]
    file: str
    roots: tuple[str, ...] = ()

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


def module_of(
    files: StageFiles, folder: str, gopaths: Sequence[str], *, ignores_modules: bool, workspace: str = ""
) -> Module | None:
    """
    Return the module that a folder is in: the nearest go.mod at or above it, else the element of GOPATH.

    `ignores_modules`: no go.mod counts. `workspace` is the value of GOWORK.
    """
    at = folder
    while not ignores_modules:
        file = join(at, "go.mod")
        if file in files.entries and at not in gopaths:
            content = files.read(file)
            if content is None:
                return None
            module = _parse(file, content.decode("utf-8", "replace"))
            return _in_workspace(files, module, workspace)
        if at == "/":
            break
        at = dirname(at)
    roots = tuple(join(path, "src") for path in gopaths)
    own = next((root for root in roots if folder.startswith(root + "/")), None)
    return Module(own, "", "", {}, "", roots) if own else None


def _in_workspace(files: StageFiles, module: Module, workspace: str) -> Module:
    """Return a module with those that a go.work at or above it puts beside it: https://go.dev/ref/mod#workspaces"""
    file = workspace if workspace.startswith("/") else None
    at = module.folder
    while file is None and workspace != "off":
        if (found := join(at, "go.work")) in files.entries:
            file = found
        if at == "/":
            break
        at = dirname(at)
    content = files.read(file) if file else None
    if file is None or content is None:
        return module
    replaced: dict[str, str] = {}
    used: dict[str, str] = {}
    for verb, words in _directives(content.decode("utf-8", "replace")):
        if verb == "use" and words:
            folder = normpath(join(dirname(file), words[0]))
            go_mod = files.read(join(folder, "go.mod"))
            if go_mod is not None:
                other = _parse(join(folder, "go.mod"), go_mod.decode("utf-8", "replace"))
                used[other.path] = folder
                replaced |= other.replaced
        elif verb == "replace":
            replaced |= _replacement(file, words)
    if module.path not in used:
        return module  # go refuses to build what the workspace does not hold; whoever builds it turns it off
    return replace(module, replaced={**replaced, **used})


def _directives(text: str) -> Iterator[tuple[str, list[str]]]:
    """Yield the directives of go.mod or go.work, those in blocks with the verb of their block."""
    block = ""
    for line in text.split("\n"):
        words = [word.strip('"`') for word in line.partition("//")[0].replace("(", " ( ").split()]
        if not words:
            continue
        if block and words == [")"]:
            block = ""
        elif words[-1] == "(" and len(words) == 2:
            block = words[0]
        else:
            yield (block, words) if block else (words[0], words[1:])


def _replacement(file: str, words: list[str]) -> dict[str, str]:
    """Return the module path and the folder of a `replace` that leads to a folder; nothing for another one."""
    if "=>" not in words[:-1]:
        return {}
    target = words[words.index("=>") + 1]
    return {words[0]: normpath(join(dirname(file), target))} if target.startswith((".", "/")) else {}


def _parse(file: str, text: str) -> Module:
    path, go = "", ""
    replaced: dict[str, str] = {}
    for verb, words in _directives(text):
        match verb:
            case "module" if words:
                path = words[0]
            case "go" if words:
                go = words[0]
            case "replace":
                replaced |= _replacement(file, words)
            case _:
                pass
    return Module(dirname(file), path, go, replaced, file)
