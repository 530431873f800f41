"""
Deliveries of webhooks to the service, as fast as they come, while its workers work.

    python -m benchmarks.webhooks [COUNT] [PER_SECOND]

prints how long it took to acknowledge them, and whether each repository's last state was processed, and none twice.
"""

import sys
import time
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.service_client import commit_of, push, running

REPOSITORIES = 200

SECONDS_OF_WORK = 0.02
"""Of each job: as if there were nothing to change."""


def main(count: int, rate: int) -> None:
    with TemporaryDirectory() as folder, running(Path(folder), seconds=SECONDS_OF_WORK, workers=2) as service:
        begin, waits = time.monotonic(), []
        for number in range(1, count + 1):
            ahead = begin + number / rate - time.monotonic()
            if ahead > 0:
                time.sleep(ahead)
            before = time.monotonic()
            answer = service.deliver(push(f"octo/r-{number % REPOSITORIES}", number))
            waits.append(time.monotonic() - before)
            assert answer.status_code == 202, answer.text
        took = time.monotonic() - begin
        service.wait(600)
        done = service.done()
        waits.sort()
        wanted = {f"octo/r-{n % REPOSITORIES}": commit_of(n) for n in range(count + 1 - REPOSITORIES, count + 1)}
        print(f"{count} deliveries in {took:.1f} s, {count / took:.0f} a second")
        for part in (0.5, 0.9, 0.99, 0.999):
            print(f"acknowledged within {1000 * waits[int(len(waits) * part)]:.1f} ms: {100 * part:g} %")
        print(f"{len(done)} jobs; twice: {sum(times > 1 for times in Counter(done).values())}")
        last = dict(done)
        print(f"last states processed: {sum(last.get(name) == wanted[name] for name in wanted)} of {REPOSITORIES}")


if __name__ == "__main__":
    words = [int(word) for word in sys.argv[1:]]
    main(*[*words, *(20_000, 200)[len(words) :]])
