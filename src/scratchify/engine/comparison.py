"""
Two runs, and two images, side by side.

Each comparison says what the original does and what the result does. A difference is intended where a rule says so;
everything else that differs is a defect.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from shlex import join
from types import MappingProxyType
from typing import Literal

from scratchify.engine.http_probe import Answer
from scratchify.engine.image import HealthCheck, Image
from scratchify.engine.likeness import Lines, differing, is_settled, likeness
from scratchify.engine.observation import EPHEMERAL, Observation, Output
from scratchify.engine.trial import LABEL
from scratchify.model.state import DEFAULT_PATH, ROOT_USERS
from scratchify.plan import FinalStage

Finding = Literal["same", "varies", "intended", "differs"]

NOTHING = "nothing"
"""Stands where one side has nothing."""

NAMED = 10
"""Paths that are named of many."""

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


_NO_VARIABLES: Mapping[str, str] = MappingProxyType({})


def compare_images(
    before: Image, after: Image, planned: FinalStage, of_base: Mapping[str, str] = _NO_VARIABLES
) -> Iterator[Comparison]:
    """
    Yield the image configuration, each part that at least one of the two has.

    `of_base` are the variables that the result's base image sets.
    """
    yield from _environment(before, after, {"PATH": DEFAULT_PATH, **of_base, **planned.env})
    yield _part("working directory", before.workdir, after.workdir, planned.workdir, "working-directory")
    rule = "nonroot" if is_made_nonroot(before, planned) else "numeric-user"
    yield _part("user", before.user or "root", after.user or "root", planned.user or "root", rule)
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


def is_made_nonroot(before: Image, planned: FinalStage) -> bool:
    """Say whether the result is meant to run as somebody else than root, as whom the original runs."""
    return before.user in ROOT_USERS and (planned.user or "") not in ROOT_USERS


def compare_runs(alike: "Alike") -> Iterator[Comparison]:
    """Yield what the first runs of both did; where they differ, further runs show what varies by itself."""
    before, after = alike.originals[0], alike.results[0]
    yield _part("run", _course(before), _course(after))
    if before.ports or after.ports:
        yield alike.texts("listens on", _port_lines, (_ports(before), _ports(after)))
    yield from _answers(before, after, alike)
    if not before.ended_by_itself:
        yield _after_signal(before, after, alike)
        if before.health is not None or after.health is not None:
            yield _part("health check's status", str(before.health), str(after.health))
    is_ordered = before.ended_by_itself
    shown = (_bytes(before.stdout.size), _bytes(after.stdout.size))
    yield alike.texts("standard output", lambda run: _lines(run.stdout), shown, is_ordered=is_ordered)
    shown = (_bytes(before.stderr.size), _bytes(after.stderr.size))
    yield alike.texts("standard error", lambda run: _lines(run.stderr), shown, is_ordered=is_ordered)
    yield from _written(before, after, alike)


@dataclass(frozen=True, slots=True)
class Alike:
    """
    Tells whether texts of both sides say the same.

    `originals` and `results` are their runs; `again` adds one to each, and says whether it did. `names` are the
    program's name as the original and as the result start it, which programs print; `shell_form` where a shell started
    the original. Of `hints`, paths that may be none, only the status counts.
    """

    originals: list[Observation]
    results: list[Observation]
    again: Callable[[], bool]
    names: tuple[str, str]
    shell_form: bool
    hints: frozenset[str] = frozenset()

    def texts(
        self, subject: str, of: Callable[[Observation], Lines], shown: tuple[str, str], *, is_ordered: bool = True
    ) -> Comparison:
        """Compare what `of` finds in the runs; `shown` stands for both where there is no difference."""
        while True:
            ours, theirs = ([of(run) for run in runs] for runs in (self.originals, self.results))
            found = likeness(ours, theirs, is_ordered=is_ordered)
            if found != "different":
                return Comparison(subject, *shown, "same" if found == "same" else "varies")
            renamed = [[self._renamed(line) for line in lines] for lines in ours]
            if likeness(renamed, theirs, is_ordered=is_ordered) != "different":
                finding: Finding = "intended"
                break
            if is_settled(ours, theirs, is_ordered=is_ordered) or not self.again():
                finding = "differs"
                break
        left, right = differing(ours[0], theirs[0], is_ordered=is_ordered)
        rule = "exec-form-entrypoint" if finding == "intended" else None
        return Comparison(subject, _shown(left), _shown(right), finding, rule)

    def _renamed(self, line: str) -> str:
        """Return what the original would have printed under the result's name, which is a word of its own."""
        name, new = self.names
        return re.sub(rf"(?<![\w./-]){re.escape(name)}(?![\w/-])", lambda _: new, line)

    def answers(self, before: Answer, after: Answer) -> Iterator[Comparison]:
        """Compare what both answered to one request."""
        subject = f"GET {before.path} on port {before.port}"

        def same(run: Observation) -> Answer:
            found = (item for item in run.answers if (item.port, item.path) == (before.port, before.path))
            return next(found, replace(before, status=None, headers=(), body=b""))

        yield self.texts(subject, lambda run: [_status(same(run))], (_status(before), _status(after)))
        if before.path in self.hints:
            return
        counts = (_count(before), _count(after))
        yield self.texts(f"{subject}, headers", lambda run: _headers(same(run)), counts)
        sizes = (_bytes(len(before.body)), _bytes(len(after.body)))
        yield self.texts(f"{subject}, body", lambda run: _body(same(run).body), sizes)


