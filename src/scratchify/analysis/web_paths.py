"""
Paths that a server may answer to, as its source names them: `"/healthz"`, `"GET /orders"`.

They are only asked for, by `scratchify verify`: one that is no path of an address costs a request that finds nothing.

https://pkg.go.dev/net/http#hdr-Patterns-ServeMux
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from scratchify.analysis.facts import Facts
from scratchify.analysis.go_program import Place

MOST = 12
"""That are asked for; the first in order of the files."""

_PATH = re.compile(r"(?:GET )?(/[A-Za-z0-9._~-]+(?:/[A-Za-z0-9._~-]*)*)(?:\{\$\})?")
_OF_SYSTEMS = frozenset("bin boot dev etc go home lib media mnt opt proc root run sbin srv sys tmp usr var".split())
"""First elements of paths of files."""


@dataclass(frozen=True, slots=True)
class WebPath:
    """A path, and where the source names it."""

    path: str
    place: Place


def web_paths(facts: Facts) -> tuple[WebPath, ...]:
    """Return the paths that the program's own files name, without those that are files of the image."""
    found: dict[str, WebPath] = {}
    for web_path in _named(facts):
        path = web_path.path
        if path.split("/")[1] not in _OF_SYSTEMS and path.rstrip("/") not in facts.files.entries:
            found.setdefault(path, web_path)
    return tuple(found.values())[:MOST]


def _named(facts: Facts) -> Iterator[WebPath]:
    for file in facts.program.files if facts.program else ():
        for literal in file.literals if not file.vendored else ():
            if match := _PATH.fullmatch(literal.text):
                yield WebPath(match[1], Place(file.context_path, literal.line))
