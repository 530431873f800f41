"""
What a stand-in for golang:onbuild builds, and what the written-out triggers build, do the same.

The images of 2018 cannot be had here: two of today's Go with the triggers and a go-wrapper of our own bear their
names for the time of the test.
"""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from scratchify.context import DirectoryContext
from scratchify.engine.client import Client
from scratchify.engine.observation import Conditions
from scratchify.engine.verification import Progress, Subject, Verified, Wishes, verify
from scratchify.outcome import Rewritten
from scratchify.refactor import refactor

PLAIN, ONBUILD = "golang:1.8", "golang:1.8-onbuild"

GO_WRAPPER = """\
#!/bin/sh
set -e
command=$1
shift
case "$command" in
download) go list -deps . > /dev/null ;;
install) exec go install -v "$@" ;;
run) exec "$(basename "$PWD")" "$@" ;;
*) exit 1 ;;
esac
"""

OF_PLAIN = """\
FROM golang:1.22
ENV GO111MODULE=off
COPY --chmod=755 go-wrapper /usr/local/bin/go-wrapper
WORKDIR /go
"""

OF_ONBUILD = f"""\
FROM {PLAIN}
RUN mkdir -p /go/src/app
WORKDIR /go/src/app
CMD ["go-wrapper", "run"]
ONBUILD COPY . /go/src/app
ONBUILD RUN go-wrapper download
ONBUILD RUN go-wrapper install
"""

PROGRAM = """\
package main

import (
	"fmt"
	"io/ioutil"
	"os"
)

func main() {
	folder, _ := os.Getwd()
	rules, err := ioutil.ReadFile("rules.txt")
	fmt.Printf("%s %s %q %v %q\\n", os.Args[0], folder, rules, err, os.Args[1:])
}
"""


def told(engine: Client, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [engine.program, *words], capture_output=True, text=True, check=False, env={**engine.environment}
    )


@pytest.fixture(scope="module")
def stand_ins(engine: Client, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Images under the two names, which are free again afterwards."""
    for name in (PLAIN, ONBUILD):
        if told(engine, "image", "inspect", name).returncode == 0:
            pytest.skip(f"the engine has an image {name} already")
    folder = tmp_path_factory.mktemp("onbuild")
    (folder / "go-wrapper").write_text(GO_WRAPPER)
    try:
        for name, text in ((PLAIN, OF_PLAIN), (ONBUILD, OF_ONBUILD)):
            (folder / "Dockerfile").write_text(text)
            built = told(engine, "build", "--tag", name, str(folder))
            assert built.returncode == 0, built.stderr
        yield
    finally:
        told(engine, "image", "rm", ONBUILD, PLAIN)


@pytest.mark.engine
@pytest.mark.usefixtures("stand_ins")
@pytest.mark.parametrize(
    "dockerfile",
    [
        f"FROM {ONBUILD}",
        f"FROM {ONBUILD}\nEXPOSE 8080\n",
        f'FROM {ONBUILD}\nCMD ["app", "-v"]\n',
    ],
)
def test_written_out_triggers_build_what_they_built(dockerfile: str, engine: Client, tmp_path: Path) -> None:
    path = tmp_path / "Dockerfile"
    files = {"Dockerfile": dockerfile, "main.go": PROGRAM, "rules.txt": "a\n"}
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    outcome = refactor(dockerfile, DirectoryContext(tmp_path, path))
    assert isinstance(outcome, Rewritten), outcome
    subject = Subject(path, tmp_path, dockerfile.encode(), outcome)
    found = verify(subject, engine, Wishes(Conditions(probes=(), seconds=5, watch=1)), Progress())
    assert isinstance(found, Verified), found
