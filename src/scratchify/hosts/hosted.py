"""Records of what a host finds, and what every host can do."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from scratchify.decisions import Refuse

if TYPE_CHECKING:  # most Dockerfiles are files of their own
    from scratchify.hosts.spelling import Placeholder, Spelled


@dataclass(frozen=True, slots=True)
class Hosted:
    """
    A Dockerfile in a file.

    `kind` is None where it is the whole file. `line` is where it begins, and `lines` where each of its own lines
    stands. `contexts` are the build contexts that are said of it, as they are written. `refused` says why it cannot be
    rewritten, whatever it says. `spelled` tells how the file spells it, where it is not the whole file.
    """

    text: str
    kind: str | None = None
    line: int = 1
    lines: tuple[int, ...] = ()
    contexts: tuple[str, ...] = ()
    refused: tuple[Refuse, ...] = ()
    spelled: "Spelled | None" = field(default=None, repr=False)

    @property
    def placeholders(self) -> "tuple[Placeholder, ...]":
        return tuple(dict.fromkeys(self.spelled.placeholders)) if self.spelled else ()

    def line_of(self, line: int) -> int:
        """Return the line of the file on which a line of the Dockerfile stands."""
        return self.lines[min(line, len(self.lines)) - 1] if self.lines and line else line

    def told(self, message: str) -> str:
        """Return a message with every placeholder as the file writes it."""
        for one in self.placeholders:
            if not one.is_known:
                message = message.replace(one.value, one.shown)
        return message


class Host(Protocol):
    """A kind of file."""

    def dockerfiles(self, text: str) -> tuple[Hosted, ...]:
        """Return the Dockerfiles in a file that build Go, in order. Raises InvalidHost where it does not parse."""

    def put_back(self, text: str, number: int, new: str) -> str | Refuse:
        """Return the file with a new text for one of its Dockerfiles, or why that cannot be had."""
