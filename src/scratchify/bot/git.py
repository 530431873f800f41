"""
git on repositories of strangers: nothing of theirs is run, nothing leaves the clone, and time and size have an end.

Only what this module says holds: no configuration of the system or the user, no hooks, no filters, no submodules, no
credential store, and no protocol but that of the address. A token goes from the environment of the git process to the
server; no argument, address or file has it.

https://git-scm.com/docs/git-config, https://git-scm.com/docs/gitattributes
"""

import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from scratchify.bot.forge import Credentials
from scratchify.errors import MissingExtra, ScratchifyError
from scratchify.report.terminal import visible

_SETTINGS = {
    "core.hooksPath": os.devnull,
    "core.attributesFile": os.devnull,
    "core.excludesFile": os.devnull,
    "core.fsmonitor": "false",
    "core.symlinks": "false",
    "core.protectHFS": "true",
    "core.protectNTFS": "true",
    "core.autocrlf": "false",
    "core.pager": "cat",
    "core.sshCommand": "false",
    "credential.helper": "",
    "fetch.fsckObjects": "true",
    "transfer.fsckObjects": "true",
    "fetch.recurseSubmodules": "false",
    "submodule.recurse": "false",
    "gc.auto": "0",
    "maintenance.auto": "false",
    "protocol.allow": "never",
    "init.defaultBranch": "main",
    "init.templateDir": "",
    "http.followRedirects": "initial",
    "commit.gpgSign": "false",
    "push.gpgSign": "false",
    # an old repository has what newer ones are not allowed: it is read, and nothing of it is checked out by that name
    "fetch.fsck.zeroPaddedFilemode": "ignore",
    "fetch.fsck.missingSpaceBeforeDate": "ignore",
    "fetch.fsck.badTimezone": "ignore",
    "fetch.fsck.missingNameBeforeEmail": "ignore",
    "fetch.fsck.missingEmail": "ignore",
}

_ATTRIBUTES = "* -text -eol -ident -filter -working-tree-encoding -export-subst\n"
"""In `info/attributes`, which wins over what the repository says: files are checked out as they are."""

_HELPER = (
    '!f() { test "$1" = get && printf "username=%s\\npassword=%s\\n" '
    '"$SCRATCHIFY_GIT_USER" "$SCRATCHIFY_GIT_TOKEN"; }; f'
)
"""Answers git with what only its environment has: https://git-scm.com/docs/gitcredentials#_custom_helpers."""

_KEPT = (
    "PATH",
    "SYSTEMROOT",
    "TMPDIR",
    "TEMP",
    "TMP",
    "GIT_SSL_CAINFO",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "CURL_CA_BUNDLE",
)
_PROXIES = ("http_proxy", "https_proxy", "no_proxy", "all_proxy")

_BRANCH = re.compile(r"(?!-)(?!.*(?:\.\.|@\{|//|\.lock(?:/|$)|/\.|/$|\.$))(?!@$|\.)[^\x00-\x20\x7f~^:?*\[\\]+")
"""A branch's name, as https://git-scm.com/docs/git-check-ref-format has it."""

_SHA = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")


class GitFailed(ScratchifyError):
    """git did not do what it was asked to; one line, without anything secret."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a clone may cost: seconds for each command, bytes on disk of history and of files, and their number."""

    seconds: float = 300
    size: int = 500_000_000
    files: int = 200_000


LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Entry:
    """A file of a tree: its mode as git writes it (`100644`), the name of its content, its path, and its size."""

    mode: str
    blob: str
    path: str
    size: int


@dataclass(frozen=True, slots=True)
class Commit:
    """What a commit says: its parents, the address of whoever committed it, and the message."""

    parents: tuple[str, ...]
    address: str
    message: str


@dataclass(frozen=True, slots=True)
class Author:
    """Who a commit is by."""

    name: str
    email: str

    def __str__(self) -> str:
        return f"{self.name} <{self.email}>"


def checked_address(address: str) -> str:
    """Return an address that git may be given: HTTP(S) without a password in it, or a folder. Raises GitFailed."""
    if re.fullmatch(r"https?://[^\s/@]+/\S+", address) and visible(address) == address:
        return address
    if Path(address).is_absolute() and Path(address).is_dir():
        return address
    raise GitFailed(f"{visible(address)} is neither an http(s) address without a user nor a folder")


def checked_branch(name: str) -> str:
    """Return a name that a branch may have. Raises GitFailed."""
    if _BRANCH.fullmatch(name) and len(name) < 200:
        return name
    raise GitFailed(f"{visible(name)} is no name of a branch")


