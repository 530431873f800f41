"""
Two runs, and two images, side by side.

Each comparison says what the original does and what the result does. A difference is intended where a rule says so;
everything else that differs is a defect.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from shlex import join
from typing import Literal

from scratchify.engine.http_probe import Answer
from scratchify.engine.image import HealthCheck, Image
from scratchify.engine.likeness import Texts, likeness
from scratchify.engine.observation import Observation, Output
from scratchify.engine.trial import LABEL
from scratchify.model.state import DEFAULT_PATH
from scratchify.plan import FinalStage

Finding = Literal["same", "varies", "intended", "differs"]

NOTHING = "nothing"
"""Stands where one side has nothing."""

SHOWN = 2000
"""Characters of a long text that are shown of each side."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """
    One thing on both sides.

    `varies`: the original differs from run to run there, and the result no more than that. `rule` is the one that
    wanted a difference.
    """

    subject: str
    original: str
    result: str
    finding: Finding
    rule: str | None = None


def compare_images(before: Image, after: Image, planned: FinalStage) -> Iterator[Comparison]:
    """Yield the image configuration, each part that at least one of the two has."""
    yield from _environment(before, after, planned)
    yield _part("working directory", before.workdir, after.workdir, planned.workdir, "working-directory")
    yield _part("user", before.user or "root", after.user or "root", planned.user or "root", "numeric-user")
    for subject, ours, theirs, wanted in (
        ("entry point", before.entrypoint, after.entrypoint, planned.entrypoint),
        ("command", before.cmd, after.cmd, planned.cmd),
    ):
        yield _part(subject, _words(ours), _words(theirs), _words(wanted or ()), "exec-form-entrypoint")
    yield _part("ports", _words(before.ports), _words(after.ports))
    yield _part("volumes", _words(before.volumes), _words(after.volumes))
    yield _part("stop signal", before.stop_signal, after.stop_signal)
    yield _part("health check", _check(before.health_check), _check(after.health_check))
    for name in sorted((before.labels.keys() | after.labels.keys()) - {LABEL}):
        yield _part(f"label {name}", _value(before.labels, name), _value(after.labels, name))


def compare_runs(before: Observation, after: Observation, alike: "Alike") -> Iterator[Comparison]:
    """Yield what both runs did. Where words or addresses differ, `alike` is asked whether that is a difference."""
    yield _part("run", _course(before), _course(after))
    if not before.ended_by_itself:
        yield _part("listens on", _ports(before), _ports(after))
        yield from _answers(before, after, alike)
        yield _after_signal(before, after, alike)
        if before.health is not None or after.health is not None:
            yield _part("health check's status", str(before.health), str(after.health))
    for subject, ours, theirs, again in (
        ("standard output", before.stdout, after.stdout, lambda run: run.stdout),
        ("standard error", before.stderr, after.stderr, lambda run: run.stderr),
    ):
        yield alike.outputs(subject, ours, theirs, again, is_ordered=before.ended_by_itself)


@dataclass(frozen=True, slots=True)
class Alike:
    """
    Tells whether texts of two runs say the same.

    `again` gives a further run of the original, which shows what varies by itself. `names` are the program's name as
    the original and as the result start it, which programs print; `shell_form` where a shell started the original. Of
    `hints`, paths that may be none, only the status counts.
    """

    again: Callable[[], Observation]
    names: tuple[str, str]
    shell_form: bool
    hints: frozenset[str] = frozenset()

    def outputs(
        self,
        subject: str,
        before: Output,
        after: Output,
        of: Callable[[Observation], Output],
        *,
        is_ordered: bool,
    ) -> Comparison:
        texts = Texts(_lines(before), _lines(after), is_ordered)
        return self._texts(subject, texts, lambda: _lines(of(self.again())), (_bytes(before.size), _bytes(after.size)))

    def answers(self, before: Answer, after: Answer) -> Iterator[Comparison]:
        subject = f"GET {before.path} on port {before.port}"

        def same(run: Observation) -> Answer:
            found = (item for item in run.answers if (item.port, item.path) == (before.port, before.path))
            return next(found, before)

        ours, theirs = _status(before), _status(after)
        yield self._texts(
            subject, Texts([ours], [theirs], is_ordered=True), lambda: [_status(same(self.again()))], (ours, theirs)
        )
        if before.path in self.hints:
            return
        headers = Texts(_headers(before), _headers(after), is_ordered=True)
        counts = (f"{len(before.headers)} headers", f"{len(after.headers)} headers")
        yield self._texts(f"{subject}, headers", headers, lambda: _headers(same(self.again())), counts)
        bodies = Texts(_body(before.body), _body(after.body), is_ordered=True)
        sizes = (_bytes(len(before.body)), _bytes(len(after.body)))
        yield self._texts(f"{subject}, body", bodies, lambda: _body(same(self.again()).body), sizes)

    def _texts(
        self, subject: str, texts: Texts, again: Callable[[], Sequence[str]], shown: tuple[str, str]
    ) -> Comparison:
        found = likeness(texts, again)
        if found != "different":
            return Comparison(subject, *shown, "same" if found == "same" else "varies")
        old, new = self.names
        if old != new:
            renamed = Texts([line.replace(old, new) for line in texts.before], texts.after, texts.is_ordered)
            if likeness(renamed, lambda: [line.replace(old, new) for line in again()]) != "different":
                return Comparison(subject, *_excerpts(texts), "intended", "exec-form-entrypoint")
        return Comparison(subject, *_excerpts(texts), "differs")


def _environment(before: Image, after: Image, planned: FinalStage) -> Iterator[Comparison]:
    wanted = {"PATH": DEFAULT_PATH, **planned.env}
    for name in sorted(before.env.keys() | after.env.keys()):
        ours, theirs = _value(before.env, name), _value(after.env, name)
        yield _part(f"variable {name}", ours, theirs, _value(wanted, name), "environment")


def _part(subject: str, ours: str, theirs: str, wanted: str | None = None, rule: str | None = None) -> Comparison:
    ours, theirs = ours or NOTHING, theirs or NOTHING
    if ours == theirs:
        return Comparison(subject, ours, theirs, "same")
    if wanted is not None and theirs == (wanted or NOTHING):
        return Comparison(subject, ours, theirs, "intended", rule)
    return Comparison(subject, ours, theirs, "differs")


def _course(run: Observation) -> str:
    if run.trouble:
        return f"did not start: {run.trouble}"
    if not run.ended_by_itself:
        return "until it is stopped"
    cause = ", out of memory" if run.ending.out_of_memory else ""
    return f"ends with status {run.ending.status}{cause}"


def _after_signal(before: Observation, after: Observation, alike: Alike) -> Comparison:
    subject = f"on {before.ending.signal}"
    ours, theirs = _reaction(before), _reaction(after)
    is_better = before.ending.killed and not after.ending.killed
    if ours != theirs and is_better and alike.shell_form:
        # a shell that hands no signal on stood before the program
        return Comparison(subject, ours, theirs, "intended", "exec-form-entrypoint")
    return _part(subject, ours, theirs)


def _reaction(run: Observation) -> str:
    if run.ended_by_itself:
        return NOTHING
    return "has to be killed" if run.ending.killed else f"ends with status {run.ending.status}"


def _answers(before: Observation, after: Observation, alike: Alike) -> Iterator[Comparison]:
    found = {(answer.port, answer.path): answer for answer in after.answers}
    for answer in before.answers:
        if other := found.get((answer.port, answer.path)):
            yield from alike.answers(answer, other)


def _ports(run: Observation) -> str:
    return " ".join(map(str, run.ports))


def _bytes(size: int) -> str:
    return f"{size:,} bytes" if size else NOTHING


def _status(answer: Answer) -> str:
    if answer.status is not None:
        return f"status {answer.status}"
    return "no HTTP" if answer.body else "no answer"


def _headers(answer: Answer) -> list[str]:
    return [f"{name}: {value}" for name, value in answer.headers]


def _check(check: HealthCheck | None) -> str:
    if check is None:
        return NOTHING
    times = (check.interval, check.timeout, check.start_period, check.retries, check.start_interval)
    return f"{_words(check.test)} {' '.join(map(str, times))}"


def _value(values: Mapping[str, str], name: str) -> str:
    """Return a value as it is shown: an empty one is not nothing."""
    return (values[name] or "''") if name in values else NOTHING


def _words(words: Sequence[str]) -> str:
    return join(words) or NOTHING


def _lines(output: Output) -> list[str]:
    lines = _body(output.content)
    # where it was cut is chance
    return lines[:-1] if output.is_cut else lines


def _body(content: bytes) -> list[str]:
    return content.decode("utf-8", "backslashreplace").split("\n")


def _shown(lines: Sequence[str]) -> str:
    text = "\n".join(lines).strip()
    return (text if len(text) <= SHOWN else f"{text[:SHOWN]} …") or NOTHING


def _excerpts(texts: Texts) -> tuple[str, str]:
    """Return both sides from the first line on in which they differ."""
    first = next(
        (at for at, pair in enumerate(zip(texts.before, texts.after, strict=False)) if pair[0] != pair[1]),
        min(len(texts.before), len(texts.after)),
    )
    lead = "… " if first else ""
    before, after = (_shown(lines[first:]) for lines in (texts.before, texts.after))
    return f"{lead}{before}", f"{lead}{after}"
