"""
What goes wrong outside of the program, for real: engines that die, builds and programs that never end or take
everything, interruptions. Each ends in an answer, in time, and leaves nothing in the engine.

Where an image is built from Go source, the first of these tests waits for the standard library to be compiled.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from secrets import randbelow

import pytest

from scratchify.engine.client import Client
from scratchify.engine.trial import LABEL
from tests.many_files import many_files
from tests.second_engine import PROGRAM, SecondEngine
from tests.verifying import Project, Told, Verifying, write_project

pytestmark = pytest.mark.engine

MIB = 1024**2

DOCKERFILE = """\
FROM golang:1.27-alpine
ENV CGO_ENABLED=0
RUN go list -export fmt os/signal > /dev/null
WORKDIR $WORKDIR
COPY . .
RUN go build -o app .
CMD ["./app"]
"""
"""The standard library is compiled in a step that all projects share."""

STAND_IN = DOCKERFILE.replace("RUN go list -export fmt os/signal > /dev/null\n", "")
"""For the second engine, whose builds are done at once."""

HELLO = 'package main\n\nfunc main() { println("hello") }\n'

WAITS = PROGRAM.replace('if os.Getenv("WAIT") != "" ', "")
"""Until it is asked to end."""

BUILDERS = {"BuildKit": "1", "classic builder": "0"}

Verify = Callable[..., Verifying]


@pytest.fixture
def verify(engine: Client, tmp_path: Path) -> Iterator[Verify]:
    """Start verifications; what a failing test leaves running is ended."""
    started: list[Verifying] = []

    def start(project: Project, *arguments: str, on: Client = engine, **environment: str) -> Verifying:
        place = tmp_path / f"verification-{len(started)}"
        started.append(Verifying(project, on, place, *arguments, environment=environment))
        return started[-1]

    yield start
    for verifying in started:
        if verifying.process.returncode is None:
            verifying.process.terminate()
            verifying.process.wait(60)


@pytest.fixture
def second_engine(engine: Client, go: str) -> Iterator[SecondEngine]:
    second = SecondEngine(engine, go)
    yield second
    second.remove()


def hanging(folder: Path, dockerfile: str = STAND_IN) -> tuple[Project, str]:
    """Write a project whose build never ends, and return how the process is called that it waits for."""
    sleep = f"sleep {2000 + randbelow(7000)}"
    return write_project(folder, dockerfile.replace("RUN go build", f"RUN {sleep}\nRUN go build"), HELLO), sleep


def processes(words: str) -> list[int]:
    """Return the processes on this machine that were started with these words at the end."""
    listed = subprocess.run(["ps", "-A", "-o", "pid=,args="], capture_output=True, text=True, check=True).stdout
    lines = (line.strip() for line in listed.split("\n"))
    return [int(line.split()[0]) for line in lines if line.endswith(words)]


def needs(engine: Client, builder: str) -> None:
    """Skip where the engine has no such builder."""
    if engine.dialect.name != "docker":
        pytest.skip("only Docker has two builders")
    found = Client(engine.program, engine.dialect, {**engine.environment, "DOCKER_BUILDKIT": BUILDERS[builder]})
    if found.builder.title != builder:
        pytest.skip(f"this engine's client has no {builder}")


every_builder = pytest.mark.parametrize("builder", BUILDERS)


# ---- the engine goes away


@pytest.mark.parametrize(
    ("builder", "how"),
    [("BuildKit", "SIGKILL"), ("classic builder", "SIGKILL"), ("classic builder", "SIGTERM")],
)
def test_an_engine_that_ends_during_a_build_is_named(
    builder: str, how: str, second_engine: SecondEngine, verify: Verify, tmp_path: Path
) -> None:
    """On SIGTERM this engine takes ten seconds itself, and the build looks as if a step of it had been killed."""
    needs(second_engine.client, builder)
    project, _ = hanging(tmp_path / "project")
    verifying = verify(project, "--verbose", on=second_engine.client, DOCKER_BUILDKIT=BUILDERS[builder])
    verifying.until_building()
    second_engine.kill(signal.Signals[how])
    end = time.monotonic()
    told = verifying.finish(60)
    assert time.monotonic() - end < 5
    assert told.status == 4
    assert re.fullmatch(
        r"\S+: cannot be verified: .*(unexpected EOF|Cannot connect to the Docker daemon.*)\n", told.output
    )
    end_watchdog(verifying)


def test_an_engine_that_ends_during_a_run_is_named(second_engine: SecondEngine, verify: Verify, tmp_path: Path) -> None:
    project = write_project(tmp_path / "project", STAND_IN, PROGRAM)
    verifying = verify(project, "--env", "WAIT=1", on=second_engine.client)
    verifying.until_running()
    second_engine.kill()
    end = time.monotonic()
    told = verifying.finish(60)
    assert time.monotonic() - end < 5
    assert told.status == 4
    assert re.fullmatch(r"\S+: cannot be verified: .*Cannot connect to the Docker daemon.*\n", told.output)
    end_watchdog(verifying)


@pytest.mark.parametrize("phase", ["build", "run"])
def test_what_an_engine_that_ended_still_has_is_removed_when_it_comes_back(
    phase: str, second_engine: SecondEngine, verify: Verify, tmp_path: Path
) -> None:
    """Takes 30 s: whoever cleans up asks for the engine every few seconds."""
    before = second_engine.everything()
    project = hanging(tmp_path / "project")[0]
    if phase == "run":
        project = write_project(tmp_path / "project", STAND_IN, PROGRAM)
    verifying = verify(project, "--verbose", "--env", "WAIT=1", on=second_engine.client, DOCKER_BUILDKIT="0")
    (verifying.until_building if phase == "build" else verifying.until_running)()
    second_engine.kill()
    assert verifying.finish(60).status == 4
    second_engine.start()
    assert second_engine.everything() > before
    eventually(lambda: second_engine.everything() == before, 60)
    end_watchdog(verifying)


def eventually(condition: Callable[[], bool], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.5)


def end_watchdog(verifying: Verifying) -> None:
    """End the process that waits for an engine which will not come back."""
    for process in processes(f"{verifying.log.with_name('client')} {verifying.run}"):
        os.kill(process, signal.SIGKILL)


# ---- builds and programs that never end, or take everything


@every_builder
def test_a_build_that_never_ends_is_ended(builder: str, engine: Client, verify: Verify, tmp_path: Path) -> None:
    needs(engine, builder)
    project, sleep = hanging(tmp_path / "project")
    verifying = verify(project, "--build-timeout", "5", DOCKER_BUILDKIT=BUILDERS[builder])
    told = verifying.finish(60)
    assert told.status == 4
    assert "cannot be verified: the original does not build: the build did not end within 5 s" in told.first
    assert verifying.left() == set()
    building = [int(line.split()[0]) for line in verifying.asked.split("\n") if " build " in line]
    assert building
    assert not any(exists(process) for process in building)
    # where the engine runs on this machine, its processes are seen
    eventually(lambda: not processes(sleep), 5)


def exists(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


FORKS = """\
package main

