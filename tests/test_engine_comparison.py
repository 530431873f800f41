"""Two images and two runs side by side: each way to differ is seen, and intended is only what a rule has planned."""

import os
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from scratchify.decisions import Assume, Finding
from scratchify.engine.binary import Binary
from scratchify.engine.client import Client
from scratchify.engine.comparison import NOTHING, Alike, Comparison, compare_images, compare_runs
from scratchify.engine.contents import Limit, compare_owners, judge_files, limit_of
from scratchify.engine.docker import DOCKER
from scratchify.engine.http_probe import Answer, answer
from scratchify.engine.image import HealthCheck, Image
from scratchify.engine.image_files import STAT, Entry, Listing, stat_entries
from scratchify.engine.observation import Ending, Launch, Observation, Output
from scratchify.engine.ports import Port
from scratchify.engine.processes import KEPT
from scratchify.engine.trial import LABEL
from scratchify.engine.verification import (
    CannotVerify,
    Differs,
    OriginalFails,
    Progress,
    Subject,
    Verification,
    Wishes,
    launches_of,
    verify,
)
from scratchify.engine.written import Written
from scratchify.model.state import DEFAULT_PATH
from scratchify.outcome import Rewritten
from scratchify.plan import FinalFile, FinalStage
from scratchify.rules import RULES
from tests.stand_ins import stand_in

CHECK = HealthCheck(("CMD", "/app/main", "-check"), 1, 2, 3, 4, 5)
IMAGE = Image(
    id="sha256:a1",
    size=1000,
    env={"PATH": DEFAULT_PATH, "MODE": "live"},
    user="65532",
    workdir="/app",
    entrypoint=("/app/main",),
    cmd=("serve",),
    ports=("8080/tcp",),
    volumes=("/data",),
    labels={"a": "b", LABEL: "1"},
    stop_signal="SIGINT",
    health_check=CHECK,
)
STAGE = FinalStage(
    base="scratch",
    binary="/app/main",
    entrypoint=("/app/main",),
    cmd=("serve",),
    workdir="/app",
    user="65532",
    env={"MODE": "live"},
    files=(FinalFile("/app/main", "/app/main", "binary"),),
)

# Images


def found_in(before: Image, after: Image, planned: FinalStage = STAGE) -> list[Comparison]:
    return [found for found in compare_images(before, after, planned) if found.finding != "same"]


def test_an_image_is_like_itself_but_for_the_label_of_the_run() -> None:
    assert found_in(IMAGE, replace(IMAGE, id="sha256:b2", size=7, labels={"a": "b", LABEL: "2"})) == []


@pytest.mark.parametrize(
    ("subject", "change", "original", "result"),
    [
        ("variable MODE", {"env": {"PATH": DEFAULT_PATH}}, "live", NOTHING),
        ("variable MODE", {"env": {"PATH": DEFAULT_PATH, "MODE": ""}}, "live", "''"),
        ("variable NEW", {"env": {**IMAGE.env, "NEW": "1"}}, NOTHING, "1"),
        ("variable PATH", {"env": {"PATH": "/bin", "MODE": "live"}}, DEFAULT_PATH, "/bin"),
        ("working directory", {"workdir": "/"}, "/app", "/"),
        ("user", {"user": ""}, "65532", "root"),
        ("entry point", {"entrypoint": ()}, "/app/main", NOTHING),
        ("command", {"cmd": ("serve", "all")}, "serve", "serve all"),
        ("ports", {"ports": ()}, "8080/tcp", NOTHING),
        ("volumes", {"volumes": ("/data", "/x")}, "/data", "/data /x"),
        ("stop signal", {"stop_signal": "SIGTERM"}, "SIGINT", "SIGTERM"),
        ("health check", {"health_check": None}, "/app/main -check 1 2 3 4 5", NOTHING),
        ("label a", {"labels": {}}, "b", NOTHING),
        ("label c", {"labels": {"a": "b", "c": ""}}, NOTHING, "''"),
    ],
)
def test_each_part_of_an_image_that_differs_is_seen(
    subject: str, change: dict[str, Any], original: str, result: str
) -> None:
    (found,) = found_in(IMAGE, replace(IMAGE, **change))
    assert (found.subject, found.finding, found.rule) == (subject, "differs", None)
    assert (found.original.removeprefix("CMD "), found.result) == (original, result)


