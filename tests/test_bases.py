"""The ladder of final bases: the smallest that has what is needed, and never one that is older than the builder."""

import json

import pytest

from scratchify.bases import STEPS
from scratchify.knowledge.distributions import c_libraries, debian_releases, image_programs, program_packages
from scratchify.knowledge.images import _images
from scratchify.outcome import Refused, Rewritten
from scratchify.report.document import document, file_report
from scratchify.settings import Settings
from tests.deciding import MODULE, PROGRAM, outcome_of, reasons, rewritten

CALLS_C = {**MODULE, "main.go": 'package main\n\n// int a() { return 1; }\nimport "C"\n\nfunc main() { C.a() }\n'}
GIT = 'package main\n\nimport "os/exec"\n\nfunc main() { exec.Command("git", "log").Run() }\n'
RUNS_GIT = {**MODULE, "main.go": GIT}
BOTH = {**CALLS_C, "git.go": GIT.replace("main()", "log()")}
RELEASES = sorted({image.release for image in _images() if image.family == "debian" and image.release})


def dockerfile(image: str = "golang:1.22", steps: str = "", command: str = 'ENTRYPOINT ["/app/app"]') -> str:
    return f"FROM {image}\n{steps}WORKDIR /app\nCOPY . .\nRUN go build -o app .\n{command}\n"


def base_of(text: str, files: dict[str, str], settings: Settings | None = None) -> str:
    outcome = outcome_of(text, files, settings)
    assert isinstance(outcome, Rewritten), outcome
    return outcome.final_stage.base


def installed(text: str, files: dict[str, str]) -> str:
    """Return what the final stage installs."""
    final = rewritten(text, files).rpartition("\nFROM ")[2]
    found = [line for line in final.split("\n") if line.startswith("RUN ")]
    return found[0] if found else ""


# ---- releases


@pytest.mark.parametrize("release", RELEASES)
def test_a_base_with_glibc_is_never_older_than_the_builder(release: str) -> None:
    base = base_of(dockerfile(f"golang:1.12-{release}"), CALLS_C)
    number = int(base.removeprefix("gcr.io/distroless/base-debian"))
    assert number >= debian_releases()[release].version


@pytest.mark.parametrize("release", RELEASES)
def test_packages_come_from_the_release_of_the_builder(release: str) -> None:
    if debian_releases()[release].archived:
        # its apt-get finds nothing any more, and what a newer release has is something else
        assert "are archived" in reasons(dockerfile(f"golang:1.12-{release}"), BOTH, Settings())["programs"][1]
        return
    assert base_of(dockerfile(f"golang:1.12-{release}"), BOTH) == f"debian:{release}-slim"


@pytest.mark.parametrize("image", ["golang:rc", "golang@sha256:" + 64 * "0", "oss.example/golang:stable"])
def test_where_the_release_is_not_known_the_report_says_what_to_pin(image: str) -> None:
    assert "name it in the tag, like golang:1.27-bookworm" in reasons(dockerfile(image), CALLS_C, Settings())["cgo"][1]


@pytest.mark.parametrize(
    ("image", "base"),
    [
        ("golang:1.22-alpine3.19", "alpine:3.19"),
        ("golang:1.22-alpine", "alpine:3.22"),
        ("golang:1.27-alpine", "alpine:3"),
        ("golang:alpine", "alpine:3"),
        ("golang:1.22", "alpine:3.22"),
    ],
)
def test_the_release_of_alpine_follows_the_builder(image: str, base: str) -> None:
    assert base_of(dockerfile(image, command="CMD ./app -p $PORT"), PROGRAM) == base


def test_what_is_linked_against_musl_stays_on_alpine() -> None:
    steps = "RUN apk add --no-cache gcc musl-dev\n"
    assert base_of(dockerfile("golang:1.22-alpine3.20", steps), CALLS_C) == "alpine:3.20"


# ---- settings