import "syscall"

func main() {
	for {
		syscall.RawSyscall6(syscall.SYS_CLONE, uintptr(syscall.SIGCHLD), 0, 0, 0, 0, 0)
	}
}
"""
"""Each of its processes does the same, without end."""


def test_a_program_that_multiplies_stays_below_its_limit(verify: Verify, tmp_path: Path) -> None:
    project = write_project(tmp_path / "project", DOCKERFILE, FORKS)
    verifying = verify(project, "--processes", "40", "--timeout", "3")
    most = 0
    while not verifying.is_over:
        most = max(most, len(processes("./app")), len(processes(f"{project.workdir}/app")))
        time.sleep(0.2)
    told = verifying.finish(120)
    assert told.status == 0, told.output
    # where the engine runs on this machine, its processes are seen
    assert most == 0 or 10 < most <= 40
    assert verifying.left() == set()


FLOODS = """\
package main

import "syscall"

func main() {
	line := make([]byte, 64)
	for at := range line {
		line[at] = 'a'
	}
	line[63] = '\\n'
	block := make([]byte, 0, 64*16384)
	for len(block) < cap(block) {
		block = append(block, line...)
	}
	for {
		syscall.Write(1, block)
	}
}
"""


def test_a_program_that_writes_without_end_takes_neither_memory_nor_disk(
    engine: Client, verify: Verify, tmp_path: Path
) -> None:
    project = write_project(tmp_path / "project", DOCKERFILE, FLOODS)
    verifying = verify(project, "--timeout", "8", "--format", "json")
    verifying.until_running()
    names = re.findall(r"--name (scratchify-\w+-original) ", verifying.asked)
    asked = [engine.program, "inspect", "--type", "container", "--format", "{{.LogPath}}", names[-1]]
    if engine.dialect.name == "docker":
        assert subprocess.run(asked, env=engine.environment, capture_output=True, text=True).stdout.strip() == ""
    told = verifying.finish(120)
    assert told.status == 0, told.output
    written = sorted(int(size.replace(",", "")) for size in re.findall(r'"([\d,]+) bytes"', told.output))
    # at least as much in each of the two runs as there may be memory
    assert written[0] > 200 * MIB
    assert told.memory < 200 * MIB
    assert verifying.left() == set()


GROWS = """\
package main

