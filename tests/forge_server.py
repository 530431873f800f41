"""A forge on loopback: as much of GitHub's REST API as the bot asks for, with faults where they are ordered."""

import base64
import json
import re
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any, Protocol
from urllib.parse import parse_qs, unquote, urlsplit

TOKEN = "t0ken-of-the-tests"
WHEN = "2026-01-02T03:04:05Z"

Values = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Fault:
    """An answer that comes instead of the next one; status 0 cuts the connection."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: str = '{"message": "ordered by the test"}'
    after: bool = False
    """Whether what was asked for is done all the same, and only the answer is lost."""


class Missing(Exception):
    """404."""


class Refused(Exception):
    """422, or another status, with what it says."""

    def __init__(self, message: str, status: int = 422) -> None:
        super().__init__(message)
        self.status = status


@dataclass(slots=True)
class GitHubServer:
    """What the forge knows; `asked` is what was asked, in order."""

    repositories: dict[str, Values] = field(default_factory=dict)
    pulls: dict[str, list[Values]] = field(default_factory=dict)
    labels: dict[str, list[str]] = field(default_factory=dict)
    reviewers: dict[str, list[str]] = field(default_factory=dict)
    reviews: list[Values] = field(default_factory=list)
    organisations: set[str] = field(default_factory=set)
    faults: deque[Fault] = field(default_factory=deque)
    asked: list[str] = field(default_factory=list)
    url: str = ""
    lock: Lock = field(default_factory=Lock)

    @property
    def counted(self) -> Counter[str]:
        return Counter(self.asked)

    def forget(self) -> None:
        """Be as at the beginning."""
        for known in (self.repositories, self.pulls, self.labels, self.reviewers, self.reviews, self.organisations):
            known.clear()
        self.faults.clear()
        self.asked.clear()

    def add(self, name: str, clone_url: str = "", **other: Any) -> None:
        owner, _, short = name.partition("/")
        self.repositories[name] = {
            "id": len(self.repositories) + 1,
            "node_id": "x",
            "name": short,
            "full_name": name,
            "owner": self.user(owner),
            "private": False,
            "html_url": f"{self.url}/{name}",
            "url": f"{self.url}/repos/{name}",
            "clone_url": clone_url or f"{self.url}/{name}.git",
            "default_branch": "main",
            "language": "Go",
            "topics": [],
            "archived": False,
            "fork": False,
            "permissions": {"admin": False, "push": True, "pull": True},
            **other,
        }

    def user(self, login: str) -> Values:
        kind = "Organization" if login in self.organisations else "User"
        return {"login": login, "id": 1, "node_id": "x", "type": kind, "url": f"{self.url}/users/{login}"}

    def is_welcome(self, headers: Message, path: str) -> bool:
        authorised = headers.get("Authorization", "")
        basic = base64.b64encode(f"x:{TOKEN}".encode()).decode()
        is_app = path.endswith(("/installation", "/access_tokens"))
        return is_app or authorised in (f"token {TOKEN}", f"Bearer {TOKEN}", f"Basic {basic}")

    # ---- what is answered

    def answer(self, method: str, path: str, query: dict[str, str], body: Values) -> tuple[int, Any]:
        for wanted, pattern, action in _ROUTES:
            if wanted == method and (match := re.fullmatch(pattern, path)):
                return action(self, match, query, body)
        raise Missing

    def repository(self, name: str) -> Values:
        if name not in self.repositories:
            raise Missing
        return self.repositories[name]

    def pull(self, name: str, number: str) -> Values:
        found = next((one for one in self.pulls.get(name, ()) if one["number"] == int(number)), None)
        if found is None:
            raise Missing
        return found


def _repo(server: GitHubServer, match: re.Match[str], query: dict[str, str], body: Values) -> tuple[int, Any]:
    return 200, server.repository(match[1])


def _user(server: GitHubServer, match: re.Match[str], query: dict[str, str], body: Values) -> tuple[int, Any]:
    return 200, server.user(match[1])


def _me(server: GitHubServer, match: re.Match[str], query: dict[str, str], body: Values) -> tuple[int, Any]:
    return 200, server.user("bot")


def _repos(server: GitHubServer, match: re.Match[str], query: dict[str, str], body: Values) -> tuple[int, Any]:
    return 200, [one for name, one in server.repositories.items() if name.partition("/")[0] == match[1]]


def _pulls(server: GitHubServer, match: re.Match[str], query: dict[str, str], body: Values) -> tuple[int, Any]:
    server.repository(match[1])
    found = [
        one
        for one in server.pulls.get(match[1], ())
        if query.get("state", "open") in ("all", one["state"])
        and query.get("head", one["head"]["label"]) == one["head"]["label"]
    ]
    return 200, found[::-1] if query.get("direction") == "desc" else found


def _open(server: GitHubServer, match: re.Match[str], query: dict[str, str], body: Values) -> tuple[int, Any]:
    base = server.repository(match[1])
    owner, _, branch = body["head"].partition(":")
    found = server.pulls.setdefault(match[1], [])
    if any(one["state"] == "open" and one["head"]["label"] == body["head"] for one in found):
        raise Refused(f"A pull request already exists for {body['head']}.")
    head = next((one for name, one in server.repositories.items() if name.partition("/")[0] == owner), base)
    head = base if base["full_name"].partition("/")[0] == owner else head
    number = len(found) + 1
    url = f"{server.url}/repos/{match[1]}"
    found.append(
        {
            "number": number,
            "url": f"{url}/pulls/{number}",
            "issue_url": f"{url}/issues/{number}",
            "html_url": f"{server.url}/{match[1]}/pull/{number}",
            "state": "open",
            "merged_at": None,
            "draft": body.get("draft", False),
            "title": body["title"],
            "body": body.get("body"),
            "head": {"label": body["head"], "ref": branch, "sha": "0" * 40, "repo": head},
            "base": {"label": body["base"], "ref": body["base"], "sha": "0" * 40, "repo": base},
        }
    )
    return 201, found[-1]


def _one(server: GitHubServer, match: re.Match[str], query: dict[str, str], body: Values) -> tuple[int, Any]:
    return 200, server.pull(match[1], match[2])


def _edit(server: GitHubServer, match: re.Match[str], query: dict[str, str], body: Values) -> tuple[int, Any]:
    pull = server.pull(match[1], match[2])
    if body.get("state") == "open" and pull["merged_at"]:
        raise Refused("state cannot be changed. The pull request is merged")
    pull.update({key: value for key, value in body.items() if key in ("title", "body", "state")})
    return 200, pull


def _label(server: GitHubServer, match: re.Match[str], query: dict[str, str], body: Any) -> tuple[int, Any]:
    names = body if isinstance(body, list) else body["labels"]
    server.labels.setdefault(f"{match[1]}/{match[2]}", []).extend(names)
    return 200, [{"id": 1, "node_id": "x", "url": server.url, "name": name, "color": "f29513"} for name in names]


def _ask(server: GitHubServer, match: re.Match[str], query: dict[str, str], body: Values) -> tuple[int, Any]:
    if "nobody" in body.get("reviewers", ()):
        raise Refused("Reviews may only be requested from collaborators.")
    said = [*body.get("reviewers", ()), *(f"team:{name}" for name in body.get("team_reviewers", ()))]
    server.reviewers.setdefault(f"{match[1]}/{match[2]}", []).extend(said)
    return 201, server.pull(match[1], match[2])


def _fork(server: GitHubServer, match: re.Match[str], query: dict[str, str], body: Values) -> tuple[int, Any]:
    original = server.repository(match[1])
    name = f"bot/{original['name']}"
    if name not in server.repositories:
        server.add(name, fork=True)
    return 202, server.repositories[name]


def _branch(server: GitHubServer, match: re.Match[str], query: dict[str, str], body: Values) -> tuple[int, Any]:
    server.repository(match[1])
    return 200, {"name": match[2], "commit": {"sha": "0" * 40, "url": server.url}, "protected": False}


def _commit(server: GitHubServer, match: re.Match[str], query: dict[str, str], body: Values) -> tuple[int, Any]:
    return 200, {"sha": match[2], "url": f"{server.url}/repos/{match[1]}/commits/{match[2]}"}


def _review(server: GitHubServer, match: re.Match[str], query: dict[str, str], body: Values) -> tuple[int, Any]:
    server.reviews.append(body)
    return 200, {"id": len(server.reviews), "state": "COMMENTED", "body": body.get("body")}


def _installation(server: GitHubServer, match: re.Match[str], query: dict[str, str], body: Values) -> tuple[int, Any]:
    return 200, {"id": 7, "app_id": 1, "target_type": "Organization", "permissions": {}, "events": []}


def _installed(server: GitHubServer, match: re.Match[str], query: dict[str, str], body: Values) -> tuple[int, Any]:
    return 201, {"token": TOKEN, "expires_at": "2099-01-01T00:00:00Z", "permissions": {}}


_NAME = r"([^/]+/[^/]+)"
_Action = Callable[[GitHubServer, re.Match[str], dict[str, str], Values], tuple[int, Any]]
_ROUTES: tuple[tuple[str, str, _Action], ...] = (
    ("GET", rf"/repos/{_NAME}", _repo),
    ("GET", r"/(user)", _me),
    ("GET", r"/users/([^/]+)", _user),
    ("GET", r"/orgs/([^/]+)", _user),
    ("GET", r"/users/([^/]+)/repos", _repos),
    ("GET", r"/orgs/([^/]+)/repos", _repos),
    ("GET", rf"/repos/{_NAME}/pulls", _pulls),
    ("POST", rf"/repos/{_NAME}/pulls", _open),
    ("GET", rf"/repos/{_NAME}/pulls/(\d+)", _one),
    ("PATCH", rf"/repos/{_NAME}/pulls/(\d+)", _edit),
    ("POST", rf"/repos/{_NAME}/issues/(\d+)/labels", _label),
    ("POST", rf"/repos/{_NAME}/pulls/(\d+)/requested_reviewers", _ask),
    ("POST", rf"/repos/{_NAME}/pulls/(\d+)/reviews", _review),
    ("POST", rf"/repos/{_NAME}/forks", _fork),
    ("GET", rf"/repos/{_NAME}/branches/([^/]+)", _branch),
    ("GET", rf"/repos/{_NAME}/commits/([0-9a-f]+)", _commit),
    ("GET", rf"/repos/{_NAME}/installation", _installation),
    ("GET", r"/orgs/([^/]+)/installation", _installation),
    ("POST", r"/app/installations/(\d+)/access_tokens", _installed),
)


class Known(Protocol):
    """What a server answers with."""

    asked: list[str]
    faults: deque[Fault]
    lock: Lock
    url: str

    def answer(self, method: str, path: str, query: dict[str, str], body: Any) -> tuple[int, Any]:
        """Return a status and what is answered. Raises Missing and Refused."""

    def is_welcome(self, headers: Message, path: str) -> bool:
        """Say whether who asks may."""


@contextmanager
def github_server() -> Iterator[GitHubServer]:
    known = GitHubServer()
    with serving(known):
        yield known


@contextmanager
def serving(known: Known) -> Iterator[None]:
    """Serve what is known on loopback."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            with known.lock:
                self._answer()

        do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _serve  # noqa: N815  # the library calls them so

        def log_message(self, *_: object) -> None:
            pass

        def _answer(self) -> None:
            parts = urlsplit(self.path)
            size = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(size) or b"{}") if size else {}
            query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
            known.asked.append(f"{self.command} {parts.path}")
            fault = known.faults.popleft() if known.faults else None
            if fault and not fault.after:
                self._fail(fault)
                return
            status, found = self._found(unquote(parts.path), query, body)
            if fault:
                self._fail(fault)
                return
            headers = []
            if isinstance(found, list) and self.command == "GET":
                page, each = int(query.get("page", 1)), int(query.get("per_page", query.get("limit", 30)))
                headers.append(("X-Total-Count", str(len(found))))
                if len(found) > page * each:
                    rest = "&".join(f"{key}={value}" for key, value in query.items() if key != "page")
                    headers.append(("Link", f'<{known.url}{parts.path}?{rest}&page={page + 1}>; rel="next"'))
                found = found[(page - 1) * each : page * each]
            self._say(status, json.dumps(found), headers)

        def _found(self, path: str, query: dict[str, str], body: Values) -> tuple[int, Any]:
            if not known.is_welcome(self.headers, path):
                return 401, {"message": "Bad credentials"}
            try:
                return known.answer(self.command, path, query, body)
            except Missing:
                return 404, {"message": "Not Found"}
            except Refused as why:
                return why.status, {"message": f"Validation Failed: {why}", "errors": [{"message": str(why)}]}

        def _fail(self, fault: Fault) -> None:
            if fault.status == 0:
                self.close_connection = True
                self.connection.close()
                return
            self._say(fault.status, fault.body, list(fault.headers))

        def _say(self, status: int, text: str, headers: list[tuple[str, str]]) -> None:
            content = text.encode()
            self.send_response(status)
            for name, value in (("Content-Type", "application/json; charset=utf-8"), *headers):
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    known.url = f"http://127.0.0.1:{server.server_port}"
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
