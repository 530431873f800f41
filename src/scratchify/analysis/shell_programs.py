"""
What a shell does with a command's name: functions, scripts, and programs that run other programs.

https://pubs.opengroup.org/onlinepubs/9799919799/idx/sbi.html
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from posixpath import join, normpath

from scratchify.analysis.arguments import Argument, known
from scratchify.analysis.build_commands import effects_of, name_of
from scratchify.analysis.effects import Command, Harmless, Tests
from scratchify.analysis.expansion import Variables
from scratchify.analysis.shell_builtins import BUILTINS, inside, script_text
from scratchify.analysis.shell_reader import read_script
from scratchify.analysis.shell_run import MOST_DEEP, Shell
from scratchify.analysis.shell_tests import evaluate
from scratchify.analysis.shell_world import Source, Status, Where
from scratchify.analysis.stage_files import Built

SHELLS = frozenset({"ash", "bash", "dash", "sh"})
"""Shells whose language is read here."""

_NO_EFFECT = frozenset(
    "alias bg bind builtin caller complete disown enable fc fg getopts hash help history jobs kill let logout shopt "
    "suspend times trap type typeset ulimit wait mktemp".split()
)
_ONLY_ASK = frozenset(
    {"which", "type", "hash", "command", "grep", "egrep", "fgrep", "pgrep", "id", "getent", "cmp", "diff"}
)
"""Programs that are asked whether something is there: how they end is not known."""


def run_program(
    shell: Shell,
    arguments: tuple[Argument, ...],
    start: int,
    assigned: dict[str, str | None],
    stdin: str | None,
) -> Status:
    """Run a command by its name."""
    word = arguments[0]
    if word.value is None:
        shell.block(f"which program {word.raw} is, only a shell knows; write its name", start)
        return Status.TAKEN
    rest = arguments[1:]
    if shell.functions and word.value in shell.functions:
        return _function(shell, shell.functions[word.value], rest, start)
    if builtin := BUILTINS.get(word.value):
        return builtin(shell, rest, start)
    name = name_of(word.value)
    if name in _NO_EFFECT:
        return Status.TAKEN
    if name in ("[", "[[", "test"):
        values = [argument.value for argument in rest]
        if values[-1:] in (["]"], ["]]"]):
            values = values[:-1]
        return Status.of(evaluate(values, shell.folder, shell.files, matches=name == "[["))
    if name in SHELLS:
        if name == "bash":
            shell = replace(shell, is_bash=True)
        return _shell(shell, rest, start, assigned, stdin)
    if name in ("make", "gmake"):
        from scratchify.analysis.make_targets import run_make

        return run_make(shell, rest, start, assigned)
    if name in ("go-task", "just", "mage", "task"):
        from scratchify.analysis.recipe_files import RUNNERS

        return RUNNERS[name](shell, rest, start, assigned)
    if front := _FRONTS.get(name):
        return front(shell, rest, start, assigned, stdin)
    if "/" in name:
        return _file(shell, name, rest, start, assigned)
    at = shell.circumstances(start, assigned, stdin)
    effects = effects_of(Command(name, rest), at)
    shell.world.take(effects, at, shell.source(start), shell.perhaps)
    return _status(name, effects)


def _status(name: str, effects: object) -> Status:
    if name in ("true", ":", "echo", "printf"):
        return Status.TRUE
    if name == "false":
        return Status.FALSE
    is_idle = isinstance(effects, tuple) and all(isinstance(one, Harmless | Tests) for one in effects)
    return Status.UNKNOWN if name in _ONLY_ASK and is_idle else Status.TAKEN


def _function(shell: Shell, body: tuple[object, ...], arguments: tuple[Argument, ...], start: int) -> Status:
    before, shell.variables.positional = shell.variables.positional, arguments
    shell.depth += 1
    try:
        if shell.depth > MOST_DEEP:
            shell.block("functions that call each other so deeply are not followed; call go build directly", start)
            return Status.TAKEN
        return shell.run(body)  # type: ignore[arg-type]
    finally:
        shell.depth -= 1
        shell.variables.positional = before


# ---- programs that run other programs


def _shell(
    shell: Shell, arguments: tuple[Argument, ...], start: int, assigned: dict[str, str | None], stdin: str | None
) -> Status:
    """`sh -c TEXT NAME …`, `sh FILE …` and a script on standard input."""
    words = list(arguments)
    of_input = False
    while words and (words[0].value or "").startswith(("-", "+")) and words[0].value != "-":
        flag = words.pop(0).value or ""
        of_input = of_input or ("s" in flag and not flag.startswith("--"))
        if flag.endswith("o") and words:
            words.pop(0)
        if "c" in flag and not flag.startswith("--"):
            if not words or words[0].value is None:
                shell.block("what sh -c runs, only a shell knows; write the commands themselves", start)
                return Status.TAKEN
            where = shell.source(start)
            child = _process(shell, assigned)
            child.variables.positional = tuple(words[2:])
            child.source = _always(where)
            return child.run_apart(read_script(words[0].value))
    if not words or words[0].value == "-" or of_input:
        if stdin:
            child = _process(shell, assigned)
            child.variables.positional = tuple(words) if of_input else ()
            where = shell.source(start)
            child.source = _always(where)
            return child.run_apart(read_script(stdin))
        shell.block("a script that comes from a pipe is not at hand; copy it, or write out what it does", start)
        return Status.TAKEN
    if words[0].value is None:
        shell.block(f"which script {words[0].raw} is, only a shell knows; write its name", start)
        return Status.TAKEN
    return _script(shell, normpath(join(shell.folder, words[0].value)), tuple(words[1:]), start, assigned)


def _file(
    shell: Shell, word: str, arguments: tuple[Argument, ...], start: int, assigned: dict[str, str | None]
) -> Status:
    """Run a file of the image: a script, or a program of which nobody knows what it does."""
    path = shell.files.resolve(normpath(join(shell.folder, word)))
    entry = shell.files.entries.get(path)
    if entry and isinstance(entry.origin, Built):
        shell.block(f"runs {word}, which this build made, and which may write any file; run it before the build", start)
        return Status.TAKEN
    text = script_text(shell, path)
    if text is None:
        if shell.files.exists(path) is not None or shell.files.may_be_folder(path) or shell.files.unlisted_at(path):
            return _script(shell, path, arguments, start, assigned)
        at = shell.circumstances(start, assigned)
        shell.world.take(effects_of(Command(word, arguments), at), at, shell.source(start), shell.perhaps)
        return Status.TAKEN
    first = text.partition("\n")[0]
    program = first[2:].split()[:2] if first.startswith("#!") else ["/bin/sh"]
    if program[0].rpartition("/")[2] == "env":
        program = program[1:]
    if not program or program[0].rpartition("/")[2] not in SHELLS:
        shell.block(f"{word} is run by {' '.join(program)}, whose language is not read; call go build directly", start)
        return Status.TAKEN
    if program[0].endswith("bash"):
        shell = replace(shell, is_bash=True)
    return _script(shell, path, arguments, start, assigned)


def _script(
    shell: Shell, path: str, arguments: tuple[Argument, ...], start: int, assigned: dict[str, str | None]
) -> Status:
    path = shell.files.resolve(path)
    text = script_text(shell, path)
    if text is None:
        why, way_out = shell.files.not_at_hand(path)
        shell.block(f"runs {path}, which {why}; {way_out}, or call go build directly", start)
        return Status.TAKEN
    child = _process(shell, assigned)
    child.depth += 1
    if child.depth > MOST_DEEP:
        shell.block(f"{path} calls itself; call go build directly", start)
        return Status.TAKEN
    child.variables.positional = arguments
    child.variables.script = path
    child.source = inside(shell, path, text, shell.source(start))
    return child.run_apart(read_script(text))


def _always(where: Where) -> Source:
    return lambda _: where


def _process(shell: Shell, assigned: Mapping[str, str | None]) -> Shell:
    """Return a shell of another process: it has the exported variables alone."""
    child = shell.child()
    environment = {**shell.variables.environment(), **assigned}
    child.variables = Variables(dict(environment), set(environment), shell.variables.is_complete)
    child.functions = {}
    return child


_Front = Callable[[Shell, tuple[Argument, ...], int, dict[str, str | None], str | None], Status]


def _front(with_value: str = "", takes: int = 0) -> _Front:
    """Return what a program does that runs the rest of its arguments, behind its options and `takes` words."""
    valued = frozenset(with_value.split())

    def run(
        shell: Shell, arguments: tuple[Argument, ...], start: int, assigned: dict[str, str | None], stdin: str | None
    ) -> Status:
        words = list(arguments)
        while words and words[0].front.startswith("-"):
            flag = words.pop(0).value
            if flag == "--":
                break
            if flag in valued and words:
                words.pop(0)
        words = words[takes:]
        while words and (name := words[0].front.partition("=")[0]).isidentifier() and "=" in words[0].front:
            value = words.pop(0).value
            assigned[name] = value.partition("=")[2] if value is not None else None
        return shell.execute(tuple(words), start, assigned, stdin) if words else Status.TRUE

    return run


def _xargs(
    shell: Shell, arguments: tuple[Argument, ...], start: int, assigned: dict[str, str | None], stdin: str | None
) -> Status:
    """The words that xargs reads are arguments of the rest; in portions or all at once is the same to most."""
    words = list(arguments)
    placeholder: str | None = None
    while words and words[0].front.startswith("-"):
        flag = words.pop(0).value or ""
        if flag in ("-n", "-P", "-L", "-d", "-I", "-i", "-s", "-a", "-E") and words:
            value = words.pop(0).value
            placeholder = value if flag in ("-I", "-i") else placeholder
        elif flag.startswith("-I"):
            placeholder = flag[2:]
    more = (Argument("what xargs reads", None),) if stdin is None else tuple(map(known, stdin.split()))
    if placeholder:
        if stdin is None:
            words = [_replaced(one, placeholder) for one in words]
            return shell.execute(tuple(words), start, assigned, stdin)
        for line in stdin.splitlines():
            replaced = tuple(known((one.value or "").replace(placeholder, line)) for one in words)
            shell.execute(replaced, start, assigned, "")
        return Status.TAKEN
    return shell.execute((*words, *more), start, assigned, "") if words else Status.TRUE


def _replaced(argument: Argument, mark: str) -> Argument:
    front = argument.front.partition(mark)[0]
    return Argument(argument.raw, None, front) if mark in argument.front else argument


def _su(
    shell: Shell, arguments: tuple[Argument, ...], start: int, assigned: dict[str, str | None], stdin: str | None
) -> Status:
    values = [argument.value for argument in arguments]
    if "-c" in values and values.index("-c") + 1 < len(values):
        text = arguments[values.index("-c") + 1]
        user = next((value for value in values if value and not value.startswith("-") and value != text.value), "root")
        child = shell.child()
        child.user = user
        return _shell(child, (known("-c"), text), start, assigned, stdin)
    shell.block("su without -c starts a shell of its own; use USER", start)
    return Status.TAKEN


_FRONTS: Mapping[str, _Front] = {
    "chronic": _front(),
    "env": _front("-u --unset"),
    "ionice": _front("-c -n"),
    "nice": _front("-n"),
    "nohup": _front(),
    "stdbuf": _front("-o -i -e"),
    "su": _su,
    "sudo": _front("-u -g -h -p"),
    "time": _front("-f -o"),
    "timeout": _front("-s -k", takes=1),
    "travis_retry": _front(),
    "xargs": _xargs,
}
