"""
A program with the packages that only Go itself can find: those of modules that the build downloads.

Where `go list` answers, they are read like vendored ones, so that what they open, run and call of C is known and not
assumed; a package that a table describes is judged by it, and so is what only such packages import.

https://pkg.go.dev/cmd/go#hdr-List_packages_or_modules
"""

from collections.abc import Iterator
from dataclasses import replace

from scratchify.analysis.constraints import Target
from scratchify.analysis.go_build import GoBuild
from scratchify.analysis.go_program import GoProgram, is_standard, with_files
from scratchify.analysis.go_source import GoFile, read_go_file
from scratchify.analysis.stage_files import Built, StageFiles
from scratchify.context import GoToolchain, ListedPackage, PackageQuery
from scratchify.knowledge.modules import longest_prefix, runtime_modules

MODULES = "/(modules)/vendor"
"""Where these packages are put, as if they were vendored."""


def with_listed(
    program: GoProgram, toolchain: GoToolchain, files: StageFiles, made_by: GoBuild, built: Built, target: Target
) -> GoProgram:
    """Return the program with the packages that Go lists; as it is where Go cannot tell."""
    folder = files.context_path(built.package or "") if built.package else None
    named = tuple(path for file in built.files if (path := files.context_path(file)) is not None)
    is_whole = folder is not None or any(file.path.rpartition("/")[0] == built.package for file in program.files)
    if not program.elsewhere or not is_whole or made_by.ignores_modules:
        return program
    query = PackageQuery(
        folder=folder or _folder_of(program, built),
        files=named,
        architecture=target.architecture,
        tags=tuple(sorted(target.tags)),
        cgo=target.cgo,
        mod=made_by.flag("mod"),
    )
    listed = toolchain.packages(query)
    if listed is None:
        return program
    by_path = {package.path: package for package in listed}
    wanted = {path: by_path[path] for path in _reached(program, by_path)}
    added = tuple(file for package in wanted.values() for file in _files(package, toolchain))
    unjudged = tuple(
        path for path in program.elsewhere if path not in by_path and longest_prefix(runtime_modules(), path) is None
    )
    calling_c = tuple(
        one.path for one in listed if one.cgo and not (one.is_standard or one.is_main_module) and one.path not in wanted
    )
    return replace(with_files(program, added), elsewhere=unjudged, listed=len(listed), calling_c=calling_c)


def _folder_of(program: GoProgram, built: Built) -> str:
    """Return the folder of the main package in the build context: that of its files."""
    main = next(file for file in program.files if file.path.rpartition("/")[0] == built.package)
    return main.context_path.rpartition("/")[0]


def _reached(program: GoProgram, listed: dict[str, ListedPackage]) -> Iterator[str]:
    """Yield the packages from elsewhere that are imported, not past those that a table describes."""
    waiting = [path for path in program.elsewhere if path in listed]
    seen = set(waiting)
    while waiting:
        path = waiting.pop()
        if longest_prefix(runtime_modules(), path):
            continue
        yield path
        for imported in listed[path].imports:
            if imported in listed and imported not in seen and not is_standard(imported):
                seen.add(imported)
                waiting.append(imported)


def _files(package: ListedPackage, toolchain: GoToolchain) -> Iterator[GoFile]:
    for name in package.files:
        if (content := toolchain.read(package, name)) is not None:
            yield read_go_file(f"{MODULES}/{package.path}/{name}", f"{package.path}/{name}", content)
