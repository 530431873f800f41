"""
What the command lines of docker say of images: build, run, exec, and the same by compose, podman and nerdctl.

https://docs.docker.com/reference/cli/docker/
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from scratchify.analysis.callers.said import (
    UNKNOWN,
    ImageBuild,
    ImageUse,
    Said,
    Setting,
    Statement,
    inside,
    known,
    said,
)

_CLIENTS = frozenset({"docker", "podman", "nerdctl"})
_IN_FRONT = frozenset({"command", "exec", "nohup", "sudo", "time", "winpty"})
_NOUNS = frozenset({"builder", "buildx", "container", "image"})

_GLOBAL = frozenset("--config --context --host --log-level --tlscacert --tlscert --tlskey -H -c -l".split())
"""Options of docker itself that take a value."""

_OF_COMPOSE = frozenset(
    "--ansi --env-file --file --parallel --profile --progress --project-directory --project-name -f -p".split()
)
"""Options of compose itself that take a value."""

_ALONE = {
    "build": frozenset(
        "--all-platforms --check --compress --disable-content-trust --force-rm --load --no-cache --pull --push --quiet "
        "--rm --squash -D -q".split()
    ),
    "run": frozenset(
        "--detach --disable-content-trust --init --interactive --no-healthcheck --oom-kill-disable --privileged "
        "--publish-all --quiet --read-only --rm --sig-proxy --tty -P -d -i -q -t".split()
    ),
    "exec": frozenset("--detach --interactive --privileged --tty -d -i -t".split()),
    "compose run": frozenset(
        "--build --detach --interactive --no-TTY --no-deps --no-tty --privileged --quiet --quiet-build --quiet-pull "
        "--remove-orphans --rm --service-ports --tty --use-aliases -P -T -d -i -q -t".split()
    ),
    "compose exec": frozenset("--detach --interactive --no-TTY --no-tty --privileged --tty -T -d -i -t".split()),
}
"""Options that take no value; every other one does."""


def _but(verb: str) -> Callable[[str], bool]:
    """Return whether an option of a verb takes a value."""
    return lambda option: option not in _ALONE[verb]


@dataclass(slots=True)
class _Words:
    """A command line, taken from the left; options are gathered by their names."""

    rest: list[str]
    options: dict[str, list[str]] = field(default_factory=dict)

    def take_options(self, takes_value: Callable[[str], bool]) -> None:
        """Take options up to the first word that is none."""
        while self.rest and self.rest[0].startswith("-") and self.rest[0] != "-":
            word = self.rest.pop(0)
            if word == "--":
                return
            name, equals, value = word.partition("=")
            if not word.startswith("--"):
                # letters stand together, and the last may have its value at once: -itp8080:80
                letters = word[1:]
                while letters and not takes_value(f"-{letters[0]}"):
                    letters = letters[1:]
                name, value, equals = f"-{letters[:1]}", letters[1:].removeprefix("="), letters[1:]
            if not equals and name != "-" and takes_value(name) and self.rest:
                value = self.rest.pop(0)
            self.options.setdefault(name, []).append(value)

    def values(self, *names: str) -> list[str]:
        return [value for name in names for value in self.options.get(name, ())]

    def value(self, *names: str) -> str:
        return next(reversed(self.values(*names)), "")


def statements_of(words: Sequence[str], line: int, folders: Sequence[str]) -> Iterator[Statement]:
    """
    Yield what a command line says of images, nothing where it is none of docker's.

    `folders` are paths of the repository, in any of which it may run.
    """
    command = _Words([*words])
    while command.rest and (command.rest[0] in _IN_FRONT or (command.rest[0].startswith("-") and len(words) > 1)):
        command.rest.pop(0)
    if not command.rest:
        return
    client = command.rest.pop(0).rpartition("/")[2]
    if client in ("docker-compose", "podman-compose"):
        yield from _composed(command, line)
    elif client in _CLIENTS:
        command.take_options(_GLOBAL.__contains__)
        verb = command.rest.pop(0) if command.rest else ""
        if verb in _NOUNS and command.rest:
            verb = command.rest.pop(0)
        if verb == "compose":
            yield from _composed(command, line)
        elif verb == "build":
            yield from _built(command, line, folders)
        elif verb in ("run", "create"):
            yield from _run(command, line)
        elif verb == "exec":
            yield from _executed(command, line, "exec")


def _composed(command: _Words, line: int) -> Iterator[Statement]:
    command.take_options(_OF_COMPOSE.__contains__)
    verb = command.rest.pop(0) if command.rest else ""
    if verb == "exec":
        yield from _executed(command, line, "compose exec")
    elif verb == "run":
        run = _Words(command.rest)
        run.take_options(_but("compose run"))
        if run.rest:
            service, *words = run.rest
            yield ImageUse(
                line,
                container=known(service) or "",
                entrypoint=_entrypoint(run, words, line),
                command=said(words, line) if words else None,
                environment=_environment(run, line),
            )


def _executed(command: _Words, line: int, verb: str) -> Iterator[Statement]:
    run = _Words(command.rest)
    run.take_options(_but(verb))
    if len(run.rest) > 1 and known(run.rest[0]):
        yield ImageUse(line, container=run.rest[0], beside=(said(run.rest[1:], line),))


def _built(command: _Words, line: int, folders: Sequence[str]) -> Iterator[Statement]:
    build = _Words(command.rest)
    context = ""
    while build.rest:
        build.take_options(_but("build"))
        # docker takes options behind the context as well
        context = build.rest.pop(0) if build.rest else context
    names = tuple(build.values("-t", "--tag"))
    file = build.value("-f", "--file")
    if not known(context) or "://" in context or context == "-":
        return
    for folder in dict.fromkeys(folders):
        root = inside(folder, context)
        dockerfile = inside(folder, file) if file else inside(root, "Dockerfile")
        if known(dockerfile):
            yield ImageBuild(line, (dockerfile,), names, root)


def _run(command: _Words, line: int) -> Iterator[Statement]:
    run = _Words(command.rest)
    run.take_options(_but("run"))
    if not run.rest:
        return
    image, *words = run.rest
    mounts = [mount for text in run.values("-v", "--volume") if (mount := mounted(text))]
    mounts += [mount for text in run.values("--mount") if (mount := _mount_option(text))]
    checks = [Said((text,), True, line) for text in run.values("--health-cmd") if known(text)]
    user = known(run.value("-u", "--user"))
    yield ImageUse(
        line,
        image=image,
        names=tuple(filter(known, run.values("--name"))),
        entrypoint=_entrypoint(run, words, line),
        command=said(words, line) if words else None,
        beside=tuple(checks),
        mounts=tuple(Setting(mount, line) for mount in mounts),
        environment=_environment(run, line),
        user=Setting(user, line) if user else None,
    )


def _entrypoint(run: _Words, words: Sequence[str], line: int) -> Said | None:
    entrypoint = run.value("--entrypoint")
    return said([entrypoint, *words], line) if entrypoint else None


def _environment(run: _Words, line: int) -> tuple[Setting, ...]:
    values = (text.partition("=")[2] for text in run.values("-e", "--env"))
    return tuple(Setting(value, line) for value in values if known(value))


def _mount_option(text: str) -> str | None:
    """`type=bind,source=.,target=/app`."""
    parts = {part.partition("=")[0]: part.partition("=")[2] for part in text.split(",")}
    target = next((parts[key] for key in ("target", "dst", "destination") if key in parts), "")
    return target if parts.get("type") == "bind" and target.startswith("/") else None


def mounted(text: str) -> str | None:
    """Return the path that a short `SOURCE:TARGET` lays a folder or file of the host over, None for other volumes."""
    # ${PWD:-.} and the like hold colons that a variable's reader takes away
    source, _, rest = text.partition(":")
    target = rest.partition(":")[0]
    is_path = source.startswith((".", "/", "~", UNKNOWN))
    return target if is_path and target.startswith("/") and known(target) else None
