"""Child processes that cannot run for ever, fill the memory, or outlive us by an interruption."""

import subprocess
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from threading import Thread
from typing import IO

from scratchify.errors import EngineFailed

KEPT = 1024 * 1024
"""Bytes of each output stream of a program that are kept; the rest is read, counted and let go."""

LAST_LINES = 400
"""Lines of a build's log that are kept, the last ones: that is where it says what failed."""

LONGEST_LINE = 4096
"""Characters; a line that never ends is cut."""

PATIENCE = 120
"""Seconds within which the engine must answer a question; a busy one takes a while to remove a large image."""


@dataclass(frozen=True, slots=True)
class Done:
    """A process that ended; `output` and `errors` are what it wrote."""

    status: int
    output: bytes
    errors: str


def ask(command: Sequence[str], environment: Mapping[str, str], *, patience: float = PATIENCE) -> Done:
    """Run a command that ends soon and says little. Raises EngineFailed where it gives no answer."""
    try:
        done = subprocess.run(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=patience,
            check=False,
            start_new_session=True,  # an interruption in the terminal is for us to handle, not for our helpers
        )
    except subprocess.TimeoutExpired as error:
        raise EngineFailed(f"{command[0]} {command[1]} gave no answer within {patience:.0f} s") from error
    except OSError as error:
        raise EngineFailed(f"{command[0]}: {(error.strerror or str(error)).lower()}") from error
    return Done(done.returncode, done.stdout, done.stderr.decode("utf-8", "replace"))


@contextmanager
def child(
    command: Sequence[str], environment: Mapping[str, str], *, merged: bool = False, with_input: bool = False
) -> Iterator[subprocess.Popen[bytes]]:
    """Start a process, and end it when the block is left, however it is left. Raises EngineFailed."""
    try:
        process = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.PIPE if with_input else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT if merged else subprocess.PIPE,
            start_new_session=True,
        )
    except OSError as error:
        raise EngineFailed(f"{command[0]}: {(error.strerror or str(error)).lower()}") from error
    try:
        yield process
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process: asked first, for a client that is asked cancels what it started in the engine."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    if process.stdin:
        with suppress(OSError):  # whoever should have read it is gone
            process.stdin.close()


class Captured:
    """
    A stream that is read to its end by a thread of its own: the first KEPT bytes are kept, all are counted.

    Whoever writes is never held up: a program that logs gigabytes runs as it would elsewhere.
    """

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._kept = bytearray()
        self.size = 0
        self._thread = Thread(target=self._read, daemon=True)
        self._thread.start()

    @property
    def content(self) -> bytes:
        return bytes(self._kept)

    def finish(self, patience: float = 10) -> None:
        """Wait until the stream has ended and everything is read; at most `patience` seconds."""
        self._thread.join(patience)

    def _read(self) -> None:
        with suppress(OSError, ValueError), self._stream:
            while chunk := self._stream.read1(65536):  # type: ignore[attr-defined]  # a BufferedReader, says subprocess
                self.size += len(chunk)
                self._kept += chunk[: KEPT - len(self._kept)]


class Lines:
    """The lines of a stream, handed to a function as they come, by a thread of its own; the last ones are kept."""

    def __init__(self, stream: IO[bytes], each: Callable[[str], None]) -> None:
        self._stream = stream
        self._each = each
        self._last: deque[str] = deque(maxlen=LAST_LINES)
        self._thread = Thread(target=self._read, daemon=True)
        self._thread.start()

    @property
    def last(self) -> tuple[str, ...]:
        return tuple(self._last)

    def finish(self, patience: float = 10) -> None:
        self._thread.join(patience)

    def _read(self) -> None:
        with self._stream:
            while raw := self._next():
                line = raw.decode("utf-8", "replace").rstrip("\r\n")
                self._last.append(line)
                with suppress(OSError, ValueError):  # nobody may listen any more; whoever writes is still read
                    self._each(line)

    def _next(self) -> bytes:
        with suppress(OSError, ValueError):
            return self._stream.readline(LONGEST_LINE)
        return b""


def wait_for(condition: Callable[[], bool], seconds: float, *, every: float = 0.05) -> bool:
    """Wait until a condition holds, and say whether it came to hold in time."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(every)
    return True
