"""
`go run` as the command of a container: what it would compile at each start is built once instead.

https://pkg.go.dev/cmd/go#hdr-Compile_and_run_Go_program
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from posixpath import basename, join, normpath
from shlex import quote

from scratchify.analysis.arguments import known
from scratchify.analysis.environment import is_build_only
from scratchify.analysis.go_build import GoBuild, Program, Unknown, programs_of
from scratchify.analysis.go_flags import take_flags
from scratchify.analysis.stage_files import Built, StageFiles
from scratchify.model import State

FOLDER = "/usr/local/bin"
"""Where no project has its files."""

_OTHER_FLAGS = frozenset({"exec", "n", "o", "C"})
"""Flags that go build has not, or that mean something else there."""


@dataclass(frozen=True, slots=True)
class GoRun:
    """
    The build that stands for a `go run`, the binary's path, and the program's arguments.

    `words` are those of the `go build`, `variables` what the command sets for it alone.
    """

    build: GoBuild
    built: Built
    path: str
    arguments: tuple[str, ...]
    words: tuple[str, ...]
    variables: Mapping[str, str]

    @property
    def shell(self) -> str:
        # without C there is nothing to link against: https://pkg.go.dev/cmd/cgo
        variables = {"CGO_ENABLED": "0", **self.variables}
        assignments = "".join(f"{name}={quote(value)} " for name, value in variables.items())
        return f"{assignments}{' '.join(map(quote, self.words))}"


def go_run(
    words: tuple[str, ...],
    state: State,
    sets: Mapping[str, str],
    files: StageFiles,
    line: int,
    go_minor: int | None,
) -> GoRun | Unknown | None:
    """
    Return the build for a command, None where it is no `go run`.

    `state` is what holds when it runs, `sets` are those of its variables that the command itself has set.
    """
    if len(words) < 2 or basename(words[0]) != "go" or words[1] != "run":
        return None
    rest = [known(word) for word in words[2:]]
    flags = take_flags("run", rest)
    if isinstance(flags, Unknown):
        return flags
    if odd := _OTHER_FLAGS & flags.keys():
        return Unknown(f"go run -{min(odd)} does not run the program as it is; build in a RUN and start the binary")
    operands = tuple(word.value or "" for word in rest)
    given = words[2 : len(words) - len(operands)]
    packages = _packages(operands)
    if isinstance(packages, Unknown):
        return packages
    build = GoBuild(
        line=line,
        start=-1,
        verb="build",
        packages=packages,
        output=None,
        flags=flags,
        variables=state.env,
        assigned=frozenset(sets),
        folder=files.resolve(state.workdir),
        go_minor=go_minor,
    )
    program = _program(build, files)
    if isinstance(program, Unknown):
        return program
    path = join(FOLDER, basename(program.path))
    if path in files.entries:
        return Unknown(f"go run builds what would be {path}, where something lies; build in a RUN and start the binary")
    return GoRun(
        build=replace(build, output=path, flags={**flags, "o": path}),
        built=Built(program.package, program.files, -1, line, 0),
        path=path,
        arguments=operands[len(packages) :],
        words=("go", "build", *given, "-o", path, *packages),
        variables={name: value for name, value in sets.items() if is_build_only(name, None)},
    )


def is_missing(path: str, files: StageFiles) -> bool:
    """Say whether nothing lies at a path: not in the image, and not in a context that is not at hand."""
    return files.exists(path) is False and not files.is_unseen(path)


def _packages(operands: tuple[str, ...]) -> tuple[str, ...] | Unknown:
    """Return the operands that name what is run: Go files in a row, or one package."""
    if not operands:
        return Unknown("go run names no package, so the image never ran; build in a RUN and start the binary")
    taken = 0
    while taken < len(operands) and operands[taken].endswith(".go"):
        taken += 1
    packages = operands[: taken or 1]
    if any(package.endswith("_test.go") for package in packages):
        return Unknown("go run refuses test files, so the image never ran; build in a RUN and start the binary")
    if "@" in packages[0]:
        return Unknown(f"go run fetches {packages[0]} when the container starts; build it in a RUN with go install")
    return packages


def _program(build: GoBuild, files: StageFiles) -> Program | Unknown:
    for package in build.packages:
        path = normpath(join(build.folder, package))
        is_path = package.endswith(".go") or package.startswith((".", "/"))
        if is_path and is_missing(path, files):
            why = (
                f"go run compiles {path}, which is not in the image: it never ran, or is mounted when it does; copy it"
            )
            return Unknown(why)
    programs = programs_of(build, files)
    if isinstance(programs, Unknown):
        # the name is ours to choose where Go's is not known
        programs = programs_of(replace(build, output=join(FOLDER, basename(build.folder) or "app")), files)
    if isinstance(programs, Unknown):
        return programs
    if len(programs) != 1:
        return Unknown("go run is given no single program; build in a RUN and start the binary")
    return programs[0]
