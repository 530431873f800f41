"""
The other builders, Docker's classic one and buildah, build what comes out too: one result of each shape.

What they make bears this run's name and is removed; a base image that had to be pulled stays, as after any build.
"""

import fcntl
import json
import os
import re
import shutil
import signal
import subprocess
import tarfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from stat import S_IMODE
from typing import IO, Any

import pytest

from scratchify.engine.client import Client
from scratchify.engine.trial import LABEL
from scratchify.model import Build, Cmd, CommandLine, Entrypoint, Healthcheck, StopSignal, User, Volume, understand
from scratchify.syntax import parse
from tests.test_golden import FIXTURES, text_of

SHAPES = {
    "build-as-another-user": "ARG before FROM, RUN in exec form, a folder with its owner, a user by numbers, several"
    " files in one COPY, STOPSIGNAL",
    "build-arguments": "ARG before FROM and in both stages, LABEL and ENV with variables",
    "compose-replaces-command": "a builder on Alpine, a pattern in COPY, CMD alone",
    "crlf-line-ends": "lines that end in CRLF",
    "dockerignore-hides-files": "the plain one; a Dockerfile.dockerignore, which not every builder reads",
    "environment-split": "ENV without an equals sign, EXPOSE of a variable",
    "escape-and-check-directives": "another escape token, a directive that only BuildKit knows",
    "folders-and-home": "a user database, a home that is closed to others, empty folders",
    "health-check-exec-form": "HEALTHCHECK, VOLUME, MAINTAINER",
    "lower-case-keywords": "keywords in lower case",
}
"""Folders of fixtures/, and what their results stand for; none has a heredoc or a link, since no result has."""

ENTRIES = {
    "build-as-another-user": {"opt/greet": (1000, 0o755)},
    "folders-and-home": {"root": (0, 0o700), "etc/passwd": (0, 0o644), "srv/inbox": (0, 0o755)},
}
"""Owner and mode of files and folders that a shape is about; /tmp is in every one."""

Command = Sequence[str | Path]

RUN = f"scratchify-test-{token_hex(4)}"
BUILD_SECONDS = 600
SECONDS = 300
"""For everything else; the longest is the copy of a base image."""


@dataclass(frozen=True, slots=True)
class Image:
    """What an archive of an image holds: its configuration, and its files by their paths without the first slash."""

    config: Mapping[str, Any]  # Any: JSON
    files: Mapping[str, tarfile.TarInfo]


@dataclass(frozen=True, slots=True)
class Context:
    """A folder to be built, a place beside it, and what its Dockerfile says."""

    folder: Path
    place: Path
    build: Build

    @property
    def name(self) -> str:
        return f"{RUN}-{self.folder.name}"

    @property
    def archive(self) -> Path:
        return self.place / "image.tar"


def status(log: Path, command: Command, *, seconds: float = SECONDS, variables: Mapping[str, str] | None = None) -> int:
    """Run a command whose output goes to a file; it and all that it started are killed when the time is over."""
    with (
        log.open("wb") as output,
        subprocess.Popen(
            command,
            env={**os.environ, **(variables or {})},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        ) as process,
    ):
        try:
            return process.wait(seconds)
        except subprocess.TimeoutExpired:
            return -signal.SIGKILL
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)


def must(log: Path, command: Command, *, seconds: float = SECONDS, variables: Mapping[str, str] | None = None) -> None:
    ended = status(log, command, seconds=seconds, variables=variables)
    assert ended == 0, f"{' '.join(map(str, command))}: status {ended}\n{log.read_text('utf-8', 'replace')}"


def read_archive(path: Path) -> Image:
    """
    Read what `docker save` writes, and buildah for it; the archive is removed.

    https://docs.docker.com/reference/cli/docker/image/save/
    """
    files: dict[str, tarfile.TarInfo] = {}
    with tarfile.open(path) as archive:
        manifest = json.load(member(archive, "manifest.json"))[0]
        config = json.load(member(archive, manifest["Config"]))["config"]
        for name in manifest["Layers"]:
            with tarfile.open(fileobj=member(archive, name)) as layer:
                files.update((entry.name.removeprefix("./").rstrip("/"), entry) for entry in layer)
    path.unlink()
    return Image(config, files)


