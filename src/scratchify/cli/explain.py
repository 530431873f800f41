"""`scratchify explain`: every decision on a Dockerfile, with its evidence."""

import sys
from pathlib import Path

import click

from scratchify.cli import options
from scratchify.cli.boundary import DONE, FAILED, attempt
from scratchify.cli.examination import Task, examine, failed, judge
from scratchify.cli.inputs import decoded, sources
from scratchify.errors import ScratchifyError
from scratchify.outcome import Rewritten
from scratchify.report.document import FileReport, file_report
from scratchify.report.terminal import Screen, report_lines
from scratchify.settings import Settings


@click.command("explain", short_help="Show every decision with its evidence.")
@options.paths(required=True)
@options.judgement
def command(*, paths: tuple[str, ...], context: Path | None, strict: bool, assume_source: bool, format_: str) -> int:
    """Show what would become of a Dockerfile: every decision with its evidence, or what stands in the way."""
    settings = Settings(strict=strict, assume_source=assume_source)
    tasks = [Task(source, context, settings) for source in sources(paths)]
    reports = _as_json(tasks) if format_ == "json" else [_as_text(task) for task in tasks]
    return FAILED if any(report.verdict == "error" for report in reports) else DONE


def _as_json(tasks: list[Task]) -> list[FileReport]:
    from scratchify.report.json import to_json

    reports = [examine(task).report for task in tasks]
    for report in reports:
        _complain(report)
    Screen(sys.stdout).put(to_json(reports))
    return reports


def _as_text(task: Task) -> FileReport:
    from scratchify.report.explanation import explanation

    result = attempt(lambda: judge(task))
    if isinstance(result, ScratchifyError):
        report = failed(task, result).report
        _complain(report)
        return report
    before, outcome = result
    report = file_report(task.source.shown, outcome)
    rewritten = outcome if isinstance(outcome, Rewritten) else None
    for line in explanation(report, rewritten, decoded(before), _summaries() if rewritten else {}):
        Screen(sys.stdout).say(*line)
    return report


def _summaries() -> dict[str, str]:
    from scratchify.rules import RULES

    return {rule.name: rule.summary for rule in RULES}


def _complain(report: FileReport) -> None:
    if report.verdict == "error":
        for line in report_lines(report, written=False, verbose=False):
            Screen(sys.stderr).say(*line)
