"""A bot that is killed at its n-th step, in a process of its own; its forge is a file."""

import os
import signal
import sys
from pathlib import Path

from scratchify.bot.visit import Guest
from tests.file_forge import forge_in
from tests.guests import errand


def main(file: Path, name: str, last: int) -> None:
    """Visit a repository, and die at the step of this number, counted from 1; 0 for none."""
    steps = 0

    def step(_: str = "") -> None:
        nonlocal steps
        steps += 1
        if steps == last:
            os.kill(os.getpid(), signal.SIGKILL)

    forge = forge_in(file)
    visit = Guest(forge, errand(), tell=step, before_push=step).visit(forge.repository(name))
    step("done")
    print(visit.state, steps)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
