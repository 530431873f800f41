"""Each rule by itself: what it must leave alone comes first, then what it decides."""

from collections.abc import Mapping

import pytest

from scratchify.context import MemoryContext
from scratchify.decisions import Collect, Command, Fetch, Require
from scratchify.outcome import Refused, Rewritten
from scratchify.refactor import refactor
from scratchify.settings import Settings
from tests.deciding import (
    HEAD,
    MODULE,
    OPENS_ANYTHING,
    PROGRAM,
    RUNS,
    decides,
    final_stage,
    outcome_of,
    reasons,
    rewritten,
    stays_silent,
)

DYNAMIC = HEAD.replace("CGO_ENABLED=0 ", "")


def program(body: str = "", imports: str = "") -> dict[str, str]:
    names = "".join(f'import "{name}"\n' for name in imports.split())
    return {**MODULE, "main.go": f"package main\n\n{names}\nfunc main() {{ {body} }}\n"}


# ---- static-binary


@pytest.mark.parametrize(
    "dockerfile",
    [
        HEAD + RUNS,
        DYNAMIC.replace("WORKDIR", "ENV CGO_ENABLED=0\nWORKDIR") + RUNS,
        DYNAMIC.replace("WORKDIR", "ENV GOOS=linux CGO_ENABLED=0\nWORKDIR") + RUNS,
        DYNAMIC.replace("WORKDIR", "ARG CGO_ENABLED=0\nWORKDIR") + RUNS,
        DYNAMIC.replace("RUN ", "RUN export CGO_ENABLED=0 && ") + RUNS,
    ],
)
def test_what_is_static_already_is_not_made_static(dockerfile: str) -> None:
    assert stays_silent("static-binary", dockerfile)


def test_cgo_is_turned_off_right_behind_from() -> None:
    assert rewritten(DYNAMIC + RUNS).startswith("FROM golang:1.22 AS build\nENV CGO_ENABLED=0\nWORKDIR /app\n")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("ENV CGO_ENABLED=1\nWORKDIR", "ENV CGO_ENABLED=0\nWORKDIR"),
        ("ENV A=b CGO_ENABLED=1 C=d\nWORKDIR", "ENV A=b CGO_ENABLED=0 C=d\nWORKDIR"),
    ],
)
def test_cgo_that_nothing_needs_is_turned_off_where_it_is_turned_on(before: str, after: str) -> None:
    assert after in rewritten(DYNAMIC.replace("WORKDIR", before) + RUNS)


def test_cgo_on_the_command_is_turned_off_there() -> None:
    after = rewritten(HEAD.replace("CGO_ENABLED=0", "GOOS=linux CGO_ENABLED=1") + RUNS)
    assert "RUN GOOS=linux CGO_ENABLED=0 go build" in after
    assert "ENV CGO_ENABLED" not in after


@pytest.mark.parametrize(
    "dockerfile",
    [
        DYNAMIC.replace("WORKDIR", "ENV CGO_ENABLED 1\nWORKDIR") + RUNS,
        DYNAMIC.replace("WORKDIR", 'ENV CGO_ENABLED="1"\nWORKDIR') + RUNS,
        DYNAMIC.replace("WORKDIR", "ARG CGO_ENABLED=1\nWORKDIR") + RUNS,
        DYNAMIC.replace("RUN ", "RUN export CGO_ENABLED=1 && ") + RUNS,
    ],
)
def test_cgo_that_is_turned_on_in_other_words_is_refused(dockerfile: str) -> None:
    assert "set it to 0" in reasons(dockerfile)["static-binary"][1]


def test_a_go_that_links_what_it_has_precompiled_is_refused() -> None:
    assert "newer Go" in reasons(HEAD.replace("golang:1.22", "golang:1.4") + RUNS)["static-binary"][1]


# ---- cgo


@pytest.mark.parametrize(
    "files",
    [
        program(imports="net/http os/user"),
        {**PROGRAM, "c_windows.go": 'package main\n\nimport "C"\n'},
        {**PROGRAM, "c_test.go": 'package main\n\nimport "C"\n'},
        {**PROGRAM, "c.go": '//go:build never\n\npackage main\n\nimport "C"\n'},
        {**PROGRAM, "other/c.go": 'package other\n\nimport "C"\n'},
    ],
)
def test_c_that_this_build_does_not_compile_is_no_need(files: dict[str, str]) -> None:
    assert stays_silent("cgo", DYNAMIC + RUNS, files)


@pytest.mark.parametrize(
    ("dockerfile", "files", "line"),
    [
        (DYNAMIC, {**MODULE, "main.go": 'package main\n\nimport "C"\n\nfunc main() {}\n'}, 3),
        (DYNAMIC, {**program(imports="example.com/app/in"), "in/c.go": 'package in\n\nimport "C"\n'}, 3),
        (DYNAMIC, program(imports="github.com/mattn/go-sqlite3"), 3),
        (DYNAMIC, program(imports="gorm.io/driver/sqlite"), 3),
        (DYNAMIC, program(imports="github.com/confluentinc/confluent-kafka-go/v2/kafka"), 3),
        (DYNAMIC, program(imports="plugin"), 3),
        (HEAD, program(imports="github.com/ebitengine/purego"), 3),
        (DYNAMIC.replace("go build", "go build -race"), PROGRAM, 4),
        (DYNAMIC.replace("go build", "go build -buildmode=pie"), PROGRAM, 4),
        (DYNAMIC.replace("WORKDIR", "ENV GOFLAGS=-buildmode=pie\nWORKDIR"), PROGRAM, 5),
        (DYNAMIC.replace("go build", "go build -ldflags '-linkmode external'"), PROGRAM, 4),
    ],
)
def test_a_need_for_libc_is_refused_with_its_place(dockerfile: str, files: dict[str, str], line: int) -> None:
    assert reasons(dockerfile + RUNS, files)["cgo"][0] == line


def test_where_cgo_was_off_before_a_file_with_c_was_no_part_of_the_program() -> None:
    files = {**PROGRAM, "fast.go": 'package main\n\nimport "C"\nimport "example.org/only/there"\n'}
    assert stays_silent("cgo", HEAD + RUNS, files)


def test_a_stub_that_ran_before_runs_on() -> None:
    assert stays_silent("cgo", HEAD + RUNS, program(imports="github.com/mattn/go-sqlite3"))


def test_modules_that_no_table_knows_are_assumed_and_named() -> None:
    outcome = outcome_of(HEAD + RUNS, program(imports="example.org/unheard/of"))
    assert isinstance(outcome, Rewritten)
    assert [a.because.message.split(";")[0] for a in outcome.assumptions] == [
        "not in the tables: example.org/unheard/of"
    ]


def test_vendored_source_is_read_instead_of_assumed() -> None:
    files = {
        **program(imports="example.org/known"),
        "vendor/example.org/known/k.go": 'package known\n\nimport "C"\n',
        "vendor/modules.txt": "",
    }
    assert reasons(DYNAMIC + RUNS, files)["cgo"][1] == 'imports "C"; scratch has no C library'


# ---- go-source


