"""
`just`, `task` and `mage`: the recipes that run, as commands of a shell.

https://just.systems/man/en/
https://taskfile.dev/docs/reference/schema
https://magefile.org/targets/
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from posixpath import basename, dirname, join, normpath

from scratchify.analysis.arguments import Argument, known
from scratchify.analysis.constraints import Target, is_compiled
from scratchify.analysis.expansion import Variables
from scratchify.analysis.go_build import Unknown
from scratchify.analysis.justfile import steps_of_justfile
from scratchify.analysis.magefile import steps_of_magefiles
from scratchify.analysis.recipe_steps import NotLiteral, Step, Surroundings
from scratchify.analysis.shell_reader import read_script
from scratchify.analysis.shell_run import MOST_DEEP, Shell
from scratchify.analysis.shell_world import Exit, Status, Where
from scratchify.analysis.task_variables import TaskCall
from scratchify.analysis.taskfile import steps_of_taskfile

Assigned = dict[str, str | None]

_ONLY_TELL = "-h --help --version -l"
"""Options with which nothing runs."""

_TASKFILES = tuple(
    f"{name}.{end}" for end in ("yml", "yaml", "dist.yml", "dist.yaml") for name in ("Taskfile", "taskfile")
)
_WITH_MAGE, _WITHOUT = Target(tags=frozenset({"mage"})), Target()


def run_just(shell: Shell, arguments: tuple[Argument, ...], start: int, assigned: Assigned) -> Status:
    """Run the recipes that just runs for its arguments."""
    options = _Options(
        "just",
        "-f --justfile -d --working-directory",
        "-q --quiet -v --verbose --yes",
        "-V --list --summary --dump --evaluate --variables --groups",
    )
    words = options.read(shell, arguments, start)
    if words is None or options.only_tells:
        return Status.TAKEN
    path = options.path(shell.folder, "-f", "--justfile")
    folder = options.path(shell.folder, "-d", "--working-directory")
    path = path or _above(shell, shell.folder, lambda name: name.lower() in ("justfile", ".justfile"))
    text = _read(shell, path, "a justfile", start)
    if path is None or text is None:
        return Status.TAKEN
    surroundings = _surroundings(shell, assigned)
    return _run(shell, start, assigned, lambda: steps_of_justfile(path, text, words, surroundings, folder))


def run_task(shell: Shell, arguments: tuple[Argument, ...], start: int, assigned: Assigned) -> Status:
    """Run the tasks that Task runs for its arguments."""
    options = _Options(
        "task",
        "-t --taskfile -d --dir -o --output -C --concurrency",
        "-v --verbose -s --silent -f --force -F --failfast -y --yes -p --parallel -c --color --color=false",
        "-a --list --list-all --summary",
    )
    split = next((index for index, one in enumerate(arguments) if one.value == "--"), len(arguments))
    words = options.read(shell, arguments[:split], start)
    if words is None or options.only_tells:
        return Status.TAKEN
    path = options.path(shell.folder, "-t", "--taskfile")
    folder = options.path(shell.folder, "-d", "--dir")
    path = path or _named_above(shell, folder or shell.folder, _TASKFILES)
    text = _read(shell, path, "a Taskfile", start)
    if path is None or text is None:
        return Status.TAKEN
    call = TaskCall(
        names=tuple(word.value or "" for word in words if not _is_assignment(word)),
        given={word.front.partition("=")[0]: _given(word) for word in words if _is_assignment(word)},
        handed_on=[word.value for word in arguments[split + 1 :]],
        folder=folder,
        is_forced=bool(options.said & {"-f", "--force"}),
    )
    surroundings = _surroundings(shell, assigned)
    return _run(shell, start, assigned, lambda: steps_of_taskfile(path, text, call, surroundings))


def run_mage(shell: Shell, arguments: tuple[Argument, ...], start: int, assigned: Assigned) -> Status:
    """Run the targets that mage runs for its arguments."""
    options = _Options("mage", "-d -w -t -gocmd", "-v -f -debug -keep -multiline", "-version -clean")
    words = options.read(shell, arguments, start)
    if words is None or options.only_tells:
        return Status.TAKEN
    folder = options.path(shell.folder, "-d") or shell.folder
    paths = _magefiles(shell, folder)
    if not paths:
        _read(shell, None, "a magefile", start)
        return Status.TAKEN
    sources: dict[str, bytes] = {}
    for path in paths:
        _note(shell, path)
        if (source := shell.files.read(path)) is not None:
            sources[path] = source
    targets = [word.value or "" for word in words]
    surroundings = replace(_surroundings(shell, assigned), folder=options.path(shell.folder, "-w") or folder)
    return _run(shell, start, assigned, lambda: steps_of_magefiles(sources, targets, surroundings))


RUNNERS: Mapping[str, Callable[[Shell, tuple[Argument, ...], int, Assigned], Status]] = {
    "go-task": run_task,
    "just": run_just,
    "mage": run_mage,
    "task": run_task,
}
"""What runs recipes, by the name of the program."""


# ---- arguments


class _Options:
    """The options of a runner: those with a value, and those that change nothing of what is run."""

    def __init__(self, name: str, valued: str, plain: str, only: str) -> None:
        self.name = name
        self.valued = frozenset(valued.split())
        self.plain = frozenset(plain.split())
        self.only = frozenset(f"{_ONLY_TELL} {only}".split())
        self.values: dict[str, str] = {}
        self.said: set[str] = set()

    @property
    def only_tells(self) -> bool:
        return bool(self.said & self.only)

    def path(self, folder: str, *names: str) -> str | None:
        """Return what an option names, as an absolute path."""
        found = next((self.values[name] for name in names if name in self.values), None)
        return None if found is None else normpath(join(folder, found))

    def read(self, shell: Shell, arguments: Sequence[Argument], start: int) -> list[Argument] | None:
        """Return the words that are no options, None where they are blocked: they are known, or set a variable."""
        rest = list(arguments)
        words: list[Argument] = []
        while rest:
            argument = rest.pop(0)
            if argument.value is None and not _is_assignment(argument):
                shell.block(f"{self.name} is given {argument.raw}, which only a shell knows; call go build", start)
                return None
            if argument.value is None or not argument.value.startswith("-") or (words and self.name != "task"):
                words.append(argument)
                continue
            name, equals, value = argument.value.partition("=")
            self.said.add(name)
            if name in self.valued and (equals or (rest and rest[0].value is not None)):
                self.values[name] = value if equals else rest.pop(0).value or ""
            elif argument.value not in self.plain | self.only:
                shell.block(f"{self.name} {argument.value} is not followed; call go build directly", start)
                return None
        return words


def _is_assignment(argument: Argument) -> bool:
    name, equals, _ = argument.front.partition("=")
    return bool(equals) and name.isidentifier()


def _given(argument: Argument) -> str | None:
    """Return the value in `NAME=value`, None where only a shell knows it."""
    return None if argument.value is None else argument.value.partition("=")[2]


# ---- files


def _surroundings(shell: Shell, assigned: Assigned) -> Surroundings:
    environment = {**shell.variables.environment(), **assigned}
    return Surroundings(shell.folder, environment, lambda path: shell.files.exists(normpath(path)))


def _above(shell: Shell, folder: str, is_it: Callable[[str], bool]) -> str | None:
    """Return the file that a runner finds, going up from a folder."""
    while True:
        found = [path for path in shell.files.below(shell.files.resolve(folder)) if is_it(basename(path))]
        if found or folder == "/":
            return found[0] if found else None
        folder = dirname(folder)


def _named_above(shell: Shell, folder: str, names: Sequence[str]) -> str | None:
    """Return the first of several names that is there, in the nearest folder that has one."""
    near = _above(shell, folder, lambda name: name in names)
    there = (join(dirname(near), name) for name in names) if near else ()
    return next((path for path in there if path in shell.files.entries), None)


def _magefiles(shell: Shell, folder: str) -> list[str]:
    """Return mage's files: those with its tag, or everything in the folder `magefiles`."""

    def compiled(path: str, target: Target) -> bool:
        content = shell.files.read(path) if path.endswith(".go") else None
        return content is not None and is_compiled(basename(path), content.decode("utf-8", "replace"), target)

    tagged = [
        path
        for path in shell.files.below(shell.files.resolve(folder))
        if compiled(path, _WITH_MAGE) and not compiled(path, _WITHOUT)
    ]
    inside = shell.files.below(shell.files.resolve(join(folder, "magefiles")))
    return tagged or [path for path in inside if compiled(path, _WITH_MAGE)]


