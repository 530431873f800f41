"""The tables of facts: each entry is well-formed and has a source, and the look-ups find the right one."""

import re
import tomllib
from importlib import resources
from typing import Any

import pytest

from scratchify.knowledge.images import base_image
from scratchify.knowledge.modules import cgo_modules, longest_prefix, runtime_modules
from scratchify.knowledge.names import build_input, development_tools, package_purposes
from scratchify.knowledge.tables import InvalidTable, _record
from scratchify.model import ImageName

TABLES = {
    file.name: tomllib.loads(file.read_text("utf-8"))
    for file in resources.files("scratchify.knowledge").iterdir()
    if file.name.endswith(".toml")
}
ENTRIES = [(name, entry) for name, table in TABLES.items() for entries in table.values() for entry in entries]
IMAGES: list[dict[str, Any]] = TABLES["base_images.toml"]["image"]

FAMILIES = {"alpine", "centos", "debian", "other", "scratch", "ubuntu", "windows"}
LIBCS = {"glibc", "musl", "none"}
NEEDS = {
    *(
        "certificates",
        "home",
        "mime-types",
        "os-release",
        "services",
        "temporary-directory",
        "user-database",
        "zone-data",
    ),
}
KINDS = {"build-input", "documentation", "editor", "secret", "source", "test", "version-control"}
PURPOSES = {"program", "build", "c-compiler", "certificates", "front", "go", "mime-types", "zone-data"}
CGO = {"required", "optional", "pure", "dynamic"}


def test_every_table_is_read_by_a_look_up() -> None:
    assert base_image("golang", "1.22")
    assert cgo_modules()
    assert runtime_modules()
    assert development_tools()
    assert package_purposes("tzdata")
    assert build_input("main.go", is_folder=False)


@pytest.mark.parametrize(("name", "entry"), ENTRIES, ids=lambda value: value if isinstance(value, str) else "")
def test_every_entry_has_a_source(name: str, entry: dict[str, Any]) -> None:
    assert re.match(r"https://\S+|experiment: \S+|https?://", entry["source"]), entry


@pytest.mark.parametrize("image", IMAGES, ids=lambda image: f"{image['names'][0]}:{image.get('tags', '')}")
def test_images_hold_only_what_the_code_knows(image: dict[str, Any]) -> None:
    assert image["libc"] in LIBCS
    assert image["family"] in FAMILIES
    re.compile(image.get("tags", ""))
    assert image["names"]
    assert all(name == name.lower() and ":" not in name for name in image["names"])
    assert all(isinstance(image[key], bool) for key in ("go", "certificates", "zoneinfo", "mime_types"))
    assert image["workdir"].startswith("/") or image["family"] == "windows"
    assert image["go"] is False or image.get("goroot")
    assert all(isinstance(value, str) for value in image["env"].values())


def test_an_entry_that_an_earlier_one_hides_whole_is_no_entry() -> None:
    seen: set[tuple[str, str]] = set()
    for image in IMAGES:
        keys = {(name, image.get("tags", ".*")) for name in image["names"]}
        assert not keys & seen
        assert not {(name, ".*") for name in image["names"]} & seen
        seen |= keys


FILE_CALLS: list[dict[str, Any]] = TABLES["file_calls.toml"]["call"]


@pytest.mark.parametrize("entry", FILE_CALLS, ids=lambda entry: str(entry["package"]))
def test_calls_that_open_files_hold_only_what_the_code_knows(entry: dict[str, Any]) -> None:
    kinds = {
        "file",
        "folder",
        "glob",
        "made",
        "beside",
        "config-name",
        "config-folder",
        "address",
        "database",
        "indirect",
    }
    assert entry["kind"] in kinds
    assert entry["functions"] or entry["methods"] or entry["defaults"]
    assert all(isinstance(at, int) and at >= 0 for at in entry["arguments"])


def test_no_function_opens_files_in_two_ways() -> None:
    seen = [(entry["package"], name) for entry in FILE_CALLS for name in entry["functions"]]
    assert len(seen) == len(set(seen))


def test_what_cgo_means_is_one_of_four_words() -> None:
    assert {entry.cgo for entry in cgo_modules().values()} <= CGO


def test_what_a_module_needs_is_one_of_a_few_words() -> None:
    assert {need for entry in runtime_modules().values() for need in entry.needs} <= NEEDS


def test_kinds_and_purposes_are_of_a_few_words() -> None:
    assert {entry["kind"] for entry in TABLES["build_input.toml"]["pattern"]} <= KINDS
    assert {entry["purpose"] for entry in TABLES["packages.toml"]["package"]} <= PURPOSES


@pytest.mark.parametrize("table", ["modules_cgo.toml", "modules_runtime.toml"])
def test_no_path_stands_twice(table: str) -> None:
    paths = [entry["path"] for entry in TABLES[table]["module"]]
    assert len(paths) == len(set(paths))
    assert all(path == path.strip("/") for path in paths)


