"""Repositories are hostile: nothing of theirs runs, leaves its clone, has no end, or speaks for us."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from scratchify.bot.checkout import OUTSIDE, check_out
from scratchify.bot.examination import Look, examined
from scratchify.bot.forge import Credentials, Repository
from scratchify.bot.git import Git, GitFailed, Limits, checked_address, checked_branch
from scratchify.bot.visit import Guest
from scratchify.errors import ScratchifyError
from scratchify.examination.attempt import attempt
from tests.git_server import GitServer, git, git_server
from tests.guests import SERVICE, SINGLE, Forge, commit, errand, hosted, source

pytestmark = pytest.mark.git

NAME = "octo/app"
TOKEN = "s3cret-0f-the-b0t"
BRANCH = "scratchify/dockerfiles"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[GitServer]:
    with git_server(tmp_path / "served", TOKEN) as running:
        yield running


def served(server: GitServer, folder: Path) -> Repository:
    return Repository(NAME, server.repository("app", folder), "main", "Go")


def cloned(folder: Path, repository: Repository, credentials: Credentials | None = None) -> Git:
    made = Git(folder, credentials)
    made.start()
    head = made.heads(repository.clone_url, "main")["main"]
    made.fetch(repository.clone_url, head, "main")
    return made


# a server


def test_the_bot_pushes_over_http_with_its_token(tmp_path: Path, server: GitServer) -> None:
    forge = Forge(served(server, source(tmp_path / "source")), token=TOKEN)
    found = Guest(forge, errand()).visit(forge.repository(NAME))
    assert (found.state, found.why) == ("opened", "")
    assert any(path.startswith("/app.git/git-receive-pack") for path in server.asked)
    assert "FROM scratch" in git("show", f"{BRANCH}:Dockerfile", cwd=server.root / "app.git")
    pushes = len([path for path in server.asked if "receive-pack" in path])
    assert Guest(forge, errand()).visit(forge.repository(NAME)).state == "unchanged"
    assert len([path for path in server.asked if "receive-pack" in path]) == pushes


def test_a_wrong_token_is_a_failure_that_does_not_tell_it(tmp_path: Path, server: GitServer) -> None:
    forge = Forge(served(server, source(tmp_path / "source")), token="wr0ng-t0ken")
    found = Guest(forge, errand()).visit(forge.repository(NAME))
    assert found.state == "failed"
    assert "wr0ng" not in found.why
    assert "\n" not in found.why


def test_the_token_is_in_no_argument_and_in_no_file(tmp_path: Path) -> None:
    """Looked at while git is at work, from outside."""
    with git_server(tmp_path / "served", TOKEN, slow=0.4) as slow:
        forge = Forge(served(slow, source(tmp_path / "source")), token=TOKEN)
        folder = tmp_path / "work"
        folder.mkdir()
        made = Git(folder / "clone", Credentials("bot", TOKEN))
        made.start()
        address = forge.repository(NAME).clone_url
        code = f"""
