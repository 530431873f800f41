"""Options that change the result: each does nothing where it is not wanted, and says what it cannot do."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from scratchify.context import MemoryContext
from scratchify.decisions import Assume, Check, Remark
from scratchify.errors import UnknownPath
from scratchify.outcome import Outcome, Refused, Rewritten, Unchanged
from scratchify.refactor import refactor
from scratchify.settings import BaseChoice, Settings
from tests.deciding import HEAD, MODULE, PROGRAM, RUNS

NONROOT = Settings(nonroot=True)
STRIP = Settings(strip=True)
GUARD = Settings(guard=True)
ONLY_NEEDED = Settings(only_needed=True)


def go(*imports: str, body: str = "") -> dict[str, str]:
    lines = "".join(f'import "{path}"\n' for path in imports)
    return {**MODULE, "main.go": f"package main\n\n{lines}\nfunc main() {{ {body} }}\n"}


IDLE = go()
"""A program that asks for nothing."""


def result(dockerfile: str, files: Mapping[str, str], settings: Settings) -> Rewritten:
    """Return what becomes of a file, which must not change again under the same settings."""
    outcome = refactor(dockerfile, MemoryContext(files), settings)
    assert isinstance(outcome, Rewritten), outcome
    assert isinstance(refactor(outcome.text, MemoryContext(files), settings), Unchanged)
    return outcome


def lines(outcome: Rewritten) -> list[str]:
    return outcome.text.split("\n")


def collected(outcome: Rewritten) -> str:
    """Return the RUN that gathers what COPY cannot say, continuation lines joined."""
    text = outcome.text.replace(" \\\n", "")
    return next((line for line in text.split("\n") if line.startswith("RUN ") and "/rootfs" in line), "")


def assumed(outcome: Outcome, rule: str) -> list[tuple[str | None, int, str]]:
    assert isinstance(outcome, Rewritten), outcome
    found = [one.because for one in outcome.decisions if isinstance(one, Assume) and one.rule == rule]
    return [(str(one.path) if one.path else None, one.line, one.message) for one in found]


def remarks(outcome: Rewritten, rule: str) -> list[str]:
    return [one.because.message for one in outcome.decisions if isinstance(one, Remark) and one.rule == rule]


@pytest.mark.parametrize("settings", [NONROOT, STRIP, GUARD, ONLY_NEEDED])
def test_what_is_out_of_scope_stays_so(settings: Settings) -> None:
    for text in (
        "FROM node:22\nCMD node .\n",
        f"{HEAD}{RUNS}FROM scratch\nCOPY --from=0 /app/app /app\nCMD ['/app']\n",
    ):
        assert isinstance(refactor(text, MemoryContext(PROGRAM), settings), Unchanged)


def test_options_together_change_nothing_on_a_second_run() -> None:
    everything = Settings(only_needed=True, nonroot=True, strip=True, guard=True, carry=("main.go",), drop=("x.json",))
    outcome = result(HEAD + "EXPOSE 80\nVOLUME /data\n" + RUNS, {**IDLE, "x.json": "", "y.json": ""}, everything)
    assert "x.json" not in outcome.text
    assert "COPY --from=build --chown=65532:65532 /app/main.go /app/main.go\n" in outcome.text
    assert "/rootfs/tmp" not in collected(outcome)


# ---- --nonroot


@pytest.mark.parametrize("user", ["1000:1000", "65532:65532", "nobody"])
def test_a_user_that_is_not_root_is_kept(user: str) -> None:
    text = f"{HEAD}USER {user}\n{RUNS}"
    assert result(text, PROGRAM, NONROOT).text == result(text, PROGRAM, Settings()).text


def test_a_user_that_a_build_argument_chooses_is_kept() -> None:
    text = f"{HEAD}ARG WHO=0\nUSER $WHO\n{RUNS}"
    assert result(text, PROGRAM, NONROOT).text == result(text, PROGRAM, Settings()).text


@pytest.mark.parametrize("user", ["", "USER root\n", "USER 0:0\n"])
def test_root_becomes_nonroot(user: str) -> None:
    outcome = result(HEAD + user + RUNS, PROGRAM, NONROOT)
    assert outcome.text.endswith('\nUSER 65532:65532\nENTRYPOINT ["/app/app"]\n')
    assert outcome.final_stage.user == "65532:65532"
    assert assumed(outcome, "nonroot") == []
    assert "chown" not in outcome.text


def test_who_writes_nothing_owns_no_folder_but_reads_its_files() -> None:
    files = {**go("os", body='os.ReadFile("conf.json")'), "conf.json": "{}"}
    outcome = result(HEAD + RUNS, files, NONROOT)
    assert "COPY --from=build --chown=65532:65532 /app/conf.json /app/conf.json\n" in outcome.text
    assert "chown" not in collected(outcome)


@pytest.mark.parametrize(
    ("call", "folder"),
    [
        ('os.WriteFile("state.json", nil, 0o600)', "/app"),
        ('os.OpenFile("./log/x", os.O_APPEND, 0)', "/app/log"),
        ('os.Create("/var/log/app.log")', "/var/log"),
        ('os.MkdirAll("/data/tiles", 0o755)', "/data/tiles"),
        ('os.Mkdir("cache", 0o755)', "/app"),
        ('os.CreateTemp(".", "x")', "/app"),
        ('os.Rename("a", "log/b")', "/app/log"),
    ],
)
def test_a_folder_that_is_written_to_belongs_to_nonroot(call: str, folder: str) -> None:
    outcome = result(HEAD + RUNS, {**go("os", body=call), "log/.keep": ""}, NONROOT)
    assert f"mkdir -p /rootfs{folder} && chown 65532:65532 /rootfs{folder}" in collected(outcome)
    assert assumed(outcome, "nonroot") == []


@pytest.mark.parametrize("call", ['os.CreateTemp("", "x")', 'os.Create("/tmp/x")', 'os.OpenFile("/dev/null", 1, 0)'])
def test_what_everybody_may_write_to_needs_no_owner(call: str) -> None:
    outcome = result(HEAD + RUNS, go("os", body=call), NONROOT)
    assert "chown" not in outcome.text
    assert assumed(outcome, "nonroot") == []


def test_a_path_that_is_computed_is_assumed_and_the_working_directory_is_given() -> None:
    outcome = result(HEAD + RUNS, go("os", body="os.Create(os.Args[1])"), NONROOT)
    [(path, line, message)] = assumed(outcome, "nonroot")
    assert (path, line) == ("main.go", 5)
    assert message.startswith("os.Create writes to a path that is computed")
    assert "chown 65532:65532 /rootfs/app" in collected(outcome)


@pytest.mark.parametrize(
    ("call", "part"), [('os.Create("/x")', "root folder"), ('os.Create("/mnt2/x")', "/mnt2, which is not in the image")]
)
def test_what_cannot_be_given_is_assumed(call: str, part: str) -> None:
    outcome = result(HEAD + RUNS, go("os", body=call), NONROOT)
    [(path, _, message)] = assumed(outcome, "nonroot")
    assert path == "main.go"
    assert part in message
    strict = refactor(HEAD + RUNS, MemoryContext(go("os", body=call)), Settings(nonroot=True, strict=True))
    assert isinstance(strict, Refused)


def test_made_folders_keep_their_mode_and_change_their_owner() -> None:
    outcome = result(HEAD + "RUN mkdir -m 700 /data && chown 1000 /data\n" + RUNS, PROGRAM, NONROOT)
    assert "mkdir -p /rootfs/data && chown 65532:65532 /rootfs/data" in collected(outcome)
    assert 'chmod "$(stat -c %a /data)" /rootfs/data' in collected(outcome)


@pytest.mark.parametrize(
    ("package", "call", "folder"),
    [
        ("database/sql", 'sql.Open("sqlite3", "file:app.db?cache=shared")', "/app"),
        ("database/sql", 'sql.Open("postgres", "host=db")', None),
        ("net", 'net.Listen("unix", "/run/app.sock")', "/run"),
        ("net", 'net.Listen("tcp", ":8080")', None),
    ],
)
def test_databases_and_sockets_may_be_files(package: str, call: str, folder: str | None) -> None:
    found = collected(result(HEAD + RUNS, go(package, body=call), NONROOT))
    assert ("chown" in found) == (folder is not None)
    assert folder is None or f"chown 65532:65532 /rootfs{folder}" in found


def test_a_function_that_writes_may_be_a_value() -> None:
    outcome = result(HEAD + RUNS, go("os", body="write := os.WriteFile; _ = write"), NONROOT)
    assert [line for _, line, _ in assumed(outcome, "nonroot")] == [5]


def test_packages_that_no_table_knows_may_write_to_the_working_directory() -> None:
    outcome = result(HEAD + RUNS, go("example.org/some/thing"), NONROOT)
    assert "chown 65532:65532 /rootfs/app" in collected(outcome)
    [(path, line, message)] = assumed(outcome, "nonroot")
    assert (path, line) == ("main.go", 3)
    assert "assumed to write to nothing that is not made for 65532" in message


def test_what_is_mounted_for_root_is_assumed() -> None:
    outcome = result(HEAD + RUNS, go("net", body='net.Dial("unix", "/var/run/docker.sock")'), NONROOT)
    assert "/docker.sock" in assumed(outcome, "nonroot")[0][2]


def test_a_volume_belongs_to_nonroot_and_what_is_mounted_is_assumed() -> None:
    outcome = result(HEAD + "VOLUME /data\n" + RUNS, PROGRAM, NONROOT)
    assert "chown 65532:65532 /rootfs/data" in collected(outcome)
    assert [line for _, line, _ in assumed(outcome, "nonroot")] == [5]


def test_the_home_of_root_is_that_of_nonroot() -> None:
    outcome = result(HEAD + RUNS, go("os", body="os.UserHomeDir()"), NONROOT)
    assert "chown 65532:65532 /rootfs/root" in collected(outcome)
    assert "echo 'nonroot:x:65532:65532:nonroot:/root:/sbin/nologin' >> /rootfs/etc/passwd" in collected(outcome)
    assert "echo 'nonroot:x:65532:' >> /rootfs/etc/group" in collected(outcome)


@pytest.mark.parametrize(
    ("extra", "files", "expected"),
    [
        ("EXPOSE 8080\n", PROGRAM, []),
        ("", go("net/http", body='http.ListenAndServe(":8080", nil)'), []),
        ("", go("net/http", body='http.Get("http://localhost:80")'), []),
        ("EXPOSE 80/tcp\n", PROGRAM, [(None, 5)]),
        ("ENV PORT=443\nEXPOSE $PORT\n", PROGRAM, [(None, 6)]),
        ("", go("net/http", body='http.ListenAndServe(":80", nil)'), [("main.go", 5)]),
        ("", go("net", body='net.Listen("tcp", "0.0.0.0:443")'), [("main.go", 5)]),
    ],
)
def test_low_ports_are_assumed(extra: str, files: Mapping[str, str], expected: list[tuple[str | None, int]]) -> None:
    outcome = result(HEAD + extra + RUNS, files, NONROOT)
    assert [(path, line) for path, line, _ in assumed(outcome, "privileged-ports")] == expected


def test_the_working_directory_of_the_image_stays_writable() -> None:
    text = (
        'FROM golang:1.22\nCOPY . /src\nRUN cd /src && CGO_ENABLED=0 go build -o /bin/app .\nENTRYPOINT ["/bin/app"]\n'
    )
    assert "chmod a=rwx,+t /rootfs/go" in collected(result(text, PROGRAM, NONROOT))


# ---- --strip

BUILD = "RUN CGO_ENABLED=0 go build -o app .\n"


@pytest.mark.parametrize(
    "command",
    [
        'go build -ldflags="-s -w" -o app .',
        "go build -ldflags '-w -s -X main.v=1' -o app .",
        "go build -ldflags=-s -o app .",
    ],
)
def test_what_is_stripped_stays_as_it_is(command: str) -> None:
    text = HEAD.replace("go build -o app .", command) + RUNS
    assert result(text, PROGRAM, STRIP).text == result(text, PROGRAM, Settings()).text


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("go build -o app .", 'go build -ldflags="-s -w" -o app .'),
        ("go build -C . -o app .", 'go build -C . -ldflags="-s -w" -o app .'),
        ("go build -C=. -o app .", 'go build -C=. -ldflags="-s -w" -o app .'),
        ("/usr/local/go/bin/go build -o app .", '/usr/local/go/bin/go build -ldflags="-s -w" -o app .'),
        ("GOOS=linux go build -o app", 'GOOS=linux go build -ldflags="-s -w" -o app'),
        ("go build -ldflags=-w -o app .", 'go build -ldflags="-s -w -w" -o app .'),
        ("go build -ldflags -w -o app .", 'go build -ldflags "-s -w -w" -o app .'),
        ('go build -ldflags="-X main.v=1" -o app .', 'go build -ldflags="-s -w -X main.v=1" -o app .'),
        ("go build --ldflags '-X main.v=1' -o app .", "go build --ldflags '-s -w -X main.v=1' -o app ."),
        ("go build '-ldflags=-X main.v=1' -o app .", "go build '-ldflags=-s -w -X main.v=1' -o app ."),
        (
            'go build -ldflags="-X main.v=$(date)" -o app .',
            'go build -ldflags="-s -w -X main.v=$(date)" -o app .',
        ),
        (
            "go build \\\n    -ldflags '-X main.v=1 \\\n -X main.w=2' -o app .",
            "go build \\\n    -ldflags '-s -w -X main.v=1 \\\n -X main.w=2' -o app .",
        ),
        (
            "go vet ./... && go build -o app . && go version",
            'go vet ./... && go build -ldflags="-s -w" -o app . && go version',
        ),
        ("if true; then go build -o app .; fi", 'if true; then go build -ldflags="-s -w" -o app .; fi'),
    ],
)
def test_the_linker_is_told_to_strip(before: str, after: str) -> None:
    text = HEAD.replace("RUN CGO_ENABLED=0 go build -o app .", f"ENV CGO_ENABLED=0\nRUN {before}") + RUNS
    outcome = result(text, PROGRAM, STRIP)
    assert f"RUN {after}\n" in outcome.text
    assert outcome.text.replace(after, before) == result(text, PROGRAM, Settings()).text
    assert assumed(outcome, "stripped-binary") == []


def test_every_program_that_is_shipped_is_stripped() -> None:
    files = {**PROGRAM, "tool/main.go": "package main\n\nfunc main() {}\n"}
    text = HEAD + "RUN CGO_ENABLED=0 go build -o tool/tool ./tool\n" + RUNS
    assert result(text, files, STRIP).text.count('-ldflags="-s -w"') == 2


@pytest.mark.parametrize(
    ("command", "part"),
    [
        ("go build -ldflags=all=-w -o app .", "for some packages only"),
        ('go build -ldflags "$(cat flags)" -o app .', "only a shell knows"),
        ("go build -ldflags -X=main.v=$(date) -o app .", "not quoted"),
        ("go build -ldflags '-s=false' -o app .", "decides it already"),
        ("sh -c 'go build -o app .'", "not found"),
        ("GOFLAGS=-ldflags=-w go build -o app .", "GOFLAGS"),
    ],
)
def test_what_cannot_be_told_is_left_and_said(command: str, part: str) -> None:
    text = HEAD.replace("RUN CGO_ENABLED=0 go build -o app .", f"ENV CGO_ENABLED=0\nRUN {command}") + RUNS
    outcome = result(text, PROGRAM, STRIP)
    assert outcome.text == result(text, PROGRAM, Settings()).text
    [(path, line, message)] = assumed(outcome, "stripped-binary")
    assert (path, line) == (None, 5)
    assert part in message


def test_a_script_and_an_array_are_left_and_said() -> None:
    script = {**PROGRAM, "build.sh": "#!/bin/sh\nCGO_ENABLED=0 go build -o app .\n"}
    outcome = result(HEAD.replace("CGO_ENABLED=0 go build -o app .", "sh build.sh") + RUNS, script, STRIP)
    assert [(path, line) for path, line, _ in assumed(outcome, "stripped-binary")] == [("build.sh", 2)]
    array = HEAD.replace(
        "RUN CGO_ENABLED=0 go build -o app .", 'ENV CGO_ENABLED=0\nRUN ["go", "build", "-o", "app", "."]'
    )
    assert len(assumed(result(array + RUNS, PROGRAM, STRIP), "stripped-binary")) == 1


# ---- --guard


def test_a_guard_looks_at_every_binary_and_gathers_nothing() -> None:
    files = {**PROGRAM, "tool/main.go": "package main\n\nfunc main() {}\n"}
    text = HEAD + "RUN CGO_ENABLED=0 go build -o tool/tool ./tool\n" + RUNS
    outcome = result(text, files, GUARD)
    plain = result(text, files, Settings())
    guards = [line for line in lines(outcome) if line not in lines(plain)]
    assert [line.split()[4] for line in guards] == ["/app/app", "/app/tool/tool"]
    assert all(line.startswith("RUN head -c 4096 ") for line in guards)


@pytest.mark.skipif(sys.platform != "linux", reason="looks at an ELF file of this system")
def test_a_guard_tells_a_dynamic_binary_from_others(tmp_path: Path) -> None:
    outcome = result(HEAD + RUNS, PROGRAM, GUARD)
    [guard] = [line.removeprefix("RUN ") for line in lines(outcome) if line.startswith("RUN head")]
    static = tmp_path / "static"
    static.write_bytes(b"\x7fELF" + b"\0" * 5000 + b"/lib64/ld-linux-x86-64.so.2\0")
    for file, status in ((static, 0), (Path(sys.executable), 1), (tmp_path / "missing", 1)):
        shell = guard.replace("/app/app", str(file)).replace("/tmp/head", str(tmp_path / "head"))
        done = subprocess.run(["sh", "-c", shell], capture_output=True, text=True)
        assert (done.returncode != 0) == bool(status), (file, done)
        assert ("is not static" in done.stderr) == (file == Path(sys.executable))


def test_a_guard_stands_alone_where_nothing_is_gathered() -> None:
    outcome = result(HEAD + RUNS, IDLE, Settings(guard=True, only_needed=True))
    assert "RUN head -c 4096 /app/app" in outcome.text
    assert "/rootfs" not in outcome.text


def test_a_guard_means_nothing_on_a_base_with_a_c_library() -> None:
    def checks(dockerfile: str, base: BaseChoice = "auto") -> int:
        found = result(dockerfile, PROGRAM, Settings(guard=True, base=base))
        return sum(isinstance(one, Check) for one in found.decisions)

    assert checks(HEAD + RUNS) == 1
    assert checks(HEAD + RUNS, "debian") == 0
    # its C library is another one
    assert checks(HEAD + RUNS, "alpine") == 1


def test_a_guard_runs_as_root() -> None:
    text = HEAD.replace("COPY", "USER 1000:1000\nCOPY") + RUNS
    found = lines(result(text, PROGRAM, GUARD))
    at = next(index for index, line in enumerate(found) if line.startswith("RUN head"))
    assert found[at - 1] == "USER root"


# ---- --only-needed


def provided(outcome: Rewritten) -> set[str]:
    return {
        what
        for what, text in (("certificates", "ca-certificates.crt"), ("zones", "zoneinfo"), ("tmp", "/rootfs/tmp"))
        if text in outcome.text
    }


EVERYTHING = {"certificates", "zones", "tmp"}


def test_without_the_option_everything_is_provided() -> None:
    assert provided(result(HEAD + RUNS, IDLE, Settings())) == EVERYTHING


def test_what_nothing_asks_for_is_left_out_and_said() -> None:
    outcome = result(HEAD + RUNS, IDLE, ONLY_NEEDED)
    assert provided(outcome) == set()
    assert "/rootfs" not in outcome.text
    for rule in ("ca-certificates", "time-zone-data", "temporary-directory"):
        [said] = remarks(outcome, rule)
        assert said.startswith("leaves out ")
        assert assumed(outcome, rule) == []


@pytest.mark.parametrize(
    ("files", "extra", "expected"),
    [
        (go("crypto/tls"), "", {"certificates"}),
        (go("net/smtp"), "", {"certificates"}),
        (go("net/http"), "", {"certificates", "tmp"}),
        (go("fmt", body='fmt.Print("/etc/ssl/certs")'), "", {"certificates"}),
        (IDLE, "ENV SSL_CERT_FILE=/app/ca.pem\n", {"certificates"}),
        (go("time", body='time.LoadLocation("Asia/Tokyo")'), "", {"zones"}),
        (go("time", body="f := time.LoadLocation; _ = f"), "", {"zones"}),
        (
            {**MODULE, "main.go": 'package main\n\nimport . "time"\n\nfunc main() { LoadLocation("x") }\n'},
            "",
            {"zones"},
        ),
        (IDLE, "ENV TZ=Europe/Paris\n", {"zones"}),
        (go("os", body='os.Getenv("TZ")'), "", {"zones"}),
        (go("os", body='os.CreateTemp("", "x")'), "", {"tmp"}),
        (go("os", body='os.Create("/tmp/x")'), "", {"tmp"}),
        (go("time", body="time.Now()"), "", set()),
    ],
)
def test_what_is_asked_for_is_provided(files: Mapping[str, str], extra: str, expected: set[str]) -> None:
    assert provided(result(HEAD + extra + RUNS, files, ONLY_NEEDED)) == expected


def test_what_another_program_asks_for_is_provided() -> None:
    files = {**IDLE, "tool/main.go": 'package main\n\nimport "crypto/tls"\n\nfunc main() { _ = tls.VersionTLS12 }\n'}
    text = HEAD + "RUN CGO_ENABLED=0 go build -o tool/tool ./tool\n" + RUNS
    assert provided(result(text, files, ONLY_NEEDED)) == {"certificates"}


def test_packages_that_no_table_knows_are_assumed_to_ask_for_nothing() -> None:
    outcome = result(HEAD + RUNS, go("example.org/some/thing"), ONLY_NEEDED)
    for rule in ("ca-certificates", "time-zone-data", "temporary-directory"):
        [(path, line, message)] = assumed(outcome, rule)
        assert (path, line) == ("main.go", 3)
        assert message.startswith("imports example.org/some/thing, of which no table tells")


def test_without_source_nothing_is_left_out() -> None:
    outcome = refactor(HEAD + RUNS, MemoryContext({}), Settings(assume_source=True, only_needed=True))
    assert isinstance(outcome, Rewritten)
    assert provided(outcome) == EVERYTHING


# ---- --carry and --drop

DATA = {**PROGRAM, "conf/a.json": "", "conf/b.json": "", "notes_test.go": "package main\n", "docs/api.md": "# API\n"}


def copies(outcome: Rewritten) -> list[str]:
    return [line for line in lines(outcome) if line.startswith("COPY --from=") and "/app" in line]


def test_what_comes_along_anyway_is_carried_once() -> None:
    outcome = result(HEAD + RUNS, DATA, Settings(carry=("conf", "/app/conf/a.json", "/app/app")))
    assert copies(outcome).count("COPY --from=build /app/conf /app/conf") == 1
    assert "a.json" not in outcome.text


@pytest.mark.parametrize("said", ["notes_test.go", "./notes_test.go", "/app/notes_test.go"])
def test_a_file_is_carried_whatever_it_is(said: str) -> None:
    plain = copies(result(HEAD + RUNS, DATA, Settings()))
    assert [line for line in copies(result(HEAD + RUNS, DATA, Settings(carry=(said,)))) if line not in plain] == [
        "COPY --from=build /app/notes_test.go /app/notes_test.go"
    ]


def test_a_folder_is_carried_with_all_that_is_in_it() -> None:
    files = {**PROGRAM, "sql/queries.go": "package sql\n", "sql/q.sql": "", "sql/testdata/x": ""}
    outcome = result(HEAD + RUNS, files, Settings(carry=("sql",)))
    assert copies(outcome)[0] == "COPY --from=build /app/sql /app/sql"
    assert "q.sql" not in outcome.text


def test_what_the_image_had_is_carried_as_it_is() -> None:
    outcome = result(HEAD + RUNS, PROGRAM, Settings(carry=("/usr/share/fonts",)))
    assert "mkdir -p /rootfs/usr/share && cp -a /usr/share/fonts /rootfs/usr/share/" in collected(outcome)


def test_owners_and_links_are_carried() -> None:
    text = HEAD + "RUN mkdir -p /srv/x && touch /srv/x/y && chown -R 1000:1000 /srv/x && ln -s /srv/x /srv/z\n" + RUNS
    outcome = result(text, PROGRAM, Settings(carry=("/srv/x", "/srv/z")))
    assert "cp -a /srv/x /rootfs/srv/" in collected(outcome)


@pytest.mark.parametrize(
    ("said", "part"),
    [
        ("missing", "it is not in the build context"),
        ("../up", "a path below the build context is wanted"),
        (".", "a path below the build context is wanted"),
        ("/srv/missing", "no step puts it into the image"),
        ("/", "no step puts it into the image"),
        ("other.txt", "no COPY puts it into the image"),
    ],
)
@pytest.mark.parametrize("option", ["carry", "drop"])
def test_a_path_that_is_nowhere_is_an_error(option: str, said: str, part: str) -> None:
    text = HEAD.replace("COPY . .", "COPY go.mod main.go ./") + RUNS
    settings = Settings(carry=(said,)) if option == "carry" else Settings(drop=(said,))
    with pytest.raises(UnknownPath, match=part) as raised:
        refactor(text, MemoryContext({**PROGRAM, "other.txt": ""}), settings)
    assert (raised.value.option, raised.value.value) == (option, said)
    assert said in str(raised.value)


def test_what_is_refused_or_out_of_scope_needs_no_path() -> None:
    settings = Settings(carry=("missing",))
    assert isinstance(refactor("FROM node:22\nCMD node .\n", MemoryContext({}), settings), Unchanged)
    assert isinstance(refactor(HEAD + "RUN ./unknown\n" + RUNS, MemoryContext(PROGRAM), settings), Refused)


def test_what_is_dropped_stays_behind_and_the_rest_comes() -> None:
    outcome = result(HEAD + RUNS, DATA, Settings(drop=("conf/a.json",)))
    assert "a.json" not in outcome.text
    assert "COPY --from=build /app/conf/b.json /app/conf/b.json" in copies(outcome)
    assert assumed(outcome, "chosen-files") == []
    assert remarks(outcome, "chosen-files") == [
        "conf/a.json is to be dropped: /app/conf/a.json stays in the build stage"
    ]


@pytest.mark.parametrize("path", ["/etc/ssl/certs/ca-certificates.crt", "/usr/share/zoneinfo", "/tmp"])
def test_what_is_provided_can_be_dropped(path: str) -> None:
    assert path not in result(HEAD + RUNS, PROGRAM, Settings(drop=(path,))).text


def test_a_folder_of_which_not_everything_is_known_loses_what_is_dropped() -> None:
    text = HEAD + "RUN mkdir /srv/geo && curl -s https://x.example/g.tar | tar -x -C /srv/geo\n" + RUNS
    outcome = result(text, PROGRAM, Settings(drop=("/srv/geo/raw",)))
    gathered, _, removed = collected(outcome).partition(" && rm -rf /rootfs/srv/geo/raw && ")
    assert "cp -a /srv/geo /rootfs/srv/" in gathered
    assert "cp -a" not in removed
    whole = result(text, PROGRAM, Settings(drop=("/srv/geo",)))
    assert "/srv/geo" not in whole.text.partition("FROM scratch")[2] + collected(whole)


@pytest.mark.parametrize(
    ("body", "words", "place"),
    [
        ('os.ReadFile("conf/a.json")', "", ("main.go", 5, "reads /app/conf/a.json")),
        ('os.ReadDir("conf")', "", ("main.go", 5, "reads /app/conf")),
        ('println("conf/a.json")', "", ("main.go", 5, "names /app/conf/a.json")),
        ("", "ENV CONF=conf/a.json\n", (None, 5, "names /app/conf/a.json")),
    ],
)
def test_what_reads_a_dropped_file_is_told(body: str, words: str, place: tuple[str | None, int, str]) -> None:
    outcome = result(HEAD + words + RUNS, {**DATA, **go("os", body=body)}, Settings(drop=("conf/a.json",)))
    [(path, line, message)] = assumed(outcome, "chosen-files")
    assert (path, line) == place[:2]
    assert message.endswith(f"{place[2]}, which is to be dropped")
    strict = Settings(drop=("conf/a.json",), strict=True)
    assert isinstance(refactor(HEAD + words + RUNS, MemoryContext({**DATA, **go("os", body=body)}), strict), Refused)
