"""
A Taskfile as far as it is literal: what running its tasks comes down to.

https://taskfile.dev/docs/reference/schema
"""

from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from posixpath import dirname, join, normpath

from scratchify.analysis.recipe_steps import NotLiteral, Step, Surroundings
from scratchify.analysis.task_variables import Scope, TaskCall, filled, value
from scratchify.analysis.yaml_nodes import Item, read_yaml

_ADVICE = "; call go build directly"
_MOST_DEEP = 30

_OF_FILE = frozenset("env interval method output run set shopt silent tasks vars version".split())
_OF_TASK = frozenset(
    "aliases cmd cmds deps desc dir env failfast generates ignore_error interactive internal label method platforms "
    "preconditions prefix requires run set shopt silent sources status summary vars".split()
)
_OF_COMMAND = frozenset("cmd ignore_error platforms set shopt silent task vars".split())
_PLATFORMS = frozenset({"linux", "amd64", "linux/amd64"})


def steps_of_taskfile(path: str, text: str, call: TaskCall, surroundings: Surroundings) -> Iterator[Step]:
    """Yield what Task runs for a call. Raises NotLiteral."""
    top = read_yaml(text)
    try:
        if top is None:
            raise NotLiteral(f"the Taskfile cannot be read{_ADVICE}", 1)
        yield from _Run(path, top, call, surroundings, call.folder or dirname(path)).steps()
    except NotLiteral as reason:
        reason.path = path
        raise


@dataclass(frozen=True, slots=True)
class _Where:
    """What holds for the commands of one task; `doubt` says why they may not run."""

    scope: Scope
    folder: str
    environment: Scope = field(default_factory=dict)
    doubt: str = ""
    depth: int = 0


