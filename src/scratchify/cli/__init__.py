"""The command line: it reads, calls `refactor`, writes and reports; it takes no decision."""

import sys
from typing import NoReturn


def main() -> NoReturn:
    """Run the program with the arguments of this process, and end it."""
    from scratchify.cli.boundary import run
    from scratchify.cli.group import scratchify

    sys.exit(run(scratchify))
