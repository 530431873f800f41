"""
Which binaries a `go build` or `go install` makes: Go's own rules for names and places.

https://pkg.go.dev/cmd/go#hdr-Compile_packages_and_dependencies
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import PurePosixPath
from posixpath import basename, dirname, join, normpath

from scratchify.analysis.constraints import Target
from scratchify.analysis.go_module import Module, module_of
from scratchify.analysis.go_program import ANY, package_files
from scratchify.analysis.stage_files import StageFiles

FIRST_WITH_MODULES = 11
"""Go 1.y that first knows modules: https://go.dev/doc/go1.11#modules"""

AUTO_EVERYWHERE = 13
"""Go 1.y from which go.mod counts inside of GOPATH too: https://go.dev/doc/go1.13#modules"""


@dataclass(frozen=True, slots=True)
class GoBuild:
    """
    A `go build` or `go install`; `start` is its offset in the source, lines count from 1.

    `variables` are the environment that go sees, `assigned` the names set on the command itself. `go_minor` is the y
    of Go 1.y, None where it is today's. `said_in` is the file of the build context, and its line, that has the command
    where a script or a makefile does.
    """

    line: int
    start: int
    verb: str
    packages: tuple[str, ...]
    output: str | None
    flags: Mapping[str, str]
    variables: Mapping[str, str]
    assigned: frozenset[str]
    folder: str
    go_minor: int | None = None
    said_in: tuple[str, int] | None = None

    @property
    def place(self) -> tuple[PurePosixPath | None, int]:
        """The file of the build context, None for the Dockerfile, and the line that has the command."""
        return (PurePosixPath(self.said_in[0]), self.said_in[1]) if self.said_in else (None, self.line)

    @property
    def target(self) -> Target:
        """What this build compiles for; cgo is off only where the command or the environment says so."""
        tags = self.flag("tags").replace(",", " ").split()
        if "boringcrypto" in self.variables.get("GOEXPERIMENT", ""):
            tags.append("boringcrypto")
        return Target(
            architecture=self.variables.get("GOARCH") or "",
            tags=frozenset(tags),
            cgo=self.variables.get("CGO_ENABLED") != "0",
        )

    @property
    def gopaths(self) -> tuple[str, ...]:
        """The elements of GOPATH; programs are installed into the first."""
        return tuple(path for path in (self.variables.get("GOPATH") or "/go").split(":") if path)

    @property
    def ignores_modules(self) -> bool:
        """Say whether go.mod means nothing to this build: https://go.dev/ref/mod#mod-commands"""
        said = self.variables.get("GO111MODULE", "")
        if said == "off" or (self.go_minor is not None and self.go_minor < FIRST_WITH_MODULES):
            return True
        is_early = self.go_minor is not None and self.go_minor < AUTO_EVERYWHERE and said != "on"
        return is_early and any(f"{self.folder}/".startswith(f"{path}/src/") for path in self.gopaths)

    @property
    def linked(self) -> frozenset[str]:
        """
        The variables that `-ldflags -X` sets, as `import/path.Name`; `*` where it is not known which.

        https://pkg.go.dev/cmd/link
        """
        words = ["", *self.flag("ldflags").replace("'", " ").replace('"', " ").replace("-X=", "-X ").split()]
        found = {word.partition("=")[0] for before, word in pairwise(words) if before.lstrip("-") == "X"}
        others = (word for before, word in pairwise(words) if before.lstrip("-") != "X")
        return frozenset(found | ({ANY} if any(word.startswith(("$", "`")) for word in others) else set()))

    @property
    def go_flags(self) -> frozenset[str]:
        """The names of all flags, those of GOFLAGS included."""
        words = self.variables.get("GOFLAGS", "").split()
        return frozenset(self.flags) | {word.lstrip("-").partition("=")[0] for word in words}

    def flag(self, name: str) -> str:
        """Return a flag's value, the command's own before GOFLAGS; empty where it is not set."""
        if name in self.flags:
            return self.flags[name]
        words = (word.lstrip("-").partition("=") for word in self.variables.get("GOFLAGS", "").split())
        return next((value for word, _, value in words if word == name), "")


@dataclass(frozen=True, slots=True)
class Program:
    """A binary that a build makes: its path, and its main package (`files` where the command names files)."""

    path: str
    package: str | None
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unknown:
    """A command whose effect is not understood, in words that end in what would help."""

    why: str


def programs_of(build: GoBuild, files: StageFiles) -> tuple[Program, ...] | Unknown:
    """Return the binaries that a build makes, by Go's rules for names and places."""
    if build.variables.get("GOOS") not in (None, "", "linux"):
        return Unknown(f"GOOS={build.variables['GOOS']} makes a program that no Linux image runs")
    if build.packages and all(package.endswith(".go") for package in build.packages):
        name = basename(build.packages[0]).removesuffix(".go")
        named = tuple(normpath(join(build.folder, package)) for package in build.packages)
        return _placed(build, files, [(name, dirname(named[0]), named)])
    found: list[tuple[str, str | None, tuple[str, ...]]] = []
    is_pattern = False
    for package in build.packages or (".",):
        if package.endswith("...") and not _is_elsewhere(package):
            is_pattern = True
            found += [(name, folder, ()) for name, folder in _matching(build, files, package)]
            continue
        named_program = _named(build, files, package)
        if isinstance(named_program, Unknown):
            return named_program
        if named_program[1] is None or _is_main(build, files, named_program[1]):
            found.append(named_program)
    if is_pattern and build.verb == "build" and build.output is None and not _is_single(build, files):
        return ()
    return _placed(build, files, found)


