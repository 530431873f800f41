"""A container engine through its command-line client: build, inspect, run, signal, read, export, remove."""

import json
import os
import re
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO, Any

from scratchify.engine.dialect import Builder, BuildRequest, Dialect
from scratchify.engine.image import Image, image_of
from scratchify.engine.image_files import first_file
from scratchify.engine.leftovers import Leftovers
from scratchify.engine.processes import Captured, Done, Lines, ask, child, wait_for
from scratchify.errors import EngineFailed

_STEP = re.compile(r"#\d+ (\[(?!internal\]|auth\]).+)|(?:\[\d+/\d+\] )?(?:STEP|Step) (\d+/\d+) ?: ?(.*)")
"""BuildKit's plain progress; or the lines of buildah, which names the stage of several, and of the classic builder."""

COPY_SECONDS = 30
"""For one file; it is read to its end, however large it is."""

_NEVER = "0001-"
"""Begins the time at which something happened that did not."""

_ENGINE_FAILED = (
    "code = Unavailable",
    "Cannot connect to the Docker daemon",
    "error during connect",
    "unexpected EOF",
    "failed to create endpoint",
    "no space left on device",
)
"""In the log of a build that failed for reasons that the Dockerfile has no part in."""

_LOST_IN_CACHE = re.compile(r'unable to find image "sha256:[0-9a-f]{64}"')
"""
The classic builder looks through the images for a step that it has made before, and fails where one of them is removed
meanwhile, whoever's it is: https://github.com/moby/moby/blob/v20.10.24/image/cache/cache.go
"""

_MOST_TRIES = 3
"""Of a build that fails through no fault of its own."""


@dataclass(frozen=True, slots=True)
class Built:
    """A build that succeeded."""

    seconds: float


@dataclass(frozen=True, slots=True)
class BuildFailed:
    """A build that did not: why, in a line, and the end of its log."""

    why: str
    log: tuple[str, ...]
    timed_out: bool = False


@dataclass(frozen=True, slots=True)
class Start:
    """A container to be started; without `entrypoint` the image's own, without `arguments` the image's command."""

    image: str
    name: str
    labels: tuple[str, ...]
    network: str
    entrypoint: str | None = None
    arguments: tuple[str, ...] = ()
    environment: tuple[str, ...] = ()
    hostname: str | None = None
    user: str | None = None
    memory: int = 0
    processes: int = 0

    @property
    def words(self) -> list[str]:
        """Return the arguments of `run`; the log goes to us alone, and fills no disk."""
        said = ["--name", self.name, "--network", self.network, "--log-driver", "none"]
        said += [word for label in self.labels for word in ("--label", label)]
        said += [word for pair in self.environment for word in ("--env", pair)]
        said += ["--hostname", self.hostname] if self.hostname else []
        said += ["--user", self.user] if self.user else []
        # the same limit with swap: no swap at all
        said += ["--memory", str(self.memory), "--memory-swap", str(self.memory)] if self.memory else []
        said += ["--pids-limit", str(self.processes)] if self.processes else []
        said += ["--entrypoint", self.entrypoint] if self.entrypoint is not None else []
        return [*said, self.image, *self.arguments]


@dataclass(frozen=True, slots=True)
class State:
    """What the engine says of a container: `status` is an exit status, `trouble` why it did not start."""

    status: int
    out_of_memory: bool
    trouble: str


@dataclass(frozen=True, slots=True)
class Running:
    """A container that was started: its output so far, and whether it has ended."""

    name: str
    since: float
    stdout: Captured
    stderr: Captured
    has_ended: Callable[[], bool] = field(repr=False)

    def wait(self, seconds: float) -> bool:
        """Wait for the end; say whether it came."""
        return wait_for(self.has_ended, seconds)

    def finish(self) -> None:
        """Read what is left of the output of a container that has ended."""
        self.stdout.finish()
        self.stderr.finish()


