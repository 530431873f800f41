"""
What scripts and makefiles say of images, by the commands of docker in them.

A script is not followed here: every command that stands in it may run.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from posixpath import dirname

from scratchify.analysis.callers.docker_commands import statements_of
from scratchify.analysis.callers.said import UNKNOWN, Statement, inside
from scratchify.analysis.make_text import MARK, Stopped, Texts, World
from scratchify.analysis.makefile import Makefile
from scratchify.analysis.shell import Conditional, Part, SimpleCommand, Substitution, Variable, Word
from scratchify.analysis.shell import Statement as ShellStatement
from scratchify.analysis.shell_parts import deep
from scratchify.analysis.shell_reader import read_script
from scratchify.repository import Repository, text_in

_AUTOMATIC = dict.fromkeys("@<^?*+|%", UNKNOWN)
_SILENT = " \t@+-"


def in_shell_text(
    text: str, first_line: int, folders: Sequence[str], variables: Mapping[str, str] | None = None
) -> Iterator[Statement]:
    """Yield what a shell text says of images; `folders` are those of the repository that it may begin in."""
    commands = [one for one in _all(read_script(text)) if isinstance(one, SimpleCommand)]
    values = dict(variables or {}) | _constants(commands, variables or {})
    places = [*folders]
    for command in commands:
        words = [_text(word, values) for word in command.words]
        if words[:1] == ["cd"] and len(words) == 2 and UNKNOWN not in words[1]:
            places += [inside(place, words[1]) for place in places]
            places = [*dict.fromkeys(places)]
        line = first_line + text.count("\n", 0, command.start)
        yield from statements_of(words, line, places)


def in_makefile(path: str, text: str, repository: Repository) -> Iterator[Statement]:
    """Yield what the recipes of a makefile say of images, as far as it can be read."""
    folder = dirname(path)
    world = World(
        folder=f"/{folder}",
        environment={},
        read=lambda name: text_in(repository, name.lstrip("/")),
        exists=lambda name: repository.has(name.lstrip("/")),
        glob=lambda _pattern, _folder: None,
        output=lambda _command, _environment: None,
        not_at_hand=lambda _: ("is not at hand", "copy it"),
    )
    makefile = Makefile(_Unset(world))
    with suppress(Stopped):  # the rules before it are known all the same
        makefile.read(path, text)
    for rule in makefile.rules:
        for line in rule.recipe:
            if line.path != path:
                continue
            try:
                expanded = makefile.texts.expand(line.text, _AUTOMATIC)
            except Stopped:
                continue
            shell = MARK.sub(UNKNOWN, expanded).lstrip(_SILENT)
            yield from in_shell_text(shell, line.number, [folder])


class _Unset(Texts):
    """Variables of a makefile, of which those that nobody sets may come from the environment or the command line."""

    __slots__ = ()

    def value(self, name: str, local: Mapping[str, str] | None = None) -> str:
        # those of make itself begin with a dot
        if name in self.variables or name.startswith(".") or (local and name in local):
            return super().value(name, local)
        return UNKNOWN


def _all(statements: Iterable[ShellStatement]) -> Iterator[ShellStatement]:
    """Yield statements and all that stands inside them, inside substitutions, too."""
    for statement in deep(statements):
        yield statement
        if isinstance(statement, SimpleCommand):
            for word in (*(value for _, value in statement.assignments), *statement.words):
                for part in word.parts:
                    if isinstance(part, Substitution):
                        yield from _all(part.script)


def _constants(commands: Sequence[SimpleCommand], variables: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that are assigned once, to what is known."""
    assigned: dict[str, list[str]] = {}
    for command in commands:
        if command.exports:
            for name, word in command.assignments:
                known = {one: values[0] for one, values in assigned.items() if len(values) == 1}
                assigned.setdefault(name, []).append(_text(word, {**variables, **known}))
    return {name: values[0] if len(values) == 1 else UNKNOWN for name, values in assigned.items()}


def _text(word: Word, variables: Mapping[str, str]) -> str:
    return "".join(_part(part, variables) for part in word.parts)


def _part(part: Part, variables: Mapping[str, str]) -> str:
    match part:
        case str():
            return part
        case Variable(name=name):
            return variables.get(name, UNKNOWN)
        case Conditional(name=name, operator=":-" | "-" | ":=" | "=", word=word) if name not in variables:
            return _text(word, variables)
        case Conditional(name=name):
            return variables.get(name, UNKNOWN)
        case _:
            return UNKNOWN
