"""
What the commands of RUN do to the build stage.

A command is read for what it does to files; what is not understood says so.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from posixpath import basename, join, normpath

from scratchify.analysis.go_build import GoBuild, Unknown
from scratchify.analysis.shell import SimpleCommand, Unresolved, Variable, Word
from scratchify.analysis.stage_files import StageFiles
from scratchify.knowledge.names import package_purposes

_FLAGS_WITHOUT_VALUE = frozenset("a n race msan asan cover v work x i linkshared modcacherw trimpath json".split())
_TOLD_TO_TOOLS = frozenset({"asmflags", "gcflags", "ldflags"})
DECIDE_THE_BUILD = frozenset({"GOBIN", "GOPATH", "GOFLAGS", "GOOS", "GOARCH", "GOROOT", "GO111MODULE", "CGO_ENABLED"})
_HARMLESS_GO = frozenset({"clean", "doc", "env", "fmt", "help", "list", "test", "version", "vet"})
_HARMLESS_MOD = frozenset({"download", "graph", "tidy", "vendor", "verify", "why"})
_HARMLESS = frozenset(
    ": cat date echo gofmt id ls printenv printf pwd set sleep true uname update-ca-certificates which whoami".split()
)
_SYSTEM_FOLDERS = ("", "/bin", "/sbin", "/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/go/bin")
_CACHES = ("/var/lib/apt/lists", "/var/cache", "/tmp", "/var/tmp", "/root/.cache", "/go/pkg", "/usr/share/doc")
_ADVICE = {
    "cp": "put the files in place with COPY",
    "mv": "put the files in place with COPY",
    "ln": "use the path that the link leads to; a time zone is set with ENV TZ",
    "make": "call go build directly",
    "sh": "call go build directly",
    "bash": "call go build directly",
    "useradd": "leave it out, and write USER with numbers",
    "adduser": "leave it out, and write USER with numbers",
    "addgroup": "leave it out, and write USER with numbers",
    "groupadd": "leave it out, and write USER with numbers",
    "chown": "use COPY --chown with numbers",
}
_OTHERWISE = "do it before the build, or in an image of its own"
_PACKAGE_MANAGERS = {
    "apk": frozenset({"add"}),
    "apt-get": frozenset({"install"}),
    "apt": frozenset({"install"}),
}
_HARMLESS_PACKAGE_VERBS = frozenset({"update", "upgrade", "clean", "autoclean", "autoremove", "del", "purge", "remove"})
_PACKAGE_OPTIONS_WITH_VALUE = frozenset({"-t", "--virtual", "--repository", "-X", "-o", "-c", "--target-release"})


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
class Tests:
    """Compiles and runs tests, which leave nothing behind."""


@dataclass(frozen=True, slots=True)
class Harmless:
    """Changes nothing that the final image could need."""


Effect = GoBuild | Tests | Installs | MakesFolders | ChangesFolder | Harmless | Unknown


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
    name = _name_of(values[0] or "") if values else ""
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
            return Unknown(f"what {what} leaves in the image is not followed yet; {_ADVICE.get(what, _OTHERWISE)}")


def _name_of(word: str) -> str:
    """Return a command's name; a path of the project's own stays one, whatever its last element is called."""
    folder, _, name = word.rpartition("/")
    return (
        name
        if folder in ("", "/bin", "/sbin", "/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/go/bin")
        else word
    )


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
        cache = next((cache for cache in _CACHES if raw == cache or raw.startswith(cache + "/")), None)
        is_used = cache is not None and any(path.startswith(cache + "/") for path in at.files.entries)
        if not raw.startswith("-") and (cache is None or is_used or ".." in word.raw):
            return Unknown(f"rm {word.raw} is not followed yet; leave files out with .dockerignore")
    return Harmless()


def _chmod(values: list[str | None], at: Circumstances) -> Effect:
    """COPY --from keeps a file's mode; only a folder that is copied as a whole would lose its own."""
    for value in values[1:]:
        path = normpath(join(at.folder, value)) if value else ""
        if not path or path not in at.files.entries or at.files.is_folder(path):
            shown = value or "a path that only a shell knows"
            return Unknown(f"chmod of {shown} is not followed yet; set the mode in the repository")
    return Harmless() if values[1:] else Unknown("chmod without a path")


