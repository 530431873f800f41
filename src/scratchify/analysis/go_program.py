"""
The Go files of the program that is built: from its main package over the imports inside its module and vendor/.

https://pkg.go.dev/cmd/go#hdr-Import_path_syntax
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from posixpath import basename, dirname, join, normpath

from scratchify.analysis.constraints import Target, is_compiled
from scratchify.analysis.go_module import Module, module_of
from scratchify.analysis.go_source import Call, GoFile, read_go_file
from scratchify.analysis.go_values import Expression, Named, Value, World, evaluate
from scratchify.analysis.stage_files import StageFiles
from scratchify.knowledge.modules import RuntimeModule, longest_prefix, runtime_modules

_STANDARD = frozenset(
    "C archive arena bufio builtin bytes cmp compress container context crypto database debug embed encoding errors "
    "expvar flag fmt go hash html image index internal io iter log maps math mime net os path plugin reflect regexp "
    "runtime slices sort strconv strings structs sync syscall testing text time unicode unique unsafe weak".split()
)
"""First elements of the standard library's import paths: https://pkg.go.dev/std"""


ANY = "*"
"""Among the variables that the linker sets: it is not known which ones these are."""


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
    `names` are what constants, and variables that nothing changes, stand for: by folder and name, the expression.
    `folders` maps import paths to the folders of packages that are at hand, `import_paths` the other way.
    `listed` is the number of packages that Go itself named, 0 where it was not asked, and `calling_c` those among them
    that import C and are not read.
    """

    module: Module | None
    files: tuple[GoFile, ...]
    imports: Mapping[str, Place]
    elsewhere: tuple[str, ...]
    missing: tuple[str, ...]
    names: Mapping[tuple[str, str], Expression]
    folders: Mapping[str, str]
    import_paths: Mapping[str, str]
    listed: int = 0
    calling_c: tuple[str, ...] = ()

    def value(
        self,
        file: GoFile,
        expression: Expression,
        variables: Callable[[str], str | None] = lambda _: None,
        binary: str | None = None,
    ) -> Value:
        """Return what an expression in a file is; `variables` and `binary` are what the program starts with."""
        return evaluate(expression, file.folder, World(self._meant, variables, binary))

    def _meant(self, name: Named) -> tuple[str, Expression]:
        folder = self.folders.get(name.package, name.package)
        return folder, self.names.get((folder, name.name))

    def package_of(self, file: GoFile) -> str:
        """Return the import path of a file's package, empty for the main package and what has none."""
        return self.import_paths.get(file.folder, "")

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
    for path in files.below(files.resolve(folder)):
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


def go_program(
    files: StageFiles,
    main: str,
    named: tuple[str, ...],
    target: Target,
    gopaths: Sequence[str],
    *,
    ignores_modules: bool = False,
    workspace: str = "",
    linked: frozenset[str] = frozenset(),
) -> GoProgram:
    """
    Return the program whose main package lies in the folder `main`; `named` are its files where a build names files.

    Its files are as each of them tells; `resolved` adds what only the whole program does.

    `workspace` is the value of GOWORK, `linked` are the variables that the linker sets, as `import/path.Name`.
    """
    module = module_of(files, main, gopaths, ignores_modules=ignores_modules, workspace=workspace)
    found: list[GoFile] = []
    imports: dict[str, Place] = {}
    elsewhere: dict[str, None] = {}
    missing: dict[str, None] = {}
    folders: dict[str, str] = {}
    seen = {main}
    waiting = [(main, named)]
    places: dict[tuple[str, str], str | None] = {}
    while waiting:
        folder, only = waiting.pop()
        for file in package_files(files, folder, target):
            if only and file.path not in only:
                continue
            found.append(file)
            for imported in file.imports:
                imports.setdefault(imported.path, Place(file.context_path, imported.line))
                key = (folder, imported.path)
                if key not in places:
                    places[key] = _folder_of(files, module, folder, imported.path)
                place = places[key]
                if place is None and is_standard(imported.path):
                    continue
                if place is None and (_is_relative(imported.path) or _is_of(module, imported.path)):
                    missing[imported.path] = None
                elif place is None:
                    elsewhere[imported.path] = None
                else:
                    folders[imported.path] = place
                if place is not None and place not in seen:
                    seen.add(place)
                    waiting.append((place, ()))
    return GoProgram(
        module=module,
        files=tuple(found),
        imports=imports,
        elsewhere=tuple(sorted(elsewhere)),
        missing=tuple(sorted(missing)),
        names=dict(_names(found, main, folders, linked)),
        folders=folders,
        import_paths={folder: path for path, folder in folders.items()},
    )