@pytest.mark.parametrize(
    "files",
    [
        {**program(imports="example.com/app/in"), "in/in.go": "package in\n"},
        {**program(imports="example.com/application/in")},
        {**program(imports="example.com/app/gen"), "gen/gen.go": "package gen\n"},
    ],
)
def test_packages_that_are_at_hand_or_elsewhere_are_not_missed(files: dict[str, str]) -> None:
    assert stays_silent("go-source", HEAD + RUNS, files)


def test_a_package_of_the_module_that_nobody_copies_is_refused() -> None:
    dockerfile = HEAD.replace("COPY . .", "COPY go.mod *.go ./") + RUNS
    files = {**program(imports="example.com/app/in"), "in/in.go": "package in\n"}
    assert reasons(dockerfile, files)["go-source"] == (
        3,
        "imports example.com/app/in, which no step puts into the image: it does not build from here",
    )


# ---- followed-steps and build-stage


def test_an_image_that_no_table_knows_is_refused() -> None:
    assert (
        "official image" in reasons(HEAD.replace("golang:1.22", "house.example/golang:ubi8-x") + RUNS)["build-stage"][1]
    )


def test_a_folder_in_the_way_of_what_is_gathered_is_refused() -> None:
    dockerfile = HEAD.replace("WORKDIR /app", "RUN mkdir /rootfs\nWORKDIR /app") + RUNS
    assert reasons(dockerfile)["followed-steps"][0] == 2


@pytest.mark.parametrize("mount", ["type=cache,target=/root/.cache/go-build", "type=cache,target=/go/pkg/mod"])
def test_a_cache_of_the_build_is_in_nobodys_way(mount: str) -> None:
    assert rewritten(HEAD.replace("RUN ", f"RUN --mount={mount} ") + RUNS)


def test_a_binary_in_a_mount_is_no_part_of_the_image() -> None:
    dockerfile = HEAD.replace("RUN ", "RUN --mount=type=cache,target=/app ") + RUNS
    assert "no part of the image" in reasons(dockerfile)["followed-steps"][1]


def test_the_platform_that_is_built_for_is_no_other_platform() -> None:
    dockerfile = HEAD.replace("RUN CGO", "ARG TARGETOS TARGETARCH\nRUN GOOS=$TARGETOS GOARCH=${TARGETARCH} CGO") + RUNS
    assert "GOARCH=${TARGETARCH} CGO_ENABLED=0 go build" in rewritten(dockerfile)


# ---- programs


@pytest.mark.parametrize(
    ("files", "packages"),
    [
        (program("fmt.Println(exec.Command)", "fmt"), ""),
        (PROGRAM, "RUN apt-get update && apt-get install -y git make ca-certificates\n"),
        (PROGRAM, "RUN apk add --no-cache --virtual .build-deps gcc musl-dev\n"),
        ({**PROGRAM, "main_test.go": 'package main\n\nimport "os/exec"\n\nfunc f() { exec.Command("git") }\n'}, ""),
    ],
)
def test_programs_of_the_build_and_of_tests_are_no_need(files: dict[str, str], packages: str) -> None:
    dockerfile = HEAD.replace("WORKDIR", packages + "WORKDIR") + RUNS
    assert stays_silent("programs", dockerfile, files)
    assert stays_silent("installed-packages", dockerfile, files)


@pytest.mark.parametrize(
    ("files", "packages", "words"),
    [
        (program('exec.Command("git", "log")', "os/exec"), "", "runs git"),
        (program('exec.CommandContext(nil, "ffmpeg")', "os/exec"), "", "runs ffmpeg"),
        (program("exec.Command(name)", "os/exec"), "", "computed"),
        (program('exec.LookPath("sh")', "os/exec"), "", "runs sh"),
        (program('syscall.Exec("/bin/sh", nil, nil)', "syscall"), "", "runs /bin/sh"),
        (program("", "github.com/chromedp/chromedp"), "", "runs chrom"),
    ],
)
def test_programs_that_the_program_runs_are_refused(files: dict[str, str], packages: str, words: str) -> None:
    assert words in reasons(HEAD.replace("WORKDIR", packages + "WORKDIR") + RUNS, files)["programs"][1]


@pytest.mark.parametrize(
    ("packages", "words"),
    [
        ("RUN apk add font-noto\n", "installs font-noto"),
        ("RUN apt-get install -y git libvips-tools=8.1\n", "installs libvips-tools"),
    ],
)
def test_packages_that_nobody_knows_are_refused(packages: str, words: str) -> None:
    assert words in reasons(HEAD.replace("WORKDIR", packages + "WORKDIR") + RUNS)["installed-packages"][1]


UNKNOWN_MODULE = {
    **PROGRAM,
    "main.go": OPENS_ANYTHING.replace('import "os"', 'import "os"\n\nimport _ "example.org/x"'),
}


@pytest.mark.parametrize(
    ("files", "is_needed"),
    [(PROGRAM, False), (UNKNOWN_MODULE, True), (program('exec.Command("sqlite3").Run()', "os/exec"), True)],
)
def test_a_package_of_programs_is_needed_where_one_may_be_started(files: dict[str, str], *, is_needed: bool) -> None:
    head = HEAD.replace("golang:1.22", "golang:1.22-bookworm").replace("WORKDIR", "RUN apt install sqlite3\nWORKDIR")
    assert ("install -y --no-install-recommends sqlite3" in rewritten(head + RUNS, files)) == is_needed


# ---- copied-files


def fetched(dockerfile: str, files: Mapping[str, str | bytes]) -> list[str]:
    return [d.source for d in decides("copied-files", dockerfile, files) if isinstance(d, Fetch)]


@pytest.mark.parametrize(
    "name",
    ["extra.go", "README.md", "LICENSE", "Makefile", "Dockerfile", ".dockerignore", ".github/x.yml", "testdata/a.json",
     "go.sum", "vendor/example.org/x/x.go", "docker-compose.yml", "internal/x_test.go", ".git/config"],
)  # fmt: skip
def test_source_tests_and_build_input_stay_behind(name: str) -> None:
    assert fetched(HEAD + RUNS, {**PROGRAM, name: ""}) == []


def test_nothing_is_assumed_where_nothing_is_carried() -> None:
    assert stays_silent("copied-files", HEAD + RUNS)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["config.yaml"], ["/app/config.yaml"]),
        (["templates/a.html", "templates/sub/b.html"], ["/app/templates"]),
        (["web/web.go", "web/page.html"], ["/app/web/page.html"]),
        (["web/web.go", "web/static/a.css"], ["/app/web/static"]),
        (["static/vendor/bootstrap.css"], ["/app/static"]),
        ([".env"], ["/app/.env"]),
        (["a.sql", "b.sql"], ["/app/a.sql", "/app/b.sql"]),
    ],
)
def test_what_may_be_read_is_carried(names: list[str], expected: list[str]) -> None:
    files = {**PROGRAM, **{name: "package web\n" if name.endswith(".go") else "x" for name in names}}
    assert fetched(HEAD + RUNS, files) == expected


