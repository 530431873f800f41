"""The corpus run says of a folder what is true of it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent

TESTS = b'FROM golang:1.22\nWORKDIR /app\nCOPY . .\n# what CI runs\nCMD ["go", "test", "./..."]\n'
MANY_STAGES = (
    b'FROM golang:1.22 AS build\nRUN go build -o /app\nFROM scratch\nCOPY --from=build /app /app\nCMD ["/app"]\n'
)


def benchmark(folder: Path, *options: str) -> str:
    command = [sys.executable, str(ROOT / "benchmarks" / "corpus.py"), str(folder), *options]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def result_of(folder: Path, at: Path, *options: str) -> dict[str, Any]:
    benchmark(folder, "--json", str(at), *options)
    result: dict[str, Any] = json.loads(at.read_text())
    return result


@pytest.fixture(scope="module")
def of_fixtures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return result_of(ROOT / "fixtures", tmp_path_factory.mktemp("result") / "result.json")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "collection"
    (folder / "deep").mkdir(parents=True)
    (folder / "Dockerfile.0").write_bytes(TESTS)
    (folder / "deep" / "api.dockerfile").write_bytes(MANY_STAGES)
    (folder / "deep" / "Containerfile").write_bytes(b"FROM node:22\r\nCMD node .\r\n# caf\xe9\r\n")
    (folder / "Dockerfile.1").write_bytes(b"RUN before any FROM\n")
    (folder / "Dockerfile.2").write_bytes(b"")
    (folder / "Dockerfile.dockerignore").write_bytes(b"*\n")
    (folder / "README.md").write_bytes(b"FROM golang\n")
    return folder


def test_the_fixtures_keep_every_promise(of_fixtures: dict[str, Any]) -> None:
    assert of_fixtures["files"] >= len([*(ROOT / "fixtures").glob("*/Dockerfile")])
    assert of_fixtures["crashes"] == {}
    assert of_fixtures["not_byte_for_byte"] == []
    assert of_fixtures["comments_lost"] == []
    assert of_fixtures["changes_again"] == []


def test_the_fixtures_are_read_as_buildkit_reads_them(of_fixtures: dict[str, Any]) -> None:
    buildkit = of_fixtures["buildkit"]
    assert buildkit["differ"] == []
    assert buildkit["rejected_only_there"] == []
    assert buildkit["accepted"] + buildkit["rejected"] + buildkit["not_asked"] == of_fixtures["files"]


def test_every_file_has_one_verdict(of_fixtures: dict[str, Any]) -> None:
    assert sum(of_fixtures["totals"].values()) == len(of_fixtures["verdicts"]) == of_fixtures["files"]
    assert sum(of_fixtures["by_rule"]["unchanged"].values()) == of_fixtures["totals"]["unchanged"]


def test_the_cost_is_measured_for_each_number_of_processes(of_fixtures: dict[str, Any]) -> None:
    for costs in of_fixtures["cost"].values():
        assert costs.keys() == {"1", "2"}
        assert all(cost["cpu_seconds"] > 0 and cost["peak_mib"] > 1 for cost in costs.values())
        assert costs["1"]["peak_mib_of_a_child"] == 0 < costs["2"]["peak_mib_of_a_child"]


def test_a_folder_is_searched_for_whatever_is_called_like_a_dockerfile(folder: Path, tmp_path: Path) -> None:
    result = result_of(folder, tmp_path / "result.json", "--jobs", "1")
    assert result["verdicts"] == {
        "Dockerfile.0": "unchanged: test-image",
        "Dockerfile.1": "invalid",
        "Dockerfile.2": "invalid",
        "deep/Containerfile": "unchanged: no-go-builder",
        "deep/api.dockerfile": "unchanged: multi-stage",
    }
    assert result["buildkit"]["not_asked"] == 1
    assert result["not_byte_for_byte"] == []


def test_nothing_of_the_folder_changes(folder: Path, tmp_path: Path) -> None:
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    result_of(folder, tmp_path / "result.json", "--jobs", "1")
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_a_later_run_shows_the_files_that_moved(folder: Path, tmp_path: Path) -> None:
    earlier = tmp_path / "earlier.json"
    result_of(folder, earlier, "--jobs", "1")
    assert benchmark(folder, "--jobs", "1", "--compare", str(earlier)).endswith("earlier.json: 0\n")
    (folder / "Dockerfile.0").write_bytes(MANY_STAGES)
    (folder / "Dockerfile.1").unlink()
    (folder / "Dockerfile.3").write_bytes(MANY_STAGES)
    assert benchmark(folder, "--jobs", "1", "--compare", str(earlier)).split("\n")[-4:-1] == [
        "Dockerfile.0: unchanged: test-image -> unchanged: multi-stage",
        "Dockerfile.1: invalid -> not there",
        "Dockerfile.3: not there -> unchanged: multi-stage",
    ]


def test_what_is_no_folder_is_said() -> None:
    with pytest.raises(subprocess.CalledProcessError) as raised:
        benchmark(ROOT / "LICENSE")
    assert raised.value.returncode == 2
    assert "is no folder" in raised.value.stderr
