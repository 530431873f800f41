"""
What compose files say of images.

Nothing is interpolated: a text in which a variable stands is not known.

https://docs.docker.com/reference/compose-file/services/
"""

import re
import shlex
from collections.abc import Iterator
from posixpath import dirname

from scratchify.analysis.callers.docker_commands import mounted
from scratchify.analysis.callers.said import UNKNOWN, ImageBuild, ImageUse, Said, Setting, Statement, inside, known
from scratchify.analysis.yaml_nodes import Item
from scratchify.repository import Repository, text_in

_VARIABLE = re.compile(r"\$(?:\$|\{(\w+)(?::?[-=]((?:[^{}$]|\$\$)*))?[^}]*\}|\w+)")


def is_compose(top: Item) -> bool:
    """Say whether a document is a compose file: workflows of CI have services, too, but no file of theirs has only."""
    services = top.get("services")
    return bool(services and services.map and not top.get("jobs") and not top.get("apiVersion"))


def in_compose(path: str, top: Item, repository: Repository) -> Iterator[Statement]:
    """Yield what the services of a compose file say."""
    services = top.get("services")
    for name, service in services.map if services else ():
        if service.map:
            yield from _service(path, name, service, repository)


def _service(path: str, name: str, service: Item, repository: Repository) -> Iterator[Statement]:
    folder, image = dirname(path), _text(service.get("image"))
    build = service.get("build")
    dockerfiles: tuple[str, ...] = ()
    inline = build.get("dockerfile_inline") if build else None
    if build and inline:
        # it has no file of its own; its line tells it from others
        dockerfiles = (f"{path}:{inline.line}",)
        yield ImageBuild(
            inline.line, dockerfiles, (image,) if image else (), inside(folder, _text(build.get("context")))
        )
    elif build:
        context = _text(build if build.is_text else build.get("context")) or "."
        root, file = inside(folder, context), _text(build.get("dockerfile")) or "Dockerfile"
        if known(root + file) and "://" not in context:
            dockerfiles = (inside(root, file),)
            yield ImageBuild(build.line, dockerfiles, (image,) if image else (), root)
    extends = service.get("extends")
    other = _text(extends if extends and extends.is_text else extends.get("service") if extends else None)
    # what builds nothing and has no image says more of a service of this name, which stands in another file
    container = "" if build or image else other or name
    container_name = known(_text(service.get("container_name"))) or ""
    user = service.get("user")
    health = service.get("healthcheck")
    command, entrypoint = _said(service.get("command")), _said(service.get("entrypoint"))
    if entrypoint and command:
        entrypoint = Said((*entrypoint.words, *command.words), False, entrypoint.line)
    check = _test(health.get("test")) if health else None
    yield ImageUse(
        service.line,
        image="" if dockerfiles else image,
        dockerfiles=dockerfiles,
        container=container,
        names=tuple(one for one in (name, container_name) if one),
        entrypoint=entrypoint,
        command=command,
        beside=(check,) if check else (),
        mounts=tuple(_mounts(service.get("volumes"))),
        environment=tuple(_environment(folder, service, repository)),
        user=Setting(_text(user), user.line) if user and known(_text(user)) else None,
    )


def _text(item: Item | None) -> str:
    """Return a text with its variables: one that has a value for want of another is that value."""
    if item is None or item.text is None:
        return ""
    return _VARIABLE.sub(_value, item.text)


def _value(match: re.Match[str]) -> str:
    if match[0] == "$$":
        return "$"
    return match[2].replace("$$", "$") if match[2] is not None else UNKNOWN


def _unsure(item: Item) -> str:
    """Return a text in which every variable is unknown, one that has a value for want of another as well."""
    return _VARIABLE.sub(lambda match: "$" if match[0] == "$$" else UNKNOWN, item.text or "")


def _said(item: Item | None) -> Said | None:
    """Compose splits a text into words by itself, without a shell."""
    if item is None:
        return None
    if not item.is_text:
        words = tuple(_unsure(one) for one in item.list if one.is_text)
    else:
        try:
            words = tuple(shlex.split(_unsure(item)))
        except ValueError:
            return Said((item.text,), True, item.line)
    return Said(tuple(known(word) for word in words), False, item.line) if words else None


def _test(item: Item | None) -> Said | None:
    """A health check is a shell's text, or a list whose first word says what the others are."""
    if item is None:
        return None
    if item.is_text:
        return Said((known(_unsure(item)),), True, item.line) if (item.text or "").strip() else None
    words = tuple(known(_unsure(one)) for one in item.list if one.is_text)
    if not words or words[0] == "NONE":
        return None
    if words[0] == "CMD-SHELL":
        return Said(words[-1:], True, item.line)
    return Said(words[1:] if words[0] == "CMD" else words, False, item.line)


def _mounts(volumes: Item | None) -> Iterator[Setting]:
    for volume in volumes.list if volumes else ():
        if volume.is_text:
            target = mounted(_text(volume))
        else:
            target = _text(volume.get("target")) if _text(volume.get("type")) == "bind" else None
        if target and known(target):
            yield Setting(target, volume.line)


def _environment(folder: str, service: Item, repository: Repository) -> Iterator[Setting]:
    """Yield the values of variables: those of `environment`, and those in the files that `env_file` names."""
    environment = service.get("environment")
    if environment:
        for item in environment.list:
            yield from _known(_text(item).partition("=")[2], item.line)
        for _, item in environment.map:
            yield from _known(_text(item), item.line)
    files = service.get("env_file")
    for one in files.items if files else ():
        path = _text(one if one.is_text else one.get("path"))
        text = text_in(repository, inside(folder, path)) if path and known(path) else None
        for line in (text or "").split("\n"):
            name, equals, value = line.strip().partition("=")
            if equals and not name.startswith("#"):
                yield from _known(value.strip().strip("\"'"), one.line)


def _known(value: str, line: int) -> Iterator[Setting]:
    if value and known(value):
        yield Setting(value, line)
