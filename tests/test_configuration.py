"""`.scratchify.toml`: where it is found, what it may say, and that each mistake has its line."""

import sys
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path, PurePosixPath

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scratchify.cli.group import scratchify
from scratchify.configuration import (
    NAME,
    Configurations,
    line_of,
    parse_configuration,
    settings_for,
    settings_with,
)
from scratchify.context import MemoryContext
from scratchify.decisions import Finding
from scratchify.errors import InvalidSettings
from scratchify.outcome import Rewritten, Unchanged
from scratchify.refactor import detect, refactor
from scratchify.settings import Settings
from tests.deciding import HEAD, PROGRAM, RUNS, rewritten
from tests.test_cli import DOCKERFILE, entries, is_rewritten, project, run

EVERYTHING = """\
enabled = true
strict = true
assume-source = true
only-needed = true
nonroot = true
strip = true
guard = true
static-cgo = true
go-download = true
embedded = true
base = "scratch"
carry = ["conf", "/opt/data"]
drop = [
    "docs",
]

[builders]
"registry.example/go" = "golang"
"registry.example/go:1" = "golang:1.22"

[bases]
scratch = "registry.example/empty"
"""


def parsed(text: str) -> Settings:
    folder = Path("/project")
    return settings_with(parse_configuration(text, folder / NAME), folder, {})


def trouble(text: str) -> tuple[int | None, str]:
    with pytest.raises(InvalidSettings) as raised:
        parsed(text)
    assert raised.value.path == f"/project/{NAME}"
    return raised.value.line, str(raised.value)


def repository(folder: Path, text: str | None = None) -> Path:
    (folder / ".git").mkdir(parents=True)
    if text is not None:
        (folder / NAME).write_text(text)
    return folder


# ---- what it says


def test_an_empty_file_changes_nothing() -> None:
    assert parsed("") == parsed("# nothing\n\n") == Settings()


def test_every_option_can_be_said() -> None:
    settings = parsed(EVERYTHING)
    for field in fields(Settings):
        if field.name != "ignored_by":
            assert getattr(settings, field.name) != field.default, field.name
    assert settings.carry == ("conf", "/opt/data")
    assert settings.builders == (("registry.example/go", "golang"), ("registry.example/go:1", "golang:1.22"))


def test_every_setting_is_an_option_or_a_key() -> None:
    """A field that nobody can reach would be one that nobody tests."""
    convert = scratchify.get_command(click.Context(scratchify), "convert")
    assert convert is not None
    options = {parameter.name for parameter in convert.params if isinstance(parameter, click.Option)}
    for field in fields(Settings):
        key = "enabled" if field.name == "ignored_by" else field.name.replace("_", "-")
        said = f"{key} = " in EVERYTHING or f"[{key}]" in EVERYTHING
        assert said or field.name in options, field.name


def test_disabled_is_told_with_its_line() -> None:
    assert parsed("strict = true\nenabled = false\n").ignored_by == (NAME, 2)
    above = settings_with(parse_configuration("enabled = false\n", Path("/p") / NAME), Path("/p/docker"), {})
    assert above.ignored_by == (f"../{NAME}", 1)


@pytest.mark.parametrize(
    ("text", "line", "part"),
    [
        ("strict = true\nstrickt = true\n", 2, "did you mean strict?"),
        ("\n# a comment\n\nxyz = 1\n", 4, "there is no option xyz; there are assume-source, base, "),
        ("assume_source = true\n", 1, "did you mean assume-source?"),
        ("[strict]\nx = 1\n", 1, "strict is true or false, not a table"),
        ('guard = true\nnonroot = "yes"\n', 2, 'nonroot is true or false, not "yes"'),
        ("strip = 1\n", 1, "strip is true or false, not 1"),
        ("enabled = 0\n", 1, "enabled is true or false, not 0"),
        ('carry = "conf"\n', 1, 'carry is a list of paths, not "conf"'),
        ('strict = true\ncarry = [\n  "a",\n  3,\n]\n', 2, "carry is a list of paths; 3 is none"),
        ('drop = [""]\n', 1, 'drop is a list of paths; "" is none'),
        ('base = "ubuntu"\n', 1, "base is one of auto, scratch, distroless, alpine, debian"),
        ("base = true\n", 1, "base is one of auto"),
        ('builders = "x"\n', 1, "builders is a table of images, not"),
        ('[builders]\n"a/go" = "golang:1.22"\n"b/go" = 7\n', 3, "[builders] maps names of images"),
        ('[builders]\n"a/go" = "golang:1.22"\n\n"b/go" = "node:22"\n', 4, "node:22 is none that is known"),
        ('[builders]\n"a/go" = "golang:1.22-nanoserver-x"\n\n[bases]\nscratch = ["x"]\n', 5, "[bases] maps"),
        ('[bases]\ndebain = "house/debian"\n', 2, "no step debain; did you mean debian?"),
        ('[bases]\ndebian = "house/debian"\n"ubuntu:24.04" = "house/ubuntu"\n', 3, "no step ubuntu:24.04; there are"),
        ("strict = yes\n", 1, "this is no TOML"),
        ("strict = true\nstrict = true\n", 2, "this is no TOML"),
        ('guard = true\ncarry = [\n  "a",\n', 2, "this is no TOML"),
        ('carry = ["a"]\n\ndrop = ["b", "a"]\n', 3, "a is to be carried and to be dropped"),
    ],
)
def test_a_mistake_has_its_line(text: str, line: int, part: str) -> None:
    found = trouble(text)
    assert found[0] == line, found
    assert part in found[1]