@pytest.mark.parametrize(
    ("base", "image"),
    [
        ("auto", "scratch"),
        ("scratch", "scratch"),
        ("distroless", "gcr.io/distroless/static-debian12"),
        ("alpine", "alpine:3.22"),
        ("debian", "debian:bookworm-slim"),
    ],
)
def test_a_wish_for_a_base_is_followed(base: str, image: str) -> None:
    settings = Settings(base=base)  # type: ignore[arg-type]  # the parameters are plain text
    assert base_of(dockerfile(), PROGRAM, settings) == image


@pytest.mark.parametrize(("files", "rule"), [(CALLS_C, "cgo"), (RUNS_GIT, "programs")])
def test_with_scratch_alone_every_further_step_is_a_refusal(files: dict[str, str], rule: str) -> None:
    assert "scratch has no" in reasons(dockerfile(), files, Settings(base="scratch"))[rule][1]
    assert isinstance(outcome_of(dockerfile(), files), Rewritten)


def test_a_wish_that_cannot_be_met_is_refused() -> None:
    assert "has no git" in reasons(dockerfile(), RUNS_GIT, Settings(base="distroless"))["programs"][1]
    assert "links against glibc" in reasons(dockerfile(), CALLS_C, Settings(base="alpine"))["cgo"][1]


def test_an_image_of_ones_own_takes_the_place_of_a_step() -> None:
    own = Settings(bases=(("distroless-base", "mirror.example/base@sha256:12"), ("debian", "mirror.example/debian:12")))
    assert base_of(dockerfile(), CALLS_C, own) == "mirror.example/base@sha256:12"
    assert base_of(dockerfile(), RUNS_GIT, own) == "mirror.example/debian:12"
    assert {step for step, _ in own.bases} <= {*STEPS}
    by_name = Settings(bases=(("debian:bookworm-slim", "mirror.example/slim"),))
    assert base_of(dockerfile(), RUNS_GIT, by_name) == "mirror.example/slim"


def test_a_script_that_runs_programs_as_root_is_not_run_without_rights() -> None:
    files = {**PROGRAM, "run.sh": "#!/bin/sh\nchmod 600 key\nexec ./app\n"}
    text = dockerfile(command='ENTRYPOINT ["./run.sh"]')
    assert "leave out --nonroot" in reasons(text, files, Settings(nonroot=True))["kept-command"][1]


def test_the_report_says_why_each_smaller_base_would_not_do() -> None:
    from pathlib import PurePosixPath

    report = file_report(PurePosixPath("Dockerfile"), outcome_of(dockerfile(), RUNS_GIT), b"-")
    shown = json.loads(json.dumps(document([report])))["files"][0]["smaller_bases"]
    assert [one["base"].partition(":")[0] for one in shown] == [
        "scratch",
        "gcr.io/distroless/base-debian12",
        "gcr.io/distroless/cc-debian12",
        "alpine",
    ]
    assert {(one["because"]["path"], one["because"]["line"]) for one in shown} == {("main.go", 5)}


@pytest.mark.parametrize("build", ["go build -o app .", "CGO_ENABLED=1 go build -o app ."])
def test_what_calls_c_is_linked_statically_on_request(build: str) -> None:
    steps = "RUN apk add --no-cache gcc musl-dev\n"
    text = dockerfile("golang:1.22-alpine3.20", steps).replace("go build -o app .", build)
    outcome = outcome_of(text, CALLS_C, Settings(static_cgo=True))
    assert isinstance(outcome, Rewritten)
    assert """go build -ldflags '-linkmode external -extldflags "-static"' -o""" in outcome.text
    assert outcome.final_stage.base == "scratch"
    assert "CGO_ENABLED=0" not in outcome.text


def test_flags_for_the_linker_that_are_there_are_not_touched() -> None:
    text = dockerfile("golang:1.22-alpine3.20", "RUN apk add gcc\n").replace("go build", 'go build -ldflags "-s -w"')
    assert "leave out --static-cgo" in reasons(text, CALLS_C, Settings(static_cgo=True))["static-cgo"][1]


