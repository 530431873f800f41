"""The images that a final stage may begin from, from the smallest to the fullest, for one builder."""

import re
from dataclasses import dataclass
from typing import Literal

from scratchify.analysis.facts import Facts
from scratchify.knowledge.distributions import debian_releases
from scratchify.model import ImageName
from scratchify.settings import Settings

Step = Literal["scratch", "distroless-static", "distroless-base", "distroless-cc", "alpine", "debian"]

STEPS: tuple[Step, ...] = ("scratch", "distroless-static", "distroless-base", "distroless-cc", "alpine", "debian")
"""What the steps of the ladder are called, where a setting replaces one; an image's usual name will do as well."""

ALPINE = "alpine:3.22"
"""For a static binary of any builder: Alpine's own release does not matter to it."""

_MOVING_ALPINE = "alpine:3"
"""Moves on as the builder's tag does, which names no release either."""

_LAST_BELOW = 24
"""The first Go 1.y whose images came with a newer Alpine than that one: https://github.com/docker-library/golang"""

_ALPINE_TAG = re.compile(r"(?:.*-)?alpine(3\.\d+)")

_ALPINE = frozenset(
    "/etc/alpine-release /etc/group /etc/nsswitch.conf /etc/os-release /etc/passwd /etc/services /root /tmp "
    "/usr/lib/os-release /var/lock /var/run".split()
)
"""Folders that are there as well, like /var/log, are made again all the same, which does no harm."""

_DEBIAN = frozenset(
    "/etc/debian_version /etc/group /etc/nsswitch.conf /etc/os-release /etc/passwd /home /media /mnt /opt /root /run "
    "/srv /tmp /usr/local /usr/lib/os-release /var /var/cache /var/lib /var/lock /var/log /var/run /var/tmp".split()
)

_DISTROLESS = frozenset(
    "/etc/debian_version /etc/group /etc/nsswitch.conf /etc/os-release /etc/passwd /etc/protocols /etc/services "
    "/etc/ssl/certs/ca-certificates.crt /home /root /run /tmp /usr/lib/os-release /usr/share/zoneinfo /var /var/cache "
    "/var/lib".split()
)
"""https://github.com/GoogleContainerTools/distroless/blob/main/base/README.md"""


@dataclass(frozen=True, slots=True)
class Base:
    """
    An image for the final stage.

    `family` is the distribution whose package manager and shell it has, empty where it has neither; `release` is that
    of Debian. `holds` are the paths of files and folders of the distribution that it has.
    """

    step: Step
    image: str
    libc: Literal["", "glibc", "musl"]
    family: Literal["", "alpine", "debian"] = ""
    release: str | None = None
    holds: frozenset[str] = frozenset()

    @property
    def has_shell(self) -> bool:
        return bool(self.family)


@dataclass(frozen=True, slots=True)
class Unavailable:
    """A step that this builder has no image for, and why."""

    step: Step
    why: str


def rungs(facts: Facts, settings: Settings) -> list[Base | Unavailable]:
    """Return the steps that may be taken, the smallest first."""
    every = (Base("scratch", "scratch", ""), *_distroless(facts, settings), _alpine(facts), _debian(facts))
    allowed = (rung for rung in every if settings.base in ("auto", rung.step.partition("-")[0]))
    return [_replaced(rung, settings) for rung in allowed]


def _replaced(rung: Base | Unavailable, settings: Settings) -> Base | Unavailable:
    if isinstance(rung, Unavailable):
        return rung
    own = dict(settings.bases)
    image = own.get(rung.step) or own.get(rung.image)
    if image is None:
        return rung
    return Base(rung.step, image, rung.libc, rung.family, rung.release, rung.holds)


def _distroless(facts: Facts, settings: Settings) -> list[Base | Unavailable]:
    release = debian_releases().get(_release(facts) or "")
    newest = max(debian_releases().values(), key=lambda one: one.version)
    # what is linked statically gains nothing from it, and is there for who wants distroless images alone
    static = release or newest
    image = f"gcr.io/distroless/static-debian{static.distroless}"
    found: list[Base | Unavailable] = []
    if settings.base == "distroless":
        found.append(Base("distroless-static", image, "", "", static.name, _DISTROLESS))
    for step in ("distroless-base", "distroless-cc"):
        kind: Step = "distroless-base" if step == "distroless-base" else "distroless-cc"
        if release is None:
            found.append(Unavailable(kind, _no_release(facts)))
        else:
            image = f"gcr.io/{step.replace('-', '/')}-debian{release.distroless}"
            found.append(Base(kind, image, "glibc", "", release.name, _DISTROLESS))
    return found


def _alpine(facts: Facts) -> Base:
    tag = ImageName.parse(facts.image).tag
    named = _ALPINE_TAG.fullmatch(tag)
    is_alpine = facts.base is not None and facts.base.family == "alpine"
    image = ALPINE
    if is_alpine and tag == "edge":
        image = "alpine:edge"
    elif is_alpine and named:
        image = f"alpine:{named[1]}"
    elif is_alpine and facts.base and not facts.base.go and re.fullmatch(r"3\.\d+(\.\d+)?", tag):
        image = f"alpine:{'.'.join(tag.split('.')[:2])}"
    elif is_alpine and (facts.go_minor is None or facts.go_minor >= _LAST_BELOW):
        image = _MOVING_ALPINE
    return Base("alpine", image, "musl", "alpine", None, _ALPINE)


def _debian(facts: Facts) -> Base | Unavailable:
    release = _release(facts)
    if release is None and facts.base and facts.base.libc == "musl":
        # only what is static can come here
        release = max(debian_releases().values(), key=lambda one: one.version).name
    if release not in debian_releases():
        return Unavailable("debian", _no_release(facts))
    return Base("debian", f"debian:{release}-slim", "glibc", "debian", release, _DEBIAN)


def _release(facts: Facts) -> str | None:
    return facts.base.release if facts.base and facts.base.family == "debian" else None


def _no_release(facts: Facts) -> str:
    family = facts.base.family if facts.base else "other"
    if facts.base and not facts.base.go and family not in ("alpine", "debian"):
        return f"{facts.image} is no Debian whose release a final stage could follow; build on golang:1.27-bookworm"
    return (
        f"which release of Debian {facts.image} is, that the final stage must not be older than, is not known; name it "
        "in the tag, like golang:1.27-bookworm"
    )
