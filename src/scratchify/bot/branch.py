"""The bot's branch: what its commits say, how they are made, and whether somebody else has been there."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import PurePosixPath

from scratchify.bot.git import Author, Entry, Git, GitFailed
from scratchify.examination.examine import Examined
from scratchify.report.commit import explanation, subject
from scratchify.report.terminal import visible

BASE = "Scratchify-Base"
"""The trailer that names the commit which the branch begins at: every commit of the bot has it."""

WORK = "Scratchify-Work"
"""The trailer that says by what version and choices the branch was made."""

_REFERENCE = re.compile(r"(?<=[@#!])(?=\w)|(?<=\bGH)(?=-\d)")
"""Where a forge would see a person or an issue in what a file is called; a space without width stops it."""

MOST_COMMITS = 100
"""Of a branch; one for each file."""


@dataclass(frozen=True, slots=True)
class Signature:
    """Who commits, and whether each commit is signed off."""

    author: Author
    committer: Author
    sign_off: bool = False


@dataclass(frozen=True, slots=True)
class Branch:
    """
    The bot's branch as it is on the forge.

    `base` is the commit that it begins at and `work` what it was made by, None where somebody else has committed to it.
    """

    commit: str
    base: str | None = None
    work: str | None = None

    @property
    def is_ours(self) -> bool:
        return self.base is not None


def work_of(version: str, choices: Iterable[object]) -> str:
    """Return what stands for a version and the choices that a branch was made with."""
    return sha256("\0".join(map(repr, (version, *choices))).encode()).hexdigest()[:16]


def read_branch(git: Git, address: str, name: str, tip: str, committer: Author) -> Branch:
    """
    Return what a branch is that is at `tip`.

    It is the bot's as far as every commit from its tip to the base that they all name is by the bot's own committer.
    Whoever adds, amends, rebases or merges leaves another name, or another base, on the way.
    """
    git.fetch(address, tip, name, depth=2)
    base = work = None
    at, count = tip, 0
    while count < MOST_COMMITS:
        commit = git.commit_of(at)
        if commit is None:
            git.fetch(address, tip, name, depth=MOST_COMMITS)
            commit = git.commit_of(at)
        said = trailers(commit.message) if commit else {}
        if commit is None or commit.address != committer.email or len(commit.parents) != 1 or BASE not in said:
            return Branch(tip)
        base, work = base or said[BASE], work or said.get(WORK)
        if said[BASE] != base:
            return Branch(tip)
        (at,) = commit.parents
        if at == base:
            return Branch(tip, base, work)
        count += 1
    return Branch(tip)


def trailers(message: str) -> dict[str, str]:
    """Return what the last paragraph of a message says as `Key: value`."""
    *_, last = message.strip().split("\n\n")
    pairs = (re.fullmatch(r"([A-Za-z][A-Za-z-]*): (.+)", line) for line in last.split("\n"))
    return {pair[1]: pair[2].strip() for pair in pairs if pair}


def build_branch(
    git: Git, base: str, entries: Sequence[Entry], results: Sequence[Examined], signature: Signature, work: str
) -> str:
    """
    Store one commit for each file that is rewritten, in the order of the results, and return the last.

    Nothing is taken from the folder: contents go straight to git, with the mode that each file has. Raises GitFailed
    where a file is not what was examined.
    """
    known = {entry.path: entry for entry in entries}
    commit = base
    for path, of_file in _by_file(results).items():
        entry = known.get(path)
        if entry is None or entry.mode not in ("100644", "100755"):
            raise GitFailed(f"{visible(path)} is no plain file")
        if git.blob(of_file[0].before) != entry.blob:
            raise GitFailed(f"{visible(path)} is not on disk what it is in the repository")
        after = of_file[-1].after
        assert after is not None, "only what is rewritten is committed"
        tree = git.tree_with(commit, [Entry(entry.mode, git.blob(after), path, len(after))])
        commit = git.commit(
            tree, commit, _message(of_file, base, signature, work), signature.author, signature.committer
        )
    return commit


def _by_file(results: Sequence[Examined]) -> dict[str, list[Examined]]:
    files: dict[str, list[Examined]] = {}
    for result in results:
        if result.after is not None:
            files.setdefault(str(PurePosixPath(result.task.source.shown)), []).append(result)
    return files


def _message(results: Sequence[Examined], base: str, signature: Signature, work: str) -> str:
    reports = [result.report for result in results]
    said = [f"{BASE}: {base}", f"{WORK}: {work}"]
    said += [f"Signed-off-by: {signature.author}"] if signature.sign_off else []
    text = "\n".join((subject(reports), "", *explanation(reports)))
    return "\n".join((_REFERENCE.sub("\u200b", text), "", *said)) + "\n"
