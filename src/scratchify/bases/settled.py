"""Decisions on one base: what it has is not brought along, and what it lacks of a distribution is installed."""

from collections.abc import Iterator, Sequence
from shlex import quote

from scratchify.analysis.facts import Facts
from scratchify.bases.rungs import Base
from scratchify.decisions import ROOTFS, Check, Collect, Decision, Fetch, Finding, Provide, Require

_DATABASE = ("/etc/passwd", "/etc/group")

_LINKED = ("/bin", "/sbin", "/lib", "/lib64", "/var/run", "/var/lock")
"""Folders that are links in Debian, and some of them in Alpine: a tree with real ones does not go over them."""

_MODES = (("/tmp", "a=rwx,+t"), ("/var/tmp", "a=rwx,+t"), ("/root", "700"))
"""Folders that a tree with something in them would give mode 0755."""

_NONROOT = (
    "echo 'nonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin' >> /rootfs/etc/passwd "
    "&& echo 'nonroot:x:65532:' >> /rootfs/etc/group"
)
"""The user that distroless images have beyond root and nobody."""

BEFORE_ALL = -4
PACKAGES = -3


def settle(
    decisions: Sequence[Decision], base: Base, packages: Sequence[tuple[str, Require]], facts: Facts
) -> tuple[Decision, ...]:
    """Return the decisions as they are on this base."""
    decisions = [one for one in decisions if not (isinstance(one, Check) and _is_needless(one, base, facts))]
    if base.step == "scratch":
        return tuple(decisions)
    made = creates_users(decisions, facts)
    kept = [one for one in decisions if not _is_there(one, base) and not (_is_database(one) and _has_users(base, made))]
    found = [*kept]
    if made and base.family:
        found += [Fetch(made.rule, made.because, path, path, at=BEFORE_ALL) for path in _DATABASE]
    elif made:
        found.append(Collect(made.rule, made.because, _NONROOT, _DATABASE))
    return (*found, *_modes(kept), *_installed(base, packages))


def _is_needless(check: Check, base: Base, facts: Facts) -> bool:
    """Say whether the base has what the check says must not be needed: the C library that the builder links against."""
    has = {"libc": bool(base.libc and facts.base and base.libc == facts.base.libc), "shell": base.has_shell}
    return has.get(check.unless, False)


def creates_users(decisions: Sequence[Decision], facts: Facts) -> Require | None:
    """Return what asks for users that the Dockerfile makes, None where nothing does, or it makes none."""
    if not facts.users and not facts.walked.groups:
        return None
    asking = next((one for one in decisions if _is_database(one)), None)
    return Require(asking.rule, asking.because, "users") if asking else None


def crosses_links(decisions: Sequence[Decision], base: Base) -> Iterator[tuple[Require, str]]:
    """Yield what would be laid over links of the base, as requirements that it does not meet."""
    for one in decisions if base.step != "scratch" else ():
        if isinstance(one, Collect) and not _is_there(one, base):
            for path in one.creates:
                if f"{path}/".startswith(tuple(f"{folder}/" for folder in _LINKED)):
                    need = Require(one.rule, one.because, "users", path)
                    yield need, f"{path} would be laid over a link of {base.image}; use another folder"


def _is_there(decision: Decision, base: Base) -> bool:
    match decision:
        case Collect(of_distribution=True, creates=paths):
            return base.holds.issuperset(paths)
        case Fetch(of_distribution=True, target=path):
            return path in base.holds
        case _:
            return False


def _is_database(decision: Decision) -> bool:
    return isinstance(decision, Collect) and bool(set(decision.creates) & set(_DATABASE))


def _has_users(base: Base, made: Require | None) -> bool:
    """Say whether the base's own database will do, or the builder's takes its place as a whole."""
    return made is None or bool(base.family)


def _modes(decisions: Sequence[Decision]) -> Iterator[Decision]:
    """BuildKit gives a folder that is there the mode that it has in the tree."""
    for folder, mode in _MODES:
        inside = next(
            (
                one
                for one in decisions
                if isinstance(one, Collect) and any(path.startswith(f"{folder}/") for path in one.creates)
            ),
            None,
        )
        if inside and not any(isinstance(one, Collect) and folder in one.creates for one in decisions):
            shell = f"if [ -d {ROOTFS}{folder} ]; then chmod {mode} {ROOTFS}{folder}; fi"
            yield Collect(inside.rule, inside.because, shell, ())


def _installed(base: Base, packages: Sequence[tuple[str, Require]]) -> Iterator[Decision]:
    if not packages:
        return
    names = " ".join(quote(name) for name, _ in packages)
    first = packages[0][1]
    because = Finding(
        first.because.path, first.because.line, "; ".join(dict.fromkeys(need.because.message for _, need in packages))
    )
    if base.family == "alpine":
        yield Provide(first.rule, because, f"RUN apk add --no-cache {names}", at=PACKAGES)
    else:
        command = f"apt-get update && apt-get install -y --no-install-recommends {names} && rm -rf /var/lib/apt/lists/*"
        yield Provide(first.rule, because, f"RUN {command}", at=PACKAGES)
