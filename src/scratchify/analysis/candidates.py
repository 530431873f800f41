"""
Which files of the build stage a running program may read.

What the program is known to open comes along, and what its words name. Where it may open a path that is not known, so
does everything that this path could be: no source, tests, documentation or build input, by a table of names, and
nothing that is embedded. What the Dockerfile makes itself, or copies by name, was meant for the program.
"""

from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import lru_cache
from posixpath import basename, dirname, join, normpath, relpath

from scratchify.analysis.chosen_paths import ChosenPath
from scratchify.analysis.file_reads import FileReads
from scratchify.analysis.go_program import GoProgram
from scratchify.analysis.largest_folders import MOST, is_meant_by_dockerfile, largest
from scratchify.analysis.largest_folders import Candidate as Candidate
from scratchify.analysis.named_paths import NamedPath
from scratchify.analysis.stage_files import (
    Built,
    Copied,
    Entry,
    Implied,
    Linked,
    StageFiles,
    Written,
)
from scratchify.knowledge.names import build_input

_SYSTEM = tuple(
    f"{folder}/"
    for folder in "/bin /boot /dev /etc/apk /etc/apt /etc/ssl /go/bin /go/pkg /go/src /lib /lib64 /proc /root/.cache "
    "/root/.config /root/.npm /root/.ssh /run /sbin /sys /tmp /usr/bin /usr/include /usr/lib /usr/local/bin "
    "/usr/local/go /usr/local/include /usr/local/lib /usr/local/sbin /usr/sbin /usr/src /var/cache /var/lib/apt "
    "/var/lib/dpkg /var/tmp".split()
)
"""Where commands put what the build needs: programs, libraries, caches. What is copied there counts all the same."""

