"""Where the build context is, told from the repository alone."""

import pytest

from scratchify.analysis.locate import context_folder
from scratchify.repository import MemoryRepository

DOCKERFILE = "FROM golang:1.22\nCOPY go.mod main.go ./\nCMD x\n"
COMPOSE = "services:\n  api:\n    build:\n      context: {context}\n      dockerfile: {dockerfile}\n"


def located(files: dict[str, str], dockerfile: str = "build/Dockerfile", text: str = DOCKERFILE) -> str:
    return context_folder(MemoryRepository({dockerfile: text, **files}), dockerfile, text)


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"build/go.mod": "", "build/main.go": ""},
        {"go.mod": "", "main.go": "", "build/go.mod": "", "build/main.go": ""},
        {"go.mod": ""},
        {"go.mod": "", "main.go": "", "compose.yaml": COMPOSE.format(context="build", dockerfile="Dockerfile")},
    ],
)
def test_the_own_folder_is_the_context_unless_something_speaks_against_it(files: dict[str, str]) -> None:
    assert located(files) == "build"


@pytest.mark.parametrize(
    "files",
    [
        {"go.mod": "", "main.go": ""},
        {"compose.yaml": COMPOSE.format(context=".", dockerfile="build/Dockerfile")},
        {"docker-compose.yml": COMPOSE.format(context="./", dockerfile="./build/Dockerfile")},
        {"build/compose.yml": COMPOSE.format(context="..", dockerfile="build/Dockerfile")},
    ],
)
def test_the_root_is_the_context_where_the_sources_or_compose_say_so(files: dict[str, str]) -> None:
    assert located(files) == ""


def test_a_folder_between_is_the_context_where_the_sources_are_there() -> None:
    files = {"services/api/go.mod": "", "services/api/main.go": ""}
    assert located(files, "services/api/docker/prod/Dockerfile") == "services/api"


@pytest.mark.parametrize(
    "compose",
    [
        "services: [",
        "services:\n  api:\n    image: x\n",
        "services:\n  api: {build: other}\n",
        "- no\n- mapping\n",
        "",
        "services:\n  api:\n    build:\n      context: $WHERE\n      dockerfile: build/Dockerfile\n",
    ],
)
def test_a_compose_file_that_says_nothing_of_this_file_is_passed_over(compose: str) -> None:
    assert located({"compose.yaml": compose}) == "build"


def test_compose_in_short_form_names_the_folder_of_its_dockerfile() -> None:
    assert located({"compose.yaml": "services:\n  api:\n    build: ./build\n"}) == "build"


@pytest.mark.parametrize(
    ("source", "files"),
    [("cmd/*.go", {"cmd/main.go": ""}), ("./web/", {"web/a.html": ""}), ("/go.mod", {"go.mod": ""})],
)
def test_sources_are_looked_for_as_copy_means_them(source: str, files: dict[str, str]) -> None:
    assert located(files, text=f"FROM golang:1.22\nCOPY {source} /x/\n") == ""


@pytest.mark.parametrize("copy", ["COPY --from=x go.mod .", "ADD https://example.com/x .", "COPY $FILES ."])
def test_what_is_not_in_the_context_says_nothing_of_it(copy: str) -> None:
    assert located({"go.mod": ""}, text=f"FROM golang:1.22\n{copy}\n") == "build"


def test_a_file_that_is_no_dockerfile_has_its_own_folder() -> None:
    assert located({"go.mod": ""}, text="RUNN x\n") == "build"