@pytest.mark.parametrize(
    "other",
    [
        HealthCheck(("CMD", "/app/main"), 1, 2, 3, 4, 5),
        HealthCheck(CHECK.test, 9, 2, 3, 4, 5),
        HealthCheck(CHECK.test, 1, 9, 3, 4, 5),
        HealthCheck(CHECK.test, 1, 2, 9, 4, 5),
        HealthCheck(CHECK.test, 1, 2, 3, 9, 5),
        HealthCheck(CHECK.test, 1, 2, 3, 4, 9),
    ],
)
def test_each_part_of_a_health_check_that_differs_is_seen(other: HealthCheck) -> None:
    assert [found.subject for found in found_in(IMAGE, replace(IMAGE, health_check=other))] == ["health check"]


def test_a_word_with_a_space_is_no_two_words() -> None:
    one, two = replace(IMAGE, cmd=("a b",)), replace(IMAGE, cmd=("a", "b"))
    assert [found.subject for found in found_in(one, two)] == ["command"]


@pytest.mark.parametrize(
    ("subject", "rule", "before", "after", "planned"),
    [
        ("variable GOPATH", "environment", {"env": {**IMAGE.env, "GOPATH": "/go"}}, {}, {}),
        ("variable MODE", "environment", {}, {"env": {"PATH": DEFAULT_PATH, "MODE": ""}}, {"env": {"MODE": ""}}),
        ("variable PATH", "environment", {"env": {"PATH": "/go/bin:/bin", "MODE": "live"}}, {}, {}),
        ("working directory", "working-directory", {"workdir": "/go"}, {}, {}),
        ("user", "numeric-user", {"user": "nonroot"}, {}, {}),
        ("user", "numeric-user", {"user": "0"}, {"user": ""}, {"user": None}),
        ("entry point", "exec-form-entrypoint", {"entrypoint": ()}, {}, {}),
        ("command", "exec-form-entrypoint", {"cmd": ("/bin/sh", "-c", "./main serve")}, {}, {}),
        ("command", "exec-form-entrypoint", {}, {"cmd": ()}, {"cmd": None}),
    ],
)
def test_a_difference_is_intended_where_the_result_is_as_planned(
    subject: str, rule: str, before: dict[str, Any], after: dict[str, Any], planned: dict[str, Any]
) -> None:
    original, result, stage = replace(IMAGE, **before), replace(IMAGE, **after), replace(STAGE, **planned)
    (found,) = found_in(original, result, stage)
    assert (found.subject, found.finding, found.rule) == (subject, "intended", rule)
    assert rule in {rule.name for rule in RULES}
    other = replace(stage, env=dict.fromkeys((*stage.env, "GOPATH", "PATH"), "other"), workdir="/x", user="9")
    (found,) = found_in(original, result, replace(other, entrypoint=("/x",), cmd=("x",)))
    assert (found.subject, found.finding, found.rule) == (subject, "differs", None)


# Runs

SERVER = Observation(
    trouble="",
    ports=(Port(8080, "all", "127.0.0.1"),),
    ready=0.5,
    answers=(Answer(8080, "/", 200, (("server", "x"),), b"hello"),),
    health=0,
    ending=Ending(0, seconds=0.1),
    stdout=Output(b"", 0),
    stderr=Output(b"listening\n", 10),
)
TOOL = replace(
    SERVER, ports=(), ready=None, answers=(), health=None, ending=Ending(0), stdout=Output(b"usage: main\n", 12)
)


def said(text: str) -> Output:
    return Output(text.encode(), len(text))


def page(content: bytes = b"hello", status: int | None = 200, **headers: str) -> dict[str, Any]:
    return {"answers": (Answer(8080, "/", status, tuple(headers.items()), content),)}


def differences(
    before: Observation,
    after: Observation,
    *,
    again: Observation | None = None,
    names: tuple[str, str] = ("/app/main", "/app/main"),
    shell_form: bool = False,
) -> list[Comparison]:
    originals, results = [before], [after]

    def more() -> bool:
        originals.append(again or before)
        results.append(after)
        return len(originals) < 4

    alike = Alike(originals, results, more, names, shell_form)
    return [found for found in compare_runs(alike) if found.finding != "same"]


@pytest.mark.parametrize("run", [SERVER, TOOL])
def test_a_run_is_like_itself(run: Observation) -> None:
    assert differences(run, replace(run, ready=9.0)) == []


