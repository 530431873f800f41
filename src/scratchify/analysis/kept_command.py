"""
A command that stays as it is, because only a shell can run it: which of this build's programs it starts, and with what.

https://docs.docker.com/reference/dockerfile/#shell-and-exec-form
"""

from collections.abc import Iterator
from dataclasses import dataclass

from scratchify.analysis.file_reads import Computed, FileReads
from scratchify.analysis.go_program import Place as GoPlace
from scratchify.analysis.in_shell import NotKept, Place, ShellProgram, ShellUse
from scratchify.analysis.launch import Launch, NeedsShell, OtherProgram
from scratchify.analysis.stage_files import Built, StageFiles
from scratchify.model import Cmd, ContainerCommand, Entrypoint, State
from scratchify.model.state import DEFAULT_SHELL


@dataclass(frozen=True, slots=True)
class InShell:
    """
    A command that a shell, or a script, runs in the final stage as it did before.

    `binary` is the last of this build's programs that it may start; `why`, `path` and `line` say what keeps it from
    exec form. `programs` are others that it runs, `scripts` the files of the image that it reads, `words` the paths
    that it names. `entrypoint` and `cmd` are what the instructions `said_by` say, as the final stage says it again.
    """

    binary: str
    built: Built
    why: str
    path: str | None
    line: int
    folder: str
    entrypoint: tuple[str, ...] | None
    cmd: tuple[str, ...] | None
    said_by: tuple[Entrypoint | Cmd, ...]
    programs: tuple[ShellProgram, ...]
    binaries: tuple[str, ...]
    scripts: tuple[str, ...]
    words: tuple[tuple[str, int], ...]
    needs_path: bool


def kept_command(command: ContainerCommand, files: StageFiles, end: State, needs: NeedsShell) -> InShell | NotKept:
    """Return the command as it is kept, or why it cannot be; `needs` is what keeps it from exec form."""
    said_by = tuple(said for said in (command.entrypoint_at, command.cmd_at) if said)
    first = command.entrypoint or command.cmd
    if first is None or not said_by:
        return NotKept("the base image says what starts", Place(None, needs.line))
    at = Place(None, said_by[0].syntax.first_line)
    use = ShellUse(files, end)
    more = command.cmd if command.entrypoint else None
    if not first.is_exec_form:
        if end.shell != DEFAULT_SHELL or first.text.startswith("["):
            return NotKept("no shell of a base image reads it so", at)
        use.text(first.text, at)
    elif more and not more.is_exec_form:
        return NotKept("CMD in shell form hands /bin/sh -c and its text to the program as arguments", at)
    else:
        use.argv((*first.words, *(more.words if more else ())), at)
    if use.hindrance:
        return use.hindrance
    if not use.binaries:
        return NotKept("none of this build's programs is started by it, as far as can be told", at)
    binary = use.binaries[-1]
    built = files.entries[binary].origin
    if not isinstance(built, Built):
        return NotKept(f"{binary} is not made by this build", at)
    return InShell(
        binary=binary,
        built=built,
        why=needs.why,
        path=needs.path,
        line=needs.line,
        folder=end.workdir,
        entrypoint=command.entrypoint.words if command.entrypoint else None,
        cmd=command.cmd.words if command.cmd else None,
        said_by=said_by,
        programs=tuple(dict.fromkeys(use.programs)),
        binaries=tuple(dict.fromkeys(use.binaries)),
        scripts=tuple(dict.fromkeys(use.scripts)),
        words=tuple(dict.fromkeys(use.words)),
        needs_path=use.needs_path,
    )


def reads_of_shell(launch: Launch | InShell | NeedsShell | OtherProgram | None) -> Iterator[FileReads]:
    """Yield what a command that stays in a shell may open: its text is followed for programs, not for files."""
    if isinstance(launch, InShell) and (launch.scripts or launch.programs):
        why = "the command stays in a shell, whose scripts and programs may read files"
        yield FileReads((), (Computed(GoPlace("", launch.line), why),), is_complete=False)
