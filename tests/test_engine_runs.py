"""What is seen of a run: what a server answers, whether two outputs say the same, and processes that must end."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scratchify.engine.client import Client
from scratchify.engine.docker import DOCKER
from scratchify.engine.http_probe import TALK, Answer, answer, request
from scratchify.engine.likeness import is_settled, likeness
from scratchify.engine.ports import Port
from scratchify.engine.processes import KEPT, LAST_LINES, LONGEST_LINE, Captured, Lines, ask, child, wait_for
from scratchify.errors import EngineFailed
from tests.stand_ins import stand_in

# What a server answers


class Pages(BaseHTTPRequestHandler):
    """A server of a few pages, which says what it was asked."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path == "/cut":
            self.page(200, b"half", {"Content-Length": "1000"})
        elif self.path == "/chunked":
            self.page(200, b"4\r\nWiki\r\n5\r\npedia\r\n0\r\n\r\n", {"Transfer-Encoding": "chunked"})
        elif self.path == "/teapot":
            self.page(418, b"", {"X-B": "2", "X-A": "1", "Set-Cookie": "a", "Content-Length": "0"})
        else:
            asked = f"{self.path} {self.headers['Host']} {self.headers['Connection']}".encode()
            self.page(200, asked, {"Content-Length": str(len(asked))})

    def page(self, status: int, content: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def version_string(self) -> str:
        return "pages"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # http.server calls it so
        pass


@pytest.fixture(scope="module")
def pages() -> Iterator[Port]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Pages) as server:
        thread = Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield Port(server.server_port, "loopback", "127.0.0.1")
        server.shutdown()
        thread.join()


@contextmanager
def saying(content: bytes) -> Iterator[Port]:
    """Run a server that reads something of one caller, says this, and closes."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(content)

        thread = Thread(target=serve, daemon=True)
        thread.start()
        yield Port(server.getsockname()[1], "loopback", "127.0.0.1")
        thread.join(10)


def asked(port: Port, path: str) -> Answer:
    received = b""
    with socket.create_connection((port.host, port.number), timeout=10) as connection:
        connection.sendall(request(port, path))
        while chunk := connection.recv(65536):
            received += chunk
    return answer(port, path, received)


def test_an_answer_has_status_headers_and_body(pages: Port) -> None:
    assert asked(pages, "/a?b=%20c") == Answer(
        port=pages.number,
        path="/a?b=%20c",
        status=200,
        headers=(("server", "pages"),),
        body=f"/a?b=%20c 127.0.0.1:{pages.number} close".encode(),
    )


def test_headers_are_in_order_and_those_that_pass_are_left_out(pages: Port) -> None:
    found = asked(pages, "/teapot")
    assert (found.status, found.body) == (418, b"")
    assert found.headers == (("server", "pages"), ("set-cookie", "a"), ("x-a", "1"), ("x-b", "2"))


def test_a_chunked_body_is_put_together(pages: Port) -> None:
    assert asked(pages, "/chunked").body == b"Wikipedia"


def test_of_a_body_that_is_cut_there_is_what_came(pages: Port) -> None:
    found = asked(pages, "/cut")
    assert (found.status, found.body) == (200, b"half")


@pytest.mark.parametrize("content", [b"SSH-2.0-Go\r\n", b"+PONG\r\n", b"HTTP", b"\0\xff", b""])
def test_what_is_no_http_has_no_status_but_is_kept(content: bytes) -> None:
    with saying(content) as port:
        assert asked(port, "/") == Answer(port.number, "/", None, (), content)


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        (b"Content-Length: 99999999999999999999999", b"page"),
        (b"Content-Length: -5", b"page"),
        (b"Transfer-Encoding: chunked", b"fffffffffffffffffffffff\r\npage"),
        (b"Transfer-Encoding: chunked", b"zz\r\npage"),
        (b"Transfer-Encoding: chunked", b"4" * 100_000),
    ],
)
def test_lengths_that_nobody_can_mean_are_no_trouble(headers: bytes, body: bytes) -> None:
    found = answer(Port(80, "all", "127.0.0.1"), "/", b"HTTP/1.1 200 OK\r\n" + headers + b"\r\n\r\n" + body)
    assert found.status == 200


lines_of_http = st.lists(
    st.sampled_from([b"HTTP/1.1 200 OK", b"HTTP/1.1 100 Continue", b"Content-Length: 3", b"Transfer-Encoding: chunked"])
    | st.binary(max_size=20)
    | st.just(b"")
).map(b"\r\n".join)


@given(st.binary() | lines_of_http)
def test_whatever_a_server_sends_is_an_answer(content: bytes) -> None:
    assert answer(Port(80, "all", "127.0.0.1"), "/", content).port == 80


@pytest.mark.parametrize(
    ("port", "host"),
    [
        (Port(80, "all", "127.0.0.1"), b"127.0.0.1:80"),
        (Port(80, "loopback", "::1"), b"[::1]:80"),
        # another one in each run, and pages may repeat it
        (Port(80, "own address", "172.18.0.2"), b"scratchify:80"),
    ],
)
def test_the_request_names_a_host_that_is_the_same_in_each_run(port: Port, host: bytes) -> None:
    said = request(port, "/caf\u00e9/\udce9")
    assert said.startswith(b"GET /caf\xc3\xa9/\xe9 HTTP/1.1\r\nHost: " + host + b"\r\n")
    assert said.endswith(b"\r\nConnection: close\r\n\r\n")


def talked(port: Port, content: bytes, path: str, folder: Path) -> bytes:
    """Talk to a server as through a container: the client's `exec` is done here."""
    program = stand_in(folder, "client", 'shift 3; exec "$@"')
    client = Client(str(program), DOCKER, {"PATH": path})
    return client.exchange("helper", ("/bin/sh", "-c", TALK, port.host, str(port.number)), content, seconds=10)


