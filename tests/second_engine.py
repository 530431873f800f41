"""
A Docker Engine of the tests' own, which they can kill, and in which nobody else has anything.

It lives in namespaces of its own, so that all its processes and mounts go with it, and it shares no network with the
machine. Its only image is a stand-in for a golang image: a shell, and a `go` whose builds are done at once.
"""

import io
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import pytest

from scratchify.engine.client import Client
from scratchify.engine.docker import DOCKER

IMAGE = "golang:1.27-alpine"

PROGRAM = """\
package main

import (
	"os"
	"os/signal"
	"syscall"
)

func main() {
	println("hello")
	if os.Getenv("WAIT") != "" {
		stop := make(chan os.Signal, 1)
		signal.Notify(stop, syscall.SIGTERM)
		<-stop
	}
}
"""
"""What every build there makes."""

GO = '#!/bin/sh\nexec cp /program "$3"\n'
"""Stands in for `go build -o NAME .`"""

FROM_THE_BASE = "cd / && tar -c $(ls -d bin lib etc usr/local/go/lib/time)"
"""What of a golang image is kept; one whose shell is static may have no /lib."""

NAMESPACES = ("--mount", "--pid", "--net", "--fork", "--kill-child=SIGKILL", "--mount-proc")
INSIDE = 'mkdir -p /run/runc && mount -t tmpfs none /run/runc && exec "$@"'
"""BuildKit keeps the state of its containers there, whatever the engine is told."""


class SecondEngine:
    """A dockerd under a short path, for sockets have short names."""

    def __init__(self, first: Client, go: str) -> None:
        why = _missing()
        if why:
            pytest.skip(why)
        self.folder = Path(tempfile.mkdtemp(prefix="sfy-", dir="/tmp"))
        self.cgroup = self.folder.name
        self.client = Client(
            first.program, DOCKER, {**first.environment, "DOCKER_HOST": f"unix://{self.folder / 'socket'}"}
        )
        self._process: subprocess.Popen[bytes] | None = None
        try:
            self.start()
            self._load(_stand_in(first, go, self.folder))
        except BaseException:
            self.remove()
            raise

    def start(self) -> None:
        """Start it, with what it had before."""
        (self.folder / "settings").write_text("{}")
        # what is said there of processes is true of others now
        (self.folder / "pid").unlink(missing_ok=True)
        shutil.rmtree(self.folder / "exec", ignore_errors=True)
        options = {
            "host": f"unix://{self.folder / 'socket'}",
            "data-root": str(self.folder / "data"),
            "exec-root": str(self.folder / "exec"),
            "pidfile": str(self.folder / "pid"),
            "config-file": str(self.folder / "settings"),
            "iptables": "false",
            "ip-forward": "false",
            "ip-masq": "false",
            "cgroup-parent": f"/{self.cgroup}",
            "exec-opt": "native.cgroupdriver=cgroupfs",
        }
        daemon = ["dockerd", *(f"--{name}={value}" for name, value in options.items())]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                ["unshare", *NAMESPACES, "sh", "-c", INSIDE, "sh", *daemon],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        for _ in range(300):
            if self._process.poll() is not None:
                break
            done = subprocess.run(
                [self.client.program, "version"], env=self.client.environment, capture_output=True, check=False
            )
            if done.returncode == 0:
                return
            time.sleep(0.1)
        last = (self.folder / "log").read_text("utf-8", "replace").strip().split("\n")[-1]
        pytest.skip(f"a second engine does not start here: {last}")

    def kill(self, how: signal.Signals = signal.SIGKILL) -> None:
        """End it, and with it all its processes."""
        if not self._process:
            return
        # what unshare started is the first process in there: the rest goes with it
        parent = self._process.pid
        with suppress(FileNotFoundError):  # it has ended by itself
            for child in Path(f"/proc/{parent}/task/{parent}/children").read_text().split():
                os.kill(int(child), how)
        self._process.wait(60)
        self._process = None

    def ask(self, *words: str) -> str:
        command = [self.client.program, *words]
        return subprocess.run(command, env=self.client.environment, capture_output=True, text=True, check=True).stdout

    def everything(self) -> set[str]:
        """Return all that is in it."""
        lists = ("ps --all --quiet", "images --all --quiet", "volume ls --quiet", "network ls --format {{.Name}}")
        return {f"{words} {name}" for words in lists for name in self.ask(*words.split()).split()}

    def remove(self) -> None:
        """End it, and remove its folder and its control groups."""
        self.kill()
        shutil.rmtree(self.folder)
        for folder, _, _ in os.walk("/sys/fs/cgroup", topdown=False):
            if self.cgroup in Path(folder).parts:
                with suppress(OSError):
                    Path(folder).rmdir()

    def _load(self, archive: bytes) -> None:
        path = "ENV PATH=/usr/local/go/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        command = [self.client.program, "import", "--change", path, "-", IMAGE]
        subprocess.run(command, env=self.client.environment, input=archive, capture_output=True, check=True)


def _missing() -> str:
    if not sys.platform.startswith("linux") or os.geteuid():
        return "a second engine needs Linux and root"
    programs = [name for name in ("dockerd", "unshare") if not shutil.which(name)]
    return f"a second engine needs {' and '.join(programs)}" if programs else ""


def _stand_in(first: Client, go: str, folder: Path) -> bytes:
    """Return the files of the image, from the real one."""
    run = [first.program, "run", "--rm", "--network", "none", IMAGE, "sh", "-c", FROM_THE_BASE]
    files = subprocess.run(run, env=first.environment, capture_output=True, check=True).stdout
    source, program = folder / "main.go", folder / "program"
    source.write_text(PROGRAM)
    building = {**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "", "GO111MODULE": "off"}
    subprocess.run([go, "build", "-o", program, source], env=building, cwd=folder, capture_output=True, check=True)
    whole = io.BytesIO()
    with tarfile.open(fileobj=io.BytesIO(files)) as old, tarfile.open(fileobj=whole, mode="w") as new:
        for member in old:
            new.addfile(member, old.extractfile(member) if member.isfile() else None)
        for name, content in (("usr/local/go/bin/go", GO.encode()), ("program", program.read_bytes())):
            added = tarfile.TarInfo(name)
            added.size, added.mode = len(content), 0o755
            new.addfile(added, io.BytesIO(content))
    return whole.getvalue()
