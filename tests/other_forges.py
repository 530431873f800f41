"""GitLab's and Gitea's APIs on loopback, as far as the bot asks."""

import re
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from threading import Lock
from typing import Any

from tests.forge_server import TOKEN, Fault, Missing, Refused, Values, serving


@dataclass(slots=True)
class GitLabServer:
    """Projects by their paths, and merge requests."""

    projects: dict[str, Values] = field(default_factory=dict)
    requests: dict[str, list[Values]] = field(default_factory=dict)
    remarks: list[Values] = field(default_factory=list)
    faults: deque[Fault] = field(default_factory=deque)
    asked: list[str] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)
    url: str = ""

    def add(self, name: str, **other: Any) -> None:
        self.projects[name] = {
            "id": len(self.projects) + 1,
            "path_with_namespace": name,
            "http_url_to_repo": f"{self.url}/{name}.git",
            "default_branch": "main",
            "archived": False,
            "empty_repo": False,
            "topics": [],
            "permissions": {"project_access": {"access_level": 30}, "group_access": None},
            **other,
        }

    def settle(self, name: str, number: int, state: str) -> None:
        self._request(name, str(number))["state"] = {"closed": "closed", "merged": "merged"}[state]

    def labels_of(self, name: str, number: int) -> list[str]:
        labels: list[str] = self._request(name, str(number))["labels"].split(",")
        return labels

    def is_welcome(self, headers: Message, path: str) -> bool:  # noqa: ARG002
        return headers.get("PRIVATE-TOKEN") == TOKEN

    def answer(self, method: str, path: str, query: dict[str, str], body: Any) -> tuple[int, Any]:
        path = path.removeprefix("/api/v4")
        if path == "/user":
            return 200, {"id": 9, "username": "bot"}
        if path == "/users":
            known = {"ann": 1, "bot": 9}
            return 200, [{"id": known[name], "username": name} for name in [query["username"]] if name in known]
        if match := re.fullmatch(r"/groups/(.+?)(/projects)?", path):
            found = [one for name, one in self.projects.items() if name.startswith(f"{match[1]}/")]
            if not found or match[1] == "bot":
                raise Missing
            return 200, found if match[2] else {"id": match[1], "full_path": match[1]}
        if match := re.fullmatch(r"/projects/(.+?)/forks?", path):
            self.add(f"bot/{match[1].rpartition('/')[2]}", forked_from_project=self._project(match[1]))
            return 201, self.projects[f"bot/{match[1].rpartition('/')[2]}"]
        if match := re.fullmatch(r"/projects/(.+?)/merge_requests(?:/(\d+))?(/notes|/discussions)?", path):
            return self._merge(method, match, query, body)
        if match := re.fullmatch(r"/projects/(.+)", path):
            return 200, self._project(match[1])
        raise Missing

    def _merge(self, method: str, match: re.Match[str], query: dict[str, str], body: Any) -> tuple[int, Any]:
        source = self._project(match[1])
        target = next((one for one in self.projects.values() if one["id"] == body.get("target_project_id")), source)
        name = target["path_with_namespace"]
        found = self.requests.setdefault(name, [])
        if match[3]:
            self.remarks.append(body)
            return 201, {"id": len(self.remarks)}
        if match[2] and method == "GET":
            return 200, self._request(name, match[2])
        if match[2]:
            request = self._request(name, match[2])
            if body.get("state_event") == "reopen":
                if request["state"] == "merged":
                    raise Refused("is merged", 400)
                request["state"] = "opened"
            request.update({key: body[key] for key in ("title", "description") if key in body})
            return 200, request
        if method == "GET":
            return 200, [one for one in found[::-1] if one["source_branch"] == query.get("source_branch")]
        if any(one["state"] == "opened" and one["source_branch"] == body["source_branch"] for one in found):
            raise Refused("Another open merge request already exists for this source branch", 409)
        found.append(
            {
                "iid": len(found) + 1,
                "web_url": f"{self.url}/{name}/-/merge_requests/{len(found) + 1}",
                "state": "opened",
                "title": body["title"],
                "draft": body["title"].startswith("Draft: "),
                "description": body["description"],
                "source_branch": body["source_branch"],
                "target_branch": body["target_branch"],
                "source_project_id": source["id"],
                "target_project_id": target["id"],
                "labels": body.get("labels", ""),
                "reviewers": body.get("reviewer_ids", []),
                "diff_refs": {"base_sha": "a" * 40, "start_sha": "a" * 40, "head_sha": "b" * 40},
            }
        )
        return 201, found[-1]

    def _project(self, name: str) -> Values:
        found = self.projects.get(name) or next((p for p in self.projects.values() if str(p["id"]) == name), None)
        if found is None:
            raise Missing
        return found

    def _request(self, name: str, number: str) -> Values:
        found = next((one for one in self.requests.get(name, ()) if one["iid"] == int(number)), None)
        if found is None:
            raise Missing
        return found


