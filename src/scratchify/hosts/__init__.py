"""
Where a Dockerfile lives: in a file of its own, in a string of Python source, in a compose file.

A host finds the Dockerfiles in a file's text, and puts a new one back without touching anything else.
"""

import re
from pathlib import Path

from scratchify.hosts.hosted import Host, Hosted
from scratchify.hosts.plain import PlainFile

__all__ = ["EMBEDDING", "Host", "Hosted", "host_of", "is_embedding", "is_generated", "may_hold"]

PYTHON = (".py", ".pyi", ".pyw")
YAML = (".yml", ".yaml")
EMBEDDING = PYTHON + YAML

_GO = (b"golang", b"go build", b"go install", b"go run", b"go get", b"go mod", b"/go/bin")
_FROM_GO = re.compile(rb"\bfrom\s+\S*golang", re.IGNORECASE)
_GENERATED = re.compile(
    rb"@generated\b|\bDO NOT EDIT\b"
    rb"|(?im:^\W*(?:this file (?:is|was|has been) )?(?:code )?(?:auto(?:matically)?[- ]?)?generated (?:by|from|with)\b)"
)
_HEAD = 1000
"""Bytes at the beginning of a file in which a generator says that it wrote it."""


def is_embedding(name: str) -> bool:
    """Say whether a file of this name may hold Dockerfiles among other things; `Dockerfile.py` is one itself."""
    name = name.lower()
    return name.endswith(EMBEDDING) and not name.startswith(("dockerfile", "containerfile"))


def host_of(path: Path | None) -> Host:
    """Return what finds Dockerfiles in a file of this name; standard input is a Dockerfile itself."""
    ending = path.suffix.lower() if path and is_embedding(path.name) else ""
    if ending in PYTHON:
        from scratchify.hosts.python import PythonSource

        return PythonSource()
    if ending in YAML:
        from scratchify.hosts.compose import ComposeFile

        return ComposeFile()
    return PlainFile()


def may_hold(path: Path, content: bytes) -> bool:
    """Say whether a file is worth being parsed: only one that speaks of Go can hold a Dockerfile that builds it."""
    if not any(word in content for word in _GO):
        return False
    if path.suffix.lower() in YAML:
        return b"dockerfile_inline" in content
    # most Python has `from` in it, but not in capitals
    return b"FROM" in content or bool(_FROM_GO.search(content))


def is_generated(content: bytes) -> bool:
    """Say whether a file says in its first lines that a program wrote it."""
    return bool(_GENERATED.search(content[:_HEAD]))
