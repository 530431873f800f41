"""
What holds at each instruction of a stage: variables, working directory, user and shell.

The order of precedence and the times of expansion are BuildKit's, observed on both builders:
https://docs.docker.com/reference/dockerfile/#environment-replacement
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from posixpath import join, normpath

from scratchify.knowledge.images import BaseImage, base_image
from scratchify.model.build import Build, Stage
from scratchify.model.instructions import Arg, Env, Shell, Typed, User, Workdir
from scratchify.syntax.shell_words import BadSubstitution, Expansion, expand

DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""What both builders write into an image without a PATH of its own, `scratch` included."""

ROOT_USERS = frozenset({"", "0", "root", "0:0", "root:root", "0:root", "root:0"})
"""Every way to say USER that means root."""

FIRST_OF_PEOPLE = 1000
"""Users below it are the distribution's own, with groups that its database tells."""

KNOWN_USERS = {"nobody": "65534:65534", "65534": "65534:65534"}
"""The user that Debian and Alpine have with the same number: https://wiki.debian.org/SystemGroups"""


def is_numeric(user: str) -> bool:
    """Say whether a user, and the group behind the colon, are numbers, which need no database."""
    return all(part.isdecimal() for part in user.split(":"))


def owner_of_made(user: str) -> str | None:
    """
    Return the owner, as numbers, of what a user makes; None for root, and where the numbers are not known.

    A user that the database lacks has group 0: https://docs.docker.com/reference/dockerfile/#user
    """
    if user in KNOWN_USERS:
        return KNOWN_USERS[user]
    if user in ROOT_USERS or not is_numeric(user):
        return None
    if ":" in user:
        return user
    return f"{user}:0" if int(user) >= FIRST_OF_PEOPLE else None


DEFAULT_SHELL = ("/bin/sh", "-c")


@dataclass(frozen=True, slots=True)
class State:
    """
    What holds before an instruction.

    `env` holds the values that ENV and the base image set, `args` the build arguments' defaults; an argument that is
    declared without one is in `declared` only. `inherited` are the names that came from the base image. `decided_by`
    says which build arguments a variable's value hangs on, through the ENV lines between; `user_decided_by`, which the
    user does.
    """

    env: Mapping[str, str]
    args: Mapping[str, str]
    declared: frozenset[str]
    inherited: frozenset[str]
    decided_by: Mapping[str, frozenset[str]]
    workdir: str
    user: str
    user_decided_by: frozenset[str]
    shell: tuple[str, ...]
    escape: str

    @property
    def variables(self) -> dict[str, str]:
        """ENV wins over an ARG of the same name."""
        return {**self.args, **self.env}

    def expand(self, text: str) -> Expansion:
        """Return `text` as the builder reads it here; a text that it refuses stays as it is."""
        try:
            return expand(text, self.variables, escape=self.escape)
        except BadSubstitution:
            return Expansion(text, (text,), frozenset())

    def arguments_in(self, text: str) -> frozenset[str]:
        """Return the build arguments that decide what becomes of `text`."""
        return frozenset().union(*(self.decided_by.get(name, ()) for name in self.expand(text).names))

    def path(self, text: str) -> str:
        """Return the absolute path that an expanded `text` means from the working directory."""
        return normpath(join("/", self.workdir, text)).replace("//", "/")


def base_of(build: Build, stage: Stage) -> BaseImage | None:
    """Return what is known of the image at the root of this stage, through the stages between."""
    while parent := build.parent_of(stage):
        stage = parent
    if not build.image_of(stage):
        return None
    name = build.known_as(stage)
    return base_image(name.path, name.tag)


def initial_state(build: Build, stage: Stage) -> State:
    """Return what the base image leaves behind FROM: an earlier stage's end, or what is known of the image."""
    escape = build.document.escape
    if parent := build.parent_of(stage):
        end = [*states(build, parent)][-1]
        return replace(end, inherited=frozenset(end.env))
    base = base_of(build, stage)
    env = {"PATH": DEFAULT_PATH, **(base.env if base else {})}
    return State(
        env=env,
        args={},
        declared=frozenset(),
        inherited=frozenset(env),
        decided_by={},
        workdir=base.workdir if base else "/",
        user=(base.user or "") if base else "",
        user_decided_by=frozenset(),
        shell=(base.shell or DEFAULT_SHELL) if base else DEFAULT_SHELL,
        escape=escape,
    )


def states(build: Build, stage: Stage) -> Iterator[State]:
    """Yield the state before each instruction of the stage, and the one at its end."""
    state = initial_state(build, stage)
    global_variables = build.global_variables()
    for instruction in stage.instructions:
        yield state
        state = _after(state, instruction, global_variables)
    yield state


def _after(state: State, instruction: Typed, global_variables: Mapping[str, str]) -> State:
    match instruction:
        case Env(pairs=pairs):
            # within one ENV, every value sees the variables from before it
            values = {state.expand(pair.name).text: state.expand(pair.value or "").text for pair in pairs}
            decided_by = {state.expand(pair.name).text: state.arguments_in(pair.value or "") for pair in pairs}
            return replace(
                state,
                env={**state.env, **values},
                inherited=state.inherited - values.keys(),
                decided_by={**state.decided_by, **decided_by},
            )
        case Arg(pairs=pairs):
            for pair in pairs:
                args = dict(state.args)
                if pair.value is not None:
                    args[pair.name] = state.expand(pair.value).text
                elif pair.name in global_variables:
                    args[pair.name] = global_variables[pair.name]
                # below an ENV of its name the argument counts for BuildKit today (convert.go, dispatchArg), ENV before
                state = replace(
                    state,
                    args=args,
                    declared=state.declared | {pair.name},
                    decided_by={**state.decided_by, pair.name: frozenset({pair.name})},
                )
            return state
        case Workdir(path=path):
            return replace(state, workdir=state.path(state.expand(path).text))
        case User(user=user):
            return replace(state, user=state.expand(user).text, user_decided_by=state.arguments_in(user))
        case Shell(words=words):
            return replace(state, shell=words)
        case _:
            return state
