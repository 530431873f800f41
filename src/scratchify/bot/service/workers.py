"""A bounded number of workers, each with one job at a time; what a job raises is its own failure."""

import time
from collections.abc import Callable
from threading import Condition, Thread

from scratchify.bot.forge import ForgeFailed
from scratchify.bot.service.queue import Job, Queue
from scratchify.errors import ScratchifyError

IDLE_SECONDS = 5.0
"""After which a worker looks for jobs whose time has come, though nobody has told it of one."""

Work = Callable[[Job], str]
"""Does a job and returns what became of it in a line. Raises ScratchifyError."""

Told = Callable[[Job, str, float], None]
"""Takes a job, how it ended (`done`, `failed`), and the seconds that it took."""


class Workers:
    """Threads that take jobs from a queue until they are stopped."""

    def __init__(self, queue: Queue, work: Work, count: int, told: Told = lambda *_: None) -> None:
        self._queue = queue
        self._work = work
        self._told = told
        self._news = Condition()
        self._stopping = False
        self._threads = [Thread(target=self._run, name=f"worker-{number}", daemon=True) for number in range(count)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def wake(self) -> None:
        """Say that there is something to do."""
        with self._news:
            self._news.notify()

    def stop(self, seconds: float) -> None:
        """Let every worker end its job; what is not ended in time is run again after the next start."""
        with self._news:
            self._stopping = True
            self._news.notify_all()
        end = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, end - time.monotonic()))

    def _run(self) -> None:
        while not self._stopping:
            job = self._queue.claim()
            if job is None:
                with self._news:
                    if not self._stopping:
                        self._news.wait(IDLE_SECONDS)
                continue
            self._do(job)

    def _do(self, job: Job) -> None:
        begin = time.monotonic()
        try:
            result = self._work(job)
        except ForgeFailed as error:
            self._queue.fail(job, str(error), error.retry_after)
            ended = "failed"
        except ScratchifyError as error:
            self._queue.fail(job, str(error))
            ended = "failed"
        except Exception as error:  # of one repository, which is not the others'
            self._queue.fail(job, f"internal error: {type(error).__name__}: {error}")
            ended = "failed"
        else:
            self._queue.finish(job, result)
            ended = "done"
        self._told(job, ended, time.monotonic() - begin)
        # what waited for this repository may run now
        self.wake()
