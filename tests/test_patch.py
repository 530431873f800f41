"""Patches: git and patch(1) take them, and they say nothing but the change."""

import subprocess
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scratchify.errors import BrokenPromise
from scratchify.patch import check_patch, unified_diff

BEFORE = "FROM golang:1.22\nWORKDIR /app\nCOPY . .\nRUN go build -o main .\nEXPOSE 80\nUSER 1000\nCMD ./main\n"
AFTER = BEFORE.replace("golang:1.22", "golang:1.22 AS build").replace("CMD ./main", 'FROM scratch\nCMD ["/app/main"]')

TEXTS = {
    "plain": (BEFORE, AFTER),
    "crlf": (BEFORE.replace("\n", "\r\n"), AFTER.replace("\n", "\r\n")),
    "neither ends in a newline": (BEFORE.rstrip(), AFTER.rstrip()),
    "the newline at the end goes": (BEFORE, AFTER.rstrip()),
    "the newline at the end comes": (BEFORE.rstrip(), AFTER),
    "the last line stays without newline": (BEFORE + "# end", AFTER + "# end"),
    "lone carriage returns": (BEFORE.replace("/app", "/a\rpp"), AFTER.replace("/app", "/a\rpp\r")),
    "form feed and line separators": (BEFORE + "# \f\x1c\x85\u2028x\n", AFTER + "# \f\x1c\x85\u2028y\n"),
    "byte order mark": ("\ufeff" + BEFORE, "\ufeff" + AFTER),
    "latin-1 bytes": (BEFORE + "# caf\udce9\n", AFTER + "# caf\udce9s\n"),
    "lines that look like a patch": (
        BEFORE + "-- a\n++ b\n@@ -1 +1 @@\n\\ c\n",
        AFTER + "-- b\n++ a\n@@ -1 +2 @@\n\\ d\n",
    ),
    "from nothing": ("", BEFORE),
    "two hunks": (BEFORE + "#\n" * 20 + BEFORE, AFTER + "#\n" * 20 + AFTER),
    "many alike lines": (BEFORE + "RUN :\n" * 300, AFTER + "RUN :\n" * 299),
}

PATHS = [
    "Dockerfile",
    "cmd/api/Dockerfile.dev",
    "with space/my Dockerfile",
    "ends in a/b/Dockerfile",
    "x b/x b/Dockerfile",
    'quote"d/Dockerfile',
    "back\\slash/Dockerfile",
    "tab\tand\nnewline/Dockerfile",
    "caf\u00e9/Dockerfile",
    "latin\udce9/Dockerfile",
    "odd \x01 and space/Dockerfile",
    "-dash/Dockerfile",
]

LINES = st.lists(
    st.text(st.sampled_from("ab \t\r\f\x0b\x1c\x85\u2028+-\\@#\udce9\ufeff\u00e9"), max_size=4)
    | st.sampled_from(["RUN go build\r", "-- a", "++ b", "@@ -1 +1 @@", "diff --git a/x b/x", ""]),
    max_size=14,
)
ANY_TEXT = st.builds(lambda lines, end: "\n".join(lines) + end, LINES, st.sampled_from(["", "\n", "\r\n"]))


def encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def folder_with(folder: Path, path: str, text: str) -> Path:
    file = folder / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(encoded(text))
    return file