def without_bash(folder: Path) -> str:
    """Return a PATH with nothing but what an image of busybox has."""
    busybox = shutil.which("busybox")
    applets = subprocess.run([busybox, "--list"], capture_output=True, check=True).stdout if busybox else b""
    if not busybox or b"nc" not in applets.split():
        pytest.skip("no busybox with nc")
    folder.mkdir()
    for applet in ("nc", "cat"):
        (folder / applet).symlink_to(busybox)
    return str(folder)


@pytest.mark.parametrize("shell", ["bash", "busybox"])
def test_the_helpers_shell_talks_to_a_server(tmp_path: Path, pages: Port, shell: str) -> None:
    path = os.environ["PATH"] if shell == "bash" else without_bash(tmp_path / "bin")
    begin = time.monotonic()
    received = talked(pages, request(pages, "/x"), path, tmp_path)
    assert answer(pages, "/x", received).body == f"/x 127.0.0.1:{pages.number} close".encode()
    assert time.monotonic() - begin < 5


@pytest.mark.parametrize("shell", ["bash", "busybox"])
def test_the_helpers_shell_brings_every_byte(tmp_path: Path, shell: str) -> None:
    path = os.environ["PATH"] if shell == "bash" else without_bash(tmp_path / "bin")
    content = bytes(range(256)) * 1000
    with saying(content) as port:
        assert talked(port, b"hello\n", path, tmp_path) == content


@pytest.mark.parametrize("shell", ["bash", "busybox"])
def test_where_nobody_listens_there_is_no_answer(tmp_path: Path, shell: str) -> None:
    path = os.environ["PATH"] if shell == "bash" else without_bash(tmp_path / "bin")
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = Port(server.getsockname()[1], "loopback", "127.0.0.1")
    assert talked(port, request(port, "/"), path, tmp_path) == b""


# Whether two outputs say the same

words = st.text("abcxyz", min_size=1, max_size=4)
templates = st.lists(st.lists(words, min_size=1, max_size=5), min_size=1, max_size=5)


def compared(before: Sequence[str], after: Sequence[str], third: Sequence[str], *, ordered: bool = True) -> str:
    """Compare one run of the result with two of the original, if the first is not enough."""
    first = likeness([before], [after], is_ordered=ordered)
    return first if first == "same" else likeness([before, third], [after], is_ordered=ordered)


@given(st.lists(st.text()), st.booleans())
def test_a_text_is_like_itself(text: list[str], ordered: bool) -> None:
    assert likeness([text], [text], is_ordered=ordered) == "same"