class Client:
    """One engine, reached by one program; `DOCKER_HOST`, contexts and the like are the program's own affair."""

    def __init__(self, program: str, dialect: Dialect, environment: Mapping[str, str] | None = None) -> None:
        self.program = program
        self.dialect = dialect
        self.environment = dict(os.environ if environment is None else environment)
        self._builder: Builder | None = None

    @property
    def builder(self) -> Builder:
        if self._builder is None:
            self._builder = self.dialect.builder(self.program, self.environment)
        return self._builder

    def version(self) -> str:
        """Return the engine's version. Raises EngineFailed where none answers."""
        done = self._ask(*self.dialect.version)
        version = done.output.decode("utf-8", "replace").strip()
        if done.status or not version:
            raise EngineFailed(_first_line(done.errors) or f"{self.program} found no engine")
        return version

    def title(self) -> str:
        """Return what to call this engine: `docker 28.1.0 (BuildKit)`."""
        return f"{self.dialect.name} {self.version()} ({self.builder.title})"

    # ---- images

    def build(
        self,
        request: BuildRequest,
        *,
        seconds: float,
        tell: Callable[[str], None],
        made: Callable[[str, str], None],
    ) -> Built | BuildFailed:
        """
        Build an image. Raises EngineFailed where the engine went away.

        `tell` is called with each line of the log, `made` with the client's process, again when that has ended, and
        with the images and containers that the classic builder leaves behind: a kind and an id.
        """
        end = time.monotonic() + seconds
        for _ in range(_MOST_TRIES):
            built = self._build(request, end - time.monotonic(), self._reader(tell, made), made)
            if not (isinstance(built, BuildFailed) and _LOST_IN_CACHE.fullmatch(built.why)):
                break
        return built

    def _build(
        self, request: BuildRequest, seconds: float, each: Callable[[str], None], made: Callable[[str, str], None]
    ) -> Built | BuildFailed:
        begin = time.monotonic()
        command = [self.program, "build", *self.builder.options(request), str(request.context)]
        with child(command, {**self.environment, **self.builder.environment}, merged=True) as process:
            assert process.stdout
            made("process", str(process.pid))
            lines = Lines(process.stdout, each)
            in_time = wait_for(lambda: process.poll() is not None, seconds)
        made("ended", str(process.pid))
        lines.finish()
        if not in_time:
            return BuildFailed(f"the build did not end within {seconds:.0f} s", lines.last, timed_out=True)
        if process.returncode == 0:
            return Built(time.monotonic() - begin)
        if any(sign in line for line in lines.last[-20:] for sign in _ENGINE_FAILED):
            raise EngineFailed(f"the engine failed during a build: {_reason(lines.last)}")
        self.version()
        return BuildFailed(_reason(lines.last), lines.last)

    def _reader(self, tell: Callable[[str], None], made: Callable[[str, str], None]) -> Callable[[str], None]:
        """Return what takes each line of a build's log."""
        if not self.builder.labels_last:
            return tell
        leftovers = Leftovers({*self._ids("container"), *self._ids("image")}, made)

        def each(line: str) -> None:
            leftovers.see(line)
            tell(line)

        return each

    def image(self, name: str) -> Image:
        """Return an image's configuration."""
        return image_of(self._inspected("image", name))

    @contextmanager
    def exported(self, image: str, name: str, labels: Sequence[str]) -> Iterator[IO[bytes]]:
        """Open the file system of an image as a stream in tar format, by a container that is never started."""
        flags = [word for label in labels for word in ("--label", label)]
        # an image without a command takes no container without one
        self._run("create", "--name", name, *flags, "--network", "none", "--entrypoint", "/none", image)
        try:
            with child([self.program, "export", name], self.environment) as process:
                assert process.stdout
                assert process.stderr
                errors = Captured(process.stderr)
                with process.stdout:
                    yield process.stdout
                if process.wait(60):
                    errors.finish()
                    raise EngineFailed(_first_line(errors.content.decode("utf-8", "replace")) or "export failed")
        finally:
            self._ask(*self.dialect.remove_containers, name)

    # ---- containers

    @contextmanager
    def started(self, start: Start) -> Iterator[Running]:
        """Start a container; when the block is left it is stopped, and removed with its volumes."""
        begin = time.monotonic()
        with self._run_process(start) as (process, stdout, stderr):
            yield Running(start.name, begin, Captured(stdout), Captured(stderr), lambda: process.poll() is not None)

    @contextmanager
    def watched(self, start: Start) -> Iterator[tuple[IO[bytes], Captured, Callable[[], bool]]]:
        """Start a container whose standard output somebody else reads; also give its errors, and whether it ended."""
        with self._run_process(start) as (process, stdout, stderr):
            yield stdout, Captured(stderr), lambda: process.poll() is not None

    @contextmanager
    def _run_process(self, start: Start) -> Iterator[tuple[subprocess.Popen[bytes], IO[bytes], IO[bytes]]]:
        own = () if start.network.startswith("container:") else self.dialect.run_first
        command = [self.program, "run", *self.dialect.run, *own, *start.words]
        with child(command, self.environment) as process:
            assert process.stdout
            assert process.stderr
            try:
                yield process, process.stdout, process.stderr
            finally:
                # before its client is asked to end, which would ask the program to, and wait
                self._ask(*self.dialect.remove_containers, start.name)

    def state(self, running: Running) -> State:
        """Return how a container ended."""
        said = self._inspected("container", running.name)["State"]
        status, trouble = int(said.get("ExitCode") or 0), ""
        # Podman gives a container that could not start neither a status nor an error
        if str(said.get("StartedAt") or _NEVER).startswith(_NEVER):
            trouble = said.get("Error") or _first_line(running.stderr.content.decode("utf-8", "replace")) or "no reason"
        return State(status, bool(said.get("OOMKilled")), trouble)

    def signal(self, container: str, signal: str) -> None:
        """Send a signal to a container's first process; one that has just ended takes none."""
        self._ask("kill", "--signal", signal, container)

    def changes(self, container: str) -> tuple[tuple[str, str], ...]:
        """Return what a container changed in its files, volumes aside: A(dded), C(hanged) or D(eleted), and a path."""
        lines = self._run("diff", container).output.decode("utf-8", "surrogateescape").split("\n")
        found = (line.partition(" ") for line in lines)
        return tuple((kind, path) for kind, _, path in found if path)

    def content(self, container: str, path: str) -> tuple[bytes, int] | None:
        """Return the beginning of a file in a container, and its size; None where that is no file."""
        with child([self.program, "cp", f"{container}:{path}", "-"], self.environment) as process:
            assert process.stdout
            assert process.stderr
            archive = Captured(process.stdout)
            Captured(process.stderr)
            wait_for(lambda: process.poll() is not None, COPY_SECONDS)
        archive.finish()
        return first_file(archive.content)

    def call(self, container: str, words: Sequence[str], *, seconds: float) -> int | None:
        """Execute a command in a container that runs; return its status, None where it does not end in time."""
        with child([self.program, "exec", container, *words], self.environment, merged=True) as process:
            assert process.stdout
            Captured(process.stdout)
            return process.returncode if wait_for(lambda: process.poll() is not None, seconds) else None

    def exchange(self, container: str, words: Sequence[str], request: bytes, *, seconds: float) -> bytes:
        """Execute a command in a container, hand it `request`, and return what it answers within `seconds`."""
        command = [self.program, "exec", "--interactive", container, *words]
        with child(command, self.environment, with_input=True) as process:
            assert process.stdin
            assert process.stdout
            assert process.stderr
            answer = Captured(process.stdout)
            Captured(process.stderr)
            # the input stays open: a server that sees its end may take the caller for gone
            try:
                process.stdin.write(request)
                process.stdin.flush()
            except OSError:
                return b""
            wait_for(lambda: process.poll() is not None, seconds)
        answer.finish()
        return answer.content

    def filtered(self, start: Start, content: bytes, *, seconds: float) -> bytes:
        """Run a container that reads `content` to its end, and return what it writes; what it lacks is left out."""
        command = [self.program, "run", "--interactive", *self.dialect.run, *start.words]
        with child(command, self.environment, with_input=True) as process:
            try:
                output, _ = process.communicate(content, timeout=seconds)
            except subprocess.TimeoutExpired:
                return b""
            finally:
                self._ask(*self.dialect.remove_containers, start.name)
            return output

    # ---- networks, and the end

    def make_network(self, name: str, labels: Sequence[str]) -> None:
        """Make a network without a way out."""
        self._run("network", "create", "--internal", *(word for label in labels for word in ("--label", label)), name)

    def remove_network(self, name: str) -> None:
        self._ask("network", "rm", name)

    def remove(self, kind: str, ids: Sequence[str]) -> None:
        """Remove containers, with their volumes, images or networks; what is gone already, or needed, is no trouble."""
        commands = {"container": self.dialect.remove_containers, "image": ["rmi"], "network": ["network", "rm"]}
        if ids:
            self._ask(*commands[kind], *ids)

    def is_named(self, image: str) -> bool:
        """Say whether an image has a name: its id alone would be enough to remove it together with its last one."""
        done = self._ask("inspect", "--type", "image", "--format", "{{json .RepoTags}}", image)
        return done.status == 0 and done.output.strip() not in (b"[]", b"null")

    def labelled(self, kind: str, label: str) -> tuple[str, ...]:
        """Return the ids of the containers, images or networks that have this label. Raises EngineFailed."""
        return self._ids(kind, "--filter", f"label={label}")

    def _ids(self, kind: str, *only: str) -> tuple[str, ...]:
        commands = {"container": ["ps", "--all"], "image": ["images", "--all"], "network": ["network", "ls"]}
        done = self._run(*commands[kind], "--quiet", *only)
        return tuple(dict.fromkeys(done.output.decode("ascii", "replace").split()))

    def _inspected(self, kind: str, name: str) -> Mapping[str, Any]:  # Any: JSON
        found: Mapping[str, Any] = json.loads(self._run("inspect", "--type", kind, name).output)[0]
        return found

    def _run(self, *arguments: str) -> Done:
        """Ask the engine for what must succeed. Raises EngineFailed where it does not."""
        done = self._ask(*arguments)
        if done.status:
            raise EngineFailed(f"{self.dialect.name} {arguments[0]}: {_first_line(done.errors)}")
        return done

    def _ask(self, *arguments: str) -> Done:
        return ask([self.program, *arguments], self.environment)


def step_of(line: str) -> str | None:
    """Return the step of the Dockerfile that a line of a build's log announces: `[2/5] COPY . .`."""
    found = _STEP.match(line)
    if not found:
        return None
    return found[1] or f"[{found[2]}] {found[3]}"


def _reason(log: Sequence[str]) -> str:
    """Return the line that says why a build failed: the last one that says anything of it."""
    said = [line for line in log if line.strip(" -\t") and not line.startswith("View build details: ")]
    return said[-1].strip() if said else "the build failed without a word"


def _first_line(text: str) -> str:
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    return lines[0] if lines else ""
