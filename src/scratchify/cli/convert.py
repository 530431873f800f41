"""`scratchify convert`, the default: rewrite Dockerfiles, or show what would be rewritten."""

import sys
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import cast, get_args

import click

from scratchify.cli import options
from scratchify.cli.interactive import Answer, asked
from scratchify.cli.patches import PatchWishes, patch_of, put_gathered
from scratchify.configuration import Said
from scratchify.errors import ScratchifyError
from scratchify.examination.attempt import DONE, WOULD_CHANGE, attempt
from scratchify.examination.examine import Examined, Task, examine_all, failed, tasks_of
from scratchify.examination.inputs import STANDARD_INPUT, Source
from scratchify.examination.stacking import Stack
from scratchify.report.document import FileReport, Note
from scratchify.report.formats import Format
from scratchify.report.terminal import Screen, report_lines, summary_line


@dataclass(frozen=True, slots=True)
class Wishes:
    """What is to be done with results, and how much is to be said."""

    patch: PatchWishes
    check: bool
    is_filter: bool
    format: Format | None
    quiet: bool
    verbose: bool
    verify: bool = False
    engine: str | None = None
    interactive: bool = False

    @property
    def in_place(self) -> bool:
        return not (self.patch.is_wanted or self.check or self.is_filter)

    @property
    def text_out(self) -> bool:
        return self.is_filter and not (self.patch.is_wanted or self.check or self.format)


@click.command("convert", short_help="Rewrite Dockerfiles: the default, its name can be left out.")
@options.paths(required=False)
@click.option("--diff", is_flag=True, help="Print a patch and write nothing.")
@click.option("--stat", is_flag=True, help="Print how many lines come and go, and write nothing.")
@click.option("--format-patch", "mail", is_flag=True, help="Print the patch as a mail for git am.")
@click.option("--output", metavar="FILE.patch", type=click.Path(path_type=Path), help="Write the patch to this file.")
@click.option("-p", "--interactive", is_flag=True, help="Show each change and ask.")
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 if a file would change.")
@options.judgement
@options.report_format(*get_args(Format))
@click.option("--verify", is_flag=True, help="Only what building and running proves right.")
@options.engine
@click.option("--jobs", type=click.IntRange(min=1), default=1, metavar="N", help="Look at N files at a time.")
@click.option("--quiet", is_flag=True, help="Say nothing but errors.")
@click.option("--verbose", is_flag=True, help="Say every decision too.")
@click.version_option(package_name="scratchify", message="scratchify %(version)s")
def command(
    *,
    paths: tuple[str, ...],
    diff: bool,
    stat: bool,
    mail: bool,
    output: Path | None,
    interactive: bool,
    check: bool,
    context: Path | None,
    said: Said,
    format_: str,
    verify: bool,
    engine: str | None,
    jobs: int,
    quiet: bool,
    verbose: bool,
) -> int:
    """
    Rewrite single-stage Go Dockerfiles into a build stage and FROM scratch.

    A folder is searched, without PATH the working one; - is standard input.
    """
    is_filter = STANDARD_INPUT in paths
    if is_filter and len(paths) > 1:
        raise click.UsageError("- is standard input, and stands alone")
    if quiet and verbose:
        raise click.UsageError("--quiet and --verbose exclude each other")
    if engine and not verify:
        raise click.UsageError("--engine is for --verify")
    if format_ != "text" and (stat or (mail and not output)):
        raise click.UsageError("--stat and --format-patch print to where the report goes; choose one")
    wanted = PatchWishes(diff, stat, mail, output)
    report_format = None if format_ == "text" else cast(Format, format_)
    wishes = Wishes(wanted, check, is_filter, report_format, quiet, verbose, verify, engine, interactive)
    if interactive and (quiet or wishes.format or not wishes.in_place):
        raise click.UsageError("--interactive asks before it rewrites a file, and says why; not so with what is given")

    def tell(source: Source) -> None:
        if verbose:
            Screen(sys.stderr).say(f"{source.shown}: skipped: {source.skipped}")

    return _convert(tasks_of(paths, context, said, tell), wishes, jobs)


