"""
The variables of a text that starts a program: what is known of them without a shell.

What the environment of the container decides is never expanded: `docker run -e` has the last word.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from scratchify.analysis.shell import Conditional, SimpleCommand, Statement, Variable, Word
from scratchify.model import State

_OF_THE_SHELL = frozenset(
    "_ BASHOPTS BASH_ENV CDPATH ENV EUID IFS LINENO OLDPWD OPTIND PPID PS4 PWD SHELLOPTS UID".split()
)
"""What a shell reads or sets itself."""

_BLANK = re.compile(r"[ \t\n]+")
_PATTERN = re.compile(r"[*?\[\\]")
_ODD = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")
_NO_TEXT = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Hindrance:
    """Why a shell is needed, in words, and the offset in the text."""

    why: str
    start: int = 0


@dataclass(frozen=True, slots=True)
class Setting:
    """
    A variable that a text sets for its program, at an offset.

    `is_default`: only where the environment does not set it; `beats_empty`: or sets it to nothing.
    """

    name: str
    value: str
    start: int
    is_default: bool = False
    beats_empty: bool = False


@dataclass(frozen=True, slots=True)
class _Unknown:
    """A value that the environment decides: harmless as long as nobody asks for it."""

    hindrance: Hindrance


@dataclass(slots=True)
class Variables:
    """
    What a text has set so far, over the environment of the image.

    `positional` are the arguments that are known, `has_more` whether others follow. `remarks` are what changes for
    those who start the container, with offsets.
    """

    state: State
    positional: tuple[str, ...]
    has_more: bool
    fails_where_unset: bool = False
    known: dict[str, Setting | _Unknown] = field(default_factory=dict)
    exported: set[str] = field(default_factory=set)
    remarks: list[tuple[int, str]] = field(default_factory=list)

    # ---- changes

    def assign(self, command: SimpleCommand) -> Hindrance | None:
        """Take assignments: in front of a program, bare, or those of export, which expands all of them first."""
        is_export = command.exports and not command.is_bare
        values: list[tuple[str, Setting | _Unknown]] = []
        for name, word in command.assignments:
            if hindrance := _of_the_shell(name, command.start, word):
                return hindrance
            value = self._assigned(name, word, command.start)
            if isinstance(value, Hindrance):
                return value
            values.append((name, value))
            if not is_export:
                self.known[name] = value
        self.known.update(values)
        for name in command.named:
            if hindrance := _of_the_shell(name, command.start):
                return hindrance
        if not command.is_bare:
            self.exported |= {name for name, _ in values} | set(command.named)
        return None

    def touch(self, words: Iterable[Word], start: int) -> Hindrance | None:
        """Take what the arguments of `:` do by being expanded: `${NAME:=value}` sets a default."""
        for word in words:
            part = word.parts[0] if len(word.parts) == 1 else None
            if word.literal is not None:
                continue
            if not isinstance(part, Conditional) or part.name.isdecimal():
                return self.expands(word.raw, (), start)
            if hindrance := self._touched(part, word, start):
                return hindrance
        return None

    def _touched(self, part: Conditional, word: Word, start: int) -> Hindrance | None:
        name, operator = part.name, part.operator
        if operator in (":?", "?"):
            if not (self.state.env.get(name) or isinstance(self.known.get(name), Setting)):
                why = f"the script ends where nobody sets {name}; check it in the program"
                return Hindrance(why, start)
            self.remarks.append((start, f"nobody checks any more that {name} is set, which ENV does"))
            return None
        if operator not in (":=", "="):
            return self.expands(word.raw, (name,), start)
        if hindrance := _of_the_shell(name, start):
            return hindrance
        value = self._default(part, word, start)
        if isinstance(value, Hindrance):
            return value
        self.known[name] = value
        return None

    def set_where_empty(
        self, tested: Variable | Conditional, assignments: tuple[SimpleCommand, ...], start: int
    ) -> Hindrance | None:
        """Take assignments to the tested variable, and to no other, that happen where it is empty."""
        name = tested.name
        found = Variables(self.state, self.positional, has_more=self.has_more, known=dict(self.known))
        for command in assignments:
            if hindrance := found.assign(command):
                return hindrance
        names = {one for command in assignments for one in (*(pair[0] for pair in command.assignments), *command.named)}
        value = found.known.get(name)
        if names != {name} or not isinstance(value, Setting) or value.is_default:
            return Hindrance(f"what happens where {name} is empty needs a shell; do it in the program", start)
        is_checked = self.fails_where_unset and isinstance(tested, Variable)
        if is_checked and name not in self.known and name not in self.state.env:
            return Hindrance(f"with set -u the script ends where nobody sets {name}; use ENV", start)
        before = self.known.get(name)
        if isinstance(before, _Unknown):
            return before.hindrance
        if not (isinstance(before, Setting) and before.value):
            is_default = before is None or before.is_default
            self.known[name] = Setting(name, value.value, start, is_default, beats_empty=True)
        self.exported |= found.exported
        return None

    # ---- questions

    def settings(self) -> tuple[Setting, ...] | Hindrance:
        """Return the variables that a program sees which is started now."""
        seen: list[Setting] = []
        for name, value in self.known.items():
            if name not in self.exported and name not in self.state.env:
                continue
            if isinstance(value, _Unknown):
                return value.hindrance
            seen.append(value)
        return tuple(seen)

    def fields(self, words: Iterable[Word], start: int) -> list[str] | Hindrance:
        """Return the arguments that words become."""
        found: list[str] = []
        for word in words:
            fields = self._fields(word, start)
            if isinstance(fields, Hindrance):
                return fields
            found += fields
        return found

    def expands(self, raw: str, names: Iterable[str], start: int) -> Hindrance:
        """Say that only a shell expands something, and what would help."""
        why = f"only a shell expands {raw} when the container starts"
        env = self.state.env
        for name in names:
            value = self.known.get(name)
            if isinstance(value, Setting):
                said = f"its default is {value.value or 'empty'}"
            elif env.get(name):
                said = f"{'the image' if name in self.state.inherited else 'ENV'} says {env[name]}"
            else:
                continue
            return Hindrance(f"{why}; {said}: write that in exec form if nobody sets {name} at docker run", start)
        return Hindrance(f"{why}; read it in the program", start)

    # ---- values

    def _assigned(self, name: str, word: Word, start: int) -> Setting | _Unknown | Hindrance:
        part = word.parts[0] if len(word.parts) == 1 else None
        if isinstance(part, Conditional) and part.name == name and part.operator in (":-", "-", ":=", "="):
            return self._default(part, word, start)
        value = self._text(word, start)
        if isinstance(value, Hindrance):
            # what reads variables alone does no harm until somebody asks for it
            is_quiet = all(isinstance(one, str | Variable) for one in word.parts)
            return _Unknown(value) if is_quiet and not self.fails_where_unset else value
        if _ODD.search(value):
            return Hindrance(f"{name} has characters in it that ENV does not take; set it in the program", start)
        return Setting(name, value, start)

    def _default(self, part: Conditional, word: Word, start: int) -> Setting | _Unknown | Hindrance:
        """`${NAME:-value}` for NAME itself."""
        beats_empty = part.operator.startswith(":")
        before = self.known.get(part.name)
        if isinstance(before, _Unknown):
            return before
        if before and (before.value or not beats_empty):
            return before
        default = part.word
        is_odd = any(mark in default.raw for mark in "'\"\\") and word.raw.startswith('"')
        value = self._text(default, start)
        if isinstance(value, Hindrance) or is_odd or _ODD.search(value):
            return self.expands(word.raw, (), start)
        return Setting(part.name, value, start, before is None or before.is_default, beats_empty)

    def _text(self, word: Word, start: int) -> str | Hindrance:
        """Return a word that is not split."""
        found: list[str] = []
        for part in word.parts:
            value = part if isinstance(part, str) else self._part(part)
            if value is None:
                return self.expands(word.raw, _names(word), start)
            found.append(value)
        return "".join(found)

    def _part(self, part: object) -> str | None:
        if not isinstance(part, Variable):
            return None
        if part.name.isdecimal() and part.name != "0":
            index = int(part.name) - 1
            if index < len(self.positional):
                return self.positional[index]
            return None if self.has_more or self.fails_where_unset else ""
        value = self.known.get(part.name)
        return value.value if isinstance(value, Setting) and not value.is_default else None

    def _fields(self, word: Word, start: int) -> list[str] | Hindrance:
        if word.parts == (Variable("@"),) and not self.has_more and '"' in word.raw:
            return [*self.positional]
        built: list[str] = []
        is_open = False
        for part in word.parts or ("",):
            value = part if isinstance(part, str) else self._part(part)
            if value is None:
                return self.expands(word.raw, _names(word), start)
            is_split = isinstance(part, Variable) and not part.is_quoted
            if is_split and _PATTERN.search(value):
                return self.expands(word.raw, (), start)
            pieces = _BLANK.split(value) if is_split else [value]
            for index, piece in enumerate(pieces):
                if index:
                    is_open = False
                if not piece and is_split:
                    continue
                built[-1:] = [built[-1] + piece] if is_open else [*built[-1:], piece]
                is_open = True
        if any(map(_NO_TEXT.search, built)):
            why = f"{word.raw!r} has bytes in it that are no UTF-8, which a JSON array cannot hold; write it otherwise"
            return Hindrance(why, start)
        return built


def empty_test(statement: Statement, *, is_empty: bool) -> Variable | Conditional | None:
    """Return what a test looks at: whether it is empty or, without `is_empty`, whether it is not."""
    if not isinstance(statement, SimpleCommand) or statement.redirects or statement.assignments:
        return None
    words = [*statement.words]
    closing = {"[": "]", "[[": "]]", "test": None}
    first = words[0].literal if words else None
    if first not in closing:
        return None
    if closing[first] is not None:
        if words[-1].literal != closing[first]:
            return None
        words = words[:-1]
    match [word.literal for word in words[1:]]:
        case ["-z", None] if is_empty:
            return _tested(words[2], "")
        case ["-n", None] if not is_empty:
            # an unquoted -n $A is true for nothing at all
            return _tested(words[2], "") if '"' in words[2].raw or first == "[[" else None
        case [None] if not is_empty:
            return _tested(words[1], "")
        case [None, "=" | "==", str(value)] if is_empty and value in ("", "x"):
            return _tested(words[1], value) if '"' in words[1].raw else None
        case _:
            return None


def _tested(word: Word, front: str) -> Variable | Conditional | None:
    """Return the one variable in a word, behind the text `front`."""
    parts = word.parts
    if front:
        if parts[:1] != (front,):
            return None
        parts = parts[1:]
    match parts:
        case (Variable(name=name) as tested,) if name.isidentifier():
            return tested
        case (Conditional(name=name, operator=":-" | "-", word=Word(parts=())) as tested,) if name.isidentifier():
            return tested
        case _:
            return None


def _names(word: Word) -> Iterator[str]:
    for part in word.parts:
        if isinstance(part, Variable | Conditional):
            yield part.name


def _of_the_shell(name: str, start: int, value: Word | None = None) -> Hindrance | None:
    if name == "PATH" and value and value.literal is None:
        return Hindrance(f"only a shell expands {value.raw} when the container starts; use ENV PATH", start)
    if name == "PATH":
        return Hindrance("only a shell sets PATH before the program starts; use ENV PATH", start)
    if name in _OF_THE_SHELL or not name.isidentifier():
        return Hindrance(f"{name} means something to the shell itself; leave it out", start)
    return None
