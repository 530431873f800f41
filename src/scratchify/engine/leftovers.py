"""
What Docker's classic builder leaves behind, read from its log: it labels nothing but the last image.

The output of what is built stands in the same log and may say anything, so nothing that was there before counts.
"""

import re
from collections.abc import Callable, Collection

_STEP = re.compile(r"Step \d+/\d+ : (?P<keyword>\w+)")
_MADE = re.compile(r" ---> (?P<running>Running in )?(?P<id>[0-9a-f]{12})$")


class Leftovers:
    """
    The images and containers of one build, told to `made` by their kind and id as they come up.

    `present` are the ids of the images and containers that were there before the build.
    """

    def __init__(self, present: Collection[str], made: Callable[[str, str], None]) -> None:
        self._present = present
        self._made = made
        self._keyword = ""
        self._is_cached = False

    def see(self, line: str) -> None:
        """Take the next line of the log."""
        if step := _STEP.match(line):
            self._keyword = step["keyword"].upper()
        found = _MADE.match(line)
        # what stands behind FROM is the base image, which may have been pulled for this build: it stays
        if found and found["id"] not in self._present and self._keyword != "FROM" and not self._is_cached:
            self._made("container" if found["running"] else "image", found["id"])
        self._is_cached = line == " ---> Using cache"
