"""
What a shell text, or a script, runs when the container starts, where it is kept as it is.

Every program that it may run is named; text whose programs only a shell knows is not kept.

https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from posixpath import basename, dirname, join, normpath

from scratchify.analysis.command_fronts import SHELLS
from scratchify.analysis.entrypoint_script import Script, script_at
from scratchify.analysis.environment import is_build_only
from scratchify.analysis.launch import find_program
from scratchify.analysis.shell import (
    Case,
    Conditional,
    For,
    Function,
    NotFollowed,
    Part,
    SimpleCommand,
    Statement,
    Substitution,
    Trimmed,
    Unresolved,
    Variable,
    Word,
)
from scratchify.analysis.shell_parts import deep, is_own_folder
from scratchify.analysis.shell_reader import read_script
from scratchify.analysis.stage_files import Built, StageFiles
from scratchify.knowledge.distributions import is_plain, is_program
from scratchify.model import State
from scratchify.model.state import DEFAULT_PATH

_ALL = (Variable("@"),)
_BUILTINS = frozenset(
    ": [ alias bg break cd continue echo exit export false fg getopts hash jobs kill local printf pwd read readonly "
    "return set shift test times true type ulimit umask unalias unset wait".split()
)
_OF_BASH = frozenset("[[ declare let popd pushd shopt source typeset".split())
"""Debian's sh has none of them, Alpine's has some."""

_IN_FRONT = {
    "dumb-init": 0,
    "exec": 0,
    "gosu": 1,
    "nice": 0,
    "nohup": 0,
    "setsid": 0,
    "su-exec": 1,
    "timeout": 1,
    "tini": 0,
}
"""Programs that run what stands behind them, and how many of their own arguments come before it."""

_RUN_OTHERS = frozenset(
    "chroot eval flock nsenter parallel runuser script setpriv strace su sudo time unshare watch xargs".split()
)
_FOLDERS = frozenset(DEFAULT_PATH.split(":"))
_MOST = 20
"""Scripts that run scripts: deeper is a circle."""


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a file of the build context, or of the Dockerfile where `path` is None."""

    path: str | None
    line: int


@dataclass(frozen=True, slots=True)
class ShellProgram:
    """A program that a text may run; `is_plain`: as every distribution has it."""

    name: str
    is_plain: bool
    at: Place


@dataclass(frozen=True, slots=True)
class NotKept:
    """Why a text cannot be kept: what it runs is not known."""

    why: str
    at: Place


@dataclass(slots=True)
class ShellUse:
    """
    What a text, with the scripts that it calls, needs in the image that it runs in.

    `binaries` are this build's own, in order, `scripts` are files of the image, both as paths; `words` are absolute
    paths that it names. `needs_path`: it finds something of its own by a PATH that no distribution has.
    """

    files: StageFiles
    state: State
    programs: list[ShellProgram] = field(default_factory=list)
    binaries: list[str] = field(default_factory=list)
    scripts: list[str] = field(default_factory=list)
    words: list[tuple[str, int]] = field(default_factory=list)
    needs_path: bool = False
    hindrance: NotKept | None = None

    def argv(self, words: Sequence[str | None], at: Place) -> None:
        """Take a command in exec form; None stands for a word that is not known."""
        _Reader(self, at, self.state.workdir).command([*words])

    def text(self, text: str, at: Place, shell: str = "sh") -> None:
        """Take a text that a shell reads."""
        reader = _Reader(self, at, self.state.workdir)
        reader.shell(shell)
        reader.text(text, shell)

    def stop(self, why: str, at: Place) -> None:
        self.hindrance = self.hindrance or NotKept(why, at)


