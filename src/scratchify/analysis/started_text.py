"""
What a shell text or a script starts in the end, where that can be said without a shell.

What it sets before is ENV and WORKDIR; whatever else a shell does when the container starts is never imitated.

https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from posixpath import dirname, join, normpath

from scratchify.analysis.shell import (
    Function,
    If,
    Joined,
    NotFollowed,
    SimpleCommand,
    Statement,
    Substitution,
    Variable,
    Word,
)
from scratchify.analysis.shell_reader import WHAT_IN_TEXT, read_script
from scratchify.analysis.stage_files import StageFiles
from scratchify.analysis.started_variables import Hindrance, Setting, Variables, empty_test
from scratchify.model import State

ALL = Variable("@")
"""The arguments that a text was given."""

_ADVICE = {
    ".": "only a shell reads another script; write out what it sets",
    "[": "a test decides before the program starts; do it in the program",
    "echo": "echo runs before the program, which needs a shell; leave it out",
    "eval": "only a shell has eval; write out what it does",
    "exit": "exit ends the script before the program starts; leave it out",
    "printf": "printf runs before the program, which needs a shell; leave it out",
    "shift": "only a shell changes the arguments; read them in the program",
    "sleep": "sleep runs before the program, which needs a shell; wait in the program",
    "source": "only a shell reads another script; write out what it sets",
    "test": "a test decides before the program starts; do it in the program",
    "trap": "only a shell has trap; handle signals in the program",
    "ulimit": "only a shell sets limits; set them with docker run --ulimit, or in the program",
    "umask": "only a shell sets the umask; set it in the program",
    "unset": "only a shell takes variables away; do it in the program",
    "wait": "only a shell waits for other programs; start one, in exec form",
}
_ONLY_SHELLS = frozenset({".", "eval", "exit", "shift", "source", "trap", "ulimit", "umask", "unset", "wait"})
"""What no program is called, not even where it is the last."""

_PLAIN = re.compile(r"[^\s*?\[\]\\]+")
"""A word that stays as it is where a shell splits it."""

_SET = frozenset("efhu")
"""Options of set that change nothing about a program that is started."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """
    Where a text runs.

    `state` has the environment and the folder, `positional` the arguments that are known, `more` those of CMD behind
    them, which docker run replaces, None where it replaces the text itself. `loses_first`: the first of those is `$0`
    to sh -c. `script` is the path as it was called, None for text that stands in the Dockerfile.
    """

    state: State
    files: StageFiles
    positional: tuple[str, ...] = ()
    more: tuple[str, ...] | None = None
    loses_first: bool = False
    script: str | None = None


@dataclass(frozen=True, slots=True)
class Started:
    """
    A command, and what is set before it; `start` is its offset.

    `takes_arguments`: those of docker run come behind its words. `settings` are the variables that the program sees,
    `remarks` what changes for those who start the container, with offsets.
    """

    words: tuple[str, ...]
    takes_arguments: bool
    settings: tuple[Setting, ...]
    folder: str
    start: int
    remarks: tuple[tuple[int, str], ...] = ()


def started_by(text: str, at: Surroundings) -> Started | Hindrance:
    """Return what a text starts, or why only a shell can say."""
    return _Reading(at).run([*_in_order(read_script(text))])


def checked_by(text: str, at: Surroundings) -> Started | Hindrance:
    """Return what a health check starts: any failure is one, so that `|| exit 1` says nothing more."""
    *before, last = read_script(text) or (NotFollowed(0, "nothing"),)
    if isinstance(last, Joined) and last.operator == "||" and _fails(last.right):
        last = last.left
    return _Reading(at).run([*_in_order((*before, last))])


def _fails(statement: Statement) -> bool:
    if not isinstance(statement, SimpleCommand) or statement.redirects or statement.assignments:
        return False
    words = [word.literal or "" for word in statement.words]
    return words == ["false"] or (words[:1] == ["exit"] and len(words) == 2 and words[1].strip("0").isdecimal())


@dataclass(frozen=True, slots=True)
class _Step:
    """A statement; `is_guarded`: what follows runs only if it succeeds."""

    statement: Statement
    is_guarded: bool


def _in_order(statements: tuple[Statement, ...], *, is_guarded: bool = False) -> Iterator[_Step]:
    for statement in statements:
        if isinstance(statement, Joined) and statement.operator == "&&" and not _is_test(statement.left):
            yield from _in_order((statement.left,), is_guarded=True)
            yield from _in_order((statement.right,), is_guarded=is_guarded)
        else:
            yield _Step(statement, is_guarded)


def _is_test(statement: Statement) -> bool:
    return isinstance(statement, SimpleCommand) and _name(statement) in ("[", "[[", "test")


def _name(command: SimpleCommand) -> str | None:
    return command.words[0].literal if command.words else None


def _what(statement: Statement) -> Hindrance:
    match statement:
        case NotFollowed(what=what):
            pass
        case Joined(operator="||"):
            what = "what follows || runs only where the command before it fails, and"
            return Hindrance(f"{what} only a shell tells; start the program alone, in exec form", statement.start)
        case Joined(left=left):
            return Hindrance(_ADVICE["test"], left.start)
        case _:
            what = WHAT_IN_TEXT.get(type(statement), "a group of commands")
    why = f"{what} in the command needs a shell; start the program alone, in exec form"
    return Hindrance(why, statement.start)


@dataclass(slots=True)
class _Reading:
    """Goes through the statements of a text up to the program that it starts."""

    at: Surroundings
    folder: str = field(init=False)
    variables: Variables = field(init=False)
    functions: set[str] = field(default_factory=set)
    ends_on_failure: bool = False

    def __post_init__(self) -> None:
        self.folder = self.at.state.workdir
        self.variables = Variables(self.at.state, self.at.positional, has_more=self.at.more is not None)

    def run(self, steps: list[_Step]) -> Started | Hindrance:
        for index, step in enumerate(steps):
            following = [one.statement for one in steps[index + 1 :]]
            found = self._statement(step, following)
            if found is not None:
                return found
        return Hindrance(
            "nothing is started; start the program in exec form", steps[-1].statement.start if steps else 0
        )

    def _statement(self, step: _Step, following: list[Statement]) -> Started | Hindrance | None:
        match step.statement:
            case Function(name=name):
                self.functions.add(name)
                return None
            case If() as statement:
                return self._default_by_if(statement)
            case Joined() as statement:
                return self._joined(statement)
            case SimpleCommand() as command:
                return self._command(command, step, following)
            case other:
                return _what(other)

    def _command(self, command: SimpleCommand, step: _Step, following: list[Statement]) -> Started | Hindrance | None:
        if command.exports and not command.redirects:
            return self.variables.assign(command)
        name = _name(command)
        match name:
            case "cd" if not command.redirects:
                return self._cd(command, is_guarded=step.is_guarded or self.ends_on_failure)
            case "set" if not command.redirects:
                return self._set(command)
            case ":" | "true" if following and not command.redirects:
                return self.variables.touch(command.words[1:], command.start)
            case _:
                return self._program(command, following)

    # ---- what only sets something

    def _joined(self, statement: Joined) -> Hindrance | None:
        """`[ -z "$A" ] && A=b`, `[ -n "$A" ] || A=b` and `cd folder || exit`."""
        left, right = statement.left, statement.right
        if isinstance(left, SimpleCommand) and isinstance(right, SimpleCommand):
            is_ending = _name(right) in ("exit", "false", "return") and statement.operator == "||"
            if _name(left) == "cd" and is_ending and not left.redirects:
                return self._cd(left, is_guarded=True)
            tested = empty_test(left, is_empty=statement.operator == "&&")
            if tested and right.exports and not right.redirects:
                return self.variables.set_where_empty(tested, (right,), statement.start)
        return _what(statement)

    def _default_by_if(self, statement: If) -> Hindrance | None:
        """`if [ -z "$NAME" ]; then NAME=value; fi`"""
        if len(statement.branches) == 1 and not statement.otherwise and not statement.redirects:
            condition, body = statement.branches[0]
            tested = empty_test(condition[0], is_empty=True) if len(condition) == 1 else None
            assignments = tuple(one for one in body if isinstance(one, SimpleCommand) and one.exports)
            if tested and len(assignments) == len(body):
                return self.variables.set_where_empty(tested, assignments, statement.start)
        return _what(statement)

    def _cd(self, command: SimpleCommand, *, is_guarded: bool) -> Hindrance | None:
        words = command.words[1:]
        target = self._own_folder(words[0]) if len(words) == 1 else None
        if target is None:
            fields = self.variables.fields(words, command.start)
            if isinstance(fields, Hindrance):
                return Hindrance(f"{fields.why}; for cd use WORKDIR", command.start)
            target = fields[0] if len(fields) == 1 else ""
        if not target or target.startswith("-"):
            return Hindrance("only a shell knows where cd goes; use WORKDIR", command.start)
        folder = normpath(join(self.folder, target))
        is_there = self.at.files.may_be_folder(self.at.files.resolve(folder))
        if not is_there and (self.at.files.exists(folder) is not None or not is_guarded):
            why = f"{folder} is not known to be a folder of this image, where cd would fail; use WORKDIR"
            return Hindrance(why, command.start)
        self.folder = folder
        return None

    def _own_folder(self, word: Word) -> str | None:
        """`$(dirname "$0")` is the folder of the script."""
        script = word.parts[0].script if len(word.parts) == 1 and isinstance(word.parts[0], Substitution) else ()
        command = script[0] if len(script) == 1 else None
        if self.at.script is None or not isinstance(command, SimpleCommand) or _name(command) != "dirname":
            return None
        is_plain = not command.redirects and not command.assignments
        if is_plain and [word.parts for word in command.words[1:]] == [(Variable("0"),)]:
            return dirname(self.at.script)
        return None

    def _set(self, command: SimpleCommand) -> Hindrance | None:
        words = [word.literal for word in command.words[1:]] or [None]
        while words:
            flag = words.pop(0) or ""
            letters = flag[1:]
            if flag[:1] not in ("-", "+") or not letters or letters == "-":
                return Hindrance("only a shell changes the arguments; read them in the program", command.start)
            if letters.endswith("o"):
                letters = letters[:-1]
                option = words.pop(0) if words else None
                letters += {"errexit": "e", "nounset": "u", "pipefail": "", "xtrace": "x"}.get(option or "", "?")
            if flag[0] == "+":
                self.ends_on_failure = self.ends_on_failure and "e" not in letters
                continue
            if "x" in letters or "v" in letters:
                return Hindrance("set -x prints what runs before the program; leave it out", command.start)
            if not _SET.issuperset(letters):
                return Hindrance(f"set {flag} is not followed; leave it out", command.start)
            self.ends_on_failure = self.ends_on_failure or "e" in letters
            self.variables.fails_where_unset = self.variables.fails_where_unset or "u" in letters
        return None

    # ---- the program

    def _program(self, command: SimpleCommand, following: list[Statement]) -> Started | Hindrance:
        is_exec = _name(command) == "exec"
        words = [*command.words[is_exec:]]
        if hindrance := self._in_the_way(command, words, following, is_exec=is_exec):
            return hindrance
        taken: list[str] = []
        takes_arguments = words[-1].parts == (ALL,) and self.at.more is not None
        if words[-1].parts == (ALL,):
            if hindrance := self._all(words[-1], command.start):
                return hindrance
            taken, words = [*self.at.positional], words[:-1]
        fields = self.variables.fields(words, command.start)
        if isinstance(fields, Hindrance):
            return fields
        if hindrance := self.variables.assign(command):
            return hindrance
        if not (fields or taken or takes_arguments):
            return Hindrance("nothing is started; start the program in exec form", command.start)
        settings = self.variables.settings()
        if isinstance(settings, Hindrance):
            return settings
        remarks = tuple(self.variables.remarks)
        return Started((*fields, *taken), takes_arguments, settings, self.folder, command.start, remarks)

    def _in_the_way(
        self, command: SimpleCommand, words: list[Word], following: list[Statement], *, is_exec: bool
    ) -> Hindrance | None:
        """Return what keeps a command from being the program that the text starts, and the last that it does."""
        name = words[0].literal if words else None
        if following and isinstance(following[0], NotFollowed):
            return _what(following[0])
        if following and not is_exec and not all(map(_hands_on_status, following)):
            return Hindrance(self._runs_before(words, name), command.start)
        if name in _ONLY_SHELLS or name in self.functions:
            return Hindrance(_ADVICE.get(name or "", f"only a shell has the function {name}"), command.start)
        if not words:
            return Hindrance("only a shell redirects for what follows; start the program alone", command.start)
        if is_exec and (name or "").startswith("-"):
            why = f"only a shell has exec {name}, which changes how the program is called; leave it out"
            return Hindrance(why, command.start)
        if command.redirects:
            return _redirected(command)
        return None

    def _runs_before(self, words: list[Word], name: str | None) -> str:
        if name in _ADVICE:
            return _ADVICE[name or ""]
        shown = words[0].raw if words else "a redirection"
        return f"{shown} runs before the program, which needs a shell; do it in the build, or in the program"

    def _all(self, word: Word, start: int) -> Hindrance | None:
        """`"$@"` behind all other words."""
        if self.at.loses_first:
            why = 'sh -c takes the first argument as its own name, and "$@" is the rest; start the program in exec form'
            return Hindrance(why, start)
        if '"' not in word.raw:
            if not all(map(_PLAIN.fullmatch, (*self.at.positional, *(self.at.more or ())))):
                return Hindrance('only a shell splits $@ anew; write "$@"', start)
            if self.at.more is not None:
                why = "arguments of docker run with blanks in them stay one, where $@ without quotes splits them"
                self.variables.remarks.append((start, why))
        return None


def _hands_on_status(statement: Statement) -> bool:
    """`exit` and `exit $?` end as the program did."""
    if not isinstance(statement, SimpleCommand) or _name(statement) != "exit":
        return False
    return [word.parts for word in statement.words[1:]] in ([], [(Variable("?"),)])


def _redirected(command: SimpleCommand) -> Hindrance:
    first = command.redirects[0]
    targets = {(one.operator, one.target.literal if one.target else None) for one in command.redirects}
    if targets <= {(">&", "1"), (">&", "2")}:
        why = "only a shell joins the two outputs; leave it out, as the container's log has both"
        return Hindrance(why, command.start)
    shown = first.target.raw if first.target else "a here-document"
    verb = "redirects to" if first.is_output else "redirects from"
    why = f"only a shell {verb} {shown}; let the program write to its standard output"
    return Hindrance(why if first.is_output else f"only a shell {verb} {shown}; read it in the program", command.start)
