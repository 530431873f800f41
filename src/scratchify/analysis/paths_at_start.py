"""Paths that a program is told of when it starts: by its arguments and variables, and by those who run the image."""

from collections.abc import Iterator

from scratchify.analysis.callers import Callers, Said
from scratchify.analysis.go_program import Place
from scratchify.analysis.kept_command import InShell
from scratchify.analysis.launch import Launch, NeedsShell, OtherProgram
from scratchify.analysis.named_paths import FILE_ADDRESS, NamedPath
from scratchify.model import Env, Stage, State

Start = Launch | InShell | NeedsShell | OtherProgram


def paths_at_start(stage: Stage, launch: Start | None, end: State, callers: Callers) -> Iterator[NamedPath]:
    """Yield the paths that arguments may be, and the values of variables."""
    words = [(word.rpartition("=")[2], launch.line) for word in launch.arguments] if isinstance(launch, Launch) else []
    words += launch.words if isinstance(launch, InShell) else ()
    for env in stage.of(Env):
        words += [(end.env[pair.name], env.syntax.first_line) for pair in env.pairs if pair.name in end.env]
    yield from (NamedPath(end.path(_path(word)), Place("", line)) for word, line in words if word)
    for caller in callers.uses:
        for word, line in _given(caller.use.entrypoint, caller.use.command):
            yield NamedPath(end.path(_path(word.rpartition("=")[2])), Place(caller.path, line))
        for setting in caller.use.environment:
            yield NamedPath(end.path(_path(setting.value)), Place(caller.path, setting.line))


def _given(*commands: Said | None) -> Iterator[tuple[str, int]]:
    for command in commands:
        if command and not command.needs_shell:
            yield from ((word, command.line) for word in command.words if word and "\n" not in word)


def _path(word: str) -> str:
    return word.removeprefix(FILE_ADDRESS)
