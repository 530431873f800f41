"""The pipeline as a whole: what holds of every result."""

import itertools
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scratchify import rules
from scratchify.configuration import settings_for
from scratchify.context import DirectoryContext, MemoryContext
from scratchify.errors import BrokenPromise, InvalidDockerfile
from scratchify.outcome import Refused, Rewritten, Unchanged
from scratchify.promises import keep_promises
from scratchify.refactor import detect, refactor
from scratchify.settings import Settings
from scratchify.source import Span
from tests.deciding import HEAD, PROGRAM, RUNS, outcome_of, reasons, rewritten

FIXTURES = Path(__file__).parent.parent / "fixtures"
REWRITTEN = sorted(path.parent for path in FIXTURES.glob("*/expected.Dockerfile"))

LINES = st.lists(
    st.sampled_from(
        [
            "# a remark\n",
            "\n",
            "LABEL team=search\n",
            "EXPOSE 8080\n",
            "ENV PORT=8080\n",
            "ENV GOFLAGS=-mod=mod PORT=8080\n",
            "ARG VERSION=dev\n",
            "LABEL version=$VERSION\n",
            "USER 1000:1000\n",
            "VOLUME /data\n",
            "STOPSIGNAL SIGINT\n",
            "WORKDIR /app\n",
            "LABEL a=b \\\n  # inside\n  c=d\n",
            "ENV A=1 \\\n  # about GOOS\n  GOOS=linux\n",
            'HEALTHCHECK CMD ["/app/app", "-check"]\n',
            "RUN echo building\n",
            "COPY data.json ./\n",
        ]
    ),
    max_size=6,
).map("".join)
COMMANDS = st.sampled_from([RUNS, 'CMD ["./app", "serve"]\n', "CMD ./app serve\n", "ENTRYPOINT ./app\nCMD x\n"])
FILES = {**PROGRAM, "data.json": "{}\n"}


@st.composite
def dockerfiles(draw: st.DrawFn) -> str:
    """Single-stage Go Dockerfiles of lines that a rewriting has to move, keep or say anew."""
    text = (
        "FROM golang:1.22\n"
        + draw(LINES)
        + "WORKDIR /app\nCOPY . .\n"
        + draw(LINES)
        + "RUN go build -o app .\n"
        + draw(LINES)
        + draw(COMMANDS)
        + draw(LINES)
    )
    if draw(st.booleans()):
        text = text.replace("\n", "\r\n")
    return text.rstrip("\r\n") if draw(st.booleans()) else text


PLAIN = Settings()
OPTIONS = st.one_of(
    st.just(PLAIN),
    st.builds(
        Settings,
        only_needed=st.booleans(),
        nonroot=st.booleans(),
        strip=st.booleans(),
        guard=st.booleans(),
        carry=st.sampled_from([(), ("main.go",), ("/app/data.json", "/usr/share/fonts")]),
        drop=st.sampled_from([(), ("data.json",), ("/tmp",)]),
    ),
)


@settings(deadline=None)  # the first time reads tables
@given(dockerfiles(), OPTIONS)
def test_what_is_rewritten_is_left_alone_the_second_time(text: str, chosen: Settings) -> None:
    assert isinstance(outcome_of(rewritten(text, FILES, chosen), FILES, chosen), Unchanged)


@given(dockerfiles(), OPTIONS)
def test_no_comment_is_lost(text: str, chosen: Settings) -> None:
    after = rewritten(text, FILES, chosen)
    for remark in ("# a remark", "# inside", "# about GOOS"):
        assert after.count(remark) >= text.count(remark) > 0 or remark not in text


@given(dockerfiles(), OPTIONS)
def test_line_ends_stay_as_they_are(text: str, chosen: Settings) -> None:
    after = rewritten(text, FILES, chosen)
    if "\r\n" in text:
        assert after.count("\n") == after.count("\r\n")
    else:
        assert "\r" not in after
    assert after.endswith("\n") == text.endswith("\n")


@settings(deadline=None)  # every rule decides, and the first time reads its tables
@given(dockerfiles(), OPTIONS, st.randoms(use_true_random=False))
def test_rules_commute(text: str, chosen: Settings, chance: random.Random) -> None:
    shuffled = list(rules.RULES)
    chance.shuffle(shuffled)
    before, expected = rules.RULES, rewritten(text, FILES, chosen)
    try:
        rules.RULES = tuple(shuffled)
        after = rewritten(text, FILES, chosen)
    finally:
        rules.RULES = before
    # the one RUN that collects, and what is provided first, follow the report's order
    assert sorted(after.split("\n")) == sorted(expected.split("\n")) or _without_collected(after) == _without_collected(
        expected
    )


