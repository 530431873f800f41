"""What a remark is known by from one run to the next, though lines move."""

from collections import Counter
from hashlib import sha256


class Fingerprints:
    """The marks of one document: no two are the same, for a second of the same words is counted."""

    def __init__(self) -> None:
        self._seen: Counter[str] = Counter()

    def of(self, *words: str) -> str:
        """Return the mark of something that these words tell from all others."""
        known_by = "\0".join(words)
        self._seen[known_by] += 1
        return sha256(f"{known_by}\0{self._seen[known_by]}".encode("utf-8", "backslashreplace")).hexdigest()
