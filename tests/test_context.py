"""What COPY sees: ignore files as Docker reads them, links, and what a fresh checkout lacks."""

import os
import subprocess
from pathlib import Path

import pytest

from scratchify.context import DirectoryContext, MemoryContext
from scratchify.ignore_patterns import IgnorePatterns
from scratchify.repository import IgnoredByGit, repository_root


def make(root: Path, *files: str) -> Path:
    for file in files:
        path = root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(file)
    return root


# ---- .dockerignore; moby/patternmatcher and its ignorefile package


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("", "a"),
        ("\n \n", "a"),
        ("# a", "# a"),
        ("#a", "a"),
        ("\ufeff#a", "a"),
        ("a", "ab"),
        ("a", "b/a"),
        ("/a", "b/a"),
        ("*.md", "docs/a.md"),
        ("*/a", "a"),
        ("*/a", "b/c/a"),
        ("a?", "a"),
        ("a?", "a/"),
        ("a.b", "axb"),
        ("[a-c]", "d"),
        ("[^a]", "a"),
        ("\\*", "a"),
        ("**/a", "ba"),
        ("a/**", "ab"),
        ("a/**", "a"),
        ("A", "a"),
        (".", "a"),
        ("/", "a"),
        ("..", "a"),
        ("../a", "a"),
        ("[", "a"),
        ("!a", "a"),
        ("a\n!a", "a"),
        ("a\n!a", "a/b"),
        ("*\n!a", "a"),
        ("*\n!a", "a/b/c"),
        ("*\n!**/*.go", "b/c/a.go"),
        ("*\n! a", "a"),
        ("*\n!/a/", "a"),
        ("a\n!a\n", "b"),
    ],
)
def test_what_no_rule_names_or_an_exception_brings_back_is_seen(text: str, path: str) -> None:
    assert not IgnorePatterns(text).hides(path)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("a", "a"),
        ("a", "a/b/c"),
        ("/a", "a"),
        ("//a", "a"),
        ("a/", "a"),
        ("a/", "a/b"),
        ("./a", "a"),
        ("b/../a", "a"),
        ("  a \t\r\n", "a"),
        ("\ufeffa", "a"),
        (" #a", "#a"),
        ("*", "a"),
        ("*", "a/b"),
        ("*.md", "a.md"),
        ("*/a", "b/a"),
        ("a?c", "abc"),
        ("[a-c]", "b"),
        ("[^a]", "b"),
        ("[a\\]]", "]"),
        ("\\*", "*"),
        ("a+(b)", "a+(b)"),
        ("**", "a/b"),
        ("**/a", "a"),
        ("**/a", "b/c/a"),
        ("**/a/*.b", "x/a/c.b"),
        ("**.md", "a/b.md"),
        ("a/**", "a/b/c"),
        ("a/**/b", "a/b"),
        ("a/**/b", "a/c/d/b"),
        ("a**", "ab/c"),
        ("!a\na", "a"),
        ("*\n!a", "b"),
        ("*\n!a/b", "a"),
        ("*\n!a/b", "a/c"),
        ("a\n!b", "a"),
        ("a/b\n!a", "a/b"),  # MatchesUsingParentResults: the exception was of no use for the folder
    ],
)
def test_what_a_rule_names_is_hidden_with_all_below(text: str, path: str) -> None:
    assert IgnorePatterns(text).hides(path)


def test_a_directory_is_listed_without_its_root(tmp_path: Path) -> None:
    context = DirectoryContext(make(tmp_path, "a", "b/c", "b/d/e"))
    assert context.entries == {"a": "file", "b": "folder", "b/c": "file", "b/d": "folder", "b/d/e": "file"}
    assert context.read("b/d/e") == b"b/d/e"


@pytest.mark.parametrize("path", ["nothing", "b", "hidden", "../outside", ""])
def test_what_is_no_visible_file_is_not_read(tmp_path: Path, path: str) -> None:
    make(tmp_path, "outside", "root/b/c", "root/hidden")
    (tmp_path / "root" / ".dockerignore").write_text("hidden\n")
    assert DirectoryContext(tmp_path / "root").read(path) is None


def test_a_folder_is_there_where_an_exception_lets_something_in_it_through(tmp_path: Path) -> None:
    make(tmp_path, "a/b", "a/c", "d/e")
    (tmp_path / ".dockerignore").write_text("*\n!a/b\n")
    assert DirectoryContext(tmp_path).entries == {"a": "folder", "a/b": "file"}


def test_a_folder_of_hidden_files_is_there(tmp_path: Path) -> None:
    make(tmp_path, "a/b")
    (tmp_path / ".dockerignore").write_text("a/*\n.dockerignore\n")
    assert DirectoryContext(tmp_path).entries == {"a": "folder"}


def test_what_only_one_of_two_ignore_files_hides_is_disputed(tmp_path: Path) -> None:
    make(tmp_path, "a", "b", "c", "d")
    (tmp_path / ".dockerignore").write_text("a\nb\n*ignore\n")
    (tmp_path / "Dockerfile.dockerignore").write_text("b\nc\n*ignore\n")
    context = DirectoryContext(tmp_path, tmp_path / "Dockerfile")
    assert context.entries == {"d": "file"}
    assert context.disputed == {"a", "c"}
    assert context.read("a") is None


