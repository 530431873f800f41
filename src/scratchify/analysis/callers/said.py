"""
What files of a repository say of images: who builds them, and how they are run.

A text may hold UNKNOWN, for a part that only its own reader would know: a variable of a shell or of CI, a template.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from posixpath import basename, join, normpath

UNKNOWN = "\ue000"


def known(text: str) -> str | None:
    """Return a text, None where a part of it is not known."""
    return None if UNKNOWN in text else text


@dataclass(frozen=True, slots=True)
class Said:
    """A command: its words, None for one that is not known, and whether a shell reads it; lines count from 1."""

    words: tuple[str | None, ...]
    needs_shell: bool
    line: int

    @property
    def shown(self) -> str:
        """The command in one line, for people."""
        first, *rest = " ".join("…" if word is None else word for word in self.words).strip().split("\n")
        return f"{first} …" if rest else first


@dataclass(frozen=True, slots=True)
class Setting:
    """A word that something is set to, and where."""

    value: str
    line: int


@dataclass(frozen=True, slots=True)
class ImageBuild:
    """
    An image is built: from one of these Dockerfiles, paths of the repository, as these names.

    `context` is the folder that is sent to the builder.
    """

    line: int
    dockerfiles: tuple[str, ...]
    names: tuple[str, ...] = ()
    context: str = ""


@dataclass(frozen=True, slots=True)
class ImageUse:
    """
    A container of an image is made, or one that exists is used.

    The image is told by its name, by the Dockerfile that it is built from (`dockerfiles`, one of them), or as that of
    a container; `names` are those of this container. `entrypoint` and `command` are what stands in for the image's
    own, `beside` commands that run in the container as well; `mounts` are absolute paths that a part of the checkout
    is laid over; `environment` are values of variables; `takes` paths that are copied out of the image. `develops`
    says in words what is done with the image that takes more than a program.
    """

    line: int
    image: str = ""
    dockerfiles: tuple[str, ...] = ()
    container: str = ""
    names: tuple[str, ...] = ()
    entrypoint: Said | None = None
    command: Said | None = None
    beside: tuple[Said, ...] = ()
    mounts: tuple[Setting, ...] = ()
    environment: tuple[Setting, ...] = ()
    user: Setting | None = None
    takes: tuple[Setting, ...] = ()
    develops: str = ""


Statement = ImageBuild | ImageUse


def without_tag(reference: str) -> str:
    """Return an image's name without its tag and digest: `registry.example:5000/acme/app:2` is in `…/acme/app`."""
    name = reference.partition("@")[0]
    return name[: name.index(":", name.rfind("/") + 1)] if ":" in name[name.rfind("/") + 1 :] else name


def last_part(reference: str) -> str:
    """Return the last part of an image's name, empty where it is not known."""
    return known(basename(without_tag(reference))) or ""


def said(words: Sequence[str], line: int) -> Said:
    """Return words as a command that no shell reads."""
    return Said(tuple(known(word) for word in words), False, line)


def inside(folder: str, path: str) -> str:
    """Return a path of the repository; what leads out of it ends at its root."""
    return normpath(join("/", folder, path)).lstrip("/")