def run(command: list[str], folder: Path, patch: bytes) -> None:
    done = subprocess.run(command, cwd=folder, input=patch, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def git_apply(folder: Path, patch: bytes) -> None:
    run(["git", "init", "-q"], folder, b"")
    run(["git", "apply", "--whitespace=nowarn", "-"], folder, patch)


@pytest.mark.git
@pytest.mark.parametrize("name", TEXTS)
def test_git_apply_gives_the_result(tmp_path: Path, name: str) -> None:
    before, after = TEXTS[name]
    file = folder_with(tmp_path, "Dockerfile", before)
    git_apply(tmp_path, unified_diff(PurePosixPath("Dockerfile"), before, after))
    assert file.read_bytes() == encoded(after)


@pytest.mark.patch
@pytest.mark.parametrize("name", TEXTS)
def test_patch_gives_the_result(tmp_path: Path, name: str) -> None:
    before, after = TEXTS[name]
    file = folder_with(tmp_path, "Dockerfile", before)
    run(["patch", "-p1", "--binary", "-s"], tmp_path, unified_diff(PurePosixPath("Dockerfile"), before, after))
    assert file.read_bytes() == encoded(after)


@pytest.mark.git
@pytest.mark.parametrize("path", PATHS)
def test_odd_paths_are_written_as_git_does(tmp_path: Path, path: str) -> None:
    """The header lines are byte for byte those of git diff, and git takes them back."""
    file = folder_with(tmp_path, path, BEFORE)
    run(["git", "init", "-q"], tmp_path, b"")
    run(["git", "add", "-A"], tmp_path, b"")
    file.write_bytes(encoded(AFTER))
    theirs = subprocess.run(["git", "diff"], cwd=tmp_path, capture_output=True, check=True).stdout.split(b"\n")
    ours = unified_diff(PurePosixPath(path), BEFORE, AFTER)
    assert ours.split(b"\n")[:3] == [theirs[0], *theirs[2:4]]

    file.write_bytes(encoded(BEFORE))
    git_apply(tmp_path, ours)
    assert file.read_bytes() == encoded(AFTER)
    check_patch(ours, PurePosixPath(path), BEFORE, AFTER)


@pytest.mark.patch
@pytest.mark.parametrize("path", [path for path in PATHS if "\n" not in path])
def test_patch_takes_odd_paths(tmp_path: Path, path: str) -> None:
    """A path with a newline patch(1) refuses on purpose."""
    file = folder_with(tmp_path, path, BEFORE)
    run(["patch", "-p1", "-s"], tmp_path, unified_diff(PurePosixPath(path), BEFORE, AFTER))
    assert file.read_bytes() == encoded(AFTER)


@pytest.mark.git
def test_patches_of_several_files_are_one_patch(tmp_path: Path) -> None:
    files = [folder_with(tmp_path, path, BEFORE) for path in PATHS]
    git_apply(tmp_path, b"".join(unified_diff(PurePosixPath(path), BEFORE, AFTER) for path in PATHS))
    assert {file.read_bytes() for file in files} == {encoded(AFTER)}


@pytest.mark.git
def test_patches_that_end_without_newline_can_be_joined(tmp_path: Path) -> None:
    files = [folder_with(tmp_path, path, BEFORE.rstrip()) for path in ("a", "b")]
    git_apply(tmp_path, b"".join(unified_diff(PurePosixPath(p), BEFORE.rstrip(), AFTER.rstrip()) for p in ("a", "b")))
    assert {file.read_bytes() for file in files} == {encoded(AFTER.rstrip())}


def test_no_change_is_no_patch() -> None:
    assert unified_diff(PurePosixPath("Dockerfile"), BEFORE, BEFORE) == b""


def test_what_stays_is_context_and_nothing_else_is_touched() -> None:
    patch = unified_diff(PurePosixPath("Dockerfile"), "a\nb\nc\nd\ne\nf\ng\nh\ni\n", "a\nb\nc\nd\nE\nf\ng\nh\ni\n")
    assert patch == (
        b"diff --git a/Dockerfile b/Dockerfile\n--- a/Dockerfile\n+++ b/Dockerfile\n"
        b"@@ -2,7 +2,7 @@\n b\n c\n d\n-e\n+E\n f\n g\n h\n"
    )


@given(before=ANY_TEXT, after=ANY_TEXT)
def test_every_patch_is_found_good(before: str, after: str) -> None:
    path = PurePosixPath("a/Dockerfile")
    if patch := unified_diff(path, before, after):
        check_patch(patch, path, before, after)
    else:
        assert before == after


@given(before=ANY_TEXT, after=ANY_TEXT, other=ANY_TEXT)
def test_a_patch_of_something_else_is_found_out(before: str, after: str, other: str) -> None:
    path = PurePosixPath("Dockerfile")
    if other in (before, after) or before == after:
        return
    with pytest.raises(BrokenPromise):
        check_patch(unified_diff(path, before, after), path, before, other)


@pytest.mark.parametrize(
    "patch",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"hello\n", id="no patch"),
        pytest.param(unified_diff(PurePosixPath("other"), BEFORE, AFTER), id="of another file"),
        pytest.param(unified_diff(PurePosixPath("Dockerfile"), BEFORE, AFTER) * 2, id="twice"),
        pytest.param(unified_diff(PurePosixPath("Dockerfile"), BEFORE, AFTER)[:-9], id="cut off"),
        pytest.param(unified_diff(PurePosixPath("Dockerfile"), "x" + BEFORE, AFTER), id="from another text"),
        pytest.param(
            unified_diff(PurePosixPath("Dockerfile"), BEFORE, AFTER).replace(b"+++ b/Dockerfile", b"+++ b/other"),
            id="to another file",
        ),
    ],
)
def test_a_bad_patch_is_a_broken_promise(patch: bytes) -> None:
    with pytest.raises(BrokenPromise, match="Dockerfile"):
        check_patch(patch, PurePosixPath("Dockerfile"), BEFORE, AFTER)


@pytest.mark.git
@settings(deadline=None)  # a process each
@given(before=ANY_TEXT, after=ANY_TEXT)
def test_git_takes_patches_of_any_text(tmp_path_factory: pytest.TempPathFactory, before: str, after: str) -> None:
    patch = unified_diff(PurePosixPath("Dockerfile"), before, after)
    if not patch:
        return
    folder = tmp_path_factory.mktemp("repository")
    file = folder_with(folder, "Dockerfile", before)
    run(["git", "apply", "--whitespace=nowarn", "-"], folder, patch)
    assert file.read_bytes() == encoded(after)
