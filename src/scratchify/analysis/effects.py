"""What the commands of a build do to its files, one record for each kind of change."""

from collections.abc import Mapping
from dataclasses import dataclass
from posixpath import join, normpath

from scratchify.analysis.arguments import Argument
from scratchify.analysis.go_build import GoBuild, Unknown
from scratchify.analysis.stage_files import StageFiles


@dataclass(frozen=True, slots=True)
class Harmless:
    """Changes nothing that the final image could need."""


@dataclass(frozen=True, slots=True)
class Tests:
    """Compiles and runs tests, which leave nothing behind."""


@dataclass(frozen=True, slots=True)
class Installs:
    """
    Packages that a package manager puts in place.

    `written` are their names as the manager takes them, with versions; `is_foreign`: they come from elsewhere than
    the distribution's release. `group` is what apk calls them together.
    """

    packages: tuple[str, ...]
    manager: str = ""
    written: tuple[str, ...] = ()
    is_foreign: bool = False
    group: str = ""


@dataclass(frozen=True, slots=True)
class Uninstalls:
    """Packages, or groups of them, that a package manager takes away."""

    packages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fetches:
    """
    `go get` of packages, by their import paths.

    `programs` are the names of what an older Go would have installed from them, and this one does not.
    """

    packages: tuple[str, ...]
    programs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MakesFolder:
    """A folder; without an owner it belongs to the user that makes it."""

    path: str
    mode: str = ""
    owner: str = ""


@dataclass(frozen=True, slots=True)
class Writes:
    """
    One file; `content` is None where it is not known.

    `how` says what writes it, `is_program` that it can be nothing that a program reads, `address` where it is
    downloaded from.
    """

    path: str
    content: str | None
    how: str
    appends: bool = False
    is_program: bool = False
    mode: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class Links:
    path: str
    target: str


@dataclass(frozen=True, slots=True)
class Duplicates:
    """What lies at `source`, contents included, lies at `target` too; with `moves` no longer at `source`."""

    source: str
    target: str
    moves: bool = False
    mode: str = ""
    owner: str = ""


@dataclass(frozen=True, slots=True)
class Removes:
    path: str


@dataclass(frozen=True, slots=True)
class Owns:
    path: str
    owner: str
    recursive: bool


@dataclass(frozen=True, slots=True)
class SetsMode:
    path: str
    mode: str
    recursive: bool


@dataclass(frozen=True, slots=True)
class Fills:
    """Puts more into a folder than is known; `consumes` is the archive that it comes from."""

    folder: str
    why: str
    is_toolchain: bool = False
    is_source: bool = False
    go_minor: int | None = None
    consumes: str = ""


@dataclass(frozen=True, slots=True)
class AddsUser:
    """
    A user of the database; `uid` and `group` are empty where the distribution chooses.

    `home` is its home folder; `makes_home` says whether that is made.
    """

    name: str
    uid: str = ""
    group: str = ""
    home: str = ""
    makes_home: bool = False


@dataclass(frozen=True, slots=True)
class AddsGroup:
    name: str
    gid: str = ""


@dataclass(frozen=True, slots=True)
class GivesCapabilities:
    """File capabilities, which are an extended attribute of the file."""

    path: str


@dataclass(frozen=True, slots=True)
class RenewsCertificates:
    """Adds private certificates to the bundle of the system's."""


Effect = (
    AddsGroup
    | AddsUser
    | Duplicates
    | Fetches
    | Fills
    | GivesCapabilities
    | GoBuild
    | Harmless
    | Installs
    | Links
    | MakesFolder
    | Owns
    | Removes
    | RenewsCertificates
    | SetsMode
    | Tests
    | Uninstalls
    | Unknown
    | Writes
)

Effects = tuple[Effect, ...]

HARMLESS: Effects = (Harmless(),)


def unknown(why: str) -> Effects:
    return (Unknown(why),)


@dataclass(frozen=True, slots=True)
class Command:
    """A program and its arguments; `name` is a path where it is no program of the system."""

    name: str
    arguments: tuple[Argument, ...]

    @property
    def values(self) -> list[str | None]:
        return [argument.value for argument in self.arguments]


@dataclass(frozen=True, slots=True)
class Circumstances:
    """
    Where and with what a command runs.

    `line` and `start` are its line and offset in the Dockerfile. `environment` holds the exported variables, None
    where a value is not known; `assigned` are those set on the command itself. `stdin` is what it reads, None where
    that is not known; `stdin_from` is the command that prints it. `go_minor` is the y of Go 1.y, None where that is
    not known. `said_in` is the script or makefile that has the command, as a path of the build context and a line.
    `is_unseen`: what the build context holds is not at hand.
    """

    line: int
    start: int
    environment: Mapping[str, str | None]
    assigned: frozenset[str]
    folder: str
    files: StageFiles
    stdin: str | None = ""
    stdin_from: str = ""
    go_minor: int | None = None
    user: str = ""
    said_in: tuple[str, int] | None = None
    is_unseen: bool = False

    def path(self, text: str) -> str:
        """Return the absolute path that a word means."""
        return normpath(join("/", self.folder, text)).replace("//", "/")