from pathlib import Path
from scratchify.bot.git import Git
from scratchify.bot.forge import Credentials
import os
Git(Path({str(made.folder)!r}), Credentials("bot", os.environ["T"])).heads({address!r}, "main")
"""
        with subprocess.Popen([sys.executable, "-c", code], env={**os.environ, "T": TOKEN}) as process:
            seen = set()
            while process.poll() is None:
                for line in Path("/proc").glob("[0-9]*/cmdline"):
                    try:
                        seen.add(line.read_bytes())
                    except OSError:
                        continue
                time.sleep(0.02)
        assert process.returncode == 0
        assert any(b"ls-remote" in one for one in seen)
        assert not any(TOKEN.encode() in one for one in seen)
        for file in made.folder.rglob("*"):
            assert not file.is_file() or TOKEN.encode() not in file.read_bytes()


def test_credentials_never_show_themselves() -> None:
    assert TOKEN not in repr(Credentials("bot", TOKEN))


def test_a_server_that_says_the_token_back_is_not_quoted(tmp_path: Path) -> None:
    made = Git(tmp_path / "clone", Credentials("bot", TOKEN))
    assert TOKEN not in made.told(f"fatal: remote said {TOKEN} \x1b[31m\nmore".encode())
    assert "\x1b" not in made.told(b"fatal: \x1b[31m")


def test_a_slow_server_has_an_end_and_so_have_its_children(tmp_path: Path) -> None:
    with git_server(tmp_path / "served", TOKEN, slow=30) as slow:
        repository = served(slow, source(tmp_path / "source"))
        made = Git(tmp_path / "clone", Credentials("bot", TOKEN), Limits(seconds=1.5))
        made.start()
        begin = time.monotonic()
        with pytest.raises(GitFailed, match="not done within 2 s"):
            made.heads(repository.clone_url, "main")
        assert time.monotonic() - begin < 10
        left = subprocess.run(["pgrep", "-f", repository.clone_url], capture_output=True, text=True, check=False)
        assert left.stdout == ""


def test_a_clone_that_is_too_large_is_given_up(tmp_path: Path) -> None:
    big = hosted(tmp_path, NAME, {**SERVICE, "big.bin": os.urandom(3_000_000)})
    forge = Forge(big)
    found = Guest(forge, errand(limits=Limits(size=1_000_000))).visit(big)
    assert found.state == "failed"
    assert "larger than 1 MB" in found.why or "too large" in found.why


def test_what_grows_while_it_is_fetched_is_given_up(tmp_path: Path) -> None:
    with git_server(tmp_path / "served", TOKEN, slow=20) as slow:
        repository = served(slow, source(tmp_path / "source"))
        made = Git(tmp_path / "clone", Credentials("bot", TOKEN), Limits(size=1_000_000))
        made.start()
        (made.folder / ".git" / "objects" / "pack.tmp").write_bytes(b"x" * 2_000_000)
        begin = time.monotonic()
        with pytest.raises(GitFailed, match="larger than 1 MB"):
            made.heads(repository.clone_url, "main")
        assert time.monotonic() - begin < 10


def test_what_is_small_packed_and_large_on_disk_is_given_up_before_it_is_there(tmp_path: Path) -> None:
    bomb = hosted(tmp_path, NAME, {**SERVICE, "zeros": b"\0" * 30_000_000})
    found = Guest(Forge(bomb), errand(limits=Limits(size=20_000_000))).visit(bomb)
    assert found.state == "failed"
    assert "too large" in found.why


def test_too_many_files_are_given_up(tmp_path: Path) -> None:
    many = hosted(tmp_path, NAME, {**SERVICE, **{f"f/{number}": "x" for number in range(200)}})
    found = Guest(Forge(many), errand(limits=Limits(files=100))).visit(many)
    assert found.state == "failed"
    assert "too large: 203 files" in found.why


@pytest.mark.parametrize(
    "address",
    [
        "--upload-pack=touch x",
        "ext::sh -c 'touch x'",
        "ssh://host/x",
        "git@host:x",
        "file:///etc",
        "https://user:password@host/x",
        "https://host/x\n",
        "relative/folder",
        "",
    ],
)
def test_an_address_is_http_or_a_folder(address: str) -> None:
    with pytest.raises(GitFailed):
        checked_address(address)


@pytest.mark.parametrize(
    "name",
    ["", "-x", "a..b", "a b", "a~1", "a^", "a:b", "a?", "a*", "a[", "a\\b", "a//b", "a.lock", "@", "a/.b", "\x07"],
)
def test_a_branchs_name_is_one(name: str) -> None:
    with pytest.raises(GitFailed):
        checked_branch(name)


def test_a_branch_may_be_called_what_git_lets_it(tmp_path: Path) -> None:
    repository = hosted(tmp_path, NAME)
    git("branch", "feature/é.x+y", "main", cwd=Path(repository.clone_url))
    assert checked_branch("feature/é.x+y")


# what repositories hold


def test_no_hook_runs(tmp_path: Path) -> None:
    """Those of a served repository are its owner's; those that a template has put into the clone are left out."""
    repository = hosted(tmp_path, NAME)
    made = cloned(tmp_path / "clone", repository)
    hooks = made.folder / ".git" / "hooks"
    hooks.mkdir(exist_ok=True)
    for name in ("post-checkout", "pre-commit", "post-index-change", "pre-push", "reference-transaction"):
        hook = hooks / name
        hook.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran-{name}\n")
        hook.chmod(0o755)
    head = made.heads(repository.clone_url, "main")["main"]
    check_out(made, head)
    made.tree_with(head, [])
    made.push(repository.clone_url, head, "other", None)
    assert not [*tmp_path.glob("ran-*")]


