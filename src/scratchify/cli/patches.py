"""The patch of a whole run: its statistics, a file, a mail."""

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from scratchify.examination.examine import Examined, located
from scratchify.report.terminal import Screen


@dataclass(frozen=True, slots=True)
class PatchWishes:
    """How the patch is wanted: `printed`, with `stat`istics, as a `mail`, and in the file `output`."""

    printed: bool = False
    stat: bool = False
    mail: bool = False
    output: Path | None = None

    @property
    def is_wanted(self) -> bool:
        return self.printed or self.gathers

    @property
    def gathers(self) -> bool:
        """Say whether there is something to say of all files together."""
        return self.stat or self.mail or self.output is not None


def patch_of(result: Examined, *, verbose: bool) -> bytes:
    """Return the patch of one result, with the decisions behind each hunk if `verbose`."""
    if not (verbose and result.outcome):
        return result.patch
    from scratchify.report.hunks import annotated

    locate = located(result.task, result.hosted)
    return annotated(result.patch, result.report.path, result.hosted, result.outcome, locate)


def put_gathered(results: Sequence[Examined], wishes: PatchWishes, *, verbose: bool) -> None:
    """Print or write the patch of all results. Raises UnwritableFile."""
    changed = [result for result in results if result.patch]
    plain = b"".join(result.patch for result in changed)
    patch = b"".join(patch_of(result, verbose=verbose) for result in changed)
    if wishes.mail and changed:
        patch = _mail(changed, patch)
    screen = Screen(sys.stdout)
    if wishes.output:
        from scratchify.examination.writing import write_file

        write_file(wishes.output, patch)
    if wishes.stat and plain:
        from scratchify.patch import read_patch
        from scratchify.patch.statistics import statistics_lines

        for line in statistics_lines(read_patch(plain, "the patch")):
            screen.say(line)
    if wishes.output is None and (wishes.printed or wishes.mail):
        if wishes.stat and patch:
            screen.say("")
        screen.put_diff(patch)


def _mail(changed: Sequence[Examined], patch: bytes) -> bytes:
    from importlib.metadata import version

    from scratchify.patch.mail import mail
    from scratchify.report.commit import explanation, subject

    reports = [result.report for result in changed]
    return mail(patch, _sender(), subject(reports), explanation(reports), version("scratchify"))


def _sender() -> str:
    """Return who the commit is by: whom git's own variables name, or this program."""
    name = os.environ.get("GIT_AUTHOR_NAME") or "scratchify"
    return f"{name} <{os.environ.get('GIT_AUTHOR_EMAIL') or 'scratchify@localhost'}>"
