"""`scratchify apply`: what fits is applied byte for byte, what does not is left as it is, with its place."""

import os
import subprocess
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given

from scratchify.errors import InvalidPatch, UnfitPatch
from scratchify.patch import applied, is_applied, read_patch, recounted, unified_diff
from scratchify.patch.names import quoted, unquoted
from tests.test_cli import is_rewritten, leftovers, project, run
from tests.test_patch import AFTER, ANY_TEXT, BEFORE, PATHS, TEXTS, encoded, folder_with

NAME = PurePosixPath("Dockerfile")


def patched(folder: Path, patch: bytes, *arguments: str) -> "subprocess.CompletedProcess[bytes]":
    (folder / "x.patch").write_bytes(patch)
    return run("apply", *arguments, "x.patch", at=folder)


@given(before=ANY_TEXT, after=ANY_TEXT)
def test_a_diff_applied_to_its_first_text_is_the_second(before: str, after: str) -> None:
    patch = unified_diff(NAME, before, after)
    if not patch:
        assert before == after
        return
    (file,) = read_patch(patch, "x.patch")
    assert applied(file, before) == after
    assert is_applied([file], after)


@given(before=ANY_TEXT, after=ANY_TEXT)
def test_the_lines_that_go_and_come_are_told_by_their_numbers(before: str, after: str) -> None:
    old, new = before.split("\n"), after.split("\n")
    for file in read_patch(patch, "") if (patch := unified_diff(NAME, before, after)) else ():
        for hunk in file.hunks:
            assert [hunk.old[n - 1 - hunk.start].removesuffix("\n") for n in hunk.removed] == [
                old[n - 1] for n in hunk.removed
            ]
            assert [hunk.new[n - 1 - hunk.new_start].removesuffix("\n") for n in hunk.added] == [
                new[n - 1] for n in hunk.added
            ]


@given(before=ANY_TEXT, after=ANY_TEXT)
def test_a_patch_that_nobody_edited_is_counted_as_it_was(before: str, after: str) -> None:
    """Counted anew, for a length of one may be left out, a patch means the same."""
    if patch := unified_diff(NAME, before, after):
        again = encoded(recounted(patch.decode("utf-8", "surrogateescape")))
        assert applied(read_patch(again, "")[0], before) == after


@pytest.mark.parametrize("path", PATHS)
def test_a_name_in_quotes_is_read_back(path: str) -> None:
    assert unquoted(quoted(path)) == path


@pytest.mark.parametrize("name", TEXTS)
def test_the_command_gives_the_result_byte_for_byte(tmp_path: Path, name: str) -> None:
    before, after = TEXTS[name]
    file = folder_with(tmp_path, "Dockerfile", before)
    file.chmod(0o640)
    done = patched(tmp_path, unified_diff(NAME, before, after))
    assert (done.returncode, done.stdout) == (0, b""), done.stderr
    assert file.read_bytes() == encoded(after)
    assert file.stat().st_mode & 0o777 == 0o640
    assert leftovers(tmp_path) == []


@pytest.mark.parametrize("path", PATHS)
def test_odd_names_are_found(tmp_path: Path, path: str) -> None:
    file = folder_with(tmp_path, path, BEFORE)
    done = patched(tmp_path, unified_diff(PurePosixPath(path), BEFORE, AFTER))
    assert done.returncode == 0, done.stderr
    assert file.read_bytes() == encoded(AFTER)


