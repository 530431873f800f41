"""Where exceptions end: each becomes a line on standard error and an exit status."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TypeVar

import click

from scratchify.errors import Bug, InvalidSettings, MissingExtra, ScratchifyError
from scratchify.report.terminal import Screen

DONE = 0
WOULD_CHANGE = 1
DIFFERS = 1
WRONG_USAGE = 2
FAILED = 3
UNDECIDED = 4
INTERRUPTED = 130

Result = TypeVar("Result")


class Interrupted(Exception):  # an event, no error
    """The user stopped the program."""


class NobodyReads(Exception):
    """Whoever read our output has closed it."""


@contextmanager
def kept_from_click() -> Iterator[None]:
    """Rename what click would end in its own way: with an empty line, or with status 1."""
    try:
        yield
    except KeyboardInterrupt as stop:
        raise Interrupted from stop
    except BrokenPipeError as closed:
        raise NobodyReads from closed


def run(command: click.Command) -> int:
    """Run a command with the arguments of this process and return its exit status."""
    result = attempt(lambda: _status(command))
    if isinstance(result, int):
        return result
    Screen(sys.stderr).say(f"scratchify: {result}")
    if details := traceback_of(result):
        Screen(sys.stderr).put(details.encode("utf-8", "backslashreplace"))
    return status_of(result)


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


def _status(command: click.Command) -> int:
    try:
        status = command.main(prog_name="scratchify", standalone_mode=False)
        if sys.stdout:
            sys.stdout.flush()
    except (Interrupted, click.Abort):
        Screen(sys.stderr).say("scratchify: interrupted; each file is either done or as it was")
        return INTERRUPTED
    except click.ClickException as error:
        error.show()
        return WRONG_USAGE
    except (NobodyReads, BrokenPipeError):
        _discard_output()
        return DONE
    except OSError as error:
        _discard_output()
        Screen(sys.stderr).say(f"scratchify: the output cannot be written: {error.strerror or error}")
        return FAILED
    return status if isinstance(status, int) else DONE


def _discard_output() -> None:
    """Send what is still to be written nowhere, or Python would fail again when it flushes at its end."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
