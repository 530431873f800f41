"""
Build the original and the result from the same context, run both under the same conditions, and compare.

The evidence is all that was seen; the answer is one of four.
"""

import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from scratchify.decisions import BuildStep, Command
from scratchify.edits import Edit, apply_edits
from scratchify.engine.binary import require_elftools
from scratchify.engine.client import BuildFailed, Built, Client, Start, step_of
from scratchify.engine.comparison import Alike, Comparison, compare_images, compare_runs, is_made_nonroot
from scratchify.engine.contents import SCRATCH, Limit, compare_owners, judge_files, limit_of
from scratchify.engine.dialect import BuildRequest
from scratchify.engine.image import Image
from scratchify.engine.image_files import STAT, Entry, Listing, read_listing, stat_entries
from scratchify.engine.observation import Conditions, Launch, Observation, observe
from scratchify.engine.trial import Trial
from scratchify.errors import EngineFailed
from scratchify.outcome import Rewritten
from scratchify.source import Span
from scratchify.syntax import parse

FURTHER_RUNS = 3
"""Of each side, where the first ones differ: chance makes two alike sooner than four."""


@dataclass(frozen=True, slots=True)
class Subject:
    """
    What is verified: the Dockerfile, where it lies, its build context, and what becomes of it.

    `hints` are paths of addresses that the source names.
    """

    dockerfile: Path
    context: Path
    before: bytes
    outcome: Rewritten
    hints: tuple[str, ...] = ()

    @property
    def after(self) -> bytes:
        return self.outcome.text.encode("utf-8", "surrogateescape")


@dataclass(frozen=True, slots=True)
class Wishes:
    """How to build and to run; `build_seconds` is for each of the two builds."""

    conditions: Conditions = field(default_factory=Conditions)
    build_arguments: tuple[str, ...] = ()
    build_seconds: float = 1200
    no_cache: bool = False
    keep: bool = False


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two images; `size` in bytes, `ready` in seconds, None where nothing listened."""

    name: str
    size: int
    build_seconds: float
    ready: float | None = None


@dataclass(frozen=True, slots=True)
class Sizes:
    """Of both images and what the result cannot do without, in bytes."""

    original: int
    result: int
    limit: Limit

    @property
    def ratio(self) -> float:
        return self.result / self.limit.total if self.limit.total else 0.0


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that was seen."""

    engine: str
    original: Side
    result: Side
    limit: Limit
    comparisons: tuple[Comparison, ...]


@dataclass(frozen=True, slots=True)
class Verified:
    """Both do the same, apart from what was intended."""

    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Differs:
    """The result does something else, or does not build: then `why` says so, and there is no evidence."""

    evidence: Evidence | None
    why: str = ""
    log: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OriginalFails:
    """It was broken before: the original does not build or run."""

    why: str
    log: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CannotVerify:
    """Nothing is known: no engine, a time-out."""

    why: str
    log: tuple[str, ...] = ()


Verification = Verified | Differs | OriginalFails | CannotVerify


class Progress:
    """What a verification does at the moment; this one tells nobody."""

    def begin(self, what: str) -> None:
        """Something that takes a while begins: `building the original`."""

    def line(self, line: str, step: str | None) -> None:
        """Take a line of a build's log, and the step of the Dockerfile that it announces."""

    def end(self, told: str) -> None:
        """What was begun is done: `built the original in 12 s`."""


def verify(subject: Subject, client: Client, wishes: Wishes, progress: Progress) -> Verification:
    """
    Return whether the result does what the original does.

    Nothing is written but in the engine, and nothing stays there unless the images are to be kept. Raises MissingExtra.
    """
    require_elftools()
    try:
        with Trial(client) as trial, _dockerfiles(subject, trial) as files:
            found = _verify(subject, trial, wishes, progress, files)
            # only evidence has the images' names: others would stay, and nobody would know
            trial.keep = wishes.keep and isinstance(found, Verified | Differs) and found.evidence is not None
            return found
    except EngineFailed as reason:
        return CannotVerify(str(reason))


def measure(subject: Subject, client: Client, wishes: Wishes, progress: Progress) -> Sizes | Verification:
    """Build both and return their sizes, without running either; else why there are none."""
    require_elftools()
    try:
        with Trial(client, keep=wishes.keep) as trial, _dockerfiles(subject, trial) as files:
            built = _build_both(subject, trial, wishes, progress, files)
            if not isinstance(built, tuple):
                return built
            before, after = (client.image(trial.image_name(what)) for what in ("original", "result"))
            return Sizes(before.size, after.size, limit_of(subject.outcome, _listing(subject, trial, after)))
    except EngineFailed as reason:
        return CannotVerify(str(reason))


