"""A pull request that adds a single-stage Go Dockerfile, answered by a suggestion at the lines of its diff."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

from scratchify.bot.checkout import check_out
from scratchify.bot.examination import examined
from scratchify.bot.forge import Comment, Forge, Repository
from scratchify.bot.git import Git
from scratchify.bot.visit import Errand
from scratchify.examination.examine import Examined
from scratchify.patch import read_patch
from scratchify.patch.reading import Hunk
from scratchify.report.document import FileReport
from scratchify.report.markdown import block, code, prose

MOST_NOTES = 12
"""Of a remark; who wants all of them runs the program."""


def review_pull(
    forge: Forge, errand: Errand, repository: Repository, number: int, commit: str, is_new: Callable[[str], bool]
) -> str:
    """
    Review a pull request as `commit` leaves it, and return what was done in a line.

    `is_new` is asked for each remark, by a mark that stands for it: what was said once is not said again.
    """
    with TemporaryDirectory(prefix="scratchify-") as folder:
        git = Git(Path(folder, "clone"), forge.credentials(repository.name), errand.limits)
        git.start()
        if git.fetch_pull(repository.clone_url, number) != commit:
            return "the pull request went on; its newest commit has a job of its own"
        base = git.heads(repository.clone_url, repository.default_branch).get(repository.default_branch)
        added = git.added_since(repository.clone_url, base, repository.default_branch, commit) if base else None
        check_out(git, commit)
        found = [
            (result, comment)
            # anybody may open a pull request: nothing of it is built
            for result in examined(git.folder, replace(errand.look, verify=False))
            if result.report.verdict == "rewritten" and (added is None or result.report.path in added)
            for comment in [remark(result)]
            if comment and is_new(_mark(comment))
        ]
    if not found:
        return "nothing to remark"
    introduction = _introduction([result.report for result, _ in found])
    forge.review(repository.name, number, commit, introduction, [comment for _, comment in found])
    return f"remarked on {', '.join(comment.path for _, comment in found)}"


def remark(result: Examined) -> Comment | None:
    """
    Return a remark with the whole change of a file as one suggestion: half a refactoring is a broken image.

    Its lines are those of the file from the first that changes to the last, so that all of them are in the diff of a
    pull request that adds the file.
    """
    if result.hosted.kind:
        return None
    (file,) = read_patch(result.patch, result.report.path)
    before = result.before.decode("utf-8", "surrogateescape").split("\n")
    first, last = _span(file.hunks)
    new = _between(file.hunks, before, first, last)
    body = [
        f"This ships the Go toolchain with the program. What changes that, to {code(f'FROM {result.report.base}')}:",
        "",
        block("\n".join(new), "suggestion").removesuffix("\n"),
        "",
        *_notes(result.report),
    ]
    return Comment(result.report.path, first, last, "\n".join(body))


def _span(hunks: Sequence[Hunk]) -> tuple[int, int]:
    """Return the first and the last line of the file that the hunks have, context included, counted from 1."""
    return hunks[0].start + 1, hunks[-1].start + len(hunks[-1].old)


def _between(hunks: Sequence[Hunk], before: Sequence[str], first: int, last: int) -> list[str]:
    """Return the lines that stand in the place of these."""
    lines: list[str] = []
    at = first
    for hunk in hunks:
        lines += before[at - 1 : hunk.start]
        lines += [line.removesuffix("\n").removesuffix("\r") for line in hunk.new]
        at = hunk.start + len(hunk.old) + 1
    return [*lines, *before[at - 1 : last]]


def _notes(report: FileReport) -> list[str]:
    notes = [*((note, "assumed: ") for note in report.assumptions), *((note, "") for note in report.decisions)]
    lines = [f"- {code(note.place)}: {label}{prose(note.message)}" for note, label in notes[:MOST_NOTES]]
    return lines + [f"- and {len(notes) - MOST_NOTES} more"] * (len(notes) > MOST_NOTES)


def _introduction(reports: Sequence[FileReport]) -> str:
    count = len(reports)
    what = "a Dockerfile" if count == 1 else f"{count} Dockerfiles"
    return (
        f"This pull request adds {what} of one stage, whose image ships the compiler with the program. "
        "A suggestion changes a whole file: take it as a whole or not at all."
    )


def _mark(comment: Comment) -> str:
    return sha256(f"{comment.path}\0{comment.body}".encode("utf-8", "backslashreplace")).hexdigest()
