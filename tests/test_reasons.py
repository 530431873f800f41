"""A reason names what is the matter, and advice leads somewhere."""

import pytest

from scratchify.outcome import Rewritten, Unchanged
from scratchify.settings import Settings
from tests.deciding import HEAD, PROGRAM, outcome_of, reasons, rewritten

CLONE = "RUN git clone https://example.com/b /src/b"
UNSEEN = Settings(assume_source=True)
COPIED = "FROM golang:1.22\nWORKDIR /app\nCOPY . .\n"


@pytest.mark.parametrize(
    ("step", "where"),
    [
        ("RUN make", "make reads Makefile, which no step puts there; copy it before this line"),
        ("RUN make -f ci.mk", "make reads ci.mk, which no step puts there"),
        (
            f"{CLONE}\nWORKDIR /src/b\nRUN make",
            "(line 4: git clone of https://example.com/b fills /src/b)",
        ),
        ("RUN just build", "a justfile is not at hand in /app and the folders above; copy it before this line"),
        ("RUN ./build.sh", "runs /app/build.sh, which no step puts there"),
        (f"{CLONE}\nRUN /src/b/build.sh", "runs /src/b/build.sh, which is not at hand (line 4"),
        (
            "RUN curl -o x.sh https://example.com\nRUN sh x.sh",
            "which line 4 writes and whose content is not known",
        ),
        ("RUN cd /app $$ go build", "cd is given more than a folder: $$; was && meant?"),
        ("RUN sed -i -e s/a/b/ main.go", "sed changes main.go"),
        ("RUN sed -i -f edit.sed main.go", "sed changes main.go"),
        ("RUN curl https://example.com | bash -s -- --now", "a script that comes from a pipe is not at hand"),
        ("RUN rm -rf $(date)/x", "rm is given $(date)/x, which only a shell knows; name the files"),
    ],
)
def test_a_step_that_is_not_followed_says_what_is_not_at_hand(step: str, where: str) -> None:
    text = f'{COPIED}{step}\nRUN go build -o app .\nENTRYPOINT ["./app"]\n'
    assert where in reasons(text)["followed-steps"][1]


@pytest.mark.parametrize("step", ["RUN make", "RUN ./build.sh", "RUN just build", "RUN sh ci/build.sh"])
def test_what_may_lie_in_a_context_that_is_not_at_hand_asks_for_it(step: str) -> None:
    said = reasons(f'{COPIED}{step}\nENTRYPOINT ["./app"]\n', {}, UNSEEN)["followed-steps"][1]
    assert "give --context" in said


@pytest.mark.parametrize(
    ("start", "said"),
    [
        ('CMD ["tar", "cf", "-", "."]', "starts tar, a program of golang:1.22, and nothing that this build makes"),
        ('CMD ["git", "daemon"]', "starts git, a program of golang:1.22"),
        ('CMD ["redis-cli"]', "redis-cli is nowhere in this image"),
        ('RUN apt-get install -y tini rsync\nCMD ["rsync", "--daemon"]', "starts rsync, which line 5 installs"),
        (
            "RUN curl -o /srv/run https://example.com/run\nCMD /srv/run",
            "line 5 writes and whose content is not known (curl downloads it); copy it from the repository",
        ),
    ],
)
def test_a_program_that_is_not_ours_is_called_by_its_owner(start: str, said: str) -> None:
    assert said in reasons(f"{HEAD}{start}\n")["exec-form-entrypoint"][1]


def test_a_script_of_a_context_that_is_not_at_hand_asks_for_it() -> None:
    text = 'FROM golang:1.22\nCOPY run.sh /run.sh\nRUN go version\nENTRYPOINT ["/run.sh"]\n'
    said = reasons(text, {}, UNSEEN)["exec-form-entrypoint"][1]
    assert said == "starts /run.sh, which lies in a build context that is not at hand; give --context"


def test_what_could_not_be_followed_is_named_by_its_line() -> None:
    text = f'{COPIED}RUN eval "$(cat steps)"\nENTRYPOINT ["/bin/made"]\n'
    said = reasons(text)["exec-form-entrypoint"][1]
    assert said == "where /bin/made comes from is not known, because line 4 could not be followed"


@pytest.mark.parametrize(
    ("command", "rule"),
    [
        ("CMD cd x && go test ./...", "test-image"),
        ("CMD for p in $(go list ./...); do go test $p; done", "test-image"),
        ('CMD ["sh", "-c", "go vet && gotestsum"]', "test-image"),
        ("CMD cd /scan && /bin/bash -l", "no-command"),
        ('ENTRYPOINT ["/bin/sh", "-c", "echo hello; sh"]', "no-command"),
    ],
)
def test_a_text_that_ends_in_tests_or_a_shell_is_for_developers(command: str, rule: str) -> None:
    outcome = outcome_of(f"{HEAD}{command}\n")
    assert isinstance(outcome, Unchanged)
    assert outcome.rule == rule


