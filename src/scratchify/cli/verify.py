"""`scratchify verify`: build the original and the result, run both, and compare."""

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from scratchify.cli import options
from scratchify.configuration import Said
from scratchify.engine.observation import Conditions
from scratchify.engine.verification import Wishes
from scratchify.examination.attempt import DONE
from scratchify.examination.examine import Task, examine, tasks_of
from scratchify.examination.verifying import STATUS, Verifier
from scratchify.report.json import encoded
from scratchify.report.progress import ToldProgress
from scratchify.report.side_by_side import verification_lines
from scratchify.report.terminal import Screen
from scratchify.report.verification import VerificationReport, verification_report, verifications, without_result

MEBIBYTE = 1024**2

ARGUMENTS = "scratchify.arguments"
"""Under this name the context of click keeps what stands behind `--`."""


class WithArguments(click.Command):
    """A command that keeps what stands behind `--` apart: click would take it for paths."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        at = args.index("--") if "--" in args else len(args)
        ctx.meta[ARGUMENTS] = tuple(args[at + 1 :])
        return super().parse_args(ctx, args[:at])

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        return [*super().collect_usage_pieces(ctx), "[-- ARGUMENTS...]"]


def _pairs(_ctx: click.Context, _param: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    for value in values:
        if value.partition("=")[0] in ("", value):
            raise click.BadParameter(f"{value} is no NAME=VALUE")
    return values


def _paths(_ctx: click.Context, _param: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    for value in values:
        if not value.startswith("/") or not value.isprintable() or " " in value:
            raise click.BadParameter(f"{value} is no path of an address, like /health")
    return values


@click.command("verify", cls=WithArguments, short_help="Build and run both images, and compare.")
@options.paths(required=True)
@options.engine
@click.option(
    "--env", multiple=True, metavar="NAME=VALUE", callback=_pairs, help="Set a variable in both.  [repeatable]"
)
@click.option("--network", metavar="NAME", help="A network of the engine's.  [default: one without a way out]")
@click.option(
    "--probe", multiple=True, metavar="PATH", callback=_paths, help="Ask for this path too, beside /.  [repeatable]"
)
@click.option(
    "--timeout",
    type=click.FloatRange(min=1),
    default=20.0,
    metavar="SECONDS",
    help="How long the program may take to end or to listen.  [default: 20]",
)
@click.option(
    "--watch",
    type=click.FloatRange(min=0),
    default=5.0,
    metavar="SECONDS",
    help="How long a server is watched when it listens.  [default: 5]",
)
@click.option("--memory", type=click.IntRange(min=16), default=1024, metavar="MIB", help="[default: 1024]")
@click.option("--processes", type=click.IntRange(min=8), default=256, metavar="N", help="[default: 256]")
@click.option(
    "--build-arg",
    "build_arguments",
    multiple=True,
    metavar="NAME=VALUE",
    callback=_pairs,
    help="A build argument.  [repeatable]",
)
@click.option(
    "--build-timeout",
    type=click.FloatRange(min=1),
    default=1200.0,
    metavar="SECONDS",
    help="For each of the two builds.  [default: 1200]",
)
@click.option("--no-cache", is_flag=True, help="Build every step anew.")
@click.option("--keep", is_flag=True, help="Leave the two images, and say their names.")
@options.judgement
@options.report_format("json")
@click.option("--quiet", is_flag=True, help="Show no progress.")
@click.option("--verbose", is_flag=True, help="Show the logs of the builds, and everything that is the same.")
@click.pass_context
def command(
    ctx: click.Context,
    *,
    paths: tuple[str, ...],
    engine: str | None,
    env: tuple[str, ...],
    network: str | None,
    probe: tuple[str, ...],
    timeout: float,
    watch: float,
    memory: int,
    processes: int,
    build_arguments: tuple[str, ...],
    build_timeout: float,
    no_cache: bool,
    keep: bool,
    context: Path | None,
    said: Said,
    format_: str,
    quiet: bool,
    verbose: bool,
) -> int:
    """
    Build the original and the result from the same context, run both alike, and compare what they do.

    Writes no file. ARGUMENTS are for the program, in place of those that the Dockerfile gives it.
    """
    if quiet and verbose:
        raise click.UsageError("--quiet and --verbose exclude each other")
    if network == "host":
        raise click.UsageError("--network host would show the ports of the whole machine; name another one")
    conditions = Conditions(
        arguments=ctx.meta[ARGUMENTS],
        environment=env,
        probes=tuple(dict.fromkeys(("/", *probe))),
        network=network,
        seconds=timeout,
        watch=watch,
        memory=memory * MEBIBYTE,
        processes=processes,
    )
    wishes = Wishes(conditions, build_arguments, build_timeout, no_cache, keep)
    tasks = tasks_of(paths, context, said)
    status, reports = DONE, []
    with ToldProgress(quiet=quiet, verbose=verbose) as progress:
        for report, one in _reports(tasks, Verifier(engine, progress, wishes)):
            reports.append(report)
            status = max(status, one)
            screen = Screen(sys.stderr if report.answer == "error" else sys.stdout)
            if format_ == "text" or report.answer == "error":
                for line in verification_lines(report, kept=keep, verbose=verbose):
                    screen.say(*line)
    if format_ == "json":
        Screen(sys.stdout).put(encoded(verifications(reports)))
    return status


def _reports(tasks: list[Task], verifier: Verifier) -> Iterator[tuple[VerificationReport, int]]:
    """Yield what was found of each, and the exit status that it has."""
    for result in map(examine, tasks):
        if result.outcome:
            report = verification_report(result.report, verifier.verification_of(result, result.outcome))
            yield report, STATUS[report.answer]
        else:
            yield without_result(result.report), result.status