@given(st.lists(st.text()), st.lists(st.text()), st.lists(st.text()), st.booleans())
def test_every_text_can_be_compared(before: list[str], after: list[str], third: list[str], ordered: bool) -> None:
    assert compared(before, after, third, ordered=ordered) in ("same", "same but for what varies", "different")


@given(templates, st.data(), st.booleans())
def test_another_word_is_a_difference_where_the_original_repeats_itself(
    template: list[list[str]], data: st.DataObject, ordered: bool
) -> None:
    before = [" ".join(line) for line in template]
    at = data.draw(st.integers(0, len(template) - 1))
    line = data.draw(st.integers(0, len(template[at]) - 1))
    template[at][line] = "other"
    assert compared(before, [" ".join(line) for line in template], before, ordered=ordered) == "different"


@given(templates, st.data())
def test_what_varies_in_the_original_is_set_aside_and_only_that(template: list[list[str]], data: st.DataObject) -> None:
    places = [(at, index) for at, line in enumerate(template) for index in range(len(line))]
    varying = data.draw(st.sets(st.sampled_from(places), min_size=1))

    def run(word: str, changed: tuple[int, int] | None = None) -> list[str]:
        return [
            " ".join(
                "other" if (at, index) == changed else word if (at, index) in varying else line[index]
                for index in range(len(line))
            )
            for at, line in enumerate(template)
        ]

    assert compared(run("one"), run("three"), run("two")) == "same but for what varies"
    for place in set(places) - varying:
        assert compared(run("one"), run("three", place), run("two")) == "different"


SAME = [
    ("2024/05/06 10:11:12 ready", "2024/05/06 10:59:07 ready"),
    ("2024/05/06 10:11:12.123456 main.go:7: x", "2024/05/06 10:59:07.9 main.go:7: x"),
    ("2024/05/06 10:11:12: x", "2024/05/06 10:12:13: x"),
    ('{"time":"2024-05-06T10:11:12.5Z"}', '{"time":"2024-05-06T10:59:07Z"}'),
    ("2024-05-06T10:11:12+02:00", "2024-05-06T10:59:07+02:00"),
    ('- - [06/May/2024:10:11:12 +0000] "GET /"', '- - [06/May/2024:10:59:07 +0000] "GET /"'),
    ("3:04PM", "3:05PM"),
    ("served in 12.345\u00b5s", "served in 1.5ms"),
    ("took 1h2m3.5s", "took 4.25s"),
    ("took 700ns", "took 80us"),
    ("| 200 |     220.365µs | GET", "| 200 |    2.164505ms | GET"),
    ("at 1715000001", "at 1715000999"),
    ("at 1715000001.25", "at 1715000999.75"),
    ('"ts":1715000001000', '"ts":1715000999123'),
]
DIFFERENT = [
    ("2024/05/06 10:11:12 ready", "2024/05/06 12:11:12 ready"),
    ("2024/05/06 10:11:12 ready", "2024/05/07 10:11:12 ready"),
    ("2024-05-06T10:11:12Z", "2024-05-06T11:11:12Z"),
    ("2024-05-06T10:11:12+02:00", "2024-05-06T10:11:12Z"),
    ("2024-05-06 10:11:12 +0000 UTC", "2024-05-06 10:11:12 +0200 CEST"),
    ("3:04PM", "3:04AM"),
    ("[06/May/2024:10:11:12 +0000]", "[06/May/2024:12:11:12 +0000]"),
    ("time-out 30s", "time-out 5s"),
    ("time-out 1m0s", "time-out 2m0s"),
    ("at 1715000001", "at 1725000001"),
    ("listening on 127.0.0.1:8080", "listening on 127.0.0.1:8090"),
    ("listening on 127.0.0.1:80", "listening on 127.0.0.1:81"),
    ("listening on 10.0.0.12:30", "listening on 10.0.0.12:31"),
    ("ether 02:42:ac:11:00:02", "ether 02:43:ac:11:00:02"),
    ("ether 02:42:11:22:33:44", "ether 02:42:11:22:33:45"),
    ("[2001:db8::12:30]", "[2001:db8::12:31]"),
    ("version 1.2.3", "version 1.2.4"),
]


@pytest.mark.parametrize(("before", "after"), SAME)
def test_what_passes_of_a_time_is_no_difference(before: str, after: str) -> None:
    assert likeness([[before]], [[after]], is_ordered=True) == "same"