def _module(build: GoBuild, files: StageFiles, folder: str) -> Module | None:
    workspace = build.variables.get("GOWORK", "")
    return module_of(files, folder, build.gopaths, ignores_modules=build.ignores_modules, workspace=workspace)


def _is_elsewhere(package: str) -> bool:
    return not package.startswith((".", "/")) and "." in package.partition("/")[0]


def _named(build: GoBuild, files: StageFiles, package: str) -> tuple[str, str | None, tuple[str, ...]] | Unknown:
    """Return the default name and the folder of one package argument."""
    path, _, version = package.partition("@")
    if version:
        return default_name(path), None, ()
    if package.startswith(("./", "../", "/")) or package in (".", ".."):
        folder = normpath(join(build.folder, package))
        module = _module(build, files, folder)
        if module is None:
            why = f"the package in {folder} belongs to no known module, so its binary has no name; use go build -o"
            return (basename(folder), folder, ()) if build.output and not _is_folder(build, files) else Unknown(why)
        return default_name(module.import_path(folder)), folder, ()
    module = _module(build, files, build.folder)
    own = module.folder_of(package) if module else None
    if own and files.is_folder(own):
        return default_name(package), own, ()
    in_gopath = (join(path, "src", package) for path in build.gopaths)
    return default_name(package), next((path for path in in_gopath if files.may_be_folder(path)), None), ()


def _matching(build: GoBuild, files: StageFiles, pattern: str) -> list[tuple[str, str]]:
    """Return name and folder of each main package that `./dir/...` matches."""
    top = normpath(join(build.folder, pattern.removesuffix("...").rstrip("/") or "."))
    matched: list[tuple[str, str]] = []
    for folder in _folders(files, top):
        module = _module(build, files, folder)
        is_main = any(file.package == "main" for file in package_files(files, folder, build.target))
        if is_main and module:
            matched.append((default_name(module.import_path(folder)), folder))
    return matched


def _is_main(build: GoBuild, files: StageFiles, folder: str) -> bool:
    """Say whether a folder holds a program; a library is compiled and thrown away. Without its source, it may."""
    compiled = package_files(files, folder, build.target)
    return not compiled or any(file.package == "main" for file in compiled)


def _folders(files: StageFiles, top: str) -> list[str]:
    found = [top]
    for path in files.below(top):
        name = basename(path)
        ignored = name.startswith((".", "_")) or name in ("testdata", "vendor")
        if files.is_folder(path) and not ignored and join(path, "go.mod") not in files.entries:
            found += _folders(files, path)
    return found


def _is_single(build: GoBuild, files: StageFiles) -> bool:
    """A pattern that matches one package alone builds like that package; more are compiled and thrown away."""
    packages = 0
    for package in build.packages:
        top = normpath(join(build.folder, package.removesuffix("...").rstrip("/") or "."))
        packages += sum(bool(package_files(files, folder, build.target)) for folder in _folders(files, top))
    return packages == 1


def _is_folder(build: GoBuild, files: StageFiles) -> bool:
    output = build.output or ""
    return output.endswith("/") or files.is_folder(normpath(join(build.folder, output)))


def _placed(
    build: GoBuild, files: StageFiles, found: list[tuple[str, str | None, tuple[str, ...]]]
) -> tuple[Program, ...] | Unknown:
    if build.verb == "install":
        folder: str = build.variables.get("GOBIN") or join(_element(build, found), "bin")
        if build.variables.get("GOARCH") and not build.variables.get("GOBIN"):
            return Unknown(
                "go install with GOARCH puts the binary where the machine's own architecture decides; use go build -o"
            )
    elif build.output is None:
        folder = build.folder
    elif _is_folder(build, files):
        folder = normpath(join(build.folder, build.output))
    elif len(found) == 1:
        _, package, named = found[0]
        return (Program(normpath(join(build.folder, build.output)), package, named),)
    else:
        return Unknown(f"go build -o {build.output} names one file for {len(found)} programs; end it in / for a folder")
    return tuple(Program(join(folder, name), package, named) for name, package, named in found)


def _element(build: GoBuild, found: list[tuple[str, str | None, tuple[str, ...]]]) -> str:
    """Return the element of GOPATH into which `go install` installs: without modules, the one that has the package."""
    for _, package, _ in found if build.ignores_modules else ():
        for path in build.gopaths:
            if package and package.startswith(f"{path}/src/"):
                return path
    return build.gopaths[0]


def default_name(import_path: str) -> str:
    """The last element of the import path, or the one before a major version."""
    *above, last = import_path.rstrip("/").split("/")
    is_version = last[:1] == "v" and last[1:].isdecimal() and not last[1:].startswith("0") and last != "v1"
    return above[-1] if above and is_version else last