@pytest.mark.parametrize(
    ("run", "change", "subjects"),
    [
        (SERVER, {"ports": ()}, ["listens on"]),
        (SERVER, {"ports": (Port(8080, "loopback", "127.0.0.1"),)}, ["listens on"]),
        (SERVER, page(status=500), ["GET / on port 8080", "GET / on port 8080, headers"]),
        (SERVER, page(b"", None), ["GET / on port 8080", *(f"GET / on port 8080, {x}" for x in ("headers", "body"))]),
        (SERVER, page(b"bye", server="x"), ["GET / on port 8080, body"]),
        (SERVER, page(server="y"), ["GET / on port 8080, headers"]),
        (SERVER, {"health": 1}, ["health check's status"]),
        (SERVER, {"health": None}, ["health check's status"]),
        (SERVER, {"ending": Ending(2, seconds=0.1)}, ["on SIGTERM"]),
        (SERVER, {"ending": Ending(137, seconds=10.0, killed=True)}, ["on SIGTERM"]),
        (SERVER, {"stderr": said("listening\nno such file\n")}, ["standard error"]),
        (SERVER, {"stdout": said("x\n")}, ["standard output"]),
        (TOOL, {"ending": Ending(1)}, ["run"]),
        (TOOL, {"ending": Ending(137, out_of_memory=True)}, ["run"]),
        (TOOL, {"ending": Ending(0, seconds=0.1)}, ["run"]),
        (TOOL, {"trouble": "no such file"}, ["run"]),
        (TOOL, {"stdout": said("usage: main\nusage: main\n")}, ["standard output"]),
        (TOOL, {"stderr": said("warning\nlistening\n")}, ["standard error"]),
    ],
)
def test_each_way_to_differ_is_seen(run: Observation, change: dict[str, Any], subjects: list[str]) -> None:
    found = differences(run, replace(run, **change))
    assert [one.subject for one in found] == subjects
    assert {(one.finding, one.rule) for one in found} == {("differs", None)}
    assert all(one.original != one.result for one in found)


def written(path: str, content: bytes | None = b"", *, is_deleted: bool = False) -> Written:
    return Written(path, is_deleted, content, len(content or b""))


@pytest.mark.parametrize(
    ("ours", "theirs", "subjects"),
    [
        ((written("/a", b"x"),), (written("/a", b"x"),), []),
        ((written("/a", b"x"),), (written("/a", b"y"),), ["file /a"]),
        ((written("/a", b"x"),), (written("/a", b""),), ["file /a"]),
        ((written("/a", b"x"),), (), ["files written"]),
        ((), (written("/a", b"x"),), ["files written"]),
        ((written("/a", None, is_deleted=True),), (), ["files written"]),
        ((written("/a", None),), (written("/a", None),), []),
    ],
)
def test_what_is_left_in_the_files_counts(
    ours: tuple[Written, ...], theirs: tuple[Written, ...], subjects: list[str]
) -> None:
    found = differences(replace(TOOL, written=ours), replace(TOOL, written=theirs))
    assert [one.subject for one in found] == subjects


def test_a_name_that_varies_is_no_difference() -> None:
    runs = [replace(TOOL, written=(written(f"/tmp/run-{number}", b"x"),)) for number in (17, 35, 92)]
    (found,) = differences(runs[0], runs[2], again=runs[1])
    assert (found.subject, found.finding) == ("files written", "varies")


def test_a_server_that_ends_by_itself_differs() -> None:
    found = differences(SERVER, replace(SERVER, ending=Ending(1)))
    assert found[0] == Comparison("run", "until it is stopped", "ends with status 1", "differs")


def test_what_varies_in_the_original_too_is_no_difference() -> None:
    runs = [replace(SERVER, **page(f"request {word}".encode(), server="x")) for word in ("one", "two", "three")]
    (found,) = differences(runs[0], runs[2], again=runs[1])
    assert (found.subject, found.finding) == ("GET / on port 8080, body", "varies")


@pytest.mark.parametrize(
    ("change", "findings"),
    [(page(b"other"), []), (page(status=404), ["differs"]), (page(b"", None), ["differs"])],
)
def test_of_a_path_that_is_but_a_hint_only_the_status_counts(change: dict[str, Any], findings: list[str]) -> None:
    alike = Alike([SERVER], [replace(SERVER, **change)], lambda: False, ("a", "a"), False, frozenset({"/"}))
    found = compare_runs(alike)
    assert [one.finding for one in found if one.finding != "same"] == findings