def test_embedded_files_are_in_the_binary_already() -> None:
    embed = 'package main\n\nimport "embed"\n\n//go:embed web/*.html\nvar pages embed.FS\n'
    files = {**PROGRAM, "pages.go": embed, "web/a.html": "", "web/b.css": ""}
    assert fetched(HEAD + RUNS, files) == ["/app/web/b.css"]


def test_files_of_one_folder_are_one_line() -> None:
    lines = final_stage(HEAD + RUNS, {**PROGRAM, "a.sql": "", "b.sql": ""})
    assert "COPY --from=build /app/a.sql /app/b.sql /app/" in lines


def test_a_file_that_a_fresh_checkout_lacks_does_not_break_the_build() -> None:
    context = MemoryContext({**PROGRAM, ".env": "A=b"}, may_be_absent=[".env"])
    outcome = refactor(HEAD + RUNS, context)
    assert isinstance(outcome, Rewritten)
    assert "if [ -e /app/.env ]; then" in outcome.text
    assert "COPY --from=build /app/.env" not in outcome.text


def test_names_with_blanks_and_patterns_are_copied_as_they_are() -> None:
    lines = final_stage(HEAD + RUNS, {**PROGRAM, "my file.txt": "", "pages/[id].html": "", "pages/p.go": "package p"})
    assert 'COPY --from=build ["/app/my file.txt", "/app/my file.txt"]' in lines
    assert "COPY --from=build /app/pages/[[]id].html /app/pages/[id].html" in lines


def test_the_owner_of_a_folder_is_kept() -> None:
    dockerfile = HEAD.replace("COPY . .", "COPY --chown=1000:1000 . .") + RUNS
    assert "COPY --from=build --chown=1000:1000 /app/data /app/data" in final_stage(
        dockerfile, {**PROGRAM, "data/x": ""}
    )


def test_an_owner_by_name_is_refused() -> None:
    dockerfile = HEAD.replace("COPY . .", "COPY --chown=app . .") + RUNS
    assert "as numbers" in reasons(dockerfile, {**PROGRAM, "data/x": ""})["copied-files"][1]


@pytest.mark.parametrize("owner", ["0", "0:0", "root", "root:root"])
def test_what_is_roots_needs_no_owner(owner: str) -> None:
    dockerfile = HEAD.replace("COPY . .", f"COPY --chown={owner} . .") + RUNS
    lines = final_stage(dockerfile, {**PROGRAM, "a.sql": "", "data/x": ""})
    assert "COPY --from=build /app/a.sql /app/a.sql" in lines
    assert "COPY --from=build /app/data /app/data" in lines


@pytest.mark.parametrize(
    ("before", "owner"),
    [("", "app"), ("", "app:app"), ("", "1000:app"), ("", "$NONE"), ("ARG ID=1000\n", "$ID"),
     ("ARG ID=1000\nENV OWNER=$ID:$ID\n", "$OWNER")],
)  # fmt: skip
def test_a_file_keeps_an_owner_whose_number_is_not_certain(before: str, owner: str) -> None:
    dockerfile = HEAD.replace("COPY . .", f"{before}COPY --chown={owner} . .") + RUNS
    assert "COPY --from=build /app/a.sql /app/a.sql" in final_stage(dockerfile, {**PROGRAM, "a.sql": ""})


@pytest.mark.parametrize(
    ("before", "owner", "after"),
    [("", "1000:1000", "1000:1000"), ("", "1000", "1000"), ("", "0:1000", "0:1000"), ("ENV ID=7\n", "$ID:8", "7:8")],
)
@pytest.mark.parametrize("keyword", ["COPY", "ADD"])
def test_the_owner_of_files_is_handed_on(keyword: str, before: str, owner: str, after: str) -> None:
    dockerfile = HEAD.replace("COPY . .", f"{before}{keyword} --chown={owner} . .") + RUNS
    lines = final_stage(dockerfile, {**PROGRAM, "a.sql": "", "b.sql": ""})
    assert f"COPY --from=build --chown={after} /app/a.sql /app/b.sql /app/" in lines


def test_the_owner_of_a_file_that_the_dockerfile_writes_is_handed_on() -> None:
    dockerfile = HEAD.replace("RUN ", "COPY --chown=1000:1000 <<EOF /app/a.yml\na: b\nEOF\nRUN ") + RUNS
    assert "COPY --from=build --chown=1000:1000 /app/a.yml /app/a.yml" in final_stage(dockerfile)


def test_files_of_two_owners_are_two_lines() -> None:
    copies = "COPY . .\nCOPY --chown=1000 b.sql c.sql ./\n"
    lines = final_stage(HEAD.replace("COPY . .\n", copies) + RUNS, {**PROGRAM, "a.sql": "", "b.sql": "", "c.sql": ""})
    assert "COPY --from=build /app/a.sql /app/a.sql" in lines
    assert "COPY --from=build --chown=1000 /app/b.sql /app/c.sql /app/" in lines


# ---- binary


@pytest.mark.parametrize(
    "user",
    ["USER root", "USER 0:0", "USER app", "USER 1000:app", "USER 33", "ARG ID=1000\nUSER $ID"],
)
def test_a_binary_keeps_an_owner_that_is_root_or_not_certain(user: str) -> None:
    dockerfile = HEAD.replace("RUN ", f"{user}\nRUN ") + "USER 1000:1000\n" + RUNS
    assert "COPY --from=build /app/app /app/app" in final_stage(dockerfile)


@pytest.mark.parametrize(
    ("user", "owner"),
    [
        ("USER 1000:1000", "1000:1000"),
        ("USER 33:33", "33:33"),
        ("USER 1000", "1000:0"),
        ("USER nobody", "65534:65534"),
        ("USER 65534", "65534:65534"),
        ("ENV ID=1000\nUSER $ID:$ID", "1000:1000"),
    ],
)
def test_a_binary_belongs_to_the_user_that_built_it(user: str, owner: str) -> None:
    dockerfile = HEAD.replace("RUN ", f"{user}\nRUN ") + "USER 2000:2000\n" + RUNS
    assert f"COPY --from=build --chown={owner} /app/app /app/app" in final_stage(dockerfile)


def test_each_binary_belongs_to_the_user_that_built_it() -> None:
    files = {**PROGRAM, "tool/main.go": "package main\n\nfunc main() {}\n"}
    dockerfile = HEAD.replace("RUN ", "RUN CGO_ENABLED=0 go build -o bin ./tool\nUSER 1000:1000\nRUN ") + RUNS
    lines = final_stage(dockerfile, files)
    assert "COPY --from=build /app/bin /app/bin" in lines
    assert "COPY --from=build --chown=1000:1000 /app/app /app/app" in lines


# ---- certificates, zones, types, temporary directory, users


@pytest.mark.parametrize(
    ("image", "line"),
    [
        ("golang:1.22", "COPY --from=build /usr/share/zoneinfo /usr/share/zoneinfo"),
        ("golang:1.22-bookworm", "COPY --from=build /usr/share/zoneinfo /usr/share/zoneinfo"),
        ("golang:1.27-trixie", "COPY --from=build /usr/local/go/lib/time/zoneinfo.zip"),
        ("golang:alpine", "COPY --from=build /usr/local/go/lib/time/zoneinfo.zip"),
    ],
)
def test_zones_come_from_where_the_builder_has_them_all(image: str, line: str) -> None:
    assert line in rewritten(HEAD.replace("golang:1.22", image) + RUNS)


