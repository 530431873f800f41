"""The command line: it reads, calls `refactor`, writes and reports; it takes no decision."""

import gc
import sys
from typing import NoReturn


def main() -> NoReturn:
    """Run the program with the arguments of this process, and end it."""
    from scratchify.cli.boundary import run
    from scratchify.cli.group import scratchify

    # what is read is kept to the end: to look for garbage in it again and again takes a fifth of a large program's time
    gc.set_threshold(200_000, 20, 20)
    sys.exit(run(scratchify))
