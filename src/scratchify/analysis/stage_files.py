"""
What lies where in the build stage, and where it came from.

Only what the Dockerfile put there is listed; the base image's own files are known by their folders alone.

https://docs.docker.com/reference/dockerfile/#copy
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from posixpath import dirname, join, normpath

from scratchify.context import BuildContext, Kind

BASE_FOLDERS = frozenset(
    "/ /bin /boot /dev /etc /etc/ssl /etc/ssl/certs /go /go/bin /go/src /home /lib /media /mnt /opt /proc /root /run "
    "/sbin /srv /sys /tmp /usr /usr/bin /usr/lib /usr/local /usr/local/bin /usr/local/etc /usr/local/go "
    "/usr/local/lib /usr/local/sbin /usr/local/share /usr/sbin /usr/share /usr/src /var /var/cache /var/lib /var/log "
    "/var/run /var/tmp".split()
)
"""Folders that every Debian, Alpine and golang image has (Filesystem Hierarchy Standard, docker-library/golang)."""

_OF_IMAGES = tuple("/bin /dev /etc /go/bin /go/pkg /lib /lib64 /proc /root /sbin /sys /usr /var".split())
"""Where base images have files that are listed nowhere."""

MOST_LINKS = 40
"""After so many links a path leads in a circle: ELOOP on Linux, path_resolution(7)."""


@dataclass(frozen=True, slots=True)
class Owner:
    """Whom --chown names, its variables expanded; `is_chosen`: a build argument decides, this is its default."""

    text: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Copied:
    """
    Came from the build context (`path` there) by the instruction at `line`, `at` its offset.

    `explicit`: the instruction names this very file; `folder` is the one that it names instead, empty for all files.
    """

    path: str
    line: int
    at: int
    owner: Owner | None = None
    explicit: bool = False
    folder: str = ""


@dataclass(frozen=True, slots=True)
class Written:
    """
    Written by the Dockerfile itself: a here-document, a redirection, a download.

    `content` is None where it is not known, `how` says what wrote it, as in "curl downloads it", and `address` where it
    comes from.
    """

    content: str | None
    line: int
    at: int
    owner: Owner | None = None
    how: str = ""
    is_program: bool = False
    address: str = ""


@dataclass(frozen=True, slots=True)
class Linked:
    """A symbolic link that the Dockerfile makes; `target` as it is written in the link."""

    target: str
    line: int
    at: int


@dataclass(frozen=True, slots=True)
class Built:
    """
    Made by the Go command at `line`; `package` is the folder of its main package, None for one from elsewhere.

    `owner` is the user that it was made as, in numbers; None for root, and where that is not known.
    """

    package: str | None
    files: tuple[str, ...]
    build: int
    line: int
    at: int
    owner: str | None = None


@dataclass(frozen=True, slots=True)
class Implied:
    """A folder that came to be because something was put below it, or by WORKDIR or mkdir."""

    line: int


Origin = Copied | Written | Linked | Built | Implied


@dataclass(frozen=True, slots=True)
class Entry:
    """
    What lies at a path; `owner` and `mode` are what chown and chmod said, empty where nobody did.

    `is_optional`: whether it is there hangs on something that only the build knows.
    """

    kind: Kind
    origin: Origin
    owner: str = ""
    mode: str = ""
    is_optional: bool = False


@dataclass(frozen=True, slots=True)
class Unlisted:
    """
    What else lies in a folder is not known, and why: an archive, a clone, another image.

    `is_toolchain` where it is the Go distribution, `is_source` where it is source to build from. `advice` is what helps
    where the program that starts may be in there.
    """

    line: int
    at: int
    why: str
    is_toolchain: bool = False
    is_source: bool = False
    advice: str = "build it here, or copy the file itself"


@dataclass(slots=True)
class StageFiles:
    """
    The file system of the build stage while it is walked; read-only afterwards. Paths are absolute.

    `absent` are files that would be copied too if they were there, `unlisted` the folders that hold more than is
    known, `gone` what was removed, with the number of builds that had seen it, `unseen` the
    folders that are copied from a context that is not at hand.
    """

    context: BuildContext
    entries: dict[str, Entry] = field(default_factory=dict)
    children: dict[str, set[str]] = field(default_factory=dict)
    absent: dict[str, Copied] = field(default_factory=dict)
    unlisted: dict[str, Unlisted] = field(default_factory=dict)
    gone: dict[str, tuple[Entry, int]] = field(default_factory=dict)
    builds: int = 0
    unseen: set[str] = field(default_factory=set)

    # ---- changes

    def put(self, path: str, entry: Entry) -> None:
        """Place an entry, and the folders above it where they are missing."""
        known = self.entries.get(path)
        if not (known and known.kind == entry.kind == "folder" and isinstance(entry.origin, Implied)):
            self.entries[path] = entry
        while path != "/":
            parent = path[: path.rfind("/")] or "/"  # of an absolute path, six times as quick as dirname
            names = self.children.get(parent)
            if names is None:
                names = self.children[parent] = set()
            elif path in names:
                return
            names.add(path)
            path = parent
            if path not in self.entries and path != "/":
                self.entries[path] = Entry("folder", Implied(entry.origin.line))

    def remove(self, path: str) -> None:
        """Take away a file, or a folder with everything in it."""
        for below in [*self.children.get(path, ())]:
            self.remove(below)
        if entry := self.entries.pop(path, None):
            self.gone[path] = (entry, self.builds)
        self.children.pop(path, None)
        self.children.get(dirname(path), set()).discard(path)
        for region in [region for region in self.unlisted if region == path or region.startswith(path + "/")]:
            del self.unlisted[region]

    def duplicate(self, source: str, target: str, line: int) -> None:
        """Put at `target` what lies at `source`, contents of a folder included."""
        entry = self.entries[source]
        inside = [*self.tree(source)]
        if region := self.unlisted.get(source):
            self.unlisted[target] = region
        self.put(target, replace(entry, origin=Implied(line)) if isinstance(entry.origin, Implied) else entry)
        for path, below in inside:
            self.put(target + path[len(source) :], below)

    def change(self, path: str, *, owner: str = "", mode: str = "") -> None:
        """Note the owner or the mode of what lies at a path."""
        entry = self.entries[path]
        self.entries[path] = replace(entry, owner=owner or entry.owner, mode=mode or entry.mode)

    def as_of(self, build: int) -> "StageFiles":
        """Return the files that a build saw: with those that were removed after it."""
        seen = {path: entry for path, (entry, builds) in self.gone.items() if builds > build}
        if not seen:
            return self
        before = StageFiles(self.context, dict(self.entries), {}, self.absent, self.unlisted)
        before.children = {folder: set(paths) for folder, paths in self.children.items()}
        for path, entry in seen.items():
            if path not in before.entries:
                before.put(path, entry)
        return before

    # ---- questions

    def resolve(self, path: str) -> str:
        """Return the path that is left when links are followed; what leads nowhere known stays as far as it is."""
        for _ in range(MOST_LINKS):
            at = ""
            for name in path.strip("/").split("/"):
                at = f"{at}/{name}"
                if (target := self.link_target(at)) is not None:
                    path = normpath(join(dirname(at), target) + path[len(at) :])
                    break
            else:
                return path
        return path

    def link_target(self, path: str) -> str | None:
        """Return what the link at this path holds, None where it is none."""
        entry = self.entries.get(path)
        if entry is None or entry.kind != "link":
            return None
        match entry.origin:
            case Linked(target=target):
                return target
            case Copied(path=of_context):
                return self.context.link_target(of_context)
            case _:
                return None

    def is_folder(self, path: str) -> bool:
        entry = self.entries.get(path)
        if entry is not None and entry.kind == "link":
            entry = self.entries.get(self.resolve(path))
        return path in BASE_FOLDERS or (entry is not None and entry.kind == "folder")

    def may_be_folder(self, path: str) -> bool:
        """Say whether a folder is at a path, or may be, as it lies in one whose content nobody can look at."""
        return self.is_folder(path) or self.is_unseen(path)

    def is_unseen(self, path: str) -> bool:
        """Say whether a path lies where a build context is copied that is not at hand."""
        return any(f"{path}/".startswith(f"{folder}/") for folder in self.unseen)

    def unlisted_at(self, path: str) -> Unlisted | None:
        """Return why it is not known what lies at a path, None where it is known."""
        while self.unlisted:
            if path in self.unlisted:
                return self.unlisted[path]
            if path == "/":
                break
            path = dirname(path)
        return None

    def exists(self, path: str) -> bool | None:
        """Say whether something lies at a path; None where that is not known: base images hold more than is listed."""
        path = self.resolve(path)
        if path in self.entries or path in BASE_FOLDERS:
            return True
        if self.unlisted_at(path) or any(path == folder or path.startswith(folder + "/") for folder in _OF_IMAGES):
            return None
        return False

    def below(self, folder: str) -> list[str]:
        """Return the paths directly in a folder, sorted."""
        return sorted(self.children.get(folder, ()))

    def tree(self, folder: str) -> Iterator[tuple[str, Entry]]:
        """Yield everything below a folder, folders before what is in them."""
        for path in self.below(folder):
            yield path, self.entries[path]
            yield from self.tree(path)

    def files_below(self, folder: str) -> Iterator[tuple[str, Entry]]:
        """Yield every file and link in a folder and below it, in order of their paths."""
        for path in self.below(folder):
            entry = self.entries[path]
            if entry.kind == "folder":
                yield from self.files_below(path)
            else:
                yield path, entry

    def read(self, path: str) -> bytes | None:
        """Return the content of a file that was copied or written here, None where it is not known."""
        entry = self.entries.get(self.resolve(path))
        if entry and isinstance(entry.origin, Copied):
            return self.context.read(entry.origin.path)
        if entry and isinstance(entry.origin, Written) and entry.origin.content is not None:
            return entry.origin.content.encode("utf-8", "surrogateescape")
        return None

    def not_at_hand(self, path: str) -> tuple[str, str]:
        """Return why the content of a file is not known, said behind its name and "which", and what would help."""
        path = self.resolve(path)
        entry = self.entries.get(path)
        if self.is_unseen(path) or (entry and isinstance(entry.origin, Copied)):
            return "lies in a build context that is not at hand", "give --context"
        if entry and isinstance(entry.origin, Written):
            how = f" ({entry.origin.how})" if entry.origin.how else ""
            return f"line {entry.origin.line} writes and whose content is not known{how}", "copy it from the repository"
        if region := self.unlisted_at(path):
            return f"is not at hand (line {region.line}: {region.why})", "do this in an image of its own"
        if entry is None and self.exists(path) is False:
            return "no step puts there", "copy it before this line"
        return "is not at hand", "copy it before this line"

    def context_path(self, path: str) -> str | None:
        """Return where a copied file lies in the build context."""
        entry = self.entries.get(path)
        return entry.origin.path if entry and isinstance(entry.origin, Copied) else None
