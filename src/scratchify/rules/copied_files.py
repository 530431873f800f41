"""
Carry what was copied and may be read at run time.

Templates, static files, migrations and configuration are read from disk, relative to the working directory. What the
program reads is not analysed yet: every copied file that is not source, a test, documentation or build input comes
along, and the report says so.

Builders of today keep the owner of a file that is copied from another stage; older ones give it to root.

https://docs.docker.com/reference/dockerfile/#copy
https://github.com/containers/buildah/pull/2562
"""

import re
from collections.abc import Iterator

from scratchify.analysis.candidates import Candidate
from scratchify.analysis.facts import Facts
from scratchify.analysis.launch import Launch
from scratchify.decisions import Assume, Collect, Decision, Example, Fetch, Finding, Refuse, Rule, gather_if_there
from scratchify.model import Build
from scratchify.model.state import ROOT_USERS, is_numeric

NAME = "copied-files"

_ODD = re.compile(r"""[$\\"'`]""")

MOST = 40
"""More lines of COPY than this no reviewer reads."""


def decide(build: Build, facts: Facts) -> Iterator[Decision]:
    if not isinstance(facts.launch, Launch):
        return
    found = [item for item in facts.carried if item.path != facts.launch.binary]
    if len(found) > MOST:
        line = found[0].origin.line
        why = f"{len(found)} files and folders may be read at run time; put them into folders of their own"
        yield Refuse(NAME, Finding(None, line, why))
        return
    for item in found:
        yield _carried(item)
    if found:
        count = (
            "1 copied file or folder that is" if len(found) == 1 else f"{len(found)} copied files and folders that are"
        )
        why = f"what the program reads is not analysed; carries {count} neither source nor build input"
        yield Assume(NAME, Finding(None, found[0].origin.line, why))


def _carried(item: Candidate) -> Decision:
    origin = item.origin
    what = f"the folder {item.path}" if item.is_folder else item.path
    because = Finding(None, origin.line, f"puts {what} into the image, which may be read at run time")
    if item.absent or item.is_link or _ODD.search(item.path):
        # COPY fails where a file is missing, puts the content of a linked folder where the link should be, and reads
        # some characters in its own way
        shell = gather_if_there(item.path, "cp -RL" if item.is_link else "cp -a")
        return Collect(NAME, because, shell, (item.path,))
    owner = _owner(item)
    if owner and not is_numeric(owner):
        why = f"the folder {item.path} belongs to {owner}; write the owner as numbers"
        return Refuse(NAME, Finding(None, origin.line, why))
    return Fetch(NAME, because, item.path, item.path, is_folder=item.is_folder, owner=owner, at=origin.at)


def _owner(item: Candidate) -> str | None:
    owner = item.origin.owner
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
