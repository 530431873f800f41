"""What the engine layer reads and compares, each part on its own: ports, answers, texts, images, files, binaries."""

import io
import os
import socket
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scratchify.engine.binary import Binary, read_binary
from scratchify.engine.image import HealthCheck, Image, image_of
from scratchify.engine.image_files import BY_THE_ENGINE, Entry, Listing, read_listing, unexplained, unwanted
from scratchify.engine.ports import SCRIPT, Port, Watch, listening
from scratchify.engine.processes import child, wait_for
from scratchify.errors import EngineFailed

# Ports

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="reads the tables of Linux")

ROW = "   0: {} 00000000:0000 {} 00000000:00000000 00:00000000 00000000     0        0 35142 1 0000000000000000 100 0"
HEADER = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode"


@contextmanager
def server(host: str) -> Iterator[int]:
    """Listen on a free port of this address."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as opened:
        try:
            opened.bind((host, 0))
        except OSError as error:
            pytest.skip(f"no {host} on this machine: {error}")
        opened.listen()
        yield opened.getsockname()[1]


def kernel_table() -> str:
    tables = (Path("/proc/net", name) for name in ("tcp", "tcp6"))
    return "".join(table.read_text("ascii") for table in tables if table.exists())


def listener(address: str, state: str = "0A") -> str:
    return ROW.format(address, state)


@on_linux
@pytest.mark.parametrize(
    ("host", "scope", "reached_at"),
    [
        ("0.0.0.0", "all", "127.0.0.1"),
        ("127.0.0.1", "loopback", "127.0.0.1"),
        ("127.1.2.3", "loopback", "127.1.2.3"),
        ("::", "all", "127.0.0.1"),
        ("::1", "loopback", "::1"),
        ("::ffff:127.0.0.1", "loopback", "127.0.0.1"),
    ],
)
def test_a_port_is_found_in_the_kernels_table_while_somebody_listens(host: str, scope: str, reached_at: str) -> None:
    with server(host) as number:
        found = [port for port in listening(kernel_table()) if port.number == number]
        assert found == [Port(number, scope, reached_at)]
    assert number not in {port.number for port in listening(kernel_table())}


@on_linux
def test_a_connection_is_no_port() -> None:
    with server("127.0.0.1") as number, socket.create_connection(("127.0.0.1", number)) as connected:
        assert connected.getsockname()[1] not in {port.number for port in listening(kernel_table())}


@pytest.mark.parametrize(
    ("rows", "ports"),
    [
        pytest.param([HEADER], [], id="nothing"),
        pytest.param([listener("00000000:1F90")], [Port(8080, "all", "127.0.0.1")], id="every address"),
        pytest.param([listener("020012AC:0050")], [Port(80, "own address", "172.18.0.2")], id="own address"),
        pytest.param(
            [listener("B80D0120000000000000000001000000:0050")],
            [Port(80, "own address", "2001:db8::1")],
            id="own address of IPv6",
        ),
        pytest.param(
            [listener("0000000000000000FFFF0000020012AC:0050")],
            [Port(80, "own address", "172.18.0.2")],
            id="IPv4 in a socket of IPv6",
        ),
        pytest.param(
            [listener("00000000:0050"), listener("00000000000000000000000000000000:0050")],
            [Port(80, "all", "127.0.0.1")],
            id="one server for both families",
        ),
        pytest.param([listener("0B00007F:A0F1")], [], id="Docker's resolver"),
        pytest.param([listener("00000000:0050", "01"), listener("00000000:0051", "06")], [], id="other states"),
    ],
)
def test_a_table_tells_where_somebody_listens(rows: list[str], ports: list[Port]) -> None:
    assert sorted(listening("\n".join(rows))) == ports


@given(st.text(max_size=60) | st.text("019AFg: ", max_size=40).map(listener))
def test_rows_that_are_none_are_no_ports_and_no_trouble(row: str) -> None:
    assert len(listening(row)) <= row.count("\n") + 1
    assert Port(80, "all", "127.0.0.1") in listening(f"{row}\n{listener('00000000:0050')}")


def test_a_port_says_whom_it_serves() -> None:
    assert [str(Port(80, "all", "127.0.0.1")), str(Port(81, "loopback", "::1"))] == ["80", "81 (loopback)"]


def test_half_a_table_does_not_count() -> None:
    reading, writing = os.pipe()
    with os.fdopen(writing, "wb", buffering=0) as helper:
        watch = Watch(os.fdopen(reading, "rb"))
        helper.write(f"begin\n{listener('00000000:0050')}\n".encode())
        assert not wait_for(lambda: watch.is_looking or bool(watch.ports), 0.2)
        helper.write(b"end\n")
        assert wait_for(lambda: watch.is_looking, 5)
        assert [port.number for port in watch.ports] == [80]
        changed = watch.changed
        helper.write(f"begin\n{listener('00000000:0050')}\nend\nbegin\n{listener('00000000:0051')}\n".encode())
        assert not wait_for(lambda: watch.changed != changed, 0.2)
        helper.write(b"end\n")
        assert wait_for(lambda: watch.changed != changed, 5)
        assert [port.number for port in watch.ports] == [81]


@on_linux
def test_the_helpers_script_shows_a_server_that_comes_and_goes() -> None:
    with child(["/bin/sh", "-c", SCRIPT], os.environ) as helper:
        assert helper.stdout
        assert helper.stderr
        helper.stderr.close()
        watch = Watch(helper.stdout)
        with server("127.0.0.1") as number:
            port = Port(number, "loopback", "127.0.0.1")
            assert wait_for(lambda: port in watch.ports, 10)
        assert wait_for(lambda: port not in watch.ports, 10)


# Images

DOCKERS: dict[str, Any] = {
    "Id": "sha256:a1",
    "Size": 1982264,
    "Config": {
        "User": "65532",
        "ExposedPorts": {"8081/tcp": {}, "8080/tcp": {}},
        "Env": ["PATH=/usr/bin:/bin", "A=b=c", "EMPTY="],
        "Cmd": ["serve"],
        "Entrypoint": ["/app/main"],
        "Volumes": {"/data": {}},
        "WorkingDir": "/app",
        "Labels": {"a": "b"},
        "StopSignal": "SIGINT",
        "Healthcheck": {"Test": ["CMD", "/app/main", "-check"], "Interval": 5000000000, "Retries": 3},
    },
}
CHECK = HealthCheck(("CMD", "/app/main", "-check"), interval=5_000_000_000, retries=3)
IMAGE = Image(
    id="sha256:a1",
    size=1982264,
    env={"PATH": "/usr/bin:/bin", "A": "b=c", "EMPTY": ""},
    user="65532",
    workdir="/app",
    entrypoint=("/app/main",),
    cmd=("serve",),
    ports=("8080/tcp", "8081/tcp"),
    volumes=("/data",),
    labels={"a": "b"},
    stop_signal="SIGINT",
    health_check=CHECK,
)
NOTHING = Image("b2", 7, {}, "", "/", (), (), (), (), {}, "", None)


def test_what_docker_says_of_an_image_is_read() -> None:
    assert image_of(DOCKERS) == IMAGE


def test_podman_has_the_health_check_beside_the_configuration() -> None:
    config = {key: value for key, value in DOCKERS["Config"].items() if key != "Healthcheck"}
    assert image_of({**DOCKERS, "Config": config, "Healthcheck": DOCKERS["Config"]["Healthcheck"]}) == IMAGE


@pytest.mark.parametrize(
    "config",
    [
        pytest.param({}, id="Podman leaves keys out"),
        pytest.param(dict.fromkeys(DOCKERS["Config"]), id="Docker says null"),
        pytest.param({"User": "", "Env": [], "Cmd": [], "Volumes": {}, "Healthcheck": {}}, id="or has empty ones"),
        pytest.param(None, id="or no configuration"),
    ],
)
def test_what_is_absent_is_empty(config: dict[str, None] | None) -> None:
    assert image_of({"Id": "b2", "Size": 7, "Config": config}) == NOTHING


@pytest.mark.parametrize(
    ("test", "words"),
    [
        (("CMD", "/app/main", "-check"), ("/app/main", "-check")),
        (("CMD-SHELL", "curl -f localhost"), ("/bin/sh", "-c", "curl -f localhost")),
        (("NONE",), ()),
    ],
)
def test_a_health_check_tells_what_is_executed(test: tuple[str, ...], words: tuple[str, ...]) -> None:
    assert HealthCheck(test).words == words


@pytest.mark.parametrize(
    ("entrypoint", "cmd", "is_shell"),
    [
        ((), ("/bin/sh", "-c", "./main"), True),
        (("/bin/sh", "-c", "./main"), ("serve",), True),
        (("/bin/sh", "-c"), ("./main",), True),
        ((), ("/bin/bash", "-o", "pipefail", "-c", "./main"), True),
        ((), ("/bin/ash", "-eo", "pipefail", "-ec", "./main"), True),
        ((), ("./main",), False),
        (("/app/main",), ("-c", "config.yaml"), False),
        (("/app/publish", "-c", "config.yaml"), (), False),
        (("/bin/sh", "start.sh"), (), False),
        ((), (), False),
    ],
)
def test_an_image_tells_whether_a_shell_reads_its_command(
    entrypoint: tuple[str, ...], cmd: tuple[str, ...], is_shell: bool
) -> None:
    image = Image("b2", 7, {}, "", "/", entrypoint, cmd, (), (), {}, "", None)
    assert image.shell_form is is_shell


# Files

FILE = Entry("file", 0o644, 0, 0, 3)
Member = tuple[str, bytes, bytes | str]
"""Name, type, and the content or what a link points to."""


def archive(*members: Member) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as tar:
        for name, kind, rest in members:
            info = tarfile.TarInfo(name)
            info.type, info.mode = kind, 0o755 if kind == tarfile.DIRTYPE else 0o644
            if isinstance(rest, str):
                info.linkname = rest
            else:
                info.size = len(rest)
            tar.addfile(info, io.BytesIO(rest) if isinstance(rest, bytes) else None)
    return stream.getvalue()


def listing_of(*members: Member, binary: str = "/app/main") -> Listing:
    return read_listing(io.BytesIO(archive(*members)), binary)


def file(name: str, content: bytes = b"abc") -> Member:
    return name, tarfile.REGTYPE, content


def folder(name: str) -> Member:
    return name, tarfile.DIRTYPE, b""


def test_every_file_is_listed_by_its_path_with_its_kind() -> None:
    found = listing_of(
        folder("./"),
        folder("app/"),
        file("app/caf\u00e9 1"),
        file("./app/two"),
        ("app/hard", tarfile.LNKTYPE, "app/two"),
        ("app/soft", tarfile.SYMTYPE, "/app/two"),
        ("app/pipe", tarfile.FIFOTYPE, b""),
        file("app/" + "long/" * 60 + "x"),
    )
    assert {path: (entry.kind, entry.size) for path, entry in found.entries.items()} == {
        "app": ("folder", 0),
        "app/caf\u00e9 1": ("file", 3),
        "app/two": ("file", 3),
        "app/hard": ("file", 0),
        "app/soft": ("link", 0),
        "app/pipe": ("other", 0),
        "app/" + "long/" * 60 + "x": ("file", 3),
    }
    assert found.entries["app"].mode == 0o755
    assert found.binary is None


def test_what_engines_put_into_every_container_is_no_file_of_the_image() -> None:
    put = [folder(name) if name in ("dev", "proc", "sys") else file(name, b"") for name in sorted(BY_THE_ENGINE)]
    inside = [file("dev/console", b""), folder("dev/pts")]
    assert listing_of(*put, *inside, file("app/main")).entries == {"app/main": FILE}


def test_a_hosts_file_of_the_images_own_is_one_of_its_files() -> None:
    assert listing_of(file("etc/hosts")).entries == {"etc/hosts": FILE}


def test_source_and_toolchain_are_unwanted_but_where_there_is_a_reason() -> None:
    names = ["app/main", "app/main.go", "go.mod", "app/go.sum", "usr/local/go/bin/go", "usr/lib/go-1.22/x", "etc/going"]
    found = listing_of(*map(file, names), folder("usr/local/go/"), folder("app/x.go"))
    assert unwanted(found, []) == names[1:6]
    assert unwanted(found, ["/app/main.go", "/usr/local/go/bin/go"]) == ["go.mod", "app/go.sum", "usr/lib/go-1.22/x"]


def test_a_file_has_a_reason_where_it_or_a_folder_above_it_has_one() -> None:
    found = listing_of(folder("app"), *map(file, ("app/main", "app/data/a", "app/database", "b")), folder("tmp"))
    assert unexplained(found, ["/app/main", "/app/data"]) == ["app/database", "b"]
    assert unexplained(found, []) == ["app/main", "app/data/a", "app/database", "b"]
    assert unexplained(found, ["/"]) == []


paths = st.lists(st.text("ab", min_size=1, max_size=3), min_size=1, max_size=4).map("/".join)


@given(st.dictionaries(paths, st.sampled_from(("file", "folder", "link", "other"))), st.data())
def test_nothing_is_unexplained_where_everything_is_explained(kinds: dict[str, Any], data: st.DataObject) -> None:
    listing = Listing({path: Entry(kind, 0o644, 0, 0, 1) for path, kind in kinds.items()}, None)
    assert unexplained(listing, [f"/{path}" for path in kinds]) == []
    some = data.draw(st.lists(st.sampled_from(sorted(kinds)))) if kinds else []
    left = unexplained(listing, some)
    assert all(kinds[path] != "folder" for path in left)
    assert unexplained(listing, [*some, *left]) == []


@pytest.mark.parametrize("length", [0, 100, 700, 1024 + 512, 3000])
def test_an_export_that_breaks_off_is_the_engines_failure(length: int) -> None:
    whole = archive(file("app/main", b"\x7fELF" + b"x" * 3000))
    with pytest.raises(EngineFailed, match="broke off"):
        read_listing(io.BytesIO(whole[:length]), "/app/main")


def test_an_export_is_read_to_its_end_so_that_its_writer_can_end() -> None:
    stream = io.BytesIO(archive(file("app/main")) + bytes(1024 * 1024))
    assert read_listing(stream, "/app/main").entries == {"app/main": FILE}
    assert stream.read() == b""


# Binaries


@pytest.fixture(scope="module")
def programs(go: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, bytes]:
    """A Go program as it is built, and without symbols."""
    at = tmp_path_factory.mktemp("program")
    (at / "go.mod").write_text("module example.com/app\n\ngo 1.22\n")
    (at / "main.go").write_text('package main\n\nfunc main() { println("hello") }\n')
    environment = {**os.environ, "CGO_ENABLED": "0", "GOOS": "linux", "GOFLAGS": "", "GOTOOLCHAIN": "local"}
    for name, flags in (("full", ""), ("stripped", "-s -w")):
        subprocess.run([go, "build", f"-ldflags={flags}", "-o", name, "."], cwd=at, env=environment, check=True)
    return (at / "full").read_bytes(), (at / "stripped").read_bytes()


def binary_of(content: bytes) -> Binary | None:
    return read_binary(io.BytesIO(content), len(content))


def test_what_stripping_would_save_is_what_it_saves(programs: tuple[bytes, bytes]) -> None:
    full, stripped = map(binary_of, programs)
    assert full
    assert (full.size, full.interpreter) == (len(programs[0]), None)
    assert full.strippable == pytest.approx(len(programs[0]) - len(programs[1]), rel=0.03)
    assert stripped == Binary(len(programs[1]), None, 0)


@pytest.mark.compiler
def test_a_dynamic_binary_names_its_linker(tmp_path: Path) -> None:
    (tmp_path / "main.c").write_text("int main(void) { return 0; }\n")
    subprocess.run(["cc", "-o", "main", "main.c"], cwd=tmp_path, check=True)
    found = binary_of((tmp_path / "main").read_bytes())
    assert found
    assert found.interpreter
    assert Path(found.interpreter).name.startswith("ld")


@pytest.mark.parametrize("content", [b"", b"#!/bin/sh\n", b"\x7fEL", b"\x7fELF", b"MZ" * 500, bytes(5000)])
def test_what_is_no_elf_file_is_no_binary(content: bytes) -> None:
    assert binary_of(content) is None


@settings(deadline=None)  # it may read on and on
@given(st.data())
def test_a_damaged_binary_is_no_trouble(programs: tuple[bytes, bytes], data: st.DataObject) -> None:
    whole = programs[1]
    headers = st.integers(0, 1023) | st.integers(len(whole) - 2000, len(whole) - 1)
    damaged = bytearray(whole)
    for at in data.draw(st.lists(headers, max_size=5)):
        damaged[at] = data.draw(st.integers(0, 255))
    binary_of(bytes(damaged[: data.draw(st.integers(0, len(whole)))]))
    binary_of(bytes(damaged))


@pytest.mark.parametrize("name", ["app/main", "./app/main"])
def test_the_program_is_read_out_of_the_stream(programs: tuple[bytes, bytes], name: str) -> None:
    assert listing_of(file("a"), file(name, programs[0]), file("z")).binary == binary_of(programs[0])
    assert listing_of(file("a"), file(name, programs[0]), binary="/a").binary is None


def test_a_program_that_is_a_hard_link_is_the_file_that_came_first(programs: tuple[bytes, bytes]) -> None:
    linked = listing_of(file("app/app", programs[0]), ("app/main", tarfile.LNKTYPE, "app/app"))
    assert linked.binary == binary_of(programs[0])