def values() -> st.SearchStrategy[str]:
    return st.sampled_from(
        [
            "1",
            '"""\nk0 = 1\n# x\n"""',
            "[\n  1, # one\n\n  2,\n]",
            "'''k1 = 2\n\n'''",
            "{a = 1}",
            '"k2 = 3"',
            "[[1],\n[2]]",
        ]
    )


@given(st.lists(st.tuples(values(), st.sampled_from(["", "\n", "# k1 = 1\n", "\n# y\n\n"])), min_size=1, max_size=6))
def test_the_line_of_a_key_is_where_its_statement_begins(statements: list[tuple[str, str]]) -> None:
    text, lines = "", []
    for index, (value, before) in enumerate(statements):
        text += before
        lines.append(text.count("\n") + 1)
        text += f"k{index} = {value}\n"
    assert [line_of(text, (f"k{index}",)) for index in range(len(statements))] == lines


# ---- where it is found


def test_it_is_found_upwards_and_the_nearest_holds_alone(tmp_path: Path) -> None:
    root = repository(tmp_path / "work", "strict = true\nguard = true\n")
    near = root / "services" / "api"
    near.mkdir(parents=True)
    assert settings_for(near / "Dockerfile") == Settings(strict=True, guard=True)
    (root / "services" / NAME).write_text("strip = true\n")
    assert settings_for(near / "Dockerfile") == Settings(strip=True)


def test_the_search_stops_at_the_root_of_the_repository(tmp_path: Path) -> None:
    repository(tmp_path, "strict = true\n")
    inner = repository(tmp_path / "module")
    (inner / "docker").mkdir()
    assert settings_for(inner / "docker" / "Dockerfile") == Settings()
    assert settings_for(tmp_path / "Dockerfile") == Settings(strict=True)


def test_outside_of_a_repository_only_the_file_beside_the_dockerfile_counts(tmp_path: Path) -> None:
    (tmp_path / "docker").mkdir()
    (tmp_path / NAME).write_text("strict = true\n")
    assert settings_for(tmp_path / "docker" / "Dockerfile") == Settings()
    assert settings_for(tmp_path / "Dockerfile") == Settings(strict=True)


def test_each_folder_is_looked_into_once(tmp_path: Path) -> None:
    """Of 1,000 Dockerfiles the first pays; what changes on disk in between shows that nothing is read again."""
    root = repository(tmp_path / "work", "strict = true\n")
    files = Configurations()
    first = files.of(root)
    (root / NAME).write_text("guard = true\n")
    assert files.of(root) is first
    assert files.of(root / "below") is first
    assert settings_for(root / "Dockerfile") == Settings(guard=True)


@pytest.mark.parametrize("kind", ["folder", "bytes", "large"])
def test_what_is_no_configuration_is_told(tmp_path: Path, kind: str) -> None:
    file = tmp_path / NAME
    match kind:
        case "folder":
            file.mkdir()
        case "bytes":
            file.write_bytes(b"strict = true\n# \xff\n")
        case _:
            file.write_text("# " + "x" * 2_000_000)
    with pytest.raises(InvalidSettings) as raised:
        settings_for(tmp_path / "Dockerfile")
    assert raised.value.line == (2 if kind == "bytes" else None)


def test_a_folder_that_cannot_be_looked_into_is_told_by_who_reads_the_dockerfile(tmp_path: Path) -> None:
    for path in ("x" * 5000 + "/Dockerfile", "missing/Dockerfile", "file/Dockerfile"):
        (tmp_path / "file").write_text("")
        done = run(path, at=tmp_path)
        assert done.returncode == 3
        assert b"Dockerfile: " in done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="the file is one of Linux")
def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / NAME).symlink_to("/proc/self/mem")
    with pytest.raises(InvalidSettings):
        settings_for(tmp_path / "Dockerfile")


# ---- the command line


