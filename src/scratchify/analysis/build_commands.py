"""
What the commands of RUN do to the build stage.

Go's own rules decide what a binary is called and where it goes: https://pkg.go.dev/cmd/go
"""

from collections.abc import Mapping
from dataclasses import dataclass
from posixpath import basename, dirname, join, normpath

from scratchify.analysis.constraints import Target
from scratchify.analysis.go_module import module_of
from scratchify.analysis.go_program import package_files
from scratchify.analysis.shell import SimpleCommand, Unresolved, Word
from scratchify.analysis.stage_files import StageFiles

_FLAGS_WITHOUT_VALUE = frozenset(
    "a n race msan asan cover v work x i linkshared modcacherw trimpath json".split()
)
_GOPATH_VERBS = frozenset({"GOBIN", "GOPATH", "GOFLAGS", "GOOS", "GOARCH", "GOROOT", "GO111MODULE", "CGO_ENABLED"})
_HARMLESS_GO = frozenset({"clean", "doc", "env", "fmt", "help", "list", "test", "version", "vet"})
_HARMLESS_MOD = frozenset({"download", "graph", "tidy", "vendor", "verify", "why"})
_HARMLESS = frozenset(
    ": cat date echo env false gofmt id ls printenv printf pwd set sleep true uname update-ca-certificates which whoami"
    .split()
)
_CACHES = ("/var/lib/apt/lists", "/var/cache", "/tmp", "/var/tmp", "/root/.cache", "/go/pkg", "/usr/share/doc")
_PACKAGE_MANAGERS = {
    "apk": frozenset({"add"}),
    "apt-get": frozenset({"install"}),
    "apt": frozenset({"install"}),
}
_HARMLESS_PACKAGE_VERBS = frozenset({"update", "upgrade", "clean", "autoclean", "autoremove", "del", "purge", "remove"})
_PACKAGE_OPTIONS_WITH_VALUE = frozenset({"-t", "--virtual", "--repository", "-X", "-o", "-c", "--target-release"})


@dataclass(frozen=True, slots=True)
class GoBuild:
    """
    A `go build` or `go install`; `start` is its offset in the source, lines count from 1.

    `variables` are the environment that go sees, `assigned` the names set on the command itself.
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

    @property
    def target(self) -> Target:
        """What this build compiles for; cgo is off only where the command or the environment says so."""
        tags = self.flags.get("tags", "").replace(",", " ").split()
        return Target(
            architecture=self.variables.get("GOARCH") or "amd64",
            tags=frozenset(tags),
            cgo=self.variables.get("CGO_ENABLED") != "0",
        )

    @property
    def gopath(self) -> str:
        return (self.variables.get("GOPATH") or "/go").partition(":")[0]

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
class Installs:
    """Distribution packages that a package manager puts in place."""

    packages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MakesFolders:
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ChangesFolder:
    path: str


@dataclass(frozen=True, slots=True)
class Harmless:
    """Changes nothing that the final image could need."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """A command whose effect is not understood, in words that end in what would help."""

    why: str


Effect = GoBuild | Installs | MakesFolders | ChangesFolder | Harmless | Unknown


@dataclass(frozen=True, slots=True)
class Circumstances:
    """Where and with what a command runs: its line and offset in the source, variables and folder."""

    line: int
    start: int
    variables: Mapping[str, str]
    folder: str
    files: StageFiles


def effect_of(command: SimpleCommand, at: Circumstances) -> Effect:
    """Say what one simple command does."""
    for write in command.writes:
        if write.value(at.variables) not in ("/dev/null", "/dev/stdout", "/dev/stderr"):
            return Unknown(f"writes to {write.raw}, which is not followed yet; write the file with COPY")
    values = [word.value(at.variables) for word in command.words]
    name = basename(values[0] or "") if values else ""
    match name:
        case "go":
            return _go(command, at)
        case "cd":
            return _cd(command.words[1:], values[1:], at)
        case "mkdir":
            return _mkdir(command.words[1:], values[1:], at)
        case "rm":
            return _rm(command.words[1:], at)
        case "chmod":
            return _chmod(values[1:], at)
        case "git" if values[1:2] == ["config"]:
            return Harmless()
        case name if name in _PACKAGE_MANAGERS:
            return _packages(name, command.words[1:], values[1:])
        case name if name in _HARMLESS or not values:
            return Harmless()
        case _:
            what = name or (command.words[0].raw if command.words else "")
            return Unknown(f"what {what} does is not understood yet; call go build directly, or move it out of the Dockerfile")


def _cd(words: tuple[Word, ...], values: list[str | None], at: Circumstances) -> Effect:
    if len(values) == 1 and values[0] and values[0] != "-":
        return ChangesFolder(normpath(join(at.folder, values[0])))
    raw = words[0].raw if words else "without a folder"
    return Unknown(f"cd {raw} goes where only a shell knows; write the path")


def _mkdir(words: tuple[Word, ...], values: list[str | None], at: Circumstances) -> Effect:
    paths: list[str] = []
    for word, value in zip(words, values, strict=True):
        if value is None:
            return Unknown(f"mkdir {word.raw} makes folders that only a shell knows; write their paths")
        if value.startswith("-"):
            if value.strip("-") not in ("p", "v", "pv", "vp", "parents", "verbose"):
                return Unknown(f"mkdir {value} is not followed yet; use mkdir -p")
            continue
        paths.append(normpath(join(at.folder, value)))
    return MakesFolders(tuple(paths))


def _rm(words: tuple[Word, ...], at: Circumstances) -> Effect:
    for word in words:
        known = word.parts[0] if word.parts and isinstance(word.parts[0], str) else ""
        raw = word.parts[0].raw if word.parts and isinstance(word.parts[0], Unresolved) else known
        if not raw.startswith(("-", *_CACHES)) or ".." in word.raw:
            return Unknown(f"rm {word.raw} is not followed yet; leave files out with .dockerignore")
    del at
    return Harmless()


def _chmod(values: list[str | None], at: Circumstances) -> Effect:
    """COPY --from keeps a file's mode; only a folder that is copied as a whole would lose its own."""
    for value in values[1:]:
        path = normpath(join(at.folder, value)) if value else ""
        if not path or path not in at.files.entries or at.files.is_folder(path):
            return Unknown(f"chmod of {value or 'a path that only a shell knows'} is not followed yet; set the mode in the repository")
    return Harmless() if values[1:] else Unknown("chmod without a path")