def member(archive: tarfile.TarFile, name: str) -> IO[bytes]:
    content = archive.extractfile(name)
    assert content, name
    return content


def words(commands: Iterable[CommandLine]) -> list[str] | None:
    """Return the last command, which is the one that counts."""
    last = None
    for command in commands:
        assert command.is_exec_form
        last = list(command.words)
    return last


def assert_is_as_said(image: Image, context: Context) -> None:
    """Compare an image with the final stage that it was built from."""
    stage = context.build.stages[-1]
    entrypoint = words(instruction.command for instruction in stage.of(Entrypoint))
    command = words(instruction.command for instruction in stage.of(Cmd))
    check = words(instruction.command for instruction in stage.of(Healthcheck) if instruction.command)
    said: dict[str, Any] = {
        "Entrypoint": entrypoint,
        "Cmd": command,
        "User": next((instruction.user for instruction in stage.of(User)), None),
        "Volumes": {path: {} for instruction in stage.of(Volume) for path in instruction.paths} or None,
        "StopSignal": next((instruction.signal for instruction in stage.of(StopSignal)), None),
    }
    assert {key: image.config.get(key) or None for key in said} == said
    assert (image.config.get("Healthcheck") or {}).get("Test") == (["CMD", *check] if check else None)
    program = (entrypoint or command or [""])[0]
    binary = image.files[program.removeprefix("/")]
    assert binary.isfile()
    assert binary.mode & 0o111
    assert binary.size > 500_000
    entries = {"tmp": (0, 0o1777), **ENTRIES.get(context.folder.name, {})}
    found = {path: image.files[path] for path in entries}
    assert {path: (entry.uid, S_IMODE(entry.mode)) for path, entry in found.items()} == entries


@pytest.fixture(params=SHAPES)
def context(request: pytest.FixtureRequest, tmp_path: Path) -> Context:
    """A copy of a fixture, with the result as its Dockerfile."""
    fixture = FIXTURES / request.param
    folder = tmp_path / fixture.name
    shutil.copytree(fixture, folder, symlinks=True, ignore=shutil.ignore_patterns("expected.*"))
    shutil.copyfile(fixture / "expected.Dockerfile", folder / "Dockerfile")
    return Context(folder, tmp_path, understand(parse(text_of(folder / "Dockerfile"))))


# ---- the classic builder

LINE = re.compile(r"^Step \d+/\d+ : (\w+)| ---> ([0-9a-f]{12})$", re.MULTILINE)


def made_by_steps(log: str) -> list[str]:
    """Return the images that a classic build made, the first first; what stands after FROM is the base, not ours."""
    made: list[str] = []
    keyword = ""
    for line in LINE.finditer(log):
        if line[1]:
            keyword = line[1].upper()
        elif keyword != "FROM":
            made.append(line[2])
    return made


@contextmanager
def classic_build(program: str, context: Context) -> Iterator[None]:
    """Build an image, and in the end remove it with those of the steps, which bear neither name nor label."""
    log = context.place / "build.log"
    # without the cache every step makes an image of its own, and nobody else's is among them
    options = ["--no-cache", "--force-rm", f"--label={LABEL}={RUN}", f"--tag={context.name}"]
    command: Command = [program, "build", *options, context.folder]
    try:
        must(log, command, seconds=BUILD_SECONDS, variables={"DOCKER_BUILDKIT": "0"})
        yield
    finally:
        remove(program, [context.name, *reversed(made_by_steps(log.read_text("utf-8", "replace")))], context.place)


def remove(program: str, images: Sequence[str], place: Path) -> None:
    """Remove images, the last first; the container of a build that was killed holds one for a moment."""
    log = place / "removal.log"
    for _ in range(20):
        status(log, [program, "rmi", *images])
        must(log, [program, "images", "--all", "--quiet"])
        if not set(images) & set(log.read_text("utf-8").split()):
            return
        time.sleep(0.5)


