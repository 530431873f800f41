"""
Jobs in SQLite: taken over restarts, one at a time for a repository, and the newest of those that wait.

https://www.sqlite.org/wal.html; a commit is on its way to the disk when it is acknowledged, and survives the process.
"""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Literal

State = Literal["waiting", "running", "done", "failed"]

ATTEMPTS = 3
"""Of a job whose process died, or that failed."""

KEPT_SECONDS = 7 * 86400
"""For which deliveries are known again, and finished jobs are listed."""

_TABLES = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
CREATE TABLE IF NOT EXISTS delivery (id TEXT PRIMARY KEY, at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS job (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    repository TEXT NOT NULL,
    pull INTEGER NOT NULL DEFAULT 0,
    commit_name TEXT NOT NULL,
    commit_at INTEGER NOT NULL,
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    not_before REAL NOT NULL DEFAULT 0,
    changed REAL NOT NULL,
    result TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX IF NOT EXISTS one_waits ON job (repository, pull) WHERE state = 'waiting';
CREATE UNIQUE INDEX IF NOT EXISTS one_runs ON job (repository) WHERE state = 'running';
CREATE INDEX IF NOT EXISTS by_state ON job (state, not_before);
CREATE TABLE IF NOT EXISTS last (
    repository TEXT, pull INTEGER, commit_name TEXT NOT NULL, commit_at INTEGER NOT NULL, PRIMARY KEY (repository, pull)
);
CREATE TABLE IF NOT EXISTS said (repository TEXT, pull INTEGER, what TEXT, PRIMARY KEY (repository, pull, what));
"""


@dataclass(frozen=True, slots=True)
class Job:
    """Something to be done in a repository: for its default branch, or for a pull request where `pull` is not 0."""

    id: int
    repository: str
    pull: int
    commit: str
    state: State
    attempts: int
    changed: float
    result: str


@dataclass(frozen=True, slots=True)
class Wish:
    """What a delivery asks for; of two that wait for the same the one with the later `at` stays."""

    repository: str
    commit: str
    at: int = 0
    pull: int = 0


class Queue:
    """The jobs of one service; every method may be called from any thread."""

    def __init__(self, file: Path, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._lock = Lock()
        self._connection = sqlite3.connect(file, timeout=10, check_same_thread=False, isolation_level=None)
        self._connection.executescript(_TABLES)

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    def recover(self) -> int:
        """Let wait again what was running when the process died, and return how many there were."""
        with self._transaction() as run:
            rows = run("SELECT id, repository, pull, commit_name, commit_at, attempts FROM job WHERE state = 'running'")
            found = rows.fetchall()
            for id_, repository, pull, commit, at, attempts in found:
                run("DELETE FROM job WHERE id = ?", id_)
                if attempts < ATTEMPTS:
                    self._wish(run, Wish(repository, commit, at, pull), attempts)
        return len(found)

    def take(self, delivery: str, wishes: tuple[Wish, ...]) -> bool:
        """Keep what a delivery asks for; say whether it is the first of its name. It is kept when this returns."""
        with self._transaction() as run:
            if run("INSERT OR IGNORE INTO delivery VALUES (?, ?)", delivery, self._clock()).rowcount == 0:
                return False
            for wish in wishes:
                self._wish(run, wish, 0)
        return True

    def _wish(self, run: "_Run", wish: Wish, attempts: int) -> None:
        if self._is_old(run, wish):
            return
        run(
            """
            INSERT INTO job (repository, pull, commit_name, commit_at, state, attempts, changed)
            VALUES (?, ?, ?, ?, 'waiting', ?, ?)
            ON CONFLICT (repository, pull) WHERE state = 'waiting' DO UPDATE SET
                commit_name = excluded.commit_name, commit_at = excluded.commit_at,
                attempts = excluded.attempts, not_before = 0, changed = excluded.changed
            WHERE excluded.commit_at >= commit_at
            """,
            wish.repository,
            wish.pull,
            wish.commit,
            wish.at,
            attempts,
            self._clock(),
        )

    def _is_old(self, run: "_Run", wish: Wish) -> bool:
        """Say whether something as new as this was done or is being done."""
        rows = run(
            """
            SELECT commit_name, commit_at FROM last WHERE repository = ? AND pull = ?
            UNION SELECT commit_name, commit_at FROM job WHERE state = 'running' AND repository = ? AND pull = ?
            """,
            *(wish.repository, wish.pull) * 2,
        )
        return any(commit == wish.commit or at > wish.at for commit, at in rows)

    def claim(self) -> Job | None:
        """Return the oldest job that waits, of no repository in which another runs; it runs from now on."""
        with self._transaction() as run:
            row = run(
                """
                SELECT id FROM job WHERE state = 'waiting' AND not_before <= ?
                AND repository NOT IN (SELECT repository FROM job WHERE state = 'running') ORDER BY id LIMIT 1
                """,
                self._clock(),
            ).fetchone()
            if row is None:
                return None
            run(
                "UPDATE job SET state = 'running', attempts = attempts + 1, changed = ? WHERE id = ?",
                self._clock(),
                row[0],
            )
            return _job(run(f"{_SELECT} WHERE id = ?", row[0]).fetchone())

    def finish(self, job: Job, result: str) -> None:
        """Keep that a job is done: its commit is not looked at again."""
        with self._transaction() as run:
            run("UPDATE job SET state = 'done', changed = ?, result = ? WHERE id = ?", self._clock(), result, job.id)
            run(
                "INSERT OR REPLACE INTO last SELECT repository, pull, commit_name, commit_at FROM job WHERE id = ?",
                job.id,
            )
            run(
                "DELETE FROM job WHERE state = 'waiting' AND repository = ? AND pull = ? AND commit_name = ?",
                job.repository,
                job.pull,
                job.commit,
            )

    def fail(self, job: Job, why: str, retry_after: float | None = None) -> None:
        """Keep that a job failed; it waits for its next attempt, as far as there is one and nothing newer waits."""
        with self._transaction() as run:
            newer = run(
                "SELECT 1 FROM job WHERE state = 'waiting' AND repository = ? AND pull = ?", job.repository, job.pull
            ).fetchone()
            is_last = job.attempts >= ATTEMPTS or newer is not None
            state: State = "failed" if is_last else "waiting"
            wait = 0.0 if is_last else retry_after or 30.0 * 4 ** (job.attempts - 1)
            run(
                "UPDATE job SET state = ?, not_before = ?, changed = ?, result = ? WHERE id = ?",
                state,
                self._clock() + wait,
                self._clock(),
                why,
                job.id,
            )

    def say_once(self, repository: str, pull: int, what: str) -> bool:
        """Say whether something is said for the first time to a pull request."""
        with self._transaction() as run:
            return run("INSERT OR IGNORE INTO said VALUES (?, ?, ?)", repository, pull, what).rowcount == 1

    def jobs(self, most: int = 500) -> tuple[Job, ...]:
        """Return the jobs, those that changed last first."""
        with self._transaction() as run:
            return tuple(map(_job, run(f"{_SELECT} ORDER BY changed DESC, id DESC LIMIT ?", most)))

    def counts(self) -> dict[State, int]:
        with self._transaction() as run:
            return dict(run("SELECT state, count(*) FROM job GROUP BY state").fetchall())

    def prune(self) -> None:
        """Forget deliveries and finished jobs of long ago."""
        before = self._clock() - KEPT_SECONDS
        with self._transaction() as run:
            run("DELETE FROM delivery WHERE at < ?", before)
            run("DELETE FROM job WHERE state IN ('done', 'failed') AND changed < ?", before)

    @contextmanager
    def _transaction(self) -> "Iterator[_Run]":
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield lambda text, *values: self._connection.execute(text, values)
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")


_Run = Callable[..., sqlite3.Cursor]

_SELECT = "SELECT id, repository, pull, commit_name, state, attempts, changed, result FROM job"


def _job(row: tuple[int, str, int, str, State, int, float, str]) -> Job:
    return Job(*row)
