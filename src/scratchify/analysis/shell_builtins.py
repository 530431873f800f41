"""
The builtins of a shell, which change the shell itself.

https://pubs.opengroup.org/onlinepubs/9799919799/idx/sbi.html
"""

from collections.abc import Callable, Mapping
from posixpath import join, normpath

from scratchify.analysis.arguments import Argument
from scratchify.analysis.shell_reader import read_script
from scratchify.analysis.shell_run import Shell
from scratchify.analysis.shell_world import Exit, Status, Where
from scratchify.analysis.stage_files import Copied

_SET_OPTIONS = frozenset("-e -x -u -ex -eu -eux -exu -o pipefail +e +x +u -eo -euo -euxo -exo -v -ux -xe -ue".split())


def script_text(shell: Shell, path: str) -> str | None:
    content = shell.files.read(path)
    return content.decode("utf-8", "surrogateescape") if content is not None else None


def inside(shell: Shell, path: str, text: str, outer: Where) -> Callable[[int], Where]:
    """Map offsets in a script to its lines, where it comes from the build context."""
    entry = shell.files.entries.get(shell.files.resolve(path))
    if entry is None or not isinstance(entry.origin, Copied):
        return lambda _: outer
    of_context = entry.origin.path
    shell.world.reads(of_context)
    return lambda offset: Where(outer.line, outer.start, of_context, text.count("\n", 0, offset) + 1)


def _cd(shell: Shell, arguments: tuple[Argument, ...], start: int) -> Status:
    words = [one for one in arguments if one.value not in ("-P", "-L", "--")]
    if len(words) == 1 and words[0].value and words[0].value != "-":
        folder = normpath(join(shell.folder, words[0].value))
        if shell.files.exists(folder) is False and not shell.world.is_unseen and shell.perhaps:
            return Status.UNKNOWN
        shell.folder = shell.files.resolve(folder)
        return Status.TAKEN
    if len(words) > 1:
        shell.block(f"cd is given more than a folder: {words[1].shown}; was && meant?", start)
        return Status.TAKEN
    raw = words[0].raw if words else "without a folder"
    shell.block(f"cd {raw} goes where only a shell knows; write the path", start)
    return Status.TAKEN


def _set(shell: Shell, arguments: tuple[Argument, ...], start: int) -> Status:
    values = [argument.value for argument in arguments]
    if "--" in values:
        shell.variables.positional = arguments[values.index("--") + 1 :]
    elif any(value not in _SET_OPTIONS for value in values):
        shell.block(f"set {' '.join(one.shown for one in arguments)} is not followed; leave it out", start)
    return Status.TRUE


def _shift(shell: Shell, arguments: tuple[Argument, ...], start: int) -> Status:
    count = arguments[0].value if arguments else "1"
    if count is None or not count.isdecimal():
        shell.block("shift by what only a shell knows is not followed; write the number", start)
        return Status.TAKEN
    shell.variables.positional = shell.variables.positional[int(count) :]
    return Status.TRUE


def _exit(shell: Shell, arguments: tuple[Argument, ...], start: int) -> Status:
    status = arguments[0].value if arguments else "0"
    if shell.perhaps and status == "0":
        shell.block(f"{shell.perhaps}: an exit in between ends the script early; write the commands without it", start)
    raise Exit


def _read(shell: Shell, arguments: tuple[Argument, ...], _start: int) -> Status:
    for argument in arguments:
        if argument.value and not argument.value.startswith("-"):
            shell.variables.set(argument.value, None)
    return Status.UNKNOWN


def _unset(shell: Shell, arguments: tuple[Argument, ...], _start: int) -> Status:
    for argument in arguments:
        if argument.value and argument.value not in ("-v", "-f"):
            shell.variables.values[argument.value] = ""
            shell.variables.exported.discard(argument.value)
            if shell.variables.is_complete:
                del shell.variables.values[argument.value]
    return Status.TRUE


def _eval(shell: Shell, _arguments: tuple[Argument, ...], start: int) -> Status:
    shell.block("eval runs text that only a shell puts together; write the commands themselves", start)
    return Status.TAKEN


def _umask(shell: Shell, arguments: tuple[Argument, ...], start: int) -> Status:
    if [argument.value for argument in arguments] not in ([], ["022"], ["0022"], ["-S"]):
        shell.block("umask changes the mode of everything that follows; set modes with chmod", start)
    return Status.TRUE


def _source(shell: Shell, arguments: tuple[Argument, ...], start: int) -> Status:
    """`.` reads a script into the same shell."""
    value = arguments[0].value if arguments else None
    path = normpath(join(shell.folder, value)) if value else None
    text = script_text(shell, path) if path else None
    if path is None or text is None:
        raw = arguments[0].raw if arguments else "nothing"
        shell.block(f"what {raw} sets is not known; write it into the Dockerfile", start)
        return Status.TAKEN
    before = shell.source
    shell.source = inside(shell, path, text, shell.source(start))
    try:
        return shell.run(read_script(text))
    finally:
        shell.source = before


def _exec(shell: Shell, arguments: tuple[Argument, ...], start: int) -> Status:
    words = [one for one in arguments if one.value not in ("-a", "-c", "-l")]
    if words:
        shell.execute(tuple(words), start)
        raise Exit
    return Status.TRUE


def _pass_through(shell: Shell, arguments: tuple[Argument, ...], start: int) -> Status:
    """`command` and `builtin`: the rest is the command; `command -v` asks for one."""
    if not arguments or (arguments[0].value or "").startswith("-"):
        return Status.UNKNOWN
    return shell.execute(arguments, start)


def _return(shell: Shell, arguments: tuple[Argument, ...], start: int) -> Status:
    return Status.TAKEN if shell.perhaps else _exit(shell, arguments, start)


Builtin = Callable[[Shell, tuple[Argument, ...], int], Status]
BUILTINS: Mapping[str, Builtin] = {
    ".": _source,
    "builtin": _pass_through,
    "cd": _cd,
    "command": _pass_through,
    "eval": _eval,
    "exec": _exec,
    "exit": _exit,
    "pushd": _cd,
    "read": _read,
    "return": _return,
    "set": _set,
    "shift": _shift,
    "source": _source,
    "umask": _umask,
    "unset": _unset,
}
