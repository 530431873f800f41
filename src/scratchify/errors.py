"""
What can go wrong at the boundary, and what would be a bug.

    ScratchifyError
    ├── UnreadableFile       a named path is missing, unreadable, or no text that can be a Dockerfile
    ├── UnwritableFile       the old file is left whole
    ├── InvalidDockerfile    BuildKit would refuse it; has the line
    ├── InvalidHost          a file that may hold Dockerfiles is no Python or YAML that can be read; has the line
    ├── InvalidSettings      the command line or a configuration file asks for what does not exist; has its place
    │   └── UnknownPath      a path that is to be carried or dropped is no path of this image
    ├── InvalidPatch         a file that is no patch, or one that does more than change files; has its place
    ├── UnfitPatch           a patch of another text than that of the file that it names; has the hunk
    ├── MissingExtra         an optional package is not installed; says how to install it
    ├── EngineFailed         no container engine answers, or it stopped answering
    └── Bug                  the file stays untouched, the message asks for a report
        ├── OverlappingEdits
        └── BrokenPromise

"Cannot do this safely" is none of them: that is the value `Refused`.
"""

from scratchify.source import Span, position


class ScratchifyError(Exception):
    """Anything that this program raises on purpose."""


class UnreadableFile(ScratchifyError):
    """A named path that cannot be read as a Dockerfile."""


class UnwritableFile(ScratchifyError):
    """A file that could not be replaced; its old content is intact."""


class InvalidSettings(ScratchifyError):
    """
    Settings that contradict each other or name nothing that exists.

    `path` and `line` are the place in a configuration file; None where the command line or a caller said it.
    """

    def __init__(self, message: str, path: str | None = None, line: int | None = None) -> None:
        super().__init__(message)
        self.path = path
        self.line = line


class UnknownPath(InvalidSettings):
    """A path of `carry` or `drop` (`option`) that is nowhere in the image; what else there is may have it."""

    def __init__(self, message: str, option: str = "", value: str = "") -> None:
        super().__init__(message)
        self.option = option
        self.value = value


class InvalidPatch(ScratchifyError):
    """A patch that cannot be read, or does what is not done here; `path` and `line` are the place in it."""

    def __init__(self, message: str, path: str, line: int) -> None:
        super().__init__(f"{path}:{line}: {message}")
        self.path = path
        self.line = line


class UnfitPatch(ScratchifyError):
    """A patch that was made of another text; `hunk` is the number of the first that does not fit, `line` its place."""

    def __init__(self, message: str, hunk: int, line: int) -> None:
        super().__init__(message)
        self.hunk = hunk
        self.line = line


class MissingExtra(ScratchifyError):
    """A package that only some commands need is not installed."""


class EngineFailed(ScratchifyError):
    """A container engine that cannot be used; says nothing of the image that was to be built or run."""


class InvalidDockerfile(ScratchifyError):
    """A text that BuildKit would refuse, with the place of the first reason."""

    def __init__(self, message: str, text: str, span: Span) -> None:
        super().__init__(message)
        self.message = message
        self.text = text
        self.span = span

    @property
    def line(self) -> int:
        return position(self.text, self.span.start).line

    @property
    def column(self) -> int:
        return position(self.text, self.span.start).column

    def excerpt(self) -> str:
        """Return the line in question with a caret below the place; two lines, no end."""
        start = self.text.rfind("\n", 0, self.span.start) + 1
        end = self.text.find("\n", start)
        line = self.text[start : end if end != -1 else len(self.text)].rstrip("\r")
        column = self.span.start - start
        window = max(0, column - 60)
        shown = line[window : window + 100].replace("\t", " ")
        return f"{shown}\n{' ' * (column - window)}^"


class InvalidHost(ScratchifyError):
    """A file around Dockerfiles that cannot be read as what its name says; `line` is where that shows."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.line = line


class Bug(ScratchifyError):
    """Something that cannot happen did; the file was left alone."""


class OverlappingEdits(Bug):
    """Two edits claim the same characters."""


class BrokenPromise(Bug):
    """The result does not keep what the tool promises of every result."""