def resolved(program: GoProgram) -> GoProgram:
    """Return a program with those arguments of calls that only the whole of it tells."""
    return replace(program, files=tuple(_resolved(program, file) for file in program.files))


def _names(
    files: Sequence[GoFile], main: str, folders: Mapping[str, str], linked: frozenset[str]
) -> Iterator[tuple[tuple[str, str], Expression]]:
    """Yield what the names of packages stand for, None where they are changed, or declared in more than one way."""
    changed = {(folders.get(one.package, file.folder), one.name) for file in files for one in file.changed}
    for path, _, name in (one.rpartition(".") for one in linked):
        changed.add((main if path == "main" else folders.get(path, ""), name))
    is_any = ANY in linked
    found: dict[tuple[str, str], Expression] = {}
    for file in files:
        for one in file.declared:
            key = (file.folder, one.name)
            value = None if (is_any or key in changed) and not one.is_constant else one.value
            yield key, value if found.setdefault(key, value) == value else None


def _resolved(program: GoProgram, file: GoFile) -> GoFile:
    """Return a file whose calls have those arguments that the whole program tells."""
    calls, methods = (
        tuple(_resolved_call(program, file, call) if _may_be_resolved(call) else call for call in calls)
        for calls in (file.calls, file.methods)
    )
    return replace(file, calls=calls, methods=methods)


def _may_be_resolved(call: Call) -> bool:
    return any(text is None and one for text, one in zip(call.arguments, call.expressions, strict=True))


def _resolved_call(program: GoProgram, file: GoFile, call: Call) -> Call:
    values = (program.value(file, one) if one else None for one in call.expressions)
    texts = tuple(value.text if value and value.is_whole else None for value in values)
    return replace(call, arguments=texts) if any(texts) else call


def with_files(program: GoProgram, added: tuple[GoFile, ...]) -> GoProgram:
    """Return a program with the files of further packages, which are vendored."""
    imports = dict(program.imports)
    for file in added:
        for imported in file.imports:
            imports.setdefault(imported.path, Place(file.context_path, imported.line))
    folders = {**program.folders, **{file.vendored: file.folder for file in added}}
    names = {**program.names, **dict(_names(added, "", folders, frozenset()))}
    import_paths = {folder: path for path, folder in folders.items()}
    whole = replace(program, imports=imports, names=names, folders=folders, import_paths=import_paths)
    return replace(whole, files=(*program.files, *(_resolved(whole, file) for file in added)))


def is_standard(import_path: str) -> bool:
    """Say whether a package is the standard library's, by its first element."""
    return import_path.partition("/")[0] in _STANDARD


def _is_of(module: Module | None, import_path: str) -> bool:
    return bool(module and module.path and import_path.startswith(f"{module.path}/"))


def _is_relative(import_path: str) -> bool:
    """Say whether a package is named from the importer's folder, which only GOPATH knows."""
    return import_path.startswith(("./", "../"))


def _folder_of(files: StageFiles, module: Module | None, importer: str, import_path: str) -> str | None:
    """Return the folder of a package whose source is at hand, the nearest vendor/ before the module's own."""
    if _is_relative(import_path):
        folder = normpath(join(importer, import_path))
        return folder if not (module and module.path) and _is_package(files, folder) else None
    at = importer
    while at != "/":
        vendored = join(at, "vendor", import_path)
        if _is_package(files, vendored):
            return vendored
        at = dirname(at)
    folders = [join(root, import_path) for root in module.roots] if module else []
    if module and not module.roots and (own := module.folder_of(import_path)):
        folders = [own]
    return next((folder for folder in folders if _is_package(files, folder)), None)


def _is_package(files: StageFiles, folder: str) -> bool:
    """Say whether a folder has Go files: one of the image's own may have the name of a module outside the context."""
    return any(path.endswith(".go") for path in files.below(files.resolve(folder)))