def _packages(manager: str, words: tuple[Word, ...], values: list[str | None]) -> Effect:
    verbs = [value for value in values if value and not value.startswith("-")]
    if not verbs or verbs[0] in _HARMLESS_PACKAGE_VERBS:
        return Harmless()
    if verbs[0] not in _PACKAGE_MANAGERS[manager]:
        return Unknown(f"{manager} {verbs[0]} is not understood yet")
    names: list[str] = []
    skip = False
    for word, value in zip(words, values, strict=True):
        if skip or (value or "").startswith("-"):
            skip = value in _PACKAGE_OPTIONS_WITH_VALUE and not skip
        elif value is None:
            return Unknown(f"{manager} installs {word.raw}, which only a shell knows; write the names of the packages")
        elif value != verbs[0] or names:
            names.append(value)
    return Installs(tuple(name.partition("=")[0].partition("~")[0].rstrip("<>") for name in names if not name.startswith(".")))


def _go(command: SimpleCommand, at: Circumstances) -> Effect:
    variables = dict(at.variables)
    for name, word in command.assignments:
        value = word.value(at.variables)
        if value is None and name in _GOPATH_VERBS:
            return Unknown(f"{name} is set to {word.raw}, which only a shell knows; write its value")
        variables[name] = value or ""
    words = command.words[1:]
    values = [word.value(variables) for word in words]
    folder = at.folder
    while values and (values[0] or "").lstrip("-") == "C" and len(values) > 1 and values[1]:
        folder, words, values = normpath(join(folder, values[1])), words[2:], values[2:]
    verb = values[0] if values else None
    match verb:
        case "build" | "install":
            return _go_build(verb, command, words[1:], values[1:], variables, folder, at)
        case "mod" if len(values) > 1 and values[1] in _HARMLESS_MOD:
            return Harmless()
        case "get" if "-d" in values:
            return Harmless()
        case "env" if "-w" in values and any((value or "").partition("=")[0] in _GOPATH_VERBS for value in values[2:]):
            return Unknown("go env -w changes where or what go builds; use ENV")
        case _ if verb in _HARMLESS_GO:
            return Harmless()
        case "get":
            return Unknown("go get installs or edits go.mod, depending on the version of Go; use go install or go mod download")
        case "generate":
            return Unknown("go generate may write any file; commit what it makes, or run it before the build")
        case _:
            shown = " ".join(value or word.raw for value, word in zip(values[:2], words, strict=False))
            return Unknown(f"go {shown} is not understood yet")


