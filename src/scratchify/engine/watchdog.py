"""
Clean up after a verification that was killed: `python -m scratchify.engine.watchdog CLIENT RUN`.

Its standard input is a pipe from the run, which writes what it made, and "done" at its end. Where the pipe closes
without that word, the run is dead, and what it left in the engine is removed here.
"""

import os
import shutil
import signal
import sys
import time
from contextlib import suppress

from scratchify.engine.choice import find_engine
from scratchify.engine.trial import clean
from scratchify.errors import EngineFailed

TRIES = 60
"""How often an engine that does not answer is asked again, once in five seconds."""


def main(program: str, run: str) -> None:
    """Wait for the end of a run, and clean up where it did not do so itself."""
    made: list[tuple[str, str]] = []
    for line in sys.stdin:
        kind, _, rest = line.strip().partition(" ")
        if kind == "done":
            return
        if kind == "ended":
            # its number may be another one's by now
            made.remove(("process", rest))
        else:
            made.append((kind, rest))
    for kind, what in made:
        if kind == "process":
            with suppress(OSError):
                os.kill(int(what), signal.SIGTERM)
        if kind == "folder":
            shutil.rmtree(what, ignore_errors=True)
    # what was under way in the engine at that moment comes a little later
    for pause in (0, 2, 10):
        time.sleep(pause)
        if not _is_clean(program, run, made):
            return


def _is_clean(program: str, run: str, made: list[tuple[str, str]]) -> bool:
    """Clean up, and say whether the engine answered in time."""
    for _ in range(TRIES):
        try:
            clean(find_engine(program), run, made, keep=False)
        except EngineFailed:
            time.sleep(5)
        else:
            return True
    return False


if __name__ == "__main__":
    main(*sys.argv[1:])
