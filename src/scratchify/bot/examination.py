"""A clone looked at in a process of its own: what takes for ever, or all the memory, is that repository's trouble."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext, SpawnContext
from pathlib import Path

from scratchify.configuration import Said
from scratchify.engine.verification import Progress
from scratchify.errors import Bug, ScratchifyError
from scratchify.examination.attempt import attempt
from scratchify.examination.examine import Examined, examine, tasks_in
from scratchify.examination.stacking import Stack


@dataclass(frozen=True, slots=True)
class Look:
    """
    How a clone is looked at: what is said of settings, whether both images are built and run, on which engine.

    `seconds` is when it is given up, `memory` the bytes that it may take.
    """

    said: Said
    verify: bool = False
    engine: str | None = None
    seconds: float = 600
    memory: int = 4_000_000_000


class NotExamined(ScratchifyError):
    """A clone that could not be looked at to the end."""


def examined(clone: Path, look: Look) -> tuple[Examined, ...]:
    """Return what becomes of each Dockerfile of a clone. Raises NotExamined, and what the child raised."""
    context = _context()
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_send, args=(theirs, clone, look), daemon=True)
    process.start()
    theirs.close()
    try:
        if not ours.poll(look.seconds):
            raise NotExamined(f"not read to the end within {look.seconds:.0f} s")
        result = ours.recv()
    except EOFError as gone:
        process.join(5)
        raise NotExamined(f"reading it ended the process, with {process.exitcode}") from gone
    finally:
        ours.close()
        if process.is_alive():
            process.join(1)
        process.kill()
        process.join()
    if isinstance(result, ScratchifyError):
        raise result
    assert isinstance(result, tuple)
    return result


def _context() -> SpawnContext | ForkServerContext:
    # A fork of this process would have its threads' locks; one of a server that never had any does not.
    if sys.platform != "linux":
        return get_context("spawn")
    context = get_context("forkserver")
    context.set_forkserver_preload(["scratchify.bot.examination", "scratchify.refactor"])
    return context


def _send(pipe: Connection, clone: Path, look: Look) -> None:
    _limit_memory(look.memory)
    result = attempt(lambda: _examined(clone, look))
    if isinstance(result, Bug):
        # its cause may not travel
        result = Bug(str(result))
    pipe.send(result)
    pipe.close()


def _examined(clone: Path, look: Look) -> tuple[Examined, ...]:
    stack, sift = Stack(), _verifier(look)
    results = []
    for task in tasks_in(clone, look.said):
        if task.source.missing:  # no Dockerfile at all
            continue
        results.append(stack.kept(sift(stack.on_top(examine(task)))))
    return tuple(results)


def _verifier(look: Look) -> Callable[[Examined], Examined]:
    if not look.verify:
        return lambda result: result
    from scratchify.examination.verifying import Verifier

    verifier = Verifier(look.engine, Progress())
    return lambda result: verifier.sifted(result)[0]


def _limit_memory(size: int) -> None:
    try:
        import resource
    except ImportError:  # not on Windows
        return
    resource.setrlimit(resource.RLIMIT_AS, (size, size))