_LEFTOVERS = tuple(".a .bak .cov .coverprofile .exe .log .o .orig .out .pid .prof .so .swp .test .tmp .zip".split())
"""Endings of what builds, tests and editors leave behind."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """
    What is known of the paths that a program opens: `reads` are those of its calls, `mentioned` whatever else it names.

    `reads` is None where there is no source to tell.
    """

    reads: FileReads | None
    mentioned: tuple[NamedPath, ...]

    def may_mean(self, path: str) -> bool:
        """Say whether a path that is computed may be this one."""
        return self.reads is None or any(path.startswith(one.beginning) for one in self.reads.computed)


def candidates(
    files: StageFiles,
    program: GoProgram | None,
    evidence: Evidence,
    left_out: frozenset[str],
    dropped: tuple[ChosenPath, ...] = (),
) -> Iterator[Candidate]:
    """
    Yield the files and folders that a program may read, in order of their paths; folders stand for all in them.

    `left_out` are the build inputs, `dropped` what the user does not want.
    """
    embedded = frozenset(_embedded(files, program)) if program else frozenset()
    left_out = left_out | _secrets(files)
    with_go = _folders_with_go(files)
    named = _named(files, program, evidence, left_out, embedded)
    wanted = {
        path: named.get(path)
        for path, entry in files.entries.items()
        if path in named
        or (
            path not in embedded
            and _may_be_read(path, entry, left_out, files)
            and (is_meant_by_dockerfile(entry, with_go) or evidence.may_mean(path))
        )
    }
    wanted = {path: named for path, named in wanted.items() if not any(one.holds(path) for one in dropped)}
    found = [*largest(files, wanted, with_go)]
    if len(found) > MOST:
        # folders of a front end are full of what comes with its packages: no reviewer wants them file by file
        harmless = {
            path for path in left_out if build_input(basename(path), is_folder=False) not in ("secret", "source")
        }
        found = [*largest(files, wanted | _along(files, wanted, harmless, with_go), with_go)]
    yield from found
    for path, origin in files.absent.items():
        if any(one.holds(path) for one in dropped):
            continue
        because = next((one for one in _all(evidence) if one.matches(path)), None)
        is_likely = because is not None or evidence.may_mean(path) or origin.explicit
        if path not in files.entries and _is_data(basename(path)) and is_likely:
            yield Candidate(path, False, origin, absent=True, because=because, guessed=int(because is None))

    beside: dict[str, Copied | None] = {}
    for one in evidence.reads.named if evidence.reads else ():
        origin_of = _ignored(files, one, beside)
        if origin_of and one.path not in files.absent and not any(chosen.holds(one.path) for chosen in dropped):
            yield Candidate(one.path, False, origin_of, absent=True, because=one)
    for one in evidence.mentioned:
        is_hidden = one.path not in files.entries and files.may_be_folder(one.path)  # in a context that is not at hand
        if is_hidden and _is_data(basename(one.path)) and not any(chosen.holds(one.path) for chosen in dropped):
            yield Candidate(one.path, False, Copied(one.path, one.place.line, 0), absent=True, because=one)


def _along(
    files: StageFiles, wanted: Mapping[str, NamedPath | None], harmless: Set[str], with_go: frozenset[str]
) -> dict[str, NamedPath | None]:
    """Return what may come along with data that it lies among, in folders where nothing is compiled."""
    folders = {folder for path in wanted for folder in _with_parents(dirname(path)[1:])}
    found: dict[str, NamedPath | None] = {}
    for path, entry in files.entries.items():
        origin = entry.origin
        if entry.kind != "file" or not isinstance(origin, Copied) or origin.path not in harmless or path in wanted:
            continue
        at = dirname(origin.path)
        is_among_data = dirname(path)[1:] in folders and at and not any(one in with_go for one in _with_parents(at))
        if is_among_data and not _is_secret(path):
            found[path] = None
    return found


def _ignored(files: StageFiles, named: NamedPath, beside: dict[str, Copied | None]) -> Copied | None:
    """
    Return where a path comes from that git ignores: whoever builds the image has made it before, or not.

    `beside` remembers for each folder where what lies in it comes from: many paths lie in few folders.
    """
    if named.is_pattern or named.path in files.entries:
        return None
    above = dirname(named.path)
    while above != "/" and above not in files.children:
        above = dirname(above)
    if above not in beside:
        origins = (files.entries[path].origin for path in files.below(above))
        beside[above] = next((one for one in origins if isinstance(one, Copied) and not one.explicit), None)
    origin = beside[above]
    path = join(dirname(origin.path), relpath(named.path, above)) if origin else ""
    return replace(origin, path=path) if origin and files.context.may_be_absent(path) else None


def _all(evidence: Evidence) -> Iterator[NamedPath]:
    yield from evidence.reads.named if evidence.reads else ()
    yield from evidence.mentioned


def _named(
    files: StageFiles,
    program: GoProgram | None,
    evidence: Evidence,
    left_out: frozenset[str],
    embedded: frozenset[str],
) -> dict[str, NamedPath]:
    """Return the files that the program names, each with the first place that does, and the folders above them."""
    sources = frozenset(dirname(file.path) for file in program.files) if program else frozenset()
    found: dict[str, NamedPath] = {}
    # a path that leads to nothing may have been misunderstood, or be there at run time alone
    is_complete = evidence.reads is not None and evidence.reads.is_complete
    for read in evidence.reads.named if evidence.reads else ():
        covered = [*_covered(files, read)]
        is_complete = is_complete and bool(covered)
        for path, entry in covered:
            if not isinstance(entry.origin, Copied) or _is_meant(read, path, entry.origin, sources, left_out):
                found.setdefault(path, read)
    for one in {one.path: one for one in reversed(evidence.mentioned)}.values():
        if is_complete and files.is_folder(one.path):
            continue  # what it opens in there is known
        has_source = None
        for path, entry in _covered(files, one):
            if has_source is None:
                has_source = any(below.endswith(".go") for below, _ in files.files_below(files.resolve(one.path)))
            if not has_source and path not in embedded and _may_be_read(path, entry, left_out, files):
                found.setdefault(path, one)
    return found


def _covered(files: StageFiles, named: NamedPath) -> Iterator[tuple[str, Entry]]:
    """Yield what a path names, the links on the way to it, and, for a folder, everything in it."""
    if named.is_pattern:
        matched = [*_matching(files, "/", named.path.strip("/").split("/"))]
    else:
        at = named.path
        while at != "/":
            if (entry := files.entries.get(at)) and entry.kind == "link":
                yield at, entry
            at = dirname(at)
        matched = [files.resolve(named.path)]
    for path in matched:
        if path in files.entries:
            yield path, files.entries[path]
        if path != "/" and files.is_folder(path):
            yield from files.tree(path)


def _matching(files: StageFiles, folder: str, elements: list[str]) -> Iterator[str]:
    """Yield what a pattern matches below a folder, element by element as path/filepath does; `**` is any depth."""
    element, *more = elements
    if not any(mark in element for mark in "*?["):
        found = [files.resolve(join(folder, element))]
    elif element == "**":
        found = [folder, *(path for path, _ in files.tree(folder))]
    else:
        found = [path for path in files.below(folder) if fnmatchcase(basename(path), element)]
    for path in found:
        if more and files.is_folder(path):
            yield from _matching(files, path, more)
        elif not more and path in files.entries:
            yield path


def _is_meant(read: NamedPath, path: str, origin: Copied, sources: frozenset[str], left_out: frozenset[str]) -> bool:
    """
    Say whether a file is one that a call reads.

    A call that opens a folder with the program's own source in it, like os.DirFS("."), means the data there.
    """
    folder = read.path.rstrip("/") + "/"
    is_source = any(f"{source}/".startswith(folder) for source in sources)
    return not (is_source and path.startswith(folder)) or origin.path not in left_out


def _folders_with_go(files: StageFiles) -> frozenset[str]:
    """Return the folders of the build context that hold Go files, at whatever depth."""
    entries = files.context.entries
    return frozenset(folder for path in entries if path.endswith(".go") for folder in _with_parents(dirname(path)))


def _is_data(name: str) -> bool:
    """Say whether a file that only git's ignore list names is one that a program may read."""
    has_ending = "." in name[1:] or name == ".env"
    return has_ending and not name.endswith(_LEFTOVERS) and build_input(name, is_folder=False) is None


