"""
What the container starts: the command's words, and the binary that the first of them names.

https://docs.docker.com/reference/dockerfile/#understand-how-cmd-and-entrypoint-interact
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from posixpath import basename, join, normpath

from scratchify.analysis.command_fronts import SHELLS as SHELLS
from scratchify.analysis.command_fronts import Dropped, Kept, ShellCommand, ShellScript, front_of
from scratchify.analysis.entrypoint_script import Script, script_at
from scratchify.analysis.go_build import Unknown
from scratchify.analysis.go_run import GoRun, go_run, is_missing
from scratchify.analysis.stage_files import Built, StageFiles, Unlisted
from scratchify.analysis.started_text import Started, Surroundings, started_by
from scratchify.analysis.started_variables import Hindrance, Setting
from scratchify.model import Cmd, CommandLine, ContainerCommand, Entrypoint, State
from scratchify.model.state import ROOT_USERS

_MOST_STEPS = 20
"""Scripts that start scripts: deeper is a circle."""

_LAST_WITH_WRAPPER = 9
"""The last Go 1.y whose images have go-wrapper: https://github.com/docker-library/golang/pull/185"""

_IMPORT_COMMENT = re.compile(rb'^package\s+\w+\s+(?://|/\*)\s*import\s+"([^"]+)"', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Remark:
    """
    Something that changes with the way of starting; `path` is a file of the build context, None the Dockerfile.

    `variable` is the one that it is about, empty where it is about something else.
    """

    path: str | None
    line: int
    text: str
    variable: str = ""


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable that the command sets for its program, and the place that says so, as in Remark."""

    name: str
    value: str
    path: str | None
    line: int


@dataclass(frozen=True, slots=True)
class Launch:
    """
    A binary of this build, and the exec forms that start it as before.

    `said_by` are the instructions that say it now, none where the base image does, and `line` is the first one's.
    `first_word` is the program as the command calls it; `is_cmd_only` where arguments of docker run replaced it.
    `folder` is where it starts, `sets` what is set for it before. `replaced` are the files of the image that the new
    command does without, `run` is the build of a command that compiled when the container started. `drops_arguments`:
    arguments of docker run did not reach the program.
    """

    binary: str
    built: Built
    entrypoint: tuple[str, ...]
    cmd: tuple[str, ...] | None
    said_by: tuple[Entrypoint | Cmd, ...]
    is_cmd_only: bool
    first_word: str
    line: int
    folder: str
    sets: tuple[Variable, ...] = ()
    remarks: tuple[Remark, ...] = ()
    replaced: tuple[str, ...] = ()
    run: GoRun | None = None
    drops_arguments: bool = False

    @property
    def arguments(self) -> tuple[str, ...]:
        """What the program is given by default."""
        return (*self.entrypoint[1:], *(self.cmd or ()))

    @property
    def script(self) -> str | None:
        """The script that is replaced; the last where one starts another."""
        return self.replaced[-1] if self.replaced else None

    @property
    def variables(self) -> dict[str, str]:
        return {one.name: one.value for one in self.sets}


@dataclass(frozen=True, slots=True)
class NeedsShell:
    """The command has something in it that only a shell does; `path` is the script that has it, None the Dockerfile."""

    line: int
    why: str
    path: str | None = None


@dataclass(frozen=True, slots=True)
class OtherProgram:
    """
    The command's first word is no binary of this build; `words` are all of them.

    `is_nowhere`: no image has it where the command looks; `hidden` is what keeps from knowing what is there.
    """

    line: int
    words: tuple[str, ...]
    path: str | None
    is_nowhere: bool = False
    hidden: Unlisted | None = None


@dataclass(frozen=True, slots=True)
class _Command:
    """
    A command that is taken apart: `fixed` words stay in front of `rest`, those of CMD, which docker run replaces.

    `rest` is None where docker run replaces everything. `of_shell`: CMD has shell form, so that `rest` is a shell with
    its text. `by_shell`: a shell looks the program up.
    """

    fixed: tuple[str, ...]
    rest: tuple[str, ...] | None
    state: State
    line: int
    cmd_line: int
    of_shell: bool = False
    by_shell: bool = False
    drops_arguments: bool = False
    sets: tuple[Variable, ...] = ()
    remarks: tuple[Remark, ...] = ()
    replaced: tuple[str, ...] = ()

    @property
    def words(self) -> tuple[str, ...]:
        return (*self.fixed, *(self.rest or ()))

    def without(self, length: int) -> "_Command":
        """Return the command behind its first words; where those are all that is fixed, docker run replaces it."""
        if length < len(self.fixed) or not self.rest:
            return replace(self, fixed=self.fixed[length:])
        return replace(self, fixed=self.words[length:], rest=None, line=self.cmd_line)


def launch_of(
    command: ContainerCommand, files: StageFiles, end: State, line: int = 0, go_minor: int | None = None
) -> Launch | NeedsShell | OtherProgram | None:
    """
    Return what starts, None where neither ENTRYPOINT nor CMD says so.

    `line` is FROM's, whose image may say it; `go_minor` is the y of Go 1.y.
    """
    said_by = tuple(said for said in (command.entrypoint_at, command.cmd_at) if said)
    first = command.entrypoint or command.cmd
    if not first or (not said_by and first.words[:1] != ("go-wrapper",)):
        return None
    if said_by:
        line = said_by[0].syntax.first_line
    cmd_line = command.cmd_at.syntax.first_line if command.cmd_at else line
    if isinstance(why := _unreadable(first, end), str):
        return NeedsShell(line, why)
    more = _argv(command.cmd, end) if command.cmd and command.entrypoint else None
    rest = (more or ()) if command.entrypoint else None
    of_shell = bool(more and command.cmd and not command.cmd.is_exec_form)
    one = _Command(_argv(first, end), rest, end, line, cmd_line, of_shell)
    for _ in range(_MOST_STEPS):
        following = _step(one, files, go_minor)
        if following is None:
            return _launch(one, files, said_by, line, go_minor)
        if isinstance(following, NeedsShell):
            return following
        one = following
    return NeedsShell(line, "the scripts that the command starts call each other; start the program itself")


def _unreadable(line: CommandLine, end: State) -> str | None:
    """Say why a command in shell form is not read at all."""
    if line.is_exec_form:
        return None
    if line.text.startswith("["):
        return f"{line.text} is no JSON array, so a shell reads it; write its words in double quotes"
    if basename(end.shell[0]) not in SHELLS:
        return f"{end.shell[0]} is no shell whose language is read here; write the command in exec form"
    return None


def _argv(line: CommandLine, end: State) -> tuple[str, ...]:
    return line.words if line.is_exec_form else (*end.shell, line.text)


def _step(one: _Command, files: StageFiles, go_minor: int | None) -> _Command | NeedsShell | None:
    """Take one front off the command; None where the program itself is in front."""
    if not one.words:
        return NeedsShell(one.line, "nothing is started; start the program in exec form")
    if not one.fixed:
        return one.without(0)
    path = find_program(one.fixed[0], files, one.state)
    entry = files.entries.get(path) if path else None
    if path and entry and isinstance(entry.origin, Built):
        return None
    if path and (script := script_at(path, files, by_shell=one.by_shell)):
        return _of_script(one, script, 1, files)
    if one.fixed[-1:] == ("run",) and one.rest and basename(one.fixed[0]) == "go":
        return replace(one, fixed=one.words, rest=None, line=one.cmd_line)  # CMD names what go run compiles
    match front_of(one.words, is_root=one.state.user in ROOT_USERS):
        case Dropped() as front:
            return _without_front(one, front, path)
        case Kept(why=why):
            return NeedsShell(one.line, why)
        case ShellCommand(text=at):
            return _of_text(one, at, files)
        case ShellScript(file=at):
            path = files.resolve(normpath(join(one.state.workdir, one.words[at])))
            found = script_at(path, files, by_shell=True)
            return _of_script(one, found, at + 1, files) if found else None
        case None:
            return _of_wrapper(one, files, go_minor)


def _without_front(one: _Command, front: Dropped, path: str | None) -> _Command:
    sets = tuple(Variable(name, value, None, one.line) for name, value in front.sets)
    remarks = (*_set_anyway(sets), *([Remark(None, one.line, front.remark)] if front.remark else []))
    one = replace(one, remarks=(*one.remarks, *remarks), replaced=(*one.replaced, *([path] if path else [])))
    return _setting(one, sets, one.state.workdir).without(front.length)


def _of_wrapper(one: _Command, files: StageFiles, go_minor: int | None) -> _Command | None:
    """`go-wrapper run` execs the binary that is called like its folder, or like the import path that source names."""
    if one.words[:2] != ("go-wrapper", "run") or (go_minor is not None and go_minor > _LAST_WITH_WRAPPER):
        return None
    folder = files.resolve(one.state.workdir)
    name = basename(folder)
    for path in files.below(folder):
        content = files.read(path) if path.endswith((".go", "/.godir")) else None
        if content and path.endswith("/.godir"):
            name = f"/go/bin/{basename(content.decode('utf-8', 'replace').strip())}"
        elif content and not path.endswith("_test.go") and (comment := _IMPORT_COMMENT.search(content)):
            name = f"/go/bin/{basename(comment[1].decode('utf-8', 'replace'))}"
    behind = one.without(2) if len(one.fixed) < 2 else replace(one, fixed=one.fixed[2:])
    return replace(behind, fixed=(name, *behind.fixed))


# ---- text and scripts


def _of_text(one: _Command, at: int, files: StageFiles) -> _Command | NeedsShell:
    """`sh -c TEXT NAME ARGUMENT…`"""
    is_fixed = at < len(one.fixed) and one.rest is not None
    positional = one.fixed[at + 2 :] if is_fixed else one.words[at + 2 :]
    loses_first = is_fixed and at + 1 == len(one.fixed)
    more = one.rest if is_fixed else None
    line = one.line if at < len(one.fixed) else one.cmd_line
    surroundings = Surroundings(one.state, files, positional, more, loses_first)
    found = started_by(one.words[at], surroundings)
    if isinstance(found, Hindrance):
        return NeedsShell(line, found.why)
    return _started(replace(one, line=line, rest=more), found, None)


def _of_script(one: _Command, script: Script, behind: int, files: StageFiles) -> _Command | NeedsShell:
    """Take a script that only sets things and starts a program for that program."""
    if script.hindrance:
        return NeedsShell(*_place(one, script, 0, script.hindrance))
    called = one.words[behind - 1]
    folder = join(one.state.workdir, called) if "/" in called or behind > 1 else script.path
    is_fixed = behind <= len(one.fixed) and one.rest is not None
    more = one.rest if is_fixed else None
    positional = one.fixed[behind:] if is_fixed else one.words[behind:]
    surroundings = Surroundings(one.state, files, positional, more, script=normpath(folder))
    found = started_by(script.text, surroundings)
    if isinstance(found, Hindrance):
        return NeedsShell(*_place(one, script, found.start, found.why))
    one = _started(replace(one, rest=more, replaced=(*one.replaced, script.path)), found, script)
    line, _, path = _place(one, script, found.start, "")
    why = f"{script.path} is left out, as it only sets what ENV and WORKDIR say and starts a program"
    return replace(one, remarks=(*one.remarks, Remark(path, line, why)))


def _place(one: _Command, script: Script, start: int, why: str) -> tuple[int, str, str | None]:
    """Return line, reason and path of what stands in a script; the Dockerfile's line where it writes the script."""
    if script.context_path is None:
        return one.line, f"{script.path}, line {script.line(start)}: {why}", None
    return script.line(start), why, script.context_path


def _started(one: _Command, found: Started, script: Script | None) -> _Command:
    path = script.context_path if script else None

    def line(start: int) -> int:
        return script.line(start) if script and path else one.line

    env = one.state.env
    settings = [setting for setting in found.settings if not (setting.is_default and _is_kept(setting, env))]
    sets = tuple(Variable(setting.name, setting.value, path, line(setting.start)) for setting in settings)
    remarks = [Remark(path, line(start), text) for start, text in found.remarks]
    for variable, setting in zip(sets, settings, strict=True):
        if not setting.is_default:
            remarks += _set_anyway([variable])
        elif setting.beats_empty and setting.value:
            why = f"docker run -e {setting.name}= now leaves it empty, where {setting.value} took its place"
            remarks.append(Remark(path, variable.line, why))
    one = _setting(replace(one, remarks=(*one.remarks, *remarks), by_shell=True), sets, found.folder)
    if found.takes_arguments or one.rest is None:
        return replace(one, fixed=found.words)
    return replace(one, fixed=found.words, rest=(), drops_arguments=True)


def _is_kept(setting: Setting, env: Mapping[str, str]) -> bool:
    """Say whether a variable of the image beats a default; `${NAME-value}` leaves one alone that is empty, too."""
    return bool(env.get(setting.name)) or (not setting.beats_empty and setting.name in env)


def _set_anyway(variables: Iterable[Variable]) -> list[Remark]:
    why = "docker run -e {0}= now sets {0}, which the command set anyway"
    return [Remark(one.path, one.line, why.format(one.name), one.name) for one in variables]


def _setting(one: _Command, sets: tuple[Variable, ...], folder: str) -> _Command:
    env = {**one.state.env, **{variable.name: variable.value for variable in sets}}
    names = {variable.name for variable in sets}
    before = tuple(variable for variable in one.sets if variable.name not in names)
    return replace(one, state=replace(one.state, env=env, workdir=folder), sets=(*before, *sets))


# ---- the program


def _launch(
    one: _Command, files: StageFiles, said_by: tuple[Entrypoint | Cmd, ...], line: int, go_minor: int | None
) -> Launch | NeedsShell | OtherProgram:
    if one.of_shell and one.rest:
        why = "CMD in shell form hands /bin/sh -c and its text to the program as arguments; write CMD as a JSON array"
        return NeedsShell(one.cmd_line, why)
    run = go_run(one.fixed, one.state, {each.name: each.value for each in one.sets}, files, one.line, go_minor)
    if isinstance(run, Unknown):
        return NeedsShell(one.line, run.why)
    path = run.path if run else find_program(one.fixed[0], files, one.state)
    entry = files.entries.get(path) if path else None
    built = run.built if run else entry.origin if entry else None
    if path is None or not isinstance(built, Built):
        looks_at = _candidates(one.fixed[0], files, one.state)
        hidden = next((found for place in looks_at if (found := files.unlisted_at(place))), None)
        return OtherProgram(one.line, one.words, path, all(is_missing(place, files) for place in looks_at), hidden)
    arguments = run.arguments if run else one.fixed[1:]
    is_cmd_only = one.rest is None
    return Launch(
        binary=path,
        built=built,
        entrypoint=(path,) if is_cmd_only else (path, *arguments),
        cmd=(arguments if is_cmd_only else one.rest) or None,
        said_by=said_by,
        is_cmd_only=is_cmd_only,
        first_word=basename(path) if run else one.fixed[0],
        line=line,
        folder=one.state.workdir,
        sets=one.sets,
        remarks=one.remarks,
        replaced=one.replaced,
        run=run,
        drops_arguments=one.drops_arguments,
    )


def find_program(word: str, files: StageFiles, end: State) -> str | None:
    """Return the path that a command's first word means, links followed, None where nothing known is there."""
    paths = _candidates(word, files, end)
    return next((path for path in paths if path in files.entries and not files.is_folder(path)), None)


def _candidates(word: str, files: StageFiles, end: State) -> list[str]:
    if "/" in word:
        return [files.resolve(normpath(join("/", end.workdir, word)))]
    folders = [folder for folder in end.env.get("PATH", "").split(":") if folder.startswith("/")]
    return [files.resolve(normpath(join(folder, word))) for folder in folders]