def test_the_command_line_wins() -> None:
    file = parse_configuration('strict = true\nnonroot = true\ncarry = ["a", "b"]\ndrop = ["c"]\n', Path("/p") / NAME)
    said = settings_with(file, Path("/p"), {"strict": False, "guard": True, "drop": ("b",), "carry": ("d",)})
    assert said == Settings(strict=False, nonroot=True, guard=True, carry=("a", "d"), drop=("c", "b"))


def test_an_option_is_said_in_the_file_and_taken_back_on_the_command_line(tmp_path: Path) -> None:
    project(tmp_path)
    (tmp_path / NAME).write_text("guard = true\n")
    guarded = run("--diff", "Dockerfile", at=tmp_path).stdout
    plain = run("--diff", "--no-guard", "Dockerfile", at=tmp_path).stdout
    assert b"not static" in guarded
    assert plain
    assert b"not static" not in plain


@pytest.mark.parametrize("command", [("--diff",), ("--check",), ("explain",), ("verify",)])
def test_a_mistake_is_wrong_usage_and_nothing_is_done(tmp_path: Path, command: tuple[str, ...]) -> None:
    dockerfile = project(tmp_path)
    (tmp_path / NAME).write_text("strict = true\n\nguard = 3\n")
    done = run(*command, "Dockerfile", at=tmp_path)
    assert (done.returncode, done.stdout) == (2, b"")
    assert f"{NAME}:3: guard is true or false, not 3".encode() in done.stderr
    assert not is_rewritten(dockerfile)


def test_a_mistake_leaves_other_repositories_alone_and_is_told_once(tmp_path: Path) -> None:
    wrong, right = repository(tmp_path / "a", "guard = 3\n"), repository(tmp_path / "b", "nonroot = true\n")
    files = [project(wrong / name) for name in ("one", "two")]
    other = project(right)
    done = run(".", at=tmp_path)
    assert done.returncode == 2
    assert done.stderr.count(b"guard is true or false") == 1
    assert not any(map(is_rewritten, files))
    assert "USER 65532:65532\n" in other.read_text()


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_path_that_is_nowhere_has_the_line_of_the_file_that_says_it(tmp_path: Path, jobs: str) -> None:
    one, two = project(tmp_path / "one"), project(tmp_path / "two")
    (tmp_path / "one" / NAME).write_text('strict = false\n\ncarry = [\n  "seeds",\n]\n')
    done = run("--jobs", jobs, ".", at=tmp_path)
    assert done.returncode == 2
    assert f"one/{NAME}:3: there is no seeds to carry: it is not in the build context".encode() in done.stderr
    assert not is_rewritten(one)
    assert is_rewritten(two)


@pytest.mark.parametrize("command", [(), ("--diff",), ("explain",), ("verify",)])
def test_a_path_that_is_nowhere_is_wrong_usage(tmp_path: Path, command: tuple[str, ...]) -> None:
    file = project(tmp_path)
    (tmp_path / NAME).write_text('carry = ["go.mod"]\n')
    done = run(*command, "--drop", "seeds", "Dockerfile", at=tmp_path)
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"Dockerfile: there is no seeds to drop" in done.stderr
    assert not is_rewritten(file)


def test_a_path_is_carried_or_dropped(tmp_path: Path) -> None:
    project(tmp_path)
    done = run("--carry", "go.mod", "--drop", "go.mod", "Dockerfile", at=tmp_path)
    assert done.returncode == 2
    assert b"go.mod is to be carried and to be dropped" in done.stderr


def test_each_repository_has_its_own(tmp_path: Path) -> None:
    one = project(repository(tmp_path / "a", "enabled = false\n"))
    two = project(repository(tmp_path / "b"))
    done = run(".", "--format", "json", at=tmp_path)
    assert [file["verdict"] for file in entries(done)] == ["unchanged", "rewritten"]
    assert not is_rewritten(one)
    assert is_rewritten(two)


def test_standard_input_is_configured_from_the_working_folder(tmp_path: Path) -> None:
    project(tmp_path)
    (tmp_path / NAME).write_text("nonroot = true\n")
    done = run("-", at=tmp_path, stdin=DOCKERFILE.encode())
    assert b"USER 65532:65532\n" in done.stdout


def test_json_has_the_place_of_a_mistake(tmp_path: Path) -> None:
    project(tmp_path / "api")
    (tmp_path / "api" / NAME).write_text("x = 1\n")
    done = run("--format", "json", "api", at=tmp_path)
    assert done.returncode == 2
    [file] = entries(done)
    assert file["verdict"] == "error"
    assert [(one["rule"], one["path"], one["line"]) for one in file["reasons"]] == [
        ("invalid-settings", f"api/{NAME}", 1)
    ]


# ---- left alone