def _may_be_read(path: str, entry: Entry, left_out: frozenset[str], files: StageFiles) -> bool:
    name = basename(path)
    if _is_secret(path):
        return False
    match entry.origin:
        case Built() | Implied():
            return False
        case Linked(target=target):
            return not is_of_the_system(path) and not is_of_the_system(normpath(join(dirname(path), target)))
        case Written(how="", is_program=False):
            return build_input(name, is_folder=False) is None
        case Written(is_program=is_program):
            is_build_input = build_input(name, is_folder=False) is not None
            is_leftover = is_program or is_build_input or name.endswith(_LEFTOVERS)
            return not (is_leftover or is_of_the_system(path)) and files.unlisted_at(path) is None
        case Copied(path=path) as origin:
            return path not in left_out or (origin.explicit and build_input(name, is_folder=False) == "documentation")


def _is_secret(path: str) -> bool:
    folder, _, name = path.rpartition("/")
    return build_input(name, is_folder=True) == "secret" or _lies_in_secret(folder)


@lru_cache(maxsize=1000)
def _lies_in_secret(folder: str) -> bool:
    """Many files lie in few folders."""
    return any(build_input(element, is_folder=True) == "secret" for element in folder.split("/"))


def _secrets(files: StageFiles) -> frozenset[str]:
    """Return the files of the build context that are copied to where credentials lie, whatever they are called."""
    return frozenset(
        entry.origin.path
        for path, entry in files.entries.items()
        if isinstance(entry.origin, Copied) and entry.kind != "folder" and _is_secret(path)
    )


def is_of_the_system(path: str) -> bool:
    """Say whether a path lies where programs, libraries, caches and the toolchain are."""
    return path.startswith(_SYSTEM)


def build_inputs(files: StageFiles, scripts: frozenset[str]) -> frozenset[str]:
    """
    Return the paths of the build context that no running program reads; what is in such a folder is one too.

    `scripts` are those that the build itself runs; a folder that holds nothing else is one as well.
    """
    entries = files.context.entries
    with_go = _folders_with_go(files)
    found: set[str] = set()
    for path in sorted(entries):  # a folder comes before what is in it
        is_folder = entries[path] == "folder"
        is_input = build_input(basename(path), is_folder=is_folder) is not None
        # static/vendor/bootstrap is data: Go's own vendor folder has Go files in it, and says of which modules
        is_data = basename(path) == "vendor" and path not in with_go and f"{path}/modules.txt" not in entries
        if dirname(path) in found or (is_input and not is_data):
            found.add(path)
    found |= scripts
    for folder in {dirname(path) for path in scripts} - {""}:
        inside = (path for path in entries if path.startswith(f"{folder}/") and entries[path] != "folder")
        if all(path in found for path in inside):
            found.add(folder)
    return frozenset(found)


def libraries(files: StageFiles, gopaths: Iterable[str], main: str) -> Iterator[str]:
    """
    Yield the paths of the build context that lie in GOPATH as other people's packages, whose data no program finds.

    Those are in folders like `src/github.com/name/repository`; `main` is the folder of the main package.
    """
    roots = [f"{join(path, 'src')}/" for path in gopaths]
    for path, entry in files.entries.items():
        root = next((one for one in roots if path.startswith(one)), None)
        if root is None or not isinstance(entry.origin, Copied):
            continue
        host, *rest = path[len(root) :].split("/")[:3]
        repository = f"{root}{'/'.join((host, *rest))}"
        if "." in host and len(rest) == 2 and not f"{main}/".startswith(f"{repository}/"):
            yield entry.origin.path


def _with_parents(path: str) -> Iterator[str]:
    while path:
        yield path
        path = dirname(path)


def _embedded(files: StageFiles, program: GoProgram) -> Iterator[str]:
    """Yield the files that `//go:embed` compiles into the binary."""
    for file in program.files:
        folder = dirname(file.path)
        for embed in file.embeds:
            prefix = join(folder, embed.pattern).rstrip("/")
            inside = files.files_below(folder)
            yield from (path for path, _ in inside if _matches(path, prefix))


def _matches(path: str, pattern: str) -> bool:
    """Say whether a path, or a folder above it, matches element by element."""
    parts, patterns = path.split("/"), pattern.split("/")
    return len(parts) >= len(patterns) and all(map(fnmatchcase, parts, patterns))
