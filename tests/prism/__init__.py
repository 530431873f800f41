"""GitHub's own description of its API in Prism, before the forge of the tests."""

import fcntl
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

FOLDER = Path(__file__).parent
PRISM = FOLDER / "node_modules" / ".bin" / "prism"
DESCRIPTION = FOLDER / "node_modules" / "@octokit" / "openapi" / "generated" / "api.github.com.json"

PATIENCE = 180
"""Seconds until a description of 13 MB is read, on a busy machine."""


def install() -> None:
    """Install what package-lock.json names; one process at a time, and once."""
    with (FOLDER / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (PRISM.exists() and DESCRIPTION.exists()):
            command = ["npm", "ci", "--silent", "--no-audit", "--no-fund"]
            done = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr


@contextmanager
def prism(upstream: str, port: int) -> Iterator[str]:
    """Give the address of a proxy that holds each request against the description, and says so in its answer."""
    install()
    command = [str(PRISM), "proxy", str(DESCRIPTION), upstream, "--host", "127.0.0.1", "--port", str(port)]
    url = f"http://127.0.0.1:{port}"
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            _wait_for(f"{url}/meta", process)
            yield url
        finally:
            process.terminate()


def _wait_for(url: str, process: "subprocess.Popen[bytes]") -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        assert process.poll() is None, "prism has ended"
        try:
            urlopen(url, timeout=10).close()  # our own
        except HTTPError:
            return
        except (URLError, OSError):
            time.sleep(0.2)
        else:
            return
    raise AssertionError(f"prism is not there after {PATIENCE} s")
