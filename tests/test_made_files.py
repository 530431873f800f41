"""What RUN, ADD and COPY --from put into the image beside the context, and what of it comes along."""

import io
import tarfile
from pathlib import Path

import pytest

from scratchify.context import DirectoryContext, MemoryContext
from scratchify.outcome import Rewritten, Unchanged
from scratchify.refactor import refactor
from scratchify.settings import Settings
from tests.deciding import HEAD, MODULE, PROGRAM, RUNS, final_stage, outcome_of, reasons, rewritten

DATA = {**PROGRAM, "rules.json": "{}\n", "web/index.html": "<p>\n", "web/app.css": "p {}\n"}


def with_step(step: str, base: str = "golang:1.22") -> str:
    return f"FROM {base}\nWORKDIR /app\nCOPY . .\nRUN CGO_ENABLED=0 go build -o app .\n{step}\n{RUNS}"


def copied(dockerfile: str, files: dict[str, str | bytes] = DATA) -> set[str]:  # type: ignore[assignment]
    """Return the targets of the COPY lines of the final stage, but for the binary's."""
    lines = [line for line in final_stage(dockerfile, files) if line.startswith("COPY")]
    found: set[str] = set()
    for line in lines:
        *sources, target = line.split()[2:]
        found |= {target} if not target.endswith("/") else set(sources)
    return found - {"/app/app"}


def archive(*names: str) -> bytes:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as tar:
        for name in names:
            info = tarfile.TarInfo(name)
            info.size = 2
            tar.addfile(info, io.BytesIO(b"x\n"))
    return content.getvalue()


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        ("RUN mv web /srv/web", {"/app/rules.json", "/srv/web"}),
        ("RUN cp -r web /srv/site && rm -rf web", {"/app/rules.json", "/srv/site"}),
        ("RUN mkdir -p /etc/app && mv rules.json /etc/app/", {"/app/web", "/etc/app/rules.json"}),
        ("RUN rm -f rules.json", {"/app/web"}),
        ("RUN rm web/app.css", {"/app/rules.json", "/app/web"}),
        ("RUN install -D -m 0640 rules.json /etc/app/r.json", {"/app/rules.json", "/app/web", "/etc/app/r.json"}),
        ("RUN echo 8080 > /etc/port", {"/app/rules.json", "/app/web", "/etc/port"}),
        ("RUN printf 'a\\n' | tee /etc/a.conf", {"/app/rules.json", "/app/web", "/etc/a.conf"}),
        ("RUN curl -sSo /srv/geo.db https://example.com/geo.db", {"/app/rules.json", "/app/web", "/srv/geo.db"}),
        ("RUN cd /srv && wget -q https://example.com/x/geo.db", {"/app/rules.json", "/app/web", "/srv/geo.db"}),
        ("ADD https://example.com/x/geo.db /srv/", {"/app/rules.json", "/app/web", "/srv/geo.db"}),
        ("COPY --from=alpine:3 /etc/os-release /srv/release", {"/app/rules.json", "/app/web", "/srv/release"}),
        (
            "RUN for f in a b; do echo $f > /srv/$f.txt; done",
            {"/app/rules.json", "/app/web", "/srv/a.txt", "/srv/b.txt"},
        ),
    ],
)
def test_what_the_build_puts_in_place_is_where_the_program_finds_it(step: str, expected: set[str]) -> None:
    assert copied(with_step(step)) == expected


@pytest.mark.parametrize(
    "step",
    [
        "RUN curl -sSLo /usr/local/bin/dep https://example.com/dep && chmod +x /usr/local/bin/dep",
        "RUN go build -o app . 2>&1 | tee build.log",
        "RUN curl -O https://example.com/x.tar.gz && mkdir /opt/x && rm -rf x.tar.gz",
        "RUN ln -s /usr/bin/python3 /usr/bin/python",
        "RUN wget -qO- https://example.com/install.txt > /dev/null",
        "RUN go get -d ./... && go vet ./...",
        "COPY --from=alpine:3 /bin/busybox /usr/local/bin/busybox",
    ],
)
def test_what_only_the_build_needs_stays_behind(step: str) -> None:
    assert copied(with_step(step)) == {"/app/rules.json", "/app/web"}


def test_a_link_comes_along_as_a_link() -> None:
    after = rewritten(with_step("RUN ln -s /app/rules.json /etc/rules.json"), DATA)
    assert "cp -P /etc/rules.json /rootfs/etc/" in after


def test_a_link_into_the_distribution_comes_along_with_what_it_leads_to() -> None:
    after = rewritten(with_step("RUN ln -sf /usr/share/zoneinfo/Asia/Tokyo /etc/localtime"), DATA)
    assert "cp -P /etc/localtime /rootfs/etc/ && if [ -e /usr/share/zoneinfo/Asia/Tokyo ]" in after