def test_a_page_that_holds_a_measured_time_is_the_same_whatever_its_length() -> None:
    headers = b"HTTP/1.1 200 OK\r\nContent-Length: "
    pages = [headers + str(len(body)).encode() + b"\r\n\r\n" + body for body in (b"in 12.345ms", b"in 1.2s")]
    runs = [replace(SERVER, answers=(answer(SERVER.ports[0], "/", content),)) for content in pages]
    assert differences(*runs) == []


def test_of_an_output_that_was_cut_the_last_line_does_not_count() -> None:
    long = b"x" * 99 + b"\n"
    before = replace(TOOL, stdout=Output((long * KEPT)[: KEPT - 1] + b"a", KEPT + 5))
    after = replace(TOOL, stdout=Output((long * KEPT)[: KEPT - 1] + b"b", KEPT + 9))
    assert differences(before, after) == []


def test_the_programs_name_may_change_where_its_words_do() -> None:
    before = replace(TOOL, stdout=said("usage: ./main [-v]\n"))
    after = replace(TOOL, stdout=said("usage: /app/main [-v]\n"))
    (found,) = differences(before, after, names=("./main", "/app/main"))
    assert (found.subject, found.finding, found.rule) == ("standard output", "intended", "exec-form-entrypoint")
    other = replace(TOOL, stdout=said("usage: /app/main [-x]\n"))
    assert [one.finding for one in differences(before, other, names=("./main", "/app/main"))] == ["differs"]
    assert [one.finding for one in differences(before, after)] == ["differs"]


@pytest.mark.parametrize(
    ("line", "result", "finding"),
    [
        ("app in /go/src/app", "/go/bin/app in /go/src/app", "intended"),
        ("app: apps and app-x", "/go/bin/app: apps and app-x", "intended"),
        ("apps", "/go/bin/apps", "differs"),
        ("data/app", "data//go/bin/app", "differs"),
    ],
)
def test_the_programs_name_is_a_word_of_its_own(line: str, result: str, finding: str) -> None:
    before, after = (replace(TOOL, stdout=said(f"{text}\n")) for text in (line, result))
    assert [one.finding for one in differences(before, after, names=("app", "/go/bin/app"))] == [finding]


def test_a_signal_that_a_shell_kept_back_may_reach_the_program_now() -> None:
    before = replace(SERVER, ending=Ending(137, seconds=10.0, killed=True))
    (found,) = differences(before, SERVER, shell_form=True)
    assert (found.subject, found.finding, found.rule) == ("on SIGTERM", "intended", "exec-form-entrypoint")
    assert [one.finding for one in differences(before, SERVER)] == ["differs"]
    assert [one.finding for one in differences(SERVER, before, shell_form=True)] == ["differs"]


# How both are started


def image(*cmd: str, entrypoint: tuple[str, ...] = ()) -> Image:
    return replace(IMAGE, entrypoint=entrypoint, cmd=cmd)


RESULT = image("serve", entrypoint=("/app/main",))


def test_without_arguments_the_images_say_it_themselves() -> None:
    before = image("./main", "serve")
    assert launches_of(before, RESULT, ("/app/main",), ()) == (Launch(before, None, ()), Launch(RESULT, None, ()))


