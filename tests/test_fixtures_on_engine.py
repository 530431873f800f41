"""
Every fixture that is meant to run is built and run on a real engine; what is rewritten is compared by the code of
`scratchify verify`.
"""

from dataclasses import replace
from pathlib import Path

import pytest
from benchmarks.images import house_images

from scratchify.configuration import settings_for
from scratchify.context import DirectoryContext
from scratchify.engine.client import Built, Client
from scratchify.engine.dialect import BuildRequest
from scratchify.engine.observation import Conditions, Launch, Observation, observe
from scratchify.engine.trial import Trial
from scratchify.engine.verification import Evidence, Progress, Subject, Verified, Wishes, verify
from scratchify.outcome import Rewritten
from scratchify.refactor import refactor
from scratchify.report.document import FileReport
from scratchify.report.side_by_side import verification_lines
from scratchify.report.verification import verification_report

FIXTURES = Path(__file__).parent.parent / "fixtures"
FOLDERS = sorted(path for path in FIXTURES.iterdir() if path.is_dir())
NOT_HERE = {
    "cgo-release-unknown": "its builder is a tag that moves from release to release",
    "static-link-on-alpine": "a stand-in for alpine has no compiler",
}
"""What needs an image that an engine may not have."""

HERE = [folder for folder in FOLDERS if folder.name not in NOT_HERE]
REWRITTEN = [folder for folder in HERE if (folder / "expected.Dockerfile").exists()]
REFUSED = [folder for folder in HERE if (folder / "expected.report").read_text("utf-8").startswith("refused")]

PROBES = {
    "alpine-api": (
        "/articles?q=a",
        "/articles?currency=USD",
        "/healthz",
    ),
    "alpine-copied-toolchain": ("/warm",),
    "beego-by-convention": ("/static/css/stone.css",),
    "echo-static-and-file": (
        "/pictures/jay.svg",
        "/robots.txt",
    ),
    "fiber-views-and-static": (
        "/leaf.css",
        "/ripe",
        "/map",
    ),
    "carry-and-drop": (
        "/ask/birds",
        "/ask/trees",
        "/kiwi",
    ),
    "build-arguments": (
        "/version",
        "/quote?grams=100&zone=1",
    ),
    "build-by-own-program": ("/shadow/45",),
    "build-in-subfolder": (
        "/openapi.json",
        "/bikes",
    ),
    "build-script-functions": (
        "/count",
        "/row/1",
    ),
    "cgo-on-trixie": (
        "/at/3",
        "/at/x",
        "/scratch",
    ),
    "command-changes-folder": (
        "/?year=1884",
        "/where",
    ),
    "command-in-background": ("/sums",),
    "crlf-line-ends": ("/metrics",),
    "dep-vendor": (
        "/waiting",
        "/limit",
    ),
    "dockerignore-hides-files": ("/flags",),
    "embedded-files": (
        "/public/style.css",
        "/api/sort?subject=refund",
    ),
    "entrypoint-chooses-by-argument": (
        "/15",
        "/99",
    ),
    "entrypoint-execs-command": (
        "/meters/main",
        "/meters/garden",
    ),
    "entrypoint-renders-template": (
        "/healthz",
        "/nothing",
    ),
    "entrypoint-sets-defaults": (
        "/poles/Inari",
        "/poles/none",
    ),
    "entrypoint-waits-in-a-loop": (
        "/row/1",
        "/row/9",
    ),
    "environment-split": ("/about",),
    "eval-in-build-script": ("/tempo/124",),
    "files-by-redirection": (
        "/from/130",
        "/from/400",
        "/from/x",
    ),
    "files-moved-and-linked": (
        "/post.css",
        "/kilos/12",
        "/kilos/31",
    ),
    "folder-with-owner": (
        "/tile/2",
        "/tile/0",
    ),
    "generated-configuration": (
        "/at/100",
        "/at/800",
    ),
    "generated-file-by-redirection": ("/stars",),
    "generated-folder": (
        "/verbs/",
        "/verbs/cantare.txt",
    ),
    "gin-templates-and-assets": (
        "/bottles",
        "/assets/cellar.css",
        "/favicon.svg",
    ),
    "gopath-install-import-path": (
        "/books?author=eliot",
        "/loans",
    ),
    "gopath-layout": (
        "/ports/brest",
        "/ports/none",
    ),
    "gopath-linked-folder": (
        "/hymns",
        "/metre?is=8787D",
    ),
    "health-check-curl": ("/monday",),
    "health-check-exec-form": ("/healthz",),
    "health-check-in-shell": ("/state",),
    "health-check-own-program": (
        "/healthz",
        "/litres/3.5",
    ),
    "helm-arguments-name-a-file": (
        "/at/100",
        "/at/x",
    ),
    "kubernetes-args-replace-command": (
        "/at/sext",
        "/at/noon",
    ),
    "kubernetes-probe-runs-cat": (
        "/danger/fever",
        "/danger/none",
    ),
    "log-through-tee": ("/at/-9",),
    "lower-case-keywords": ("/commands",),
    "make-install-destdir": ("/low",),
    "make-pattern-rule": (
        "/after/10:00",
        "/after/20:00",
    ),
    "make-recursive": (
        "/seeds",
        "/sow/4",
        "/sow/13",
    ),
    "make-version-file": (
        "/version",
        "/lamps",
    ),
    "makefile-build": (
        "/version",
        "/stations",
        "/warmest",
    ),
    "makefile-opens-a-shell": ("/swarms",),
    "nonroot-service-that-writes": (
        "/depth/north/2.1",
        "/depth/south/14.5",
    ),
    "port-expanded-in-exec": (
        "/egg",
        "/soup",
    ),
    "race-detector": ("/lots",),
    "script-from-pipe": ("/sum/Pugh",),
    "source-removed": (
        "/bread.js",
        "/api/bread",
        "/api/batches",
    ),
    "static-site": (
        "/css/site.css",
        "/img/oar.svg",
        "/times.html",
        "/robots.txt",
        "/nothing",
    ),
    "user-made-by-adduser": ("/host",),
    "user-written-into-passwd": ("/host",),
    "web-service-with-templates": (
        "/orders/o-1001",
        "/api/orders",
    ),
    "workspace-two-modules": ("/free",),
}
"""What is asked of a server beside `/`."""

