"""
Shell text as statements: what a script says, before anybody asks what it does.

https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

_NOT_ONE_WORD = re.compile(r"[ \t\n*?\[]")


@dataclass(frozen=True, slots=True)
class Variable:
    """`$NAME` or `${NAME}` inside a word; outside quotes the shell splits its value and drops an empty one."""

    name: str
    is_quoted: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class Unresolved:
    """A part of a word that only a shell could tell."""

    raw: str


@dataclass(frozen=True, slots=True)
class Pattern(Unresolved):
    """Text with `*`, `?` or `[` in it outside quotes, which the names of files replace."""


@dataclass(frozen=True, slots=True)
class Braces(Unresolved):
    """A word with `{a,b}` or `{1..3}` in it: several words to bash, plain text to other shells."""


@dataclass(frozen=True, slots=True)
class Conditional(Unresolved):
    """`${NAME:-word}` and its like; `operator` is one of `:-`, `-`, `:=`, `=`, `:+`, `+`, `:?`, `?`."""

    name: str = field(compare=False)
    operator: str = field(compare=False)
    word: "Word" = field(compare=False)
    is_quoted: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class Trimmed(Unresolved):
    """`${NAME#pattern}` and its like; `operator` is one of `#`, `##`, `%`, `%%`."""

    name: str = field(compare=False)
    operator: str = field(compare=False)
    pattern: str = field(compare=False)
    is_quoted: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class Substitution(Unresolved):
    """`$(script)`: what the script prints."""

    script: "tuple[Statement, ...]" = field(compare=False)
    is_quoted: bool = field(default=False, compare=False)


Part = str | Variable | Unresolved


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a command: its parts, and as written."""

    parts: tuple[Part, ...]
    raw: str

    @property
    def literal(self) -> str | None:
        """The word's value where it needs no shell at all."""
        return "".join(map(str, self.parts)) if all(isinstance(part, str) for part in self.parts) else None

    @property
    def beginning(self) -> str:
        """The part of the word up to what needs a shell."""
        return self.parts[0] if self.parts and isinstance(self.parts[0], str) else ""

    def value(self, variables: Mapping[str, str]) -> str | None:
        """Return the word with its variables replaced, None where one is unknown, or makes no word or several."""
        values: list[str] = []
        for part in self.parts:
            match part:
                case str():
                    values.append(part)
                case Variable(name=name, is_quoted=is_quoted) if name in variables:
                    if not is_quoted and _NOT_ONE_WORD.search(variables[name]):
                        return None
                    values.append(variables[name])
                case _:
                    return None
        value = "".join(values)
        is_dropped = not value and any(isinstance(part, Variable) and not part.is_quoted for part in self.parts)
        return None if is_dropped else value


@dataclass(frozen=True, slots=True)
class Redirect:
    """Where a stream comes from or goes to; `operator` without its number. `text` is the body of a here-document."""

    operator: str
    descriptor: str
    target: Word | None
    text: Word | None = None

    @property
    def is_output(self) -> bool:
        return self.operator in (">", ">>", ">|", "&>", "&>>")


@dataclass(frozen=True, slots=True)
class SimpleCommand:
    """
    Assignments, words and redirections; `start` is the offset of its first character in the shell text.

    `exports` marks `export A=b` and a bare `A=b`, which hold for what follows; a bare one is no variable of the
    programs that follow, unless it was one before. `named` are the names in `export A`.
    """

    start: int
    assignments: tuple[tuple[str, Word], ...]
    words: tuple[Word, ...]
    redirects: tuple[Redirect, ...] = ()
    exports: bool = False
    is_bare: bool = False
    named: tuple[str, ...] = ()

    @property
    def writes(self) -> tuple[Word, ...]:
        """The files that output goes to."""
        return tuple(one.target for one in self.redirects if one.is_output and one.target)


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Commands that feed each other."""

    start: int
    commands: "tuple[Statement, ...]"


@dataclass(frozen=True, slots=True)
class Negated:
    start: int
    command: "Statement"


@dataclass(frozen=True, slots=True)
class Joined:
    """Two statements with `&&` or `||` between them."""

    start: int
    left: "Statement"
    operator: Literal["&&", "||"]
    right: "Statement"


@dataclass(frozen=True, slots=True)
class Group:
    """`{ …; }`, or with `is_subshell` `( … )`."""

    start: int
    body: "tuple[Statement, ...]"
    is_subshell: bool
    redirects: tuple[Redirect, ...] = ()


@dataclass(frozen=True, slots=True)
class If:
    """`branches` are conditions with what they lead to; `otherwise` is empty where there is no else."""

    start: int
    branches: "tuple[tuple[tuple[Statement, ...], tuple[Statement, ...]], ...]"
    otherwise: "tuple[Statement, ...]"
    redirects: tuple[Redirect, ...] = ()


@dataclass(frozen=True, slots=True)
class For:
    """`words` is None where the loop goes over the positional parameters."""

    start: int
    name: str
    words: tuple[Word, ...] | None
    body: "tuple[Statement, ...]"
    redirects: tuple[Redirect, ...] = ()


@dataclass(frozen=True, slots=True)
class While:
    """`while` and `until`."""

    start: int
    condition: "tuple[Statement, ...]"
    body: "tuple[Statement, ...]"
    redirects: tuple[Redirect, ...] = ()


@dataclass(frozen=True, slots=True)
class Case:
    """`arms` are patterns, as written, with what they lead to."""

    start: int
    subject: Word
    arms: "tuple[tuple[tuple[str, ...], tuple[Statement, ...]], ...]"
    redirects: tuple[Redirect, ...] = ()


@dataclass(frozen=True, slots=True)
class Function:
    start: int
    name: str
    body: "tuple[Statement, ...]"


@dataclass(frozen=True, slots=True)
class NotFollowed:
    """Shell that this reading does not follow, in words, and where it stands in the shell text."""

    start: int
    what: str


Statement = SimpleCommand | Pipeline | Negated | Joined | Group | If | For | While | Case | Function | NotFollowed
