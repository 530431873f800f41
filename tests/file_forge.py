"""A forge in a file, so that it outlives who asks it."""

import pickle
from pathlib import Path

from scratchify.bot.forge import Proposal, PullRequest, Repository
from scratchify.bot.memory import MemoryForge


class FileForge(MemoryForge):
    """A forge in memory that is written to a file before it answers what changed it."""

    file: Path

    def open(self, repository: str, proposal: Proposal) -> PullRequest:
        pull = super().open(repository, proposal)
        self.save()
        return pull

    def update(self, repository: str, number: int, proposal: Proposal) -> PullRequest:
        pull = super().update(repository, number, proposal)
        self.save()
        return pull

    def save(self) -> None:
        beside = self.file.with_suffix(".new")
        beside.write_bytes(pickle.dumps(self))
        beside.replace(self.file)


def forge_in(file: Path) -> FileForge:
    found = pickle.loads(file.read_bytes())  # our own
    assert isinstance(found, FileForge)
    return found


def new_forge(file: Path, repository: Repository) -> FileForge:
    forge = FileForge([repository])
    forge.file = file
    forge.save()
    return forge