def _environment(before: Image, after: Image, wanted: Mapping[str, str]) -> Iterator[Comparison]:
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
    return alike.texts(subject, lambda run: [_reaction(run)], (ours, theirs))


def _reaction(run: Observation) -> str:
    if run.ended_by_itself:
        return NOTHING
    return "has to be killed" if run.ending.killed else f"ends with status {run.ending.status}"


def _answers(before: Observation, after: Observation, alike: Alike) -> Iterator[Comparison]:
    found = {(answer.port, answer.path): answer for answer in after.answers}
    for answer in before.answers:
        if other := found.get((answer.port, answer.path)):
            yield from alike.answers(answer, other)


def _written(before: Observation, after: Observation, alike: Alike) -> Iterator[Comparison]:
    """What a program leaves in its files is something that it does."""
    if before.written or after.written:
        yield alike.texts("files written", _paths, (_some(_paths(before)), _some(_paths(after))))
    found = {file.path: file for file in after.written}
    for file in before.written:
        other = found.get(file.path)
        if file.content is None or other is None or other.content is None:
            continue

        def of(run: Observation, path: str = file.path) -> Lines:
            same = next((each for each in run.written if each.path == path), None)
            return _lines(Output(same.content, same.size)) if same and same.content is not None else []

        yield alike.texts(f"file {file.path}", of, (_bytes(file.size), _bytes(other.size)))


def _paths(run: Observation) -> list[str]:
    return [f"{'deleted ' if file.is_deleted else ''}{file.path}" for file in run.written]


def _some(paths: Sequence[str]) -> str:
    more = f" and {len(paths) - NAMED} more" if len(paths) > NAMED else ""
    return f"{_words(paths[:NAMED])}{more}"


def _port_lines(run: Observation) -> list[str]:
    """Return the ports as lines: those that may have been given out by chance apart, for they differ by themselves."""
    fixed = " ".join(str(port) for port in run.ports if port.number < EPHEMERAL)
    return [fixed, *(f"by chance: {port}" for port in run.ports if port.number >= EPHEMERAL)]


def _ports(run: Observation) -> str:
    return " ".join(map(str, run.ports))


def _bytes(size: int) -> str:
    return f"{size:,} bytes" if size else NOTHING


def _status(answer: Answer) -> str:
    if answer.status == HTTPStatus.BAD_REQUEST and b"HTTP request to an HTTPS server" in answer.body:
        return "speaks TLS, and was not asked further"
    if answer.status is not None:
        return f"status {answer.status}"
    return "no HTTP" if answer.body else "no answer"


def _count(answer: Answer) -> str:
    return f"{len(answer.headers)} header{'' if len(answer.headers) == 1 else 's'}"


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
