"""A file that is a Dockerfile, from its first character to its last."""

from scratchify.decisions import Refuse
from scratchify.hosts.hosted import Hosted


class PlainFile:
    """The host of most Dockerfiles."""

    def dockerfiles(self, text: str) -> tuple[Hosted, ...]:
        return (Hosted(text),)

    def put_back(self, text: str, number: int, new: str) -> str | Refuse:  # noqa: ARG002  # it is all of the file
        return new
