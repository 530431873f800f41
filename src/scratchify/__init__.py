r"""
Rewrite single-stage Go Dockerfiles into a build stage and a final stage `FROM scratch`, with evidence for every line.

>>> from scratchify import MemoryContext, refactor
>>> dockerfile = "FROM golang:1.22\nWORKDIR /app\nCOPY . .\nRUN go build -o app .\nCMD ['./app']\n".replace("'", '"')
>>> source = {"go.mod": "module example.com/app\n", "main.go": "package main\n\nfunc main() {}\n"}
>>> outcome = refactor(dockerfile, MemoryContext(source))
>>> outcome.final_stage.base
'scratch'
>>> outcome.final_stage.entrypoint
('/app/app',)
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scratchify.context import BuildContext, DirectoryContext, MemoryContext
    from scratchify.outcome import Outcome, Refused, Rewritten, Unchanged
    from scratchify.refactor import refactor
    from scratchify.settings import Settings

_PLACES = {
    "BuildContext": "context",
    "DirectoryContext": "context",
    "MemoryContext": "context",
    "Outcome": "outcome",
    "Refused": "outcome",
    "Rewritten": "outcome",
    "Settings": "settings",
    "Unchanged": "outcome",
}

__version__ = "0.1.0"
__all__ = [
    "BuildContext",
    "DirectoryContext",
    "MemoryContext",
    "Outcome",
    "Refused",
    "Rewritten",
    "Settings",
    "Unchanged",
    "refactor",
]


class _Package(ModuleType):
    """`scratchify.refactor` is the function, although the module that it comes from has the same name."""

    @property
    def refactor(self) -> Any:
        return import_module("scratchify.refactor").refactor

    @refactor.setter
    def refactor(self, module: ModuleType) -> None:
        """Ignore what the import system sets when the module is loaded."""


def __getattr__(name: str) -> object:
    """Load a public name when it is asked for: most runs need few of them."""
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)


sys.modules[__name__].__class__ = _Package
