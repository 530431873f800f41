"""The words that a command is given, as far as they are known."""

from collections.abc import Iterable
from dataclasses import dataclass
from getopt import GetoptError, gnu_getopt


@dataclass(frozen=True, slots=True)
class Argument:
    """
    One word behind a command.

    `value` is None where only a shell knows it, `beginning` what is known of it from its front, `raw` how it is
    written.
    """

    raw: str
    value: str | None
    beginning: str = ""

    @property
    def shown(self) -> str:
        """The word for a message."""
        return self.raw if self.value is None else self.value

    @property
    def front(self) -> str:
        """The word, or what is known of its front."""
        return self.beginning if self.value is None else self.value


def known(value: str) -> Argument:
    return Argument(value, value, value)


@dataclass(frozen=True, slots=True)
class Options:
    """Options by name, without dashes, and what stands beside them; the last of several counts."""

    values: dict[str, Argument]
    operands: tuple[Argument, ...]

    def has(self, *names: str) -> bool:
        return any(name in self.values for name in names)

    def get(self, *names: str) -> Argument | None:
        return next((self.values[name] for name in names if name in self.values), None)


def read_options(arguments: Iterable[Argument], short: str, long: Iterable[str] = ()) -> Options | str:
    """
    Split arguments as getopt does; `short` and `long` are its tables of options.

    Returns the option that is in no table, where there is one. A word that is not known is an operand.
    """
    by_mark: dict[str, Argument] = {}
    words: list[str] = []
    for index, argument in enumerate(arguments):
        if argument.value is None:
            # a word that getopt hands back as it is; the beginning keeps `--file=$X` an option
            mark = f"{argument.beginning}\0{index}"
            by_mark[mark] = argument
            words.append(mark)
        else:
            words.append(argument.value)
    try:
        found, rest = gnu_getopt(words, short, list(long))
    except GetoptError as error:
        return error.opt or "an option"

    def argument_of(word: str) -> Argument:
        if word in by_mark:
            return by_mark[word]
        return Argument(word.partition("\0")[0], None) if "\0" in word else known(word)

    values = {name.lstrip("-"): argument_of(value) for name, value in found}
    return Options(values, tuple(map(argument_of, rest)))
