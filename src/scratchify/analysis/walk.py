"""
Walk the build stage as a program over a file system.

https://docs.docker.com/reference/dockerfile/
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from posixpath import basename, join, normpath

from scratchify.analysis.blocked import Blocked
from scratchify.analysis.build_commands import (
    DECIDE_THE_BUILD,
    ChangesFolder,
    Circumstances,
    Harmless,
    Installs,
    MakesFolders,
    Tests,
    effect_of,
)
from scratchify.analysis.go_build import GoBuild, Unknown, programs_of
from scratchify.analysis.shell import NotFollowed, SimpleCommand, Variable, Word, simple_commands
from scratchify.analysis.stage_files import (
    BASE_FOLDERS,
    Built,
    Copied,
    Entry,
    Implied,
    Owner,
    StageFiles,
    Written,
    context_path,
    copy,
    is_pattern,
    match_sources,
)
from scratchify.context import BuildContext
from scratchify.knowledge.names import build_input
from scratchify.model import Add, Build, Copy, Onbuild, Run, Stage, State, Workdir, base_of, states
from scratchify.model.state import owner_of_made

_ARCHIVES = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".tar.zst")
_ADDRESSES = ("http://", "https://", "git@", "git://", "ssh://")


@dataclass(frozen=True, slots=True)
class Package:
    """A distribution package, and the line that installs it."""

    name: str
    line: int


@dataclass(frozen=True, slots=True)
class MadeFolder:
    """A folder that mkdir or WORKDIR made, the line that says so, and the user that it was made as."""

    path: str
    line: int
    owner: str = ""


@dataclass(frozen=True, slots=True)
class OwnedFolder:
    """A folder that COPY filled for an owner, and the line that says so."""

    path: str
    owner: str
    line: int


@dataclass(slots=True)
class Walked:
    """What a walk found; read-only afterwards. `arguments` are build arguments that decided a path."""

    files: StageFiles
    builds: list[GoBuild] = field(default_factory=list)
    packages: list[Package] = field(default_factory=list)
    folders: list[MadeFolder] = field(default_factory=list)
    owned: list[OwnedFolder] = field(default_factory=list)
    tests: list[int] = field(default_factory=list)
    blocked: list[Blocked] = field(default_factory=list)
    arguments: dict[str, int] = field(default_factory=dict)
    assumes_source: bool = False


def walk(build: Build, stage: Stage, context: BuildContext, *, assume_source: bool) -> Walked:
    """
    Return what the stage's instructions make of an empty list of files.

    `assume_source`: what COPY names and the context lacks is taken to be there.
    """
    walked = Walked(StageFiles(context), assumes_source=assume_source)
    base = base_of(build, stage)
    if base and base.onbuild:
        line = stage.start.syntax.first_line
        why = f"{stage.start.image} runs steps of its own ({base.onbuild[0]} …); write them out on a plain golang image"
        walked.blocked.append(Blocked(line, why))
    for instruction, state in zip(stage.instructions, states(build, stage), strict=False):
        line = instruction.syntax.first_line
        match instruction:
            case Workdir(path=path):
                _note_arguments(walked, state, path, line)
                folder = state.path(state.expand(path).text)
                if folder not in walked.files.entries and folder not in BASE_FOLDERS:
                    walked.folders.append(MadeFolder(folder, line))
                walked.files.put(folder, Entry("folder", Implied(line)))
            case Copy() | Add():
                _copy(walked, instruction, state, build.text)
            case Run():
                _run(walked, instruction, state, build.text)
            case Onbuild():
                why = "ONBUILD acts in images built from this one; a final stage would not have what it expects"
                walked.blocked.append(Blocked(line, why))
            case _:
                pass
    return walked


def _note_arguments(walked: Walked, state: State, text: str, line: int) -> None:
    for name in state.arguments_in(text):
        walked.arguments.setdefault(name, line)


def _copy(walked: Walked, instruction: Copy | Add, state: State, text: str) -> None:
    line, at = instruction.syntax.first_line, instruction.syntax.code.start
    keyword = instruction.syntax.name
    if origin := instruction.syntax.flag("from"):
        why = f"what lies in {origin.value} is not known; files from other images are not carried yet"
        walked.blocked.append(Blocked(line, why))
        return
    if instruction.syntax.flag("parents") or instruction.syntax.flag("exclude"):
        walked.blocked.append(Blocked(line, f"{keyword} --parents and --exclude are not followed yet"))
        return
    _note_arguments(walked, state, " ".join((*instruction.sources, instruction.target)), line)
    target_text = state.expand(instruction.target).text
    sources = [state.expand(source).text for source in instruction.sources]
    is_folder = target_text.endswith(("/", "/.")) or target_text == "." or len(sources) + len(instruction.contents) > 1
    target = state.path(target_text)
    owner = _owner(instruction, state)
    if owner:
        walked.owned.append(OwnedFolder(target, owner.text, line))
    for source in sources:
        if reason := _not_copied(instruction, source, walked.files.context):
            walked.blocked.append(Blocked(line, reason))
            continue
        plan = match_sources(source, walked.files.context.entries)
        if plan is not None:
            copy(walked.files, plan, target, is_folder=is_folder, line=line, at=at, owner=owner)
        elif walked.assumes_source:
            _copy_unseen(
                walked, source, target, state.workdir, is_folder=is_folder, origin=Copied(source, line, at, owner)
            )
        elif not is_pattern(source) and walked.files.context.entries:
            why = f"{source} is not in the build context, so this image cannot be built from here; give --context"
            walked.blocked.append(Blocked(line, why))
    for heredoc in instruction.contents:
        path = join(target, heredoc.name) if is_folder or walked.files.is_folder(target) else target
        walked.files.put(path, Entry("file", Written(heredoc.content(text), line, at, owner)))


def _owner(instruction: Copy | Add, state: State) -> Owner | None:
    chown = instruction.syntax.flag("chown")
    said = chown.value or "" if chown else ""
    text = state.expand(said).text
    return Owner(text, bool(state.arguments_in(said))) if text else None


def _copy_unseen(walked: Walked, source: str, target: str, workdir: str, *, is_folder: bool, origin: Copied) -> None:
    """Place what nobody can look at: its name alone tells source from data, and a file from a folder."""
    name = basename(source.rstrip("/"))
    if build_input(name, is_folder=False) or build_input(name, is_folder=True):
        return
    is_single = not source.endswith("/") and "." in name.lstrip(".") and "*" not in name
    if is_single:
        path = join(target, name) if is_folder or walked.files.is_folder(target) else target
        walked.files.put(path, Entry("file", origin))
    elif is_folder and (target == workdir or walked.files.is_folder(target)):
        why = f"what {source} holds is not known here, nor what of it lies in {target}; give --context"
        walked.blocked.append(Blocked(origin.line, why))
    else:
        walked.files.put(target, Entry("file", origin))


def _is_archive(content: bytes) -> bool:
    """ADD looks at the content: https://pkg.go.dev/github.com/moby/go-archive/compression#Detect"""
    return content.startswith((b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd")) or content[257:262] == b"ustar"


def _not_copied(instruction: Copy | Add, source: str, context: BuildContext) -> str | None:
    if context.entries.get(context_path(source)) == "link":
        return f"{source} is a link, which is followed before it is copied; copy what it leads to"
    if not isinstance(instruction, Add):
        return None
    if source.startswith(_ADDRESSES):
        return f"what ADD downloads from {source} is not known; it is not carried yet"
    if source.endswith(_ARCHIVES) or _is_archive(context.read(context_path(source)) or b""):
        return f"what ADD unpacks from {source} is not known; it is not carried yet"
    return None


def _run(walked: Walked, run: Run, state: State, text: str) -> None:
    line = run.syntax.first_line
    if run.syntax.heredocs:
        walked.blocked.append(Blocked(line, "a here-document in RUN is not read yet; write the commands with &&"))
        return
    if run.command.is_exec_form:
        words = tuple(Word((word,), word) for word in run.command.words)
        _apply(walked, (SimpleCommand(0, (), words, ()),), run, state, text)
        return
    if not state.shell[0].endswith("sh"):
        walked.blocked.append(Blocked(line, f"{state.shell[0]} is no shell whose language is read here"))
        return
    commands = simple_commands(run.command.text)
    if isinstance(commands, NotFollowed):
        line = text.count("\n", 0, run.syntax.line.origin(run.syntax.arguments + commands.start)) + 1
        why = f"{commands.what} in RUN is not followed yet; put go build on a line of its own"
        walked.blocked.append(Blocked(line, why))
        return
    _apply(walked, commands, run, state, text)


def _apply(walked: Walked, commands: tuple[SimpleCommand, ...], run: Run, state: State, text: str) -> None:
    variables = state.variables
    folder = state.workdir
    for command in commands:
        start = run.syntax.line.origin(run.syntax.arguments + command.start)
        line = text.count("\n", 0, start) + 1
        for name in _variables_that_place(command):
            _note_arguments(walked, state, f"${{{name}}}", line)
        if command.exports:
            for name, word in command.assignments:
                if command.is_bare and name not in variables and name in DECIDE_THE_BUILD:
                    continue  # the shell's own: go does not see it
                value = word.value(variables)
                variables.pop(name, None) if value is None else variables.update({name: value})
            continue
        at = Circumstances(line, start, variables, folder, walked.files)
        match effect_of(command, at):
            case GoBuild() as build:
                _build(walked, build, run, state)
            case Installs(packages=names):
                walked.packages += [Package(name, line) for name in names]
            case MakesFolders(paths=paths):
                for path in paths:
                    walked.files.put(path, Entry("folder", Implied(line)))
                    walked.folders.append(MadeFolder(path, line, state.user))
            case ChangesFolder(path=path):
                folder = path
            case Unknown(why=why):
                walked.blocked.append(Blocked(line, why))
            case Tests():
                walked.tests.append(line)
            case Harmless():
                pass


def _variables_that_place(command: SimpleCommand) -> Iterator[str]:
    """Yield the variables that decide where something lies; what only the linker is told does not count."""
    before = ""
    for word in command.words:
        if "ldflags" not in word.raw and before.lstrip("-") not in ("ldflags", "gcflags", "asmflags"):
            yield from (part.name for part in word.parts if isinstance(part, Variable))
        before = word.raw


def _mounts(run: Run) -> Iterator[str]:
    """Yield where `RUN --mount` lays something over the image's files."""
    for flag in run.syntax.flags:
        for option in (flag.value or "").split(",") if flag.name == "mount" else ():
            name, _, value = option.partition("=")
            if name.lower() in ("target", "dst", "destination"):
                yield value.rstrip("/")


def _build(walked: Walked, build: GoBuild, run: Run, state: State) -> None:
    programs = programs_of(build, walked.files)
    if isinstance(programs, Unknown):
        walked.blocked.append(Blocked(build.line, programs.why))
        return
    for program in programs:
        if mount := next((target for target in _mounts(run) if program.path.startswith(target + "/")), None):
            why = f"{program.path} is built into a mount on {mount}, which is no part of the image"
            walked.blocked.append(Blocked(build.line, why))
    owner = None if state.user_decided_by else owner_of_made(state.user)
    index = len(walked.builds)
    walked.builds.append(build)
    for program in programs:
        origin = Built(program.package, program.files, index, build.line, run.syntax.code.start, owner)
        walked.files.put(normpath(program.path), Entry("file", origin))
