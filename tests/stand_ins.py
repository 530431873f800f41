"""Shell scripts that stand for programs that a test cannot have: a client that is broken, or of another age."""

from collections.abc import Mapping
from pathlib import Path


def stand_in(folder: Path, name: str, script: str) -> Path:
    """Put a program into a folder; where the folder is all there is on the PATH, the script has the shell alone."""
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / name
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return program


def answering(answers: Mapping[str, str]) -> str:
    """Return a script that knows these arguments and what to do for each; all others are wrong."""
    cases = "".join(f"'{arguments}') {action} ;;\n" for arguments, action in answers.items())
    return f'case "$*" in\n{cases}*) echo "unknown: $*" >&2; exit 64 ;;\nesac'
