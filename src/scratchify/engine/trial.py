"""
One run of a verification: it names what it makes in the engine, and leaves nothing there.

Containers, images and networks bear a label with the run's name. They are removed at the end, after an interruption
too; where this process is killed outright, another one, which waits for just that, does it.
"""

import os
import secrets
import subprocess
import sys
from contextlib import suppress
from types import TracebackType
from typing import Self

from scratchify.engine.client import Client
from scratchify.errors import EngineFailed

LABEL = "scratchify.run"
"""Everything that is made bears it; the value is the run's name."""

KINDS = ("container", "network", "image")
"""In the order in which they can be removed: an image that a container uses stays."""


class Trial:
    """The run's name, and what was made in its course that bears no label."""

    def __init__(self, client: Client, *, keep: bool = False) -> None:
        self.client = client
        self.name = secrets.token_hex(4)
        self.keep = keep
        self._unlabelled: list[tuple[str, str]] = []
        self._watchdog: subprocess.Popen[bytes] | None = None

    @property
    def labels(self) -> tuple[str, ...]:
        return (f"{LABEL}={self.name}",)

    def image_name(self, what: str) -> str:
        return f"scratchify-verify:{self.name}-{what}"

    def container_name(self, what: str) -> str:
        return f"scratchify-{self.name}-{what}"

    def made(self, kind: str, id_: str) -> None:
        """Remember what bears no label: processes and folders here, and what the classic builder makes on its way."""
        self._unlabelled.append((kind, id_))
        self._tell(f"{kind} {id_}")

    def __enter__(self) -> Self:
        # -P: else Python looks for modules in the working folder first, which may be anybody's
        command = [sys.executable, "-P", "-m", "scratchify.engine.watchdog", self.client.program, self.name]
        environment = {**self.client.environment, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        self._watchdog = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            clean(self.client, self.name, self._unlabelled, keep=self.keep and error is None)
        except EngineFailed:
            # it is gone; the watchdog waits a while for it to come back
            self._let_go()
            if error is None:
                raise
        else:
            # what was under way when it was interrupted comes a little later: the watchdog looks again
            if error is None:
                self._tell("done")
            self._let_go(patience=10 if error is None else 0)

    def _let_go(self, patience: float = 0) -> None:
        if self._watchdog and self._watchdog.stdin:
            with suppress(OSError):
                self._watchdog.stdin.close()
            with suppress(subprocess.TimeoutExpired):
                self._watchdog.wait(patience)

    def _tell(self, line: str) -> None:
        if self._watchdog and self._watchdog.stdin:
            with suppress(OSError):
                self._watchdog.stdin.write(f"{line}\n".encode())
                self._watchdog.stdin.flush()


def clean(client: Client, run: str, unlabelled: list[tuple[str, str]], *, keep: bool) -> None:
    """Remove what a run made; with `keep` all but its images that have a name."""
    for kind in KINDS:
        tried = 0
        # an image stays as long as there is one that was made from it
        while (found := _found(client, kind, run, keep=keep)) and len(found) != tried:
            client.remove(kind, found)
            tried = len(found)
        # later ones were made from earlier ones, and go first
        for other, id_ in reversed(unlabelled):
            if other == kind and not (kind == "image" and client.is_named(id_)):
                client.remove(kind, [id_])


def _found(client: Client, kind: str, run: str, *, keep: bool) -> list[str]:
    found = client.labelled(kind, f"{LABEL}={run}")
    # buildah labels the last image of each stage, and names only that of the last one
    return [id_ for id_ in found if not (keep and kind == "image" and client.is_named(id_))]