@pytest.mark.parametrize(("before", "after"), DIFFERENT)
def test_an_hour_a_zone_a_date_a_setting_and_a_port_are_differences(before: str, after: str) -> None:
    assert compared([before], [after], [before]) == "different"


@pytest.mark.parametrize(
    ("before", "third", "after", "found"),
    [
        pytest.param("a1 b2", "b2 a1", "b2 a1", "same but for what varies", id="another order"),
        pytest.param("a b", "b a", "b c", "different", id="another order and another line"),
        pytest.param("up tick=1", "up tick=1 tick=2", "up tick=1 tick=2 tick=3", "same but for what varies", id="more"),
        pytest.param("up tick=1 tick=2", "up tick=1", "up", "different", id="what always came is missing"),
        pytest.param("up tick=1", "up tick=1 tick=2", "up tick=1 panic:", "different", id="a new line"),
        pytest.param("id=1", "id=2", "id=3 panic:", "different", id="a line more, where their number is the same"),
        pytest.param("--", "-x-", "-", "different", id="less than what both begin and end with"),
    ],
)
def test_lines_that_vary_are_set_aside_and_new_ones_are_not(before: str, third: str, after: str, found: str) -> None:
    assert compared(before.split(), after.split(), third.split()) == found


def test_of_a_log_that_was_stopped_at_some_moment_each_line_counts_once() -> None:
    log = ["up", "tick", "tick", "tick"]
    assert likeness([log], [["tick", "up"]], is_ordered=False) == "same"
    assert compared(log, ["tick", "up"], log) == "different"
    assert compared(log, ["tick", "up", "error: no such file"], log, ordered=False) == "different"
    assert compared(log, ["tick", "tick"], log, ordered=False) == "different"


LOG = ['{"id":"XVlBzgbaiCMRAjWwhTHctcua","uri":"/","latency":297127}', '{"id":"hTHctcuAxhxKQFDaFpLSjFbc","uri":"/x"}']
AGAIN = ['{"id":"fpLSjFbcXoEFfRsWxPLDnJOb","uri":"/","latency":80}', '{"id":"CsNVlgTeMaPEZQleQYhYzRyW","uri":"/x"}']


def test_random_words_do_not_hide_what_a_line_is_about() -> None:
    third = ['{"id":"WJjPjzpfRFEgmotaFetHsbZR","uri":"/","latency":1}', '{"id":"jxAwnwekrBEmfdzdcEkXBAkj","uri":"/x"}']
    assert likeness([LOG, AGAIN], [third], is_ordered=False) == "same but for what varies"
    assert likeness([LOG, AGAIN], [[*third, '{"error":"no such file"}']], is_ordered=False) == "different"
    assert likeness([LOG, AGAIN], [third[:1]], is_ordered=False) == "different"


def test_a_row_may_be_longer_in_one_run_than_in_another() -> None:
    rows = [["up", *(f"run {number}" for number in range(count))] for count in (20, 20, 21, 19)]
    assert likeness([rows[0], rows[1], rows[2]], [rows[3]], is_ordered=False) == "same but for what varies"
    assert likeness([rows[0], rows[2]], [["up"]], is_ordered=False) == "different"


def test_one_of_several_results_may_come_as_the_original_does() -> None:
    assert likeness([["a b"], ["b a"]], [["c"], ["a b"]], is_ordered=True) == "same but for what varies"


def test_an_original_that_never_varies_is_met_by_every_run_or_not_at_all() -> None:
    assert likeness([["a"], ["a"], ["a"]], [["b"], ["a"], ["a"]], is_ordered=True) == "different"


def test_three_runs_of_each_that_say_the_same_settle_it() -> None:
    assert is_settled([["a"]] * 3, [["b"]] * 3, is_ordered=True)
    assert not is_settled([["a"]] * 2, [["b"]] * 2, is_ordered=True)
    assert not is_settled([["a"], ["a"], ["c"]], [["b"]] * 3, is_ordered=True)


# Processes that must end


def test_an_answer_has_its_status_and_both_streams() -> None:
    done = ask(["/bin/sh", "-c", r"echo out; printf 'bad \377' >&2; exit 3"], os.environ)
    assert (done.status, done.output, done.errors) == (3, b"out\n", "bad \ufffd")


