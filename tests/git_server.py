"""Repositories behind git's own smart HTTP, on loopback: `git http-backend` as a CGI program."""

import base64
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread


class GitServer:
    """Bare repositories below a folder; who pushes must have the token, and what was asked is kept."""

    def __init__(self, root: Path, token: str, *, slow: float = 0) -> None:
        self.root = root
        self.token = token
        self.slow = slow
        self.asked: list[str] = []
        self.port = 0

    def address(self, name: str) -> str:
        return f"http://127.0.0.1:{self.port}/{name}.git"

    def repository(self, name: str, source: Path, branch: str = "main") -> str:
        """Make a bare repository of a folder with a repository in it, and return its address."""
        bare = self.root / f"{name}.git"
        bare.parent.mkdir(parents=True, exist_ok=True)
        git("clone", "--quiet", "--bare", str(source), str(bare))
        git("symbolic-ref", "HEAD", f"refs/heads/{branch}", cwd=bare)
        git("config", "http.receivepack", "true", cwd=bare)
        return self.address(name)


PERSON = ("-c", "user.name=A Person", "-c", "user.email=person@example.com", "-c", "protocol.file.allow=always")


def git(*words: str, cwd: Path | None = None, stdin: bytes = b"") -> str:
    """Run git as a person does, and return what it says."""
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C"}
    done = subprocess.run(
        ["git", *PERSON, *words], cwd=cwd, env=environment, input=stdin, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode("utf-8", "replace").strip()


@contextmanager
def git_server(root: Path, token: str = "t0ken-of-the-tests", *, slow: float = 0) -> Iterator[GitServer]:
    known = GitServer(root, token, slow=slow)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:  # the library calls it so
            self._serve()

        def do_POST(self) -> None:
            self._serve()

        def log_message(self, *_: object) -> None:
            pass

        def _serve(self) -> None:
            known.asked.append(self.path)
            path, _, query = self.path.partition("?")
            users = ("bot", "x-access-token", "oauth2")
            taken = {f"Basic {base64.b64encode(f'{user}:{known.token}'.encode()).decode()}" for user in users}
            if self.headers.get("Authorization") not in taken:
                self._answer(401, [("WWW-Authenticate", 'Basic realm="git"')], b"")
                return
            if known.slow:
                import time

                time.sleep(known.slow)
            body = self._body()
            environment = {
                "PATH": os.environ["PATH"],
                "GIT_PROJECT_ROOT": str(known.root),
                "GIT_HTTP_EXPORT_ALL": "1",
                "GIT_CONFIG_NOSYSTEM": "1",
                "GIT_CONFIG_COUNT": "1",
                "GIT_CONFIG_KEY_0": "safe.directory",
                "GIT_CONFIG_VALUE_0": "*",
                "REQUEST_METHOD": self.command,
                "PATH_INFO": path,
                "QUERY_STRING": query,
                "CONTENT_TYPE": self.headers.get("Content-Type", ""),
                "CONTENT_LENGTH": str(len(body)),
                "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
                "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
                "REMOTE_USER": "bot",
            }
            command = ["git", "http-backend"]
            done = subprocess.run(command, env=environment, input=body, capture_output=True, check=False)
            head, _, content = done.stdout.partition(b"\r\n\r\n")
            headers = [line.split(": ", 1) for line in head.decode().split("\r\n") if ": " in line]
            status = next((int(value.split()[0]) for name, value in headers if name == "Status"), 200)
            self._answer(status, [(n, v) for n, v in headers if n != "Status"], content)

        def _body(self) -> bytes:
            if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
                parts = []
                while size := int(self.rfile.readline().split(b";")[0], 16):
                    parts.append(self.rfile.read(size))
                    self.rfile.readline()
                self.rfile.readline()
                return b"".join(parts)
            return self.rfile.read(int(self.headers.get("Content-Length", "0")))

        def _answer(self, status: int, headers: list[tuple[str, str]], content: bytes) -> None:
            self.send_response(status)
            for name, value in headers:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    known.port = server.server_port
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield known
    finally:
        server.shutdown()
        server.server_close()
