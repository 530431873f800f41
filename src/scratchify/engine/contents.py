"""What lies in the result's image: whether there is a reason for it, and what the image cannot do without."""

from collections import Counter
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from scratchify.decisions import Assume, Provide
from scratchify.engine.comparison import Comparison
from scratchify.engine.image_files import Entry, Listing, unexplained, unwanted
from scratchify.outcome import Rewritten

SCRATCH = "scratch"

_OF_PACKAGES = ("bin/", "etc/", "lib/", "lib64/", "opt/", "run/", "sbin/", "usr/", "var/")

_OF_DOCUMENTATION = "usr/share/doc/"
"""Where packages have examples, in Go too."""

MOST_NAMED = 10
"""Files that a comparison names; of more it says how many."""


@dataclass(frozen=True, slots=True)
class Limit:
    """
    What no image of this program can do without, in bytes.

    `evidence` are the files that are there for a reason seen in the source or the Dockerfile; files that are only
    assumed to be read are no part of it. `base` is what the base image holds, with the packages that are installed
    in it.
    """

    binary: int
    certificates: int
    zone_data: int
    evidence: int
    strippable: int
    base: int = 0

    @property
    def total(self) -> int:
        return self.binary + self.certificates + self.zone_data + self.evidence + self.base


def limit_of(outcome: Rewritten, listing: Listing) -> Limit:
    """Return what no image of this program can do without."""
    assumed = {decision.rule for decision in outcome.decisions if isinstance(decision, Assume)}
    program = outcome.final_stage.binary.strip("/")
    rules = {file.target.strip("/"): file.rule for file in outcome.final_stage.files} | {program: ""}
    sizes: Counter[str] = Counter()
    base = 0
    for path, entry in listing.entries.items():
        # the nearest counts: a binary in /tmp is no part of the /tmp that is made
        owner = next((up for up in (path, *map(str, PurePosixPath(path).parents)) if up in rules), None)
        if owner is not None and rules[owner] not in assumed:
            sizes[rules[owner]] += entry.size
        elif owner is None and outcome.final_stage.base != SCRATCH:
            base += entry.size
    certificates, zone_data, binary = sizes.pop("ca-certificates", 0), sizes.pop("time-zone-data", 0), sizes.pop("", 0)
    strippable = listing.binary.strippable if listing.binary else 0
    return Limit(binary, certificates, zone_data, sizes.total(), strippable, base)


def judge_files(outcome: Rewritten, listing: Listing, base: Container[str] = ()) -> Iterator[Comparison]:
    """
    Yield what is found in the final image's files; there is nothing of the original's to compare it with.

    `base` are the paths that the base image has, without the first slash.
    """
    expected, found = "statically linked", "no ELF file"
    if listing.binary:
        linker = listing.binary.interpreter
        found = f"asks for the dynamic linker {linker}" if linker else expected
        if linker and _has_linker(listing, linker):
            expected = found
    yield Comparison(outcome.final_stage.binary, expected, found, "same" if found == expected else "differs")
    targets = [file.target for file in outcome.final_stage.files] + [outcome.final_stage.binary]
    unknown = [path for path in unexplained(listing, targets) if path not in base]
    if installs_packages(outcome):
        # a package manager writes below these
        unknown = [path for path in unknown if not path.startswith(_OF_PACKAGES)]
        targets += [path for path in listing.entries if path.startswith(_OF_DOCUMENTATION)]
    for subject, paths in (
        ("source and toolchain in the result", [path for path in unwanted(listing, targets) if path not in base]),
        ("files without a reason in the result", unknown),
    ):
        yield Comparison(subject, "none", _named(paths), "differs" if paths else "same")


def installs_packages(outcome: Rewritten) -> bool:
    """Say whether the final stage runs a package manager, the only step that runs there."""
    return any(
        isinstance(one, Provide) and not one.in_build_stage and one.instruction.startswith("RUN ")
        for one in outcome.decisions
    )


def _has_linker(listing: Listing, linker: str) -> bool:
    """Say whether the image has a dynamic linker of that name: folders above it may be links."""
    name = PurePosixPath(linker).name
    return any(path.rpartition("/")[2] == name for path in listing.entries)


def compare_owners(
    result: Listing,
    original: Mapping[str, Entry],
    new: Container[str] = (),
    given_to: str | None = None,
    brought: Sequence[str] | None = None,
) -> Iterator[Comparison]:
    """
    Yield whether files have the owners and modes that they had.

    Folders are left out: those that COPY makes on its way are root's, and writable for nobody else, whatever they were;
    which of them a program writes to is for the rules to tell. `new` are paths that the original
    lacks on purpose, and `given_to` is the user, as numbers, that got files of root's on purpose. `brought` are those
    that were brought to a base that has files of its own.
    """
    if not original:
        return
    ours: list[str] = []
    theirs: list[str] = []
    given: list[str] = []
    for path, entry in result.entries.items():
        before = original.get(path)
        if entry.kind == "folder" or before == entry or f"/{path}" in new:
            continue
        if brought is not None and not any(f"/{path}/".startswith(f"{one}/") for one in brought):
            continue
        if (
            before
            and given_to == f"{entry.uid}:{entry.gid}"
            and before == replace(entry, uid=before.uid, gid=before.gid)
        ):
            given.append(f"/{path}")
            continue
        ours.append(f"{_described(before)} /{path}")
        theirs.append(f"{_described(entry)} /{path}")
    if given:
        yield Comparison("owner of files", "root", f"{given_to} {_first(given)}", "intended", "nonroot")
    if ours:
        yield Comparison("owners and modes of files", _first(ours), _first(theirs), "differs")
    else:
        yield Comparison("owners and modes of files", "as they were", "as they were", "same")


def _described(entry: Entry | None) -> str:
    return f"{entry.mode:04o} {entry.uid}:{entry.gid} {entry.kind}" if entry else "no"


def _first(lines: Sequence[str]) -> str:
    more = [f"and {len(lines) - MOST_NAMED} more"] if len(lines) > MOST_NAMED else []
    return "\n".join([*lines[:MOST_NAMED], *more])


def _named(paths: Sequence[str]) -> str:
    more = f" and {len(paths) - MOST_NAMED} more" if len(paths) > MOST_NAMED else ""
    return " ".join(f"/{path}" for path in paths[:MOST_NAMED]) + more if paths else "none"
