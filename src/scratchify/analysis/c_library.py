"""
What a program needs of C when it runs: the C library, that of C++, and libraries that it is linked against.

https://pkg.go.dev/cmd/cgo#hdr-Using_cgo_with_the_go_command
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from posixpath import dirname, join, normpath
from typing import Literal

from scratchify.analysis.facts import Facts
from scratchify.analysis.go_build import GoBuild
from scratchify.analysis.go_program import GoProgram, Place
from scratchify.analysis.go_source import GoFile
from scratchify.analysis.packages import calls_c
from scratchify.analysis.stage_files import StageFiles
from scratchify.knowledge.distributions import c_libraries
from scratchify.knowledge.modules import CgoModule, cgo_modules, longest_prefix
from scratchify.model import Env, ImageName

_CPLUSPLUS = (".cc", ".cpp", ".cxx", ".c++")
_STATIC_MODES = ("", "default", "exe")
_GO_RESOLVERS = frozenset({"netgo", "osusergo"})
_UNSHIPPED = {
    "msan": "-msan needs run-time libraries of clang; build without it for production",
    "asan": "-asan needs run-time libraries of the compiler; build without it for production",
    "linkshared": "-linkshared needs the standard library as a shared object; build without it",
}


@dataclass(frozen=True, slots=True)
class CNeed:
    """
    Something of C, and the place that asks for it; `path` is None for the Dockerfile.

    `name` is the library's. Where no base is known to serve, the capability is `unknown`.
    """

    path: PurePosixPath | None
    line: int
    why: str
    capability: Literal["libc", "libstdc++", "library", "unknown"]
    name: str = ""


def c_needs(facts: Facts) -> tuple[CNeed, ...]:
    """Return what the programs of a build need of C."""
    return tuple(dict.fromkeys(_needs(facts)))


def relinked(facts: Facts) -> tuple[GoBuild, ...]:
    """Return the builds that the user wants to be linked statically, and that need nothing of C but its library."""
    is_musl = facts.base is not None and facts.base.libc == "musl"
    if not (facts.settings.static_cgo and is_musl):
        return ()
    needs: dict[int, list[CNeed]] = {}
    builds: dict[int, GoBuild] = {}
    for made_by, program in _programs(facts):
        builds[id(made_by)] = made_by
        needs.setdefault(id(made_by), []).extend(_of_build(facts, made_by, program))
    return tuple(builds[key] for key, found in needs.items() if found and {one.capability for one in found} == {"libc"})


def _programs(facts: Facts) -> Iterator[tuple[GoBuild, GoProgram | None]]:
    if facts.build:
        yield facts.build, facts.program
    yield from facts.other_sources


def _of_build(facts: Facts, made_by: GoBuild, program: GoProgram | None) -> Iterator[CNeed]:
    yield from _of_flags(facts, made_by)
    if program:
        yield from _of_program(facts, made_by, program)
    for path, line in facts.cgo_choice if made_by is facts.build else ():
        why = "is compiled depending on cgo: the static binary would take other code than the original"
        yield CNeed(PurePosixPath(path), line, why, "libc")


def _needs(facts: Facts) -> Iterator[CNeed]:
    static = relinked(facts)
    for made_by, program in _programs(facts):
        if made_by not in static:
            yield from _of_build(facts, made_by, program)
    if "netdns=cgo" in facts.end.env.get("GODEBUG", ""):
        said = (env for env in facts.stage.of(Env) if any("netdns=cgo" in (pair.value or "") for pair in env.pairs))
        line = next((env.syntax.first_line for env in said), facts.stage.start.syntax.first_line)
        why = "GODEBUG asks for the resolver of the C library; without netdns=cgo Go's own is taken"
        yield CNeed(None, line, why, "libc")
    compiler = facts.installs("c-compiler")
    if compiler and not facts.program:
        unseen = "which program starts is not known" if facts.has_source else "without the source"
        why = f"installs {compiler.name}: {unseen}, a package that needs C must be expected"
        yield CNeed(None, compiler.line, why, "unknown")
    for path, line in facts.walked.fetched.items() if not facts.program else ():
        known = longest_prefix(cgo_modules(), path)
        if known and known.cgo in ("required", "dynamic"):
            why = f"fetches {path}: with CGO_ENABLED=0 {known.effect}"
            yield CNeed(None, line, why, "unknown")


def has_c(facts: Facts, made_by: GoBuild) -> bool:
    """Say whether Go calls C in a build."""
    return calls_c(made_by, facts.base, facts.packages)


def is_static(facts: Facts, made_by: GoBuild) -> bool:
    """Say whether a build that calls C links it statically, so that nothing of it is looked for at run time."""
    words = made_by.flag("ldflags").replace("'", " ").replace('"', " ").replace("=", " ").split()
    if "-static" not in words:
        return False
    # glibc's own resolver loads libraries even then
    return (facts.base is not None and facts.base.libc == "musl") or made_by.target.tags >= _GO_RESOLVERS


def _of_flags(facts: Facts, made_by: GoBuild) -> Iterator[CNeed]:
    path, line = made_by.place
    for flag, why in _UNSHIPPED.items():
        if flag in made_by.go_flags:
            yield CNeed(path, line, why, "unknown")
    if "race" in made_by.go_flags:
        yield CNeed(path, line, "-race needs cgo and a C library", "libc")
        if facts.base and facts.base.libc == "musl":
            yield CNeed(path, line, "-race is not there for musl, so that this never built; leave it out", "unknown")
    mode = made_by.flag("buildmode")
    if mode == "pie":
        yield CNeed(path, line, "-buildmode=pie asks for a dynamic linker", "libc")
    elif mode not in _STATIC_MODES:
        yield CNeed(path, line, f"-buildmode={mode} makes no program that starts alone; leave it out", "unknown")
    if "boringcrypto" in made_by.variables.get("GOEXPERIMENT", ""):
        why = "GOEXPERIMENT=boringcrypto is C: with CGO_ENABLED=0 another cryptography is linked"
        yield CNeed(path, line, why, "libc")
    if "netcgo" in made_by.target.tags:
        why = "the tag netcgo asks for the resolver of the C library; without it Go's own is taken"
        yield CNeed(path, line, why, "libc")
    if "external" in made_by.flag("ldflags") and not is_static(facts, made_by):
        yield CNeed(path, line, "-linkmode external links against the C library", "libc")


def _of_program(facts: Facts, made_by: GoBuild, program: GoProgram) -> Iterator[CNeed]:
    linked = _linked(made_by, program, facts.files) if has_c(facts, made_by) else ()
    if not is_static(facts, made_by):
        yield from linked
    for path, place in program.imports.items():
        known = longest_prefix(cgo_modules(), path)
        if known and known.cgo == "dynamic":
            why = f"imports {path}: with CGO_ENABLED=0 {known.effect}{_way_out(known)}"
            yield CNeed(PurePosixPath(place.path), place.line, why, "unknown")
        elif known and known.cgo == "required" and made_by.target.cgo and not has_c(facts, made_by):
            why = f"imports {path}, which needs a C compiler, and {ImageName.parse(facts.image).last} has none here"
            yield CNeed(PurePosixPath(place.path), place.line, f"{why}: install one, so that it works", "unknown")


def _linked(made_by: GoBuild, program: GoProgram, files: StageFiles) -> Iterator[CNeed]:
    tags = made_by.target.tags
    for path, place in program.imports.items():
        known = longest_prefix(cgo_modules(), path)
        if not known or known.cgo != "required":
            continue
        at = PurePosixPath(place.path)
        why = f"imports {path}: with CGO_ENABLED=0 {known.effect}{_way_out(known)}"
        libraries = known.linked_with(tags)
        if libraries is None and path in program.elsewhere:
            why += "; which C libraries it is linked against is not known"
            yield CNeed(at, place.line, why, "unknown")
        elif libraries is not None:
            yield CNeed(at, place.line, why, "libc")
            yield from _against(libraries, at, place.line, path)
        elif is_of_the_standard_library(path):
            yield CNeed(at, place.line, why, "unknown")
    for path in program.calling_c:
        if not longest_prefix(cgo_modules(), path) and path in program.elsewhere:
            place = program.imports.get(path) or Place(program.files[0].context_path, 1)
            why = f'go list names {path}, which imports "C"; which C libraries it is linked against is not known'
            yield CNeed(PurePosixPath(place.path), place.line, why, "unknown")
    for file in program.files:
        if file.cgo and not _is_known(file):
            yield from _of_file(file, made_by, files)


def lost_without_c(facts: Facts) -> Iterator[tuple[str, Place, CgoModule]]:
    """Yield the imports of packages that use C where they can, of programs that lose it."""
    if any(need.capability in ("libc", "libstdc++") for need in c_needs(facts)):
        return
    for made_by, program in _programs(facts):
        for path, place in program.imports.items() if program and made_by.target.cgo else ():
            known = longest_prefix(cgo_modules(), path)
            if known and known.cgo == "optional":
                yield path, place, known


def is_of_the_standard_library(path: str) -> bool:
    return "." not in path.partition("/")[0]


def _is_known(file: GoFile) -> bool:
    known = longest_prefix(cgo_modules(), file.vendored) if file.vendored else None
    return known is not None and known.libraries is not None


def _of_file(file: GoFile, made_by: GoBuild, files: StageFiles) -> Iterator[CNeed]:
    at, folder = PurePosixPath(file.context_path), dirname(file.path)
    line = file.cgo.line if file.cgo else 0
    yield CNeed(at, line, 'imports "C"', "libc")
    beside = files.below(folder)
    if source := next((path for path in beside if path.endswith(_CPLUSPLUS)), None):
        yield CNeed(at, line, f"is compiled with {source.rpartition('/')[2]}, which is C++", "libstdc++")
    texts = [file.preamble, *(_text(files, path) for path in beside if path.endswith((".c", ".h", *_CPLUSPLUS)))]
    if any("dlfcn.h" in text for text in texts):
        why = "loads C libraries when it runs, which ones is not known; link against them"
        yield CNeed(at, line, why, "unknown")
    folders: list[str] = []
    words = [*file.linker_words(made_by.target), *made_by.variables.get("CGO_LDFLAGS", "").split()]
    for word in words:
        word = word.replace("${SRCDIR}", folder)
        if word.startswith("-L"):
            folders.append(normpath(join(folder, word[2:])))
        elif word.startswith("-l"):
            name = word[2:]
            if not any(join(one, f"lib{name}.a") in files.entries for one in folders):
                yield from _against((name,), at, line)
        elif word.endswith(".so") or ".so." in word:
            yield CNeed(at, line, f"is linked against {word}, which no package brings; link it statically", "unknown")
    yield from _against(file.pkg_config(made_by.target), at, line)


def _against(libraries: tuple[str, ...], at: PurePosixPath, line: int, path: str = "") -> Iterator[CNeed]:
    """Yield the libraries that do not come with the C library itself."""
    for name in libraries:
        known = c_libraries().get(name)
        if known is None or known.system != "libc":
            yield CNeed(at, line, f"{path} is linked against {name}".strip(), "library", name)


def _text(files: StageFiles, path: str) -> str:
    return (files.read(path) or b"").decode("utf-8", "replace")


def _way_out(known: CgoModule) -> str:
    return f"; instead: {known.alternative}" if known.alternative else ""