def _without_collected(text: str) -> list[str]:
    parts = itertools.chain.from_iterable(line.replace(" \\", "").split(" && ") for line in text.split("\n"))
    return sorted(part.removeprefix("RUN ") for part in parts)


@pytest.mark.parametrize("folder", REWRITTEN, ids=lambda folder: folder.name)
def test_fixtures_are_left_alone_the_second_time(folder: Path) -> None:
    text = (folder / "expected.Dockerfile").read_bytes().decode("utf-8", "surrogateescape")
    context = DirectoryContext(folder, folder / "Dockerfile")
    assert isinstance(refactor(text, context, settings_for(folder / "Dockerfile")), Unchanged)


def test_every_reason_is_told_at_once() -> None:
    text = HEAD.replace("RUN ", "RUN make assets\nRUN ") + "HEALTHCHECK CMD curl localhost\nCMD ./app -p $PORT\n"
    assert set(reasons(text)) == {"followed-steps", "image-metadata", "exec-form-entrypoint"}


def test_strict_makes_an_assumption_a_refusal() -> None:
    text = HEAD + RUNS
    assert isinstance(outcome_of(text, FILES), Rewritten)
    assert "computed-paths" in reasons(text, FILES, Settings(strict=True))


def test_strict_lets_pass_what_is_proven() -> None:
    assert isinstance(outcome_of(HEAD + RUNS, PROGRAM, Settings(strict=True)), Rewritten)


def test_without_source_the_file_is_refused_with_the_option_that_helps() -> None:
    line, message = reasons("FROM golang:1.22\nRUN go build -o /app example.com/x\nCMD /app\n", {})["go-source"]
    assert (line, "--context" in message) == (2, True)


def test_source_can_be_assumed() -> None:
    text = "FROM golang:1.22\nWORKDIR /src\nCOPY . .\nRUN go build -o /app .\nCMD /app\n"
    outcome = refactor(text, MemoryContext({}), Settings(assume_source=True))
    assert isinstance(outcome, Rewritten)
    assert any(assumed.rule == "go-source" for assumed in outcome.assumptions)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("FROM python:3.12\nCMD python app.py\n", "no-go-builder"),
        ("FROM registry.example/team/toolbox:1\nRUN go build -o /app\nCMD /app\n", "no-go-builder"),
        ("FROM golang:1.22 AS b\nFROM scratch\nCOPY --from=b /a /a\n", "multi-stage"),
        ("FROM golang:1.22\nRUN go build\n", "no-command"),
        ("FROM golang:1.22\nONBUILD COPY . .\n", "base-image"),
        ("FROM golang:1.22-windowsservercore\nCMD app.exe\n", "not-linux"),
    ],
)
def test_what_is_out_of_scope_is_seen_without_the_context(text: str, rule: str) -> None:
    outcome = detect(text)
    assert outcome is not None
    assert outcome.rule == rule


@pytest.mark.parametrize(
    ("command", "rule"),
    [
        ('CMD ["air"]', "development-image"),
        ("CMD air -c .air.toml", "development-image"),
        ('CMD ["go", "test", "./..."]', "test-image"),
        ("CMD ginkgo -r", "test-image"),
        ("CMD bash", "no-command"),
        ("CMD tail -f /dev/null", "no-command"),
    ],
)
def test_images_of_developers_are_left_alone(command: str, rule: str) -> None:
    outcome = outcome_of(f"{HEAD}{command}\n")
    assert isinstance(outcome, Unchanged)
    assert outcome.rule == rule


@pytest.mark.parametrize(
    "image", ["golang", "golang:1.22@sha256:" + "0" * 64, "mirror.example:5000/library/golang:1.22"]
)
def test_a_golang_image_is_known_wherever_it_comes_from(image: str) -> None:
    assert f"FROM {image} AS build\n" in rewritten(HEAD.replace("golang:1.22", image) + RUNS)


def test_a_platform_and_a_remark_behind_from_stay() -> None:
    text = (HEAD + RUNS).replace("FROM golang:1.22", "FROM --platform=$BUILDPLATFORM \\\n  golang:1.22")
    assert "FROM --platform=$BUILDPLATFORM \\\n  golang:1.22 AS build\n" in rewritten(text)


