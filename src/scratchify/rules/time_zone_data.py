"""
Give time.LoadLocation and TZ their zones.

Without the data LoadLocation fails, and TZ silently means UTC. Debian's images have /usr/share/zoneinfo. Alpine's have
not, and Debian 13 has dropped old names like US/Central; there a program finds its zones in the toolchain's own
zoneinfo.zip, at the path that is compiled into it, unless it was built with -trimpath.

https://pkg.go.dev/time#LoadLocation
"""

from collections.abc import Iterator

from scratchify.analysis.evidence import is_left_out, untold
from scratchify.analysis.facts import Facts
from scratchify.decisions import Collect, Decision, Example, Fetch, Finding, Rule, gather_if_there, left_out
from scratchify.model import Build

NAME = "time-zone-data"

DATABASE = "/usr/share/zoneinfo"

_ASKS = {"time": ("LoadLocation", "LoadLocationFromTZData")}

_WITH_OLD_NAMES = frozenset({"wheezy", "jessie", "stretch", "buster", "bullseye", "bookworm"})


def decide(build: Build, facts: Facts) -> Iterator[Decision]:
    if facts.is_dropped(DATABASE):
        return
    if not facts.installs("zone-data") and is_left_out(facts, "zone-data", _ASKS, ("TZ", "zoneinfo")):
        why = "leaves out time zones: nothing loads a location or reads TZ, which means UTC if it is set from outside"
        because = Finding(None, facts.stage.start.syntax.first_line, why)
        yield from left_out(NAME, because, "time zones", untold(facts))
        return
    base = facts.base
    image = facts.image
    line = facts.stage.start.syntax.first_line
    is_trimmed = facts.build is not None and "trimpath" in facts.build.go_flags
    archive = f"{facts.goroot}/lib/time/zoneinfo.zip" if facts.goroot else None
    if installed := facts.installs("zone-data"):
        because = Finding(None, installed.line, f"installs {installed.name}")
        yield Fetch(NAME, because, DATABASE, DATABASE, is_folder=True, of_distribution=True)
    elif base and base.zoneinfo and (is_trimmed or base.release in _WITH_OLD_NAMES or not archive):
        because = Finding(None, line, f"{image} has {DATABASE}, scratch has not")
        yield Fetch(NAME, because, DATABASE, DATABASE, is_folder=True, of_distribution=True)
    elif archive and not is_trimmed and base and base.family in ("alpine", "debian"):
        because = Finding(None, line, f"{image} has every zone name in the toolchain's own archive alone")
        yield Fetch(NAME, because, archive, archive)
    elif not is_trimmed or (base and base.zoneinfo):
        because = Finding(None, line, f"{image} may have time zones, scratch has none")
        yield Collect(NAME, because, _tolerant(archive, is_trimmed), (DATABASE,), of_distribution=True)


def _tolerant(archive: str | None, is_trimmed: bool) -> str:
    sources = [DATABASE] + ([archive] if archive and not is_trimmed else [])
    return " && ".join(gather_if_there(source, "cp -R") for source in sources)


RULE = Rule(
    name=NAME,
    summary="give time.LoadLocation and TZ their zones",
    decide=decide,
    example=Example(
        files={
            "go.mod": "module example.com/app\n",
            "main.go": 'package main\n\nimport "time"\n\nfunc main() { time.LoadLocation("Asia/Tokyo") }\n',
        },
        before="""\
FROM golang:1.27-alpine
COPY . /app
RUN cd /app && CGO_ENABLED=0 go build -o /bin/app
ENTRYPOINT ["/bin/app"]
""",
        after="""\
FROM golang:1.27-alpine AS build
COPY . /app
RUN cd /app && CGO_ENABLED=0 go build -o /bin/app
RUN mkdir -p /rootfs/tmp && chmod a=rwx,+t /rootfs/tmp

FROM scratch
COPY --from=build /rootfs/ /
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /usr/local/go/lib/time/zoneinfo.zip /usr/local/go/lib/time/zoneinfo.zip
WORKDIR /go
COPY --from=build /bin/app /bin/app
ENTRYPOINT ["/bin/app"]
""",
    ),
)
