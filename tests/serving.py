"""The service in a process of its own, whose work is to write down what it was asked to do."""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from scratchify.bot.service.queue import Job, Queue
from scratchify.bot.service.serve import Place, serve
from scratchify.bot.service.workers import Work


def writing_down(file: Path, seconds: float) -> Callable[[Callable[[], Queue]], Work]:
    def work(job: Job) -> str:
        with file.open("a") as out:
            out.write(f"begin {job.repository} {job.pull} {job.commit}\n")
        time.sleep(seconds)
        with file.open("a") as out:
            out.write(f"end {job.repository} {job.pull} {job.commit}\n")
        return f"did {job.repository}"

    return lambda _: work


if __name__ == "__main__":
    folder, port, seconds, workers = Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])
    place = Place("127.0.0.1", port, folder / "jobs.db", workers)
    serve(
        place, os.environ["SCRATCHIFY_WEBHOOK_SECRET"], "scratchify/dockerfiles", writing_down(folder / "log", seconds)
    )