@dataclass(slots=True)
class _Run:
    path: str
    top: Item
    call: TaskCall
    surroundings: Surroundings
    folder: str
    tasks: dict[str, Item] = field(default_factory=dict)
    asked: set[str] = field(default_factory=set)
    had: set[tuple[str, ...]] = field(default_factory=set)

    def steps(self) -> Iterator[Step]:
        for key, item in self.top.map:
            if key not in _OF_FILE:
                raise NotLiteral(f"{key} in a Taskfile is not followed{_ADVICE}", item.line)
        version = self.top.get("version")
        if version and not (version.text or "").startswith("3"):
            raise NotLiteral(f"version {version.text} of Taskfiles is not read{_ADVICE}", version.line)
        tasks = self.top.get("tasks")
        for name, task in tasks.map if tasks else ():
            self.tasks[name] = task
        for task in list(self.tasks.values()):
            for alias in _all(task, "aliases"):
                self.tasks.setdefault(alias.text or "", task)
        for name in self.call.names or ("default",):
            yield from self._task(name, {}, "", 1, 0)

    # ---- tasks

    def _task(self, name: str, given: Scope, doubt: str, line: int, depth: int) -> Iterator[Step]:
        task = self.tasks.get(name)
        if task is None or depth > _MOST_DEEP:
            why = f"the Taskfile has no task {name}" if task is None else f"the task {name} calls itself"
            raise NotLiteral(why + _ADVICE, line)
        for key, item in task.map:
            if key not in _OF_TASK:
                raise NotLiteral(f"{key} in the task {name} is not followed{_ADVICE}", item.line)
        if not _is_for_linux(task) or self._was_run(name, task, given):
            return
        scope = yield from self._scope(name, task, given)
        folder = normpath(join(self.folder, filled(said, scope))) if (said := task.get("dir")) else self.folder
        environment = yield from self._environment(task, scope)
        where = _Where(scope, folder, environment, doubt, depth)
        for item in _all(task, "deps"):
            yield from self._called(item, where)
        if depth or not self.call.is_forced:
            yield from self._questions(task, where)
            where = _Where(scope, folder, environment, self._doubt(task) or doubt, depth)
        if said and self.surroundings.exists(folder) is False:
            yield Step(self.path, said.line, self.folder, words=("mkdir", "-p", folder), doubt=where.doubt)
        for item in (*task.items, *_all(task, "cmds"), *_all(task, "cmd")):
            yield from self._command(item, where)

    def _was_run(self, name: str, task: Item, given: Scope) -> bool:
        """Say whether this is a task that runs once, for the second time; else note it."""
        said = _text(task, "run") or _text(self.top, "run") or "always"
        key = (name,) if said == "once" else (name, *(f"{one}={text}" for one, text in sorted(given.items())))
        if said != "always" and key in self.had:
            return True
        self.had.add(key)
        return False

    def _questions(self, task: Item, where: _Where) -> Iterator[Step]:
        """Preconditions and status are commands; where a precondition fails, the image cannot be built."""
        for item in (*_all(task, "preconditions"), *_all(task, "status")):
            command = item if item.is_text else item.get("sh")
            if command is None:
                raise NotLiteral(f"what is asked here before a task is not read{_ADVICE}", item.line)
            yield self._step(command, where)

    def _doubt(self, task: Item) -> str:
        """Sources count where Task has kept a checksum of them, which in an image nobody has done yet."""
        kept = self.surroundings.exists(join(self.folder, ".task"))
        method = _text(task, "method") or _text(self.top, "method") or "checksum"
        is_first = kept is False and method != "timestamp" and "TASK_TEMP_DIR" not in self.surroundings.environment
        if task.get("status") or (task.get("sources") and not is_first):
            return "whether task does this hangs on what it finds done"
        return ""

    def _command(self, item: Item, where: _Where) -> Iterator[Step]:
        for key, inside in item.map:
            if key not in _OF_COMMAND:
                raise NotLiteral(f"{key} in a command of a Taskfile is not followed{_ADVICE}", inside.line)
        if item.is_text:
            yield self._step(item, where)
        elif _is_for_linux(item) and item.get("task"):
            yield from self._called(item, where)
        elif _is_for_linux(item) and (command := item.get("cmd")):
            yield self._step(command, where)

    def _called(self, item: Item, where: _Where) -> Iterator[Step]:
        """A task that another one names."""
        name = item if item.is_text else item.get("task")
        for key, inside in item.map:
            if key not in _OF_COMMAND:
                raise NotLiteral(f"{key} in a Taskfile is not followed{_ADVICE}", inside.line)
        if name is None:
            raise NotLiteral(f"this task is not read{_ADVICE}", item.line)
        said = item.get("vars")
        given = {one: value(inside, where.scope) for one, inside in (said.map if said else ())}
        if said and any(inside.map for _, inside in said.map):
            raise NotLiteral(f"what these variables are, only task knows{_ADVICE}", said.line)
        yield from self._task(filled(name, where.scope), given, where.doubt, name.line, where.depth + 1)

    def _step(self, command: Item, where: _Where) -> Step:
        text = filled(command, where.scope)
        environment, doubt = where.environment, where.doubt
        return Step(self.path, command.line, where.folder, text, environment=environment, is_bash=True, doubt=doubt)

    # ---- variables

    def _scope(self, name: str, task: Item, given: Scope) -> Generator[Step, None, Scope]:
        """Return the variables of a task, later ones before earlier ones; commands that tell some run on the way."""
        scope: Scope = {**self.surroundings.environment, **self.call.variables()}
        scope |= {"TASK": name, "TASKFILE": self.path, "TASKFILE_DIR": dirname(self.path), "ROOT_DIR": self.folder}
        scope |= {"USER_WORKING_DIR": self.surroundings.folder}
        yield from self._take(self.top.get("env"), scope, self.folder)
        yield from self._take(self.top.get("vars"), scope, self.folder, self.call.given)
        scope |= given
        yield from self._take(task.get("vars"), scope, self.folder)
        return scope

    def _take(self, said: Item | None, scope: Scope, folder: str, given: Scope | None = None) -> Iterator[Step]:
        for name, item in said.map if said else ():
            command = item.get("sh")
            if given and name in given:
                scope[name] = given[name]
            elif command:
                text = filled(command, scope)
                if text not in self.asked:
                    self.asked.add(text)
                    yield Step(self.path, command.line, folder, text, is_bash=True)
                scope[name] = None
            else:
                scope[name] = value(item, scope)
        scope |= given or {}

    def _environment(self, task: Item, scope: Scope) -> Generator[Step, None, Scope]:
        """Return what the commands of a task find set; what Task was called with comes before what its file says."""
        found: Scope = {}
        for said in (self.top.get("env"), task.get("env")):
            own = {**scope}
            yield from self._take(said, own, self.folder)
            found |= {name: own[name] for name, _ in (said.map if said else ())}
        return {name: text for name, text in found.items() if name not in self.surroundings.environment}


def _all(item: Item, key: str) -> tuple[Item, ...]:
    found = item.get(key)
    return (found,) if found and found.map else found.items if found else ()


def _text(item: Item, key: str) -> str:
    found = item.get(key)
    return found.text or "" if found else ""


def _is_for_linux(item: Item) -> bool:
    said = [one.text for one in _all(item, "platforms")]
    return not said or any(one in _PLATFORMS for one in said)