class Git:
    """One repository below a folder of our own, and the address that it is fetched from and pushed to."""

    def __init__(self, folder: Path, credentials: Credentials | None = None, limits: Limits = LIMITS) -> None:
        self.folder = folder
        self._credentials = credentials
        self._limits = limits

    def start(self) -> None:
        """Make the repository, empty."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._run("init", "--quiet")
        info = self.folder / ".git" / "info"
        info.mkdir(exist_ok=True)
        (info / "attributes").write_text(_ATTRIBUTES, "utf-8")

    def heads(self, address: str, *branches: str) -> dict[str, str]:
        """Return the commits of those of these branches that there are."""
        names = [f"refs/heads/{checked_branch(branch)}" for branch in branches]
        said = self._run("ls-remote", "--refs", "--", checked_address(address), *names, address=address)
        parts = (line.partition("\t") for line in said.decode("utf-8", "replace").splitlines())
        found = {name: commit for commit, _, name in parts}
        return {branch: _checked(found[name]) for branch, name in zip(branches, names, strict=True) if name in found}

    def default_branch(self, address: str) -> str | None:
        """Return the branch that HEAD names, None in a repository without commits."""
        said = self._run("ls-remote", "--symref", "--", checked_address(address), "HEAD", address=address)
        match = re.search(r"^ref: refs/heads/(\S+)\tHEAD$", said.decode("utf-8", "replace"), re.MULTILINE)
        return checked_branch(match[1]) if match else None

    def fetch(self, address: str, commit: str, branch: str, depth: int = 1) -> None:
        """Fetch a branch that was at `commit` a moment ago; if it went on since, GitFailed."""
        ref = f"+refs/heads/{checked_branch(branch)}:refs/fetched/{branch}"
        self._fetch(address, ref, f"--depth={depth}")
        if self._text("rev-parse", f"refs/fetched/{branch}") != _checked(commit):
            raise GitFailed(f"{branch} has moved while it was fetched; the next run takes it up")

    def fetch_pull(self, address: str, number: int) -> str:
        """Fetch what a pull request offers, and return its commit."""
        ref = f"+refs/pull/{int(number)}/head:refs/fetched-pull/{int(number)}"
        self._fetch(address, ref, "--depth=1")
        return _checked(self._text("rev-parse", f"refs/fetched-pull/{int(number)}"))

    def added_since(self, address: str, base: str, branch: str, commit: str) -> frozenset[str]:
        """Return the files that a commit has and the base has not."""
        self.fetch(address, base, branch)
        known = {entry.path for entry in self.files(base)}
        return frozenset(entry.path for entry in self.files(commit)) - known

    def complete(self, address: str, branch: str) -> None:
        """Fetch the rest of a branch's history: what is pushed to where its base is unknown has to have it."""
        ref = f"+refs/heads/{checked_branch(branch)}:refs/fetched/{branch}"
        self._fetch(address, ref, "--unshallow")

    def files(self, commit: str) -> list[Entry]:
        """Return the files of a commit. Raises GitFailed where they are too many or too large."""
        entries = [_entry(line) for line in self._run("ls-tree", "-r", "-z", "-l", commit).split(b"\0") if line]
        size = sum(entry.size for entry in entries)
        if len(entries) > self._limits.files or size > self._limits.size:
            raise GitFailed(f"too large: {len(entries)} files of {size / 1e6:.0f} MB")
        return entries

    def check_out(self, commit: str) -> None:
        """Put the files of a commit into the folder; what is a link comes as a small file with its target in it."""
        self._run("read-tree", commit)
        self._run("checkout-index", "--all", "--force", "--quiet")

    def blob(self, content: bytes) -> str:
        """Store a content and return its name."""
        return _checked(self._run("hash-object", "-w", "--stdin", "--no-filters", stdin=content).decode().strip())

    def tree(self, commit: str) -> str:
        """Return the name of a commit's tree."""
        return _checked(self._text("rev-parse", f"{commit}^{{tree}}"))

    def tree_with(self, commit: str, changes: Sequence[Entry]) -> str:
        """Store a commit's tree with other contents for some files, and return its name."""
        self._run("read-tree", commit)
        lines = "".join(f"{one.mode} {one.blob}\t{one.path}\0" for one in changes)
        self._run("update-index", "-z", "--index-info", stdin=lines.encode("utf-8", "surrogateescape"))
        return _checked(self._text("write-tree"))

    def commit(self, tree: str, parent: str, message: str, author: Author, committer: Author) -> str:
        """Store a commit and return its name."""
        who = {"GIT_AUTHOR_NAME": author.name, "GIT_AUTHOR_EMAIL": author.email}
        who |= {"GIT_COMMITTER_NAME": committer.name, "GIT_COMMITTER_EMAIL": committer.email}
        said = self._run(
            "commit-tree", tree, "-p", parent, "-F", "-", stdin=message.encode("utf-8", "replace"), more=who
        )
        return _checked(said.decode().strip())

    def commit_of(self, name: str) -> Commit | None:
        """Return a commit as it was written, None where it was not fetched."""
        try:
            raw = self._run("cat-file", "commit", _checked(name)).decode("utf-8", "replace")
        except GitFailed:
            return None
        head, _, message = raw.partition("\n\n")
        # what is folded over several lines, like a signature, goes on after a space
        headers = [line.split(" ", 1) for line in head.split("\n") if " " in line and not line.startswith(" ")]
        parents = tuple(value for key, value in headers if key == "parent")
        who = next((value for key, value in headers if key == "committer"), "")
        return Commit(parents, who.rpartition(" <")[2].partition("> ")[0], message)

    def push(self, address: str, commit: str, branch: str, expected: str | None) -> None:
        """Make a branch this commit, if it still is at `expected`, or is not there where that is None."""
        name = f"refs/heads/{checked_branch(branch)}"
        lease = f"--force-with-lease={name}:{expected or ''}"
        flags = ("--quiet", "--no-verify", "--no-follow-tags", "--recurse-submodules=no", lease)
        self._run("push", *flags, "--", checked_address(address), f"{_checked(commit)}:{name}", address=address)

    def _fetch(self, address: str, ref: str, depth: str) -> None:
        flags = ("--quiet", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head", depth)
        self._run("fetch", *flags, "--", checked_address(address), ref, address=address)

    def _text(self, *words: str) -> str:
        return self._run(*words).decode("utf-8", "replace").strip()

    def _run(self, *words: str, stdin: bytes = b"", address: str = "", more: Mapping[str, str] | None = None) -> bytes:
        """Run git and return what it printed. Raises GitFailed."""
        command = [_program(), *self._settings(address), *words]
        # git-remote-https is a child of git, and holds the pipes open: the whole group has to end
        with subprocess.Popen(
            command,
            cwd=self.folder,
            env=self._environment(more or {}),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        ) as process:
            output, errors = self._watched(process, stdin, words[0])
        if process.returncode:
            raise GitFailed(f"git {words[0]}: {self.told(errors)}")
        return output

    def _watched(self, process: subprocess.Popen[bytes], stdin: bytes, what: str) -> tuple[bytes, bytes]:
        end = time.monotonic() + self._limits.seconds
        content: bytes | None = stdin
        try:
            while True:
                try:
                    return process.communicate(content, timeout=min(1.0, max(0.01, end - time.monotonic())))
                except subprocess.TimeoutExpired:
                    content = None
                if time.monotonic() >= end:
                    raise GitFailed(f"git {what}: not done within {self._limits.seconds:.0f} s")
                if _size_of(self.folder) > self._limits.size:
                    raise GitFailed(f"git {what}: larger than {self._limits.size / 1e6:.0f} MB")
        finally:
            if process.poll() is None:
                _kill_group(process)

    def _settings(self, address: str) -> list[str]:
        said = dict(_SETTINGS)
        if address:
            protocol = address.partition("://")[0] if "://" in address else "file"
            said[f"protocol.{protocol}.allow"] = "always"
        words = [word for name, value in said.items() for word in ("-c", f"{name}={value}")]
        return [*words, *(("-c", f"credential.helper={_HELPER}") if self._credentials and address else ())]

    def _environment(self, more: Mapping[str, str]) -> dict[str, str]:
        kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
        kept |= {name: value for name, value in os.environ.items() if name.lower() in _PROXIES}
        fixed = {
            "HOME": str(self.folder),
            "XDG_CONFIG_HOME": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_ATTR_NOSYSTEM": "1",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_ASKPASS": "",
            "GIT_NO_REPLACE_OBJECTS": "1",
            "GIT_OPTIONAL_LOCKS": "0",
            "GIT_LFS_SKIP_SMUDGE": "1",
            "GIT_CEILING_DIRECTORIES": str(self.folder.parent),
            "LC_ALL": "C",
        }
        if self._credentials:
            fixed |= {
                "SCRATCHIFY_GIT_USER": self._credentials.user,
                "SCRATCHIFY_GIT_TOKEN": self._credentials.token,
            }
        return kept | fixed | dict(more)

    def told(self, errors: bytes) -> str:
        """Return the line of what git says that tells why, without what is secret."""
        lines = [line for line in errors.decode("utf-8", "replace").splitlines() if line.strip()]
        why = next(
            (line for line in lines if line.startswith(("fatal:", "error:", "remote:", " !"))), "".join(lines[-1:])
        )
        token = self._credentials.token if self._credentials else ""
        shown = visible(why.replace(token, "…") if token else why).strip()
        return shown[:300] or "failed without a word"


def _program() -> str:
    found = shutil.which("git")
    if not found:
        raise MissingExtra("the bot needs git on the PATH")
    return found


def _checked(name: str) -> str:
    if not _SHA.fullmatch(name):
        raise GitFailed(f"{visible(name[:80])} is no name of an object")
    return name


def _entry(line: bytes) -> Entry:
    described, _, path = line.partition(b"\t")
    mode, _, blob, size = described.decode().split()
    return Entry(mode, _checked(blob), os.fsdecode(path), int(size) if size.isdecimal() else 0)


def _size_of(folder: Path) -> int:
    total = 0
    for where, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):
                total += os.lstat(os.path.join(where, name)).st_size  # noqa: PTH118  # many, often
    return total


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL) if hasattr(os, "killpg") else process.kill()
    streams: tuple[IO[bytes] | None, ...] = (process.stdin, process.stdout, process.stderr)
    for stream in streams:
        if stream:
            with suppress(OSError):
                stream.close()
    process.wait()