def test_a_trimmed_binary_finds_no_archive_and_gets_the_database() -> None:
    dockerfile = HEAD.replace("golang:1.22", "golang:1.27").replace("go build", "go build -trimpath") + RUNS
    assert "COPY --from=build /usr/share/zoneinfo /usr/share/zoneinfo" in rewritten(dockerfile)


def test_a_trimmed_binary_on_alpine_had_no_zones_and_gets_none() -> None:
    dockerfile = HEAD.replace("golang:1.22", "golang:alpine").replace("go build", "go build -trimpath") + RUNS
    assert "zoneinfo" not in rewritten(dockerfile)


def test_installed_zones_are_taken() -> None:
    dockerfile = HEAD.replace("golang:1.22\n", "golang:alpine\nRUN apk add tzdata\n") + RUNS
    assert "COPY --from=build /usr/share/zoneinfo /usr/share/zoneinfo" in rewritten(dockerfile)


def test_a_builder_of_unknown_family_is_asked_for_its_files() -> None:
    after = rewritten(HEAD.replace("golang:1.22", "golang@sha256:" + "0" * 64) + RUNS)
    assert "if [ -f /etc/ssl/certs/ca-certificates.crt ]" in after or "COPY --from=build /etc/ssl" in after
    assert "COPY --from=build /usr/share/zoneinfo" not in after


@pytest.mark.parametrize("files", [PROGRAM, program(imports="net/http"), program("http.Get(x)", "net/http")])
def test_types_of_files_are_no_need_of_a_client(files: dict[str, str]) -> None:
    assert stays_silent("mime-types", HEAD + RUNS, files)


@pytest.mark.parametrize(
    "files", [program('http.FileServer(http.Dir("."))', "net/http"), program('mime.TypeByExtension(".x")', "mime")]
)
def test_a_file_server_keeps_its_types(files: dict[str, str]) -> None:
    assert "COPY --from=build /etc/mime.types /etc/mime.types" in rewritten(HEAD + RUNS, files)


def test_alpine_has_no_types_to_keep() -> None:
    dockerfile = HEAD.replace("golang:1.22", "golang:alpine") + RUNS
    assert stays_silent("mime-types", dockerfile, program('http.ServeFile(w, r, "x")', "net/http"))


@pytest.mark.parametrize("files", [PROGRAM, program('os.Getenv("PORT")', "os")])
def test_a_program_that_does_not_ask_gets_no_users(files: dict[str, str]) -> None:
    assert stays_silent("user-database", HEAD + RUNS, files)


@pytest.mark.parametrize(
    "files",
    [program("user.Current()", "os/user"), program("os.UserHomeDir()", "os"), program('os.Getenv("HOME")', "os")],
)
def test_a_program_that_asks_for_its_user_or_home_keeps_them(files: dict[str, str]) -> None:
    collected = [d.creates[0] for d in decides("user-database", HEAD + RUNS, files) if isinstance(d, Collect)]
    assert collected == ["/root", "/etc/passwd", "/etc/group"]


@pytest.mark.parametrize("image", ["golang:1.16", "golang:1.22", "golang:latest", "golang:alpine"])
def test_new_go_looks_into_the_hosts_file_by_itself(image: str) -> None:
    assert stays_silent("name-resolution", HEAD.replace("golang:1.22", image) + RUNS)


@pytest.mark.parametrize("image", ["golang:1.15", "golang:1.9.2-alpine"])
def test_old_go_is_told_to_look_into_the_hosts_file(image: str) -> None:
    assert not stays_silent("name-resolution", HEAD.replace("golang:1.22", image) + RUNS)


@pytest.mark.parametrize("folder", ["/app", "/app/sub", "/tmp", "/usr/local/bin", "/go"])
def test_folders_that_are_there_anyway_are_not_made(folder: str) -> None:
    dockerfile = HEAD.replace("WORKDIR /app", f"RUN mkdir -p {folder}\nWORKDIR /app").replace("COPY . .", "COPY . .")
    assert stays_silent("made-directories", dockerfile.replace("/app/sub", "/app") + RUNS)


@pytest.mark.parametrize("folder", ["/data", "/var/lib/app", "/var/log", "/go/src/x/logs"])
def test_folders_for_the_program_are_made_again(folder: str) -> None:
    dockerfile = HEAD.replace("WORKDIR /app", f"RUN mkdir -p {folder}\nWORKDIR /app") + RUNS
    assert f"mkdir -p /rootfs{folder}" in rewritten(dockerfile)


# ---- environment and build arguments


@pytest.mark.parametrize(
    "text", ["GOFLAGS=-mod=mod", "GOPATH=/gopath", "CGO_CFLAGS=-O2", "PATH=$PATH:/x", "GOPROXY=direct"]
)
def test_variables_of_the_build_stay_behind(text: str) -> None:
    assert not [line for line in final_stage(HEAD.replace("WORKDIR", f"ENV {text}\nWORKDIR") + RUNS) if "ENV" in line]


def test_a_variable_of_the_build_that_the_program_names_comes_along() -> None:
    files = program('os.Getenv("GOPROXY")', "os")
    assert "ENV GOPROXY=direct" in final_stage(HEAD.replace("WORKDIR", "ENV GOPROXY=direct\nWORKDIR") + RUNS, files)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("ENV PORT=8080", "ENV PORT=8080"),
        ("ENV GREETING hello  there", "ENV GREETING hello  there"),
        ("ENV GOOS=linux PORT=80 GOARCH=amd64", "ENV PORT=80"),
        ('ENV A="b c" GOOS=linux', 'ENV A="b c"'),
        ("ENV DATA=$GOPATH/data", "ENV DATA=/go/data"),
        ("ENV DATA=${GOPATH}/x B='$GOPATH'", "ENV DATA=/go/x B='$GOPATH'"),
        ("ENV GOMAXPROCS=2", "ENV GOMAXPROCS=2"),
        ("ENV A=1\nENV B=$A", "ENV B=$A"),
    ],
)
def test_variables_of_the_program_come_along(before: str, after: str) -> None:
    assert after in final_stage(HEAD.replace("WORKDIR", f"{before}\nWORKDIR") + RUNS)


def test_variables_behind_the_last_step_leave_the_build_stage() -> None:
    assert rewritten(HEAD + "ENV PORT=80\n" + RUNS).count("ENV PORT=80") == 1


@pytest.mark.parametrize("use", ["RUN echo $VERSION\n", ""])
def test_an_argument_of_the_build_alone_is_not_declared_again(use: str) -> None:
    assert "ARG VERSION" not in final_stage(HEAD.replace("WORKDIR", f"ARG VERSION=1\n{use}WORKDIR") + RUNS)


@pytest.mark.parametrize("use", ["LABEL v=$VERSION", "ENV V=${VERSION}", "EXPOSE $VERSION", "LABEL v=${VERSION:-x}"])
def test_an_argument_that_the_final_stage_uses_is_declared_again(use: str) -> None:
    lines = final_stage(HEAD.replace("WORKDIR", f"ARG VERSION=1\n{use}\nWORKDIR") + RUNS)
    assert lines.index("ARG VERSION=1") < lines.index(use)


