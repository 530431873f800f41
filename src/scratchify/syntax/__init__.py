"""Text to a lossless tree. Total: any text has one. Knows nothing of stages."""

from scratchify.syntax.document import (
    Blank,
    Comment,
    Directive,
    Document,
    Flag,
    Heredoc,
    Instruction,
    LogicalLine,
    Node,
)
from scratchify.syntax.parser import parse

__all__ = [
    "Blank",
    "Comment",
    "Directive",
    "Document",
    "Flag",
    "Heredoc",
    "Instruction",
    "LogicalLine",
    "Node",
    "parse",
]
