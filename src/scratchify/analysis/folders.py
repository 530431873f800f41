"""
Which folders the running program needs although nothing in them is carried.

https://pkg.go.dev/os#OpenFile
"""

from collections.abc import Iterator
from pathlib import PurePosixPath
from posixpath import basename, dirname, join

from scratchify.analysis.facts import Facts
from scratchify.analysis.named_paths import NamedPath, named_paths
from scratchify.analysis.stage_files import BASE_FOLDERS, Copied, Entry
from scratchify.model.state import ROOT_USERS

NeededFolder = tuple[str, PurePosixPath | None, int, str]
"""A path, and where and why it is needed: file (None for the Dockerfile), line, and in words."""

_PROVIDED = tuple(
    "/tmp /proc /sys /dev /bin /sbin /lib /boot /etc /go /usr/bin /usr/lib /usr/share /usr/local/bin /usr/local/go "
    "/usr/local/sbin /usr/sbin".split()
)
"""The kernel's, the temporary directory's own rule, and what belongs to the distribution and the toolchain."""


def needed_folders(facts: Facts) -> Iterator[NeededFolder]:
    """Yield each folder once, with the first reason for it."""
    missing = (
        one
        for one in (*_made(facts), *_emptied(facts), *_named(facts))
        if not facts.is_dropped(one[0])
        and (not _is_there(facts, one[0]) or (_is_marked(facts, one[0]) and not _is_whole(facts, one[0])))
    )
    needed: dict[str, NeededFolder] = {}
    for one in (*missing, *_owned(facts)):
        needed.setdefault(one[0], one)
    for path, one in needed.items():
        # the folders above come with the first below
        is_above = any(other.startswith(path.rstrip("/") + "/") for other in needed)
        if not is_above or _is_marked(facts, path):
            yield one


def _made(facts: Facts) -> Iterator[NeededFolder]:
    """Folders that mkdir and WORKDIR made, but for those that the source lies in."""
    source = facts.main.package if facts.main else None
    for made in facts.folders:
        if source != made.path and not (source or "").startswith(made.path.rstrip("/") + "/"):
            yield made.path, None, made.line, f"makes {made.path}, which the program may write to"


def _emptied(facts: Facts) -> Iterator[NeededFolder]:
    """
    Copied folders with no Go package in them, of which nothing is carried: .gitignore keeps many an empty one.

    One with data in it that is left behind is none that the program needs: what it opens there would come along.
    """
    knows = facts.reads is not None
    for path, entry in facts.files.entries.items():
        if entry.kind != "folder" or not isinstance(entry.origin, Copied) or facts.is_left_out(entry.origin.path):
            continue
        inside = [*facts.files.files_below(path)]
        has_source = any(below.endswith(".go") for below, _ in inside)
        has_data = any(_is_data(facts, one) for _, one in inside)
        if knows and has_data:
            continue
        if not has_data and any(_is_build_input(facts, one) for _, one in inside):
            continue
        if not has_source and not _is_embedded(facts, path):
            yield path, None, entry.origin.line, f"copies the folder {path}"


def _is_data(facts: Facts, entry: Entry) -> bool:
    return isinstance(entry.origin, Copied) and not facts.is_left_out(entry.origin.path)


def _is_build_input(facts: Facts, entry: Entry) -> bool:
    """Say whether a file is there for the build, and not to keep a folder that git would leave out."""
    if not isinstance(entry.origin, Copied) or not facts.is_left_out(entry.origin.path):
        return False
    return not basename(entry.origin.path).startswith((".git", ".keep"))


def _owned(facts: Facts) -> Iterator[NeededFolder]:
    """Folders that COPY --chown gave to the user that the program runs as: COPY --from would give them to root."""
    if facts.end.user in ROOT_USERS:
        return
    for owned in facts.owned:
        inside = (path for path in facts.files.entries if path.startswith(owned.path.rstrip("/") + "/"))
        for path in (owned.path, *inside):
            origin = facts.files.entries[path].origin if path in facts.files.entries else None
            has_source = any(below.endswith(".go") for below in facts.files.below(path)) and path != facts.end.workdir
            is_meant = path == owned.path or (isinstance(origin, Copied) and not facts.is_left_out(origin.path))
            is_whole = _is_whole(facts, path)
            if facts.files.is_folder(path) and path not in BASE_FOLDERS and is_meant and not (has_source or is_whole):
                yield path, None, owned.line, f"gives {path} to {owned.owner}"


def _is_marked(facts: Facts, path: str) -> bool:
    """Say whether a folder has an owner or a mode that a new one would not have."""
    return bool(facts.mode_of(path)) or facts.owner_of(path) not in ROOT_USERS


def _is_whole(facts: Facts, path: str) -> bool:
    """Say whether a folder comes along with a folder that is carried as it is."""
    whole = (item.path for item in facts.carried if item.is_folder and not item.absent)
    return any(path == one or path.startswith(one + "/") for one in whole)


def _named(facts: Facts) -> Iterator[NeededFolder]:
    """Folders that hold a file that the program, its command or a variable names, or that they name themselves."""
    for text, line in facts.words_at_start():
        value = text.rpartition("=")[2]
        if value.startswith("/"):
            why = f"names {value}, which the program may write to"
            folders = (folder for folder in (value, dirname(value)) if folder != "/" and _is_folder(facts, folder, ""))
            yield from ((folder, None, line, why) for folder in folders)
    first: dict[str, NamedPath] = {}
    for named in named_paths(facts.program, facts.end) if facts.program else ():
        first.setdefault(named.path, named)
    seen: set[str] = set()
    for named in first.values():
        place = named.place
        why = f"names {named.path}, which it may write to"
        for folder in (named.path, dirname(named.path)):
            if folder in seen or not facts.files.is_folder(folder):
                continue
            if folder != named.path:
                seen.add(folder)
            if _is_folder(facts, folder, named.path) and not _is_embedded(facts, folder):
                yield folder, PurePosixPath(place.path), place.line, why


def _is_embedded(facts: Facts, folder: str) -> bool:
    """Say whether a folder is compiled into the program, so that its name means a path in there."""
    patterns = (
        join(dirname(file.path), embed.pattern)
        for file in (facts.program.files if facts.program else ())
        for embed in file.embeds
    )
    return any(one == folder or one.startswith(folder + "/") or folder.startswith(one + "/") for one in patterns)


def _is_folder(facts: Facts, folder: str, path: str) -> bool:
    """Say whether a folder of the image is meant, and not a word that a source folder has as its name, or a route."""
    if folder in BASE_FOLDERS:
        # "/home" alone is a route more often than a folder
        return folder != path and path not in BASE_FOLDERS and folder != "/"
    has_source = any(below.endswith(".go") for below in facts.files.below(folder))
    entry = facts.files.entries.get(folder)
    if entry and isinstance(entry.origin, Copied) and facts.is_left_out(entry.origin.path):
        return False
    region = facts.files.unlisted_at(folder)
    if region and (region.is_toolchain or region.is_source):
        return False
    return facts.files.is_folder(folder) and (folder != path or not has_source)


def _is_there(facts: Facts, path: str) -> bool:
    """Say whether the final stage has the folder anyway."""
    workdir = facts.end.workdir
    is_provided = path in _PROVIDED or path.startswith(("/proc/", "/sys/", "/dev/", "/usr/local/go/"))
    if path == "/" or is_provided or workdir == path or workdir.startswith(path + "/"):
        return True
    carried = [item.path for item in facts.carried if not item.absent]
    if facts.starts:
        carried.append(facts.starts.binary)
    return any(one == path or one.startswith(path + "/") or path.startswith(one + "/") for one in carried)
