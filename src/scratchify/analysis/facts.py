"""Everything that rules may ask, worked out once."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from scratchify.analysis.blocked import Blocked
from scratchify.analysis.callers import Callers
from scratchify.analysis.candidates import Candidate
from scratchify.analysis.chosen_paths import Choices
from scratchify.analysis.environment import is_build_only
from scratchify.analysis.file_reads import FileReads
from scratchify.analysis.go_build import GoBuild
from scratchify.analysis.go_program import GoProgram
from scratchify.analysis.in_shell import NotKept
from scratchify.analysis.kept_command import InShell
from scratchify.analysis.launch import Launch
from scratchify.analysis.packages import Package
from scratchify.analysis.paths_at_start import Start
from scratchify.analysis.stage_files import Built, StageFiles
from scratchify.analysis.walked import MadeFolder, MadeUser, OwnedFolder, Walked
from scratchify.context import BuildContext
from scratchify.knowledge.images import BaseImage
from scratchify.knowledge.names import package_purposes
from scratchify.model import (
    Env,
    Pair,
    Stage,
    State,
    Typed,
)
from scratchify.model.state import ROOT_USERS
from scratchify.settings import Settings
from scratchify.source import Span
from scratchify.syntax.shell_words import BadSubstitution, expand, references

NONROOT = "65532:65532"
"""User and group that distroless images call nonroot."""

_PLAIN = re.compile(r"[\w./:@%+=,-]+")
_OF_GOLANG_IMAGES = frozenset({"GOLANG_VERSION", "GOTOOLCHAIN"})
"""Set by official images, depending on their age: https://github.com/docker-library/golang"""


