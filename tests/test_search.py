"""The search finds what is called like a Dockerfile and belongs to the project, in a steady order."""

import os
import subprocess
from pathlib import Path

import pytest

from scratchify.repository import is_dockerfile_name
from scratchify.search import dockerfiles_in

FOUND = [
    "Dockerfile",
    "Dockerfile.dev",
    "Dockerfile.linux.amd64",
    "api.Dockerfile",
    "api.dockerfile",
    "Containerfile",
    "dockerfile",
]
PASSED_OVER = [
    "Dockerfile.dockerignore",
    "api.Dockerfile.dockerignore",
    ".dockerignore",
    "Dockerfile.md",
    "Dockerfile.j2",
    "Dockerfile.tmpl",
    "Dockerfile.bak",
    "Dockerfile.orig",
    "Dockerfile.ORIG",
    ".Dockerfile.swp",
    "Dockerfile.swp",
    "Dockerfile~",
    "Dockerfile-dev",
    "MyDockerfile",
    "main.go",
    "docker-compose.yml",
]


def tree(folder: Path, *paths: str) -> Path:
    for path in paths:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text("FROM golang:1.22\n")
    return folder


def found_in(folder: Path) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in dockerfiles_in(folder)]


@pytest.mark.parametrize("name", FOUND)
def test_a_dockerfile_is_found_by_its_name(name: str) -> None:
    assert is_dockerfile_name(name)


@pytest.mark.parametrize("name", PASSED_OVER)
def test_other_names_are_passed_over(name: str) -> None:
    assert not is_dockerfile_name(name)


def test_an_empty_folder_has_none(tmp_path: Path) -> None:
    assert found_in(tmp_path) == []


def test_folders_below_are_searched_and_the_order_is_that_of_the_paths(tmp_path: Path) -> None:
    paths = ["b/Dockerfile", "Dockerfile", "a/z/Dockerfile", "a/Dockerfile.dev", "a/Dockerfile", "B/c.Dockerfile"]
    assert found_in(tree(tmp_path, *paths)) == [path.as_posix() for path in sorted(map(Path, paths))]


def test_what_others_wrote_or_broke_on_purpose_is_left_out(tmp_path: Path) -> None:
    tree(
        tmp_path, "src/Dockerfile", *(f"src/{x}/sub/Dockerfile" for x in (".git", "vendor", "node_modules", "testdata"))
    )
    assert found_in(tmp_path) == ["src/Dockerfile"]


def test_a_folder_that_is_named_itself_is_searched_whatever_it_is_called(tmp_path: Path) -> None:
    assert found_in(tree(tmp_path / "testdata", "Dockerfile")) == ["Dockerfile"]


def test_a_folder_called_like_a_dockerfile_is_a_folder(tmp_path: Path) -> None:
    assert found_in(tree(tmp_path, "Dockerfile.d/Dockerfile")) == ["Dockerfile.d/Dockerfile"]


@pytest.mark.git
def test_what_git_ignores_is_left_out(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    tree(
        tmp_path,
        "Dockerfile",
        "Dockerfile.dev",
        "out/Dockerfile",
        "a/out/Dockerfile",
        "a/keep/Dockerfile",
        "b/Dockerfile",
    )
    (tmp_path / ".gitignore").write_text("out/\nDockerfile.dev\n/b/Dockerfile\n")
    assert found_in(tmp_path) == ["Dockerfile", "a/keep/Dockerfile"]


@pytest.mark.git
def test_the_ignore_file_of_a_folder_above_counts_up_to_the_repository(tmp_path: Path) -> None:
    repository = tree(tmp_path / "repository", "api/Dockerfile", "api/old/Dockerfile")
    subprocess.run(["git", "init", "-q", str(repository)], check=True)
    (tmp_path / ".gitignore").write_text("api\n")
    (repository / ".gitignore").write_text("old\n")
    assert found_in(repository / "api") == ["Dockerfile"]


def test_an_ignore_file_further_down_can_let_a_file_in_again(tmp_path: Path) -> None:
    tree(tmp_path, "a/Dockerfile.dev", "b/Dockerfile.dev")
    (tmp_path / ".gitignore").write_text("*.dev\n")
    (tmp_path / "b/.gitignore").write_text("!Dockerfile.dev\n")
    assert found_in(tmp_path) == ["b/Dockerfile.dev"]


def test_links_to_folders_are_not_followed(tmp_path: Path) -> None:
    tree(tmp_path, "a/Dockerfile")
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "a/up").symlink_to("..")
    assert found_in(tmp_path) == ["a/Dockerfile"]


def test_a_linked_file_is_found_unless_it_leads_out_of_the_folder(tmp_path: Path) -> None:
    inside = tree(tmp_path / "inside", "real/Containerfile")
    tree(tmp_path / "outside", "Dockerfile")
    (inside / "Dockerfile").symlink_to("real/Containerfile")
    (inside / "Dockerfile.out").symlink_to("../outside/Dockerfile")
    (inside / "Dockerfile.none").symlink_to("missing")
    (inside / "Dockerfile.self").symlink_to("Dockerfile.self")
    assert found_in(inside) == ["Dockerfile", "real/Containerfile"]


def test_a_search_through_a_link_finds_what_the_link_names(tmp_path: Path) -> None:
    tree(tmp_path / "real", "Dockerfile", "a/Dockerfile")
    (tmp_path / "link").symlink_to("real")
    (tmp_path / "real/Dockerfile.too").symlink_to("Dockerfile")
    assert found_in(tmp_path / "link") == ["Dockerfile", "Dockerfile.too", "a/Dockerfile"]


def test_what_is_no_regular_file_is_passed_over(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "Dockerfile")
    assert found_in(tmp_path) == []


def test_a_path_that_is_given_as_relative_stays_relative(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree(tmp_path, "Dockerfile", "a/b/Dockerfile")
    monkeypatch.chdir(tmp_path / "a")
    assert [str(path) for path in dockerfiles_in(Path())] == ["b/Dockerfile"]
    assert [str(path) for path in dockerfiles_in(Path(".."))] == ["../Dockerfile", "../a/b/Dockerfile"]


def test_a_folder_that_cannot_be_read_is_told_and_the_others_are_searched(tmp_path: Path) -> None:
    tree(tmp_path, "z/Dockerfile")
    told: list[OSError] = []
    (tmp_path / "gone").mkdir()
    found = dockerfiles_in(tmp_path, unreadable=told.append)
    assert list(dockerfiles_in(tmp_path / "missing", unreadable=told.append)) == []
    assert [type(error) for error in told] == [FileNotFoundError]
    assert [path.relative_to(tmp_path).as_posix() for path in found] == ["z/Dockerfile"]
