"""`scratchify explain`: every decision on a Dockerfile, with its evidence."""

import sys
from pathlib import Path

import click

from scratchify.cli import options
from scratchify.configuration import Said
from scratchify.errors import ScratchifyError
from scratchify.examination.attempt import DONE, attempt
from scratchify.examination.examine import Examined, Task, examine, failed, judge, located, tasks_of
from scratchify.outcome import Rewritten
from scratchify.report.document import FileReport, file_report
from scratchify.report.terminal import Screen, report_lines


@click.command("explain", short_help="Show every decision with its evidence.")
@options.paths(required=True)
@options.judgement
@options.report_format("json")
def command(*, paths: tuple[str, ...], context: Path | None, said: Said, format_: str) -> int:
    """Show what would become of a Dockerfile: every decision with its evidence, or what stands in the way."""
    tasks = tasks_of(paths, context, said)
    results = _as_json(tasks) if format_ == "json" else [_as_text(task) for task in tasks]
    return max((result.status for result in results), default=DONE)


def _as_json(tasks: list[Task]) -> list[Examined]:
    from scratchify.report.json import to_json

    results = [examine(task) for task in tasks]
    for result in results:
        _complain(result.report)
    Screen(sys.stdout).put(to_json(result.report for result in results))
    return results


def _as_text(task: Task) -> Examined:
    from scratchify.report.explanation import explanation

    result = attempt(lambda: judge(task))
    if isinstance(result, ScratchifyError):
        failure = failed(task, result)
        _complain(failure.report)
        return failure
    outcome, hosted = result.outcome, result.hosted
    locate = located(task, hosted)
    report = file_report(task.source.shown, outcome, hosted=hosted, locate=locate)
    rewritten = outcome if isinstance(outcome, Rewritten) else None
    for line in explanation(report, rewritten, hosted.text, _summaries() if rewritten else {}, hosted, locate):
        Screen(sys.stdout).say(*line)
    return Examined(task, report, result.content)


def _summaries() -> dict[str, str]:
    from scratchify.rules import RULES

    return {rule.name: rule.summary for rule in RULES}


def _complain(report: FileReport) -> None:
    if report.verdict == "error":
        for line in report_lines(report, written=False, verbose=False):
            Screen(sys.stderr).say(*line)
