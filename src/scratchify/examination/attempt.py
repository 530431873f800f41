"""The statuses that this program exits with, and errors as values: one file's trouble is not the others'."""

from collections.abc import Callable
from typing import TypeVar

from scratchify.errors import Bug, InvalidSettings, MissingExtra, ScratchifyError

DONE = 0
WOULD_CHANGE = 1
DIFFERS = 1
WRONG_USAGE = 2
FAILED = 3
UNDECIDED = 4
INTERRUPTED = 130

Result = TypeVar("Result")


def status_of(error: ScratchifyError) -> int:
    """Return the exit status that an error has."""
    return WRONG_USAGE if isinstance(error, InvalidSettings | MissingExtra) else FAILED


def attempt(action: Callable[[], Result]) -> Result | ScratchifyError:
    """Return what the action returns, or what it raised; what nobody expected becomes a Bug."""
    try:
        return action()
    except Bug as bug:
        return _told(bug, str(bug))
    except ScratchifyError as error:
        return error
    except Exception as error:
        return _told(error, f"{type(error).__name__}: {error}")


def traceback_of(error: ScratchifyError) -> str:
    """Return what a report of a bug should hold; nothing for errors that are no bugs."""
    if not isinstance(error, Bug):
        return ""
    import traceback

    return "".join(traceback.format_exception(error.__cause__ or error))


def _told(error: Exception, message: str) -> Bug:
    bug = Bug(f"internal error: {message}; nothing was written, please report this together with the file")
    bug.__cause__ = error
    return bug