@pytest.mark.parametrize(
    ("before", "after", "entrypoint", "ours", "theirs"),
    [
        pytest.param(
            image("serve", entrypoint=("./main",)),
            RESULT,
            ("/app/main",),
            (None, ("-x",)),
            ("-x",),
            id="an entry point takes them",
        ),
        pytest.param(
            image("./main", "serve"), RESULT, ("/app/main",), (None, ("./main", "-x")), ("-x",), id="CMD is said again"
        ),
        pytest.param(
            image("./main", "serve"),
            image("/app/main", "serve"),
            (),
            (None, ("./main", "-x")),
            ("/app/main", "-x"),
            id="CMD alone on both sides",
        ),
        pytest.param(
            image("./main", "serve"),
            image(entrypoint=("/app/main", "serve")),
            ("/app/main", "serve"),
            (None, ("./main", "serve", "-x")),
            ("-x",),
            id="a command of several words",
        ),
        pytest.param(
            image("/bin/sh", "-c", "./main serve"),
            RESULT,
            ("/app/main",),
            ("/app/main", ("-x",)),
            ("-x",),
            id="a shell",
        ),
        pytest.param(
            image("/bin/bash", "-o", "pipefail", "-c", "./main"),
            image("/app/main"),
            (),
            ("/app/main", ("-x",)),
            ("/app/main", "-x"),
            id="a shell with options, and CMD alone",
        ),
        pytest.param(
            image(entrypoint=("/bin/sh", "-c", "./main serve")),
            image(entrypoint=("/app/main", "serve")),
            ("/app/main", "serve"),
            ("/app/main", ("serve", "-x")),
            ("-x",),
            id="a shell as entry point",
        ),
        pytest.param(
            image("-c", "x.yaml", entrypoint=("/app/publish",)),
            image("-c", "x.yaml", entrypoint=("/app/publish",)),
            ("/app/publish",),
            (None, ("-x",)),
            ("-x",),
            id="no shell, though it ends like one",
        ),
    ],
)
def test_arguments_reach_the_program(
    before: Image, after: Image, entrypoint: tuple[str, ...], ours: tuple[str | None, Any], theirs: tuple[str, ...]
) -> None:
    launches = launches_of(before, after, entrypoint, ("-x",))
    assert launches == (Launch(before, *ours), Launch(after, None, theirs))


# What lies in the result

SIZES = {
    "app/main": 1000,
    "app/data/a": 10,
    "app/data/deep/b": 5,
    "app/database": 3,
    "etc/ssl/certs/ca-certificates.crt": 200,
    "usr/share/zoneinfo/UTC": 40,
    "usr/share/zoneinfo/Europe/Paris": 60,
    "tmp/x": 7,
}
FILES = (
    FinalFile("/app/main", "/app/main", "binary"),
    FinalFile("/app/data", "/app/data", "copied-files"),
    FinalFile("/x", "/etc/ssl/certs/ca-certificates.crt", "ca-certificates"),
    FinalFile("/x", "/usr/share/zoneinfo", "time-zone-data"),
    FinalFile("/rootfs/tmp", "/tmp", "temporary-directory"),
)


def listing(sizes: dict[str, int], binary: Binary | None = None) -> Listing:
    return Listing({path: Entry("file", 0o644, 0, 0, size) for path, size in sizes.items()}, binary)


def outcome(*files: FinalFile, assumed: str = "", binary: str = "/app/main") -> Rewritten:
    decisions = (Assume(assumed, Finding(PurePosixPath("main.go"), 3, "may be read")),) if assumed else ()
    return Rewritten("FROM x\n", decisions, replace(STAGE, files=files, binary=binary))


def test_the_limit_is_the_program_and_what_there_is_evidence_for() -> None:
    assert limit_of(outcome(*FILES), listing(SIZES, Binary(1000, None, 300))) == Limit(1000, 200, 100, 22, 300)
    assert limit_of(outcome(*FILES), listing(SIZES)).total == sum(SIZES.values()) - SIZES["app/database"]


def test_what_is_only_assumed_is_no_part_of_the_limit() -> None:
    assert limit_of(outcome(*FILES, assumed="copied-files"), listing(SIZES)) == Limit(1000, 200, 100, 7, 0)
    assert limit_of(outcome(*FILES, assumed="time-zone-data"), listing(SIZES)).zone_data == 0


def test_each_file_counts_once_for_the_nearest_reason() -> None:
    files = (FinalFile("/tmp", "/tmp", "made-directories"), FinalFile("/tmp/x", "/tmp/x", "copied-files"))
    program = outcome(*files, assumed="copied-files", binary="/tmp/main")
    sizes = {"tmp/main": 1000, "tmp/x": 10, "tmp/y": 1}
    assert limit_of(program, listing(sizes)) == Limit(1000, 0, 0, 1, 0)


def test_the_files_of_a_result_are_judged() -> None:
    program = outcome(*FILES)
    good = {path: size for path, size in SIZES.items() if path != "app/database"}
    static, dynamic = Binary(1000, None, 0), Binary(1000, "/lib/ld.so", 0)
    assert {found.finding for found in judge_files(program, listing(good, static))} == {"same"}
    cases = [
        (listing(good), "/app/main", "no ELF file"),
        (listing(good, dynamic), "/app/main", "asks for the dynamic linker /lib/ld.so"),
        (listing(SIZES, static), "files without a reason in the result", "/app/database"),
        (listing({**good, "app/data/x.go": 1}, static), "source and toolchain in the result", "/app/data/x.go"),
    ]
    for lying, subject, result in cases:
        (found,) = [one for one in judge_files(program, lying) if one.finding == "differs"]
        assert (found.subject, found.result) == (subject, result)


