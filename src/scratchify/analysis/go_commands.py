"""
The go command, and the tools that call it or fetch source for it.

https://pkg.go.dev/cmd/go
"""

from collections.abc import Mapping
from dataclasses import replace
from posixpath import basename, join, normpath

from scratchify.analysis.arguments import Argument
from scratchify.analysis.effects import HARMLESS, Circumstances, Command, Effects, Fetches, Tests, Writes, unknown
from scratchify.analysis.go_build import GoBuild, Unknown, default_name
from scratchify.analysis.go_flags import take_flags
from scratchify.analysis.go_module import module_of

DECIDE_THE_BUILD = frozenset(
    {"GOBIN", "GOPATH", "GOFLAGS", "GOOS", "GOARCH", "GOROOT", "GO111MODULE", "CGO_ENABLED", "GOEXPERIMENT"}
)
_HARMLESS_GO = frozenset({"clean", "doc", "env", "fmt", "help", "list", "telemetry", "test", "version", "vet", "fix"})
_HARMLESS_MOD = frozenset({"download", "edit", "graph", "tidy", "vendor", "verify", "why"})
_HARMLESS_WORK = frozenset({"sync", "vendor", "edit"})

FETCH_SOURCE: Mapping[str, frozenset[str]] = {
    "dep": frozenset({"ensure", "status", "version", "init"}),
    "glide": frozenset({"cc", "i", "install", "mirror", "up", "update", "--version"}),
    "glock": frozenset({"sync"}),
    "godep": frozenset({"get", "restore", "version"}),
    "go-wrapper": frozenset({"download"}),
    "govendor": frozenset({"fetch", "get", "list", "sync", "update", "status"}),
    "gvt": frozenset({"fetch", "restore", "update"}),
    "trash": frozenset({"", "-k"}),
    "vndr": frozenset({""}),
}
"""What fetches packages for a build and leaves nothing else behind: dep, Glide, godep, govendor and their like."""

INSTALLS_UP_TO = 17
"""Go 1.y up to which `go get` installs programs: https://go.dev/doc/go-get-install-deprecation"""

MODULES_ALWAYS = 16
"""Go 1.y from which modules are on without go.mod: https://go.dev/blog/go116-module-changes"""

NO_GET_WITHOUT_MODULES = 22
"""Go 1.y from which `go get` refuses GO111MODULE=off: https://go.dev/doc/go1.22#go-command"""


def effects_of(command: Command, at: Circumstances) -> Effects | None:
    """Return what the go command or a tool around it does, None where the command is none of them."""
    first = command.arguments[0].value if command.arguments else ""
    match command.name:
        case "go" | "vgo":
            return _go(command.arguments, at)
        case "godep" if first == "go":
            return _go(command.arguments[1:], at)
        case "go-wrapper" if first == "install":
            return _go_wrapper(at)
        case "gox":
            return _gox(command.arguments, at)
        case "garble" if first == "build":
            return unknown("garble renames what the program is made of, which is not followed; call go build directly")
        case name if name in FETCH_SOURCE:
            if first in FETCH_SOURCE[name]:
                return HARMLESS
            return unknown(f"{name} {first or '…'} is not understood; call go build directly")
        case _:
            return None


def _go(arguments: tuple[Argument, ...], at: Circumstances) -> Effects:
    for name in DECIDE_THE_BUILD & at.environment.keys():
        if at.environment[name] is None:
            return unknown(f"{name} is set to what only a shell knows; write its value")
    words, folder = list(arguments), at.folder
    while len(words) > 1 and (words[0].value or "").lstrip("-") == "C" and words[1].value:
        folder, words = normpath(join(folder, words[1].value)), words[2:]
    verb = words[0].value if words else None
    rest = words[1:]
    values = [word.value for word in rest]
    match verb:
        case "build" | "install":
            return (_build(verb, rest, folder, at),)
        case "get":
            return _get(rest, folder, at)
        case "mod":
            return _mod(values, folder)
        case "work" if values and values[0] in _HARMLESS_WORK:
            return HARMLESS
        case "env" if "-w" in values and any(_name(value) in DECIDE_THE_BUILD for value in values):
            return unknown("go env -w changes where or what go builds; use ENV")
        case "test" | "vet":
            return _test(verb, values, at)
        case _ if verb in _HARMLESS_GO:
            return HARMLESS
        case "generate":
            return unknown("go generate may write any file; commit what it makes, or run it before the build")
        case "run":
            return unknown("go run runs a program that may write any file; run it before the build")
        case _:
            return unknown(f"go {' '.join(word.shown for word in words[:2])} is not understood yet")


def _name(value: str | None) -> str:
    return (value or "").partition("=")[0]


def _mod(values: list[str | None], folder: str) -> Effects:
    verb = values[0] if values else None
    if verb in _HARMLESS_MOD:
        return HARMLESS
    if verb == "init" and len(values) > 1 and values[1]:
        return (Writes(join(folder, "go.mod"), f"module {values[1]}\n", "go mod init writes it"),)
    return unknown(f"go mod {verb or '…'} is not followed; commit go.mod")


def _test(verb: str, values: list[str | None], at: Circumstances) -> Effects:
    if verb == "test" and any((value or "").lstrip("-") in ("c", "o") for value in values):
        return unknown("go test writes a binary, which is not followed; build programs with go build")
    races = any(value in ("-race", "--race") for value in values)
    if races and at.environment.get("CGO_ENABLED") != "1":
        return unknown("go test -race needs cgo, which a static build turns off; write CGO_ENABLED=1 before it")
    return (Tests(),) if verb == "test" else HARMLESS


