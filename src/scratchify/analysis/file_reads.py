"""
What a program may open: the paths that are known, and the places where only a run could tell.

Packages that a table describes are judged by it, not by their source. A path that a flag, a variable or a parameter
decides is computed, whatever its default is: whoever starts the program may name another.

https://pkg.go.dev/os
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from posixpath import dirname, join

from scratchify.analysis.go_program import GoProgram, Place
from scratchify.analysis.go_source import Call, GoFile
from scratchify.analysis.go_values import Expression, OwnBinary, Value
from scratchify.analysis.named_paths import NamedPath
from scratchify.knowledge.file_calls import FileCall, file_calls, file_function, file_methods
from scratchify.knowledge.modules import longest_prefix, runtime_modules
from scratchify.model import State

_STARTERS = {
    "os/exec": frozenset({"Command", "CommandContext"}),
    "os": frozenset({"StartProcess"}),
    "syscall": frozenset({"Exec", "ForkExec"}),
    "golang.org/x/sys/unix": frozenset({"Exec"}),
}
_MEMORY = ":memory:"
_NAME_OF_VIPER = "config"
"""What viper looks for unless it is told: https://pkg.go.dev/github.com/spf13/viper#New"""


@dataclass(frozen=True, slots=True)
class Computed:
    """A place that may open a path which is not known; `beginning` is what the absolute path begins with, if it is."""

    place: Place
    why: str
    beginning: str = ""


@dataclass(frozen=True, slots=True)
class FileReads:
    """
    `named` are paths that the program is known to open, `computed` the places where it may open others.

    `is_complete`: nothing is computed, what is written included, and no third-party package could be told of a path in
    another way than by a call.
    """

    named: tuple[NamedPath, ...]
    computed: tuple[Computed, ...]
    is_complete: bool


def file_reads(program: GoProgram, end: State, binary: str | None) -> FileReads:
    """Return what a program opens that starts in the state `end`."""
    reader = _Reader(program, end, binary)
    found = [*reader.reads()]
    named = tuple(one for one in found if isinstance(one, NamedPath))
    computed = tuple(one for one in found if isinstance(one, Computed))
    is_complete = not computed and not reader.writes_anywhere and not any(map(_may_be_configured, program.imports))
    return FileReads(named, computed, is_complete)


def all_reads(programs: Iterable[FileReads]) -> FileReads:
    """Return what several programs of one image open."""
    each = tuple(programs)
    return FileReads(
        tuple(named for one in each for named in one.named),
        tuple(computed for one in each for computed in one.computed),
        all(one.is_complete for one in each),
    )


def _may_be_configured(path: str) -> bool:
    """Say whether a package is a third party's that reads files, which fields or options may name."""
    known = longest_prefix(runtime_modules(), path)
    return "." in path.partition("/")[0] and known is not None and bool(known.reads or file_calls(path))


def is_judged(program: GoProgram, file: GoFile) -> bool:
    """Say whether a table tells what a file's package opens."""
    path = file.vendored or program.package_of(file)
    return "." in path.partition("/")[0] and longest_prefix(runtime_modules(), path) is not None


