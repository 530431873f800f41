"""
Two linters of others, hadolint and tally, judge the results of the fixtures.

An author who runs one of them must not get a warning from us: what they warn of in a result, they must have warned of
in the original.
"""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.test_golden import FOLDERS, text_of

EXEMPT = {
    "DL3006": "a base fuller than scratch is named as its publisher names it, and some have no versions",
    "DL3008": "a fuller base may need packages; Debian keeps one version of each, and a pinned one is soon gone",
    "DL3018": "a fuller base may need packages; Alpine keeps one version of each, and a pinned one is soon gone",
}
"""Rules that may be new on a base fuller than scratch, by the code that both judges use, and why."""

MISTAKEN = {
    "named-identity-in-passwdless-stage": "the user database comes with /rootfs/, where the judge does not look",
}
"""What a judge says of any base and is wrong in, and why."""

BELOW_WARNING = frozenset({"info", "style"})
"""Both judges say `error`, `warning`, `info` and `style`; what a later version adds counts until it is looked at."""


@dataclass(frozen=True, slots=True)
class Complaint:
    """What a judge says of the Dockerfile in one of the folders that it was given."""

    folder: str
    rule: str
    severity: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.folder}/Dockerfile:{self.line}: {self.rule}: {self.message}"


Judge = Callable[[Path, Path], tuple[Complaint, ...]]
"""Judges the Dockerfile in each folder of a place, with that folder as build context; works in a home of its own."""