def test_what_diff_prints_is_applied_from_anywhere_in_the_repository(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    file = project(tmp_path / "api")
    diff = run("--diff", "api", at=tmp_path)
    (tmp_path / "x.patch").write_bytes(diff.stdout)
    done = run("apply", "../x.patch", at=tmp_path / "api")
    assert done.returncode == 0, done.stderr
    assert is_rewritten(file)
    again = run("apply", "../x.patch", at=tmp_path / "api")
    assert (again.returncode, again.stderr) == (0, b"api/Dockerfile: has this change already\n")


def test_a_patch_comes_by_standard_input(tmp_path: Path) -> None:
    file = folder_with(tmp_path, "Dockerfile", BEFORE)
    assert run("apply", "-", at=tmp_path, stdin=unified_diff(NAME, BEFORE, AFTER)).returncode == 0
    assert file.read_bytes() == encoded(AFTER)


@pytest.mark.parametrize("behind", ["\n", "\n\n", "-- \n2.39.5\n\n", "hello\n"])
def test_what_stands_behind_a_hunk_is_no_part_of_it(behind: str) -> None:
    patch = b"".join(unified_diff(PurePosixPath(name), BEFORE, AFTER) + behind.encode() for name in "ab")
    assert [applied(file, BEFORE) for file in read_patch(patch, "")] == [AFTER, AFTER]


def test_patches_of_one_file_are_applied_one_after_the_other(tmp_path: Path) -> None:
    """That is how a file comes that holds several Dockerfiles."""
    first, last = "# x\n" + BEFORE, "# x\n" + AFTER
    file = folder_with(tmp_path, "Dockerfile", BEFORE)
    patch = unified_diff(NAME, BEFORE, first) + unified_diff(NAME, first, last)
    assert patched(tmp_path, patch).stderr == b"Dockerfile: 2 hunks applied\n"
    assert file.read_bytes() == encoded(last)
    assert patched(tmp_path, patch).stderr == b"Dockerfile: has this change already\n"
    file.write_bytes(encoded(BEFORE))
    spoilt = unified_diff(NAME, BEFORE, first) + unified_diff(NAME, BEFORE, AFTER)
    assert patched(tmp_path, spoilt).returncode == 3
    assert file.read_bytes() == encoded(BEFORE)


def test_check_writes_nothing(tmp_path: Path) -> None:
    file = folder_with(tmp_path, "Dockerfile", BEFORE)
    done = patched(tmp_path, unified_diff(NAME, BEFORE, AFTER), "--check")
    assert (done.returncode, done.stderr) == (0, b"Dockerfile: 1 hunk would be applied\n")
    assert file.read_bytes() == encoded(BEFORE)


def test_a_file_is_refused_as_a_whole_with_hunk_and_line_and_the_others_are_applied(tmp_path: Path) -> None:
    before, after = TEXTS["two hunks"]
    good, bad = (
        folder_with(tmp_path, "good", before),
        folder_with(tmp_path, "bad", before.replace("#\nFROM", "#\nfrom")),
    )
    was = bad.read_bytes()
    patch = unified_diff(PurePosixPath("bad"), before, after) + unified_diff(PurePosixPath("good"), before, after)
    done = patched(tmp_path, patch)
    assert done.returncode == 3
    line = patch.split(b"\n").index(b" EXPOSE 80")  # of the first hunk
    assert line
    second = [number for number, text in enumerate(patch.split(b"\n"), 1) if text.startswith(b"@@")][1]
    told = f"bad: hunk 2 of 2 does not fit: line 28 is 'from golang:1.22', not 'FROM golang:1.22' (x.patch:{second})"
    assert done.stderr.decode() == f"{told}; left as it is\ngood: 2 hunks applied\n"
    assert bad.read_bytes() == was
    assert good.read_bytes() == encoded(after)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "the file ends before line 1, where it wants 'FROM golang:1.22'"),
        (BEFORE.removesuffix("\n"), "line 7 is 'CMD ./main' without a line end, not 'CMD ./main'"),
        (BEFORE.replace("\n", "\r\n"), r"line 1 is 'FROM golang:1.22\r', not 'FROM golang:1.22'"),
    ],
)
def test_a_patch_of_another_text_says_what_is_different(text: str, told: str) -> None:
    (file,) = read_patch(unified_diff(NAME, BEFORE, AFTER), "")
    with pytest.raises(UnfitPatch) as caught:
        applied(file, text)
    assert str(caught.value) == f"hunk 1 of 1 does not fit: {told}"


HEADER = "diff --git a/x b/x\n"
NAMES = "--- a/x\n+++ b/x\n"
HUNK = "@@ -1 +1 @@\n-a\n+b\n"


@pytest.mark.parametrize(
    ("patch", "line", "told"),
    [
        ("", 1, "there is no patch in it"),
        ("hello\n", 1, "there is no patch in it"),
        (HEADER + "new file mode 100644\n--- /dev/null\n+++ b/x\n@@ -0,0 +1 @@\n+b\n", 2, "does more than change"),
        (HEADER + "rename from x\nrename to y\n", 2, "does more than change lines"),
        ("--- /dev/null\n+++ b/x\n@@ -0,0 +1 @@\n+b\n", 2, "makes or removes a file"),
        ("--- x\n+++ x\n" + HUNK, 2, "do not begin with a/ and b/"),
        ("--- a/x\n+++ b/y\n" + HUNK, 2, "names two files"),
        ("--- a/../x\n+++ b/../x\n" + HUNK, 2, "leads out of the tree"),
        ("--- a//etc/x\n+++ b//etc/x\n" + HUNK, 2, "leads out of the tree"),
        ("--- a/.git/config\n+++ b/.git/config\n" + HUNK, 2, "leads out of the tree"),
        ((NAMES + HUNK).replace("\n", "\r\n"), 1, "its own lines end in CRLF"),
        (NAMES + HUNK + "@@ -7,3 +7,3 @@\n a\n-b\n", 6, "this is no patch"),
    ],
)
def test_a_bad_patch_has_its_line_and_nothing_is_written(tmp_path: Path, patch: str, line: int, told: str) -> None:
    (tmp_path / "x").write_text("a\n")
    done = patched(tmp_path, patch.encode())
    assert done.returncode == 3
    assert done.stderr.startswith(f"scratchify: x.patch:{line}: ".encode()), done.stderr
    assert told in done.stderr.decode()
    assert done.stderr.count(b"\n") == 1
    assert (tmp_path / "x").read_text() == "a\n"
    with pytest.raises(InvalidPatch):
        read_patch(patch.encode(), "x.patch")


def test_a_link_out_of_the_tree_is_not_followed(tmp_path: Path) -> None:
    outside = folder_with(tmp_path, "outside/Dockerfile", BEFORE)
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "Dockerfile").symlink_to(outside)
    (tree / "folder").symlink_to(outside.parent)
    paths = ("Dockerfile", "folder/Dockerfile")
    done = patched(tree, b"".join(unified_diff(PurePosixPath(path), BEFORE, AFTER) for path in paths))
    assert done.returncode == 3
    assert done.stderr.count(b"a link that leads out of") == 2
    assert outside.read_bytes() == encoded(BEFORE)
    assert os.path.islink(tree / "Dockerfile")  # noqa: PTH114


def test_a_file_that_is_missing_is_named(tmp_path: Path) -> None:
    done = patched(tmp_path, unified_diff(NAME, BEFORE, AFTER))
    assert (done.returncode, done.stderr) == (3, b"Dockerfile: no such file or directory; left as it is\n")
