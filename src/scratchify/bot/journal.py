"""What a sweep has done, in a small file, so that it goes on where it was stopped."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from scratchify.errors import ScratchifyError

_TABLES = """
CREATE TABLE IF NOT EXISTS sweep (errand TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS visit (repository TEXT PRIMARY KEY, result TEXT NOT NULL);
"""


class JournalFailed(ScratchifyError):
    """The file of a sweep cannot be read or written, or is that of another sweep."""


class Journal:
    """
    The results of one sweep, each kept as soon as it is known.

    A file that another errand has begun is not taken up; one whose sweep came to its end begins anew.
    """

    def __init__(self, file: Path, errand: str) -> None:
        self._file = file
        try:
            self._connection = sqlite3.connect(file)
            self._connection.executescript(_TABLES)
            known = self._connection.execute("SELECT errand FROM sweep").fetchone()
            if known and known[0] != errand:
                raise JournalFailed(f"{file} is of a sweep with other options; remove it, or finish that one")
            with self._connection:
                self._connection.execute("DELETE FROM sweep")
                self._connection.execute("INSERT INTO sweep VALUES (?)", (errand,))
        except sqlite3.Error as error:
            raise JournalFailed(f"{file}: {error}") from error

    def results(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield the repositories that were visited, with what became of them."""
        with closing(self._connection.execute("SELECT repository, result FROM visit")) as rows:
            yield from ((name, json.loads(result)) for name, result in rows)

    def keep(self, repository: str, result: dict[str, Any]) -> None:
        try:
            with self._connection:
                text = json.dumps(result)
                self._connection.execute("INSERT OR REPLACE INTO visit VALUES (?, ?)", (repository, text))
        except sqlite3.Error as error:
            raise JournalFailed(f"{self._file}: {error}") from error

    def finish(self) -> None:
        """Forget what was done: the next sweep with this file begins anew."""
        with self._connection:
            self._connection.execute("DELETE FROM visit")
            self._connection.execute("DELETE FROM sweep")

    def close(self) -> None:
        self._connection.close()
