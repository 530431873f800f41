"""
Every fixture that is meant to run is built and run on a real engine; what is rewritten is compared by the code of
`scratchify verify`.
"""

from dataclasses import replace
from pathlib import Path

import pytest

from scratchify.context import DirectoryContext
from scratchify.engine.client import Built, Client
from scratchify.engine.dialect import BuildRequest
from scratchify.engine.observation import Conditions, Launch, Observation, observe
from scratchify.engine.trial import Trial
from scratchify.engine.verification import Progress, Subject, Verified, Wishes, verify
from scratchify.outcome import Rewritten
from scratchify.refactor import refactor
from scratchify.report.document import FileReport
from scratchify.report.side_by_side import verification_lines
from scratchify.report.verification import verification_report

FIXTURES = Path(__file__).parent.parent / "fixtures"
FOLDERS = sorted(path for path in FIXTURES.iterdir() if path.is_dir())
REWRITTEN = [folder for folder in FOLDERS if (folder / "expected.Dockerfile").exists()]
REFUSED = [folder for folder in FOLDERS if (folder / "expected.report").read_text("utf-8").startswith("refused")]

PROBES = {
    "alpine-api": ("/articles?q=a", "/articles?currency=USD", "/healthz"),
    "build-arguments": ("/version", "/quote?grams=100&zone=1"),
    "build-in-subfolder": ("/openapi.json", "/bikes"),
    "crlf-line-ends": ("/metrics",),
    "dockerignore-hides-files": ("/flags",),
    "embedded-files": ("/public/style.css", "/api/sort?subject=refund"),
    "environment-split": ("/about",),
    "health-check-curl": ("/monday",),
    "health-check-exec-form": ("/healthz",),
    "lower-case-keywords": ("/commands",),
    "makefile-build": ("/version", "/stations", "/warmest"),
    "race-detector": ("/lots",),
    "static-site": ("/css/site.css", "/img/oar.svg", "/times.html", "/robots.txt", "/nothing"),
    "web-service-with-templates": ("/orders/o-1001", "/api/orders"),
}
"""What is asked of a server beside `/`."""

ARGUMENTS = {"cli-entrypoint-and-cmd": ("/nothing", "/etc/hostname"), "time-zone-bot": ("-offices", "offices.txt")}
"""With which a program is run once more."""

ENDS_WITH = {"runs-git": 1}
"""Exit status of what runs and fails: no repository is mounted where it looks for one."""


def conditions(folder: Path) -> Conditions:
    # the fixtures' programs listen at once, or never, and go on as they began
    return Conditions(probes=("/", *PROBES.get(folder.name, ())), seconds=5, watch=1)


def subject_of(folder: Path) -> Subject:
    dockerfile = folder / "Dockerfile"
    before = dockerfile.read_bytes()
    outcome = refactor(before.decode("utf-8", "surrogateescape"), DirectoryContext(folder, dockerfile))
    assert isinstance(outcome, Rewritten)
    return Subject(dockerfile, folder, before, outcome)


def assert_verified(folder: Path, engine: Client, wishes: Wishes) -> None:
    found = verify(subject_of(folder), engine, wishes, Progress())
    report = verification_report(FileReport(folder.name, None, "rewritten", "scratch"), found)
    lines = verification_lines(report, kept=False, verbose=True)
    said = "\n".join("".join(piece.text for piece in line) for line in lines)
    assert isinstance(found, Verified), said


@pytest.mark.engine
@pytest.mark.parametrize("folder", REWRITTEN, ids=lambda folder: folder.name)
def test_a_rewritten_fixture_does_what_it_did(folder: Path, engine: Client) -> None:
    assert_verified(folder, engine, Wishes(conditions(folder)))


@pytest.mark.engine
@pytest.mark.parametrize("folder", [FIXTURES / name for name in ARGUMENTS], ids=lambda folder: folder.name)
def test_a_rewritten_fixture_takes_arguments_as_before(folder: Path, engine: Client) -> None:
    assert_verified(folder, engine, Wishes(replace(conditions(folder), arguments=ARGUMENTS[folder.name])))


@pytest.mark.engine
@pytest.mark.parametrize("folder", REFUSED, ids=lambda folder: folder.name)
def test_a_refused_fixture_runs_as_it_is(folder: Path, engine: Client) -> None:
    """What is refused must be worth something, or refusing it would prove nothing."""
    with Trial(engine) as trial:
        name = trial.image_name("original")
        request = BuildRequest(folder / "Dockerfile", folder, name, trial.labels)
        log: list[str] = []
        built = engine.build(request, seconds=600, tell=log.append, made=trial.made)
        assert isinstance(built, Built), "\n".join(log)
        image = engine.image(name)
        run = observe(trial, "original", Launch(image, None, ()), image, conditions(folder))
    assert not run.trouble
    assert not run.ended_by_itself or run.ending.status == ENDS_WITH.get(folder.name, 0), said(run)


def said(run: Observation) -> str:
    return (run.stdout.content + run.stderr.content).decode("utf-8", "replace")