class _Reader:
    """One program, and the state that it starts in."""

    def __init__(self, program: GoProgram, end: State, binary: str | None) -> None:
        self.program = program
        self.end = end
        self.binary = binary
        self.own = [file for file in program.files if not is_judged(program, file)]
        self.has_sqlite = any("sqlite" in path or "duckdb" in path for path in program.imports)
        self.names: list[Value] = []
        self.folders: list[Value] = []
        self.asked: Place | None = None
        self.writes_anywhere = False

    def reads(self) -> Iterator[NamedPath | Computed]:
        yield from self._imports()
        for file in self.own:
            for call in file.calls:
                if entry := file_function(call.package, call.function):
                    yield from self._call(file, call, entry, f"{_last(call.package)}.{call.function}")
                elif why := self._opened_by_others(call):
                    yield Computed(Place(file.context_path, call.line), why)
            for call in file.methods:
                if entry := next((one for one in file_methods(call.function) if self._is_imported(one)), None):
                    yield from self._call(file, call, entry, call.function)
            yield from self._references(file)
        yield from self._configuration()

    def _opened_by_others(self, call: Call) -> str | None:
        """Return why paths may be meant that stand nowhere: another folder, another program."""
        if (call.package, call.function) == ("os", "Chdir"):
            return "changes its working directory, so that other files are meant"
        if call.function not in _STARTERS.get(call.package, ()):
            return None
        at = 1 if call.function == "CommandContext" else 0
        is_itself = isinstance(next(iter(call.expressions[at:]), None), OwnBinary)
        return None if is_itself else "runs another program, which may read files"

    def _is_imported(self, entry: FileCall) -> bool:
        return any(path == entry.package or path.startswith(entry.package + "/") for path in self.program.imports)

    def _imports(self) -> Iterator[NamedPath | Computed]:
        for path, place in self.program.imports.items():
            for entry in file_calls(path):
                if entry.defaults and not entry.functions:
                    for text in entry.defaults:
                        yield NamedPath(self.end.path(text), place, f"{_last(path)} reads")
        unseen = [path for path in self.program.elsewhere if longest_prefix(runtime_modules(), path) is None]
        if unseen:
            more = f" and {len(unseen) - 1} more" if len(unseen) > 1 else ""
            why = f"imports {unseen[0]}{more}, which may read files: its source is not at hand"
            yield Computed(self.program.imports[unseen[0]], why)
        for place in self.program.cgo():
            yield Computed(place, "calls C, which may open files")

    def _references(self, file: GoFile) -> Iterator[Computed]:
        for one in file.references:
            if (entry := file_function(one.package, one.name)) and entry.kind != "made":
                why = f"{_last(one.package)}.{one.name} is used as a value, so that it may be given any path"
                yield Computed(Place(file.context_path, one.line), why)
        for imported in file.imports:
            if imported.name == "." and file_calls(imported.path):
                why = f"imports {imported.path} into its own names, so that its calls are not seen"
                yield Computed(Place(file.context_path, imported.line), why)

    def _call(self, file: GoFile, call: Call, entry: FileCall, name: str) -> Iterator[NamedPath | Computed]:
        place = Place(file.context_path, call.line)
        if not call.expressions and entry.defaults:
            yield from (NamedPath(self.end.path(text), place, f"{name} reads") for text in entry.defaults)
        at = entry.arguments or range(len(call.expressions))
        for expression in (call.expressions[index] for index in at if index < len(call.expressions)):
            yield from self._path(file, expression, entry.kind, place, name)

    def _path(
        self, file: GoFile, expression: Expression, kind: str, place: Place, name: str
    ) -> Iterator[NamedPath | Computed]:
        if kind == "indirect":
            yield Computed(place, f"{name} is told by a flag which file to read")
            return
        known = self.program.value(file, expression, binary=self.binary)
        if kind in ("config-name", "config-folder"):
            (self.names if kind == "config-name" else self.folders).append(known)
            self.asked = place
            return
        is_other = (kind == "database" and not self.has_sqlite) or (kind == "address" and _is_no_file(known))
        self.writes_anywhere = self.writes_anywhere or (kind == "made" and not known.is_whole)
        if kind == "made" or is_other:
            return
        likely = known if known.is_whole else self.program.value(file, expression, self.end.env.get, self.binary)
        folder = join(dirname(file.path), "") if kind == "beside" else ""
        text = _path_in(likely.text, kind)
        if likely.is_whole and text and text != _MEMORY:
            yield NamedPath(self.end.path(folder + text), place, f"{name} reads")
        if not known.is_whole:
            begins = self._absolute(folder + _path_in(known.text, kind))
            yield Computed(place, f"{name} is given a path that is computed", begins)

    def _absolute(self, beginning: str) -> str:
        """Return what an absolute path begins with, nothing where that is not known."""
        path = self.end.path(beginning) if beginning else ""
        return path.rstrip("/") + "/" if beginning.endswith("/") else path

    def _configuration(self) -> Iterator[NamedPath | Computed]:
        """Join viper's names and folders, which are told one by one."""
        if self.asked is None:
            return
        self.names = self.names or [Value(_NAME_OF_VIPER, is_whole=True)]
        for folder in self.folders:
            for name in self.names:
                if folder.is_whole and name.is_whole:
                    path = self.end.path(f"{folder.text or '.'}/{name.text}")
                    yield NamedPath(f"{path}.*", self.asked, "viper reads")
                    yield NamedPath(path, self.asked, "viper reads")
        if not all(one.is_whole for one in (*self.names, *self.folders)):
            yield Computed(self.asked, "viper is given a name or a folder that is computed")


def _path_in(text: str, kind: str) -> str:
    """Return the path in an address or in the name of a database."""
    if kind not in ("address", "database"):
        return text
    path = text.removeprefix("file://").removeprefix("file:").partition("?")[0]
    return "" if "://" in path else path


def _is_no_file(value: Value) -> bool:
    """Say whether an address is certainly that of something else than a file."""
    scheme, mark, _ = value.text.partition("://")
    return bool(mark) and scheme != "file"


def _last(import_path: str) -> str:
    *above, last = import_path.split("/")
    return above[-1] if above and last[:1] == "v" and last[1:].isdecimal() else last
