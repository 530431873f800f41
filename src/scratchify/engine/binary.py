"""
What an ELF file says of itself: whether it needs a dynamic linker, and what stripping would take off.

https://refspecs.linuxfoundation.org/elf/elf.pdf
"""

from dataclasses import dataclass
from typing import IO

from scratchify.errors import MissingExtra

ELF = b"\x7fELF"
"""Begins each such file."""

_DEBUG = (".debug_", ".zdebug_", ".symtab", ".strtab")
"""Sections that `-ldflags='-s -w'` leaves out: https://pkg.go.dev/cmd/link"""


@dataclass(frozen=True, slots=True)
class Binary:
    """An executable: `size` and `strippable` in bytes, and the dynamic linker that it asks for, if any."""

    size: int
    interpreter: str | None
    strippable: int


def require_elftools() -> None:
    """Raise MissingExtra where pyelftools is not installed."""
    try:
        import elftools  # noqa: F401
    except ImportError as error:
        raise MissingExtra("verify reads binaries by pyelftools; pip install 'scratchify[verify]'") from error


def read_binary(stream: IO[bytes], size: int) -> Binary | None:
    """Return what an ELF file says; None where this is none."""
    from elftools.common.exceptions import ELFError
    from elftools.elf.elffile import ELFFile
    from elftools.elf.segments import InterpSegment

    try:
        file = ELFFile(stream)
        linkers = [segment for segment in file.iter_segments() if isinstance(segment, InterpSegment)]
        interpreter = str(linkers[0].get_interp_name()) if linkers else None
        sections = [(str(section.name), int(section["sh_size"])) for section in file.iter_sections()]
    except (ELFError, ValueError, OverflowError, MemoryError):
        # of damaged files pyelftools believes the places and sizes that they claim
        return None
    return Binary(size, interpreter, sum(length for name, length in sections if name.startswith(_DEBUG)))
