"""The facts of a build, worked out: the stage is walked, its programs are read, and what they need is gathered."""

from collections.abc import Iterator
from dataclasses import replace
from posixpath import basename, dirname

from scratchify.analysis.callers import callers, own_name
from scratchify.analysis.candidates import Evidence, build_inputs, candidates, libraries
from scratchify.analysis.chosen_paths import choices
from scratchify.analysis.constraints import Target
from scratchify.analysis.facts import Facts, main_binary
from scratchify.analysis.file_reads import all_reads, file_reads
from scratchify.analysis.go_build import GoBuild
from scratchify.analysis.go_program import GoProgram, go_program, resolved
from scratchify.analysis.in_shell import NotKept
from scratchify.analysis.kept_command import InShell, kept_command, reads_of_shell
from scratchify.analysis.launch import Launch, NeedsShell, launch_of
from scratchify.analysis.listed_packages import with_listed
from scratchify.analysis.named_paths import named_paths
from scratchify.analysis.packages import calls_c
from scratchify.analysis.paths_at_start import Start, paths_at_start
from scratchify.analysis.stage_files import Built, Entry, StageFiles
from scratchify.analysis.walk import walk
from scratchify.analysis.walked import Walked
from scratchify.context import BuildContext, GoToolchain
from scratchify.model import (
    Add,
    Build,
    Copy,
    Run,
    base_of,
    container_command,
    states,
)
from scratchify.settings import Settings


def _others(files: StageFiles, builds: list[GoBuild], main: Built | None) -> Iterator[tuple[GoBuild, GoProgram]]:
    """Yield the project's other programs, which come along with what they read, and the commands that make them."""
    for entry in files.entries.values():
        built = entry.origin
        if isinstance(built, Built) and built.package and built != main:
            made_by = builds[built.build]
            yield made_by, resolved(program_of(files, made_by, built, made_by.target))


def program_of(files: StageFiles, made_by: GoBuild, built: Built, target: Target) -> GoProgram:
    """Return the source of a binary as its build saw it: later steps may have removed it."""
    seen = files.as_of(built.build)
    return go_program(
        seen,
        built.package or "",
        built.files,
        target,
        made_by.gopaths,
        ignores_modules=made_by.ignores_modules,
        workspace=made_by.variables.get("GOWORK", ""),
        linked=made_by.linked,
    )


def _differing(program: GoProgram, static: GoProgram) -> tuple[tuple[str, int], ...]:
    """Return the project's own files that only one of two ways to build compiles, but for those that import C."""
    one, other = ({file.context_path: file for file in built.files} for built in (program, static))
    paths = sorted(one.keys() ^ other.keys())
    files = (one.get(path) or other[path] for path in paths)
    return tuple((file.context_path, 1) for file in files if not file.vendored and not file.cgo)


def _scripts(walked: Walked, launch: Start | None) -> Iterator[str]:
    """Yield the files of the build context that only the build, or a command that is replaced, runs."""
    yield from walked.scripts
    script = walked.files.context_path(launch.script) if isinstance(launch, Launch) and launch.script else None
    if script:
        yield script


def _wired(launch: Launch, walked: Walked) -> Launch:
    """Put the binary of a `go run` in its place."""
    if launch.run is None:
        return launch
    built = replace(launch.built, build=len(walked.builds))
    walked.builds.append(launch.run.build)
    walked.files.builds = len(walked.builds)
    walked.files.put(launch.binary, Entry("file", built))
    return replace(launch, built=built)


def _names(context: BuildContext, launch: Start | None, program: GoProgram | None) -> frozenset[str]:
    """Return what the image may be called: like its program, its module, its folder, or the Dockerfile's own name."""
    module = program.module if program else None
    found = {basename(launch.binary)} if isinstance(launch, Launch | InShell) else set()
    found |= {basename(module.path)} if module else set()
    return frozenset({*found, basename(dirname(context.dockerfile)), own_name(context.dockerfile)} - {""})


def analyse(build: Build, context: BuildContext, settings: Settings, toolchain: GoToolchain | None = None) -> Facts:
    """Return the facts about a build of one stage; `toolchain` is asked for what the build context does not hold."""
    stage = build.stages[-1]
    walked = walk(build, stage, context, assume_source=settings.assume_source)
    all_states = tuple(states(build, stage))
    command, line = container_command(build, stage), stage.start.syntax.first_line
    launch: Start | None = launch_of(command, walked.files, all_states[-1], line, walked.go_minor)
    not_kept: NotKept | None = None
    if isinstance(launch, NeedsShell):
        kept = kept_command(command, walked.files, all_states[-1], launch)
        launch, not_kept = (kept, None) if isinstance(kept, InShell) else (launch, kept)
    if isinstance(launch, Launch):
        launch = _wired(launch, walked)
        # a command may change the folder and set variables before it starts the program
        start = replace(all_states[-1], workdir=launch.folder, env={**all_states[-1].env, **dict(launch.variables)})
        all_states = (*all_states[:-1], start)
    program: GoProgram | None = None
    cgo_choice: tuple[tuple[str, int], ...] = ()
    base = base_of(build, stage)
    main = main_binary(walked.files, launch)
    if main and main.package is not None:
        made_by = walked.builds[main.build]
        target = replace(made_by.target, cgo=calls_c(made_by, base, walked.packages))
        found = program_of(walked.files, made_by, main, target)
        program = resolved(found) if found.files else None
        if program and toolchain:
            program = with_listed(program, toolchain, walked.files, made_by, main, target)
        if program and target.cgo:
            static = program_of(walked.files, made_by, main, replace(target, cgo=False))
            cgo_choice = _differing(program, static)
    end, left_out = all_states[-1], build_inputs(walked.files, frozenset(_scripts(walked, launch)))
    if main and main.package:
        left_out |= frozenset(libraries(walked.files, walked.builds[main.build].gopaths, main.package))
    binary = launch.binary if isinstance(launch, Launch) else None
    others, chosen = tuple(_others(walked.files, walked.builds, main)), choices(settings, walked.files)
    together = [program, *(other for _, other in others)] if program else []
    known = [*(file_reads(one, end, binary) for one in together), *reads_of_shell(launch)]
    reads = all_reads(known) if together else None
    mentioned = [named for one in together for named in named_paths(one, end)]
    called_by = callers(context.repository, context.dockerfile, context.folder, _names(context, launch, program))
    evidence = Evidence(reads, (*mentioned, *paths_at_start(stage, launch, end, called_by)))
    carried = candidates(walked.files, program, evidence, left_out, chosen.drop)
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
        walked=walked,
        tests=tuple(walked.tests),
        blocked=tuple(walked.blocked),
        arguments=walked.arguments,
        launch=launch,
        not_kept=not_kept,
        program=program,
        other_sources=others,
        cgo_choice=cgo_choice,
        carried=tuple(one for one in carried if not any(path.holds(one.path) for path in chosen.carry)),
        choices=chosen,
        reads=reads,
        left_out=left_out,
        callers=called_by,
        last_step=max(steps, default=0),
    )
