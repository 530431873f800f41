"""
Words to arguments: what a shell makes of them, as far as its variables and the files are known.

https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html#tag_19_06
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from posixpath import join, normpath

from scratchify.analysis.arguments import Argument
from scratchify.analysis.shell import (
    Braces,
    Conditional,
    Part,
    Pattern,
    Statement,
    Substitution,
    Trimmed,
    Unresolved,
    Variable,
    Word,
)
from scratchify.analysis.stage_files import StageFiles

_BLANKS = re.compile(r"[ \t\n]+")
_INNERMOST = re.compile(r"\{([^{},]*(?:,[^{},]*)+)\}")
_GLOB = re.compile(r"[*?\[]")
_SHELLS_OWN = frozenset(
    "_ ? $ ! - @ * # 0 BASH BASHPID BASH_SOURCE BASH_VERSION COLUMNS EPOCHSECONDS EUID FUNCNAME GROUPS HOME HOSTNAME "
    "IFS LANG LINENO LINES LOGNAME MACHTYPE MAIL OLDPWD OPTARG OPTIND OSTYPE PIPESTATUS PPID PS1 PS2 PS4 PWD RANDOM "
    "REPLY SECONDS SHELL SHELLOPTS SHLVL TERM UID USER".split()
)
"""What a shell or its caller sets without being told: nobody who does not set them knows their values."""


@dataclass(slots=True)
class Variables:
    """
    The variables of one shell.

    `values` maps names to values, None where one is set to what is not known. `is_complete`: what is not in it is not
    set. `positional` are `$1` and so on.
    """

    values: dict[str, str | None] = field(default_factory=dict)
    exported: set[str] = field(default_factory=set)
    is_complete: bool = False
    positional: tuple[Argument, ...] = ()
    script: str | None = None

    def copy(self) -> "Variables":
        return Variables(dict(self.values), set(self.exported), self.is_complete, self.positional, self.script)

    def get(self, name: str, folder: str) -> tuple[bool, str | None]:
        """Return whether a variable is set, and its value: None where that is not known."""
        if name in self.values:
            return True, self.values[name]
        if name == "PWD":
            return True, folder
        if name == "0":
            return True, self.script
        if name == "#":
            return True, str(len(self.positional))
        if name.isdecimal():
            index = int(name) - 1
            return (True, self.positional[index].value) if index < len(self.positional) else (False, "")
        if self.is_complete and name not in _SHELLS_OWN:
            return False, ""
        return True, None

    def set(self, name: str, value: str | None, *, exports: bool = False) -> None:
        self.values[name] = value
        if exports:
            self.exported.add(name)

    def environment(self) -> dict[str, str | None]:
        return {name: self.values[name] for name in self.exported if name in self.values}


@dataclass(slots=True)
class Expander:
    """
    Expands words in one folder.

    `output` says what a script prints, None where that is not known; `is_bash`, whether the shell is bash.
    """

    variables: Variables
    folder: str
    files: StageFiles
    output: Callable[[tuple[Statement, ...]], str | None]
    is_bash: bool | None = None

    def arguments(self, words: Iterable[Word]) -> tuple[Argument, ...]:
        return tuple(argument for word in words for argument in self.fields(word))

    def fields(self, word: Word) -> Iterator[Argument]:
        """Yield the arguments that one word becomes: one, several, or none."""
        if word.parts == (Variable("@"),) or word.parts == (Variable("*"),):
            yield from self.variables.positional
            return
        if len(word.parts) == 1 and isinstance(word.parts[0], Braces):
            yield from self._braced(word)
            return
        built = _Fields(word.raw)
        for part in word.parts:
            self._add(built, part)
        for argument, is_pattern in built.finished():
            yield from self._matched(argument) if is_pattern else (argument,)

    def _braced(self, word: Word) -> Iterator[Argument]:
        """Yield what bash makes of braces around plain text; other shells leave them, and both is known."""
        is_plain = not any(mark in word.raw for mark in "$`\\'\"*?[~") and ".." not in word.raw
        if not is_plain or self.is_bash is None:
            yield Argument(word.raw, None)
            return
        for text in _alternatives(word.raw) if self.is_bash else [word.raw]:
            yield Argument(word.raw, text, text)

    def text(self, word: Word) -> str | None:
        """Return a word as one text: the value of an assignment, a here-document, a name in a redirection."""
        found: list[str] = []
        for part in word.parts:
            match part:
                case str():
                    found.append(part)
                case Pattern(raw=raw) if not _GLOB.search(raw):
                    found.append(raw)
                case Variable(name=name) if name in "@*":
                    if any(argument.value is None for argument in self.variables.positional):
                        return None
                    found.append(" ".join(argument.value or "" for argument in self.variables.positional))
                case _:
                    value = self._value(part)
                    if value is None:
                        return None
                    found.append(value)
        return "".join(found)

    def _add(self, built: "_Fields", part: Part) -> None:
        match part:
            case str():
                built.add(part)
            case Pattern(raw=raw):
                built.add(raw, is_pattern=True)
            case Variable(name=name, is_quoted=True) if name == "@":
                built.add_all(self.variables.positional)
            case Variable(is_quoted=quoted) | Conditional(is_quoted=quoted) | Trimmed(is_quoted=quoted):
                built.add_value(self._value(part), is_quoted=quoted)
            case Substitution(is_quoted=quoted):
                built.add_value(self._value(part), is_quoted=quoted)
            case _:
                built.add_value(None, is_quoted=True)

    def _value(self, part: Part) -> str | None:
        match part:
            case Variable(name=name):
                return self.variables.get(name, self.folder)[1]
            case Conditional():
                return self._conditional(part)
            case Trimmed():
                is_set, value = self.variables.get(part.name, self.folder)
                return None if value is None and is_set else _trimmed(value or "", part.operator, part.pattern)
            case Substitution(script=script):
                printed = self.output(script)
                return None if printed is None else printed.rstrip("\n")
            case Unresolved():
                return None
            case str():
                return part

    def _conditional(self, part: Conditional) -> str | None:
        is_set, value = self.variables.get(part.name, self.folder)
        if value is None and (is_set or not self.variables.is_complete):
            return None
        counts = is_set and (bool(value) or not part.operator.startswith(":"))
        match part.operator[-1]:
            case "+":
                return self.text(part.word) if counts else ""
            case "?":
                return value if counts else None
            case "=" if not counts:
                self.variables.set(part.name, self.text(part.word))
                return self.variables.values[part.name]
            case _:
                return value if counts else self.text(part.word)

    def _matched(self, argument: Argument) -> Iterator[Argument]:
        """Yield what a pattern matches; itself where that is nothing, and unknown where not all files are known."""
        pattern = argument.value or ""
        found = matches(pattern, self.folder, self.files)
        if found is None:
            yield Argument(argument.raw, None, _GLOB.split(pattern, maxsplit=1)[0])
        elif not found:
            yield argument
        else:
            yield from (Argument(path, path, path) for path in found)


class _Fields:
    """The arguments that grow out of one word."""

    def __init__(self, raw: str) -> None:
        self._raw = raw
        self._done: list[tuple[Argument, bool]] = []
        self._text: str | None = None
        self._known: str | None = ""
        self._front = ""
        self._is_pattern = False

    def add(self, text: str, *, is_pattern: bool = False) -> None:
        self._text = (self._text or "") + text
        if self._known is not None:
            self._front += text
        self._is_pattern = self._is_pattern or is_pattern

    def add_value(self, value: str | None, *, is_quoted: bool) -> None:
        if value is None:
            self._text, self._known = self._text or "", None
        elif is_quoted:
            self.add(value)
        else:
            pieces = _BLANKS.split(value)
            for index, piece in enumerate(pieces):
                if index:
                    self._end()
                if piece:
                    self.add(piece, is_pattern=bool(_GLOB.search(piece)))

    def add_all(self, arguments: tuple[Argument, ...]) -> None:
        """`"$@"` inside a word: the first joins what stands before it, the last what stands behind."""
        for index, argument in enumerate(arguments):
            if index:
                self._end()
            self.add_value(argument.value, is_quoted=True)

    def finished(self) -> list[tuple[Argument, bool]]:
        self._end()
        return self._done

    def _end(self) -> None:
        if self._text is not None:
            value = self._text if self._known is not None else None
            self._done.append((Argument(self._raw, value, self._front), self._is_pattern and value is not None))
        self._text, self._known, self._front, self._is_pattern = None, "", "", False


def matches(pattern: str, folder: str, files: StageFiles) -> list[str] | None:
    """Return the paths that a pattern matches, as they would be written; None where not all files are known."""
    parts = pattern.split("/")
    found = [("/" if pattern.startswith("/") else "", "/" if pattern.startswith("/") else folder)]
    for part in parts:
        if not part:
            continue
        following: list[tuple[str, str]] = []
        for written, path in found:
            here = normpath(join(path, part)) if not _GLOB.search(part) else path
            if not _GLOB.search(part):
                following.append((join(written, part), here))
                continue
            resolved = files.resolve(path)
            if files.exists(join(resolved, "x")) is None:
                return None
            for below in files.below(resolved):
                name = below.rpartition("/")[2]
                if fnmatchcase(name, part.replace("[^", "[!")) and name.startswith(".") == part.startswith("."):
                    following.append((join(written, name), below))
        found = following
    existing = [(written, files.exists(path)) for written, path in found]
    if any(there is None for _, there in existing):
        return None
    return sorted(written for written, there in existing if there)


def _alternatives(text: str) -> list[str]:
    """Return the words that `a{b,c}d` means, the innermost braces first."""
    match = _INNERMOST.search(text)
    if match is None:
        return [text]
    words = (text[: match.start()] + one + text[match.end() :] for one in match[1].split(","))
    return [done for word in words for done in _alternatives(word)]


def _trimmed(value: str, operator: str, pattern: str) -> str:
    """Take off the shortest or, with the operator doubled, the longest front or end that matches."""
    fits = pattern.replace("[^", "[!")
    lengths = range(len(value) + 1)
    for length in reversed(lengths) if len(operator) == 2 else lengths:
        if operator[0] == "#" and fnmatchcase(value[:length], fits):
            return value[length:]
        if operator[0] == "%" and fnmatchcase(value[len(value) - length :], fits):
            return value[: len(value) - length]
    return value