def test_a_file_that_may_be_there_is_collected_if_it_is() -> None:
    after = rewritten(with_step("RUN date && if date; then echo a > /srv/a.txt; fi"), DATA)
    assert "if [ -e /srv/a.txt ]; then mkdir -p /rootfs/srv && cp -a /srv/a.txt /rootfs/srv/; fi" in after


def test_an_archive_of_the_context_is_unpacked() -> None:
    files: dict[str, str | bytes] = {**PROGRAM, "site.tar.gz": archive("site/index.html", "site/app.css")}
    found = copied(with_step("ADD site.tar.gz /srv/"), files)
    assert {"/srv/site/index.html", "/srv/site/app.css"} <= found


def test_source_that_is_removed_after_the_build_is_still_read() -> None:
    files = {**PROGRAM, "main.go": 'package main\n\nimport "os/exec"\n\nfunc main() { exec.Command("git").Run() }\n'}
    found = reasons(with_step("RUN rm -rf /app/*.go /app/go.mod"), files)
    assert "runs git" in found["programs"][1]


def test_the_place_in_a_script_is_the_evidence() -> None:
    files = {**PROGRAM, "ci/build.sh": "#!/bin/sh\nset -e\n\neval go build\n"}
    outcome = outcome_of(f"FROM golang:1.22\nWORKDIR /app\nCOPY . .\nRUN sh ci/build.sh\n{RUNS}", files)
    places = {(str(reason.because.path), reason.because.line) for reason in outcome.reasons}  # type: ignore[union-attr]
    assert ("ci/build.sh", 4) in places


@pytest.mark.parametrize(
    ("base", "step"),
    [
        ("debian:bookworm", "RUN apt-get update && apt-get install -y golang-go"),
        ("ubuntu:24.04", "RUN apt-get update && apt-get install -y golang"),
        ("alpine:3.20", "RUN apk add --no-cache go git"),
        ("debian:bookworm", "RUN curl -sSL https://go.dev/dl/go1.22.1.linux-amd64.tar.gz | tar -xz -C /usr/local"),
        (
            "alpine:3.20",
            "RUN wget https://go.dev/dl/go1.22.1.linux-amd64.tar.gz \\\n"
            " && tar -C /usr/local -xzf go1.22.1.linux-amd64.tar.gz && rm go1.22.1.linux-amd64.tar.gz",
        ),
        (
            "ubuntu:24.04",
            "ENV VERSION=1.22.1\nENV ADDRESS=https://go.dev/dl/go$VERSION.linux-amd64.tar.gz\n"
            'RUN curl -fsSL "$ADDRESS" -o golang.tar.gz && tar -C /usr/local -xzf golang.tar.gz && rm golang.tar.gz',
        ),
        (
            "debian:bookworm",
            "RUN mkdir /opt/go1 && cd /opt/go1 && wget https://x.test/go1.22.1.linux-amd64.tar.gz -O go.tgz \\\n"
            " && tar --strip-components=1 -xf go.tgz && rm -f go.tgz\nENV PATH=/opt/go1/bin:$PATH",
        ),
        ("alpine:3.20", "COPY --from=golang:1.27-alpine /usr/local/go /usr/local/go"),
    ],
)
def test_go_on_another_base_builds_as_well(base: str, step: str) -> None:
    text = (
        f"FROM {base}\n{step}\nENV PATH=/usr/local/go/bin:$PATH\nWORKDIR /app\nCOPY . .\nRUN go build -o app .\n{RUNS}"
    )
    after = rewritten(text, PROGRAM)
    assert f"FROM {base} AS build\n" in after
    assert "ENV CGO_ENABLED=0\n" in after
    assert "/usr/local/go " not in after.partition("FROM scratch")[2]


def test_a_base_on_which_no_step_installs_go_is_left_alone() -> None:
    text = 'FROM debian:bookworm\nRUN echo go build\nCMD ["/bin/app"]\n'
    outcome = refactor(text, MemoryContext(PROGRAM))
    assert isinstance(outcome, Unchanged)
    assert outcome.rule == "no-go-builder"


def test_what_cannot_be_followed_may_have_installed_go() -> None:
    text = 'FROM debian:bookworm\nRUN ./install-go\nRUN go build -o /bin/app\nCMD ["/bin/app"]\n'
    outcome = refactor(text, MemoryContext({**PROGRAM, "README.md": ""}))
    assert isinstance(outcome, Unchanged)
    assert "line 2 is not" in outcome.because.message


@pytest.mark.parametrize(
    ("step", "names"),
    [
        ("gem install html-proofer -v 3.8.0", "installs gem html-proofer, which"),
        ("pip3 install -q --index-url https://x.test pygments==2.1", "installs pip3 pygments==2.1, which"),
        ("pip install -r requirements.txt", "installs pip packages, which"),
    ],
)
def test_a_value_of_an_option_is_no_package(step: str, names: str) -> None:
    assert names in reasons(with_step(f"RUN {step}"), PROGRAM)["installed-packages"][1]