@dataclass(frozen=True, slots=True)
class Facts:
    """
    What is known of one build.

    `states` are those before each instruction of `stage` and the one at its end. `program` is None where no source of
    it is at hand, nor is `reads`, `launch` where nothing starts; `not_kept` is why a command cannot stay in a shell.
    `carried` are the files that the program may read, `arguments` build arguments that decide paths, with their lines.
    """

    stage: Stage
    image: str
    base: BaseImage | None
    context: BuildContext
    settings: Settings
    states: tuple[State, ...]
    files: StageFiles
    builds: tuple[GoBuild, ...]
    packages: tuple[Package, ...]
    folders: tuple[MadeFolder, ...]
    owned: tuple[OwnedFolder, ...]
    walked: Walked
    tests: tuple[int, ...]
    blocked: tuple[Blocked, ...]
    arguments: Mapping[str, int]
    launch: Start | None
    not_kept: NotKept | None
    program: GoProgram | None
    other_sources: tuple[tuple[GoBuild, GoProgram], ...]
    cgo_choice: tuple[tuple[str, int], ...]
    reads: FileReads | None
    carried: tuple[Candidate, ...]
    choices: Choices
    left_out: frozenset[str]
    callers: Callers
    last_step: int

    @property
    def end(self) -> State:
        return self.states[-1]

    @property
    def starts(self) -> Launch | InShell | None:
        """How a program of this build starts, None where it cannot be said which does."""
        return self.launch if isinstance(self.launch, Launch | InShell) else None

    @property
    def programs(self) -> tuple[GoProgram, ...]:
        """The sources that are at hand: of the program that starts, and of the project's others."""
        return tuple(one for one in (self.program, *(other for _, other in self.other_sources)) if one)

    @property
    def build(self) -> GoBuild | None:
        """The command that makes the binary that starts, or the only one that is made."""
        return self.builds[self.main.build] if self.main else None

    @property
    def main(self) -> Built | None:
        """How the binary that starts was made; where that is not known, the only one that is."""
        return main_binary(self.files, self.launch)

    def owner_of(self, path: str) -> str:
        """Return who a folder belongs to: the owner that COPY --chown or mkdir gave it, empty for root."""
        owned = [one for one in self.owned if path == one.path or path.startswith(one.path.rstrip("/") + "/")]
        made = [one for one in self.folders if path == one.path]
        return owned[-1].owner if owned else made[-1].owner if made else ""

    def mode_of(self, path: str) -> str:
        """Return the mode that mkdir or chmod set last, empty where nobody did."""
        return next((one.mode for one in reversed(self.folders) if one.path == path and one.mode), "")

    def knows_owner(self, owner: str) -> bool:
        """Say whether the build stage's user database has an owner: a number, root, or somebody that a step made."""
        user, _, group = owner.partition(":")
        made = {*self.users, *self.walked.groups}
        return all(part.isdecimal() or part in {"", "root", "nobody"} or part in made for part in (user, group))

    @property
    def is_made_nonroot(self) -> bool:
        """Say whether the program ran as root, and is to run as NONROOT."""
        return self.settings.nonroot and self.end.user in ROOT_USERS and not self.end.user_decided_by

    @property
    def given_to(self) -> str | None:
        """Who gets all that comes along, None where it stays whose it is: root read and wrote what nobody else may."""
        return NONROOT if self.is_made_nonroot else None

    @property
    def runs_as(self) -> str:
        """The user of the final stage."""
        return NONROOT if self.is_made_nonroot else self.end.user

    @property
    def runs_as_made_user(self) -> MadeUser | None:
        """The user that the program runs as, where the Dockerfile makes it."""
        name = self.end.user.partition(":")[0]
        return next((one for one in self.users.values() if name in (one.name, one.uid) and name), None)

    def is_dropped(self, path: str) -> bool:
        """Say whether the user does not want a path of the image."""
        return any(one.holds(path) for one in self.choices.drop)

    def is_left_out(self, context_path: str) -> bool:
        """Say whether a path of the build context is taken not to be read at run time."""
        return context_path in self.left_out

    def words_at_start(self) -> Iterator[tuple[str, int]]:
        """Yield the arguments that the program starts with and the values of its variables, with their lines."""
        if isinstance(self.launch, Launch):
            yield from ((word, self.launch.line) for word in self.launch.arguments)
        if isinstance(self.launch, InShell):
            yield from self.launch.words
        for env in self.stage.of(Env):
            for pair in env.pairs:
                if self.is_run_time(pair) and pair.name in self.end.env:
                    yield self.end.env[pair.name], env.syntax.first_line

    def left_behind(self, paths: Iterable[str]) -> str | None:
        """Return the first of the files of this build that does not come to the final stage."""
        brought = {path for path, _ in self.other_programs} | ({self.starts.binary} if self.starts else set())
        carried = [item.path for item in self.carried]
        return next(
            (
                path
                for path in paths
                if path not in brought and not any(f"{path}/".startswith(f"{one}/") for one in carried)
            ),
            None,
        )

    @property
    def other_programs(self) -> tuple[tuple[str, Built], ...]:
        """
        The project's own binaries beside the one that starts: paths, and how they were made. That one again, copied to
        another path or built there too, is none, but where a shell may start it by that path.
        """
        if not isinstance(self.launch, Launch | InShell):
            return ()
        same = self._made_of(self.launch.built) if isinstance(self.launch, Launch) else None
        return tuple(
            (path, entry.origin)
            for path, entry in self.files.entries.items()
            if isinstance(entry.origin, Built)
            and entry.origin.package
            and path != self.launch.binary
            and self._made_of(entry.origin) != same
        )

    def _made_of(self, built: Built) -> tuple[object, ...]:
        """Return what makes two binaries the same: the package, its files, and how they are compiled."""
        made_by = self.builds[built.build]
        flags = {name: value for name, value in made_by.flags.items() if name not in ("o", "v", "a", "i", "x")}
        return built.package, built.files, flags, made_by.target

    @property
    def go_minor(self) -> int | None:
        """The y of Go 1.y that the builder's tag names, None where it names none."""
        return self.walked.go_minor

    @property
    def goroot(self) -> str | None:
        """Where the toolchain lies that builds, None where that is not known."""
        if self.walked.toolchain:
            return self.walked.toolchain.root
        return self.base.goroot if self.base else None

    @property
    def users(self) -> Mapping[str, MadeUser]:
        """The users that the Dockerfile makes, by their names."""
        return self.walked.users

    @property
    def has_source(self) -> bool:
        """Say whether there is a Go file in the build context at all."""
        return any(path.endswith(".go") for path in self.context.entries)

    def state_before(self, instruction: Typed) -> State:
        return self.states[self.stage.instructions.index(instruction)]

    def is_needed_by_build(self, instruction: Typed) -> bool:
        """Say whether a RUN, COPY or ADD comes after it, which may depend on it."""
        return instruction.syntax.span.start < self.last_step

    def movable(self, instruction: Typed) -> Span | None:
        """Return an instruction's span where it may leave the build stage, because no step comes after it."""
        return None if self.is_needed_by_build(instruction) else instruction.syntax.span

    def installs(self, purpose: str) -> Package | None:
        return next((package for package in self.packages if purpose in package_purposes(package.name)), None)

    def is_run_time(self, pair: Pair) -> bool:
        """Say whether a pair of ENV is for the running program."""
        return not is_build_only(pair.name, self.program)

    def run_time_names(self) -> frozenset[str]:
        """Return the variables that ENV sets for the running program, which the final stage has therefore."""
        return frozenset(pair.name for env in self.stage.of(Env) for pair in env.pairs if self.is_run_time(pair))

    def for_final_stage(self, text: str, state: State) -> str:
        """
        Return `text` with those variables replaced that the final stage does not have.

        What an ENV of the program or a build argument sets is expanded there as well; the base image's variables and
        the build's own would silently become empty. Quotes and escapes stay. Raises BadSubstitution.
        """
        kept = self.run_time_names() | (state.declared - state.env.keys())
        values = {name: state.env[name] for name in references(text, escape=state.escape) if name in state.env}
        gone = {name: value for name, value in values.items() if name not in kept}
        for name, value in gone.items():
            if state.decided_by.get(name):
                raise BadSubstitution(f"{name} hangs on a build argument; name the argument itself")
            if not _PLAIN.fullmatch(value):
                raise BadSubstitution(f"{name} has a value that would have to be quoted; write it out")
        unknown = references(text, escape=state.escape) & _OF_GOLANG_IMAGES - state.env.keys() - state.declared
        if unknown:
            raise BadSubstitution(f"{min(unknown)} is set by some golang images, to what is not known; write it out")
        if not gone:
            return text
        return expand(text, gone, escape=state.escape, raw_quotes=True, raw_escapes=True, keep_unset=True).text


def main_binary(files: StageFiles, launch: Start | None) -> Built | None:
    """Return the binary that starts; where that is not known, the only one that is built, so that all reasons show."""
    if isinstance(launch, Launch | InShell):
        return launch.built
    built = [entry.origin for entry in files.entries.values() if isinstance(entry.origin, Built)]
    return built[0] if len(built) == 1 else None
