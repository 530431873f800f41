"""
The fewest files and folders that stand for what is carried: a folder where all in it comes along.

https://docs.docker.com/reference/dockerfile/#copy---from
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from scratchify.analysis.named_paths import NamedPath
from scratchify.analysis.stage_files import BASE_FOLDERS, Copied, Entry, Linked, Origin, StageFiles, Written

MOST = 40
"""More lines of COPY than this no reviewer reads."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """
    A file, or a folder that holds nothing else than candidates; `absent`: the build stage may lack it.

    `owner` is whom chown gave it to. `as_it_is`: it has owners or modes in it that COPY does not say. `because` is the
    path that the program names, None where only a computed path may mean it. `size` counts what came by COPY, in bytes.
    """

    path: str
    is_folder: bool
    origin: Copied | Written | Linked
    absent: bool
    is_link: bool = False
    owner: str = ""
    as_it_is: bool = False
    because: NamedPath | None = None
    guessed: int = 0
    size: int = 0


def largest(
    files: StageFiles, wanted: Mapping[str, NamedPath | None], with_go: frozenset[str], folder: str = "/"
) -> Iterator[Candidate]:
    """
    Yield files, and folders for what is wanted in them as a whole, in order of their paths.

    `wanted` has the path that the program names for each; `with_go` are the folders of the context with Go files.
    """
    for path in files.below(folder):
        entry = files.entries[path]
        if entry.kind != "folder":
            if path in wanted and isinstance(entry.origin, Copied | Written | Linked):
                is_guessed = wanted[path] is None and not is_meant_by_dockerfile(entry, with_go)
                yield Candidate(
                    path=path,
                    is_folder=False,
                    origin=entry.origin,
                    absent=_may_be_absent(files, entry),
                    is_link=entry.kind == "link",
                    owner=entry.owner,
                    because=wanted[path],
                    guessed=int(is_guessed),
                    size=_size(files, entry) if is_guessed else 0,
                )
            continue
        inside = list(files.files_below(path))
        is_whole = (
            isinstance(entry.origin, Copied)
            and bool(inside)
            and path not in BASE_FOLDERS
            and all(_is_like(entry.origin, found) and below in wanted for below, found in inside)
            and not any(_may_be_absent(files, found) for _, found in inside)
        )
        if is_whole and isinstance(entry.origin, Copied):
            folders = [entry, *(found for _, found in files.tree(path) if found.kind == "folder")]
            as_it_is = any(one.owner or one.mode for one in folders)
            unnamed = [found for below, found in inside if wanted[below] is None]
            guesses = [found for found in unnamed if not is_meant_by_dockerfile(found, with_go)]
            yield Candidate(
                path=path,
                is_folder=True,
                origin=entry.origin,
                absent=False,
                as_it_is=as_it_is,
                because=next((wanted[below] for below, _ in inside if wanted[below]), None),
                guessed=len(guesses),
                size=sum(_size(files, found) for found in guesses),
            )
        elif inside:
            yield from largest(files, wanted, with_go, path)


def _size(files: StageFiles, entry: Entry) -> int:
    return files.context.size_of(entry.origin.path) if isinstance(entry.origin, Copied) else 0


def _is_like(folder: Origin, inside: Entry) -> bool:
    """Say whether an entry may come along with its folder: its owner is the same, and it is no link out of it."""
    same_owner = (
        isinstance(folder, Copied) and isinstance(inside.origin, Copied) and inside.origin.owner == folder.owner
    )
    return same_owner and inside.kind != "link"


def _may_be_absent(files: StageFiles, entry: Entry) -> bool:
    if entry.is_optional:
        return True
    return isinstance(entry.origin, Copied) and files.context.may_be_absent(entry.origin.path)


def is_meant_by_dockerfile(entry: Entry, with_go: frozenset[str]) -> bool:
    """Say whether the Dockerfile made a file, or copied it by its name or with a folder that has no source in it."""
    origin = entry.origin
    if not isinstance(origin, Copied) or origin.explicit:
        return True
    return bool(origin.folder) and origin.folder not in with_go