def ignoring() -> Iterator[tuple[str, int]]:
    plain = HEAD + RUNS
    for comment in (
        "# scratchify: ignore",
        "#scratchify:ignore",
        "  # Scratchify: IGNORE  ",
    ):
        yield f"{comment}\n{plain}", 1
    yield f"# syntax=docker/dockerfile:1\n# scratchify: ignore (built elsewhere)\n{plain}", 2
    yield f"{plain}\n# scratchify: ignore\n", plain.count("\n") + 2
    yield plain.replace("RUN CGO", "RUN true && \\\n# scratchify: ignore\n    CGO"), 5
    yield "# scratchify: ignore\nFROM node:22\n", 1
    yield "# scratchify: ignore\nRUNN this is no Dockerfile\n", 1


@pytest.mark.parametrize(("text", "line"), [*ignoring()])
def test_a_comment_leaves_a_dockerfile_alone(text: str, line: int) -> None:
    expected = Unchanged("ignored", Finding(None, line, "a comment says to leave this Dockerfile alone"))
    assert refactor(text, MemoryContext(PROGRAM)) == detect(text) == expected


@pytest.mark.parametrize(
    "comment",
    [
        "# scratchify ignores nothing",
        "# scratchify: ignored",
        "# not scratchify: ignore",
        "# scratchify: ignore-this",
        "RUN echo '# scratchify: ignore'",
        "RUN cat <<EOF\n# scratchify: ignore\nEOF",
        'LABEL note="# scratchify: ignore"',
    ],
)
def test_what_only_looks_like_it_is_no_such_comment(comment: str) -> None:
    text = HEAD + comment + "\n" + RUNS
    assert not isinstance(refactor(text, MemoryContext(PROGRAM)), Unchanged)


def test_a_comment_in_a_later_stage_is_none() -> None:
    text = f"{HEAD}{RUNS}FROM scratch\n# scratchify: ignore\nCOPY --from=0 /app/app /app\n"
    outcome = refactor(text, MemoryContext(PROGRAM))
    assert isinstance(outcome, Unchanged)
    assert outcome.rule == "multi-stage"


def test_a_disabled_dockerfile_is_left_alone() -> None:
    settings = Settings(ignored_by=("../.scratchify.toml", 3))
    because = Finding(PurePosixPath("../.scratchify.toml"), 3, "says to leave this Dockerfile alone")
    assert refactor(HEAD + RUNS, MemoryContext(PROGRAM), settings) == Unchanged("ignored", because)


@pytest.mark.parametrize("command", [("--check",), ("--diff",), ("explain",), ("verify",)])
def test_every_command_leaves_it_alone(tmp_path: Path, command: tuple[str, ...]) -> None:
    project(tmp_path, text="# scratchify: ignore\n" + DOCKERFILE)
    done = run(*command, "Dockerfile", at=tmp_path)
    assert done.returncode == 0
    assert b"ignored" in done.stdout + done.stderr


# ---- images of a house

HOUSE = HEAD.replace("golang:1.22", "registry.example/platform/go:1.22") + RUNS


def test_an_unknown_builder_is_none() -> None:
    assert isinstance(refactor(HOUSE, MemoryContext(PROGRAM)), Unchanged)


@pytest.mark.parametrize(
    "builders",
    [
        (("registry.example/platform/go:1.22", "golang:1.22"),),
        (("registry.example/platform/go", "golang"),),
        (("registry.example/platform/go", "golang:1.4"), ("registry.example/platform/go:1.22", "golang:1.22")),
    ],
)
def test_a_house_image_is_the_golang_image_that_it_stands_for(builders: tuple[tuple[str, str], ...]) -> None:
    plain = refactor(HEAD + RUNS, MemoryContext(PROGRAM))
    outcome = refactor(HOUSE, MemoryContext(PROGRAM), Settings(builders=builders))
    assert isinstance(plain, Rewritten)
    assert isinstance(outcome, Rewritten)
    assert outcome.text == plain.text.replace("golang:1.22", "registry.example/platform/go:1.22")


@pytest.mark.parametrize(
    "name",
    [
        "registry.example/platform/go:1.21",
        "registry.example/platform",
        "registry.example/platform/go-extra",
        "platform/go:1.22",
        "registry.example/platform/go@sha256:0123",
    ],
)
def test_a_builder_is_an_image_and_no_prefix(name: str) -> None:
    settings = Settings(builders=((name, "golang:1.22"),))
    assert isinstance(refactor(HOUSE, MemoryContext(PROGRAM), settings), Unchanged)


def test_a_builder_by_digest_tells_what_a_digest_does_not() -> None:
    pinned = "mirror.example/golang@sha256:" + "0" * 64
    text = HEAD.replace("golang:1.22", pinned) + RUNS
    zones = "COPY --from=build /usr/share/zoneinfo /usr/share/zoneinfo"
    assert zones not in rewritten(text)
    outcome = refactor(text, MemoryContext(PROGRAM), Settings(builders=((pinned, "golang:1.22"),)))
    assert isinstance(outcome, Rewritten)
    assert zones in outcome.text