def test_the_base_is_not_among_the_images_of_the_steps() -> None:
    log = (
        "Step 1/4 : from golang:1.27 as build\n"
        " ---> 94e290df27f8\n"
        "Step 2/4 : run go build -o /app .\n"
        " ---> Running in 5370cca8b401\n"
        "Removing intermediate container 5370cca8b401\n"
        " ---> a1c3e69fbf89\n"
        "Step 3/4 : from scratch\n"
        " ---> \n"
        "Step 4/4 : copy --from=build /app /app\n"
        " ---> 533dc233d989\n"
        "Successfully built 533dc233d989\n"
    )
    assert made_by_steps(log) == ["a1c3e69fbf89", "533dc233d989"]


@pytest.mark.engine
def test_the_classic_builder_builds_each_shape(context: Context, engine: Client) -> None:
    if engine.dialect.name != "docker":
        pytest.skip("the classic builder is Docker's")
    with classic_build(engine.program, context):
        must(context.place / "save.log", [engine.program, "save", "--output", context.archive, context.name])
    assert_is_as_said(read_archive(context.archive), context)


# ---- buildah


@dataclass(frozen=True, slots=True)
class Buildah:
    """Buildah with images of its own in a folder, for all workers, and the engine that it gets its bases from."""

    folder: Path
    engine: str

    def command(self, *arguments: str | Path) -> list[str | Path]:
        return ["buildah", "--root", self.folder / "images", "--runroot", self.folder / "state", *arguments]

    @property
    def variables(self) -> dict[str, str]:
        return {"TMPDIR": str(self.folder)}

    @contextmanager
    def locked(self) -> Iterator[None]:
        with self.folder.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def provide(self, base: str) -> None:
        """Copy a base image from the engine, unless it is there."""
        log, archive = self.folder / "base.log", self.folder / "base.tar"
        with self.locked():
            if status(log, self.command("inspect", "--type", "image", base)) == 0:
                return
            if status(log, [self.engine, "image", "inspect", base]):
                must(log, [self.engine, "pull", base])
            # a file: a pipe is not enough for buildah, and today's engines do not talk to one as old as Debian's
            must(log, [self.engine, "save", "--output", archive, base])
            must(log, self.command("pull", "--quiet", f"docker-archive:{archive}"), variables=self.variables)
            archive.unlink()

    def build(self, context: Context) -> None:
        """Build an image; by chroot, for that needs no network of its own, and all processes are in one group."""
        for base in {context.build.image_of(stage) for stage in context.build.stages} - {"scratch"}:
            self.provide(base)
        # OCI's format has no health check
        how = ["--isolation=chroot", "--format=docker", "--pull=never", f"--label={LABEL}={RUN}"]
        dockerfile = context.folder / "Dockerfile"
        command = self.command("build", *how, f"--tag={context.name}", f"--file={dockerfile}", context.folder)
        must(context.place / "build.log", command, seconds=BUILD_SECONDS, variables=self.variables)

    def save(self, context: Context) -> None:
        command = self.command("push", "--quiet", context.name, f"docker-archive:{context.archive}")
        must(context.place / "save.log", command, variables=self.variables)

    @contextmanager
    def used(self, worker: str) -> Iterator[None]:
        """Have the folder; the last worker removes it."""
        user = self.folder / f"{worker}.user"
        with self.locked():
            self.folder.mkdir(exist_ok=True)
            user.touch()
        yield
        with self.locked():
            user.unlink()
            if not list(self.folder.glob("*.user")):
                self.remove()

    def remove(self) -> None:
        log = self.folder.with_suffix(".log")
        # what a build that was killed has mounted cannot be removed before
        must(log, self.command("rm", "--all"))
        # without root the files belong to users that only buildah can become
        become = ["buildah", "unshare"] if os.geteuid() else []
        must(log, [*become, "rm", "-r", "-f", self.folder])


@pytest.fixture(scope="session")
def buildah(engine: Client, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Buildah]:
    place = tmp_path_factory.getbasetemp()
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    found = Buildah((place.parent if worker else place) / "buildah", engine.program)
    with found.used(worker or "alone"):
        yield found


@pytest.mark.buildah
@pytest.mark.engine
def test_buildah_builds_each_shape(context: Context, buildah: Buildah) -> None:
    buildah.build(context)
    buildah.save(context)
    assert_is_as_said(read_archive(context.archive), context)