def _build(verb: str, words: list[Argument], folder: str, at: Circumstances) -> GoBuild | Unknown:
    flags = take_flags(verb, words)
    if isinstance(flags, Unknown):
        return flags
    packages: list[str] = []
    for word in words:
        if word.value is None and word.raw in ("*.go", "./*.go"):
            packages += [basename(path) for path in at.files.below(folder) if path.endswith(".go")]
        elif word.value is None:
            return Unknown(f"go {verb} is given {word.raw}, which only a shell knows; write the package")
        else:
            packages.append(word.value)
    build = go_build(verb, tuple(packages), flags, normpath(join(folder, flags.get("C", ""))), at)
    return _without_module(build, at) or build


def go_build(verb: str, packages: tuple[str, ...], flags: Mapping[str, str], folder: str, at: Circumstances) -> GoBuild:
    return GoBuild(
        line=at.line,
        start=at.start,
        verb=verb,
        packages=packages,
        output=flags.get("o"),
        flags=flags,
        variables={name: value or "" for name, value in at.environment.items()},
        assigned=at.assigned,
        folder=folder,
        go_minor=at.go_minor,
    )


def _without_module(build: GoBuild, at: Circumstances) -> Unknown | None:
    """Packages need go.mod where modules are on; files alone build without one."""
    is_old = at.go_minor is not None and at.go_minor < MODULES_ALWAYS
    names_files = build.packages and all(package.endswith(".go") for package in build.packages)
    names_versions = any("@" in package for package in build.packages)
    is_unseen = at.is_unseen or at.files.unlisted_at(build.folder) is not None
    if build.ignores_modules or is_old or names_files or names_versions or is_unseen:
        return None
    own = (package for package in build.packages if package.startswith(".") and not package.endswith("..."))
    for folder in (build.folder, *(normpath(join(build.folder, package)) for package in own)):
        module = module_of(at.files, folder, build.gopaths, ignores_modules=False)
        if module is not None and (module.path or module.file):
            return None
    why = "modules are on in this Go, and no go.mod is at hand"
    return Unknown(f"{why}: go {build.verb} fails; copy go.mod, or set GO111MODULE=off")


def _get(words: list[Argument], folder: str, at: Circumstances) -> Effects:
    """`go get` fetches source; as long as Go let it, it installed what it was given too."""
    flags = take_flags("get", words)
    if isinstance(flags, Unknown):
        return (flags,)
    if any(word.value is None for word in words):
        return HARMLESS  # fetches what nobody knows: a command that is found through it stays unknown
    build = go_build("install", tuple(word.value or "" for word in words), flags, folder, at)
    minor = at.go_minor
    if minor is None and "d" not in flags:
        return unknown("which Go is installed is not known, nor whether its go get installs; use go install")
    if build.ignores_modules and minor is not None and minor >= NO_GET_WITHOUT_MODULES:
        return unknown("go get refuses to work with GO111MODULE=off from Go 1.22 on, so this image cannot be built")
    is_known_not_to = minor is not None and minor > INSTALLS_UP_TO
    named = tuple(one.partition("@")[0] for one in build.packages if not one.startswith((".", "/")))
    if "d" in flags:
        return (Fetches(named),)
    if is_known_not_to and not build.ignores_modules and _is_outside(build, at):
        why = "go get works within a module alone from Go 1.18 on, and no go.mod is at hand"
        return unknown(f"{why}; copy go.mod before it")
    if is_known_not_to and not build.ignores_modules:
        return (Fetches(named, tuple(default_name(package) for package in named)),)
    installed = replace(build, flags={name: value for name, value in flags.items() if name not in ("u", "t", "f")})
    return (Fetches(named), installed)


def _is_outside(build: GoBuild, at: Circumstances) -> bool:
    """Say whether a folder certainly belongs to no module."""
    if at.is_unseen or at.files.unlisted_at(build.folder):
        return False
    return module_of(at.files, build.folder, build.gopaths, ignores_modules=False) is None


def _go_wrapper(at: Circumstances) -> Effects:
    """`go-wrapper install` is `go install` of the working directory, whose import comment would rename it."""
    for path in at.files.below(at.folder):
        content = at.files.read(path) if path.endswith((".go", "/.godir")) else None
        if content is not None and (path.endswith(".godir") or b"// import " in content):
            return unknown(f"{path} names an import path, to which go-wrapper moves the build; write out go install")
    return (go_build("install", (), {}, at.folder, at),)


def _gox(arguments: tuple[Argument, ...], at: Circumstances) -> Effects:
    """One platform alone makes one file; the template of its name is gox's own."""
    options: dict[str, str] = {}
    packages: list[str] = []
    words = list(arguments)
    while words:
        word = words.pop(0)
        if word.value is None:
            return unknown(f"gox is given {word.raw}, which only a shell knows; call go build directly")
        name, equals, value = word.value.lstrip("-").partition("=")
        if not word.value.startswith("-"):
            packages.append(word.value)
        elif equals or name in ("cgo", "rebuild", "verbose"):
            options[name] = value
        elif words:
            options[name] = words.pop(0).shown
    platform = options.get("osarch") or f"{options.get('os', '')}/{options.get('arch', '')}"
    output = options.get("output")
    if platform != "linux/amd64" or not output or len(packages) > 1 or "cgo" in options:
        return unknown("gox makes files for several platforms, with names of its own; call go build directly")
    for mark, value in (("{{.OS}}", "linux"), ("{{.Arch}}", "amd64")):
        output = output.replace(mark, value)
    if "{{" in output:
        return unknown(f"gox names its files by {options['output']}; call go build directly")
    flags: dict[str, str] = {
        name: options[name] for name in ("ldflags", "tags", "gcflags", "asmflags") if name in options
    }
    changed = replace(at, environment={**at.environment, "CGO_ENABLED": "0"})
    return (go_build("build", tuple(packages), {**flags, "o": output}, at.folder, changed),)