def answer(program: str, arguments: Iterable[str], place: Path, home: Path) -> Any:
    beside = Path(sys.executable).with_name(program)
    found = str(beside) if beside.exists() else shutil.which(program)
    if not found:
        pytest.fail(f"the test dependencies have put no `{program}` beside Python")
    # No other variable: both read settings from the environment, and hadolint from the home too.
    environment = {"HOME": str(home)}
    done = subprocess.run(
        [found, *arguments], cwd=place, env=environment, capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, f"{program} cannot judge: {done.stdout}{done.stderr}"
    return json.loads(done.stdout)


def folders_in(place: Path) -> list[str]:
    return sorted(path.name for path in place.iterdir() if path.is_dir())


def hadolint(place: Path, home: Path) -> tuple[Complaint, ...]:
    """Ask hadolint, which looks at the Dockerfile only, and never asks a registry."""
    files = [f"{folder}/Dockerfile" for folder in folders_in(place)]
    found = answer("hadolint", ["--format=json", "--no-fail", *files], place, home)
    # A file that it cannot parse is one more finding to it, and would be the same one before and after.
    unread = [item for item in found if item["code"] == "DL1000"]
    assert not unread, f"hadolint cannot judge: {unread}"
    return tuple(
        Complaint(item["file"].removesuffix("/Dockerfile"), item["code"], item["level"], item["line"], item["message"])
        for item in found
    )


def tally(place: Path, home: Path) -> tuple[Complaint, ...]:
    """Ask tally, which looks at the build context; a Compose file gives each Dockerfile its own in one run."""
    folders = folders_in(place)
    services = {folder: {"build": {"context": folder}} for folder in folders}
    (place / "compose.yaml").write_text(json.dumps({"name": "judged", "services": services}), "utf-8")
    # Its slow checks are those that ask registries.
    options = ["--format=json", "--fail-level=none", "--no-config", "--slow-checks=off"]
    found = answer("tally", ["lint", *options, "compose.yaml"], place, home)
    assert found["invocations_scanned"] == len(folders)
    return tuple(
        Complaint(
            item["invocation"]["name"],
            item["rule"],
            item["severity"],
            item["location"]["start"]["line"],
            item["message"],
        )
        for file in found["files"]
        for item in file["violations"]
    )


every_judge = pytest.mark.parametrize("judge", [hadolint, tally], ids=["hadolint", "tally"])


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home without anybody's settings; for all tests the same, since tally keeps there what it compiles."""
    return tmp_path_factory.mktemp("home")


def news(complaints: Iterable[Complaint], place: Path) -> list[Complaint]:
    """Return what a judge warns of in `NAME.after` by a rule that it did not warn of in `NAME.before`."""
    warnings = [complaint for complaint in complaints if complaint.severity not in BELOW_WARNING]
    known = {(complaint.folder, complaint.rule) for complaint in warnings}
    return [
        complaint
        for complaint in warnings
        if complaint.folder.endswith(".after")
        and (f"{complaint.folder.removesuffix('.after')}.before", complaint.rule) not in known
        and code(complaint.rule) not in MISTAKEN
        and not (code(complaint.rule) in EXEMPT and is_on_fuller_base(place / complaint.folder / "Dockerfile"))
    ]


def code(rule: str) -> str:
    """Return a rule's name without tally's word for who thought of it."""
    return rule.rpartition("/")[2]


def is_on_fuller_base(dockerfile: Path) -> bool:
    bases = re.findall(r"^from\s+(?:--\S+\s+)*(\S+)", text_of(dockerfile), re.IGNORECASE | re.MULTILINE)
    return bool(bases[-1] != "scratch")


@every_judge
def test_a_judge_warns_of_nothing_in_a_result_that_was_not_in_the_original(
    judge: Judge, tmp_path: Path, home: Path
) -> None:
    for folder in FOLDERS:
        if (folder / "expected.Dockerfile").exists():
            for side, dockerfile in (("before", "Dockerfile"), ("after", "expected.Dockerfile")):
                context = tmp_path / f"{folder.name}.{side}"
                shutil.copytree(folder, context, ignore=shutil.ignore_patterns("expected.*"))
                shutil.copyfile(folder / dockerfile, context / "Dockerfile")
    new = news(judge(tmp_path, home), tmp_path)
    assert not new, "\n".join(map(str, new))


# ---- the judges themselves: a comparison that finds nothing must be able to find something

SOUND = 'FROM golang:1.27\nWORKDIR /src\nCOPY main.go .\nRUN go build -o /app main.go\nCMD ["/app"]\n'
RELATIVE = SOUND.replace("/src", "src")
RELATIVE_RULES: dict[Judge, str] = {hadolint: "DL3000", tally: "buildkit/WorkdirRelativePath"}


def put(place: Path, *, before: str, after: str, dockerignore: str = "") -> None:
    for side, text in (("before", before), ("after", after)):
        context = place / f"case.{side}"
        context.mkdir()
        (context / "Dockerfile").write_text(text, "utf-8")
        (context / "main.go").write_text("package main\n", "utf-8")
    (place / "case.after" / ".dockerignore").write_text(dockerignore, "utf-8")


@every_judge
def test_a_new_warning_is_caught(judge: Judge, tmp_path: Path, home: Path) -> None:
    put(tmp_path, before=SOUND, after=RELATIVE)
    assert [(new.folder, new.rule, new.line) for new in news(judge(tmp_path, home), tmp_path)] == [
        ("case.after", RELATIVE_RULES[judge], 2)
    ]


@every_judge
def test_a_warning_that_the_original_had_is_not_new(judge: Judge, tmp_path: Path, home: Path) -> None:
    put(tmp_path, before=RELATIVE, after=RELATIVE)
    found = judge(tmp_path, home)
    assert [said.folder for said in found if said.rule == RELATIVE_RULES[judge]] == ["case.after", "case.before"]
    assert news(found, tmp_path) == []


@every_judge
def test_a_warning_that_is_gone_is_not_new(judge: Judge, tmp_path: Path, home: Path) -> None:
    put(tmp_path, before=RELATIVE, after=SOUND)
    assert news(judge(tmp_path, home), tmp_path) == []


@pytest.mark.parametrize(
    ("judge", "rule", "severity"),
    [
        pytest.param(hadolint, "DL3059", "info", id="hadolint"),
        pytest.param(tally, "tally/prefer-run-heredoc", "style", id="tally"),
    ],
)
def test_what_is_less_than_a_warning_is_let_pass(
    judge: Judge, rule: str, severity: str, tmp_path: Path, home: Path
) -> None:
    put(tmp_path, before=SOUND, after=SOUND.replace("RUN", "RUN go vet main.go\nRUN go fmt main.go\nRUN"))
    found = judge(tmp_path, home)
    assert {(said.folder, said.severity) for said in found if said.rule == rule} == {("case.after", severity)}
    assert news(found, tmp_path) == []


UNPINNED = f"""{SOUND}
FROM debian
RUN apt-get update && apt-get install -y --no-install-recommends tzdata && rm -rf /var/lib/apt/lists/*

FROM alpine
RUN apk add --no-cache tzdata
COPY --from=0 /app /app
COPY --from=1 /usr/share/zoneinfo /usr/share/zoneinfo
"""
ON_SCRATCH = f"{UNPINNED}\nFROM scratch\nCOPY --from=2 /app /app\n"

every_judge_of_the_unpinned = pytest.mark.parametrize(
    ("judge", "rules"),
    [pytest.param(hadolint, set(EXEMPT), id="hadolint"), pytest.param(tally, {"hadolint/DL3006"}, id="tally")],
)


@every_judge_of_the_unpinned
def test_an_unpinned_version_is_let_pass_on_a_fuller_base(
    judge: Judge, rules: set[str], tmp_path: Path, home: Path
) -> None:
    put(tmp_path, before=SOUND, after=UNPINNED)
    found = judge(tmp_path, home)
    assert {said.rule for said in found if code(said.rule) in EXEMPT} == rules
    assert news(found, tmp_path) == []


@every_judge_of_the_unpinned
def test_an_unpinned_version_is_caught_on_scratch(judge: Judge, rules: set[str], tmp_path: Path, home: Path) -> None:
    put(tmp_path, before=SOUND, after=ON_SCRATCH)
    assert {new.rule for new in news(judge(tmp_path, home), tmp_path)} == rules


def test_tally_looks_at_the_build_context(tmp_path: Path, home: Path) -> None:
    put(tmp_path, before=SOUND, after=SOUND, dockerignore="main.go\n")
    assert [new.rule for new in news(tally(tmp_path, home), tmp_path)] == ["buildkit/CopyIgnoredFile"]


@every_judge
def test_a_judge_that_cannot_read_a_file_is_a_failure(judge: Judge, tmp_path: Path, home: Path) -> None:
    unreadable = SOUND.replace("COPY", "CPOY")
    put(tmp_path, before=unreadable, after=unreadable)
    with pytest.raises(AssertionError, match="cannot judge"):
        judge(tmp_path, home)