def test_no_filter_of_the_user_runs_and_nothing_is_converted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home"
    home.mkdir()
    filters = f'[filter "evil"]\n\tsmudge = touch {tmp_path}/smudged; cat\n\trequired = true\n'
    (home / ".gitconfig").write_text(f"{filters}[core]\n\tautocrlf = true\n")
    monkeypatch.setenv("HOME", str(home))
    files: dict[str, str | bytes] = {
        **SERVICE,
        ".gitattributes": "* filter=evil text eol=crlf ident\n*.txt working-tree-encoding=UTF-16\n",
        "note.txt": "hello\n".encode("utf-16"),
        "id": "$Id$\n",
    }
    repository = hosted(tmp_path, NAME, files)
    made = cloned(tmp_path / "clone", repository)
    check_out(made, made.heads(repository.clone_url, "main")["main"])
    assert (made.folder / "Dockerfile").read_bytes() == SINGLE.encode()
    assert (made.folder / "main.go").read_bytes() == SERVICE["main.go"].encode()
    assert (made.folder / "id").read_bytes() == b"$Id$\n"
    assert (made.folder / "note.txt").read_bytes() == b"hello\n"
    assert not (tmp_path / "smudged").exists()
    assert Guest(Forge(repository), errand()).visit(repository).state == "opened"


def test_no_submodule_is_fetched(tmp_path: Path) -> None:
    other = source(tmp_path / "other")
    folder = source(tmp_path / "sources" / NAME)
    git("submodule", "--quiet", "add", str(other), "sub", cwd=folder)
    commit(folder, {})
    bare = tmp_path / "bare.git"
    git("clone", "--quiet", "--bare", str(folder), str(bare))
    repository = Repository(NAME, str(bare), "main")
    made = cloned(tmp_path / "clone", repository)
    check_out(made, made.heads(repository.clone_url, "main")["main"])
    assert not (made.folder / "sub" / "Dockerfile").exists()
    assert Guest(Forge(repository), errand()).visit(repository).state == "opened"


def test_links_stay_inside(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("FROM golang\n# what nobody may see\n")
    folder = source(tmp_path / "sources" / NAME)
    (folder / "lib").mkdir()
    (folder / "lib" / "real.go").write_text("package lib\n")
    for name, target in {
        "inside.go": "lib/real.go",
        "folder": "lib",
        "absolute": str(tmp_path / "secret"),
        "up": "../../../secret",
        "through": "folder/../../../secret",
        "chain": "up",
        "git": ".git/config",
        "Dockerfile.x": str(tmp_path / "secret"),
        "loop": "loop",
    }.items():
        (folder / name).symlink_to(target)
    commit(folder, {})
    bare = tmp_path / "bare.git"
    git("clone", "--quiet", "--bare", str(folder), str(bare))
    made = cloned(tmp_path / "clone", Repository(NAME, str(bare), "main"))
    check_out(made, made.heads(str(bare), "main")["main"])
    assert (made.folder / "inside.go").read_text() == "package lib\n"
    assert (made.folder / "folder" / "real.go").exists()
    for name in ("absolute", "up", "through", "chain", "git", "Dockerfile.x", "loop"):
        assert not (made.folder / name).exists(), name
    for name in ("absolute", "up", "through", "git"):
        assert os.readlink(made.folder / name) == OUTSIDE  # noqa: PTH115  # the text itself
    results = examined(made.folder, Look({}, seconds=60))
    assert "nobody may see" not in "".join(result.before.decode() for result in results)


def test_a_linked_dockerfile_is_not_written_to(tmp_path: Path) -> None:
    folder = source(
        tmp_path / "sources" / NAME,
        {"api/main.go": SERVICE["main.go"], "go.mod": SERVICE["go.mod"], "real.txt": SINGLE},
    )
    (folder / "Dockerfile").symlink_to("real.txt")
    commit(folder, {})
    bare = tmp_path / "bare.git"
    git("clone", "--quiet", "--bare", str(folder), str(bare))
    found = Guest(Forge(Repository(NAME, str(bare), "main")), errand()).visit(Repository(NAME, str(bare), "main"))
    assert found.state in ("failed", "refused", "unchanged"), found
    assert BRANCH not in git("branch", "--list", cwd=bare)


def test_a_tree_with_the_name_of_gits_own_folder_is_refused(tmp_path: Path) -> None:
    bare = Path(hosted(tmp_path, NAME).clone_url)
    blob = git("hash-object", "-w", "--stdin", cwd=bare, stdin=b"[core]\n\tfsmonitor = touch evil\n")
    inner = git("mktree", cwd=bare, stdin=f"100644 blob {blob}\tconfig\n".encode())
    # mktree will not write such a tree; its bytes will
    raw = b"40000 .git\0" + bytes.fromhex(inner)
    tree = git("hash-object", "-w", "-t", "tree", "--stdin", "--literally", cwd=bare, stdin=raw)
    made = git("commit-tree", tree, "-m", "evil", cwd=bare)
    git("update-ref", "refs/heads/main", made, cwd=bare)
    repository = Repository(NAME, str(bare), "main")
    found = Guest(Forge(repository), errand()).visit(repository)
    assert found.state == "failed"
    assert not Path("evil").exists()


def test_the_go_toolchain_is_not_asked_about_strangers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "go").write_text(f"#!/bin/sh\ntouch {tmp_path}/asked\nexit 1\n")
    (tools / "go").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}:{os.environ['PATH']}")
    imports = 'package main\n\nimport _ "example.com/other"\n\nfunc main() {}\n'
    files = {**SERVICE, "main.go": imports, ".scratchify.toml": "go-download = true\n"}
    repository = hosted(tmp_path, NAME, files)
    assert Guest(Forge(repository), errand()).visit(repository).state == "opened"
    assert not (tmp_path / "asked").exists()