def test_an_argument_in_the_default_of_another_is_declared_again() -> None:
    lines = final_stage(HEAD.replace("WORKDIR", "ARG A=1\nARG B=$A\nLABEL b=$B\nWORKDIR") + RUNS)
    assert [line for line in lines if line.startswith("ARG")] == ["ARG A=1", "ARG B=$A"]


# ---- working directory and user


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("WORKDIR /app", "WORKDIR /app"),
        ("WORKDIR /srv\nWORKDIR app", "WORKDIR /srv/app"),
        ("WORKDIR $GOPATH/src/x", "WORKDIR /go/src/x"),
        ("ENV H=/home/x\nWORKDIR $H", "WORKDIR /home/x"),
    ],
)
def test_the_program_starts_where_it_started(before: str, after: str) -> None:
    dockerfile = HEAD.replace("WORKDIR /app", before).replace("-o app", "-o /app/app") + RUNS
    assert [line for line in final_stage(dockerfile) if line.startswith("WORKDIR")] == [after]


def test_without_workdir_the_program_starts_where_the_base_image_says() -> None:
    dockerfile = "FROM golang:1.22\nCOPY . /src\nRUN cd /src && CGO_ENABLED=0 go build -o /app/app\n" + RUNS
    assert "WORKDIR /go" in final_stage(dockerfile)


@pytest.mark.parametrize("user", ["USER root", "USER 0", "USER 0:0", "USER 1000\nUSER root"])
def test_root_needs_no_user(user: str) -> None:
    assert stays_silent("numeric-user", f"{HEAD}{user}\n{RUNS}")


@pytest.mark.parametrize(
    ("user", "after"),
    [("1000:1000", "1000:1000"), ("1000", "1000"), ("nobody", "65534:65534"), ("65534", "65534:65534")],
)
def test_the_program_runs_as_the_same_numbers(user: str, after: str) -> None:
    assert f"USER {after}" in final_stage(f"{HEAD}USER {user}\n{RUNS}")


@pytest.mark.parametrize("user", ["app", "app:app", "www-data", "1000:staff"])
def test_a_name_whose_number_is_not_known_is_refused(user: str) -> None:
    assert "with numbers" in reasons(f"{HEAD}USER {user}\n{RUNS}")["numeric-user"][1]


def test_a_build_as_another_user_collects_as_root() -> None:
    after = rewritten(HEAD.replace("RUN ", "USER 1000:1000\nRUN ") + RUNS)
    assert "\nUSER root\nRUN mkdir -p /rootfs/tmp" in after


@pytest.mark.parametrize(
    ("lines", "user"),
    [("USER 1000:1000", "1000:1000"), ("USER root\nUSER nobody", "nobody"), ("ARG ID=1000\nUSER ${ID}:0", "${ID}:0")],
)
def test_a_build_stage_ends_as_the_user_that_it_had(lines: str, user: str) -> None:
    build_stage = rewritten(HEAD.replace("RUN ", f"{lines}\nRUN ") + RUNS).partition("\n\nFROM ")[0]
    collecting = build_stage[build_stage.index("\nUSER root\nRUN mkdir") :]
    assert collecting.endswith(f"\nUSER {user}")
    assert collecting.count("USER ") == 2


@pytest.mark.parametrize("lines", ["USER root", "USER 0:0", "USER 1000:1000\nUSER root"])
def test_a_build_as_root_stays_one(lines: str) -> None:
    build_stage = rewritten(HEAD.replace("RUN ", f"{lines}\nRUN ") + RUNS).partition("\n\nFROM ")[0]
    assert build_stage.count("USER ") == lines.count("USER ")


def test_the_user_of_the_final_stage_alone_is_not_said_in_the_build_stage() -> None:
    build_stage = rewritten(f"{HEAD}USER 1000:1000\n{RUNS}").partition("\n\nFROM ")[0]
    assert "USER" not in build_stage


def test_the_user_of_the_base_image_is_said_again() -> None:
    after = rewritten((HEAD + "USER 1000:1000\n" + RUNS).replace("golang:1.22", "circleci/golang:1.17-buster"))
    assert "\nUSER circleci\n\nFROM scratch" in after


# ---- metadata and command


@pytest.mark.parametrize(
    "text",
    ["LABEL a=b", "MAINTAINER me <me@x.example>", "EXPOSE 80/tcp 81/udp", "VOLUME /data", 'VOLUME ["/a", "/b"]',
     "STOPSIGNAL SIGINT", "HEALTHCHECK NONE", 'HEALTHCHECK --interval=5s CMD ["/app/app", "-c"]'],
)  # fmt: skip
def test_metadata_moves_to_the_final_stage(text: str) -> None:
    after = rewritten(HEAD.replace("WORKDIR", f"{text}\nWORKDIR") + RUNS)
    assert after.count(text) == 1
    assert after.index(text) > after.index("FROM scratch")


@pytest.mark.parametrize(
    ("check", "words"),
    [
        ("HEALTHCHECK CMD curl -f http://localhost/", "shell"),
        ('HEALTHCHECK CMD ["curl", "-f", "http://localhost/"]', "curl"),
        ('HEALTHCHECK CMD ["app"]', "app"),
    ],
)
def test_a_health_check_that_scratch_cannot_run_is_refused(check: str, words: str) -> None:
    assert words in reasons(f"{HEAD}{check}\n{RUNS}")["image-metadata"][1]


