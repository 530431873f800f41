"""One report a Dockerfile: what every format says, each in its own way. `schema.json` describes it."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Literal, assert_never

from scratchify.decisions import Assume, Finding
from scratchify.errors import InvalidDockerfile, InvalidSettings, ScratchifyError, UnreadableFile, UnwritableFile
from scratchify.outcome import Outcome, Refused, Rewritten, Unchanged

if TYPE_CHECKING:
    from scratchify.plan import FinalStage

VERSION = 1
"""Of the JSON document; a change that a reader would stumble over counts it up."""

Verdict = Literal["rewritten", "unchanged", "refused", "error"]


@dataclass(frozen=True, slots=True)
class Note:
    """Something that was seen, and where; `line` is None where no line is meant."""

    rule: str
    message: str
    path: str
    line: int | None

    @property
    def place(self) -> str:
        return f"{self.path}:{self.line}" if self.line else self.path


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
class FileReport:
    """What became of one Dockerfile; the fields are those of the JSON document, in its order."""

    path: str
    host: None
    verdict: Verdict
    base: str | None
    reasons: tuple[Note, ...] = ()
    assumptions: tuple[Note, ...] = ()
    decisions: tuple[Note, ...] = ()
    final_stage: Stage | None = None
    diff: str = ""
    smaller_bases: tuple[SmallerBase, ...] = ()


def file_report(path: PurePosixPath, outcome: Outcome | ScratchifyError, diff: bytes = b"") -> FileReport:
    """Return the report of the Dockerfile at `path`; `diff` is its patch, where it is rewritten."""
    name = str(path)
    match outcome:
        case Rewritten():
            # An assumption is told once, as what it is, and not among the decisions as well.
            decided = (decision for decision in outcome.decisions if not isinstance(decision, Assume))
            return FileReport(
                name,
                None,
                "rewritten",
                outcome.final_stage.base,
                assumptions=tuple(_note(name, assumed.rule, assumed.because) for assumed in outcome.assumptions),
                # several decisions may follow from one finding, which is told once
                decisions=tuple(dict.fromkeys(_note(name, decision.rule, decision.because) for decision in decided)),
                final_stage=_stage(outcome.final_stage),
                diff=diff.decode("utf-8", "surrogateescape"),
                smaller_bases=tuple(
                    SmallerBase(one.image, _note(name, one.rule, one.because)) for one in outcome.smaller
                ),
            )
        case Unchanged():
            return FileReport(name, None, "unchanged", None, reasons=(_note(name, outcome.rule, outcome.because),))
        case Refused():
            reasons = tuple(_note(name, reason.rule, reason.because) for reason in outcome.reasons)
            return FileReport(name, None, "refused", None, reasons=reasons)
        case ScratchifyError():
            reason = Note(rule_of(outcome), str(outcome), *_place(name, outcome))
            return FileReport(name, None, "error", None, reasons=(reason,))
        case _:
            assert_never(outcome)


def rule_of(error: ScratchifyError) -> str:
    """Return what stands for the rule's name where no rule was asked."""
    match error:
        case InvalidDockerfile():
            return "invalid-dockerfile" if error.text.strip() else "empty-file"
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
        case InvalidDockerfile(line=line):
            return name, line
        case InvalidSettings(path=str(path), line=line):
            return path, line
        case _:
            return name, None


def document(reports: Iterable[FileReport]) -> dict[str, object]:
    """Return the JSON document as plain values."""
    return {"version": VERSION, "files": [asdict(report) for report in reports]}


def _note(dockerfile: str, rule: str, finding: Finding) -> Note:
    path = dockerfile if finding.path is None else str(finding.path)
    return Note(rule, finding.message, path, finding.line or None)


def _stage(stage: "FinalStage") -> Stage:
    return Stage(
        stage.binary,
        stage.entrypoint,
        stage.cmd,
        stage.workdir,
        stage.user,
        dict(stage.env),
        tuple(File(file.source, file.target, file.rule) for file in stage.files),
    )
