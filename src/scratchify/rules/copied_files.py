"""
Carry what was copied and may be read at run time.

Templates, static files, migrations and configuration are read from disk, relative to the working directory. What the
program names comes along. Where it opens a path that only a run could tell, every copied file that could be meant and
is no source, test, documentation or build input does too, and the report says so.

Builders of today keep the owner of a file that is copied from another stage; older ones give it to root.

https://docs.docker.com/reference/dockerfile/#copy
https://github.com/containers/buildah/pull/2562
"""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from scratchify.analysis.candidates import Candidate
from scratchify.analysis.facts import Facts
from scratchify.analysis.regions import Region, regions
from scratchify.analysis.stage_files import Linked
from scratchify.decisions import (
    Collect,
    Decision,
    Example,
    Fetch,
    Finding,
    Refuse,
    Rule,
    gather_if_there,
    gather_link,
    without,
)
from scratchify.model import Build
from scratchify.model.state import ROOT_USERS, is_numeric

NAME = "copied-files"

_ODD = re.compile(r"""[$\\"'`]""")

MOST = 40
"""More lines of COPY than this no reviewer reads."""


def decide(build: Build, facts: Facts) -> Iterator[Decision]:
    start = facts.starts
    if not start:
        return
    found = [item for item in facts.carried if item.path != start.binary]
    if len(found) > MOST:
        line = found[0].origin.line
        why = f"{len(found)} files and folders may be read at run time; put them into folders of their own"
        yield Refuse(NAME, Finding(None, line, why))
        return
    for item in found:
        yield _carried(facts, item)
    for region in regions(facts):
        yield _whole(facts, region)


def _whole(facts: Facts, region: Region) -> Decision:
    if region.mixed:
        why = f"{region.what.why}, where {region.mixed} lie too: what is new is not known; use a folder of its own"
        return Refuse(NAME, Finding(None, region.what.line, why))
    because = Finding(None, region.what.line, f"{region.what.why}: what lies there may be read at run time")
    dropped = [one.path for one in facts.choices.drop if one.path.startswith(region.folder + "/")]
    shell = gather_if_there(region.folder, "cp -a", facts.given_to) + without(dropped)
    return Collect(NAME, because, shell, (region.folder,))


def _carried(facts: Facts, item: Candidate) -> Decision:
    origin = item.origin
    what = f"the folder {item.path}" if item.is_folder else item.path
    because = Finding(None, origin.line, f"puts {what} into the image, which may be read at run time")
    if item.because and item.because.place.path:
        place = item.because.place
        because = Finding(PurePosixPath(place.path), place.line, f"{item.because.how} {item.because.path}")
    elif item.because:
        because = Finding(None, item.because.place.line, f"{item.because.how} {item.because.path}")
    if item.absent or item.is_link or item.as_it_is or _ODD.search(item.path):
        # COPY fails where a file is missing, puts the content of a linked folder where the link should be, reads some
        # characters in its own way, and makes a folder anew
        return Collect(NAME, because, _gathered(item, facts.given_to), (item.path,))
    owner = facts.given_to or _owner(item)
    if owner and not is_numeric(owner) and facts.knows_owner(owner):
        return Collect(NAME, because, _gathered(item, None), (item.path,))
    if owner and not is_numeric(owner):
        why = f"the folder {item.path} belongs to {owner}; write the owner as numbers"
        return Refuse(NAME, Finding(None, origin.line, why))
    return Fetch(NAME, because, item.path, item.path, is_folder=item.is_folder, owner=owner, at=origin.at)


def _gathered(item: Candidate, owner: str | None) -> str:
    if isinstance(item.origin, Linked):
        # what the distribution has at its end would not come along otherwise
        leads_away = item.origin.target.startswith(("/usr/", "/etc/", "/lib/"))
        target = f" && {gather_if_there(item.origin.target, 'cp -RL')}" if leads_away else ""
        return gather_link(item.path) + target
    return gather_if_there(item.path, "cp -RL" if item.is_link else "cp -a", owner)


def _owner(item: Candidate) -> str | None:
    if item.owner:
        return item.owner if is_numeric(item.owner) and item.owner not in ROOT_USERS else None
    owner = None if isinstance(item.origin, Linked) else item.origin.owner
    if owner is None or owner.text in ROOT_USERS:
        return None
    # without --chown a folder is made root's, but most builders let a file keep its owner
    is_kept = not item.is_folder and (owner.is_chosen or not is_numeric(owner.text))
    return None if is_kept else owner.text


RULE = Rule(
    name=NAME,
    summary="carry what was copied and may be read at run time",
    decide=decide,
    example=Example(
        files={
            "go.mod": "module example.com/app\n",
            "main.go": 'package main\n\nimport "os"\n\nfunc main() { os.ReadFile("rules.json") }\n',
            "rules.json": "{}\n",
            "README.md": "# app\n",
        },
        before="""\
FROM golang:1.22
WORKDIR /app
COPY . .
RUN CGO_ENABLED=0 go build
ENTRYPOINT ["./app"]
""",
        after="""\
FROM golang:1.22 AS build
WORKDIR /app
COPY . .
RUN CGO_ENABLED=0 go build
RUN mkdir -p /rootfs/tmp && chmod a=rwx,+t /rootfs/tmp

FROM scratch
COPY --from=build /rootfs/ /
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /usr/share/zoneinfo /usr/share/zoneinfo
WORKDIR /app
COPY --from=build /app/rules.json /app/rules.json
COPY --from=build /app/app /app/app
ENTRYPOINT ["/app/app"]
""",
    ),
)
