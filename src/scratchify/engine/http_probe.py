"""One HTTP request through a helper container, and what came back."""

import io
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse, IncompleteRead
from typing import TYPE_CHECKING, cast

from scratchify.engine.ports import Port

if TYPE_CHECKING:
    import socket

TALK = """\
if command -v bash >/dev/null; then
  exec bash -c 'exec 3<>"/dev/tcp/$0/$1" || exit; cat <&0 >&3 & cat <&3; kill $!' "$0" "$1"
fi
exec nc "$0" "$1"
"""
"""
Connects to host $0 and port $1 with what golang images have: bash on Debian, nc of busybox on Alpine.

Nothing may outlive the answer: the engine would wait two seconds for whoever still holds a stream.
"""

_PASSING = frozenset({"connection", "content-length", "date", "keep-alive", "last-modified"})
"""
Headers that differ without a difference.

The length is that of the body, which may hold a measured time. BuildKit's cache does not look at when a file was
changed: either of two builds may have got one of an earlier time.
"""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered: `status` is None where that was no HTTP, `body` is bounded."""

    port: int
    path: str
    status: int | None
    headers: tuple[tuple[str, str], ...]
    body: bytes


def request(port: Port, path: str) -> bytes:
    """Return a GET request; the server is asked to close the connection, which ends the answer."""
    host = f"[{port.host}]" if ":" in port.host else port.host
    if port.scope == "own address":
        host = "scratchify"  # the address differs from run to run, and pages may repeat it
    lines = (f"GET {path} HTTP/1.1", f"Host: {host}:{port.number}", "User-Agent: scratchify-verify", "Accept: */*")
    return "\r\n".join((*lines, "Connection: close", "", "")).encode("utf-8", "surrogateescape")


def answer(port: Port, path: str, received: bytes) -> Answer:
    """Return what the bytes that a server sent say."""
    response = HTTPResponse(cast("socket.socket", _Received(received)))
    try:
        response.begin()
    except (HTTPException, OSError, ValueError):
        return Answer(port.number, path, None, (), received)
    try:
        body = response.read()
    except IncompleteRead as cut:
        body = cut.partial
    except (HTTPException, ValueError, OverflowError):
        # lengths that no server can mean
        body = received.partition(b"\r\n\r\n")[2]
    headers = sorted((name.lower(), value) for name, value in response.getheaders())
    kept = tuple((name, value) for name, value in headers if name not in _PASSING)
    return Answer(port.number, path, response.status, kept, body)


class _Received:
    """Bytes as the socket that http.client reads from."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def makefile(self, _mode: str) -> io.BytesIO:
        return io.BytesIO(self._content)
