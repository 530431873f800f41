"""Where exceptions end: each becomes a line on standard error and an exit status."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import click

from scratchify.examination.attempt import DONE, FAILED, INTERRUPTED, WRONG_USAGE, attempt, status_of, traceback_of
from scratchify.report.terminal import Screen


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
