"""What RUN does to files: judged by Go itself where Go decides."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from scratchify.analysis.analyse import analyse
from scratchify.analysis.facts import Facts
from scratchify.analysis.stage_files import Built
from scratchify.context import MemoryContext
from scratchify.model import understand
from scratchify.outcome import Refused, Rewritten
from scratchify.refactor import refactor
from scratchify.settings import Settings
from scratchify.syntax import parse
from tests.deciding import PROGRAM, reasons

MAIN = "package main\n\nfunc main() {}\n"
LIBRARY = "package lib\n\nconst Answer = 42\n"
SERVICE = {
    "go.mod": "module example.com/u/myapp\n\ngo 1.22\n",
    "main.go": MAIN,
    "other.go": "package main\n",
    "cmd/server/main.go": MAIN,
    "cmd/worker/main.go": MAIN,
    "lib/lib.go": LIBRARY,
}


def facts_of(dockerfile: str, files: Mapping[str, str]) -> Facts:
    return analyse(understand(parse(dockerfile)), MemoryContext(files), Settings())


def built(dockerfile: str, files: Mapping[str, str]) -> list[str]:
    """Return the paths of the binaries that the Dockerfile builds."""
    facts = facts_of(dockerfile, files)
    assert not facts.blocked, facts.blocked
    return sorted(path for path, entry in facts.files.entries.items() if isinstance(entry.origin, Built))


def why(dockerfile: str, files: Mapping[str, str] = PROGRAM) -> str:
    """Return why a step is blocked; fails where none or several are."""
    (blocked,) = facts_of(dockerfile, files).blocked
    return f"{blocked.line}: {blocked.why}"


def module(path: str, **files: str) -> dict[str, str]:
    return {"go.mod": f"module {path}\n\ngo 1.22\n", **{name.replace("__", "/"): text for name, text in files.items()}}


@pytest.mark.parametrize(
    ("command", "files"),
    [
        ("go build", module("example.com/u/myapp", **{"main.go": MAIN})),
        ("go build .", module("example.com/u/tool/v2", **{"main.go": MAIN})),
        ("go build", module("example.com/u/tool.v2", **{"main.go": MAIN})),
        ("go build", module("gopkg.in/foo.v3", **{"main.go": MAIN})),
        ("go build", module("myapp", **{"main.go": MAIN})),
        ("go build ./cmd/server", SERVICE),
        ("go build example.com/u/myapp/cmd/server", SERVICE),
        ("go build main.go other.go", SERVICE),
        ("go build other.go main.go", SERVICE),
        ("go build cmd/server/main.go", SERVICE),
        ("go build ./...", SERVICE),
        ("go build ./cmd/...", SERVICE),
        ("go build ./cmd/server/...", SERVICE),
        ("go build ./lib", SERVICE),
        ("go build -o app .", SERVICE),
        ("go build -o cmd .", SERVICE),
        ("go build -o bin/ .", SERVICE),
        ("go build -o bin/ ./cmd/...", SERVICE),
        ("go build -o bin/ ./cmd/server ./cmd/worker", SERVICE),
        ("go build -o=out -v -trimpath .", SERVICE),
        ("go build -tags netgo -ldflags '-s -w' -o out ./cmd/server", SERVICE),
        ("go build -C cmd/server", SERVICE),
        ("go build -C cmd/server -o ../x", SERVICE),
        ("GOBIN=$PWD/bin go install ./cmd/server", SERVICE),
        ("GOBIN=$PWD/bin go install ./...", SERVICE),
        ("GOBIN=$PWD/bin go install .", SERVICE),
        ("cd cmd/server && go build", SERVICE),
        ("cd cmd && cd server; go build -o here ../worker", SERVICE),
        ("go build *.go", SERVICE),
    ],
)
def test_binaries_are_called_and_placed_as_go_does(
    command: str, files: dict[str, str], go: str, tmp_path: Path
) -> None:
    root = tmp_path / "app"
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    environment = {**os.environ, "GOTOOLCHAIN": "local", "GOFLAGS": "", "CGO_ENABLED": "0", "GOWORK": "off"}
    environment["PATH"] = f"{Path(go).parent}{os.pathsep}{environment['PATH']}"
    before = {path for path in root.rglob("*") if path.is_file()}
    result = subprocess.run(
        ["sh", "-c", command], cwd=root, env=environment, capture_output=True, text=True, check=False
    )
    made = {path for path in root.rglob("*") if path.is_file()} - before
    executables = sorted(f"/app/{path.relative_to(root).as_posix()}" for path in made)
    assert result.returncode == 0, result.stderr
    told = command.replace("$PWD", "/app")
    assert built(f"FROM golang:1.22\nWORKDIR /app\nCOPY . .\nRUN {told}\n", files) == executables


@pytest.mark.parametrize(
    ("dockerfile", "expected"),
    [
        ("WORKDIR /src\nCOPY . .\nRUN go install\n", ["/go/bin/app"]),
        ("ENV GOPATH=/gopath\nWORKDIR /src\nCOPY . .\nRUN go install\n", ["/gopath/bin/app"]),
        ("ENV GOBIN /opt/bin\nWORKDIR /src\nCOPY . .\nRUN go install .\n", ["/opt/bin/app"]),
        ("ENV GO111MODULE=off\nCOPY . /go/src/example.com/x/app\nRUN go install example.com/x/app\n", ["/go/bin/app"]),
        ("RUN go install example.com/tools/cmd/lint@v1.2.3\n", ["/go/bin/lint"]),
        ("RUN go install example.com/tool/v3@latest\n", ["/go/bin/tool"]),
        ("WORKDIR /src\nCOPY . .\nRUN export GOBIN=/x && go install\n", ["/x/app"]),
        ('WORKDIR /src\nCOPY . .\nRUN ["go", "build", "-o", "/out"]\n', ["/out"]),
        ("ARG OUT=/srv/app\nWORKDIR /src\nCOPY . .\nRUN go build -o $OUT .\n", ["/srv/app"]),
        ('WORKDIR /src\nCOPY . .\nRUN go build \\\n  # remark\n\n  -o "/my app" .\n', ["/my app"]),
        ('WORKDIR /src\nCOPY . .\nRUN go build -ldflags "-X main.v=$(git rev-parse HEAD)" -o a\n', ["/src/a"]),
    ],
)
def test_binaries_go_where_the_stage_says(dockerfile: str, expected: list[str]) -> None:
    files = {"go.mod": "module example.com/app\n", "main.go": MAIN}
    if "/go/src/" in dockerfile:
        del files["go.mod"]
    assert built(f"FROM golang:1.17\n{dockerfile}", files) == expected


@pytest.mark.parametrize(
    "command",
    [
        "go mod download",
        "go mod tidy && go mod verify",
        "go vet ./... && go test ./...",
        "CGO_ENABLED=1 go test -race ./...",
        "set -eux; apk update; apk add --no-cache git",
        "apt-get update && apt-get install -y --no-install-recommends git && rm -rf /var/lib/apt/lists/*",
        "go env -w GOPROXY=https://proxy.example",
        "echo done >/dev/null 2>&1",
        "git config --global url.https://x.example/.insteadOf https://y.example/",
        "mkdir -p /app",
        "true",
    ],
)
def test_steps_that_leave_nothing_to_run_are_followed(command: str) -> None:
    assert not facts_of(f"FROM golang:1.22\nWORKDIR /app\nCOPY . .\nRUN {command}\n", PROGRAM).blocked


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("bazel build //...", "call go build directly"),
        ("which app || go build -o app .", "||"),
        ("cat a | sh", "a pipe"),
        ("if date; then go build; fi", "an if"),
        ("for x in $(date); do go build -o app .; done", "a loop"),
        ("while date; do go build; done", "a loop"),
        ("case $(date) in a) go build;; esac", "a case"),
        ("eval go build", "eval"),
        ("cp app /usr/bin/app", "no step puts it there"),
        ("cd $(date) && go build", "$(date)"),
        ("go build -o $(date) .", "only a shell knows"),
        ("go build $(date)", "only a shell knows"),
        ("echo x > $(date)", "only a shell knows"),
        ("date > main.go", "source whose content is not known"),
        ("umask 077 && mkdir /x", "umask"),
        ("sh missing.sh", "which no step puts there"),
        ("go run ./gen", "may write any file"),
        ("go build -o app . && ./app init", "this build made"),
        ("gox -osarch='linux/amd64 darwin/amd64' .", "call go build directly"),
        ("chmod 700 /missing", "is not there"),
        ("git checkout HEAD~1", "not those of the build context"),
        ("tar -xf /x.tar -C /", "nothing is known"),
        ("date & go build", "background"),
        ("sed -i s/a/b/ main.go", "in the repository"),
        ("go generate ./...", "go generate"),
        ("go test -race ./...", "CGO_ENABLED=1"),
        ("GOOS=windows go build", "GOOS=windows"),
        ("GOARCH=arm64 go install .", "GOARCH"),
        ("go build -o both ./cmd/a ./cmd/b", "end it in /"),
        ("go env -w GOBIN=/x", "use ENV"),
        ("cat <<EOF\ngo build\nEOF", "here-document"),
    ],
)
def test_steps_that_cannot_be_followed_say_why(command: str, words: str) -> None:
    said = why(f"FROM golang:1.22\nWORKDIR /app\nCOPY . .\nRUN {command}\n")
    assert said.startswith("4: ")
    assert words in said


def test_the_line_of_a_step_is_that_of_its_command() -> None:
    text = "FROM golang:1.22\nCOPY . .\nRUN go vet \\\n  # remark\n  && bazel build //...\n"
    assert why(text).startswith("5: what bazel")


@pytest.mark.parametrize(
    ("instructions", "path", "source"),
    [
        ("COPY data.txt /srv/", "/srv/data.txt", "data.txt"),
        ("COPY data.txt /srv/x.txt", "/srv/x.txt", "data.txt"),
        ("COPY data.txt /srv", "/srv/data.txt", "data.txt"),
        ("COPY data.txt /unknown", "/unknown", "data.txt"),
        ("COPY data.txt conf/app.yaml /srv", "/srv/app.yaml", "conf/app.yaml"),
        ("COPY conf /srv/conf", "/srv/conf/app.yaml", "conf/app.yaml"),
        ("COPY conf/ ./", "/work/app.yaml", "conf/app.yaml"),
        ("COPY ./conf/*.yaml /etc/x/", "/etc/x/app.yaml", "conf/app.yaml"),
        ("COPY /conf/app.yaml .", "/work/app.yaml", "conf/app.yaml"),
        ("ADD . /srv", "/srv/conf/app.yaml", "conf/app.yaml"),
        ('COPY ["data.txt", "/with blank/"]', "/with blank/data.txt", "data.txt"),
        ("ENV D=/d\nCOPY data.txt $D/", "/d/data.txt", "data.txt"),
        ("WORKDIR sub\nCOPY data.txt .", "/work/sub/data.txt", "data.txt"),
        ("COPY [cd]onf /c", "/c/app.yaml", "conf/app.yaml"),
    ],
)
def test_copied_files_lie_where_docker_puts_them(instructions: str, path: str, source: str) -> None:
    files = {"data.txt": "x", "conf/app.yaml": "y"}
    facts = facts_of(f"FROM golang:1.22\nWORKDIR /work\n{instructions}\nCMD x\n", files)
    assert facts.files.context_path(path) == source


def test_a_file_written_by_copy_is_known() -> None:
    facts = facts_of("FROM golang:1.22\nCOPY <<rules.json /srv/\n{}\nrules.json\nCMD x\n", {})
    assert "/srv/rules.json" in facts.files.entries


@pytest.mark.parametrize(
    "instruction",
    [
        "ADD data.tar.gz /srv/",
        "ADD https://example.com/ /srv/",
        "COPY --from=alpine /etc/passwd /etc/",
        "ONBUILD COPY . .",
    ],
)
def test_what_comes_from_elsewhere_is_blocked(instruction: str) -> None:
    files = {"data.tar.gz": "", "main.go": MAIN}
    assert why(f"FROM golang:1.22\n{instruction}\nCMD x\n", files).startswith("2: ")


@pytest.mark.parametrize(
    ("copy", "expected"),
    [
        ("COPY go.mod go.sum ./", set()),
        ("COPY *.go ./", set()),
        ("COPY . .", set()),
        ("COPY config.yml /etc/app/", {"/etc/app/config.yml"}),
        ("COPY static ./static", {"/app/static"}),
        ("COPY static/ /srv/static/", {"/srv/static"}),
    ],
)
def test_what_is_named_and_not_at_hand_is_carried_where_source_is_assumed(copy: str, expected: set[str]) -> None:
    text = f"FROM golang:1.22\nWORKDIR /app\n{copy}\nRUN go build -o /bin/app .\nCMD /bin/app\n"
    outcome = refactor(text, MemoryContext({"README.md": ""}), Settings(assume_source=True))
    assert isinstance(outcome, Rewritten)
    assert {file.source for file in outcome.final_stage.files if file.rule == "copied-files"} == expected


def test_a_folder_whose_content_nobody_knows_is_blocked() -> None:
    text = "FROM golang:1.22\nWORKDIR /app\nCOPY static .\nRUN go build -o /bin/app .\nCMD /bin/app\n"
    assert isinstance(refactor(text, MemoryContext({}), Settings(assume_source=True)), Refused)


@pytest.mark.parametrize(
    ("steps", "command", "words"),
    [
        ("COPY . /go/src/x.test/app\nRUN cd /go/src/x.test/app && go install ./...", "/go/bin/app", "name its package"),
        ("RUN curl -O https://x.test/app.tgz && tar xzf app.tgz\nRUN go version", "./app", "tar unpacks app.tgz"),
    ],
)
def test_a_program_that_nobody_can_see_is_not_called_missing(steps: str, command: str, words: str) -> None:
    text = f'FROM golang:1.8\n{steps}\nENTRYPOINT ["{command}"]\n'
    said = reasons(text, {}, Settings(assume_source=True))["exec-form-entrypoint"][1]
    assert words in said
    assert "nowhere" not in said


@pytest.mark.parametrize("source", ["src /go/src", "app /go/src/x.test/app"])
def test_a_folder_without_its_source_at_hand_may_hold_the_package(source: str) -> None:
    text = f'FROM golang:1.8\nCOPY {source}\nRUN go install x.test/app\nCMD ["app"]\n'
    outcome = refactor(text, MemoryContext({}), Settings(assume_source=True))
    assert isinstance(outcome, Rewritten), outcome
    assert "COPY --from=build /go/bin/app /go/bin/app\n" in outcome.text
    assert "COPY --from=build /go/src /go/src\n" not in outcome.text


def test_the_whole_context_without_its_source_at_hand_may_hold_the_package() -> None:
    text = 'FROM golang:1.8\nADD . /go/src/x.test/app/\nRUN go install x.test/app/cmd/serve\nCMD ["serve"]\n'
    assert isinstance(refactor(text, MemoryContext({}), Settings(assume_source=True)), Rewritten)


def test_a_folder_that_is_made_for_files_that_nobody_can_see_comes_along_as_a_whole() -> None:
    copies = "RUN mkdir -p /srv/pages /go/src/x.test/app\nCOPY pages/* /srv/pages/\nCOPY src/app/ /go/src/x.test/app/\n"
    text = f'FROM golang:1.8\n{copies}RUN go install x.test/app\nCMD ["app"]\n'
    outcome = refactor(text, MemoryContext({}), Settings(assume_source=True))
    assert isinstance(outcome, Rewritten), outcome
    targets = {file.target for file in outcome.final_stage.files}
    assert "/srv/pages" in targets
    assert not any(target.startswith("/go/src/x.test/app/") for target in targets)


def test_a_file_that_nobody_can_see_comes_along_where_a_variable_names_it() -> None:
    text = "FROM golang:1.22\nWORKDIR /app\nCOPY . .\nENV PAGE=/app/index.html OTHER=/etc/other.conf\n"
    outcome = refactor(
        text + "RUN go build -o /bin/app .\nCMD /bin/app\n", MemoryContext({}), Settings(assume_source=True)
    )
    assert isinstance(outcome, Rewritten), outcome
    assert (
        "if [ -e /app/index.html ]; then mkdir -p /rootfs/app && cp -a /app/index.html /rootfs/app/; fi" in outcome.text
    )
    assert "cp -a /etc/other.conf" not in outcome.text