def _read(shell: Shell, path: str | None, what: str, start: int) -> str | None:
    content = shell.files.read(path) if path else None
    if path:
        _note(shell, path)
    if content is None and path:
        why, way_out = shell.files.not_at_hand(path)
        shell.block(f"{path} is read, which {why}; {way_out}, or call go build directly", start)
        return None
    if content is None:
        _, way_out = shell.files.not_at_hand(f"{shell.folder}/{what}")
        where = f"{shell.folder} and the folders above"
        shell.block(f"{what} is not at hand in {where}; {way_out}, or call go build directly", start)
        return None
    return content.decode("utf-8", "surrogateescape")


def _note(shell: Shell, path: str) -> None:
    if of_context := shell.files.context_path(shell.files.resolve(path)):
        shell.world.reads(of_context)


# ---- running


def _run(shell: Shell, start: int, assigned: Assigned, steps: Callable[[], Iterable[Step]]) -> Status:
    if shell.depth >= MOST_DEEP:
        shell.block("the recipes call each other without end; call go build directly", start)
        return Status.TAKEN
    try:
        for step in [*steps()]:
            _run_step(shell, step, start, assigned)
    except NotLiteral as reason:
        place = _place(shell, reason.path, reason.line, start)
        shell.world.take((Unknown(reason.why),), shell.circumstances(start), place, None)
    return Status.TAKEN


def _place(shell: Shell, path: str, line: int, start: int) -> Where:
    where = shell.source(start)
    of_context = shell.files.context_path(shell.files.resolve(path))
    return Where(where.line, where.start, of_context, line) if of_context else where


def _run_step(shell: Shell, step: Step, start: int, assigned: Assigned) -> None:
    environment = {**shell.variables.environment(), **assigned, **step.environment}
    child = shell.child()
    child.depth += 1
    child.functions = {}
    child.folder = normpath(step.folder)
    positional = tuple(map(known, step.positional))
    child.variables = Variables(environment, set(environment), shell.variables.is_complete, positional)
    # sh may be bash where RUN's shell is not known to be another
    child.is_bash = True if step.is_bash else False if shell.is_bash is False else None
    place = _place(shell, step.path, step.line, start)
    child.source = lambda offset: replace(place, line_there=place.line_there + step.text.count("\n", 0, offset))
    if step.doubt:
        with child.maybe(step.doubt, 0):
            _act(child, step)
        return
    try:
        _act(child, step)
    except Exit:
        return


def _act(shell: Shell, step: Step) -> None:
    if step.words:
        shell.execute(tuple(map(known, step.words)), 0)
    else:
        shell.run(read_script(step.text))