@dataclass(slots=True)
class _Reader:
    """Reads one text; `script` is set where it stands in a file, `positional` are its arguments as far as known."""

    use: ShellUse
    at: Place
    folder: str | None
    positional: tuple[str, ...] = ()
    script: Script | None = None
    is_bash: bool = False
    depth: int = 0
    functions: set[str] = field(default_factory=set)
    assigned: set[str] = field(default_factory=set)

    # ---- places and failures

    def place(self, start: int) -> Place:
        if self.script and self.script.context_path:
            return Place(self.script.context_path, self.script.line(start))
        return self.at

    def stop(self, why: str, start: int = 0) -> None:
        self.use.stop(why, self.place(start))

    # ---- what is run

    def shell(self, name: str) -> None:
        """Note the shell itself; that sh is there is required apart."""
        if name == "zsh":
            self.stop("zsh is in no base image; write the script for sh")
        elif name != "sh":
            self._program(name, (), 0)

    def text(self, text: str, shell: str) -> None:
        self.is_bash = shell == "bash"
        statements = read_script(text)
        for statement in deep(statements):
            if isinstance(statement, Function):
                self.functions.add(statement.name)
            elif isinstance(statement, SimpleCommand) and statement.exports:
                self.assigned |= {name for name, _ in statement.assignments}
            elif isinstance(statement, For):
                self.assigned.add(statement.name)
        for statement in deep(statements):
            self._statement(statement)

    def command(self, words: list[str | None], start: int = 0) -> None:
        """Take a program and its arguments; None stands for what only a shell knows."""
        name = words[0]
        if name is None:
            self.stop("which program is run only a shell knows", start)
            return
        short = basename(name) if dirname(name) in _FOLDERS else name
        if short in SHELLS:
            self._nested(short, words, start)
            return
        path = self._find(name, start)
        if path is not None:
            self._own(name, path, words, start)
        elif short in _RUN_OTHERS or (short == "find" and {"-exec", "-execdir", "-ok"} & set(words)):
            self.stop(f"{short} runs another program in a way that is not followed here", start)
        elif "/" in short:
            self.stop(f"{name} is nothing that this build makes or copies", start)
        elif short in ("go", "gofmt"):
            self.stop(f"it runs {short} of the toolchain; do in a RUN what it does, and start a binary", start)
        elif not is_program(short):
            why = f"it runs {name}, and no table says which package has that; leave it out, or do it in the program"
            self.stop(why, start)
        else:
            self._program(short, words[1:], start)
            self._behind(short, words, start)

    def _behind(self, name: str, words: list[str | None], start: int) -> None:
        """Take the command behind a program that runs it."""
        if name == "env":
            rest = words[1:]
            while rest and rest[0] and "=" in rest[0]:
                rest = rest[1:]
        elif name in _IN_FRONT:
            rest = words[1:]
            while rest and rest[0] and rest[0].startswith("-"):
                is_end, rest = rest[0] == "--", rest[1:]
                if is_end:
                    break
            rest = rest[_IN_FRONT[name] :]
            rest = rest[1:] if rest[:1] == ["--"] else rest
        else:
            return
        if rest and rest[0] and rest[0].startswith("-"):
            self.stop(f"the options of {name} are not followed here", start)
        elif rest:
            self.command(rest, start)

    def _program(self, name: str, arguments: Iterable[str | None], start: int) -> None:
        self.use.programs.append(ShellProgram(name, is_plain(name, tuple(arguments)), self.place(start)))

    def _find(self, name: str, start: int) -> str | None:
        if "/" in name and not name.startswith("/") and self.folder is None:
            self.stop(f"where {name} lies only a shell knows, which changed the folder", start)
        return find_program(name, self.use.files, replace(self.use.state, workdir=self.folder or "/"))

    def _own(self, name: str, path: str, words: list[str | None], start: int) -> None:
        if "/" not in name and dirname(path) not in _FOLDERS:
            self.use.needs_path = True
        if isinstance(self.use.files.entries[path].origin, Built):
            self.use.binaries.append(path)
            return
        script = script_at(path, self.use.files, by_shell=False)
        if script is None:
            self.stop(f"runs {path}, which this build does not compile, so that what it needs is not known", start)
            return
        interpreter = script.interpreter
        if interpreter is None or "\r" in script.text.partition("\n")[0]:
            self.stop(script.hindrance or f"{path} names no shell", start)
            return
        self._script(script, interpreter, words[1:], start)

    def _script(self, script: Script, shell: str, arguments: list[str | None], start: int) -> None:
        if self.depth == _MOST:
            self.stop("the scripts call each other without end", start)
            return
        self.use.scripts.append(script.path)
        known = tuple(word for word in arguments if word is not None)
        positional = known if len(known) == len(arguments) else ()
        at = Place(script.context_path, 1) if script.context_path else self.place(start)
        reader = _Reader(self.use, at, self.folder, positional, script, depth=self.depth + 1)
        reader.shell(shell)
        reader.text(script.text, shell)

    def _nested(self, shell: str, words: list[str | None], start: int) -> None:
        """`sh -c TEXT` and `sh FILE`."""
        self.shell(shell)
        rest = words[1:]
        takes_text = False
        while rest and rest[0] and rest[0].startswith("-"):
            takes_text = takes_text or "c" in rest[0]
            rest = rest[1:]
        if not rest or rest[0] is None:
            self.stop(
                f"what {shell} is given to read is not known; give it a text that is written out, or a file", start
            )
        elif takes_text:
            reader = _Reader(self.use, self.place(start), self.folder, depth=self.depth + 1)
            reader.text(rest[0], shell)
        else:
            path = self._find(rest[0] if "/" in rest[0] else f"./{rest[0]}", start)
            script = script_at(path, self.use.files, by_shell=True) if path else None
            if script is None:
                self.stop(f"{rest[0]} is no script that this build copies or writes", start)
            else:
                self._script(script, shell, rest[1:], start)

    # ---- shell text

    def _statement(self, statement: Statement) -> None:
        match statement:
            case NotFollowed(what=what, start=start):
                self.stop(f"{what} is not followed here", start)
            case SimpleCommand():
                self._simple(statement)
            case Case(subject=word, start=start):
                self._parts(word, start)
            case For(words=words, start=start):
                for word in words or ():
                    self._parts(word, start)
            case _:
                pass

    def _simple(self, command: SimpleCommand) -> None:
        start = command.start
        used = [*(word for _, word in command.assignments), *command.words]
        for redirect in command.redirects:
            used += [word for word in (redirect.target, redirect.text) if word]
        for word in used:
            self._parts(word, start)
        targets = (redirect.target for redirect in command.redirects if redirect.target)
        for word in (*command.words[1:], *targets):
            if word.literal and "/" in word.literal and self.folder:
                path = normpath(join(self.folder, word.literal.rpartition("=")[2]))
                self.use.words.append((path, self.place(start).line))
        words = [*command.words]
        if not words or command.exports:
            return
        if words[0].literal in ("exec", "command", "builtin"):
            words = words[1:]
            if words and (words[0].literal or "").startswith("-"):
                if command.words[0].literal != "command":
                    self.stop("exec with options is not followed here", start)
                return
        if words:
            self._words(words, start)

    def _words(self, words: list[Word], start: int) -> None:
        name = words[0].literal
        arguments = [word.literal for word in words[1:]]
        if words[0].parts == _ALL:
            # what docker run says instead is not known to anybody
            if self.positional:
                self.command([*self.positional, *arguments], start)
            return
        if name in self.functions:
            return
        if name in (".", "source"):
            self._source(arguments, start)
        elif name == "cd":
            self._cd(words)
        elif name == "set" and arguments[:1] == ["--"] and len(arguments) > 1:
            more = [*self.positional] if words[-1].parts == _ALL else []
            self.command([*arguments[1 : -1 if more else None], *more], start)
        elif name == "trap" and arguments:
            if arguments[0] is None:
                self.stop("what trap runs only a shell knows", start)
            elif arguments[0] not in ("", "-"):
                reader = replace(self, at=self.place(start), script=None)
                reader.text(arguments[0], "bash" if self.is_bash else "sh")
        elif name in _OF_BASH or (
            name == "echo" and any("\\" in word.raw or word.raw[:2] in ("-e", "-E") for word in words[1:])
        ):
            # sh is not the same shell everywhere
            if not self.is_bash:
                self._program("dash", (), start)
        elif name not in _BUILTINS:
            self.command([name, *arguments], start)

    def _source(self, arguments: list[str | None], start: int) -> None:
        path = self._find(arguments[0], start) if arguments and arguments[0] else None
        script = script_at(path, self.use.files, by_shell=True) if path else None
        if not self.is_bash and path and "/" not in (arguments[0] or ""):
            self.stop("which script is read here only a shell knows", start)
        if script is None:
            self.stop("the script that is read here is not known", start)
            return
        self.use.scripts.append(script.path)
        reader = replace(self, script=script, depth=self.depth + 1)
        if self.depth < _MOST:
            reader.text(script.text, "bash" if self.is_bash else "sh")

    def _cd(self, words: list[Word]) -> None:
        literal = words[1].literal if len(words) == 2 else None
        if literal is not None and self.folder:
            self.folder = normpath(join(self.folder, literal))
        elif len(words) == 2 and self.script and is_own_folder(words[1]):
            self.folder = dirname(self.script.path)
        else:
            self.folder = None

    def _parts(self, word: Word, start: int) -> None:
        for part in word.parts:
            self._part(part, start)

    def _part(self, part: Part, start: int) -> None:
        match part:
            case Variable(name=name):
                self._variable(name, start)
            case Conditional(name=name, word=word):
                self._variable(name, start)
                self._parts(word, start)
            case Trimmed(name=name):
                self._variable(name, start)
            case Substitution(script=script):
                for statement in deep(script):
                    self._statement(statement)
            case Unresolved(raw=raw) if "$(" in raw.replace("$((", "") or "`" in raw:
                self.stop(f"what {raw} runs only a shell knows", start)
            case _:
                pass

    def _variable(self, name: str, start: int) -> None:
        """What the builder sets, or the build alone reads, is not there in the final stage."""
        state = self.use.state
        if name == "PATH" or name in self.assigned or name not in state.env:
            return
        if name in state.inherited or is_build_only(name, None):
            self.stop(f"reads {name}, which the final stage does not have", start)