def test_a_stage_called_build_keeps_its_name_for_what_people_build() -> None:
    after = rewritten((HEAD + RUNS).replace("golang:1.22", "golang:1.22 AS Build"))
    assert "FROM golang:1.22 AS builder\n" in after
    assert "\nFROM scratch AS Build\n" in after


def test_an_invalid_dockerfile_is_an_error_with_its_line() -> None:
    with pytest.raises(InvalidDockerfile) as caught:
        outcome_of("FROM golang:1.22\nRUNN go build\n")
    assert caught.value.line == 2


def test_bytes_that_are_no_text_survive() -> None:
    text = "# caf\udce9\n" + HEAD + RUNS
    assert rewritten(text).startswith("# caf\udce9\nFROM golang:1.22 AS build\n")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("COPY . .", "COPY ."),
        ("RUN CGO_ENABLED=0 go build", "RUN CGO_ENABLED=0 go  build"),
        ("FROM scratch", "FROM alpine"),
        ("COPY --from=build /app/app /app/app", "COPY --from=builder /app/app /app/app"),
        ("COPY --from=build /app/app /app/app", "COPY --from=build /app/app /app/"),
        ('ENTRYPOINT ["/app/app"]', "ENTRYPOINT /app/app"),
        ('ENTRYPOINT ["/app/app"]', 'ENTRYPOINT ["/app"]'),
        ("# kept\n", ""),
    ],
)
def test_a_result_that_breaks_a_promise_is_never_shown(old: str, new: str) -> None:
    from scratchify.analysis.analyse import analyse
    from scratchify.bases import Chosen, choose_base
    from scratchify.model import understand
    from scratchify.syntax import parse

    text = "# kept\n" + HEAD + RUNS
    after = rewritten(text)
    build = understand(parse(text))
    facts = analyse(build, MemoryContext(PROGRAM), Settings())
    decisions = [decision for rule in rules.RULES for decision in rule.decide(build, facts)]
    chosen = choose_base(decisions, facts, Settings())
    assert isinstance(chosen, Chosen)
    base = chosen.base

    def again(once_more: str) -> Refused | Rewritten | Unchanged:
        return outcome_of(once_more)

    keep_promises(build, decisions, after, base, again)
    broken = after.replace(old, new)
    assert broken != after
    with pytest.raises(BrokenPromise):
        keep_promises(build, decisions, broken, base, again)


def test_a_result_that_would_change_again_is_never_shown() -> None:
    from scratchify.analysis.analyse import analyse
    from scratchify.bases import Chosen, choose_base
    from scratchify.model import understand
    from scratchify.syntax import parse

    text = HEAD + RUNS
    build = understand(parse(text))
    facts = analyse(build, MemoryContext(PROGRAM), Settings())
    decisions = [decision for rule in rules.RULES for decision in rule.decide(build, facts)]
    chosen = choose_base(decisions, facts, Settings())
    assert isinstance(chosen, Chosen)
    base = chosen.base
    with pytest.raises(BrokenPromise, match="changed again"):
        keep_promises(build, decisions, rewritten(text), base, lambda _: outcome_of(text))


def test_the_same_input_gives_the_same_report_in_every_process() -> None:
    folder = FIXTURES / "static-site"
    reports = {
        subprocess.run(
            [sys.executable, "-m", "scratchify", "explain", str(folder / "Dockerfile")],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3", "4", "5", "6")
    }
    assert len(reports) == 1


def test_spans_of_the_public_records_point_into_the_text() -> None:
    text = HEAD + "EXPOSE 8080\n" + RUNS
    outcome = outcome_of(text)
    assert isinstance(outcome, Rewritten)
    spans = [decision.span for decision in outcome.decisions if hasattr(decision, "span")]
    assert Span(0, len("FROM golang:1.22\n")) in spans


def test_a_folder_without_ignore_files_is_read_to_its_depth(tmp_path: Path) -> None:
    for name, content in {**PROGRAM, "web/templates/a.html": "", "web/web.go": "package web\n"}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    outcome = refactor(HEAD + RUNS, DirectoryContext(tmp_path))
    assert isinstance(outcome, Rewritten)
    assert "COPY --from=build /app/web/templates /app/web/templates\n" in outcome.text