def _convert(tasks: list[Task], wishes: Wishes, jobs: int) -> int:
    status = DONE
    reports: list[FileReport] = []
    gathered: list[Examined] = []
    told: set[tuple[Note, ...]] = set()
    stack = Stack()
    with closing(_results(tasks, wishes, jobs)) as results:
        for examined, verified in results:
            answer = _answer(stack.on_top(examined), wishes)
            done = stack.kept(_written(answer.result) if wishes.in_place else answer.result)
            if done.report.reasons not in told:
                _show(done, wishes)
            if done.report.verdict == "error":
                # what is wrong with a configuration file is wrong for all its Dockerfiles
                told.add(done.report.reasons)
            reports.append(done.report)
            if wishes.patch.gathers:
                gathered.append(done)
            status = max(status, verified, done.status, _status(done.report, wishes))
            if answer.is_last:
                break
    if wishes.patch.gathers:
        put_gathered(gathered, wishes.patch, verbose=wishes.verbose)
    if wishes.format:
        from scratchify.report.formats import in_format

        Screen(sys.stdout).put(in_format(reports, wishes.format))
    if not wishes.quiet:
        if len(reports) > 1:
            _show_table(reports)
        Screen(sys.stderr).say(*summary_line((report.verdict for report in reports), written=wishes.in_place))
    return status


def _results(tasks: list[Task], wishes: Wishes, jobs: int) -> Generator[tuple[Examined, int]]:
    """Yield what becomes of each task, and the exit status of its verification, where one was wanted."""
    if not wishes.verify:
        with closing(examine_all(tasks, jobs)) as results:
            yield from ((result, DONE) for result in _awaited(results, tasks, wishes))
        return
    from scratchify.examination.verifying import Verifier
    from scratchify.report.progress import ToldProgress

    with closing(examine_all(tasks, jobs)) as results, ToldProgress(quiet=wishes.quiet, verbose=False) as progress:
        verifier = Verifier(wishes.engine, progress)
        yield from (verifier.sifted(result) for result in results)


def _awaited(results: Iterator[Examined], tasks: list[Task], wishes: Wishes) -> Iterator[Examined]:
    """Yield the results, and tell a person which one is waited for."""
    from scratchify.report.waiting import waiting_for

    for number, task in enumerate(tasks, 1):
        with waiting_for(f"{task.source.shown}: reading, {number} of {len(tasks)}", quiet=wishes.quiet):
            result = next(results)
        yield result


def _answer(result: Examined, wishes: Wishes) -> Answer:
    """Return what the user wants of a result, who may not be asked."""
    return asked(result) if wishes.interactive else Answer(result)


def _written(result: Examined) -> Examined:
    """Write what is to be written, and return the result, or that it failed."""
    source, after = result.task.source, result.after
    if after is None or source.path is None:
        return result
    from scratchify.examination.writing import replace_content

    path = source.path
    error = attempt(lambda: replace_content(path, result.before, after, folder=source.folder))
    return failed(result.task, error) if isinstance(error, ScratchifyError) else result


def _show(result: Examined, wishes: Wishes) -> None:
    said = Screen(sys.stderr)
    if not wishes.quiet or result.report.verdict == "error":
        for line in report_lines(result.report, written=wishes.in_place, verbose=wishes.verbose):
            said.say(*line)
    if wishes.verbose and result.details:
        said.put(result.details.encode("utf-8", "backslashreplace"))
    if wishes.patch.printed and not wishes.patch.gathers and not wishes.format:
        Screen(sys.stdout).put_diff(patch_of(result, verbose=wishes.verbose))
    if wishes.text_out and result.report.verdict != "error":
        Screen(sys.stdout).put(result.before if result.after is None else result.after)


def _show_table(reports: list[FileReport]) -> None:
    from scratchify.report.table import table_lines

    lines = [*table_lines(reports)]
    if len(lines) > 2:
        screen = Screen(sys.stderr)
        screen.say("")
        for line in lines:
            screen.say(*line)
        screen.say("")


def _status(report: FileReport, wishes: Wishes) -> int:
    return WOULD_CHANGE if wishes.check and report.verdict == "rewritten" else DONE
