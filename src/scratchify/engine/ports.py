"""
Which ports a container listens on, read from the kernel's own table by a helper container in its network.

https://www.kernel.org/doc/html/latest/networking/proc_net_tcp.html
"""

import time
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import IO

from scratchify.engine.processes import Lines

SCRIPT = "while :; do echo begin; cat /proc/net/tcp /proc/net/tcp6 2>/dev/null; echo end; sleep 0.1; done"
"""What the helper runs: the table, ten times a second."""

_LISTENING = "0A"
_NAMESERVER = ip_address("127.0.0.11")
"""Docker's own resolver listens there in every network that a user made."""


@dataclass(frozen=True, slots=True, order=True)
class Port:
    """A TCP port that listens; `host` is where to reach it from inside, `scope` whom it serves."""

    number: int
    scope: str
    host: str

    def __str__(self) -> str:
        return f"{self.number}{'' if self.scope == 'all' else f' ({self.scope})'}"


def listening(table: str) -> frozenset[Port]:
    """Return the listening ports in the kernel's table, one row a line, of IPv4 and IPv6."""
    found: dict[tuple[int, str], Port] = {}
    for row in table.split("\n"):
        fields = row.split()
        if len(fields) < 4 or fields[3] != _LISTENING:
            continue
        address, _, number = fields[1].partition(":")
        try:
            port = _port(_address(address), int(number, 16))
        except ValueError:
            continue
        if port:
            # a server that takes both families is one server
            found.setdefault((port.number, port.scope), port)
    return frozenset(found.values())


def _address(text: str) -> IPv4Address | IPv6Address:
    """Return an address of the table: words of four bytes, each in the byte order of the machine."""
    raw = bytes.fromhex(text)
    # the engine's machine may be another one, but big-endian ones are few, and say 0 the same way
    words = [raw[at : at + 4][::-1] for at in range(0, len(raw), 4)]
    address = ip_address(b"".join(words))
    return (isinstance(address, IPv6Address) and address.ipv4_mapped) or address


def _port(address: IPv4Address | IPv6Address, number: int) -> Port | None:
    if address == _NAMESERVER:
        return None
    if address.is_unspecified:
        # engines turn IPv6 off where a network has none, and a server for both families answers to IPv4
        return Port(number, "all", "127.0.0.1")
    if address.is_loopback:
        return Port(number, "loopback", str(address))
    # the container's own address is another one in each network
    return Port(number, "own address", str(address))


class Watch:
    """What a helper's output says of the ports, as it comes; a table counts when it is complete."""

    def __init__(self, stream: IO[bytes]) -> None:
        self.ports: frozenset[Port] = frozenset()
        self.changed = time.monotonic()
        self.is_looking = False
        self._rows: list[str] = []
        self._lines = Lines(stream, self._take)

    def _take(self, line: str) -> None:
        match line:
            case "begin":
                self._rows = []
            case "end":
                ports = listening("\n".join(self._rows))
                if ports != self.ports:
                    # in this order: whoever looks in between must not take new ports for settled ones
                    self.changed, self.ports = time.monotonic(), ports
                self.is_looking = True
            case _:
                self._rows.append(line)