def _packages(manager: str, words: tuple[Word, ...], values: list[str | None]) -> Effect:
    verbs = [value for value in values if value and not value.startswith("-")]
    if not verbs or verbs[0] in _HARMLESS_PACKAGE_VERBS:
        taken = {purpose for name in verbs[1:] for purpose in package_purposes(name)} - {"build", "c-compiler"}
        return (
            Unknown(f"{manager} {verbs[0]} takes away {', '.join(sorted(taken))}; leave it in") if taken else Harmless()
        )
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
    return Installs(tuple(name.partition("=")[0].partition("~")[0].rstrip("<>") for name in names))


def _go(command: SimpleCommand, at: Circumstances) -> Effect:
    variables = dict(at.variables)
    for name, word in command.assignments:
        # the platform that is built for, which is what go builds for without being told
        is_target = word.parts in ((Variable("TARGETOS"),), (Variable("TARGETARCH"),))
        value = "" if is_target else word.value(at.variables)
        if value is None and name in DECIDE_THE_BUILD:
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
        case "get":
            # fetches source, and up to Go 1.17 may install into GOPATH/bin: a command that is found there stays unknown
            return Harmless()
        case "env" if "-w" in values and any(
            (value or "").partition("=")[0] in DECIDE_THE_BUILD for value in values[2:]
        ):
            return Unknown("go env -w changes where or what go builds; use ENV")
        case "test" if any((value or "").lstrip("-") in ("c", "o") for value in values):
            return Unknown("go test writes a binary, which is not followed; build programs with go build")
        case "test" | "vet" if (
            any(value in ("-race", "--race") for value in values) and variables.get("CGO_ENABLED") != "1"
        ):
            return Unknown("go test -race needs cgo, which a static build turns off; write CGO_ENABLED=1 before it")
        case "test":
            return Tests()
        case _ if verb in _HARMLESS_GO:
            return Harmless()
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
    rest = list(zip(words, values, strict=True))
    flags = _flags(verb, rest)
    if isinstance(flags, Unknown):
        return flags
    packages: list[str] = []
    for word, value in rest:
        if value is None and word.raw in ("*.go", "./*.go"):
            packages += [basename(path) for path in at.files.below(folder) if path.endswith(".go")]
        elif value is None:
            return Unknown(f"go {verb} is given {word.raw}, which only a shell knows; write the package")
        else:
            packages.append(value)
    return GoBuild(
        line=at.line,
        start=at.start,
        verb=verb,
        packages=tuple(packages),
        output=flags.get("o"),
        flags=flags,
        variables=variables,
        assigned=frozenset(name for name, _ in command.assignments),
        folder=normpath(join(folder, flags.get("C", ""))),
    )


def _flags(verb: str, rest: list[tuple[Word, str | None]]) -> dict[str, str] | Unknown:
    """Take the flags off the front of `rest`; return their values by name, without those that are switched off."""
    flags: dict[str, str] = {}
    while rest:
        word, value = rest[0]
        shown = _beginning(word) if value is None else value
        if not shown.startswith("-") or shown == "-":
            break
        rest.pop(0)
        name, equals, given = shown.lstrip("-").partition("=")
        if not equals and name not in _FLAGS_WITHOUT_VALUE:
            if not rest:
                return Unknown(f"go {verb} {word.raw} lacks a value")
            word, value = rest.pop(0)
            given = word.raw if value is None else value
        # what the linker is told, like a version from git, has no say in what is built where
        if value is None and name not in _TOLD_TO_TOOLS:
            return Unknown(f"go {verb} -{name} has a value that only a shell knows; write it, or use ARG and ENV")
        if name == "o" and not given:
            return Unknown(f"go {verb} -o is given an empty name")
        if given != "false":
            flags[name] = given
    return flags


def _beginning(word: Word) -> str:
    """Return the part of a word that needs no shell."""
    return word.parts[0] if word.parts and isinstance(word.parts[0], str) else ""
