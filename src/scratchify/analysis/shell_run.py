"""
A shell that runs statements without running them: which commands run, in which folder, with which variables.

Where only a real run would tell whether or how often something runs, it is run once as something that may be; whoever
takes what it does decides whether that matters.

https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from posixpath import join, normpath

from scratchify.analysis.arguments import Argument
from scratchify.analysis.effects import Circumstances, Writes
from scratchify.analysis.expansion import Expander, Variables
from scratchify.analysis.go_build import Unknown
from scratchify.analysis.shell import (
    Case,
    Conditional,
    For,
    Function,
    Group,
    If,
    Joined,
    Negated,
    NotFollowed,
    Pipeline,
    Redirect,
    SimpleCommand,
    Statement,
    Trimmed,
    Variable,
    While,
)
from scratchify.analysis.shell_output import printed
from scratchify.analysis.shell_world import Exit, Source, Status, World
from scratchify.analysis.stage_files import StageFiles

MOST_ROUNDS = 200
"""Rounds of a loop, and commands in a substitution, that are still followed one by one."""

MOST_DEEP = 30
"""Scripts that call scripts: deeper than this is a circle."""

STREAMS = ("/dev/null", "/dev/stdout", "/dev/stderr", "/dev/tty")


@dataclass(slots=True)
class Shell:
    """One shell; its children are copies. `stdin` is None where what it reads is not known."""

    world: World
    variables: Variables
    folder: str
    source: Source
    user: str = ""
    perhaps: str | None = None
    stdin: str | None = ""
    stdin_from: str = ""
    functions: dict[str, tuple[Statement, ...]] | None = None
    depth: int = 0
    is_bash: bool | None = None

    def child(self) -> "Shell":
        return replace(self, variables=self.variables.copy(), functions=dict(self.functions or {}))

    @property
    def files(self) -> StageFiles:
        return self.world.files

    # ---- statements

    def run(self, statements: tuple[Statement, ...]) -> Status:
        status = Status.TRUE
        for statement in statements:
            status = self.statement(statement)
        return status

    def run_apart(self, statements: tuple[Statement, ...]) -> Status:
        """Run in this shell, which is one of its own: `exit` ends it and nothing else."""
        try:
            return self.run(statements)
        except Exit:
            return Status.TAKEN

    def statement(self, statement: Statement) -> Status:
        match statement:
            case SimpleCommand():
                return self._simple(statement)
            case Joined():
                return self._joined(statement)
            case Pipeline():
                return self._pipeline(statement)
            case Negated(command=command):
                return _INVERTED[self.statement(command)]
            case Group(body=body, is_subshell=is_subshell):
                status = self.child().run_apart(body) if is_subshell else self.run(body)
                return self._compound(statement, status)
            case If():
                return self._compound(statement, self._if(statement))
            case For():
                return self._compound(statement, self._for(statement))
            case While(condition=condition, body=body):
                with self.maybe("how often a loop runs is not known", statement.start):
                    self.run((*condition, *body))
                return self._compound(statement, Status.TAKEN)
            case Case():
                return self._compound(statement, self._case(statement))
            case Function(name=name, body=body):
                self.functions = {**(self.functions or {}), name: body}
                return Status.TRUE
            case NotFollowed(start=start, what=what):
                self.block(f"{what} in RUN is not followed; put go build on a line of its own", start)
                return Status.TAKEN

    def block(self, why: str, start: int) -> None:
        self.world.take((Unknown(why),), self.circumstances(start), self.source(start), None)

    @contextmanager
    def maybe(self, why: str, start: int) -> Iterator[None]:
        """Run what may or may not run: afterwards what it changed in the shell is not known."""
        before, variables, folder = self.perhaps, self.variables.copy(), self.folder
        self.perhaps = why
        try:
            yield
        except Exit:
            pass  # where it ended, the image would not be there, or the rest would not have run
        finally:
            self.perhaps = before
            self._merge(variables)
            if self.folder != folder:
                self.block(f"{why}, so the working directory is not known; write cd alone", start)
                self.folder = folder

    def _merge(self, before: Variables) -> None:
        """Forget the values of variables that were changed in between."""
        values = self.variables.values
        for name in {*values, *before.values}:
            if values.get(name, "") != before.values.get(name, "") or (name in values) != (name in before.values):
                values[name] = None

    def _joined(self, joined: Joined) -> Status:
        left = self.statement(joined.left)
        if joined.operator == "&&":
            match left:
                case Status.FALSE:
                    return Status.FALSE
                case Status.UNKNOWN:
                    with self.maybe("whether this runs hangs on the test before it", joined.right.start):
                        self.statement(joined.right)
                    return Status.UNKNOWN
                case _:
                    return self.statement(joined.right)
        match left:
            case Status.TRUE:
                return Status.TRUE
            case Status.FALSE:
                return self.statement(joined.right)
            case _:
                with self.maybe("what follows || runs only where the command before it fails", joined.right.start):
                    self.statement(joined.right)
                return Status.TAKEN

    def _if(self, statement: If) -> Status:
        for condition, body in statement.branches:
            status = self.run(condition)
            if status is Status.TRUE:
                return self.run(body)
            if status is not Status.FALSE:
                self._all_branches(statement)
                return Status.TAKEN
        return self.run(statement.otherwise)

    def _all_branches(self, statement: If) -> None:
        for condition, body in statement.branches:
            with self.maybe("whether this runs hangs on an if", statement.start):
                self.run((*condition, *body))
        with self.maybe("whether this runs hangs on an if", statement.start):
            self.run(statement.otherwise)

    def _for(self, loop: For) -> Status:
        words = self.expander().arguments(loop.words) if loop.words is not None else self.variables.positional
        if any(word.value is None for word in words) or len(words) > MOST_ROUNDS:
            with self.maybe("what a loop goes over is not known", loop.start):
                self.variables.set(loop.name, None)
                self.run(loop.body)
            return Status.TAKEN
        status = Status.TRUE
        for word in words:
            self.variables.set(loop.name, word.value)
            status = self.run(loop.body)
        return status

    def _case(self, case: Case) -> Status:
        subject = self.expander().text(case.subject)
        if subject is not None:
            for patterns, body in case.arms:
                if any(fnmatchcase(subject, pattern.strip("\"'")) for pattern in patterns):
                    return self.run(body)
            return Status.TRUE
        for _, body in case.arms:
            with self.maybe("whether this runs hangs on a case", case.start):
                self.run(body)
        return Status.TAKEN

    def _pipeline(self, pipeline: Pipeline) -> Status:
        """Each command of a pipeline runs in a shell of its own, and reads what the one before it prints."""
        status = Status.TRUE
        stdin, said = self.stdin, ""
        for command in pipeline.commands:
            shell = self.child()
            shell.stdin, shell.stdin_from = stdin, said
            status = shell.run_apart((command,))
            stdin = shell.prints(command)
            said = " ".join(word.raw for word in command.words) if isinstance(command, SimpleCommand) else ""
        return status

    def _compound(self, statement: Group | If | For | While | Case, status: Status) -> Status:
        self._redirected(statement.redirects, None, statement.start)
        return status

    # ---- simple commands

    def expander(self) -> Expander:
        return Expander(self.variables, self.folder, self.files, self.substituted, self.is_bash)

    def substituted(self, script: tuple[Statement, ...]) -> str | None:
        """Run a script for what it prints."""
        shell = self.child()
        shell.stdin = None
        shell.run_apart(script)
        return shell.prints(script[0]) if len(script) == 1 else None

    def prints(self, statement: Statement) -> str | None:
        """Return what a statement prints, None where that is not known."""
        match statement:
            case SimpleCommand(words=words, redirects=redirects):
                if any(one.is_output and one.descriptor in ("", "1") for one in redirects):
                    return ""
                arguments = self.expander().arguments(words)
                if not arguments:
                    return ""
                name = (arguments[0].value or "").rpartition("/")[2]
                stdin = self._stdin(redirects)
                values = [argument.value for argument in arguments[1:]]
                return printed(name, values, stdin, self.folder, self.files, self.variables.environment())
            case Pipeline(commands=commands):
                shell = self.child()
                for command in commands:
                    shell.stdin = shell.prints(command)
                return shell.stdin
            case Joined(left=left, operator="&&", right=right):
                shell = self.child()
                first = shell.prints(left)
                if isinstance(left, SimpleCommand):
                    shell.statement(left)
                second = shell.prints(right)
                return None if first is None or second is None else first + second
            case _:
                return None

    def _simple(self, command: SimpleCommand) -> Status:
        expander = self.expander()
        if command.exports:
            for name, word in command.assignments:
                self.variables.set(name, expander.text(word), exports=not command.is_bare)
            self.variables.exported |= set(command.named)
            return Status.TRUE
        assigned = {name: expander.text(word) for name, word in command.assignments}
        arguments = expander.arguments(command.words)
        self._note(command)
        if not arguments:
            for name, value in assigned.items():
                self.variables.set(name, value)
            self._redirected(command.redirects, "", command.start)
            return Status.TRUE
        status = self.execute(arguments, command.start, assigned, self._stdin(command.redirects))
        writes = [one for one in command.redirects if one.is_output]
        if writes:
            plain = replace(command, redirects=tuple(one for one in command.redirects if not one.is_output))
            self._redirected(command.redirects, self.prints(plain), command.start)
        return status

    def execute(
        self,
        arguments: tuple[Argument, ...],
        start: int,
        assigned: Mapping[str, str | None] | None = None,
        stdin: str | None = "",
    ) -> Status:
        """Run one program or builtin with its arguments, `assigned` set for it alone."""
        # imported here, because what it runs are shells again
        from scratchify.analysis.shell_programs import run_program

        return run_program(self, arguments, start, dict(assigned or {}), stdin)

    def circumstances(
        self, start: int, assigned: Mapping[str, str | None] | None = None, stdin: str | None = ""
    ) -> Circumstances:
        where = self.source(start)
        return Circumstances(
            line=where.line,
            start=where.start,
            environment={**self.variables.environment(), **(assigned or {})},
            assigned=frozenset(assigned or ()),
            folder=self.folder,
            files=self.files,
            stdin=stdin,
            stdin_from=self.stdin_from,
            go_minor=self.world.go_minor,
            user=self.user,
            is_unseen=self.world.is_unseen,
            said_in=(where.path, where.line_there) if where.path else None,
        )

    def _note(self, command: SimpleCommand) -> None:
        names = frozenset(_names_that_place(command))
        if names:
            self.world.uses(names, self.source(command.start))

    # ---- streams

    def _stdin(self, redirects: tuple[Redirect, ...]) -> str | None:
        stdin = self.stdin
        for one in redirects:
            if one.text is not None:
                stdin = self.expander().text(one.text)
            elif one.operator == "<" and one.target:
                name = self.expander().text(one.target)
                content = self.files.read(normpath(join(self.folder, name))) if name is not None else None
                stdin = content.decode("utf-8", "surrogateescape") if content is not None else None
        return stdin

    def _redirected(self, redirects: tuple[Redirect, ...], content: str | None, start: int) -> None:
        for one in redirects:
            if not one.is_output or one.target is None:
                continue
            name = self.expander().text(one.target)
            if name is None:
                self.block(f"what {one.target.raw} names, where output goes, only a shell knows; write the path", start)
            elif name not in STREAMS and not name.startswith("/proc/"):
                written = content if one.descriptor in ("", "1") and one.operator != "&>" else None
                path = normpath(join("/", self.folder, name)).replace("//", "/")
                effect = Writes(path, written, "a redirection writes it", appends=one.operator in (">>", "&>>"))
                self.world.take((effect,), self.circumstances(start), self.source(start), self.perhaps)


_INVERTED = {
    Status.TRUE: Status.FALSE,
    Status.FALSE: Status.TRUE,
    Status.TAKEN: Status.UNKNOWN,
    Status.UNKNOWN: Status.UNKNOWN,
}


def _names_that_place(command: SimpleCommand) -> Iterator[str]:
    """Yield the variables that decide where something lies; what only the linker is told does not count."""
    before = ""
    for word in command.words:
        if "ldflags" not in word.raw and before.lstrip("-") not in ("ldflags", "gcflags", "asmflags"):
            yield from (part.name for part in word.parts if isinstance(part, Variable | Conditional | Trimmed))
        before = word.raw