def test_no_tool_stands_twice() -> None:
    names = [tool["name"] for tool in TABLES["development_tools.toml"]["tool"]]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("text", "registry", "path", "tag", "digest"),
    [
        ("golang", "", "golang", "latest", ""),
        ("golang:1.22", "", "golang", "1.22", ""),
        ("library/golang", "", "library/golang", "latest", ""),
        ("mirror.example/library/golang:1", "mirror.example", "library/golang", "1", ""),
        ("localhost/golang", "localhost", "golang", "latest", ""),
        ("host:5000/golang", "host:5000", "golang", "latest", ""),
        ("host:5000/a/golang:1.22@sha256:ab", "host:5000", "a/golang", "1.22", "sha256:ab"),
        ("golang@sha256:ab", "", "golang", "", "sha256:ab"),
        ("scratch", "", "scratch", "latest", ""),
    ],
)
def test_an_image_name_is_taken_apart(text: str, registry: str, path: str, tag: str, digest: str) -> None:
    name = ImageName.parse(text)
    assert (name.registry, name.path, name.tag, name.digest) == (registry, path, tag, digest)
    assert name.last == path.rpartition("/")[2]


@pytest.mark.parametrize(
    "text",
    [
        "house.example/go-base:1",
        "example/notgolang:1.22",
        "golangci/golangci-lint",
        "golang/tools",
        "mygolang",
        "node:20",
    ],
)
def test_an_image_of_another_name_is_not_the_go_image(text: str) -> None:
    name = ImageName.parse(text)
    found = base_image(name.path, name.tag)
    assert found is None or "golang" not in found.names


@pytest.mark.parametrize(
    ("text", "family", "libc"),
    [
        ("golang", "debian", "glibc"),
        ("golang:1.22", "debian", "glibc"),
        ("golang:1.22.3-bookworm", "debian", "glibc"),
        ("golang:alpine", "alpine", "musl"),
        ("golang:1.22-alpine3.19", "alpine", "musl"),
        ("library/golang:1.22", "debian", "glibc"),
        ("mirror.example/library/golang:1.22@sha256:ab", "debian", "glibc"),
        ("mirror.example/proxy/docker/golang:1.22-alpine", "alpine", "musl"),
        ("golang:1.22-windowsservercore-ltsc2022", "windows", "none"),
        ("golang:1.22-nanoserver", "windows", "none"),
    ],
)
def test_the_go_image_is_found_whatever_the_registry(text: str, family: str, libc: str) -> None:
    name = ImageName.parse(text)
    found = base_image(name.path, name.tag)
    assert found
    assert (found.family, found.libc, found.go) == (family, libc, True)


@pytest.mark.parametrize(
    ("tag", "release"),
    [("1.22-bookworm", "bookworm"), ("1.22-bullseye", "bullseye"), ("1.22", "bookworm"), ("alpine", None), ("", None)],
)
def test_a_release_is_claimed_only_where_the_tag_tells(tag: str, release: str | None) -> None:
    found = base_image("golang", tag)
    assert found
    assert found.release == release


def test_a_digest_alone_claims_no_data_that_some_variant_lacks() -> None:
    found = base_image("golang", "")
    assert found
    assert (found.release, found.zoneinfo, found.mime_types) == (None, False, False)


def test_an_own_image_of_that_name_counts_before_the_official_one() -> None:
    found = base_image("google/golang", "latest")
    official = base_image("golang", "latest")
    assert found != official


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("", None),
        ("x", None),
        ("a", 1),
        ("a/b", 2),
        ("a/b/c", 2),
        ("a/bc", 1),
        ("ab", None),
    ],
)
def test_the_longest_path_above_counts(path: str, expected: int | None) -> None:
    assert longest_prefix({"a": 1, "a/b": 2}, path) == expected


@pytest.mark.parametrize(
    "name", ["config.yaml", "data.json", "page.md.tmpl", ".env", "index.html", "docs", "public", "go"]
)
def test_what_a_program_may_read_is_no_build_input(name: str) -> None:
    assert build_input(name, is_folder=name in ("docs", "public")) is None


@pytest.mark.parametrize(
    ("name", "is_folder"), [("main.go", False), ("a_test.go", False), ("testdata", True), ("go.mod", False)]
)
def test_what_only_the_build_reads_is_build_input(name: str, is_folder: bool) -> None:
    assert build_input(name, is_folder=is_folder)


def test_a_folders_pattern_holds_for_folders_only() -> None:
    assert build_input("testdata", is_folder=True)
    assert build_input("testdata", is_folder=False) is None


@pytest.mark.parametrize(
    ("name", "purposes"), [("nothing", set()), ("tzdata", {"zone-data"}), ("gcc", {"build", "c-compiler"})]
)
def test_a_package_has_its_purposes(name: str, purposes: set[str]) -> None:
    assert package_purposes(name) == purposes


@pytest.mark.parametrize(
    ("change", "reason"),
    [({"extra": 1}, "unknown extra"), ({"source": ""}, "without a source"), ({"path": None}, "no path")],
)
def test_a_table_that_does_not_fit_is_a_bug(change: dict[str, Any], reason: str) -> None:
    from scratchify.knowledge.modules import CgoModule

    entry = {"path": "a", "cgo": "pure", "effect": "", "alternative": "", "source": "https://a", **change}
    with pytest.raises(InvalidTable, match=reason):
        _record("table", {key: value for key, value in entry.items() if value is not None}, CgoModule)
