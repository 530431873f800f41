"""Everything that rules may ask, worked out once."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from scratchify.analysis.blocked import Blocked
from scratchify.analysis.callers import Caller, callers
from scratchify.analysis.candidates import Candidate, build_inputs, candidates
from scratchify.analysis.environment import is_build_only
from scratchify.analysis.go_build import GoBuild
from scratchify.analysis.go_program import GoProgram, Place, go_program
from scratchify.analysis.launch import Launch, NeedsShell, OtherProgram, launch_of
from scratchify.analysis.named_paths import NamedPath, read_paths
from scratchify.analysis.stage_files import Built, StageFiles
from scratchify.analysis.walk import MadeFolder, OwnedFolder, Package, walk
from scratchify.context import BuildContext
from scratchify.knowledge.images import BaseImage
from scratchify.knowledge.names import package_purposes
from scratchify.model import (
    Add,
    Build,
    Copy,
    Env,
    ImageName,
    Pair,
    Run,
    Stage,
    State,
    Typed,
    base_of,
    container_command,
    states,
)
from scratchify.settings import Settings
from scratchify.source import Span
from scratchify.syntax.shell_words import BadSubstitution, expand, references

_PLAIN = re.compile(r"[\w./:@%+=,-]+")
_OF_GOLANG_IMAGES = frozenset({"GOLANG_VERSION", "GOTOOLCHAIN"})
"""Set by official images, depending on their age: https://github.com/docker-library/golang"""


@dataclass(frozen=True, slots=True)
class Facts:
    """
    What is known of one build.

    `states` are those before each instruction of `stage` and the one at its end. `program` is None where no source of
    it is at hand, `launch` where nothing starts. `carried` are the copied files that the program may read. `arguments`
    maps build arguments that decide paths to their lines.
    """

    stage: Stage
    image: str
    base: BaseImage | None
    context: BuildContext
    settings: Settings
    states: tuple[State, ...]
    files: StageFiles
    builds: tuple[GoBuild, ...]
    packages: tuple[Package, ...]
    folders: tuple[MadeFolder, ...]
    owned: tuple[OwnedFolder, ...]
    tests: tuple[int, ...]
    blocked: tuple[Blocked, ...]
    arguments: Mapping[str, int]
    launch: Launch | NeedsShell | OtherProgram | None
    program: GoProgram | None
    other_sources: tuple[tuple[GoBuild, GoProgram], ...]
    cgo_choice: tuple[tuple[str, int], ...]
    carried: tuple[Candidate, ...]
    left_out: frozenset[str]
    callers: tuple[Caller, ...]
    last_step: int

    @property
    def end(self) -> State:
        return self.states[-1]

    @property
    def build(self) -> GoBuild | None:
        """The command that makes the binary that starts, or the only one that is made."""
        return self.builds[self.main.build] if self.main else None

    @property
    def main(self) -> Built | None:
        """How the binary that starts was made; where that is not known, the only one that is."""
        return _main(self.files, self.launch)

    def owner_of(self, path: str) -> str:
        """Return who a folder belongs to: the owner that COPY --chown or mkdir gave it, empty for root."""
        owned = [one for one in self.owned if path == one.path or path.startswith(one.path.rstrip("/") + "/")]
        made = [one for one in self.folders if path == one.path]
        return owned[-1].owner if owned else made[-1].owner if made else ""

    def is_left_out(self, context_path: str) -> bool:
        """Say whether a path of the build context is taken not to be read at run time."""
        return context_path in self.left_out

    def words_at_start(self) -> Iterator[tuple[str, int]]:
        """Yield the arguments that the program starts with and the values of its variables, with their lines."""
        if isinstance(self.launch, Launch):
            yield from ((word, self.launch.line) for word in self.launch.arguments)
        for env in self.stage.of(Env):
            for pair in env.pairs:
                if self.is_run_time(pair) and pair.name in self.end.env:
                    yield self.end.env[pair.name], env.syntax.first_line

    @property
    def other_programs(self) -> tuple[tuple[str, Built], ...]:
        """The project's own binaries beside the one that starts: paths, and how they were made."""
        if not isinstance(self.launch, Launch):
            return ()
        return tuple(
            (path, entry.origin)
            for path, entry in self.files.entries.items()
            if isinstance(entry.origin, Built) and entry.origin.package and path != self.launch.binary
        )

    @property
    def go_minor(self) -> int | None:
        """The y of Go 1.y that the builder's tag names, None where it names none."""
        match = re.match(r"1\.(\d+)", ImageName.parse(self.image).tag)
        return int(match[1]) if match else None

    @property
    def has_source(self) -> bool:
        """Say whether there is a Go file in the build context at all."""
        return any(path.endswith(".go") for path in self.context.entries)

    def state_before(self, instruction: Typed) -> State:
        return self.states[self.stage.instructions.index(instruction)]

    def is_needed_by_build(self, instruction: Typed) -> bool:
        """Say whether a RUN, COPY or ADD comes after it, which may depend on it."""
        return instruction.syntax.span.start < self.last_step

    def movable(self, instruction: Typed) -> Span | None:
        """Return an instruction's span where it may leave the build stage, because no step comes after it."""
        return None if self.is_needed_by_build(instruction) else instruction.syntax.span

    def installs(self, purpose: str) -> Package | None:
        return next((package for package in self.packages if purpose in package_purposes(package.name)), None)

    def is_run_time(self, pair: Pair) -> bool:
        """Say whether a pair of ENV is for the running program."""
        return not is_build_only(pair.name, self.program)

    def run_time_names(self) -> frozenset[str]:
        """Return the variables that ENV sets for the running program, which the final stage has therefore."""
        return frozenset(pair.name for env in self.stage.of(Env) for pair in env.pairs if self.is_run_time(pair))

    def for_final_stage(self, text: str, state: State) -> str:
        """
        Return `text` with those variables replaced that the final stage does not have.

        What an ENV of the program or a build argument sets is expanded there as well; the base image's variables and
        the build's own would silently become empty. Quotes and escapes stay. Raises BadSubstitution.
        """
        kept = self.run_time_names() | (state.declared - state.env.keys())
        values = {name: state.env[name] for name in references(text, escape=state.escape) if name in state.env}
        gone = {name: value for name, value in values.items() if name not in kept}
        for name, value in gone.items():
            if state.decided_by.get(name):
                raise BadSubstitution(f"{name} hangs on a build argument; name the argument itself")
            if not _PLAIN.fullmatch(value):
                raise BadSubstitution(f"{name} has a value that would have to be quoted; write it out")
        unknown = references(text, escape=state.escape) & _OF_GOLANG_IMAGES - state.env.keys() - state.declared
        if unknown:
            raise BadSubstitution(f"{min(unknown)} is set by some golang images, to what is not known; write it out")
        if not gone:
            return text
        return expand(text, gone, escape=state.escape, raw_quotes=True, raw_escapes=True, keep_unset=True).text