def _verify(
    subject: Subject, trial: Trial, wishes: Wishes, progress: Progress, files: tuple[Path, Path]
) -> Verification:
    built = _build_both(subject, trial, wishes, progress, files)
    conditions = replace(wishes.conditions, hints=subject.hints)
    return _compare(subject, trial, conditions, progress, built) if isinstance(built, tuple) else built


def _build_both(
    subject: Subject, trial: Trial, wishes: Wishes, progress: Progress, files: tuple[Path, Path]
) -> tuple[Built, Built] | Verification:
    built = _build(subject, trial, wishes, progress, "original", files[0])
    if isinstance(built, BuildFailed):
        why = f"the original does not build: {built.why}"
        return CannotVerify(why, built.log) if built.timed_out else OriginalFails(why, built.log)
    built_after = _build(subject, trial, wishes, progress, "result", files[1])
    if isinstance(built_after, BuildFailed):
        why = f"the result does not build: {built_after.why}"
        return CannotVerify(why, built_after.log) if built_after.timed_out else Differs(None, why, built_after.log)
    return built, built_after


def _build(
    subject: Subject, trial: Trial, wishes: Wishes, progress: Progress, what: str, dockerfile: Path
) -> Built | BuildFailed:
    progress.begin(f"building the {what}")
    # only the result copies from another stage
    no_cache = wishes.no_cache or (what == "result" and trial.client.builder.forgets_owners)
    request = BuildRequest(
        dockerfile, subject.context, trial.image_name(what), trial.labels, wishes.build_arguments, no_cache
    )
    built = trial.client.build(
        request,
        seconds=wishes.build_seconds,
        tell=lambda line: progress.line(line, step_of(line)),
        made=trial.made,
    )
    progress.end(f"built the {what} in {built.seconds:.1f} s" if isinstance(built, Built) else built.why)
    return built


def _compare(
    subject: Subject, trial: Trial, conditions: Conditions, progress: Progress, built: tuple[Built, Built]
) -> Verification:
    client, planned = trial.client, subject.outcome.final_stage
    before, after = (client.image(trial.image_name(what)) for what in ("original", "result"))
    launches = launches_of(before, after, planned.entrypoint or (), conditions.arguments)
    progress.begin("running the original")
    run = observe(trial, "original", launches[0], before, conditions)
    progress.end(_told("original", run))
    if why := _does_not_run(run, conditions):
        return OriginalFails(why, _last_lines(run))
    progress.begin("running the result")
    run_after = observe(trial, "result", launches[1], before, conditions, first=run)
    progress.end(_told("result", run_after))

    originals, results = [run], [run_after]

    def again() -> bool:
        """Run both once more, where somebody asks what varies by itself; say whether that was done."""
        if len(originals) > FURTHER_RUNS or run_after.trouble:
            return False
        progress.begin("running both once more, to see what varies by itself")
        originals.append(observe(trial, f"original-{len(originals)}", launches[0], before, conditions, first=run))
        results.append(observe(trial, f"result-{len(results)}", launches[1], before, conditions, first=run))
        progress.end("ran both once more, to see what varies by itself")
        return True

    listing = _listing(subject, trial, after)
    names = _names(subject.outcome)
    hints = frozenset(conditions.hints) - frozenset(conditions.probes)
    alike = Alike(originals, results, again, names, before.shell_form, hints)
    base_files, variables = _base(trial, planned.base)
    comparisons = (
        *compare_runs(alike),
        *compare_images(before, after, planned, variables),
        *judge_files(subject.outcome, listing, base_files),
        *compare_owners(
            listing,
            _owners(trial, before, listing),
            _new_files(subject.outcome),
            planned.user if is_made_nonroot(before, planned) else None,
            _brought(subject.outcome),
        ),
    )
    evidence = Evidence(
        engine=client.title(),
        original=Side(trial.image_name("original"), before.size, built[0].seconds, run.ready),
        result=Side(trial.image_name("result"), after.size, built[1].seconds, run_after.ready),
        limit=limit_of(subject.outcome, listing),
        comparisons=comparisons,
    )
    return Differs(evidence) if any(one.finding == "differs" for one in comparisons) else Verified(evidence)


def _new_files(outcome: Rewritten) -> frozenset[str]:
    """Return the files that the original lacks on purpose: what it compiled when it started."""
    compiled = any(isinstance(decision, BuildStep) for decision in outcome.decisions)
    return frozenset({outcome.final_stage.binary}) if compiled else frozenset()


def _brought(outcome: Rewritten) -> tuple[str, ...] | None:
    """Return what was brought to a base with files of its own, None where every file was."""
    planned = outcome.final_stage
    return None if planned.base == SCRATCH else (planned.binary, *(file.target for file in planned.files))


def _base(trial: Trial, base: str) -> tuple[frozenset[str], Mapping[str, str]]:
    """Return the paths of a base image's own files, and the variables that it sets."""
    if base == SCRATCH:
        return frozenset(), {}
    # a builder may keep the images that it pulls to itself: this brings it to the engine
    with trial.client.exported(base, trial.container_name("base"), trial.labels) as stream:
        files = frozenset(read_listing(stream, "").entries)
    return files, trial.client.image(base).env