@pytest.mark.parametrize(
    ("said", "entrypoint", "cmd"),
    [
        ('ENTRYPOINT ["/app/app"]', ("/app/app",), None),
        ('ENTRYPOINT ["./app", "-v"]\nCMD ["x"]', ("/app/app", "-v"), ("x",)),
        ('CMD ["x"]\nENTRYPOINT ["/app/app"]', ("/app/app",), ("x",)),
        ('CMD ["./app"]', ("/app/app",), None),
        ('CMD ["./app", "serve", "-p", "$PORT"]', ("/app/app",), ("serve", "-p", "$PORT")),
        ('CMD ./app -name \'two words\' "x\\"y"', ("/app/app",), ("-name", "two words", 'x"y')),
        ("CMD exec ./app", ("/app/app",), None),
        ("ENTRYPOINT ./app", ("/app/app",), None),
        ('ENTRYPOINT ./app -v\nCMD ["ignored"]', ("/app/app", "-v"), None),
        ('CMD ["bash"]\nCMD ["/app/app"]', ("/app/app",), None),
        ('ENV PATH=/app:$PATH\nCMD ["app"]', ("/app/app",), None),
        ("ENV PATH $PATH:/app\nCMD app", ("/app/app",), None),
    ],
)
def test_the_same_program_starts_with_the_same_arguments(
    said: str, entrypoint: tuple[str, ...], cmd: tuple[str, ...] | None
) -> None:
    outcome = outcome_of(f"{HEAD}{said}\n")
    assert isinstance(outcome, Rewritten)
    assert (outcome.final_stage.entrypoint, outcome.final_stage.cmd) == (entrypoint, cmd)
    (command,) = [decision for decision in outcome.decisions if isinstance(decision, Command)]
    assert command.binary == "/app/app"


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("CMD ./app -p $PORT", "$PORT"),
        ("CMD ./app -p ${PORT:-80}", "${PORT:-80}"),
        ("CMD ./migrate && ./app", "runs before the program"),
        ("CMD cd $DIR && ./app", "use WORKDIR"),
        ("CMD LEVEL=$L ./app", "only a shell expands"),
        ("CMD PATH=/x:$PATH ./app", "only a shell expands"),
        ("CMD ./app & ./app", "needs a shell"),
        ("CMD ./app > /var/log/x", "redirects"),
        ("CMD ./app | tee x", "a pipe"),
        ("CMD ./app *.json", "*.json"),
        ('CMD ["sh", "-c", "./app $PORT"]', "only a shell expands"),
        ('CMD ["/bin/bash", "-xc", "./app"]', "start it directly"),
        ('ENTRYPOINT ["gosu", "nobody", "./app"]', "use USER"),
        ('ENTRYPOINT ["/app/app"]\nCMD -x', "JSON array"),
        ("CMD ['./app']", "double quotes"),
        ('CMD ["go", "run", "example.com/x@latest"]', "build it in a RUN"),
        ('CMD ["./gone"]', "nowhere"),
        ('CMD ["app"]', "nowhere"),
        ('CMD ["./run.sh"]', "nothing is started"),
    ],
)
def test_a_command_that_needs_more_than_its_words_is_refused(said: str, words: str) -> None:
    files = {**PROGRAM, "run.sh": "#!/bin/sh\n"}
    assert words in reasons(f"{HEAD}{said}\n", files)["exec-form-entrypoint"][1]


def test_disagreeing_ignore_files_are_refused_where_source_is_in_question() -> None:
    context = MemoryContext(PROGRAM)
    context.disputed = frozenset({"other.go", "README.md"})
    outcome = refactor(HEAD + RUNS, context)
    assert [reason.because.message.split()[0] for reason in getattr(outcome, "reasons", ())] == ["other.go"]


def test_an_argument_that_decides_a_path_is_assumed_to_keep_its_default() -> None:
    dockerfile = HEAD.replace("WORKDIR /app", "ARG DIR=/app\nWORKDIR $DIR") + RUNS
    outcome = outcome_of(dockerfile)
    assert isinstance(outcome, Rewritten)
    assert any("DIR" in assumed.because.message for assumed in outcome.assumptions)


# ---- what other eyes found: each of these was once rewritten into something that did not work


def assumptions(dockerfile: str, files: Mapping[str, str | bytes] = PROGRAM) -> str:
    outcome = outcome_of(dockerfile, files)
    assert isinstance(outcome, Rewritten), outcome
    return "\n".join(assumed.because.message for assumed in outcome.assumptions)


COMPOSE = "services:\n  app:\n    build: .\n    {}\n"


@pytest.mark.parametrize("said", ["ports: ['80:80']", "command: []", "healthcheck: {disable: true}"])
def test_a_caller_that_runs_the_image_as_it_is_changes_nothing(said: str) -> None:
    files = {**PROGRAM, "compose.yaml": COMPOSE.format(said)}
    assert final_stage(HEAD + 'CMD ["./app"]\n', files)[-1] == 'ENTRYPOINT ["/app/app"]'


def test_a_caller_that_replaces_the_command_keeps_it_a_command() -> None:
    files = {**PROGRAM, "compose.yaml": COMPOSE.format("command: ./app worker")}
    outcome = outcome_of(HEAD + 'CMD ["./app", "serve"]\n', files)
    assert isinstance(outcome, Rewritten)
    assert (outcome.final_stage.entrypoint, outcome.final_stage.cmd) == (None, ("/app/app", "serve"))


@pytest.mark.parametrize(
    "said",
    [
        "command: sh -c './app migrate'",
        "entrypoint: ./wait-for.sh",
        "command: [migrate, up]",
        "healthcheck: {test: curl -f http://localhost/}",
        "healthcheck: {test: [CMD, wget, -q, http://localhost/]}",
    ],
)
def test_a_caller_that_runs_something_else_is_refused_with_its_line(said: str) -> None:
    files = {**PROGRAM, "compose.yaml": COMPOSE.format(said)}
    assert reasons(HEAD + 'CMD ["./app"]\n', files)["callers"][0] == 4


def test_a_file_that_git_ignores_by_name_is_copied_where_it_is() -> None:
    outcome = refactor(HEAD + RUNS, MemoryContext(PROGRAM, absent=[".env", "bin", "debug.log"]))
    assert isinstance(outcome, Rewritten)
    assert "if [ -e /app/.env ]; then mkdir -p /rootfs/app && cp -a /app/.env /rootfs/app/; fi" in outcome.text
    assert "debug.log" not in outcome.text


@pytest.mark.parametrize(
    ("files", "words"),
    [
        (
            {**MODULE, "main.go": 'package main\n\nimport "os/exec"\n\nvar run = exec.Command\n\nfunc main() {}\n'},
            "as a value",
        ),
        (program('_ = exec.Cmd{Path: "git"}', "os/exec"), "as a value"),
        ({**MODULE, "main.go": 'package main\n\nimport . "os/exec"\n\nfunc main() { Command("git") }\n'}, "own names"),
        (program("", "net/http/cgi"), "CGI"),
    ],
)
def test_ways_to_run_a_program_without_a_plain_call_are_seen(files: dict[str, str], words: str) -> None:
    assert words in reasons(HEAD + RUNS, files)["programs"][1]


def test_files_that_cgo_chooses_between_are_refused() -> None:
    files = {
        **PROGRAM,
        "a.go": "//go:build cgo\n\npackage main\n",
        "b.go": "//go:build !cgo\n\npackage main\n",
    }
    assert "depending on cgo" in reasons(DYNAMIC + RUNS, files)["cgo"][1]
    assert rewritten(HEAD + RUNS, files)


def test_tags_in_goflags_choose_files_too() -> None:
    files = {**PROGRAM, "x.go": '//go:build prod\n\npackage main\n\nimport "plugin"\n'}
    dockerfile = DYNAMIC.replace("WORKDIR", "ENV GOFLAGS=-tags=prod\nWORKDIR") + RUNS
    assert reasons(dockerfile, files)["cgo"][1].startswith("imports plugin")


def test_an_assignment_that_is_not_exported_does_not_turn_cgo_off() -> None:
    assert "ENV CGO_ENABLED=0" in rewritten(DYNAMIC.replace("RUN ", "RUN CGO_ENABLED=0; ") + RUNS)


@pytest.mark.parametrize("place", ["RUN CGO_ENABLED= ", "ENV CGO_ENABLED=\nRUN "])
def test_an_empty_switch_is_refused(place: str) -> None:
    assert "static-binary" in reasons(DYNAMIC.replace("RUN ", place) + RUNS)