def test_an_answer_that_does_not_come_is_the_engines_failure() -> None:
    begin = time.monotonic()
    with pytest.raises(EngineFailed, match=r"^/bin/sh -c gave no answer within 0 s$"):
        ask(["/bin/sh", "-c", "sleep 30 & sleep 30"], os.environ, patience=0.2)
    assert time.monotonic() - begin < 5


@pytest.mark.parametrize("start", [lambda command: ask(command, {}), lambda command: child(command, {}).__enter__()])
def test_a_program_that_cannot_be_started_is_the_engines_failure(
    start: Callable[[list[str]], object], tmp_path: Path
) -> None:
    (tmp_path / "broken").write_bytes(b"\x7fELF and nothing else")
    (tmp_path / "broken").chmod(0o755)
    for name, said in (("missing", "no such file"), ("broken", "exec format")):
        with pytest.raises(EngineFailed, match=f"{name}: {said}"):
            start([str(tmp_path / name), "version"])


def test_a_child_is_asked_to_end_when_its_block_is_left_by_an_exception_too() -> None:
    command = ["/bin/sh", "-c", "trap 'echo asked; exit 7' TERM; echo ready; while :; do sleep 0.05; done"]
    with suppress(KeyboardInterrupt), child(command, os.environ, merged=True) as process:
        assert process.stdout
        output = Captured(process.stdout)
        assert wait_for(lambda: output.content == b"ready\n", 10)
        raise KeyboardInterrupt
    output.finish()
    assert (process.returncode, output.content) == (7, b"ready\nasked\n")


def test_a_child_that_takes_no_notice_is_killed() -> None:
    with child(["/bin/sh", "-c", "trap '' TERM; echo ready; while :; do sleep 0.05; done"], os.environ) as process:
        assert process.stdout
        assert process.stderr
        process.stderr.close()
        output = Captured(process.stdout)
        assert wait_for(lambda: output.content == b"ready\n", 10)
    assert process.returncode == -9


def test_whoever_writes_much_is_never_held_up_and_little_of_it_is_kept() -> None:
    with child(["/bin/sh", "-c", "yes | head -c 50000000; echo end >&2"], os.environ) as process:
        assert process.stdout
        assert process.stderr
        output, errors = Captured(process.stdout), Captured(process.stderr)
        assert wait_for(lambda: process.poll() is not None, 60)
    output.finish()
    errors.finish()
    assert (output.size, output.content) == (50_000_000, b"y\n" * (KEPT // 2))
    assert (errors.size, errors.content) == (4, b"end\n")


def lines_of(script: str, each: Callable[[str], None]) -> tuple[int | None, tuple[str, ...]]:
    with child(["/bin/sh", "-c", script], os.environ, merged=True) as process:
        assert process.stdout
        lines = Lines(process.stdout, each)
        assert wait_for(lambda: process.poll() is not None, 60)
    lines.finish()
    return process.returncode, lines.last


def test_every_line_is_told_and_the_last_ones_are_kept() -> None:
    told: list[str] = []
    assert lines_of(r"seq 50000; printf 'a\r\nb \377'", told.append) == (0, tuple(told[-LAST_LINES:]))
    assert told == [*map(str, range(1, 50001)), "a", "b \ufffd"]


def test_a_line_without_an_end_is_cut() -> None:
    told: list[str] = []
    lines_of(r"head -c 1000001 /dev/zero | tr '\0' x", told.append)
    assert {len(line) for line in told} == {LONGEST_LINE, 1000001 % LONGEST_LINE}
    assert sum(map(len, told)) == 1000001


def test_whoever_writes_is_read_to_the_end_where_nobody_listens_any_more() -> None:
    def gone(line: str) -> None:
        raise BrokenPipeError

    status, last = lines_of("seq 50000 && echo end", gone)
    assert (status, last[-1]) == (0, "end")


def test_waiting_ends_when_something_holds_or_when_time_is_up() -> None:
    begin = time.monotonic()
    assert wait_for(lambda: True, 0)
    assert wait_for(lambda: time.monotonic() > begin + 0.1, 10, every=0.01)
    assert not wait_for(lambda: False, 0.1, every=0.01)
    assert time.monotonic() - begin < 5