def _go_build(
    verb: str,
    command: SimpleCommand,
    words: tuple[Word, ...],
    values: list[str | None],
    variables: dict[str, str],
    folder: str,
    at: Circumstances,
) -> Effect:
    flags: dict[str, str] = {}
    rest = list(zip(words, values, strict=True))
    while rest:
        raw, value = rest[0][0].raw, rest[0][1]
        shown = value if value is not None else raw
        if not shown.startswith("-") or shown == "-":
            break
        rest.pop(0)
        name, equals, given = shown.lstrip("-").partition("=")
        if not equals and name not in _FLAGS_WITHOUT_VALUE:
            if not rest:
                return Unknown(f"go {verb} {raw} lacks a value")
            word, next_value = rest.pop(0)
            # what the linker is told, like a version from git, has no say in what is built where
            given, value = (next_value or "", next_value) if name not in ("ldflags", "gcflags", "asmflags") else (word.raw, "")
        if value is None and name not in ("ldflags", "gcflags", "asmflags"):
            return Unknown(f"go {verb} -{name} has a value that only a shell knows; write it, or use ARG and ENV")
        flags[name] = given
    packages: list[str] = []
    for word, value in rest:
        if value is None and word.raw in ("*.go", "./*.go"):
            packages += [basename(path) for path in at.files.below(folder) if path.endswith(".go")]
        elif value is None:
            return Unknown(f"go {verb} is given {word.raw}, which only a shell knows; write the package")
        else:
            packages.append(value)
    if flags.get("C"):
        folder = normpath(join(folder, flags["C"]))
    output = flags.get("o")
    if output is not None and not output:
        return Unknown("go build -o is given an empty name")
    return GoBuild(
        line=at.line,
        start=at.start,
        verb=verb,
        packages=tuple(packages),
        output=output,
        flags=flags,
        variables=variables,
        assigned=frozenset(name for name, _ in command.assignments),
        folder=folder,
    )


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
        found.append(named_program)
    if is_pattern and build.verb == "build" and build.output is None and not _is_single(build, files):
        return ()
    return _placed(build, files, found)


def _is_elsewhere(package: str) -> bool:
    return not package.startswith((".", "/")) and "." in package.partition("/")[0]


def _named(build: GoBuild, files: StageFiles, package: str) -> tuple[str, str | None, tuple[str, ...]] | Unknown:
    """Return the default name and the folder of one package argument."""
    path, _, version = package.partition("@")
    if version:
        return _default_name(path), None, ()
    if package.startswith(("./", "../", "/")) or package in (".", ".."):
        folder = normpath(join(build.folder, package))
        module = module_of(files, folder, build.gopath)
        if module is None:
            why = f"the package in {folder} belongs to no module that is known, so its binary has no name; use go build -o"
            return (basename(folder), folder, ()) if build.output and not _is_folder(build, files) else Unknown(why)
        return _default_name(module.import_path(folder)), folder, ()
    module = module_of(files, build.folder, build.gopath)
    own = module.folder_of(package) if module else None
    if own and files.is_folder(own):
        return _default_name(package), own, ()
    in_gopath = join(build.gopath, "src", package)
    return _default_name(package), in_gopath if files.is_folder(in_gopath) else None, ()


def _matching(build: GoBuild, files: StageFiles, pattern: str) -> list[tuple[str, str]]:
    """Return name and folder of each main package that `./dir/...` matches."""
    top = normpath(join(build.folder, pattern.removesuffix("...").rstrip("/") or "."))
    matched: list[tuple[str, str]] = []
    for folder in _folders(files, top):
        module = module_of(files, folder, build.gopath)
        is_main = any(file.package == "main" for file in package_files(files, folder, build.target))
        if is_main and module:
            matched.append((_default_name(module.import_path(folder)), folder))
    return matched


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
        folder: str = build.variables.get("GOBIN") or join(build.gopath, "bin")
        if build.variables.get("GOARCH") and not build.variables.get("GOBIN"):
            return Unknown("go install with GOARCH puts the binary where the machine's own architecture decides; use go build -o")
    elif build.output is None:
        folder = build.folder
    elif _is_folder(build, files):
        folder = normpath(join(build.folder, build.output))
    elif len(found) == 1:
        name, package, named = found[0]
        return (Program(normpath(join(build.folder, build.output)), package, named),)
    else:
        return Unknown(f"go build -o {build.output} names one file for {len(found)} programs; end it in / for a folder")
    return tuple(Program(join(folder, name), package, named) for name, package, named in found)


def _default_name(import_path: str) -> str:
    """The last element of the import path, or the one before a major version."""
    *above, last = import_path.rstrip("/").split("/")
    is_version = last[:1] == "v" and last[1:].isdecimal() and not last[1:].startswith("0") and last != "v1"
    return above[-1] if above and is_version else last
