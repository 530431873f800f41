"""One file after the other: its change with the evidence, and whether it is wanted."""

import sys
from dataclasses import dataclass, replace

import click

from scratchify.cli.patches import patch_of
from scratchify.decisions import Finding
from scratchify.errors import ScratchifyError, UnfitPatch
from scratchify.examination.attempt import attempt
from scratchify.examination.examine import Examined, patch_path
from scratchify.examination.inputs import decoded, encoded
from scratchify.outcome import Unchanged
from scratchify.report.document import file_report
from scratchify.report.terminal import Screen, report_lines

HELP = """\
y - rewrite this file
n - leave it as it is
e - edit the patch, and see it again
q - leave this one and all others as they are"""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is to become of a file, and whether that was the last word."""

    result: Examined
    is_last: bool = False


def asked(result: Examined) -> Answer:
    """Show one result, ask, and return what was wanted of it: as it is, with an edited patch, or nothing."""
    said = Screen(sys.stderr)
    if result.after is None:
        return Answer(result)
    for line in report_lines(result.report, written=False, verbose=True):
        said.say(*line)
    while True:
        Screen(sys.stdout).put_diff(patch_of(result, verbose=True))
        match _answer(f"Rewrite {result.report.place} [y,n,e,q,?]? "):
            case "y":
                return Answer(result)
            case "n":
                return Answer(_declined(result))
            case "q":
                return Answer(_declined(result), is_last=True)
            case "e":
                edited = attempt(lambda result=result: _edited(result))  # type: ignore[misc]  # called at once
                if isinstance(edited, ScratchifyError):
                    said.say(f"{edited}; the patch is as it was")
                else:
                    result = edited
            case _:
                for meaning in HELP.split("\n"):
                    said.say(meaning)


def _answer(question: str) -> str:
    """Return the first letter of what is answered; the end of the input is a q."""
    sys.stderr.write(question)
    sys.stderr.flush()
    answer = sys.stdin.readline() if sys.stdin else ""
    return answer.strip().lower()[:1] if answer else "q"


def _declined(result: Examined) -> Examined:
    because = Finding(None, 0, "left as it is, as you chose")
    report = file_report(result.task.source.shown, Unchanged("declined", because), hosted=result.hosted)
    return Examined(result.task, report, result.before, hosted=result.hosted)


def _edited(result: Examined) -> Examined:
    """
    Return the result with a patch that the user edited.

    Raises ScratchifyError where that is no patch of this file, does not fit, or makes no Dockerfile of it.
    """
    from scratchify.errors import InvalidPatch
    from scratchify.hosts import host_of
    from scratchify.model import understand
    from scratchify.patch import applied, read_patch, recounted, unified_diff
    from scratchify.syntax import parse

    try:
        content = click.edit(result.patch, extension=".patch", require_save=False)
    except click.ClickException as error:
        raise InvalidPatch(error.message, "editor", 1) from error
    path, before = patch_path(result.task.source), decoded(result.before)
    files = read_patch(encoded(recounted(decoded(content or b""))), "edited")
    if [file.path for file in files] != [path]:
        raise InvalidPatch(f"it is not of {path} alone", "edited", files[0].line)
    try:
        after = applied(files[0], before)
    except UnfitPatch as error:
        raise InvalidPatch(str(error), "edited", error.line) from error
    source = result.task.source
    dockerfiles = host_of(source.path).dockerfiles(after)
    if source.number >= len(dockerfiles):
        raise InvalidPatch("there is no Dockerfile where one was", "edited", files[0].line)
    understand(parse(dockerfiles[source.number].text))
    # what was decided is no longer what is written, so no decision is named for it
    return replace(result, after=encoded(after), patch=unified_diff(path, before, after), outcome=None)