def stat_of_busybox(folder: Path) -> str:
    busybox = shutil.which("busybox")
    applets = subprocess.run([busybox, "--list"], capture_output=True, check=True).stdout if busybox else b""
    if not busybox or not {b"stat", b"xargs"} <= set(applets.split()):
        pytest.skip("no busybox with stat")
    for applet in ("stat", "xargs"):
        (folder / applet).symlink_to(busybox)
    return str(folder)


@pytest.mark.parametrize("by_busybox", [False, True])
def test_owners_and_modes_are_asked_for_in_the_original(tmp_path: Path, by_busybox: bool) -> None:
    at, programs = tmp_path / "image", tmp_path / "bin"
    at.mkdir()
    programs.mkdir()
    (at / "a file|odd").write_text("x")
    (at / "a file|odd").chmod(0o4750)
    (at / "empty").touch(mode=0o600)
    (at / "folder").mkdir(mode=0o700)
    (at / "link").symlink_to("nowhere")
    names = [str(path) for path in (*at.iterdir(), at / "missing")]
    environment = {"PATH": stat_of_busybox(programs) if by_busybox else os.environ["PATH"]}
    done = subprocess.run(
        ["/bin/sh", "-c", STAT], input="\0".join(names).encode(), env=environment, stdout=subprocess.PIPE, check=False
    )
    mine = {"uid": os.getuid(), "gid": os.getgid()}
    assert stat_entries(done.stdout) == {
        f"{at}/a file|odd".lstrip("/"): Entry("file", 0o4750, **mine),
        f"{at}/empty".lstrip("/"): Entry("file", 0o600, **mine),
        f"{at}/folder".lstrip("/"): Entry("folder", 0o700, **mine),
        f"{at}/link".lstrip("/"): Entry("link", 0o777, **mine),
    }


@pytest.mark.parametrize(
    ("before", "finding"),
    [
        ({"app/main": Entry("file", 0o755, 0, 0, 9)}, "same"),
        ({"app/main": Entry("file", 0o755, 1000, 0)}, "differs"),
        ({"app/main": Entry("file", 0o644, 0, 0)}, "differs"),
        ({"app/main": Entry("link", 0o755, 0, 0)}, "differs"),
        ({"other": Entry("file", 0o755, 0, 0)}, "differs"),
    ],
)
def test_a_file_has_the_owner_and_the_mode_that_it_had(before: dict[str, Entry], finding: str) -> None:
    result = Listing({"app": Entry("folder", 0o755, 0, 0), "app/main": Entry("file", 0o755, 0, 0, 7)}, None)
    (found,) = compare_owners(result, before)
    assert found.finding == finding
    assert [*compare_owners(result, {})] == []


# What comes of it, where it does not come to a comparison

FAILS = """\
echo "$*" >> '{folder}/log'
case "$*" in
version*) echo 28.1.0 ;;
build*{fails}*) echo "COPY failed: no such file"; {action} ;;
images*) echo i1 ;;
esac"""


@pytest.mark.parametrize(
    ("fails", "action", "seconds", "answer", "why"),
    [
        ("original", "exit 1", 30, OriginalFails, "the original does not build: COPY failed: no such file"),
        ("result", "exit 1", 30, Differs, "the result does not build: COPY failed: no such file"),
        ("result", "exec sleep 60", 2, CannotVerify, "the result does not build: the build did not end within 2 s"),
    ],
)
def test_images_whose_names_nobody_is_told_do_not_stay(
    tmp_path: Path, fails: str, action: str, seconds: float, answer: type[Verification], why: str
) -> None:
    (tmp_path / "Dockerfile").write_text("FROM x\n")
    program = stand_in(tmp_path, "docker", FAILS.format(folder=tmp_path, fails=fails, action=action))
    subject = Subject(tmp_path / "Dockerfile", tmp_path, b"FROM x\n", outcome(*FILES))
    client = Client(str(program), DOCKER, {**os.environ, "DOCKER_BUILDKIT": "0"})
    found = verify(subject, client, Wishes(build_seconds=seconds, keep=True), Progress())
    assert isinstance(found, answer)
    assert getattr(found, "why", "") == why
    assert "rmi i1" in (tmp_path / "log").read_text().splitlines()
