"""
What rules say: a decision, and the finding that it follows from.

No decision without a finding: the finding is the evidence, the decision the consequence, the edit the means.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from posixpath import dirname
from shlex import quote
from typing import TYPE_CHECKING, Literal

from scratchify.edits import Edit
from scratchify.settings import Settings
from scratchify.source import Span

if TYPE_CHECKING:
    from scratchify.analysis.facts import Facts
    from scratchify.analysis.go_program import Place
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
    `is_folder` copies contents into a folder of the same name. `of_distribution`: every distribution has its own, so
    that a base that holds it needs no other.
    """

    rule: str
    because: Finding
    source: str
    target: str
    is_folder: bool = False
    owner: str | None = None
    at: int | None = None
    of_distribution: bool = False


ROOTFS = "/rootfs"
"""Where the build stage gathers what COPY cannot say."""


@dataclass(frozen=True, slots=True)
class Collect:
    """
    Shell for what COPY cannot say: it fills ROOTFS in the build stage. `creates` are the image's paths.

    `of_distribution` is as in Fetch.
    """

    rule: str
    because: Finding
    shell: str
    creates: tuple[str, ...]
    of_distribution: bool = False


def gather(path: str, copy: str, owner: str | None = None) -> str:
    """Return the shell that gathers a path by the command `copy`; all of it is given to `owner`, where there is one."""
    source, folder = quote(path), quote(f"{ROOTFS}{dirname(path).rstrip('/')}")
    given = f" && chown -hR {owner} {quote(ROOTFS + path)}" if owner else ""
    return f"mkdir -p {folder} && {copy} {source} {folder}/{given}"


def gather_if_there(path: str, copy: str, owner: str | None = None) -> str:
    """Return the shell that gathers a path as `gather` does, and nothing where the builder lacks it."""
    return f"if [ -e {quote(path)} ]; then {gather(path, copy, owner)}; fi"


def without(paths: Iterable[str]) -> str:
    """Return the shell that takes away again what was gathered at these paths; it goes behind other shell."""
    return "".join(f" && rm -rf {quote(ROOTFS + path)}" for path in paths)


def owned_folder(path: str, owner: str) -> str:
    """Return the shell that makes a folder of an owner, who is given as numbers."""
    target = quote(ROOTFS + path)
    return f"mkdir -p {target} && chown {owner} {target}"


def gather_link(path: str) -> str:
    """Return the shell that gathers a symbolic link as a link, wherever it leads."""
    return gather(path, "cp -P")


@dataclass(frozen=True, slots=True)
class BuildStep:
    """Shell that becomes a RUN behind the last step of the build stage, in a folder: a command that compiled."""

    rule: str
    because: Finding
    folder: str
    shell: str


@dataclass(frozen=True, slots=True)
class Check:
    """
    Shell that becomes a RUN at the end of the build stage, and fails where something is not as it has to be.

    It is for a final base that lacks the capability `unless`.
    """

    rule: str
    because: Finding
    shell: str
    unless: Literal["libc", "shell", "program"]


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
    in place of the instructions `replaces`; what stays as it was is carried. `called` is what the original called the
    program, its os.Args[0].
    """

    rule: str
    because: Finding
    binary: str
    entrypoint: tuple[str, ...] | None
    cmd: tuple[str, ...] | None
    said_anew: tuple[Literal["ENTRYPOINT", "CMD"], ...]
    replaces: tuple[Span, ...]
    called: str = ""


@dataclass(frozen=True, slots=True)
class Require:
    """
    A capability that the final base must have.

    `name` is that of the program, of the package as the package manager knows it, or of the C library as the linker
    does. A program that is `plain` is used as every distribution has it.
    """

    rule: str
    because: Finding
    capability: Literal["libc", "libstdc++", "library", "shell", "program", "package", "users"]
    name: str = ""
    plain: bool = False


@dataclass(frozen=True, slots=True)
class Assume:
    """Not proven, let pass with a remark; under strict settings, a refusal."""

    rule: str
    because: Finding


@dataclass(frozen=True, slots=True)
class Remark:
    """Something that is left out or left as it is because the user chose so; nothing else follows from it."""

    rule: str
    because: Finding


@dataclass(frozen=True, slots=True)
class Refuse:
    """Leave the whole file alone."""

    rule: str
    because: Finding


Decision = (
    Divide
    | Rewrite
    | Carry
    | Fetch
    | Collect
    | BuildStep
    | Check
    | Provide
    | Command
    | Require
    | Assume
    | Remark
    | Refuse
)


def left_out(rule: str, because: Finding, what: str, untold: "tuple[str, Place] | None") -> Iterator[Decision]:
    """Yield what is said of something that is left out; `untold` are packages that may ask for it after all."""
    yield Remark(rule, because)
    if untold:
        packages, place = untold
        why = f"imports {packages}, of which no table tells; assumed not to need {what}"
        yield Assume(rule, Finding(PurePosixPath(place.path), place.line, why))


@dataclass(frozen=True, slots=True)
class Example:
    """
    A build context and a Dockerfile before and after; without `after` the rule leaves it alone.

    `settings` are those that it takes to have the rule decide anything.
    """

    before: str
    after: str | None = None
    files: Mapping[str, str] = field(default_factory=dict)
    settings: Settings = field(default_factory=Settings)


@dataclass(frozen=True, slots=True)
class Rule:
    """A named, pure function from facts to decisions, with one example that is documentation and test."""

    name: str
    summary: str
    decide: "Callable[[Build, Facts], Iterator[Decision]]"
    example: Example
