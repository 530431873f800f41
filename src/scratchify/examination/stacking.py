"""Several Dockerfiles in one file: each is rewritten in what those before it have left."""

from pathlib import Path

from scratchify.errors import ScratchifyError
from scratchify.examination.attempt import attempt
from scratchify.examination.examine import Examined, failed, on_top


class Stack:
    """Files that hold other things than one Dockerfile, as they are after what was rewritten so far."""

    def __init__(self) -> None:
        self._contents: dict[Path, bytes] = {}

    def on_top(self, result: Examined) -> Examined:
        """Return a result whose patch and content begin where the last one of the same file has ended."""
        path = result.task.source.path
        if path is None or result.after is None or (before := self._contents.get(path)) is None:
            return result
        again = attempt(lambda: on_top(result, before))
        return failed(result.task, again) if isinstance(again, ScratchifyError) else again

    def kept(self, result: Examined) -> Examined:
        """Return the result, whose content the next one of the same file begins with."""
        path = result.task.source.path
        if path is not None and result.after is not None and result.hosted.kind:
            self._contents[path] = result.after
        return result
