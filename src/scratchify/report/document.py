"""One report a Dockerfile: what every format says, each in its own way. `schema.json` describes it."""

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Literal, assert_never

from scratchify.decisions import Assume, Finding
from scratchify.errors import (
    InvalidDockerfile,
    InvalidHost,
    InvalidSettings,
    ScratchifyError,
    UnreadableFile,
    UnwritableFile,
)
from scratchify.hosts import Hosted
from scratchify.outcome import Outcome, Refused, Rewritten, Unchanged

if TYPE_CHECKING:
    from scratchify.plan import FinalStage

VERSION = 1
"""Of the JSON document; a change that a reader would stumble over counts it up."""

WHOLE_FILE = Hosted("")
"""Stands for a Dockerfile that is a file of its own."""

Locate = Callable[[PurePosixPath], str]
"""How a file is called where we are, from the path that a finding has: that from the build context."""

Verdict = Literal["rewritten", "unchanged", "refused", "error"]


@dataclass(frozen=True, slots=True)
class Note:
    """
    Something that was seen, and where; `line` is None where no line is meant.

    `inside` is the line of a Dockerfile that begins elsewhere in the file.
    """

    rule: str
    message: str
    path: str
    line: int | None
    inside: int | None = None

    @property
    def place(self) -> str:
        within = f" (line {self.inside})" if self.inside else ""
        return f"{self.path}:{self.line}{within}" if self.line else self.path


@dataclass(frozen=True, slots=True)
class File:
    """A file of the final stage, absolute in the build stage and in the image, and the rule that wants it."""

    source: str
    target: str
    rule: str


@dataclass(frozen=True, slots=True)
class Stage:
    """The final stage of a rewritten Dockerfile."""

    binary: str
    entrypoint: tuple[str, ...] | None
    cmd: tuple[str, ...] | None
    workdir: str
    user: str | None
    env: dict[str, str]
    files: tuple[File, ...]


@dataclass(frozen=True, slots=True)
class SmallerBase:
    """A base that would not do, and the first reason."""

    base: str
    because: Note


@dataclass(frozen=True, slots=True)
class Sizes:
    """What building both has shown, in bytes of image."""

    original: int
    result: int


@dataclass(frozen=True, slots=True)
class Host:
    """Where a Dockerfile lies in a file that holds other things as well."""

    kind: str
    line: int


@dataclass(frozen=True, slots=True)
class FileReport:
    """What became of one Dockerfile; the fields are those of the JSON document, in its order."""

    path: str
    host: Host | None
    verdict: Verdict
    base: str | None
    reasons: tuple[Note, ...] = ()
    assumptions: tuple[Note, ...] = ()
    decisions: tuple[Note, ...] = ()
    final_stage: Stage | None = None
    diff: str = ""
    smaller_bases: tuple[SmallerBase, ...] = ()
    sizes: Sizes | None = None

    @property
    def place(self) -> str:
        """The file, and where the Dockerfile begins in it."""
        return f"{self.path}:{self.host.line}" if self.host else self.path


def file_report(
    path: PurePosixPath,
    outcome: Outcome | ScratchifyError,
    diff: bytes = b"",
    hosted: Hosted = WHOLE_FILE,
    locate: Locate = str,
) -> FileReport:
    """Return the report of the Dockerfile at `path`; `diff` is its patch, where it is rewritten."""
    of = _Reported(str(path), hosted, locate)
    match outcome:
        case Rewritten():
            # An assumption is told once, as what it is, and not among the decisions as well.
            decided = (decision for decision in outcome.decisions if not isinstance(decision, Assume))
            return FileReport(
                of.path,
                of.host,
                "rewritten",
                outcome.final_stage.base,
                assumptions=tuple(_note(of, assumed.rule, assumed.because) for assumed in outcome.assumptions),
                # several decisions may follow from one finding, which is told once
                decisions=tuple(dict.fromkeys(_note(of, decision.rule, decision.because) for decision in decided)),
                final_stage=_stage(of, outcome.final_stage),
                diff=diff.decode("utf-8", "surrogateescape"),
                smaller_bases=tuple(
                    SmallerBase(one.image, _note(of, one.rule, one.because)) for one in outcome.smaller
                ),
            )
        case Unchanged():
            return FileReport(of.path, of.host, "unchanged", None, reasons=(_note(of, outcome.rule, outcome.because),))
        case Refused():
            reasons = tuple(_note(of, reason.rule, reason.because) for reason in outcome.reasons)
            return FileReport(of.path, of.host, "refused", None, reasons=reasons)
        case ScratchifyError():
            reason = Note(rule_of(outcome), str(outcome), *_place(of.path, outcome))
            return FileReport(of.path, of.host, "error", None, reasons=(reason,))
        case _:
            assert_never(outcome)


def rule_of(error: ScratchifyError) -> str:
    """Return what stands for the rule's name where no rule was asked."""
    match error:
        case InvalidDockerfile():
            return "invalid-dockerfile" if error.text.strip() else "empty-file"
        case InvalidHost():
            return "invalid-host"
        case InvalidSettings():
            return "invalid-settings"
        case UnreadableFile():
            return "unreadable-file"
        case UnwritableFile():
            return "unwritable-file"
        case _:
            return "internal-error"


def _place(name: str, error: ScratchifyError) -> tuple[str, int | None]:
    """Return the file and line that are to be mended."""
    match error:
        case InvalidDockerfile(line=line) | InvalidHost(line=line):
            return name, line
        case InvalidSettings(path=str(path), line=line):
            return path, line
        case _:
            return name, None


def document(reports: Iterable[FileReport]) -> dict[str, object]:
    """Return the JSON document as plain values."""
    return {"version": VERSION, "files": [asdict(report) for report in reports]}


@dataclass(frozen=True, slots=True)
class _Reported:
    """What a report is of."""

    path: str
    hosted: Hosted
    locate: Locate

    @property
    def host(self) -> Host | None:
        return Host(self.hosted.kind, self.hosted.line) if self.hosted.kind else None


def note_of(dockerfile: str, rule: str, finding: Finding, hosted: Hosted = WHOLE_FILE, locate: Locate = str) -> Note:
    """Return a finding with the file and line at which a person finds it."""
    message, line = hosted.told(finding.message), finding.line or None
    if finding.path is not None:
        return Note(rule, message, locate(finding.path), line)
    if line is None or not hosted.kind:
        return Note(rule, message, dockerfile, line)
    return Note(rule, message, dockerfile, hosted.line_of(line), line)


def _note(of: _Reported, rule: str, finding: Finding) -> Note:
    return note_of(of.path, rule, finding, of.hosted, of.locate)


def _stage(of: _Reported, stage: "FinalStage") -> Stage:
    told = of.hosted.told
    return Stage(
        stage.binary,
        tuple(map(told, stage.entrypoint)) if stage.entrypoint is not None else None,
        tuple(map(told, stage.cmd)) if stage.cmd is not None else None,
        stage.workdir,
        stage.user,
        {name: told(value) for name, value in stage.env.items()},
        tuple(File(file.source, file.target, file.rule) for file in stage.files),
    )