ARGUMENTS = {
    "archive-added": ("/srv/more",),
    "build-script-loop": ("/nothing",),
    "build-script-sourced-settings": (
        "-table",
        "table.txt",
        "bead",
    ),
    "cli-entrypoint-and-cmd": (
        "/nothing",
        "/etc/hostname",
    ),
    "entrypoint-sets-defaults": (
        "-units",
        "in",
    ),
    "folder-with-mode": ("+1 212 555 0100",),
    "godeps-workspace": ("today",),
    "helm-arguments-name-a-file": (
        "-profile",
        "/etc/sluice/profiles/spring.txt",
    ),
    "kubernetes-args-replace-command": (
        "./bells",
        "ring",
        "easter",
    ),
    "runs-git": ("-max", "3"),
    "link-to-binary": (
        "-by",
        "sort",
        "apples.csv",
    ),
    "shell-form-quoting": (
        "-title",
        "Chervil",
        "sow at $DEPTH",
    ),
    "time-zone-bot": (
        "-offices",
        "offices.txt",
    ),
}
"""With which a program is run once more."""

MOST = 1.02
"""Times the binary, certificates, zone data and files with evidence: how large a result may be."""

LARGER = {
    "build-script-loop": "carries each program that its script builds",
    "build-script-functions": "carries each program that its script builds",
    "dep-vendor": "carries both programs",
    "entrypoint-chooses-by-argument": "its entrypoint chooses between two programs",
    "health-check-own-program": "its health check is a program of its own",
    "package-of-unknown-purpose": "a package that is installed writes files of the base anew, so that they count twice",
    "runs-git-on-alpine": "a package that is installed writes files of the base anew, so that they count twice",
    "two-programs": "carries both programs",
}
"""What has more than the limit, which counts one program and each file once, and why."""

ENDS_WITH = {"runs-git": 1}
"""Exit status of what runs and fails: no repository is mounted where it looks for one."""


def conditions(folder: Path) -> Conditions:
    # the fixtures' programs listen at once, or never, and go on as they began
    return Conditions(probes=("/", *PROBES.get(folder.name, ())), seconds=5, watch=1)


def subject_of(folder: Path) -> Subject:
    dockerfile = folder / "Dockerfile"
    before = dockerfile.read_bytes()
    text, settings = before.decode("utf-8", "surrogateescape"), settings_for(dockerfile)
    outcome = refactor(text, DirectoryContext(folder, dockerfile), settings)
    assert isinstance(outcome, Rewritten)
    return Subject(dockerfile, folder, before, outcome)


def assert_verified(folder: Path, engine: Client, wishes: Wishes) -> Evidence:
    found = verify(subject_of(folder), engine, wishes, Progress())
    report = verification_report(FileReport(folder.name, None, "rewritten", "scratch"), found)
    lines = verification_lines(report, kept=False, verbose=True)
    said = "\n".join("".join(piece.text for piece in line) for line in lines)
    assert isinstance(found, Verified), said
    return found.evidence


@pytest.mark.engine
@pytest.mark.parametrize(
    "folder", [folder for folder in REWRITTEN if folder.name not in ENDS_WITH], ids=lambda folder: folder.name
)
def test_a_rewritten_fixture_does_what_it_did_and_carries_no_more_than_it_needs(folder: Path, engine: Client) -> None:
    with house_images(engine, [folder / "Dockerfile"]):
        evidence = assert_verified(folder, engine, Wishes(conditions(folder)))
    ratio = evidence.result.size / evidence.limit.total
    assert ratio >= 1
    assert (ratio > MOST) == (folder.name in LARGER)


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
