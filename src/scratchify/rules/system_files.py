"""
Copy the distribution's own files that the program names.

/etc/os-release, /etc/services, single certificates, the zones as a folder: where the source names one of them, or calls
what reads it, it comes along if the builder has it.

https://refspecs.linuxfoundation.org/FHS_3.0/fhs/ch03s07.html
"""

from collections.abc import Iterator
from pathlib import PurePosixPath

from scratchify.analysis.facts import Facts
from scratchify.analysis.go_program import GoProgram, Place
from scratchify.analysis.named_paths import named_paths
from scratchify.decisions import Collect, Decision, Example, Finding, Rule, gather_if_there
from scratchify.model import Build, State

NAME = "system-files"

_FILES = frozenset(
    "/etc/alpine-release /etc/debian_version /etc/group /etc/localtime /etc/lsb-release /etc/machine-id "
    "/etc/mime.types /etc/os-release /etc/passwd /etc/protocols /etc/services /etc/shells /etc/timezone "
    "/usr/lib/os-release".split()
)
_FOLDERS = (
    "/etc/ssl/certs",
    "/usr/share/ca-certificates",
    "/usr/share/fonts",
    "/usr/share/mime",
    "/usr/share/zoneinfo",
)
_ASKED_BY_CALLS = (
    ("net", ("LookupPort",), ("/etc/services",)),
    ("os/user", ("Lookup", "LookupGroup", "LookupGroupId", "LookupId"), ("/etc/passwd", "/etc/group")),
)
_NEEDS = {"os-release": "/etc/os-release", "services": "/etc/services"}


def decide(build: Build, facts: Facts) -> Iterator[Decision]:
    seen: set[str] = set()
    for path, place, why in _asked(facts.program, facts.end) if facts.program else ():
        if path not in seen and path not in facts.files.entries and not facts.is_dropped(path):
            seen.add(path)
            because = Finding(PurePosixPath(place.path), place.line, why)
            yield Collect(NAME, because, gather_if_there(path, "cp -RL"), (path,), of_distribution=True)


def _asked(program: GoProgram, end: State) -> Iterator[tuple[str, Place, str]]:
    for named in named_paths(program, end):
        if named.path in _FILES or named.path.startswith(_FOLDERS):
            yield named.path, named.place, f"names {named.path}"
    for package, functions, paths in _ASKED_BY_CALLS:
        for file, call in program.calls(package, *functions):
            place = Place(file.context_path, call.line)
            yield from ((path, place, f"{package}.{call.function} reads {path}") for path in paths)
    yield from _numbers(program)
    for place, known in program.known_imports():
        for need in known.needs:
            if need in _NEEDS and known.path != "net":
                yield _NEEDS[need], place, f"imports {known.path}, which reads {_NEEDS[need]}"


def _numbers(program: GoProgram) -> Iterator[tuple[str, Place, str]]:
    """Names of ports and of protocols are looked up in files, but for a few: https://pkg.go.dev/net#Dial"""
    for file, call in program.calls("net", "Dial", "DialTimeout", "Listen", "ListenPacket"):
        network, address = (*call.arguments, None, None)[:2]
        place = Place(file.context_path, call.line)
        port = (address or "").rpartition(":")[2]
        if network and network.startswith("ip") and ":" in network:
            yield "/etc/protocols", place, f"net.{call.function} looks up {network} in /etc/protocols"
        elif (
            network and network.startswith(("tcp", "udp")) and ":" in (address or "") and not port.isdecimal() and port
        ):
            yield "/etc/services", place, f"net.{call.function} looks up {port} in /etc/services"


RULE = Rule(
    name=NAME,
    summary="copy the distribution's own files that the program names",
    decide=decide,
    example=Example(
        files={
            "go.mod": "module example.com/app\n",
            "main.go": 'package main\n\nimport "os"\n\nfunc main() { os.ReadFile("/etc/os-release") }\n',
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
RUN mkdir -p /rootfs/tmp && chmod a=rwx,+t /rootfs/tmp \\
 && if [ -e /etc/os-release ]; then mkdir -p /rootfs/etc && cp -RL /etc/os-release /rootfs/etc/; fi

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
