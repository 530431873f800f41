"""
What the container starts: the command's words, and the binary that the first of them names.

https://docs.docker.com/reference/dockerfile/#understand-how-cmd-and-entrypoint-interact
"""

from dataclasses import dataclass
from posixpath import join, normpath

from scratchify.analysis.shell import NotFollowed, simple_commands
from scratchify.analysis.stage_files import Built, StageFiles
from scratchify.model import Cmd, CommandLine, ContainerCommand, Entrypoint, State
from scratchify.source import Span

SHELLS = frozenset({"ash", "bash", "dash", "sh", "zsh"})
"""Programs whose arguments are shell text."""


@dataclass(frozen=True, slots=True)
class Launch:
    """
    A binary of this build, and the exec forms that start it as before.

    `said_by` are the instructions that say it now, `first_word` the program as they write it; `is_cmd_only` where no
    ENTRYPOINT did.
    """

    binary: str
    built: Built
    entrypoint: tuple[str, ...]
    cmd: tuple[str, ...] | None
    said_by: tuple[Entrypoint | Cmd, ...]
    is_cmd_only: bool
    first_word: str

    @property
    def arguments(self) -> tuple[str, ...]:
        """What the program is given by default."""
        return (*self.entrypoint[1:], *(self.cmd or ()))

    @property
    def line(self) -> int:
        return self.said_by[0].syntax.first_line


@dataclass(frozen=True, slots=True)
class NeedsShell:
    """The command's text has something in it that only a shell does."""

    line: int
    why: str


@dataclass(frozen=True, slots=True)
class OtherProgram:
    """The command's first word is no binary of this build; `words` are all of them."""

    line: int
    words: tuple[str, ...]
    path: str | None


def launch_of(command: ContainerCommand, files: StageFiles, end: State) -> Launch | NeedsShell | OtherProgram | None:
    """Return what starts, None where neither ENTRYPOINT nor CMD says so."""
    said_by = tuple(said for said in (command.entrypoint_at, command.cmd_at) if said)
    first = command.entrypoint or command.cmd
    if not first or not said_by:
        return None
    line = said_by[0].syntax.first_line
    if command.entrypoint and command.entrypoint.is_exec_form and command.cmd and not command.cmd.is_exec_form:
        why = "CMD in shell form hands /bin/sh -c and its text to the program as arguments; write CMD as a JSON array"
        return NeedsShell(command.cmd_at.syntax.first_line if command.cmd_at else line, why)
    words = plain_words(first)
    if isinstance(words, str):
        return NeedsShell(line, words)
    path = find_program(words[0], files, end)
    entry = files.entries.get(path) if path else None
    if path is None or entry is None or not isinstance(entry.origin, Built):
        return OtherProgram(line, words, path)
    if not command.entrypoint:
        return Launch(path, entry.origin, (path,), words[1:] or None, said_by, True, words[0])
    # sh -c takes the text alone: a CMD beside a shell-form ENTRYPOINT never reaches the program
    cmd = command.cmd.words if command.cmd and command.entrypoint.is_exec_form else None
    return Launch(path, entry.origin, (path, *words[1:]), cmd, said_by, False, words[0])


def plain_words(line: CommandLine) -> tuple[str, ...] | str:
    """Return the words of a command that needs no shell, or why it does."""
    if line.is_exec_form:
        return line.words
    if line.text.startswith("["):
        return f"{line.text} is no JSON array, so a shell reads it; write its words in double quotes"
    commands = simple_commands(line.text)
    if isinstance(commands, NotFollowed):
        return f"{commands.what} in the command needs a shell; start the program alone, in exec form"
    if len(commands) != 1:
        return "the command runs several programs one after the other, which needs a shell; start one, in exec form"
    command = commands[0]
    if command.assignments:
        name = command.assignments[0][0]
        return f"only a shell sets {name} before the program starts; use ENV {name}"
    if command.writes:
        return f"only a shell redirects to {command.writes[0].raw}; let the program write to its standard output"
    literals = []
    for word in command.words:
        if word.literal is None:
            return f"only a shell expands {word.raw} when the container starts; read it in the program"
        if any("\ud800" <= character <= "\udfff" for character in word.literal):
            return f"{word.raw!r} has bytes in it that are no UTF-8, which a JSON array cannot hold; write it otherwise"
        literals.append(word.literal)
    if literals[:1] == ["exec"] and len(literals) > 1:
        literals = literals[1:]
    return tuple(literals)


def find_program(word: str, files: StageFiles, end: State) -> str | None:
    """Return the path that a command's first word means, None where nothing known is there."""
    if "/" in word:
        path = normpath(join("/", end.workdir, word))
        return path if path in files.entries else None
    folders = [folder for folder in end.env.get("PATH", "").split(":") if folder.startswith("/")]
    candidates = (join(folder, word) for folder in folders)
    return next((path for path in map(normpath, candidates) if path in files.entries), None)


def spans(said_by: tuple[Entrypoint | Cmd, ...]) -> tuple[Span, ...]:
    return tuple(said.syntax.span for said in said_by)
