"""`scratchify config`: what holds, where it comes from, and a schema that agrees with the reader of the file."""

import json
import tomllib
from importlib import resources
from pathlib import Path
from typing import Any, get_args

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scratchify.bases import STEPS
from scratchify.configuration import BOT_KINDS, ENABLED, NAME, origins_of, parse_configuration, settings_with
from scratchify.errors import InvalidSettings
from scratchify.report.settings import settings_lines
from scratchify.settings import BaseChoice, Settings
from tests.test_cli import project, run
from tests.test_configuration import EVERYTHING

SCHEMA = json.loads(resources.files("scratchify").joinpath("configuration.schema.json").read_text("utf-8"))
SWITCHES = [key for key, value in SCHEMA["properties"].items() if value.get("type") == "boolean"]

TEXT = st.text(st.sampled_from('ab/:."\\ é\x7f\n'), min_size=1, max_size=5)
PATHS = st.lists(TEXT, max_size=3, unique=True)
STEP_NAMES = st.sampled_from([*STEPS, "alpine:3.22", "debian:bookworm-slim", "gcr.io/distroless/base-debian12"])
GOOD: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {},
    optional={
        **{key: st.booleans() for key in SWITCHES},
        "base": st.sampled_from(get_args(BaseChoice)),
        "carry": PATHS.map(lambda paths: [f"c{path}" for path in paths]),
        "drop": PATHS.map(lambda paths: [f"d{path}" for path in paths]),
        "bases": st.dictionaries(STEP_NAMES, TEXT, max_size=2),
        "builders": st.dictionaries(TEXT, st.sampled_from(["golang", "golang:1.22"]), max_size=2),
    },
)
ANYTHING = st.one_of(
    st.booleans(),
    st.integers(),
    TEXT,
    st.just(""),
    PATHS,
    st.just([1]),
    st.just([""]),
    st.just({"a": "b"}),
    st.just({}),
)


def toml(document: dict[str, Any]) -> str:
    """Return a document as TOML: inline tables only, for which JSON's strings will do."""

    def shown(value: object) -> str:
        match value:
            case dict():
                return "{" + ", ".join(f"{shown(str(name))} = {shown(each)}" for name, each in value.items()) + "}"
            case list():
                return "[" + ", ".join(map(shown, value)) + "]"
            case _:
                return json.dumps(value).replace("\x7f", "\\u007f")

    return "".join(f"{shown(key)} = {shown(value)}\n" for key, value in document.items())


def is_valid(document: dict[str, Any]) -> bool:
    return bool(jsonschema.Draft202012Validator(SCHEMA).is_valid(document))


def is_read(document: dict[str, Any]) -> bool:
    try:
        parse_configuration(toml(document), Path("/project") / NAME)
    except InvalidSettings:
        return False
    return True


# The schema


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_the_schema_has_every_key_and_its_default() -> None:
    settings = settings_with(None, Path(), {})
    for setting in origins_of(None, Path(), {}):
        described = SCHEMA["properties"][setting.key]
        default = described.get("default", SCHEMA["$defs"]["paths"]["default"])
        assert default == (json.loads(json.dumps(setting.value)) or type(default)()), setting.key
    assert SCHEMA["properties"].keys() == {setting.key for setting in origins_of(None, Path(), {})} | {"bot"}
    assert SCHEMA["properties"]["bot"]["properties"].keys() == BOT_KINDS.keys()
    assert settings == Settings()


@given(document=GOOD)
def test_what_is_read_is_valid(document: dict[str, Any]) -> None:
    assert is_read(document)
    assert is_valid(document)


@given(key=st.sampled_from([*SCHEMA["properties"], "strickt", ""]), value=ANYTHING)
def test_the_schema_and_the_reader_agree_on_every_kind_of_value(key: str, value: object) -> None:
    """Which images hold Go is not for a schema to say."""
    document = {key: value}
    knows_more = key == "builders" and value == {"a": "b"}
    assert is_read(document) == (is_valid(document) and not knows_more)


@given(key=st.sampled_from([*BOT_KINDS, "authors", ""]), value=ANYTHING)
def test_the_schema_and_the_reader_agree_on_what_the_bot_is_told(key: str, value: object) -> None:
    document = {"bot": {key: value}}
    assert is_read(document) == is_valid(document)


@pytest.mark.parametrize(
    "name", [*STEPS, "alpine:3", "localhost/debian", "gcr.io/distroless/cc:x@sha256:0", "scratsh", ""]
)
def test_the_schema_and_the_reader_agree_on_names_of_bases(name: str) -> None:
    document = {"bases": {name: "x"}}
    assert is_read(document) == is_valid(document)


# What holds


def test_the_text_says_each_value_and_its_place(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    file = project(tmp_path / "api")
    (tmp_path / NAME).write_text(
        'strict = true\nbase = "debian"\ncarry = [\n  "a",\n]\n\n[builders]\n"x/go" = "golang"\n'
    )
    done = run("config", file, "--carry", "b", "--no-strict", "--nonroot", at=tmp_path)
    assert done.returncode == 0, done.stderr
    said = [" ".join(line.split()) for line in done.stdout.decode().splitlines()]
    assert said == [
        "enabled = true # default",
        "strict = false # command line",
        "assume-source = false # default",
        "only-needed = false # default",
        "nonroot = true # command line",
        "strip = false # default",
        "guard = false # default",
        "static-cgo = false # default",
        "go-download = false # default",
        "embedded = false # default",
        f'base = "debian" # {NAME}:2',
        "carry = [",
        f'"a", # {NAME}:3',
        '"b", # command line',
        "]",
        "drop = [] # default",
        "",
        "[bases] # default",
        "",
        "[builders]",
        f'"x/go" = "golang" # {NAME}:8',
    ]


def test_everything_comes_from_the_file_that_says_everything(tmp_path: Path) -> None:
    (tmp_path / NAME).write_text(EVERYTHING)
    done = run("config", "--format", "json", at=tmp_path)
    settings = {one["key"]: one for one in json.loads(done.stdout)["settings"]}
    lines = EVERYTHING.split("\n")
    assert settings.keys() == SCHEMA["properties"].keys() - {"bot"}
    for key, one in settings.items():
        assert one["value"] == tomllib.loads(EVERYTHING)[key]
        for origin in one["origins"]:
            assert (origin["kind"], origin["path"]) == ("file", NAME)
            if not isinstance(one["value"], dict):
                assert lines[origin["line"] - 1].startswith(f"{key} = ")


@given(document=GOOD)
def test_the_text_is_a_configuration_that_says_the_same(document: dict[str, Any]) -> None:
    file = Path("/project") / NAME
    configuration = parse_configuration(toml(document), file)
    text = "\n".join(settings_lines(origins_of(configuration, file.parent, {})))
    again = parse_configuration(text, file)
    assert again.is_enabled == configuration.is_enabled == document.get(ENABLED, True)
    if configuration.is_enabled:
        assert settings_with(again, file.parent, {}) == settings_with(configuration, file.parent, {})


def test_a_mistake_has_its_line_and_nothing_is_said(tmp_path: Path) -> None:
    (tmp_path / NAME).write_text("strict = true\nnonroot = 1\n")
    done = run("config", at=tmp_path)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.decode() == f"scratchify: {NAME}:2: nonroot is true or false, not 1\n"


def test_the_schema_is_printed_as_it_is_shipped(tmp_path: Path) -> None:
    done = run("config", "--schema", at=tmp_path)
    assert json.loads(done.stdout) == SCHEMA
