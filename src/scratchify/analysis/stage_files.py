"""
What lies where in the build stage, and where it came from.

Only what the Dockerfile put there is listed; the base image's own files are known by their folders alone.

https://docs.docker.com/reference/dockerfile/#copy
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from posixpath import basename, dirname, join, normpath

from scratchify.context import BuildContext, Kind

BASE_FOLDERS = frozenset(
    "/ /bin /boot /dev /etc /etc/ssl /etc/ssl/certs /go /go/bin /go/src /home /lib /media /mnt /opt /proc /root /run "
    "/sbin /srv /sys /tmp /usr /usr/bin /usr/lib /usr/local /usr/local/bin /usr/local/etc /usr/local/go "
    "/usr/local/lib /usr/local/sbin /usr/local/share /usr/sbin /usr/share /usr/src /var /var/cache /var/lib /var/log "
    "/var/run /var/tmp".split()
)
"""Folders that every Debian, Alpine and golang image has (Filesystem Hierarchy Standard, docker-library/golang)."""


@dataclass(frozen=True, slots=True)
class Owner:
    """Whom --chown names, its variables expanded; `is_chosen`: a build argument decides, this is its default."""

    text: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Copied:
    """
    Came from the build context (`path` there) by the instruction at `line`, `at` its offset.

    `explicit`: the instruction names this very file.
    """

    path: str
    line: int
    at: int
    owner: Owner | None = None
    explicit: bool = False


@dataclass(frozen=True, slots=True)
class Written:
    """Written by the Dockerfile itself: a here-document of COPY or ADD."""

    content: str
    line: int
    at: int
    owner: Owner | None = None


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


Origin = Copied | Written | Built | Implied


@dataclass(frozen=True, slots=True)
class Entry:
    kind: Kind
    origin: Origin


@dataclass(slots=True)
class StageFiles:
    """
    The file system of the build stage while it is walked; read-only afterwards. Paths are absolute.

    `absent` are files that would be copied too if they were there.
    """

    context: BuildContext
    entries: dict[str, Entry] = field(default_factory=dict)
    children: dict[str, set[str]] = field(default_factory=dict)
    absent: dict[str, Copied] = field(default_factory=dict)

    def put(self, path: str, entry: Entry) -> None:
        """Place an entry, and the folders above it where they are missing."""
        known = self.entries.get(path)
        if not (known and known.kind == entry.kind == "folder" and isinstance(entry.origin, Implied)):
            self.entries[path] = entry
        while path != "/":
            parent = dirname(path)
            names = self.children.setdefault(parent, set())
            if path in names:
                return
            names.add(path)
            path = parent
            if path not in self.entries and path != "/":
                self.entries[path] = Entry("folder", Implied(entry.origin.line))

    def is_folder(self, path: str) -> bool:
        entry = self.entries.get(path)
        return path in BASE_FOLDERS or (entry is not None and entry.kind == "folder")

    def below(self, folder: str) -> list[str]:
        """Return the paths directly in a folder, sorted."""
        return sorted(self.children.get(folder, ()))

    def files_below(self, folder: str) -> Iterator[tuple[str, Entry]]:
        """Yield every file and link in a folder and below it, in order of their paths."""
        for path in self.below(folder):
            entry = self.entries[path]
            if entry.kind == "folder":
                yield from self.files_below(path)
            else:
                yield path, entry

    def read(self, path: str) -> bytes | None:
        """Return the content of a file that was copied, None for anything else."""
        entry = self.entries.get(path)
        if entry and isinstance(entry.origin, Copied):
            return self.context.read(entry.origin.path)
        return None

    def context_path(self, path: str) -> str | None:
        """Return where a copied file lies in the build context."""
        entry = self.entries.get(path)
        return entry.origin.path if entry and isinstance(entry.origin, Copied) else None


@dataclass(frozen=True, slots=True)
class CopyPlan:
    """What one source of COPY matches in the context: folders give their contents, files themselves."""

    folders: tuple[str, ...]
    files: tuple[str, ...]


def context_path(source: str) -> str:
    """Return what a source of COPY names, as a path of the context; empty for the context itself."""
    return normpath("/" + source).lstrip("/")


def is_pattern(source: str) -> bool:
    """Say whether a source of COPY may name several files, or none."""
    return any(mark in source for mark in "*?[")


def match_sources(source: str, entries: Mapping[str, Kind]) -> CopyPlan | None:
    """Return what a source names, None where nothing in the context matches it."""
    path = context_path(source)
    if not path:
        return CopyPlan(("",), ())
    if is_pattern(path):
        try:
            pattern = re.compile(_go_match(path))
        except re.error:  # a range that ends before it begins: Go matches nothing by it
            return None
        matched = [name for name in entries if pattern.fullmatch(name)]
    else:
        matched = [path] if path in entries else []
    if not matched:
        return None
    folders = tuple(name for name in matched if entries[name] == "folder")
    return CopyPlan(folders, tuple(name for name in matched if entries[name] != "folder"))


def copy(
    files: StageFiles, plan: CopyPlan, target: str, *, is_folder: bool, line: int, at: int, owner: Owner | None
) -> None:
    """Place what one source matched; `is_folder`: files go into `target` under their own names."""
    for folder in plan.folders:
        files.put(target, Entry("folder", Copied(folder, line, at, owner) if folder else Implied(line)))
        prefix = folder + "/" if folder else ""
        for name in files.context.absent:
            if name.startswith(prefix):
                files.absent[join(target, name[len(prefix) :])] = Copied(name, line, at, owner)
        for name, kind in files.context.entries.items():
            if name.startswith(prefix):
                files.put(join(target, name[len(prefix) :]), Entry(kind, Copied(name, line, at, owner)))
    for name in plan.files:
        path = join(target, basename(name)) if is_folder or files.is_folder(target) else target
        files.put(path, Entry(files.context.entries[name], Copied(name, line, at, owner, explicit=True)))


def _go_match(pattern: str) -> str:
    """Translate a pattern of Go's path/filepath.Match, which COPY sources are."""
    result: list[str] = []
    at = 0
    while at < len(pattern):
        character = pattern[at]
        end = pattern.find("]", at + 2) if character == "[" else -1
        if character == "*":
            result.append("[^/]*")
        elif character == "?":
            result.append("[^/]")
        elif end != -1:
            inner = pattern[at + 1 : end]
            negation = "^" if inner.startswith("^") else ""
            result.append(f"[{negation}{_escaped_class(inner.removeprefix('^'))}]")
            at = end
        elif character == "\\" and at + 1 < len(pattern):
            at += 1
            result.append(re.escape(pattern[at]))
        else:
            result.append(re.escape(character))
        at += 1
    return "".join(result)


def _escaped_class(inner: str) -> str:
    """Escape what means something else in a character class of Python's."""
    return "".join(f"\\{character}" if character in "[&~|^\\" else character for character in inner)