def _others(files: StageFiles, builds: list[GoBuild], main: Built | None) -> Iterator[tuple[GoBuild, GoProgram]]:
    """Yield the project's other programs, with the commands that make them."""
    for entry in files.entries.values():
        built = entry.origin
        if isinstance(built, Built) and built.package and built != main:
            made_by = builds[built.build]
            yield made_by, go_program(files, built.package, built.files, made_by.target, made_by.gopath)


def _differing(program: GoProgram, static: GoProgram) -> tuple[tuple[str, int], ...]:
    """Return the project's own files that only one of two ways to build compiles, but for those that import C."""
    one, other = ({file.context_path: file for file in built.files} for built in (program, static))
    paths = sorted(one.keys() ^ other.keys())
    files = (one.get(path) or other[path] for path in paths)
    return tuple((file.context_path, 1) for file in files if not file.vendored and not file.cgo)


def _main(files: StageFiles, launch: Launch | NeedsShell | OtherProgram | None) -> Built | None:
    """Return the binary that starts; where that is not known, the only one that is built, so that all reasons show."""
    if isinstance(launch, Launch):
        return launch.built
    built = [entry.origin for entry in files.entries.values() if isinstance(entry.origin, Built)]
    return built[0] if len(built) == 1 else None


def analyse(build: Build, context: BuildContext, settings: Settings) -> Facts:
    """Return the facts about a build of one stage."""
    stage = build.stages[-1]
    walked = walk(build, stage, context, assume_source=settings.assume_source)
    all_states = tuple(states(build, stage))
    launch = launch_of(container_command(build, stage), walked.files, all_states[-1])
    program: GoProgram | None = None
    cgo_choice: tuple[tuple[str, int], ...] = ()
    base = base_of(build, stage)
    main = _main(walked.files, launch)
    if main and main.package is not None:
        made_by = walked.builds[main.build]
        compiler = any("c-compiler" in package_purposes(package.name) for package in walked.packages)
        target = made_by.target
        if base and base.family == "alpine" and not compiler and not made_by.variables.get("CGO_ENABLED"):
            target = replace(target, cgo=False)  # without a C compiler Go builds without C
        found = go_program(walked.files, main.package, main.files, target, made_by.gopath)
        program = found if found.files else None
        if program and target.cgo:
            static = go_program(walked.files, main.package, main.files, replace(target, cgo=False), made_by.gopath)
            cgo_choice = _differing(program, static)
    end = all_states[-1]
    left_out = build_inputs(walked.files)
    reads = [*(read_paths(program, end) if program else ())]
    if isinstance(launch, Launch):
        words = (word.rpartition("=")[2] for word in launch.arguments)
        reads += [NamedPath(end.path(word), Place("", launch.line)) for word in words if word]
    steps = [step.syntax.span.start for step in stage.instructions if isinstance(step, Run | Copy | Add)]
    return Facts(
        stage=stage,
        image=build.image_of(stage),
        base=base,
        context=context,
        settings=settings,
        states=all_states,
        files=walked.files,
        builds=tuple(walked.builds),
        packages=tuple(walked.packages),
        folders=tuple(walked.folders),
        owned=tuple(walked.owned),
        tests=tuple(walked.tests),
        blocked=tuple(walked.blocked),
        arguments=walked.arguments,
        launch=launch,
        program=program,
        other_sources=tuple(_others(walked.files, walked.builds, main)),
        cgo_choice=cgo_choice,
        carried=tuple(candidates(walked.files, program, tuple(reads), left_out)),
        left_out=left_out,
        callers=tuple(callers(context)),
        last_step=max(steps, default=0),
    )