def _listing(subject: Subject, trial: Trial, image: Image) -> Listing:
    with trial.client.exported(image.id, trial.container_name("export"), trial.labels) as stream:
        return read_listing(stream, subject.outcome.final_stage.binary)


def _owners(trial: Trial, image: Image, listing: Listing) -> Mapping[str, Entry]:
    """Return what the original says of the files that the result has."""
    start = Start(
        image=image.id,
        name=trial.container_name("owners"),
        labels=trial.labels,
        network="none",
        entrypoint="/bin/sh",
        arguments=("-c", STAT),
        user="0",
    )
    paths = "\0".join(f"/{path}" for path in listing.entries)
    return stat_entries(trial.client.filtered(start, paths.encode("utf-8", "surrogateescape"), seconds=60))


def launches_of(
    before: Image, after: Image, entrypoint: Sequence[str], arguments: tuple[str, ...]
) -> tuple[Launch, Launch]:
    """
    Return how to start both so that `arguments` reach the program; without them the images say it themselves.

    `entrypoint` is the result's. Arguments replace a CMD whole: where that held the program, it is said again.
    """
    if not arguments:
        return Launch(before, None, ()), Launch(after, None, ())
    result = (after.cmd[:1] if not after.entrypoint else ()) + arguments
    if before.shell_form:
        # no argument reaches a program behind a shell: it is started as the result starts it
        program = tuple(entrypoint) or after.cmd[:1]
        return Launch(before, program[0], (*program[1:], *arguments)), Launch(after, None, result)
    words = () if before.entrypoint else before.cmd[: len(entrypoint) or 1]
    return Launch(before, None, (*words, *arguments)), Launch(after, None, result)


def _names(outcome: Rewritten) -> tuple[str, str]:
    """Return what the program is called when the original and when the result starts it."""
    command = next(decision for decision in outcome.decisions if isinstance(decision, Command))
    return command.called, command.binary


def _does_not_run(run: Observation, conditions: Conditions) -> str:
    """Return why the original shows nothing; empty where it does."""
    advice = "give it what it needs by --env, --network or -- ARGUMENTS"
    if run.trouble:
        return f"the original does not start: {run.trouble}"
    if run.ending.out_of_memory:
        return f"the original needs more than {conditions.memory // 1024**2} MiB of memory; see --memory"
    if run.ended_by_itself and run.ending.status and not conditions.arguments:
        return f"the original ends with status {run.ending.status}; {advice}"
    return ""


def _told(what: str, run: Observation) -> str:
    if run.trouble:
        return f"the {what} does not start"
    if run.ended_by_itself:
        return f"the {what} ended with status {run.ending.status}"
    if run.ready is None:
        return f"the {what} runs and listens on no port"
    return f"the {what} listened on {' '.join(map(str, run.ports))} after {run.ready:.1f} s"


def _last_lines(run: Observation) -> tuple[str, ...]:
    text = (run.stdout.content + run.stderr.content).decode("utf-8", "replace")
    return tuple(text.strip().split("\n")[-20:])


@contextmanager
def _dockerfiles(subject: Subject, trial: Trial) -> Iterator[tuple[Path, Path]]:
    """
    Lay both Dockerfiles into folders of their own, under the same name and with the same ignore file beside them.

    Nothing is written to the build context, and both are built in the same way. Where a builder labels what it makes
    on its way only if the Dockerfile says so, that is said: an interrupted one does not tell what it made last, and
    what bears the label of one run is no other run's cache.
    """
    own_ignores = subject.dockerfile.with_name(subject.dockerfile.name + ".dockerignore")
    with tempfile.TemporaryDirectory(prefix="scratchify-") as folder:
        trial.made("folder", folder)
        files = []
        for what, content in (("original", subject.before), ("result", subject.after)):
            file = Path(folder, what, subject.dockerfile.name)
            file.parent.mkdir()
            file.write_bytes(_labelled(content, trial.labels) if trial.client.builder.labels_last else content)
            if own_ignores.is_file():
                shutil.copyfile(own_ignores, file.with_name(own_ignores.name))
            files.append(file)
        yield files[0], files[1]


def _labelled(content: bytes, labels: Sequence[str]) -> bytes:
    """Return a Dockerfile each stage of which begins with these labels."""
    text = content.decode("utf-8", "surrogateescape")
    said = "".join(f"LABEL {label}\n" for label in labels)
    stages = [instruction for instruction in parse(text).instructions if instruction.name == "FROM"]
    ends = [stage.span.end for stage in stages]
    edits = [Edit(Span(end, end), said if text[:end].endswith("\n") else f"\n{said}") for end in ends]
    return apply_edits(text, edits).encode("utf-8", "surrogateescape")
