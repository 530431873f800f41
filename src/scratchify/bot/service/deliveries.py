"""
What GitHub delivers, as values: https://docs.github.com/en/webhooks/webhook-events-and-payloads.

A delivery is somebody's text until its signature is checked, and a repository's text after that.
"""

import hmac
import json
import re
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from scratchify.errors import ScratchifyError
from scratchify.repository import is_dockerfile_name

MAX_BODY = 25 * 1024 * 1024
"""Bytes; GitHub sends no more: https://docs.github.com/en/webhooks/webhook-events-and-payloads."""

_NAME = re.compile(r"[\w.-]{1,100}/[\w.-]{1,100}", re.ASCII)
_SHA = re.compile(r"[0-9a-f]{40}")
_ZERO = "0" * 40
_NAMES = frozenset({"go.mod", "go.sum", "go.work", ".scratchify.toml"})


class BadDelivery(ScratchifyError):
    """A body that is no delivery of its event."""


@dataclass(frozen=True, slots=True)
class Pushed:
    """The default branch of a repository went to `commit`; `at` are seconds since 1970, as the forge counts."""

    repository: str
    commit: str
    at: int


@dataclass(frozen=True, slots=True)
class Installed:
    """The App may see these repositories now."""

    repositories: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PullRequested:
    """A pull request offers `commit`, from the branch `head`, since `at`."""

    repository: str
    number: int
    commit: str
    head: str
    at: int


@dataclass(frozen=True, slots=True)
class Ignored:
    """Nothing to do, and why."""

    why: str


Delivery = Pushed | Installed | PullRequested | Ignored


def signature_of(secret: str, body: bytes) -> str:
    """Return what X-Hub-Signature-256 says of a body."""
    return f"sha256={hmac.new(secret.encode(), body, sha256).hexdigest()}"


def is_signed(secret: str, body: bytes, said: str) -> bool:
    """Say whether a body bears the signature that it should; it takes as long whatever was said."""
    return hmac.compare_digest(signature_of(secret, body).encode(), said.encode("utf-8", "replace"))


def read_delivery(event: str, body: bytes) -> Delivery:
    """Return what a delivery says. Raises BadDelivery."""
    try:
        payload = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadDelivery("this is no JSON") from error
    if not isinstance(payload, dict):
        raise BadDelivery("this is no object")
    match event:
        case "push":
            return _pushed(payload)
        case "installation" | "installation_repositories":
            return _installed(event, payload)
        case "pull_request":
            return _pull_requested(payload)
        case _:
            return Ignored(f"{event} is no event that asks for something")


def _pushed(payload: dict[str, Any]) -> Delivery:
    repository = _object(payload, "repository")
    ref, branch = _text(payload, "ref"), _text(repository, "default_branch")
    if ref != f"refs/heads/{branch}":
        return Ignored(f"{ref} is not the default branch")
    commit = _commit(payload, "after")
    if payload.get("deleted") or commit == _ZERO:
        return Ignored("the branch is gone")
    if not _touches(payload):
        return Ignored("it touches neither a Dockerfile nor Go")
    at = repository.get("pushed_at")
    return Pushed(_name(repository), commit, at if isinstance(at, int) and not isinstance(at, bool) else 0)


def _touches(payload: dict[str, Any]) -> bool:
    """Say whether a push changes what matters; one that does not tell may."""
    commits = payload.get("commits")
    if payload.get("forced") or payload.get("created") or not isinstance(commits, list) or not commits:
        return True
    kinds = ("added", "modified", "removed")
    lists = (commit.get(kind) for commit in commits if isinstance(commit, dict) for kind in kinds)
    paths = (path for found in lists if isinstance(found, list) for path in found if isinstance(path, str))
    return any(map(matters, paths))


def matters(path: str) -> bool:
    """Say whether a change of this file may change what becomes of a Dockerfile."""
    name = path.rpartition("/")[2]
    return is_dockerfile_name(name) or name in _NAMES or name.endswith((".go", ".dockerignore"))


def _installed(event: str, payload: dict[str, Any]) -> Delivery:
    action = _text(payload, "action")
    wanted = {"installation": ("created", "repositories"), "installation_repositories": ("added", "repositories_added")}
    expected, key = wanted[event]
    if action != expected:
        return Ignored(f"{event} {action} asks for nothing")
    found = payload.get(key)
    if not isinstance(found, list):
        raise BadDelivery(f"{key} is no list")
    names = tuple(_name(one) for one in found if isinstance(one, dict))
    return Installed(names) if names else Ignored("there are no repositories in it")


def _pull_requested(payload: dict[str, Any]) -> Delivery:
    action, number, pull = _text(payload, "action"), payload.get("number"), _object(payload, "pull_request")
    if action not in ("opened", "synchronize", "reopened", "ready_for_review"):
        return Ignored(f"pull_request {action} asks for nothing")
    if not isinstance(number, int) or isinstance(number, bool) or number < 1:
        raise BadDelivery("the pull request has no number")
    head = _object(pull, "head")
    repository = _name(_object(payload, "repository"))
    return PullRequested(repository, number, _commit(head, "sha"), _text(head, "ref"), _seconds(pull.get("updated_at")))


def _seconds(when: object) -> int:
    """Return a time like 2026-01-02T03:04:05Z as seconds since 1970, 0 where it is none."""
    try:
        return int(datetime.fromisoformat(str(when).replace("Z", "+00:00")).timestamp())
    except (ValueError, OverflowError):
        return 0


def _object(values: dict[str, Any], key: str) -> dict[str, Any]:
    found = values.get(key)
    if not isinstance(found, dict):
        raise BadDelivery(f"{key} is no object")
    return found


def _text(values: dict[str, Any], key: str) -> str:
    found = values.get(key)
    if not isinstance(found, str):
        raise BadDelivery(f"{key} is no text")
    return found


def _name(repository: dict[str, Any]) -> str:
    found = _text(repository, "full_name")
    if not _NAME.fullmatch(found) or set(found.split("/")) & {".", ".."}:
        raise BadDelivery("full_name is no name of a repository")
    return found


def _commit(values: dict[str, Any], key: str) -> str:
    found = _text(values, key)
    if not _SHA.fullmatch(found):
        raise BadDelivery(f"{key} is no commit")
    return found