func main() {
	var kept [][]byte
	for {
		block := make([]byte, 1<<20)
		for at := 0; at < len(block); at += 4096 {
			block[at] = 1
		}
		kept = append(kept, block)
	}
}
"""


def test_a_program_that_takes_memory_without_end_is_named(verify: Verify, tmp_path: Path) -> None:
    project = write_project(tmp_path / "project", DOCKERFILE, GROWS)
    verifying = verify(project, "--memory", "64")
    told = verifying.finish(120)
    assert told.status == 4
    assert "the original needs more than 64 MiB of memory; see --memory" in told.first
    assert verifying.left() == set()


STORES = """\
package main

import (
	"os"
	"strconv"
)

func main() {
	for at := range 50000 {
		file, _ := os.Create("/tmp/" + strconv.Itoa(at))
		file.Close()
	}
}
"""


def test_a_program_that_writes_many_files_is_looked_at_in_time(verify: Verify, tmp_path: Path) -> None:
    project = write_project(tmp_path / "project", DOCKERFILE, STORES)
    told = verify(project).finish(120)
    assert told.status == 0, told.output
    assert told.seconds < 90
    assert "same: files written: /tmp/0 " in told.output
    assert " and 49990 more\n" in told.output


@every_builder
def test_a_million_files_that_are_ignored_cost_nothing(
    builder: str, engine: Client, verify: Verify, tmp_path: Path
) -> None:
    """Takes 20 s, half of them for the files."""
    needs(engine, builder)
    project = write_project(
        tmp_path / "project",
        DOCKERFILE.replace("COPY . .\n", "COPY . .\nRUN ls\n"),
        HELLO,
        {".dockerignore": "data\n!data/README.md\n", "data/README.md": "hidden apart from this\n"},
    )
    many_files(project.folder / "data", 1000)
    try:
        verifying = verify(project, "--verbose", DOCKER_BUILDKIT=BUILDERS[builder])
        told = verifying.finish(120)
    finally:
        shutil.rmtree(project.folder / "data")
    assert told.status == 0, told.output
    assert told.memory < 500 * MIB
    sent = re.findall(r"(?:transferring context:|build context to Docker daemon) +([\d.]+)(k?B)", told.errors)
    assert sent
    assert all(float(size) * (1000 if unit == "kB" else 1) < 20_000 for size, unit in sent)
    assert verifying.left() == set()


# ---- interruptions, and others at the same time


@every_builder
def test_two_verifications_of_one_file_do_not_disturb_each_other(
    builder: str, engine: Client, verify: Verify, tmp_path: Path
) -> None:
    needs(engine, builder)
    project = write_project(tmp_path / "project", STAND_IN, HELLO)
    both = [verify(project, DOCKER_BUILDKIT=BUILDERS[builder]) for _ in range(2)]
    for told in [verifying.finish(180) for verifying in both]:
        assert told.status == 0, told.output
    for verifying in both:
        assert verifying.left() == set()


PHASES = [("build", "BuildKit"), ("build", "classic builder"), ("run", "BuildKit")]


@pytest.mark.parametrize(("phase", "builder"), PHASES)
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda how: how.name)
def test_nothing_stays_after_an_interruption(
    how: signal.Signals, phase: str, builder: str, engine: Client, verify: Verify, tmp_path: Path
) -> None:
    if engine.dialect.name == "docker":
        needs(engine, builder)
    project, sleep = hanging(tmp_path / "project")
    if phase == "run":
        project = write_project(tmp_path / "project", DOCKERFILE, WAITS)
    verifying = verify(project, "--verbose", DOCKER_BUILDKIT=BUILDERS[builder])
    (verifying.until_building if phase == "build" else verifying.until_running)()
    verifying.interrupt(how)
    told = verifying.finish(60)
    assert told.output == ""
    if how is signal.SIGINT:
        assert told.status == 130
        assert [line for line in told.errors.split("\n") if "scratchify: " in line] == [last_line(told)]
        assert verifying.left() == set()
    else:
        assert told.status == -how
        verifying.until_nothing_is_left()
    eventually(lambda: not processes(sleep), 5)


def last_line(told: Told) -> str:
    last = told.errors.rstrip("\n").rpartition("\n")[2]
    assert last.startswith("scratchify: interrupted")
    return last


COURSES = {
    "to its end": (STAND_IN, 0),
    "to a broken build": (STAND_IN.replace("RUN go", "RUN cat missing\nRUN go"), 4),
    "to a build without end": (STAND_IN.replace("RUN go", "RUN sleep 3000\nRUN go"), 4),
    "to SIGINT in a build": (STAND_IN.replace("RUN go", "RUN sleep 3000\nRUN go"), 130),
    "to SIGKILL in a build": (STAND_IN.replace("RUN go", "RUN sleep 3000\nRUN go"), -9),
    "to SIGINT in a copy": (STAND_IN, 130),
    "to SIGKILL in a copy": (STAND_IN, -9),
    "to SIGINT in a run": (STAND_IN.replace("CMD", "ENV WAIT=1\nCMD"), 130),
    "to SIGKILL in a run": (STAND_IN.replace("CMD", "ENV WAIT=1\nCMD"), -9),
}
"""How far a verification comes, a Dockerfile that lets it come there, and the exit status."""


@every_builder
@pytest.mark.parametrize("course", COURSES)
def test_the_engine_is_as_it_was(
    course: str, builder: str, second_engine: SecondEngine, verify: Verify, tmp_path: Path
) -> None:
    """Where nobody else is, everything is seen: images without a label, and the base image, which must stay."""
    needs(second_engine.client, builder)
    before = second_engine.everything()
    dockerfile, status = COURSES[course]
    project = write_project(tmp_path / "project", dockerfile, PROGRAM)
    limit = ("--build-timeout", "3" if "without end" in course else "60")
    if "copy" in course:
        with (project.folder / "data").open("wb") as data:
            data.truncate(300 * MIB)
    verifying = verify(project, "--verbose", *limit, on=second_engine.client, DOCKER_BUILDKIT=BUILDERS[builder])
    if found := re.search(r"(SIG\w+) in a (\w+)", course):
        reached = {
            "build": verifying.until_building,
            "copy": lambda: verifying.until(lambda: verifying.said("COPY . .")),
            "run": verifying.until_running,
        }
        reached[found[2]]()
        verifying.interrupt(signal.Signals[found[1]])
    assert verifying.finish(60).status == status
    if "copy" in course:
        time.sleep(5)  # it would be done by now
    eventually(lambda: second_engine.everything() == before, 60)


@every_builder
def test_images_are_kept_on_request_and_nothing_else(
    builder: str, engine: Client, verify: Verify, tmp_path: Path
) -> None:
    if engine.dialect.name == "docker":
        needs(engine, builder)
    project = write_project(tmp_path / "project", STAND_IN, HELLO)
    verifying = verify(project, "--keep", DOCKER_BUILDKIT=BUILDERS[builder])
    told = verifying.finish(120)
    assert told.status == 0, told.output
    kept = told.output.partition("  kept: ")[2].split()
    try:
        assert len(kept) == 2
        ids = {engine.image(name).id for name in kept}
        assert len(ids) == 2
        # without those that the two were made from
        only = [engine.program, "images", "--quiet", "--filter", f"label={LABEL}={verifying.run}"]
        assert len(subprocess.run(only, env=engine.environment, capture_output=True).stdout.split()) == 2
    finally:
        engine.remove("image", kept)
    assert verifying.left() == set()


# ---- originals that were broken before


def answer(verify: Verify, tmp_path: Path, dockerfile: str, program: str, *arguments: str) -> Told:
    verifying = verify(write_project(tmp_path / "project", dockerfile, program), *arguments)
    told = verifying.finish(120)
    assert verifying.left() == set()
    return told


def test_an_original_that_does_not_compile_is_shown_with_its_log(verify: Verify, tmp_path: Path) -> None:
    told = answer(verify, tmp_path, DOCKERFILE, HELLO.replace('println("hello")', "var number int = nothing"))
    assert told.status == 4
    assert "the original fails: the original does not build: " in told.first
    assert "undefined: nothing" in told.output


def test_an_original_that_cannot_be_started_says_why(verify: Verify, tmp_path: Path) -> None:
    dockerfile = DOCKERFILE.replace("CMD", "RUN chmod 644 app\nCMD")
    told = answer(verify, tmp_path, dockerfile, HELLO)
    assert told.status == 4
    assert "the original fails: the original does not start: " in told.first
    assert "permission denied" in told.first


def test_an_original_that_fails_at_once_comes_with_advice(verify: Verify, tmp_path: Path) -> None:
    program = 'package main\n\nimport "os"\n\nfunc main() {\n\tprintln("no DATABASE_URL")\n\tos.Exit(1)\n}\n'
    told = answer(verify, tmp_path, DOCKERFILE, program)
    assert told.status == 4
    assert told.first.endswith(
        "the original ends with status 1; give it what it needs by --env, --network or -- ARGUMENTS"
    )
    assert "no DATABASE_URL" in told.output


def test_a_network_that_does_not_exist_is_named(verify: Verify, tmp_path: Path) -> None:
    told = answer(verify, tmp_path, DOCKERFILE, HELLO, "--network", "no-such-network")
    assert told.status == 4
    assert "cannot be verified: " in told.first
    assert "no-such-network" in told.first


# ---- whoever cleans up


def test_a_process_that_has_ended_is_not_ended_once_more(engine: Client) -> None:
    """Its number may be another one's by then."""
    with (
        subprocess.Popen(["sleep", "60"], start_new_session=True) as ended,
        subprocess.Popen(["sleep", "60"], start_new_session=True) as still_there,
    ):
        said = f"process {ended.pid}\nended {ended.pid}\nprocess {still_there.pid}\n"
        command = [sys.executable, "-m", "scratchify.engine.watchdog", engine.program, "none"]
        subprocess.run(command, env=engine.environment, input=said.encode(), check=True, timeout=60)
        assert ended.poll() is None
        assert still_there.wait(10) == -signal.SIGTERM
        ended.terminate()
