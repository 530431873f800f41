"""Repositories, errands and forges for the tests of the bot."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scratchify.bot.branch import Signature
from scratchify.bot.examination import Look
from scratchify.bot.forge import Credentials, Repository
from scratchify.bot.git import Author
from scratchify.bot.memory import MemoryForge
from scratchify.bot.visit import Errand, Guest
from tests.git_server import git

BOT = Author("Scratch Bot", "bot@example.com")
MODULE = "module example.com/app\n\ngo 1.22\n"
PROGRAM = 'package main\n\nimport "fmt"\n\nfunc main() { fmt.Println("hello") }\n'
SINGLE = 'FROM golang:1.22\nWORKDIR /app\nCOPY . .\nRUN go build -o main .\nCMD ["./main"]\n'
REFUSED = 'FROM golang:1.22\nWORKDIR /app\nCOPY . .\nRUN curl https://example.com/x | sh\nCMD ["./main"]\n'
DONE = "FROM golang:1.22 AS build\nCOPY . .\nRUN go build -o /main .\nFROM scratch\nCOPY --from=build /main /main\n"

SERVICE = {"Dockerfile": SINGLE, "go.mod": MODULE, "main.go": PROGRAM}


def source(folder: Path, files: Mapping[str, str | bytes] = SERVICE) -> Path:
    """Make a repository with one commit, and return its folder."""
    folder.mkdir(parents=True)
    git("init", "--quiet", "--initial-branch", "main", cwd=folder)
    commit(folder, files)
    return folder


def commit(folder: Path, files: Mapping[str, str | bytes], message: str = "Change") -> str:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    git("add", "--all", "--force", cwd=folder)
    git("commit", "--quiet", "--allow-empty", "--message", message, cwd=folder)
    return git("rev-parse", "HEAD", cwd=folder)


class Forge(MemoryForge):
    """One whose repositories are behind a server that wants a token."""

    def __init__(self, *repositories: Repository, token: str | None = None, **forks: Repository) -> None:
        super().__init__(repositories, {name.replace("__", "/"): fork for name, fork in forks.items()})
        self._token = token

    def credentials(self, repository: str) -> Credentials | None:  # noqa: ARG002
        return Credentials("bot", self._token) if self._token else None


def errand(**other: Any) -> Errand:
    usual: dict[str, Any] = {"look": Look({}, seconds=60), "signature": Signature(BOT, BOT), "version": "1.2.3"}
    return Errand(**{**usual, **other})


def guest(forge: MemoryForge, **other: Any) -> Guest:
    return Guest(forge, errand(**other))


def hosted(root: Path, name: str, files: Mapping[str, str | bytes] = SERVICE, **other: Any) -> Repository:
    """Return a repository that lies in a folder as a bare one."""
    made = source(root / "sources" / name, files)
    bare = root / "bare" / f"{name}.git"
    bare.parent.mkdir(parents=True, exist_ok=True)
    git("clone", "--quiet", "--bare", str(made), str(bare))
    git("remote", "add", "bare", str(bare), cwd=made)
    return Repository(name, str(bare), "main", **{"language": "Go"} | other)


def pushed(root: Path, name: str, files: Mapping[str, str | bytes], branch: str = "main") -> str:
    """Commit to a branch of a hosted repository as a person does, and return the commit."""
    made = root / "sources" / name
    git("fetch", "--quiet", "bare", branch, cwd=made)
    git("checkout", "--quiet", "--detach", "FETCH_HEAD", cwd=made)
    made_commit = commit(made, files)
    git("push", "--quiet", "bare", f"HEAD:refs/heads/{branch}", cwd=made)
    return made_commit


def on_branch(root: Path, name: str, what: str, branch: str = "scratchify/dockerfiles") -> str:
    """Return what git says of a branch of a hosted repository."""
    return git(*what.split(), branch, "--", cwd=root / "bare" / f"{name}.git")


def branches(root: Path, name: str) -> dict[str, str]:
    """Return the branches of a hosted repository, with their commits."""
    bare = root / "bare" / f"{name}.git"
    said = git("for-each-ref", "--format=%(refname:short) %(objectname)", "refs/heads", cwd=bare)
    pairs = (line.partition(" ") for line in said.split("\n"))
    return {branch: commit for branch, _, commit in pairs}
