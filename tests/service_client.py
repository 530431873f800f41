"""GitHub's side of the service: deliveries with signatures, and a look at what became of them."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from scratchify.bot.service.deliveries import signature_of

SECRET = "s3cret-of-the-webhook"
ROOT = Path(__file__).parent.parent


def commit_of(number: int) -> str:
    return f"{number:040x}"


def push(repository: str = "octo/app", number: int = 1, at: int | None = None, **other: Any) -> dict[str, Any]:
    """Return the payload of a push to the default branch."""
    return {
        "ref": "refs/heads/main",
        "after": commit_of(number),
        "deleted": False,
        "repository": {"full_name": repository, "default_branch": "main", "pushed_at": number if at is None else at},
        "commits": [{"added": [], "modified": ["Dockerfile"], "removed": []}],
        **other,
    }


@dataclass(slots=True)
class Running:
    """A service that runs, and its files."""

    folder: Path
    port: int
    process: "subprocess.Popen[bytes]"
    session: requests.Session = field(default_factory=requests.Session)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def deliver(self, payload: Any, event: str = "push", id_: str | None = None, **other: str) -> requests.Response:
        body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        headers = {
            "X-GitHub-Event": event,
            "X-GitHub-Delivery": id_ or os.urandom(8).hex(),
            "X-Hub-Signature-256": signature_of(SECRET, body),
            "Content-Type": "application/json",
            **other,
        }
        return self.session.post(f"{self.url}/webhook", data=body, headers=headers, timeout=60)

    def done(self, what: str = "end") -> list[tuple[str, str]]:
        """Return what was done: repositories and commits, in order."""
        log = self.folder / "log"
        lines = log.read_text().split("\n")[:-1] if log.exists() else []
        parts = [line.split(" ") for line in lines]
        return [(repository, commit) for kind, repository, _, commit in parts if kind == what]

    def wait(self, seconds: float = 30) -> None:
        """Wait until no job waits or runs."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            jobs = self.session.get(f"{self.url}/healthz", timeout=10).json()["jobs"]
            if not jobs.get("waiting") and not jobs.get("running"):
                return
            time.sleep(0.05)
        raise AssertionError(f"there are jobs after {seconds} s")

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


@contextmanager
def running(folder: Path, *, seconds: float = 0, workers: int = 2) -> Iterator[Running]:
    """Run the service in a folder, which may be that of one before it."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'src'}", "SCRATCHIFY_WEBHOOK_SECRET": SECRET}
    command = [sys.executable, "-m", "tests.serving", str(folder), str(port), str(seconds), str(workers)]
    process = subprocess.Popen(command, cwd=ROOT, env=environment)
    service = Running(folder, port, process)
    try:
        end = time.monotonic() + 60
        while time.monotonic() < end:
            assert process.poll() is None, "the service has ended"
            try:
                service.session.get(f"{service.url}/healthz", timeout=5)
                break
            except requests.ConnectionError:
                time.sleep(0.05)
        yield service
    finally:
        service.session.close()
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
