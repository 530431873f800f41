"""
What rules say: a decision, and the finding that it follows from.

No decision without a finding: the finding is the evidence, the decision the consequence, the edit the means.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from posixpath import dirname
from shlex import quote
from typing import TYPE_CHECKING, Literal

from scratchify.edits import Edit
from scratchify.source import Span

if TYPE_CHECKING:
    from scratchify.analysis.facts import Facts
    from scratchify.model import Build


@dataclass(frozen=True, slots=True)
class Finding:
    """What was seen, and where: in the Dockerfile (`path` is None) or in a file of the build context."""

    path: PurePosixPath | None
    line: int
    message: str


@dataclass(frozen=True, slots=True)
class Divide:
    """Make the only stage the build stage of a final one; `span` is its FROM."""

    rule: str
    because: Finding
    span: Span


@dataclass(frozen=True, slots=True)
class Rewrite:
    """Change text in place."""

    rule: str
    because: Finding
    edit: Edit


@dataclass(frozen=True, slots=True)
class Carry:
    """Say this instruction again in the final stage; unless `keep`, take it out of the build stage."""

    rule: str
    because: Finding
    span: Span
    keep: bool


@dataclass(frozen=True, slots=True)
class Fetch:
    """
    Copy a file or folder of the build stage to the final one.

    `at` is the offset of the instruction that it follows in order, None for what comes before all others;
    `is_folder` copies contents into a folder of the same name.
    """

    rule: str
    because: Finding
    source: str
    target: str
    is_folder: bool = False
    owner: str | None = None
    at: int | None = None


ROOTFS = "/rootfs"
"""Where the build stage gathers what COPY cannot say."""


@dataclass(frozen=True, slots=True)
class Collect:
    """Shell for what COPY cannot say: it fills ROOTFS in the build stage. `creates` are the image's paths."""

    rule: str
    because: Finding
    shell: str
    creates: tuple[str, ...]


def gather_if_there(path: str, copy: str) -> str:
    """Return the shell that gathers a path by the command `copy`, and nothing where the builder lacks it."""
    source, folder = quote(path), quote(f"{ROOTFS}{dirname(path).rstrip('/')}")
    return f"if [ -e {source} ]; then mkdir -p {folder} && {copy} {source} {folder}/; fi"


@dataclass(frozen=True, slots=True)
class Provide:
    """
    Say something new, in the final stage or, with `in_build_stage`, right behind FROM.

    `replaces` is an instruction that this stands for: its comments come along, and it leaves the build stage.
    """

    rule: str
    because: Finding
    instruction: str
    at: int | None = None
    replaces: Span | None = None
    in_build_stage: bool = False


@dataclass(frozen=True, slots=True)
class Command:
    """
    What the container runs, as exec forms; None where the final stage says nothing.

    `binary` is the absolute path of the program. `said_anew` are the keywords that the final stage says in new words,
    in place of the instructions `replaces`; what stays as it was is carried.
    """

    rule: str
    because: Finding
    binary: str
    entrypoint: tuple[str, ...] | None
    cmd: tuple[str, ...] | None
    said_anew: tuple[Literal["ENTRYPOINT", "CMD"], ...]
    replaces: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Require:
    """A capability that the final base must have."""

    rule: str
    because: Finding
    capability: Literal["libc", "shell", "program"]
    name: str = ""


@dataclass(frozen=True, slots=True)
class Assume:
    """Not proven, let pass with a remark; under strict settings, a refusal."""

    rule: str
    because: Finding


@dataclass(frozen=True, slots=True)
class Refuse:
    """Leave the whole file alone."""

    rule: str
    because: Finding


Decision = Divide | Rewrite | Carry | Fetch | Collect | Provide | Command | Require | Assume | Refuse


@dataclass(frozen=True, slots=True)
class Example:
    """A build context and a Dockerfile before and after; without `after` the rule leaves it alone."""

    before: str
    after: str | None = None
    files: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rule:
    """A named, pure function from facts to decisions, with one example that is documentation and test."""

    name: str
    summary: str
    decide: "Callable[[Build, Facts], Iterator[Decision]]"
    example: Example
