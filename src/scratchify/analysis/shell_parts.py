"""What stands inside of shell statements."""

from collections.abc import Iterable, Iterator

from scratchify.analysis.shell import (
    Case,
    For,
    Function,
    Group,
    If,
    Joined,
    Negated,
    Pipeline,
    SimpleCommand,
    Statement,
    Substitution,
    While,
    Word,
)


def is_own_folder(word: Word) -> bool:
    """Say whether a word is `$(dirname …)`, the folder of the script itself."""
    part = word.parts[0] if len(word.parts) == 1 else None
    script = part.script if isinstance(part, Substitution) else ()
    command = script[0] if len(script) == 1 else None
    return isinstance(command, SimpleCommand) and [one.literal for one in command.words[:1]] == ["dirname"]


def deep(statements: Iterable[Statement]) -> Iterator[Statement]:
    """Yield statements and all that stands inside them, in order."""
    for statement in statements:
        yield statement
        match statement:
            case Pipeline(commands=inside) | Group(body=inside) | Function(body=inside) | For(body=inside):
                yield from deep(inside)
            case Negated(command=command):
                yield from deep((command,))
            case Joined(left=left, right=right):
                yield from deep((left, right))
            case If(branches=branches, otherwise=otherwise):
                for condition, body in branches:
                    yield from deep((*condition, *body))
                yield from deep(otherwise)
            case While(condition=condition, body=body):
                yield from deep((*condition, *body))
            case Case(arms=arms):
                for _, body in arms:
                    yield from deep(body)
            case _:
                pass
