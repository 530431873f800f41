"""What is common to all texts that stand inside of files: which are Dockerfiles, and the way back."""

import re
from collections.abc import Iterable

from scratchify.analysis.scope import visible
from scratchify.decisions import Finding, Refuse
from scratchify.edits import apply_edits
from scratchify.errors import InvalidDockerfile, InvalidHost, OverlappingEdits
from scratchify.hosts.hosted import Host, Hosted
from scratchify.hosts.placeholders import lone_lines, refusals
from scratchify.hosts.respelling import respell
from scratchify.hosts.spelling import Spelled, Unspellable
from scratchify.model import Cmd, Copy, Entrypoint, Run, understand
from scratchify.source import position
from scratchify.syntax import parse

RULE = "host"
"""Stands for the rule's name where the file around a Dockerfile stands in the way."""

_REMOTE = re.compile(r"[a-z+]+://|git@", re.IGNORECASE)

_WORK = Run | Copy | Cmd | Entrypoint


def builds_go(text: str) -> bool:
    """Say whether a text is a Dockerfile that does something on an image with Go, in any of its stages."""
    try:
        build = understand(parse(text))
    except InvalidDockerfile:
        return False
    if not any(isinstance(one, _WORK) for stage in build.stages for one in stage.instructions):
        return False
    if len(build.stages) > 1:
        return any(build.known_as(stage).last == "golang" for stage in build.stages)
    reason = visible(build)
    return reason is None or reason.rule not in ("no-go-builder", "not-linux")


def hosted(
    file: str, kind: str, spelled: Spelled, contexts: tuple[str, ...] = (), reasons: Iterable[Refuse] = ()
) -> Hosted | None:
    """Return the Dockerfile that is spelled in a file, None where it is none that builds Go."""
    placeholders = tuple(dict.fromkeys(spelled.placeholders))
    text, unknown_lines = lone_lines(spelled.value, placeholders)
    if not builds_go(text):
        return None
    lines, start = [], 0
    for line in text.split("\n"):
        index = spelled.index_at(start)
        lines.append(position(file, spelled.units[index].span.start).line if spelled.units else 1)
        start += len(line) + 1
    refused = unknown_lines or (*reasons, *refusals(text, placeholders))
    if remote := next((context for context in contexts if _REMOTE.match(context)), None):
        refused = (*refused, refusal(1, f"its build context is {remote}, which is not looked at"))
    return Hosted(text, kind, lines[0], tuple(lines), contexts, tuple(dict.fromkeys(refused)), spelled)


def put_back(host: Host, file: str, number: int, new: str) -> str | Refuse:
    """Return a file with a new text for one of its Dockerfiles, which is read again to see that it is this text."""
    before = host.dockerfiles(file)
    spelled = before[number].spelled
    assert spelled is not None, "each of these is spelled in a file"
    try:
        after = apply_edits(file, respell(file, spelled, new))
    except Unspellable as reason:
        return refusal(1, f"{reason}; write this part into the Dockerfile")
    except OverlappingEdits:
        return refusal(1, "the result cannot be written in this place; use a file of its own")
    wanted = [new if index == number else one.text for index, one in enumerate(before)]
    try:
        found = [one.text for one in host.dockerfiles(after)]
    except InvalidHost:
        found = []
    if found != wanted:
        by_position = [one.shown for one in before[number].placeholders if not one.is_repeatable]
        if by_position:
            return refusal(1, f"{by_position[0]} is filled in by its position, which would change; give it a name")
        return refusal(1, "the result cannot be written in this place; use a file of its own")
    return after


def refusal(line: int, message: str) -> Refuse:
    return Refuse(RULE, Finding(None, line, message))
