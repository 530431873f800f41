"""What a walk over the instructions of a stage has found, and what each command adds to it."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from posixpath import join, normpath

from scratchify.analysis.blocked import Blocked
from scratchify.analysis.effects import (
    AddsGroup,
    AddsUser,
    Circumstances,
    Duplicates,
    Effect,
    Effects,
    Fetches,
    Fills,
    GivesCapabilities,
    Harmless,
    Installs,
    Links,
    MakesFolder,
    Owns,
    Removes,
    RenewsCertificates,
    SetsMode,
    Tests,
    Uninstalls,
    Writes,
)
from scratchify.analysis.go_build import GoBuild, Program, Unknown, programs_of
from scratchify.analysis.packages import Package
from scratchify.analysis.shell_world import Exit, Where
from scratchify.analysis.stage_files import (
    BASE_FOLDERS,
    Built,
    Copied,
    Entry,
    Implied,
    Linked,
    StageFiles,
    Unlisted,
    Written,
)
from scratchify.context import BuildContext
from scratchify.knowledge.names import package_purposes
from scratchify.knowledge.toolchains import packaged_go
from scratchify.model import State
from scratchify.model.state import owner_of_made


@dataclass(frozen=True, slots=True)
class MadeFolder:
    """
    A folder that mkdir or WORKDIR made, or whose owner or mode a command set, and the line that says so.

    `owner` is the user that it was made as or given to, `mode` empty where nobody set one.
    """

    path: str
    line: int
    owner: str = ""
    mode: str = ""


@dataclass(frozen=True, slots=True)
class OwnedFolder:
    """A folder that COPY --chown or chown -R gave to an owner, with all in it, and the line that says so."""

    path: str
    owner: str
    line: int


@dataclass(frozen=True, slots=True)
class Toolchain:
    """Go that the Dockerfile installs: the line, its GOROOT and the y of Go 1.y as far as they are known."""

    line: int
    root: str | None
    minor: int | None


@dataclass(frozen=True, slots=True)
class MadeUser:
    """A user that the Dockerfile makes, with the home folder that the user database says."""

    name: str
    line: int
    uid: str
    group: str
    home: str


@dataclass(slots=True)
class Walked:
    """
    The world that the shells of a Dockerfile change; read-only when the walk is over.

    `arguments` are build arguments that decided a path, with their lines. `toolchain` is the Go that a step installs,
    `scripts` are the files of the build context that the build runs or reads as its own. `at` and `state` are of the
    instruction that is walked.
    """

    context: BuildContext
    go_minor: int | None = None
    release: str = ""
    assumes_source: bool = False
    files: StageFiles = field(init=False)
    builds: list[GoBuild] = field(default_factory=list)
    packages: list[Package] = field(default_factory=list)
    folders: list[MadeFolder] = field(default_factory=list)
    owned: list[OwnedFolder] = field(default_factory=list)
    users: dict[str, MadeUser] = field(default_factory=dict)
    groups: dict[str, int] = field(default_factory=dict)
    capabilities: dict[str, int] = field(default_factory=dict)
    fetched: dict[str, int] = field(default_factory=dict)
    only_fetched: dict[str, int] = field(default_factory=dict)
    tests: list[int] = field(default_factory=list)
    renewals: list[int] = field(default_factory=list)
    blocked: list[Blocked] = field(default_factory=list)
    arguments: dict[str, int] = field(default_factory=dict)
    toolchain: Toolchain | None = None
    scripts: set[str] = field(default_factory=set)
    mounts: tuple[str, ...] = ()
    at: int = 0
    state: State = field(init=False)

    has_source: bool = field(init=False)

    def __post_init__(self) -> None:
        self.files = StageFiles(self.context)
        self.has_source = any(path.endswith(".go") for path in self.context.entries)

    @property
    def is_unseen(self) -> bool:
        """Say whether what the build context holds is not at hand."""
        return self.assumes_source or not self.has_source

    def begin(self, at: int, state: State) -> None:
        """Come to the instruction at the offset `at`, before which `state` holds."""
        self.at, self.state = at, state

    def note_arguments(self, text: str, line: int) -> None:
        """Note the build arguments that a text hangs on."""
        for name in self.state.arguments_in(text):
            self.arguments.setdefault(name, line)

    def reads(self, path: str) -> None:
        self.scripts.add(path)

    def uses(self, names: frozenset[str], where: Where) -> None:
        for name in names:
            self.note_arguments(f"${{{name}}}", where.line)

    def run_apart(self, run: Callable[[], object]) -> None:
        """Run what may end with `exec` or `exit`."""
        try:
            run()
        except Exit:
            return

    def block(self, why: str, where: Where) -> None:
        line = where.line_there if where.path else where.line
        self.blocked.append(Blocked(line, why, where.path))

    def install_go(self, toolchain: Toolchain) -> None:
        """Note the Go that a step installs: from now on it is the one that builds."""
        self.toolchain = toolchain
        self.go_minor = toolchain.minor

    def fill(self, folder: str, region: Unlisted) -> None:
        """Note that a folder holds more than is known."""
        self.files.put(folder, Entry("folder", Implied(region.line)))
        self.files.unlisted[folder] = region

    # ---- effects

    def take(self, effects: Effects, at: Circumstances, where: Where, perhaps: str | None) -> None:
        """Take what one command does; `perhaps` says why it may not run, None where it does."""
        for effect in effects:
            if perhaps and isinstance(effect, GoBuild) and self._is_built(effect):
                continue
            if perhaps and (why := self._matters(effect)):
                self.block(f"{perhaps}: {why}", where)
            else:
                self._take(effect, at, where, is_optional=perhaps is not None)

    def _matters(self, effect: Effect) -> str | None:
        """Return what is not known where an effect may not happen, None where that changes nothing."""
        match effect:
            case GoBuild(verb=verb):
                return f"go {verb} has to run in any case"
            case Duplicates(source=source):
                return f"where {source} lies is then not known"
            case Removes(path=path) if path in self.files.entries:
                return f"whether {path} is still there is then not known"
            case Owns(path=path) | SetsMode(path=path) if path in self.files.entries:
                return f"the owner and mode of {path} are then not known"
            case GivesCapabilities(path=path):
                return f"the capabilities of {path} are then not known"
            case _:
                return None

    def _is_built(self, build: GoBuild) -> bool:
        """Say whether an earlier step has made the same programs: to make them again changes nothing."""
        programs = programs_of(build, self.files)
        if isinstance(programs, Unknown):
            return False
        origins = [(one, self.files.entries.get(self.files.resolve(normpath(one.path)))) for one in programs]
        return all(
            entry is not None and isinstance(entry.origin, Built) and entry.origin.package == one.package
            for one, entry in origins
        )

    def _take(self, effect: Effect, at: Circumstances, where: Where, *, is_optional: bool) -> None:
        line = where.line
        match effect:
            case Unknown(why=why):
                self.block(why, where)
            case GoBuild():
                self._build(effect, at, where)
            case Tests():
                self.tests.append(line)
            case Installs(packages=names) as installs:
                written = installs.written or names
                self.packages += [
                    Package(name, line, installs.manager, said, installs.is_foreign, installs.group)
                    for name, said in zip(names, written, strict=True)
                ]
                if (name := next((one for one in names if "go" in package_purposes(one)), None)) is not None:
                    self.install_go(Toolchain(line, None, packaged_go(name, self.release)))
            case MakesFolder(path=path, mode=mode, owner=owner):
                path = self.files.resolve(path)
                self.files.put(path, Entry("folder", Implied(line)))
                self.folders.append(MadeFolder(path, line, owner or at.user, mode))
            case Writes():
                self._write(effect, where, is_optional=is_optional)
            case Links(path=path, target=target):
                self.files.remove(path)
                self.files.put(path, Entry("link", Linked(target, line, self.at), is_optional=is_optional))
            case Duplicates():
                self._duplicate(effect, line)
            case Removes(path=path):
                self._remove(path)
            case Owns() | SetsMode():
                self._mark(effect, where)
            case Fills():
                self._fill(effect, where)
            case Uninstalls(packages=names) if not is_optional:
                self.packages = [one.without(names) for one in self.packages]
            case _:
                self._note(effect, line)

    def _note(self, effect: Effect, line: int) -> None:
        match effect:
            case AddsUser(name=name, uid=uid, group=group, home=home, makes_home=makes_home):
                self.users[name] = MadeUser(name, line, uid, group, home)
                if makes_home:
                    self.files.put(home, Entry("folder", Implied(line)))
                    self.folders.append(MadeFolder(home, line, name))
            case AddsGroup(name=name):
                self.groups[name] = line
            case Fetches(packages=packages, programs=programs):
                self.fetched |= dict.fromkeys(packages, line)
                self.only_fetched |= dict.fromkeys(programs, line)
            case GivesCapabilities(path=path):
                self.capabilities[self.files.resolve(path)] = line
            case RenewsCertificates():
                self.renewals.append(line)
            case Harmless() | _:
                pass

    def _write(self, effect: Writes, where: Where, *, is_optional: bool) -> None:
        path = self.files.resolve(effect.path)
        if self.files.is_folder(path):
            self.block(f"{effect.how}: {path} is a folder, so this image cannot be built", where)
            return
        content = effect.content
        if effect.appends and path in self.files.entries:
            before = self.files.read(path)
            known = before is not None and content is not None
            content = (before or b"").decode("utf-8", "surrogateescape") + (content or "") if known else None
        if content is None and path.endswith((".go", "/go.mod")):
            self.block(f"{effect.how}: {path} is source whose content is not known; commit it", where)
        old = self.files.entries.get(path)
        origin = Written(content, where.line, self.at, None, effect.how, effect.is_program, effect.address)
        is_new = old is None or old.is_optional
        self.files.put(path, Entry("file", origin, mode=effect.mode, is_optional=is_optional and is_new))

    def _duplicate(self, effect: Duplicates, line: int) -> None:
        if effect.source == effect.target:
            return
        if effect.moves and self.files.entries[effect.source].kind != "folder":
            self.files.remove(effect.target)
        self.files.duplicate(effect.source, effect.target, line)
        if effect.owner or effect.mode:
            self.files.change(effect.target, owner=effect.owner, mode=effect.mode)
        if effect.moves:
            self.files.remove(effect.source)
            self._move_notes(effect.source, effect.target)

    def _move_notes(self, source: str, target: str) -> None:
        """What is noted of folders moves along with them."""

        def moved(path: str) -> str:
            is_inside = path == source or path.startswith(source + "/")
            return target + path[len(source) :] if is_inside else path

        self.folders = [replace(one, path=moved(one.path)) for one in self.folders]
        self.owned = [replace(one, path=moved(one.path)) for one in self.owned]
        self.capabilities = {moved(path): line for path, line in self.capabilities.items()}

    def _remove(self, path: str) -> None:
        if path in self.files.entries:
            self.files.remove(path)
        inside = path.rstrip("/") + "/"
        self.folders = [one for one in self.folders if one.path != path and not one.path.startswith(inside)]
        self.owned = [one for one in self.owned if one.path != path and not one.path.startswith(inside)]
        for absent in [one for one in self.files.absent if one == path or one.startswith(inside)]:
            del self.files.absent[absent]

    def _mark(self, effect: Owns | SetsMode, where: Where) -> None:
        """Note owners and modes; files keep theirs when they are copied, folders have to be told."""
        path, line = self.files.resolve(effect.path), where.line
        owner = effect.owner if isinstance(effect, Owns) else ""
        mode = effect.mode if isinstance(effect, SetsMode) else ""
        if path not in self.files.entries:
            if path in BASE_FOLDERS:
                self._mark_folder(path, owner, mode, line, recursive=effect.recursive)
            elif self.files.exists(path) is False and not self._is_unseen(path):
                self.block(f"{path} is not there, so this image cannot be built from here", where)
            return
        inside = [*self.files.tree(path)] if effect.recursive else []
        for below, entry in [(path, self.files.entries[path]), *inside]:
            self.files.change(below, owner=owner, mode=mode)
            if entry.kind == "folder" and mode:
                self.folders.append(MadeFolder(below, line, self._owner_of(below), mode))
        if self.files.entries[path].kind == "folder" and owner:
            self._mark_folder(path, owner, "", line, recursive=effect.recursive)

    def _mark_folder(self, path: str, owner: str, mode: str, line: int, *, recursive: bool) -> None:
        if owner and recursive:
            self.owned.append(OwnedFolder(path, owner, line))
        else:
            said = [one.mode for one in self.folders if one.path == path and one.mode]
            self.folders.append(MadeFolder(path, line, owner or self._owner_of(path), mode or (said or [""])[-1]))

    def _owner_of(self, path: str) -> str:
        made = [one.owner for one in self.folders if one.path == path]
        return made[-1] if made else ""

    def _is_unseen(self, path: str) -> bool:
        """Say whether something may lie there that the Dockerfile alone does not show."""
        return self.is_unseen or self.files.unlisted_at(path) is not None

    def _fill(self, effect: Fills, where: Where) -> None:
        folder = self.files.resolve(effect.folder)
        if effect.is_toolchain:
            self.install_go(Toolchain(where.line, folder, effect.go_minor))
        if effect.consumes and (entry := self.files.entries.get(self.files.resolve(effect.consumes))):
            origin = entry.origin
            if isinstance(origin, Written):
                done = replace(entry, origin=replace(origin, is_program=True))
                self.files.entries[self.files.resolve(effect.consumes)] = done
        if folder == "/":
            self.block(f"{effect.why}, so that nothing is known of the image's files; name a folder of its own", where)
            return
        copied = any(isinstance(entry.origin, Copied) for _, entry in self.files.tree(folder))
        if effect.is_source and copied and folder not in self.files.unlisted:
            self.block(f"{effect.why}, so that the files are not those of the build context; do it before", where)
            return
        self.fill(folder, Unlisted(where.line, self.at, effect.why, effect.is_toolchain, effect.is_source))

    def _hide(self, build: GoBuild, programs: tuple[Program, ...], where: Where) -> None:
        """Note where `go install ./...` puts programs whose names only source would tell that is not at hand."""
        pattern = next((one for one in build.packages if one.endswith("...")), None)
        if pattern and not programs and build.verb == "install" and self._is_unseen(build.folder):
            folder = build.variables.get("GOBIN") or join(build.gopaths[0], "bin")
            why = f"programs of {pattern} are called after packages whose source is not at hand"
            region = Unlisted(where.line, self.at, why, is_toolchain=True, advice="name its package in the build")
            self.files.unlisted.setdefault(folder, region)

    def _build(self, build: GoBuild, at: Circumstances, where: Where) -> None:
        programs = programs_of(build, self.files)
        if isinstance(programs, Unknown):
            self.block(programs.why, where)
            return
        for program in programs:
            mount = next((one for one in self.mounts if program.path.startswith(one + "/")), None)
            if mount:
                why = f"{program.path} is built into a mount on {mount}, which is no part of the image"
                self.block(why, where)
        owner = None if self.state.user_decided_by else owner_of_made(at.user)
        index = len(self.builds)
        self.builds.append(replace(build, said_in=(where.path, where.line_there) if where.path else None))
        self.files.builds = index + 1
        self._hide(build, programs, where)
        for program in programs:
            origin = Built(program.package, program.files, index, where.line, self.at, owner)
            self.files.put(self.files.resolve(normpath(program.path)), Entry("file", origin))
