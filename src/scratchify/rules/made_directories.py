"""
Keep the folders that mkdir made.

A program that writes to /data finds the folder in the original image; in the final stage nobody made it.

https://pkg.go.dev/os#OpenFile
"""

from collections.abc import Iterator
from posixpath import join

from scratchify.analysis.facts import Facts
from scratchify.analysis.stage_files import BASE_FOLDERS
from scratchify.decisions import Collect, Decision, Example, Finding, Rule
from scratchify.model import Build

NAME = "made-directories"


def decide(build: Build, facts: Facts) -> Iterator[Decision]:
    source = join(facts.build.gopath if facts.build else "/go", "src/")
    for made in facts.folders:
        is_working = facts.end.workdir == made.path or facts.end.workdir.startswith(made.path + "/")
        is_filled = any(True for _ in facts.files.files_below(made.path))
        if made.path in BASE_FOLDERS or is_working or is_filled or made.path.startswith(source):
            continue
        because = Finding(None, made.line, f"makes {made.path}, which the program may write to")
        yield Collect(NAME, because, f"mkdir -p /rootfs{made.path}", (made.path,))


RULE = Rule(
    name=NAME,
    summary="keep the folders that mkdir made",
    decide=decide,
    example=Example(
        files={"go.mod": "module example.com/app\n", "main.go": "package main\n\nfunc main() {}\n"},
        before="""\
FROM golang:1.22
RUN mkdir -p /data
WORKDIR /app
COPY . .
RUN CGO_ENABLED=0 go build
ENTRYPOINT ["./app"]
""",
        after="""\
FROM golang:1.22 AS build
RUN mkdir -p /data
WORKDIR /app
COPY . .
RUN CGO_ENABLED=0 go build
RUN mkdir -p /rootfs/tmp && chmod a=rwx,+t /rootfs/tmp \\
 && mkdir -p /rootfs/data

FROM scratch
COPY --from=build /rootfs/ /
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /usr/share/zoneinfo /usr/share/zoneinfo
WORKDIR /app
COPY --from=build /app/app /app/app
ENTRYPOINT ["/app/app"]
""",
    ),
)