def test_tests_in_the_build_keep_their_cgo() -> None:
    after = rewritten(DYNAMIC.replace("RUN ", "RUN go test ./...\nRUN ") + RUNS)
    assert "RUN CGO_ENABLED=0 go build -o app ." in after
    assert "ENV CGO_ENABLED" not in after


def test_other_binaries_of_the_build_come_along_and_are_named() -> None:
    files = {**PROGRAM, "worker/main.go": "package main\n\nfunc main() {}\n"}
    dockerfile = HEAD.replace("go build -o app .", "go build -o app . && go build -o /bin/worker ./worker") + RUNS
    assert "COPY --from=build /bin/worker /bin/worker" in final_stage(dockerfile, files)


@pytest.mark.parametrize(
    ("files", "path"),
    [
        ({**PROGRAM, "logs/.gitignore": "*\n"}, "/app/logs"),
        (program('os.WriteFile("/var/log/app.log", nil, 0)', "os"), "/var/log"),
        ({**program('os.WriteFile("db/app.db", nil, 0)', "os"), "db/db.go": "package db\n"}, "/app/db"),
    ],
)
def test_folders_that_are_written_to_are_there(files: dict[str, str], path: str) -> None:
    assert f"mkdir -p /rootfs{path}" in rewritten(HEAD + RUNS, files)


@pytest.mark.parametrize(
    ("files", "path"),
    [
        ({**program('os.ReadFile("README.md")', "os"), "README.md": ""}, "/app/README.md"),
        ({**program('os.ReadDir("snippets")', "os"), "snippets/a.go": "package a\n"}, "/app/snippets"),
        ({**program('http.FileServer(http.Dir("./docs"))', "net/http"), "docs/README.md": ""}, "/app/docs"),
    ],
)
def test_what_the_program_reads_by_name_is_never_left_out(files: dict[str, str], path: str) -> None:
    assert path in fetched(HEAD + RUNS, files)


def test_the_working_directory_belongs_to_who_it_belonged_to() -> None:
    dockerfile = HEAD.replace("COPY . .", "COPY --chown=1000:1000 . .") + "USER 1000:1000\n" + RUNS
    assert "mkdir -p /rootfs/app && chown 1000:1000 /rootfs/app" in rewritten(dockerfile)


def test_everybody_may_write_where_the_image_starts_programs() -> None:
    dockerfile = (
        "FROM golang:1.22\nCOPY . /src\nRUN cd /src && CGO_ENABLED=0 go build -o /app/app\nUSER 1000:1000\n" + RUNS
    )
    assert "mkdir -p /rootfs/go && chmod a=rwx,+t /rootfs/go" in rewritten(dockerfile)


@pytest.mark.parametrize(
    ("lines", "after"),
    [
        ("ARG CONF=$GOPATH/c\nENV CONF=$CONF\n", "ARG CONF=/go/c"),
        ("ARG CONF=$GOPATH/c\nENV FILE=$CONF\n", "ARG CONF=/go/c"),
        ('ENV GOFLAGS="-v -x"\nENV FLAGS=$GOFLAGS\n', None),
        ("ARG TARGETARCH\nENV GOARCH=$TARGETARCH\nENV PLATFORM=linux-$GOARCH\n", None),
        ("ENV WITH=$GOTOOLCHAIN\n", None),
        ("ENV A=1\nARG A=2\n", None),
    ],
)
def test_values_that_the_final_stage_cannot_say_are_written_out_or_refused(lines: str, after: str | None) -> None:
    dockerfile = HEAD.replace("WORKDIR", f"{lines}WORKDIR") + RUNS
    outcome = outcome_of(dockerfile)
    assert (after in outcome.text.split("\n")) if after and isinstance(outcome, Rewritten) else after is None
    assert isinstance(outcome, Rewritten) == (after is not None)


@pytest.mark.parametrize(
    ("lines", "rule"),
    [("ARG UID\nUSER ${UID:-root}\n", "numeric-user"), ("USER 33\n", "numeric-user")],
)
def test_users_whose_numbers_are_not_known_are_refused(lines: str, rule: str) -> None:
    assert rule in reasons(HEAD + lines + RUNS)


def test_a_user_that_a_build_argument_names_stays_its_choice() -> None:
    lines = final_stage(f"{HEAD}ARG ID=0\nUSER $ID\n{RUNS}")
    assert lines.index("ARG ID=0") < lines.index("USER $ID")


@pytest.mark.parametrize("step", ["./scripts/date", "apt-get remove -y tzdata", "go test -c -o /x ."])
def test_steps_that_only_look_harmless_are_refused(step: str) -> None:
    dockerfile = HEAD.replace("RUN ", f"COPY seed.txt /tmp/seed.txt\nRUN {step}\nRUN ", 1) + RUNS
    assert "followed-steps" in reasons(dockerfile, {**PROGRAM, "seed.txt": ""})


def test_a_package_from_a_file_may_hold_anything() -> None:
    dockerfile = HEAD.replace("RUN ", "RUN apt-get install -y ./tool.deb\nRUN ", 1) + RUNS
    assert "installed-packages" in reasons(dockerfile, settings=Settings())


def test_an_archive_is_known_by_its_content() -> None:
    files: dict[str, str | bytes] = {**PROGRAM, "site.dat": b"\x1f\x8b\x08"}
    assert "archive" in reasons(HEAD.replace("RUN ", "ADD site.dat /srv/\nRUN ", 1) + RUNS, files)["followed-steps"][1]


def test_a_folder_of_the_distribution_is_never_copied_whole() -> None:
    dockerfile = HEAD.replace("RUN ", "COPY conf/ /etc/\nRUN ", 1) + RUNS
    lines = final_stage(dockerfile, {**PROGRAM, "conf/app.yml": ""})
    assert "COPY --from=build /etc/app.yml /etc/app.yml" in lines


def test_the_platform_goes_with_the_final_stage() -> None:
    after = rewritten((HEAD + RUNS).replace("FROM golang", "FROM --platform=linux/arm64 golang"))
    assert "\nFROM --platform=linux/arm64 scratch\n" in after


def test_an_empty_entrypoint_is_said_once() -> None:
    assert final_stage(HEAD + 'ENTRYPOINT []\nCMD ["./app"]\n')[-1] == 'ENTRYPOINT ["/app/app"]'


def test_a_program_that_looks_at_its_name_is_told_of() -> None:
    files = program("println(os.Args[0])", "os")
    assert "os.Args" in assumptions(HEAD + 'CMD ["./app"]\n', files)
    assert "os.Args" not in assumptions(HEAD + 'CMD ["/app/app"]\n', files)


@pytest.mark.parametrize("text", ["./app -m ^/api$ x", "./app { a } }", "./app ] ]", './app "x"\\; y'])
def test_words_that_cannot_be_told_apart_are_refused(text: str) -> None:
    assert "exec-form-entrypoint" in reasons(f"{HEAD}CMD {text}\n")


def test_c_in_another_binary_of_the_build_is_a_need_too() -> None:
    files = {**PROGRAM, "tool/main.go": 'package main\n\nimport "C"\n\nfunc main() {}\n'}
    dockerfile = DYNAMIC.replace("go build -o app .", "go build -o tool/tool ./tool && go build -o app .") + RUNS
    assert reasons(dockerfile, files)["cgo"] == (3, 'imports "C"; scratch has no C library')