def test_glibc_is_not_linked_statically() -> None:
    assert base_of(dockerfile(), CALLS_C, Settings(static_cgo=True)) == "gcr.io/distroless/base-debian12"


# ---- packages


def test_what_stood_before_the_program_alone_is_no_need_where_it_is_left_out() -> None:
    steps = "RUN apk add --no-cache tini\n"
    command = 'ENTRYPOINT ["/sbin/tini", "--", "/app/app"]'
    assert base_of(dockerfile("golang:1.22-alpine", steps, command), PROGRAM) == "scratch"
    assert "apk add --no-cache tini" in rewritten(
        dockerfile("golang:1.22-alpine", steps, "CMD tini -- ./app -p $PORT"), PROGRAM
    )


def test_a_version_that_is_asked_for_is_asked_for_again() -> None:
    steps = "RUN apt-get update && apt-get install -y git=1:2.39.5-0+deb12u2 make\n"
    assert "git=1:2.39.5-0+deb12u2 openssh-client &&" in installed(dockerfile(steps=steps), RUNS_GIT)


@pytest.mark.parametrize(
    "steps",
    [
        "RUN apt-get install -y -t bookworm-backports fonts-noto\n",
        "RUN echo 'deb http://deb.example x' > /etc/apt/sources.list.d/x.list && apt-get install -y fonts-noto\n",
        "RUN pip install fonts-noto\n",
        "RUN dpkg -i fonts-noto.deb\n",
        "RUN apk add fonts-noto\n",
    ],
)
def test_a_package_from_elsewhere_is_refused(steps: str) -> None:
    assert "installed-packages" in reasons(dockerfile(steps=steps), PROGRAM, Settings())


@pytest.mark.parametrize(
    ("image", "steps"),
    [
        ("golang:1.22", "RUN apt-get install -y fonts-noto\nRUN apt-get purge -y fonts-noto\n"),
        ("golang:1.22-alpine", "RUN apk add --virtual .fonts font-noto && apk del .fonts\n"),
    ],
)
def test_a_package_that_is_taken_away_again_is_no_need(image: str, steps: str) -> None:
    assert base_of(dockerfile(image, steps), PROGRAM) == "scratch"


def test_a_program_that_no_step_installs_never_worked() -> None:
    assert "never worked" in reasons(dockerfile("golang:1.22-alpine"), RUNS_GIT, Settings())["programs"][1]
    assert installed(dockerfile("golang:1.22-alpine", "RUN apk add git\n"), RUNS_GIT) == "RUN apk add --no-cache git"


def test_a_program_that_a_step_downloads_is_refused() -> None:
    steps = "RUN curl -fsSL -o /usr/local/bin/git https://example.com/git && chmod +x /usr/local/bin/git\n"
    assert "what it needs is not known" in reasons(dockerfile(steps=steps), RUNS_GIT, Settings())["programs"][1]


# ---- what is in the way of a base


def test_users_come_with_the_database_of_the_same_release() -> None:
    text = dockerfile(steps="RUN useradd -u 1500 app\n", command="USER app\nCMD ./app -p $PORT")
    after = rewritten(text, PROGRAM)
    assert "FROM debian:bookworm-slim\nCOPY --from=build /etc/passwd /etc/group /etc/\n" in after
    assert "/rootfs/etc/passwd" not in after


def test_folders_of_the_base_keep_their_modes() -> None:
    steps = "RUN mkdir -p /tmp/cache\n"
    after = rewritten(dockerfile(steps=steps, command="CMD ./app -p $PORT"), PROGRAM)
    assert "chmod a=rwx,+t /rootfs/tmp" in after


def test_nothing_is_laid_over_a_link_of_the_base() -> None:
    text = dockerfile(steps="RUN mkdir -p /var/run/app\n", command="CMD ./app -p $PORT")
    outcome = outcome_of(text, PROGRAM)
    assert isinstance(outcome, Refused)
    assert "would be laid over a link" in outcome.reasons[0].because.message