@dataclass(slots=True)
class GiteaServer:
    """Repositories and pull requests."""

    repositories: dict[str, Values] = field(default_factory=dict)
    pulls: dict[str, list[Values]] = field(default_factory=dict)
    labels: dict[str, list[str]] = field(default_factory=dict)
    remarks: list[Values] = field(default_factory=list)
    faults: deque[Fault] = field(default_factory=deque)
    asked: list[str] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)
    url: str = ""

    def add(self, name: str, **other: Any) -> None:
        self.repositories[name] = {
            "full_name": name,
            "clone_url": f"{self.url}/{name}.git",
            "default_branch": "main",
            "language": "Go",
            "topics": [],
            "archived": False,
            "fork": False,
            "empty": False,
            "permissions": {"push": True},
            **other,
        }

    def settle(self, name: str, number: int, state: str) -> None:
        self._pull(name, str(number)).update(state="closed", merged=state == "merged")

    def labels_of(self, name: str, number: int) -> list[str]:
        return self.labels.get(f"{name}/{number}", [])

    def is_welcome(self, headers: Message, path: str) -> bool:  # noqa: ARG002
        return headers.get("Authorization") == f"token {TOKEN}"

    def answer(self, method: str, path: str, query: dict[str, str], body: Any) -> tuple[int, Any]:  # noqa: ARG002
        path = path.removeprefix("/api/v1")
        if path == "/user":
            return 200, {"login": "bot"}
        if match := re.fullmatch(r"/(orgs|users)/([^/]+)/repos", path):
            if match[1] == "orgs" and match[2] == "person":
                raise Missing
            return 200, [one for name, one in self.repositories.items() if name.startswith(f"{match[2]}/")]
        match = re.fullmatch(r"/repos/([^/]+/[^/]+)(/.*)?", path)
        if not match or match[1] not in self.repositories:
            raise Missing
        return self._of(method, match[1], match[2] or "", body)

    def _of(self, method: str, name: str, rest: str, body: Any) -> tuple[int, Any]:
        if not rest:
            return 200, self.repositories[name]
        if rest == "/forks":
            fork = f"bot/{name.partition('/')[2]}"
            if fork in self.repositories:
                raise Refused("The repository with the same name already exists.", 409)
            self.add(fork, fork=True, parent=self.repositories[name])
            return 202, self.repositories[fork]
        if rest == "/pulls":
            return (200, self.pulls.get(name, [])[::-1]) if method == "GET" else self._open(name, body)
        if match := re.fullmatch(r"/issues/(\d+)/labels", rest):
            self.labels[f"{name}/{match[1]}"] = body["labels"]
            return 200, []
        if match := re.fullmatch(r"/pulls/(\d+)(/\w+)?", rest):
            if match[2] == "/reviews":
                self.remarks.append(body)
            pull = self._pull(name, match[1])
            if method == "PATCH":
                if body.get("state") == "open" and pull["merged"]:
                    raise Refused("is merged", 412)
                pull.update(body)
            return 200, pull
        raise Missing

    def _open(self, name: str, body: Any) -> tuple[int, Any]:
        owner, _, branch = body["head"].rpartition(":")
        head = f"{owner}/{name.partition('/')[2]}" if owner else name
        found = self.pulls.setdefault(name, [])
        if any(one["state"] == "open" and one["head"]["ref"] == branch for one in found):
            raise Refused("pull request already exists for these targets", 409)
        found.append(
            {
                "number": len(found) + 1,
                "html_url": f"{self.url}/{name}/pulls/{len(found) + 1}",
                "state": "open",
                "merged": False,
                "title": body["title"],
                "body": body["body"],
                "head": {"ref": branch, "repo": self.repositories[head]},
                "base": {"ref": body["base"]},
            }
        )
        return 201, found[-1]

    def _pull(self, name: str, number: str) -> Values:
        found = next((one for one in self.pulls.get(name, ()) if one["number"] == int(number)), None)
        if found is None:
            raise Missing
        return found


@contextmanager
def other_forge(kind: str) -> Iterator[GitLabServer | GiteaServer]:
    known: GitLabServer | GiteaServer = GitLabServer() if kind == "gitlab" else GiteaServer()
    with serving(known):
        yield known