def test_what_takes_for_ever_to_read_is_given_up(tmp_path: Path) -> None:
    repository = hosted(tmp_path, NAME)
    found = Guest(Forge(repository), errand(look=Look({}, seconds=0.01))).visit(repository)
    assert found.state == "failed"
    assert "not read to the end" in found.why


def test_what_takes_all_the_memory_ends_its_own_process_alone(tmp_path: Path) -> None:
    folder = source(tmp_path / "source")
    commit(folder, {"Dockerfile": f"{SINGLE}# {'x' * 3_000_000}\n"})
    assert [result.report.verdict for result in examined(folder, Look({}, seconds=60))] == ["unchanged"]
    found = attempt(lambda: examined(folder, Look({}, seconds=60, memory=1_000_000)))
    assert isinstance(found, ScratchifyError) or [result.report.verdict for result in found] == ["error"]
    commit(folder, {"Dockerfile": SINGLE})
    assert len(examined(folder, Look({}, seconds=60))) == 1


def test_names_of_files_do_not_speak_in_the_pull_request(tmp_path: Path) -> None:
    evil = "@octocat Closes #1 `x` <img src=x> [a](b)"
    files = {f"{evil}/{name}": content for name, content in SERVICE.items()}
    repository = hosted(tmp_path, NAME, files)
    forge = Forge(repository)
    assert Guest(forge, errand()).visit(repository).state == "opened"
    (pull,) = forge.all_pulls(NAME)
    outside = re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", re.sub(r"```.*?```", "", pull.body, flags=re.DOTALL))
    outside = re.sub(r"<code>.*?</code>", "", outside)
    assert "@octocat" not in outside
    assert "#1" not in outside
    assert "<img" not in outside
    message = git("log", "-1", "--format=%B", BRANCH, cwd=Path(repository.clone_url))
    assert not re.search(r"[@#]\w", message)


def test_control_characters_do_not_reach_a_terminal(tmp_path: Path) -> None:
    files = {f"a\x1b[31m\u202e/{name}": content for name, content in SERVICE.items()}
    repository = hosted(tmp_path, NAME, files)
    forge = Forge(repository)
    found = Guest(forge, errand()).visit(repository)
    assert found.state == "opened"
    (pull,) = forge.all_pulls(NAME)
    assert all(c.isprintable() or c == "\n" for c in pull.title + pull.body)
    message = git("log", "-1", "--format=%B", BRANCH, cwd=Path(repository.clone_url))
    assert all(c.isprintable() or c in "\n\u200b" for c in message)


def test_git_takes_nothing_from_the_environment_of_whoever_runs_the_bot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository = hosted(tmp_path, NAME)
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "core.hooksPath")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", str(tmp_path))
    monkeypatch.setenv("GIT_SSH_COMMAND", "false")
    forge = Forge(repository)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "none"))
    assert Guest(forge, replace(errand())).visit(repository).state == "opened"
