"""The service as a process: the queue, the workers, the pages, and a clean end."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from scratchify.bot.forge import Forge
from scratchify.bot.review import review_pull
from scratchify.bot.service.application import Service, application
from scratchify.bot.service.metrics import Metrics
from scratchify.bot.service.queue import Job, Queue
from scratchify.bot.service.workers import Work, Workers
from scratchify.bot.visit import Errand, Guest
from scratchify.errors import MissingExtra, ScratchifyError

SECONDS_TO_END = 30.0
"""For a job that runs when the service is stopped; what is not ended then runs again."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the service listens, and where its jobs are kept."""

    host: str
    port: int
    database: Path
    workers: int


class Failed(ScratchifyError):
    """A visit that failed, so that it is tried again."""


def work_of_bot(forge: Forge, errand: Errand, queue: Callable[[], Queue]) -> Work:
    """Return what does a job: a visit of the repository, or a review of the pull request."""

    def work(job: Job) -> str:
        repository = forge.repository(job.repository)
        if job.pull:

            def is_new(mark: str) -> bool:
                return queue().say_once(job.repository, job.pull, mark)

            return review_pull(forge, errand, repository, job.pull, job.commit, is_new)
        if repository.archived or repository.fork:
            return "skipped: it is archived, or a fork"
        visit = Guest(forge, errand).visit(repository)
        if visit.state == "failed":
            raise Failed(visit.why)
        return "  ".join(filter(None, (visit.state, visit.url, visit.why)))

    return work


def serve(place: Place, secret: str, branch: str, work: Callable[[Callable[[], Queue]], Work]) -> None:
    """Serve until the process is told to end. Raises MissingExtra."""
    try:
        import prometheus_client  # noqa: F401
        import starlette  # noqa: F401
        import uvicorn
    except ImportError as missing:
        raise MissingExtra(f"the service needs {missing.name}; pip install 'scratchify[bot]'") from missing
    queue = Queue(place.database)
    queue.recover()
    queue.prune()
    metrics = Metrics()
    workers = Workers(queue, work(lambda: queue), place.workers, metrics.worked)
    workers.start()
    app = application(Service(queue, secret, branch, metrics, workers.wake))
    try:
        # no log of requests: an address may hold what is nobody's business
        uvicorn.run(app, host=place.host, port=place.port, log_level="warning", access_log=False, server_header=False)
    finally:
        workers.stop(SECONDS_TO_END)
        queue.close()
