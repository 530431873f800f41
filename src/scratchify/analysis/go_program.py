"""
The Go files of the program that is built: from its main package over the imports inside its module and vendor/.

https://pkg.go.dev/cmd/go#hdr-Import_path_syntax
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from posixpath import basename, dirname, join

from scratchify.analysis.constraints import Target, is_compiled
from scratchify.analysis.go_module import Module, module_of
from scratchify.analysis.go_source import Call, GoFile, read_go_file
from scratchify.analysis.stage_files import StageFiles
from scratchify.knowledge.modules import RuntimeModule, longest_prefix, runtime_modules

_STANDARD = frozenset(
    "C archive arena bufio builtin bytes cmp compress container context crypto database debug embed encoding errors "
    "expvar flag fmt go hash html image index internal io iter log maps math mime net os path plugin reflect regexp "
    "runtime slices sort strconv strings structs sync syscall testing text time unicode unique unsafe weak".split()
)
"""First elements of the standard library's import paths: https://pkg.go.dev/std"""


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a file of the build context."""

    path: str
    line: int


@dataclass(frozen=True, slots=True)
class GoProgram:
    """
    The packages of one program that are at hand.

    `files` are read under the constraints of its build. `imports` has every import path with the first place that
    names it; `elsewhere` are those of third-party packages whose source is not at hand, `missing` those of the module.
    """

    module: Module | None
    files: tuple[GoFile, ...]
    imports: Mapping[str, Place]
    elsewhere: tuple[str, ...]
    missing: tuple[str, ...]

    def cgo(self) -> Iterator[Place]:
        """Yield the places where a file of the program imports C."""
        return (Place(file.context_path, found.line) for file in self.files if (found := file.cgo))

    def calls(self, package: str, *functions: str) -> Iterator[tuple[GoFile, Call]]:
        for file in self.files:
            for call in file.calls:
                if call.package == package and call.function in functions:
                    yield file, call

    def known_imports(self) -> Iterator[tuple[Place, RuntimeModule]]:
        """Yield the imports that the table of what packages look for at run time knows."""
        for path, place in self.imports.items():
            if known := longest_prefix(runtime_modules(), path):
                yield place, known

    def mentions(self, text: str, *, in_part: bool = False) -> Place | None:
        """Return the first place where a string literal is exactly `text`, or holds it."""
        return next(
            (
                Place(file.context_path, found.line)
                for file in self.files
                for found in file.literals
                if found.text == text or (in_part and text in found.text)
            ),
            None,
        )


def package_files(files: StageFiles, folder: str, target: Target) -> list[GoFile]:
    """Return the files of the package in a folder that a build for `target` compiles."""
    found: list[GoFile] = []
    for path in files.below(folder):
        if not path.endswith(".go") or files.entries[path].kind == "folder":
            continue
        source, context_path = files.read(path), files.context_path(path)
        if source is None or context_path is None:
            continue
        if is_compiled(basename(path), source.decode("utf-8", "replace"), target):
            file = read_go_file(path, context_path, source)
            if target.cgo or not file.cgo:
                found.append(file)
    return found


def go_program(files: StageFiles, main: str, named: tuple[str, ...], target: Target, gopath: str) -> GoProgram:
    """
    Return the program whose main package lies in the folder `main`; `named` are its files where a build names files.
    """
    module = module_of(files, main, gopath)
    found: list[GoFile] = []
    imports: dict[str, Place] = {}
    elsewhere: dict[str, None] = {}
    missing: dict[str, None] = {}
    seen = {main}
    waiting = [(main, named)]
    while waiting:
        folder, only = waiting.pop()
        for file in package_files(files, folder, target):
            if only and file.path not in only:
                continue
            found.append(file)
            for imported in file.imports:
                imports.setdefault(imported.path, Place(file.context_path, imported.line))
                place = _folder_of(files, module, folder, imported.path)
                if place is None and is_standard(imported.path):
                    continue
                if place is None and module and module.path and imported.path.startswith(module.path + "/"):
                    missing[imported.path] = None
                elif place is None:
                    elsewhere[imported.path] = None
                elif place not in seen:
                    seen.add(place)
                    waiting.append((place, ()))
    return GoProgram(module, tuple(found), imports, tuple(sorted(elsewhere)), tuple(sorted(missing)))


def is_standard(import_path: str) -> bool:
    """Say whether a package is the standard library's, by its first element."""
    return import_path.partition("/")[0] in _STANDARD


def _folder_of(files: StageFiles, module: Module | None, importer: str, import_path: str) -> str | None:
    """Return the folder of a package whose source is at hand, the nearest vendor/ before the module's own."""
    at = importer
    while at != "/":
        vendored = join(at, "vendor", import_path)
        if files.is_folder(vendored):
            return vendored
        at = dirname(at)
    folder = module.folder_of(import_path) if module else None
    return folder if folder and files.is_folder(folder) else None