def test_a_path_in_the_source_cannot_say_anything_to_the_shell() -> None:
    after = rewritten(HEAD + RUNS, program('os.ReadFile("/etc/ssl/certs/$(touch${IFS}x).pem")', "os"))
    assert "cp -RL '/etc/ssl/certs/$(touch${IFS}x).pem' /rootfs/etc/ssl/certs/" in after


@pytest.mark.parametrize("name", [".site", "./.site", "/.site"])
def test_an_archive_whose_name_begins_with_a_dot_is_one(name: str) -> None:
    files: dict[str, str | bytes] = {**PROGRAM, ".site": b"\x1f\x8b\x08"}
    assert "archive" in reasons(HEAD.replace("RUN ", f"ADD {name} /srv/\nRUN ", 1) + RUNS, files)["followed-steps"][1]


def test_a_pattern_may_match_nothing() -> None:
    dockerfile = HEAD.replace("COPY . .", "COPY go.mod go.su[m] *.txt ./\nCOPY . .", 1) + RUNS
    assert "FROM scratch" in rewritten(dockerfile)


@pytest.mark.parametrize(
    ("installed", "brought"), [("rpm bzr xz-utils", {"rpm", "bzr", "xz-utils"}), ("bzr xz-utils", set())]
)
def test_without_its_source_a_program_may_run_whatever_comes_with_what_it_runs(
    installed: str, brought: set[str]
) -> None:
    text = f"FROM golang:1.22\nRUN apt-get install -y {installed}\nCOPY . /app\nRUN cd /app && go build -o /bin/app .\n"
    outcome = refactor(text + "CMD /bin/app\n", MemoryContext({}), Settings(assume_source=True))
    assert isinstance(outcome, Rewritten), outcome
    assert {one.name for one in outcome.decisions if isinstance(one, Require)} == brought


UNSEEN = Settings(assume_source=True)


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("ENTRYPOINT ../run.sh\n", "starts ../run.sh, which may lie in the build context, and that is not at hand"),
        (
            'CMD ["/bin/bash", "/go/src/app/build.sh"]\n',
            "/bin/bash runs /go/src/app/build.sh, whose content is not known",
        ),
    ],
)
def test_a_script_in_a_context_that_is_not_at_hand_is_not_called_missing(command: str, words: str) -> None:
    dockerfile = f"FROM golang:1.22\nADD . /go/src/app\nWORKDIR /go/src/app/scripts\n{command}"
    assert words in reasons(dockerfile, {}, UNSEEN)["exec-form-entrypoint"][1]


def test_what_is_wrong_with_several_packages_of_a_line_is_said_once() -> None:
    install = "RUN echo deb x > /etc/apt/sources.list && apt-get install -y aa bb cc\n"
    outcome = outcome_of(f"FROM golang:1.22-bookworm\n{install}" + HEAD.partition("\n")[2] + RUNS)
    assert isinstance(outcome, Refused)
    said = [one.because.message for one in outcome.reasons if one.rule == "installed-packages"]
    assert len(said) == 1
    assert "aa may come from elsewhere" in said[0]
    assert said[0].endswith(", and 2 more of them")


@pytest.mark.parametrize(
    ("files", "path"),
    [
        (
            program('http.ListenAndServeTLS(":1", "certs/cert.pem", "certs/key.pem", nil)', "net/http"),
            "certs/key.pem",
        ),
        (program('os.ReadFile("certs/cert.pem")', "os"), "certs/cert.pem"),
    ],
)
def test_what_openssl_makes_is_there_for_the_program(files: dict[str, str], path: str) -> None:
    command = "openssl req -x509 -nodes -keyout certs/key.pem -out certs/cert.pem -days 1 -subj /CN=x"
    head = HEAD.replace("COPY", f"RUN mkdir certs && {command}\nCOPY")
    after = rewritten(head + RUNS, files)
    assert f"/app/{path}" in after or "/app/certs" in after


@pytest.mark.parametrize("step", ["gofmt -w .", "misspell -w a.txt", "uniq a.txt b.txt", "sort --output=b.txt a.txt"])
def test_programs_that_print_are_not_followed_where_they_change_files(step: str) -> None:
    assert "followed-steps" in reasons(HEAD.replace("COPY", f"RUN {step}\nCOPY") + RUNS)


def test_the_base_s_own_links_are_not_laid_over() -> None:
    files = program('exec.Command("git", "--git-dir=/var/run/docker.sock").Run()', "os/exec")
    files["at.go"] = 'package main\n\nvar at = "/var/run/docker.sock"\n'
    after = rewritten(HEAD.replace("1.22", "1.22-bookworm") + RUNS, files)
    assert "FROM debian:bookworm-slim" in after
    assert "/rootfs/var/run" not in after


def test_packages_of_an_archived_release_are_not_to_be_had() -> None:
    head = HEAD.replace("golang:1.22", "golang:1.12-stretch").replace("COPY", "RUN apt-get install -y git\nCOPY")
    files = program('exec.Command("git").Run()', "os/exec")
    assert "archived" in reasons(head + RUNS, files, Settings())["programs"][1]


def test_documents_that_swag_writes_anew_are_those_at_hand() -> None:
    head = HEAD.replace("RUN CGO", "RUN swag init\nRUN CGO")
    assert "followed-steps" in reasons(head + RUNS)
    assert rewritten(head + RUNS, {**PROGRAM, "docs/docs.go": "package docs\n"})


@pytest.mark.parametrize("image", ["fedora:40", "rockylinux:9"])
def test_certificates_are_taken_from_where_the_distribution_has_them(image: str) -> None:
    dockerfile = HEAD.replace("golang:1.22", image).replace("COPY", "RUN dnf install -y golang ca-certificates\nCOPY")
    files = program('http.Get("https://example.com/")', "net/http")
    after = rewritten(dockerfile + RUNS, files)
    assert "/etc/pki/tls/certs/ca-bundle.crt" in after
    assert "COPY --from=build /etc/ssl/certs" not in after


def test_a_build_argument_without_a_default_decides_no_path() -> None:
    after = "ARG folder\n" + HEAD.partition("\n")[2].replace("/app", "/app/$folder") + 'ENTRYPOINT ["./app"]\n'
    assert "has no default" in reasons(f"FROM golang:1.22\n{after}")["followed-steps"][1]
    assert rewritten(f"FROM golang:1.22\n{after}".replace("ARG folder", "ARG folder=x"))


def test_a_builder_on_alpine_edge_has_edge_below_its_result() -> None:
    dockerfile = HEAD.replace("golang:1.22", "alpine:edge").replace("COPY", "RUN apk add go git\nCOPY")
    assert "FROM alpine:edge\n" in rewritten(dockerfile + RUNS, program('exec.Command("git").Run()', "os/exec"))


def test_programs_that_a_step_takes_away_again_are_no_obstacle() -> None:
    step = "RUN apt-get install -y openssl && apt-get purge -y openssl\nCOPY"
    assert rewritten(HEAD.replace("COPY", step, 1) + RUNS)