@pytest.mark.parametrize("command", ["CMD go test ./... && ./app", "CMD ./app; sh", "CMD ./app & sh -c wait"])
def test_a_text_that_starts_the_program_too_is_not(command: str) -> None:
    assert not isinstance(outcome_of(f"{HEAD}{command}\n"), Unchanged)


def test_go_in_a_command_needs_the_toolchain() -> None:
    said = reasons(f"{HEAD}CMD go generate; ./app\n")["kept-command"][1]
    assert "it runs go of the toolchain; do in a RUN what it does" in said


@pytest.mark.parametrize(
    "step",
    [
        "for a in b; do for c in d; do echo $c; done done",
        "if true; then for a in b; do echo $a; done fi",
        "gcc -print-multiarch && g++ -dumpmachine",
        "apt-get remove -y ca-certificates git",
    ],
)
def test_a_step_that_changes_nothing_is_followed(step: str) -> None:
    before = 'FROM golang:1.22\nWORKDIR /app\nCOPY . .\nRUN {}\nRUN go build -o app .\nENTRYPOINT ["./app"]\n'
    after = rewritten(before.format(step))
    assert "COPY --from=build /etc/ssl/certs/ca-certificates.crt " in after
    assert after.replace(f"RUN {step}\n", "") == rewritten(before.format("true")).replace("RUN true\n", "")


@pytest.mark.parametrize("step", ["apt-get purge -y ca-certificates", "apk del ca-certificates"])
def test_certificates_that_a_step_takes_away_are_refused(step: str) -> None:
    image = "golang:1.22-alpine" if step.startswith("apk") else "golang:1.22"
    text = f'FROM {image}\nWORKDIR /app\nCOPY . .\nRUN {step}\nRUN go build -o app .\nENTRYPOINT ["./app"]\n'
    assert "takes away certificates" in reasons(text)["followed-steps"][1]


def test_words_in_a_string_end_no_loop() -> None:
    step = "for a in b; do echo 'done done' done done"
    text = f'{COPIED}RUN {step}\nRUN go build -o app .\nENTRYPOINT ["./app"]\n'
    assert "no plain shell" in reasons(text)["followed-steps"][1]


@pytest.mark.parametrize(
    ("step", "carried"),
    [
        ("cp app /usr/local/bin/serve", ["/usr/local/bin/serve"]),
        ("CGO_ENABLED=0 go build -v -o /usr/local/bin/serve .", ["/usr/local/bin/serve"]),
        ("CGO_ENABLED=0 go build -tags big -o /usr/local/bin/serve .", ["/app/app", "/usr/local/bin/serve"]),
    ],
)
def test_a_program_that_lies_at_two_places_is_carried_once(step: str, carried: list[str]) -> None:
    outcome = outcome_of(f"{HEAD}RUN {step}\nCMD serve\n")
    assert isinstance(outcome, Rewritten)
    assert sorted(file.source for file in outcome.final_stage.files if file.rule == "binary") == carried


def test_the_source_of_a_clone_is_not_assumed() -> None:
    text = "FROM golang:1.9\nRUN git clone https://example.com/a /go/src/example.com/a\n"
    text += "WORKDIR /go/src/example.com/a\nRUN go build -o app\nCMD ./app\n"
    assert reasons(text, {}, UNSEEN)["go-source"] == (
        2,
        "git clone of https://example.com/a fills /go/src/example.com/a: its source is not at hand, so that what the "
        "program needs cannot be known",
    )


@pytest.mark.parametrize("image", ["fedora:39", "ubuntu:22.04"])
def test_another_distribution_is_not_asked_for_its_debian_release(image: str) -> None:
    install = "dnf install -y golang gcc" if image.startswith("fedora") else "apt-get install -y golang-go gcc"
    text = f'FROM {image}\nRUN {install}\nWORKDIR /app\nCOPY . .\nRUN go build -o app .\nENTRYPOINT ["./app"]\n'
    files = {**PROGRAM, "c.go": 'package main\n\nimport "C"\n'}
    said = " ".join(message for _, message in reasons(text, files, Settings()).values())
    assert f"{image} is no Debian whose release a final stage could follow" in said


@pytest.mark.parametrize(
    ("steps", "rule", "said"),
    [
        ("COPY main.go .\nRUN go get example.com/x", "followed-steps", "works within a module alone from Go 1.18 on"),
        ("COPY main.go .\nRUN go build -o app main.go", "go-source", "and no go.mod is at hand to say which"),
    ],
)
def test_what_needs_a_module_is_refused_where_there_is_none(steps: str, rule: str, said: str) -> None:
    files = {"main.go": 'package main\n\nimport "example.com/x"\n\nfunc main() { x.Run() }\n'}
    text = f'FROM golang:1.22\nWORKDIR /app\n{steps}\nRUN go build -o app main.go\nENTRYPOINT ["./app"]\n'
    assert said in reasons(text, files)[rule][1]


def test_files_of_the_standard_library_alone_need_no_module() -> None:
    text = 'FROM golang:1.22\nWORKDIR /app\nCOPY main.go .\nRUN go build -o app main.go\nENTRYPOINT ["./app"]\n'
    assert rewritten(text, {"main.go": PROGRAM["main.go"]})
