"""
`make TARGET`: the recipes that run, as commands of a shell.

https://www.gnu.org/software/make/manual/make.html
"""

from collections.abc import Mapping
from posixpath import join, normpath

from scratchify.analysis.arguments import Argument
from scratchify.analysis.expansion import matches
from scratchify.analysis.go_build import Unknown
from scratchify.analysis.make_run import NotRead, Step, World, steps_of
from scratchify.analysis.shell_reader import read_script
from scratchify.analysis.shell_run import MOST_DEEP, Shell
from scratchify.analysis.shell_world import Exit, Status, Where


def run_make(shell: Shell, arguments: tuple[Argument, ...], start: int, assigned: dict[str, str | None]) -> Status:
    """Run what make runs for its arguments, each line of a recipe in a shell of its own."""
    for argument in arguments:
        if argument.value is None and "=" not in argument.front:
            shell.block(f"make is given {argument.raw}, which only a shell knows; call go build directly", start)
            return Status.TAKEN
    if shell.depth >= MOST_DEEP:
        shell.block("make calls itself without end; call go build directly", start)
        return Status.TAKEN
    words = [argument.value if argument.value is not None else argument.front for argument in arguments]
    found = steps_of(words, _world(shell, assigned))
    where = shell.source(start)
    if isinstance(found, NotRead):
        path = shell.files.context_path(shell.files.resolve(found.path)) if found.path else None
        place = Where(where.line, where.start, path, found.line) if path else where
        shell.world.take((Unknown(found.why),), shell.circumstances(start), place, None)
        return Status.TAKEN
    for step in found:
        _run_step(shell, step, start, assigned)
    return Status.TAKEN


def _world(shell: Shell, assigned: dict[str, str | None]) -> World:
    environment = {**shell.variables.environment(), **assigned}

    def read(path: str) -> str | None:
        content = shell.files.read(normpath(path))
        if of_context := shell.files.context_path(shell.files.resolve(normpath(path))):
            shell.world.reads(of_context)
        return content.decode("utf-8", "surrogateescape") if content is not None else None

    def output(text: str, variables: Mapping[str, str | None]) -> str | None:
        child = shell.child()
        for name, value in variables.items():
            child.variables.set(name, value, exports=True)
        return child.substituted(read_script(text))

    def glob(pattern: str, folder: str) -> tuple[str, ...] | None:
        found = matches(pattern, folder, shell.files)
        return None if found is None else tuple(found)

    return World(
        folder=shell.folder,
        environment={"PWD": shell.folder, **environment},
        read=read,
        exists=lambda path: shell.files.exists(normpath(path)),
        glob=glob,
        output=output,
        not_at_hand=lambda path: shell.files.not_at_hand(normpath(path)),
    )


def _run_step(shell: Shell, step: Step, start: int, assigned: dict[str, str | None]) -> None:
    child = shell.child()
    child.depth += 1
    child.functions = {}
    child.folder = normpath(join(shell.folder, step.folder))
    for name, value in (*assigned.items(), *step.environment.items()):
        child.variables.set(name, value, exports=True)
    for name in step.unknown:
        child.variables.set(name, None)
    where = shell.source(start)
    of_context = shell.files.context_path(shell.files.resolve(step.path))
    place = Where(where.line, where.start, of_context, step.line) if of_context else where
    child.source = lambda _: place
    if step.shell[0].rpartition("/")[2] not in ("sh", "bash", "ash", "dash", "env"):
        child.block(f"recipes are run by {step.shell[0]}, whose language is not read; call go build directly", 0)
        return
    if step.is_certain:
        child.run_apart(read_script(step.text))
        return
    try:
        with child.maybe("whether make does this hangs on the times of files", 0):
            child.run(read_script(step.text))
    except Exit:
        return