@pytest.mark.parametrize(("own", "expected"), [(True, {"b"}), (False, {"a"})])
def test_either_ignore_file_counts_alone(tmp_path: Path, own: bool, expected: set[str]) -> None:
    make(tmp_path, "context/a", "context/b", "build/x.Dockerfile")
    ignores = tmp_path / "build" / "x.Dockerfile.dockerignore" if own else tmp_path / "context" / ".dockerignore"
    ignores.write_text("a\n.dockerignore\n" if own else "b\n.dockerignore\n")
    context = DirectoryContext(tmp_path / "context", tmp_path / "build" / "x.Dockerfile")
    assert set(context.entries) == expected
    assert context.disputed == frozenset()


def test_the_ignore_file_of_another_dockerfile_does_not_count(tmp_path: Path) -> None:
    make(tmp_path, "a")
    (tmp_path / "Dockerfile.dockerignore").write_text("a\n")
    assert "a" in DirectoryContext(tmp_path, tmp_path / "Other").entries


def test_links_are_links_and_lead_nowhere_outside(tmp_path: Path) -> None:
    make(tmp_path, "outside", "root/a", "root/folder/b", "root/.env")
    root = tmp_path / "root"
    (root / ".dockerignore").write_text(".env\n")
    for name, target in {
        "good": "a",
        "out": "../outside",
        "gone": "nothing",
        "there": "folder",
        "loop": "loop",
        "hid": ".env",
    }.items():
        (root / name).symlink_to(target)
    context = DirectoryContext(root)
    assert {name for name, kind in context.entries.items() if kind == "link"} == {
        "good",
        "out",
        "gone",
        "there",
        "loop",
        "hid",
    }
    assert "there/b" not in context.entries
    assert context.read("good") == b"root/a"
    assert [context.read(name) for name in ("out", "gone", "there", "loop", "hid")] == [None] * 5


# ---- .gitignore


GITIGNORES = {
    ".gitignore": "*.log\n!keep.log\n/bin/\nbuild\nsecret*\ndocs/**/x\n# c\n\\#d\nspace\\ \ntrail  \n[ab].c\n"
    "\u00e9\r\nform\ffeed\n",
    "sub/.gitignore": "!a.log\n/own\n*.tmp\n",
    "sub/deep/.gitignore": "!*.tmp\n",
    "build/.gitignore": "!in\n",
}
PATHS = [
    *(
        "a.log",
        "keep.log",
        "sub/a.log",
        "sub/b.log",
        "bin/x",
        "sub/bin/x",
        "build/in",
        "sub/build",
        "secret/x",
        "secrets",
    ),
    *("docs/x", "docs/a/b/x", "#d", "space ", "trail", "a.c", "c.c", "sub/own", "own", "sub/x.tmp", "sub/deep/x.tmp"),
    *("x.tmp", "\u00e9", "sub/deep/keep.log", "Bin/x", "plain", "sub/own2", "feed", "form\ffeed"),
]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = make(tmp_path_factory.mktemp("checkout"), *PATHS)
    for file, text in GITIGNORES.items():
        (root / file).write_text(text, "utf-8")
    subprocess.run(["git", "init", "-q", root], check=True, env={**os.environ, "GIT_CONFIG_GLOBAL": os.devnull})
    return root


@pytest.mark.git
@pytest.mark.parametrize("path", PATHS)
def test_git_ignores_what_git_says_that_it_ignores(checkout: Path, path: str) -> None:
    variables = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    asked = subprocess.run(["git", "-C", checkout, "check-ignore", "-q", "--", path], check=False, env=variables)
    assert asked.returncode in (0, 1)
    expected = asked.returncode == 0
    assert IgnoredByGit(checkout).match(checkout / path, is_folder=False) is expected
    assert DirectoryContext(checkout).may_be_absent(path) is expected


@pytest.mark.git
def test_the_repository_counts_from_its_root_for_a_context_below(checkout: Path) -> None:
    context = DirectoryContext(checkout / "sub")
    assert context.may_be_absent("b.log")
    assert not context.may_be_absent("a.log")
    assert not context.may_be_absent("nothing")


def test_outside_a_repository_only_the_folders_own_file_counts(tmp_path: Path) -> None:
    make(tmp_path, "a", "b")
    (tmp_path / ".gitignore").write_text("a\n")
    if repository_root(tmp_path) is None:
        assert DirectoryContext(tmp_path).may_be_absent("a")
    assert not DirectoryContext(tmp_path).may_be_absent("b")
    assert not IgnoredByGit(tmp_path).match(tmp_path.parent / "a", is_folder=False)


@pytest.mark.git
def test_a_repository_begins_at_the_nearest_git_folder(checkout: Path, tmp_path: Path) -> None:
    assert repository_root(checkout / "sub" / "deep") == checkout
    assert repository_root(tmp_path) is None


# ---- in memory


def test_a_context_in_memory_has_its_folders_and_files() -> None:
    context = MemoryContext({"a/b/c": "text", "d": b"\xff"}, may_be_absent=["d"])
    assert context.entries == {"a": "folder", "a/b": "folder", "a/b/c": "file", "d": "file"}
    assert (context.read("a/b/c"), context.read("d"), context.read("a"), context.read("x")) == (
        b"text",
        b"\xff",
        None,
        None,
    )
    assert context.may_be_absent("d")
    assert not context.may_be_absent("a/b/c")
    assert context.disputed == frozenset()