# ---- scripts


@pytest.mark.parametrize(
    ("script", "base"),
    [
        ("#!/bin/sh\nsed -i s/a/b/ x.conf\nexec ./app\n", "alpine:3.22"),
        ("#!/bin/sh\nls --color=never\nexec ./app\n", "debian:bookworm-slim"),
        ("#!/bin/sh\ndate -d yesterday\nexec ./app\n", "debian:bookworm-slim"),
        ("#!/bin/sh\necho -e 'a\\tb'\nexec ./app\n", "debian:bookworm-slim"),
        ("#!/usr/bin/env bash\nsleep 1\nexec ./app\n", "debian:bookworm-slim"),
        ("#!/bin/sh\nfor i in 1 2; do sleep 1; done\nexec ./app\n", "alpine:3.22"),
        ("#!/bin/sh\nuntil curl -f http://db; do sleep 1; done\nexec ./app\n", "debian:bookworm-slim"),
    ],
)
def test_a_script_gets_the_smallest_base_that_runs_it_alike(script: str, base: str) -> None:
    files = {**PROGRAM, "run.sh": script}
    assert base_of(dockerfile(command='ENTRYPOINT ["./run.sh"]'), files) == base


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("frobnicate\nexec ./app\n", "no table says"),
        ("python3 setup.py\nexec ./app\n", "no table says"),
        ("$TOOL\nexec ./app\n", "only a shell knows"),
        ('eval "$SETUP"\nexec ./app\n', "runs another program"),
        ("su app -c ./app\nexec ./app\n", "runs another program"),
        ("cat $GOPATH/x\nexec ./app\n", "final stage does not have"),
        (". ./settings\nexec ./app\n", "not known"),
        ('exec "$@"\n', "none of this build's programs"),
    ],
)
def test_a_script_that_may_run_anything_is_refused(script: str, words: str) -> None:
    files = {**PROGRAM, "run.sh": f"#!/bin/sh\n{script}"}
    text = dockerfile(command='ENTRYPOINT ["./run.sh"]')
    assert words in reasons(text, files, Settings())["kept-command"][1]


@pytest.mark.parametrize(
    "check",
    [
        "RUN echo '#!/bin/sh' > /usr/local/bin/check && echo exit >> /usr/local/bin/check\nHEALTHCHECK CMD check\n",
        "RUN go install example.org/probe@v1.2.3\nHEALTHCHECK CMD /go/bin/probe -addr :80\n",
    ],
)
def test_a_check_by_what_stays_behind_is_refused(check: str) -> None:
    text = dockerfile().replace("ENTRYPOINT", f"{check}ENTRYPOINT")
    found = reasons(text, PROGRAM, Settings())
    assert "is not carried" in found["image-metadata"][1]


def test_what_a_script_finds_by_path_is_found_again() -> None:
    files = {**PROGRAM, "run.sh": "#!/bin/sh\nsleep 1\nexec app\n"}
    text = dockerfile(command='ENTRYPOINT ["./run.sh"]').replace("go build -o app .", "go install .")
    assert "\nENV PATH=/go/bin:/usr/local/go/bin:" in rewritten(text, files)


# ---- tables


def test_every_release_has_a_distroless_image_that_is_not_older() -> None:
    assert {*RELEASES} <= debian_releases().keys()
    assert all(release.distroless >= release.version for release in debian_releases().values())


def test_the_tables_of_distributions_are_whole() -> None:
    assert all(one.debian or one.alpine for one in program_packages().values())
    assert {"debian", "alpine", "golang"} == image_programs().keys()
    assert image_programs()["alpine"].plain.keys() <= {*image_programs()["alpine"].programs}
    assert image_programs()["alpine"].plain.keys() <= {*image_programs()["debian"].programs}
    for library in c_libraries().values():
        assert library.system in ("", "libc", "libstdc++")
        assert library.debian.keys() <= debian_releases().keys()
        assert library.system or library.debian