@pytest.mark.parametrize(
    ("image", "step", "why"),
    [
        ("golang:1.22", "RUN go get example.com/u/tool", "no step"),
        ("golang:1.22", "ENV GO111MODULE=off\nRUN go get example.com/u/tool", "Go 1.22"),
    ],
)
def test_go_get_that_installs_nothing_builds_no_image(image: str, step: str, why: str) -> None:
    assert isinstance(reasons(f'FROM {image}\n{step}\nCMD ["tool"]\n'), dict)


def test_go_get_of_an_older_go_installs() -> None:
    text = 'FROM golang:1.10\nWORKDIR /go/src/app\nCOPY . .\nRUN go get -v .\nCMD ["app"]\n'
    assert 'ENTRYPOINT ["/go/bin/app"]' in rewritten(text, {"main.go": "package main\n\nfunc main() {}\n"})


@pytest.mark.parametrize("name", ["vendor", "notes", "scripts"])
def test_a_folder_that_is_left_behind_is_not_made_again(name: str) -> None:
    """A literal of some table is called like it; what lies there is source, or data that nobody opens."""
    files = {
        **MODULE,
        "main.go": f'package main\n\nfunc main() {{ println("{name}") }}\n',
        f"{name}/modules.txt": "# example.com/x v1.0.0\n",
        f"{name}/x.go": "package x\n",
        "other/notes.md": "not read\n",
    }
    after = rewritten(HEAD + RUNS, files)
    assert f"/rootfs/app/{name}" not in after
    assert "/rootfs/app/other" not in after


def test_what_an_operating_system_leaves_is_no_data() -> None:
    files = {**PROGRAM, "Thumbs.db": "x", "._data": "x", ".VolumeIcon.icns": "x", "data.json": "{}\n"}
    after = rewritten(HEAD + RUNS, files)
    assert "/app/data.json" in after
    assert not [line for line in after.split("\n") if "Thumbs" in line or "._data" in line or "Volume" in line]


def test_vendored_wrappers_of_system_calls_start_nothing() -> None:
    files = {
        "go.mod": "module example.com/app\n\ngo 1.22\n\nrequire golang.org/x/sys v0.30.0\n",
        "vendor/modules.txt": "# golang.org/x/sys v0.30.0\n## explicit\ngolang.org/x/sys/unix\n",
        "vendor/golang.org/x/sys/unix/exec.go": (
            'package unix\n\nimport "syscall"\n\nfunc Exec(name string) error { return syscall.Exec(name, nil, nil) }\n'
        ),
        "main.go": 'package main\n\nimport "golang.org/x/sys/unix"\n\nfunc main() { println(unix.Getpid()) }\n',
        "poster.png": "x",
    }
    assert "poster.png" not in rewritten(HEAD + RUNS, files)
    files["main.go"] = 'package main\n\nimport "golang.org/x/sys/unix"\n\nfunc main() { unix.Exec("/bin/ls") }\n'
    assert "poster.png" in rewritten(HEAD + RUNS, files, Settings(base="auto"))


def test_a_front_end_full_of_remarks_comes_along_by_its_folder() -> None:
    """What lies among data comes along with it where each file by itself would be more lines than anybody reads."""
    parts = [f"static/{name}" for name in "abcdefghijklmnopqrstuvwxyz"]
    files = {f"{part}/{name}": "x" for part in parts for name in ("code.js", "style.css", "README.md", "package.json")}
    files |= {"static/.npmrc": "//host/:_authToken=x", "tools/README.md": "x", "tools/gen.go": "package tools\n"}
    after = rewritten(HEAD + RUNS, {**PROGRAM, **files})
    assert "COPY --from=build /app/static/a /app/static/a" in after
    assert ".npmrc" not in after
    assert "tools" not in after


SERVES = """\
package main

import "net/http"

func main() { http.ListenAndServe(":80", http.FileServer(http.Dir("./web/dist"))) }
"""


@pytest.mark.parametrize(("ignored", "beside"), [("/dist\n", "web/app.vue"), ("dist/\n", "web/app.vue"), ("dist", "x")])
def test_a_folder_that_is_built_before_the_image_comes_along_if_there(
    tmp_path: Path, ignored: str, beside: str
) -> None:
    """Git ignores it, so that a fresh checkout lacks it; who builds the image may have it."""
    (tmp_path / ".git").mkdir()
    for path, text in {**MODULE, "main.go": SERVES, beside: "x", f"{beside[:4]}.gitignore": ignored}.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text)
    (tmp_path / ".gitignore").write_text(ignored if beside == "x" else "")
    outcome = refactor(HEAD + RUNS, DirectoryContext(tmp_path), Settings())
    assert isinstance(outcome, Rewritten)
    assert (
        "if [ -e /app/web/dist ]; then mkdir -p /rootfs/app/web && cp -a /app/web/dist /rootfs/app/web/" in outcome.text
    )


def test_a_folder_that_is_nowhere_and_not_ignored_is_none() -> None:
    assert "/app/web/dist" not in rewritten(HEAD + RUNS, {**MODULE, "main.go": SERVES, "web/app.vue": "x"})
