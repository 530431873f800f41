"""Podman does what Docker does: the same verifications, and nothing left behind."""

import os
import resource
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import mkdtemp

import pytest

from scratchify.engine.choice import find_engine
from scratchify.engine.client import Client
from scratchify.engine.observation import Conditions
from scratchify.engine.verification import CannotVerify, Differs, Progress, Verified, Wishes, verify
from tests.test_fixtures_on_engine import FIXTURES, PROBES, assert_verified, subject_of

BASE = "golang:1.27-alpine"
WISHES = Wishes(Conditions(seconds=5))

pytestmark = [pytest.mark.engine, pytest.mark.podman]

WRAPPER = """\
#!/bin/sh
CONTAINERS_CONF={folder}/containers.conf exec {podman} \\
  --root {folder}/root --runroot {folder}/run --tmpdir {folder}/tmp "$@"
"""

SETTINGS = """\
[containers]
default_ulimits = ["nofile={files}:{files}", "nproc=32768:32768"]
"""
"""Podman asks for more open files than a container that runs tests may give; those of this process will do."""


@pytest.fixture(scope="module")
def podman(engine: Client) -> Iterator[Client]:
    """A Podman with a storage of its own, and the base image in it."""
    folder = Path(mkdtemp(prefix="scratchify-"))
    program = folder / "podman"
    program.write_text(WRAPPER.format(folder=folder, podman=shutil.which("podman")))
    program.chmod(0o755)
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    (folder / "containers.conf").write_text(SETTINGS.format(files=min(files, 1_048_576)))
    try:
        archive = folder / "base.tar"
        subprocess.run([engine.program, "save", "--output", archive, BASE], env=engine.environment, check=True)
        subprocess.run([program, "load", "--quiet", "--input", archive], stdout=subprocess.DEVNULL, check=True)
        archive.unlink()
        yield find_engine(str(program))
    finally:
        # not `system reset`, which takes what other storages need as well
        for words in (("rm", "--all", "--force", "--time", "0"), ("rmi", "--all", "--force")):
            subprocess.run([program, *words], capture_output=True, check=False)
        subprocess.run(["umount", "--lazy", folder / "root" / "overlay"], capture_output=True, check=False)
        shutil.rmtree(folder, ignore_errors=True)


def listed(podman: Client) -> list[str]:
    """Return everything in the storage; networks are not there, they are everybody's."""
    found = []
    for words in (
        ("ps", "--all", "--external", "--quiet"),
        ("images", "--all", "--quiet"),
        ("volume", "ls", "--quiet"),
    ):
        done = subprocess.run([podman.program, *words], capture_output=True, text=True, check=True)
        found += done.stdout.split()
    return found


def test_the_client_is_told_apart(podman: Client) -> None:
    assert podman.title().startswith("podman ")
    assert podman.title().endswith("(buildah)")


@pytest.mark.parametrize("name", ["alpine-api", "compose-replaces-command", "time-zone-bot"])
def test_a_rewritten_fixture_does_what_it_did(podman: Client, name: str) -> None:
    before = listed(podman)
    probes = ("/", *PROBES.get(name, ()))
    assert_verified(FIXTURES / name, podman, replace(WISHES, conditions=Conditions(probes=probes, seconds=5)))
    assert listed(podman) == before


def test_a_broken_result_is_told(podman: Client) -> None:
    subject = subject_of(FIXTURES / "time-zone-bot")
    lines = subject.outcome.text.split("\n")
    text = "\n".join(line for line in lines if "zoneinfo" not in line)
    assert text != subject.outcome.text
    broken = replace(subject, outcome=replace(subject.outcome, text=text))
    found = verify(broken, podman, WISHES, Progress())
    assert isinstance(found, Differs)
    assert found.evidence
    differing = {comparison.subject for comparison in found.evidence.comparisons if comparison.finding == "differs"}
    assert "run" in differing or "standard output" in differing


def test_without_time_there_is_no_answer(podman: Client) -> None:
    subject = subject_of(FIXTURES / "time-zone-bot")
    assert isinstance(verify(subject, podman, replace(WISHES, build_seconds=0), Progress()), CannotVerify)


def test_verified_images_can_be_kept(podman: Client) -> None:
    before = listed(podman)
    found = verify(subject_of(FIXTURES / "time-zone-bot"), podman, replace(WISHES, keep=True), Progress())
    assert isinstance(found, Verified)
    names = (found.evidence.original.name, found.evidence.result.name)
    networks = subprocess.run([podman.program, "network", "ls"], capture_output=True, text=True, check=True)
    run = names[0].partition(":")[2].partition("-")[0]
    assert run not in networks.stdout
    for name in names:
        subprocess.run([podman.program, "image", "exists", name], env=dict(os.environ), check=True)
    subprocess.run([podman.program, "rmi", *names], capture_output=True, check=True)
    assert listed(podman) == before
