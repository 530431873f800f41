"""`scratchify verify` as a process of its own on a small project, and what that leaves in the engine."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex

from scratchify.engine.client import Client
from scratchify.engine.trial import KINDS, LABEL

MODULE = "module example.test/app\n\ngo 1.22\n"

NOTES = """\
#!/bin/sh
echo "$$ $*" >> {log}
exec {program} "$@"
"""
"""Stands before the engine's client and notes what that is asked; the name of the run is part of it."""


@dataclass(frozen=True, slots=True)
class Project:
    """A build context; `workdir` is a folder in the image that no other project has."""

    folder: Path
    workdir: str

    @property
    def dockerfile(self) -> Path:
        return self.folder / "Dockerfile"


def write_project(folder: Path, dockerfile: str, program: str, files: Mapping[str, str] | None = None) -> Project:
    """Write a project; `$WORKDIR` in the Dockerfile is the folder of its own."""
    project = Project(folder, f"/srv/app-{token_hex(4)}")
    texts = {"Dockerfile": dockerfile.replace("$WORKDIR", project.workdir), "go.mod": MODULE, "main.go": program}
    for name, text in {**texts, **(files or {})}.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return project


@dataclass(frozen=True, slots=True)
class Told:
    """What a verification said; `memory` is the most that it, or one of its children, ever had, in bytes."""

    status: int
    output: str
    errors: str
    seconds: float
    memory: int

    @property
    def first(self) -> str:
        return self.output.partition("\n")[0]


class Verifying:
    """A verification under way; it leads a process group of its own, as one that was started in a terminal does."""

    def __init__(
        self,
        project: Project,
        engine: Client,
        place: Path,
        *arguments: str,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.project = project
        self.engine = engine
        place.mkdir(parents=True)
        self.log = place / "log"
        client = place / "client"
        client.write_text(NOTES.format(log=self.log, program=engine.program))
        client.chmod(0o755)
        self._output, self._errors = place / "output", place / "errors"
        command = [sys.executable, "-m", "scratchify", "verify", *_before_others(arguments, project.dockerfile)]
        self._begin = time.monotonic()
        with self._output.open("wb") as output, self._errors.open("wb") as errors:
            self.process = subprocess.Popen(
                command,
                env={**engine.environment, **(environment or {}), "SCRATCHIFY_ENGINE": str(client)},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=errors,
                start_new_session=True,
                preexec_fn=_with_interrupts,
            )

    @property
    def is_over(self) -> bool:
        """Say whether it has ended, and leave it to `finish` to take note of how."""
        return bool(os.waitid(os.P_PID, self.process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT))

    @property
    def asked(self) -> str:
        """What the engine's client was asked so far."""
        return self.log.read_text("utf-8", "replace") if self.log.exists() else ""

    @property
    def run(self) -> str:
        found = re.search(rf"{re.escape(LABEL)}=(\w+)", self.asked)
        assert found, "nothing was made yet"
        return found[1]

    def said(self, text: str) -> bool:
        return text in self._errors.read_text("utf-8", "replace")

    def until(self, condition: Callable[[], bool], seconds: float = 60) -> None:
        """Wait until something happens while the verification is under way."""
        end = time.monotonic() + seconds
        while not condition():
            assert not self.is_over, self._errors.read_text("utf-8", "replace")
            assert time.monotonic() < end, self._errors.read_text("utf-8", "replace")
            time.sleep(0.05)

    def until_building(self) -> None:
        """Wait until the build that `--verbose` shows is in its step that takes long."""
        self.until(lambda: self.said("RUN sleep"))
        time.sleep(1)

    def until_running(self) -> None:
        """Wait until the program itself runs."""
        names = [self.engine.program, "ps", "--quiet", "--filter"]
        started = re.compile(r"run .*--name (scratchify-\w+-original) ")

        def runs() -> bool:
            found = started.search(self.asked)
            if not found:
                return False
            done = subprocess.run([*names, f"name={found[1]}$"], env=self.engine.environment, capture_output=True)
            return bool(done.stdout.strip())

        self.until(runs)

    def interrupt(self, how: signal.Signals) -> None:
        """Send a signal: SIGINT to the whole group, as a terminal does."""
        if how is signal.SIGINT:
            os.killpg(self.process.pid, how)
        else:
            os.kill(self.process.pid, how)

    def finish(self, seconds: float) -> Told:
        """Wait for the end, which must come in time."""
        end = self._begin + seconds
        while True:
            # the one call that says what a single child has used
            pid, status, usage = os.wait4(self.process.pid, os.WNOHANG)
            if pid:
                break
            if time.monotonic() > end:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()
                raise AssertionError(f"it did not end: {self._errors.read_text('utf-8', 'replace')}")
            time.sleep(0.02)
        self.process.returncode = os.waitstatus_to_exitcode(status)
        memory = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
        output, errors = (file.read_text("utf-8", "replace") for file in (self._output, self._errors))
        assert "Traceback" not in errors, errors
        return Told(self.process.returncode, output, errors, time.monotonic() - self._begin, memory)

    def left(self) -> set[str]:
        """Return what is still in the engine of all that this verification made."""
        found = {f"{kind} {id_}" for kind in KINDS for id_ in self.engine.labelled(kind, f"{LABEL}={self.run}")}
        # the classic builder labels nothing on its way
        for kind, words in (("container", ("ps", "--all")), ("image", ("images", "--all"))):
            ids = self._asked(*words, "--quiet", "--no-trunc").split()
            # the images of others may be gone by now: what is left is described
            described = json.loads(self._asked("inspect", "--type", kind, *dict.fromkeys(ids)) if ids else "[]")
            found |= {f"{kind} {one['Id']}" for one in described if one["Config"]["WorkingDir"] == self.project.workdir}
        return found

    def until_nothing_is_left(self, seconds: float = 60) -> None:
        end = time.monotonic() + seconds
        while left := self.left():
            assert time.monotonic() < end, left
            time.sleep(0.5)

    def _asked(self, *words: str) -> str:
        command = [self.engine.program, *words]
        return subprocess.run(command, env=self.engine.environment, capture_output=True, text=True).stdout


def _before_others(arguments: tuple[str, ...], dockerfile: Path) -> list[str]:
    """Put the path before what is meant for the program."""
    at = arguments.index("--") if "--" in arguments else len(arguments)
    return [*arguments[:at], str(dockerfile), *arguments[at:]]


def _with_interrupts() -> None:
    # whoever runs the tests in the background has them ignored
    signal.signal(signal.SIGINT, signal.SIG_DFL)
