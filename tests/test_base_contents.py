"""What lies in a result that begins from a base with files of its own."""

from dataclasses import replace

import pytest

from scratchify.decisions import Finding, Provide
from scratchify.engine.binary import Binary
from scratchify.engine.contents import compare_owners, judge_files, limit_of
from scratchify.engine.image_files import Entry
from scratchify.outcome import Rewritten
from scratchify.plan import FinalFile, FinalStage
from tests.test_engine_comparison import listing

STAGE = FinalStage(
    base="debian:bookworm-slim",
    binary="/app/main",
    entrypoint=("/app/main",),
    cmd=None,
    workdir="/app",
    user=None,
    env={},
    files=(FinalFile("/app/main", "/app/main", "binary"), FinalFile("/app/data", "/app/data", "copied-files")),
)
INSTALLS = Provide("programs", Finding(None, 3, "runs git"), "RUN apt-get update && apt-get install -y git", at=-3)
SIZES = {"app/main": 1000, "app/data/a": 10, "lib/x86_64-linux-gnu/ld.so.2": 300, "etc/passwd": 5}


def outcome(*decisions: Provide, base: str = STAGE.base) -> Rewritten:
    return Rewritten("FROM x\n", decisions, replace(STAGE, base=base))


def findings(program: Rewritten, sizes: dict[str, int], binary: Binary | None, base: frozenset[str]) -> dict[str, str]:
    return {one.subject: one.finding for one in judge_files(program, listing(sizes, binary), base)}


OF_BASE = frozenset({"lib/x86_64-linux-gnu/ld.so.2", "etc/passwd"})


@pytest.mark.parametrize(
    ("linker", "finding"), [(None, "same"), ("/lib64/ld.so.2", "same"), ("/lib/ld-musl-x86_64.so.1", "differs")]
)
def test_a_dynamic_linker_must_be_there(linker: str | None, finding: str) -> None:
    assert findings(outcome(), SIZES, Binary(1000, linker, 0), OF_BASE)["/app/main"] == finding


@pytest.mark.parametrize(
    ("path", "decisions", "finding"),
    [
        ("usr/bin/git", (), "differs"),
        ("usr/bin/git", (INSTALLS,), "same"),
        ("app/notes", (INSTALLS,), "differs"),
        ("etc/passwd", (), "same"),
    ],
)
def test_files_of_the_base_and_of_packages_have_a_reason(
    path: str, decisions: tuple[Provide, ...], finding: str
) -> None:
    found = findings(outcome(*decisions), {**SIZES, path: 1}, Binary(1000, None, 0), OF_BASE)
    assert found["files without a reason in the result"] == finding


@pytest.mark.parametrize(
    ("path", "finding"), [("usr/share/doc/git/client.go", "same"), ("app/x.go", "differs"), ("usr/lib/go/x", "differs")]
)
def test_documentation_of_packages_is_no_source(path: str, finding: str) -> None:
    found = findings(outcome(INSTALLS), {**SIZES, path: 1}, Binary(1000, None, 0), OF_BASE)
    assert found["source and toolchain in the result"] == finding


def test_what_a_base_holds_is_part_of_the_limit() -> None:
    assert limit_of(outcome(), listing(SIZES)).base == 305
    assert limit_of(outcome(), listing(SIZES)).total == sum(SIZES.values())
    assert limit_of(outcome(base="scratch"), listing(SIZES)).base == 0


def test_only_what_was_brought_to_a_base_must_have_its_owner() -> None:
    original = {path: Entry("file", 0o600, 1, 1) for path in SIZES}
    brought = ("/app/data",)
    [found] = compare_owners(listing(SIZES), original, brought=brought)
    assert found.finding == "differs"
    assert "/app/data/a" in found.result
    assert "/etc/passwd" not in found.result
