"""An engine's client and what is asked of it, where no engine is; and what a trial leaves behind: nothing."""

import os
import signal
import subprocess
import sys
import tarfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from scratchify.engine.choice import VARIABLE, find_engine
from scratchify.engine.client import BuildFailed, Built, Client, Start, step_of
from scratchify.engine.dialect import BuildRequest
from scratchify.engine.docker import DOCKER
from scratchify.engine.image_files import read_listing
from scratchify.engine.leftovers import Leftovers
from scratchify.engine.podman import PODMAN
from scratchify.engine.processes import wait_for
from scratchify.engine.trial import LABEL, Trial
from scratchify.errors import EngineFailed
from tests.stand_ins import answering, stand_in

# Which engine

DOCKERS_NAME = "echo Docker version 28.2.2, build e6534b4"
NO_DAEMON = "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?"
SILENT = {
    "--version": DOCKERS_NAME,
    "version --format {{.Server.Version}}": f'echo "{NO_DAEMON}" >&2; exit 1',
}
ANSWERS = {**SILENT, "version --format {{.Server.Version}}": "echo 28.1.0"}
PODMANS = {"--version": "echo podman version 4.3.1", "version --format {{.Version}}": "echo 4.3.1"}


@pytest.fixture
def only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is all there is on the PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.delenv(VARIABLE, raising=False)
    return folder


def test_where_no_engine_is_installed_the_message_names_each_and_says_what_to_do(only: Path) -> None:
    with pytest.raises(EngineFailed) as failed:
        find_engine()
    assert str(failed.value) == (
        "no container engine answers (docker is not installed; podman is not installed);"
        " start Docker or Podman, or name the client with --engine or SCRATCHIFY_ENGINE"
    )


def test_where_no_engine_answers_the_message_has_its_own_words(only: Path) -> None:
    stand_in(only, "docker", answering(SILENT))
    stand_in(only, "podman", answering({"--version": "echo podman version 4.3.1"}))
    with pytest.raises(EngineFailed) as failed:
        find_engine()
    assert f"(docker: {NO_DAEMON}; podman: unknown: version --format {{{{.Version}}}}); start " in str(failed.value)


def test_an_engine_that_says_nothing_is_none(only: Path) -> None:
    stand_in(only, "docker", "exit 0")
    with pytest.raises(EngineFailed, match=r"docker: \S+/docker found no engine; podman is not installed"):
        find_engine()


def test_the_first_engine_that_answers_is_taken(only: Path) -> None:
    stand_in(only, "docker", answering(SILENT))
    stand_in(only, "podman", answering(PODMANS))
    assert find_engine().dialect is PODMAN
    stand_in(only, "docker", answering(ANSWERS))
    assert find_engine().dialect is DOCKER


def test_a_client_that_is_broken_stands_in_nobodys_way(only: Path) -> None:
    stand_in(only, "docker", "").write_bytes(b"\x7fELF and nothing else")
    with pytest.raises(EngineFailed, match="exec format error; podman is not installed"):
        find_engine()
    stand_in(only, "podman", answering(PODMANS))
    assert find_engine().dialect is PODMAN


def test_an_engine_can_be_named_by_its_path_or_by_a_variable(only: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in(only, "docker", answering(ANSWERS))
    other = stand_in(only.parent / "other", "my-podman", answering(PODMANS))
    assert find_engine(str(other)).program == str(other)
    monkeypatch.setenv(VARIABLE, str(other))
    assert find_engine().program == str(other)
    assert find_engine("docker").program == str(only / "docker")


@pytest.mark.parametrize("by_variable", [True, False])
def test_an_engine_that_is_named_is_the_only_one_that_is_asked(
    only: Path, monkeypatch: pytest.MonkeyPatch, by_variable: bool
) -> None:
    stand_in(only, "docker", answering(ANSWERS))
    if by_variable:
        monkeypatch.setenv(VARIABLE, "podman")
    with pytest.raises(
        EngineFailed, match=r"^there is no program podman on the PATH; .* --engine or SCRATCHIFY_ENGINE$"
    ):
        find_engine(None if by_variable else "podman")
    stand_in(only, "podman", answering({**PODMANS, "version --format {{.Version}}": "echo no >&2; exit 125"}))
    with pytest.raises(EngineFailed, match=r"^no$"):
        find_engine(None if by_variable else "podman")


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("echo 'Emulate Docker CLI using podman.' >&2; echo podman version 4.3.1", id="Debian's docker"),
        pytest.param("echo docker version 4.3.1", id="a link: Podman gives the name that it is called by"),
    ],
)
def test_podman_is_podman_also_where_it_is_called_docker(only: Path, name: str) -> None:
    stand_in(only, "docker", answering({**PODMANS, "--version": name}))
    assert find_engine().dialect is PODMAN


# How it builds

REQUEST = BuildRequest(Path("/x/Dockerfile"), Path("/context"), "name:tag", ("a=b", "c=d"), ("V=1", "W=2 3"), True)
FLAGS = ["--file", "/x/Dockerfile", "--tag", "name:tag", "--label", "a=b", "--label", "c=d"]
FLAGS += ["--build-arg", "V=1", "--build-arg", "W=2 3", "--no-cache"]


def test_a_build_has_the_options_of_every_client() -> None:
    assert REQUEST.flags == FLAGS
    plain = BuildRequest(Path("D"), Path(), "n", ())
    assert plain.flags == ["--file", "D", "--tag", "n"]


@pytest.mark.parametrize(
    ("has_buildx", "version", "variables", "title", "first"),
    [
        (True, "28.2.2", {}, "BuildKit", ["--progress", "plain", "--load"]),
        (True, "20.10.24+dfsg1", {}, "BuildKit", ["--progress", "plain", "--load"]),
        (False, "28.2.2", {}, "classic builder", ["--rm", "--force-rm"]),
        (False, "23.0.0", {}, "classic builder", ["--rm", "--force-rm"]),
        (False, "20.10.24+dfsg1", {}, "BuildKit", ["--progress", "plain"]),
        (False, "22.06.0-beta.0", {}, "BuildKit", ["--progress", "plain"]),
        (False, "", {}, "classic builder", ["--rm", "--force-rm"]),
        (True, "28.2.2", {"DOCKER_BUILDKIT": "0"}, "classic builder", ["--rm", "--force-rm"]),
        (False, "20.10.24", {"DOCKER_BUILDKIT": "0"}, "classic builder", ["--rm", "--force-rm"]),
        (True, "28.2.2", {"DOCKER_BUILDKIT": "1"}, "BuildKit", ["--progress", "plain", "--load"]),
    ],
)
def test_docker_builds_with_buildkit_where_the_client_has_it(
    tmp_path: Path, has_buildx: bool, version: str, variables: Mapping[str, str], title: str, first: list[str]
) -> None:
    client_version = {"version --format {{.Client.Version}}": f"echo {version}"}
    answers = {"buildx version": f"exit {int(not has_buildx)}", **client_version, **ANSWERS}
    client = Client(str(stand_in(tmp_path, "docker", answering(answers))), DOCKER, variables)
    assert client.builder.options(REQUEST) == [*first, *FLAGS]
    assert client.builder.environment["DOCKER_BUILDKIT"] == str(int(title == "BuildKit"))
    assert client.title() == f"docker 28.1.0 ({title})"


def test_buildah_is_handed_the_ignore_file_that_it_would_not_find(tmp_path: Path) -> None:
    client = Client(str(stand_in(tmp_path, "podman", answering(PODMANS))), PODMAN, {})
    request = BuildRequest(tmp_path / "api.Dockerfile", tmp_path, "n", ())
    assert "--ignorefile" not in client.builder.options(request)
    ignores = tmp_path / "api.Dockerfile.dockerignore"
    ignores.write_text("*.md\n")
    assert [*client.builder.options(request)][-2:] == ["--ignorefile", str(ignores)]
    assert client.title() == "podman 4.3.1 (buildah)"


@pytest.mark.parametrize(
    ("line", "step"),
    [
        ("#5 [1/4] FROM docker.io/library/golang:1.22@sha256:0a", "[1/4] FROM docker.io/library/golang:1.22@sha256:0a"),
        ("#12 [build 3/4] COPY . .", "[build 3/4] COPY . ."),
        ("#12 [linux/amd64 build 3/4] RUN go build", "[linux/amd64 build 3/4] RUN go build"),
        ("#7 [auth 2/3] RUN go build", "[auth 2/3] RUN go build"),
        ("#7 [internal-api 2/3] RUN go build", "[internal-api 2/3] RUN go build"),
        ("#1 [internal] load build definition from Dockerfile", None),
        ("#4 [auth] library/golang:pull token for registry", None),
        ("#8 0.345 #9 [3/4] RUN x", None),
        ("#8 DONE 1.2s", None),
        ("#8 CACHED", None),
        ("#9 exporting to image", None),
        ("STEP 2/5: COPY . .", "[2/5] COPY . ."),
        ("[1/2] STEP 4/4: RUN go build -o /g", "[4/4] RUN go build -o /g"),
        ("[2/2] COMMIT result:1", None),
        ("--> 445db4f8e8d", None),
        ("Step 3/8 : COPY f /f", "[3/8] COPY f /f"),
        (" ---> 9cf137e98abf", None),
        ("Removing intermediate container a8d9887a80b2", None),
        ("Sending build context to Docker daemon  3.072kB", None),
        ("", None),
    ],
)
def test_a_line_of_a_log_announces_a_step(line: str, step: str | None) -> None:
    assert step_of(line) == step


LOG = """\
Sending build context to Docker daemon  3.072kB
Step 1/8 : FROM golang:1.22 AS build
1.22: Pulling from library/golang
Status: Downloaded newer image for golang:1.22
 ---> 000000000001
Step 2/8 : ENV A=1
 ---> Running in c00000000001
Removing intermediate container c00000000001
 ---> 000000000002
Step 3/8 : COPY f /f
 ---> Using cache
 ---> 000000000003
Step 4/8 : RUN make
 ---> Running in c00000000002
 ---> 0000000000aa
 ---> Running in c000000000bb
 ---> 0000000000012 and more
 ---> Removed intermediate container c00000000002
 ---> 000000000004
Step 5/8 : FROM scratch
 --->\x20
Step 6/8 : COPY --from=build /g /g
 ---> 000000000005
Successfully built 000000000005
"""


def test_what_the_classic_builder_leaves_is_what_was_not_there_and_is_no_base_image() -> None:
    made: list[tuple[str, str]] = []
    # a program that is run there says what it likes: what belongs to others is safe from it
    leftovers = Leftovers({"0000000000aa", "c000000000bb"}, lambda kind, id_: made.append((kind, id_)))
    for line in LOG.splitlines():
        leftovers.see(line)
    assert made == [
        ("container", "c00000000001"),
        ("image", "000000000002"),
        ("container", "c00000000002"),
        ("image", "000000000004"),
        ("image", "000000000005"),
    ]


# One build


def built(folder: Path, script: str, seconds: float = 30) -> tuple[Built | BuildFailed, list[str], list[str]]:
    """Build by a client whose `build` is this script; also return its log, and the kinds of what was made."""
    program = stand_in(folder, "docker", f'case "$1" in build) {script} ;; version) echo 28.1.0 ;; *) exit 1 ;; esac')
    told: list[str] = []
    kinds: list[str] = []
    client = Client(str(program), PODMAN)
    result = client.build(REQUEST, seconds=seconds, tell=told.append, made=lambda kind, _: kinds.append(kind))
    return result, told, kinds


def test_a_build_tells_its_log_line_by_line_and_its_process_until_that_has_ended(tmp_path: Path) -> None:
    result, told, kinds = built(tmp_path, "echo one; echo two >&2")
    assert isinstance(result, Built)
    assert (told, kinds) == (["one", "two"], ["process", "ended"])


@pytest.mark.parametrize(
    ("log", "why"),
    [
        ('Error: building at STEP "RUN false": exit status 1', 'Error: building at STEP "RUN false": exit status 1'),
        ("The command '/bin/sh -c false' returned a non-zero code: 1\n---\n\n", "returned a non-zero code: 1"),
        ("ERROR: failed to solve: exit code: 1\n\nView build details: docker-desktop://x", "ERROR: failed to solve"),
        ("", "the build failed without a word"),
    ],
)
def test_a_build_that_fails_says_why(tmp_path: Path, log: str, why: str) -> None:
    (tmp_path / "log").write_text(log)
    result, told, _ = built(tmp_path, f"cat '{tmp_path}/log'; exit 3")
    assert isinstance(result, BuildFailed)
    assert why in result.why
    assert result.log == tuple(told)
    assert not result.timed_out


def test_a_build_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    result, _, kinds = built(tmp_path, "echo begun; exec sleep 60", seconds=0.3)
    assert isinstance(result, BuildFailed)
    assert result.timed_out
    assert kinds == ["process", "ended"]


def test_a_build_that_fails_by_the_engine_says_nothing_of_the_dockerfile(tmp_path: Path) -> None:
    with pytest.raises(EngineFailed, match="failed during a build: unexpected EOF"):
        built(tmp_path, "echo 'unexpected EOF' >&2; exit 1")


@pytest.mark.parametrize("failures", [2, 3])
def test_a_build_that_lost_an_image_to_another_run_is_tried_again(tmp_path: Path, failures: int) -> None:
    lost = f"echo 'unable to find image \"sha256:{'0a' * 32}\"'; exit 1"
    counting = f"echo . >> '{tmp_path}/tries'; [ $(wc -l < '{tmp_path}/tries') -gt {failures} ] || {{ {lost}; }}"
    result, told, _ = built(tmp_path, counting)
    assert isinstance(result, Built if failures == 2 else BuildFailed)
    assert len(told) == failures


# One container

START = Start("sha256:a1", "scratchify-0-original", ("a=b",), "net")


def test_a_container_is_started_with_its_labels_and_no_log_of_the_engines() -> None:
    words = ["--name", "scratchify-0-original", "--network", "net", "--log-driver", "none", "--label", "a=b"]
    assert START.words == [*words, "sha256:a1"]


def test_what_is_for_the_program_stands_behind_the_image_and_the_rest_before_it() -> None:
    start = Start(
        "sha256:a1",
        "name",
        (),
        "net",
        entrypoint="",
        arguments=("--name", "x"),
        environment=("A=1", "B="),
        hostname="host",
        user="0",
        memory=1024,
        processes=8,
    )
    before, _, behind = " ".join(start.words).partition(" sha256:a1 ")
    assert behind == "--name x"
    assert before.endswith(
        " --env A=1 --env B= --hostname host --user 0 --memory 1024 --memory-swap 1024 --pids-limit 8 --entrypoint "
    )


def exporting(folder: Path, padding: int, status: int) -> Client:
    """Return a client that exports one file, fills the archive up, and ends so."""
    with tarfile.open(folder / "tar", mode="w") as tar:
        tar.addfile(tarfile.TarInfo("app"))
    with (folder / "tar").open("ab") as archive:
        archive.write(bytes(padding))
    script = f"""\
echo "$1 $2" >> '{folder}/asked'
case "$1" in export) cat '{folder}/tar'; echo "no daemon" >&2; exit {status} ;; esac"""
    return Client(str(stand_in(folder, "docker", script)), DOCKER)


def exported(folder: Path, padding: int, status: int) -> list[str]:
    try:
        with exporting(folder, padding, status).exported("image", "name", ()) as stream:
            return [*read_listing(stream, "/app").entries]
    finally:
        assert (folder / "asked").read_text().split("\n")[:3] == ["create --name", "export name", "rm --force"]


@pytest.mark.parametrize("padding", [0, 4 * 1024 * 1024])
def test_an_image_is_exported_by_a_container_that_is_removed(tmp_path: Path, padding: int) -> None:
    assert exported(tmp_path, padding, 0) == ["app"]


def test_an_export_that_ends_badly_is_the_engines_failure(tmp_path: Path) -> None:
    with pytest.raises(EngineFailed, match="no daemon"):
        exported(tmp_path, 0, 1)


# What a trial leaves behind

LISTED = """\
echo "$*" >> '{log}'
echo "$PPID" >> '{log}.callers'
case "$*" in
--version) echo Docker version 28.2.2 ;;
version*) echo 28.1.0 ;;
ps*) echo c2; echo c1; echo c2 ;;
network\\ ls*) echo n1 ;;
images*) echo named; echo i1 ;;
inspect*named) echo '["base:1"]' ;;
inspect*) echo '[]' ;;
esac"""
CONTAINERS, NETWORKS, IMAGES = "rm --force --volumes c2 c1", "network rm n1", "rmi named i1"


@pytest.fixture
def client(tmp_path: Path) -> Client:
    """A client of Docker's that writes down what it is asked, and has a few things with every label."""
    return Client(str(stand_in(tmp_path, "docker", LISTED.format(log=tmp_path / "log"))), DOCKER)


def removed(folder: Path) -> list[str]:
    log = folder / "log"
    asked = log.read_text().splitlines() if log.exists() else []
    return [line for line in asked if line.startswith(("rm", "network rm"))]


def end_watchdog(trial: Trial) -> None:
    """End the other process, which after some troubles stays for a while."""
    if trial._watchdog:
        trial._watchdog.kill()
        trial._watchdog.wait()


def test_everything_with_the_label_is_removed_at_the_end(tmp_path: Path, client: Client) -> None:
    with Trial(client) as trial:
        assert removed(tmp_path) == []
    assert removed(tmp_path) == [CONTAINERS, NETWORKS, IMAGES]
    asked = (tmp_path / "log").read_text().splitlines()
    assert f"ps --all --quiet --filter label={LABEL}={trial.name}" in asked
    assert f"images --all --quiet --filter label={LABEL}={trial.name}" in asked


def test_each_trial_has_names_of_its_own(client: Client) -> None:
    one, other = Trial(client), Trial(client)
    assert one.labels == (f"{LABEL}={one.name}",)
    assert {one.name, one.image_name("x"), one.container_name("x")}.isdisjoint(
        {other.name, other.image_name("x"), other.container_name("x")}
    )


@pytest.mark.parametrize("error", [KeyboardInterrupt, EngineFailed])
def test_after_an_exception_even_what_should_be_kept_is_removed(
    tmp_path: Path, client: Client, error: type[BaseException]
) -> None:
    trial = Trial(client, keep=True)
    try:
        with pytest.raises(error), trial:
            raise error
        assert removed(tmp_path)[:3] == [CONTAINERS, NETWORKS, IMAGES]
    finally:
        end_watchdog(trial)


def test_with_keep_only_images_with_names_stay(tmp_path: Path, client: Client) -> None:
    with Trial(client, keep=True) as trial:
        trial.made("image", "between")
        trial.made("container", "step")
    assert removed(tmp_path) == [CONTAINERS, "rm --force --volumes step", NETWORKS, "rmi i1", "rmi between"]


def test_what_has_no_label_goes_the_last_one_first(tmp_path: Path, client: Client) -> None:
    with Trial(client) as trial:
        for id_ in ("first", "second", "named"):
            trial.made("image", id_)
    # what has got a name by now is somebody's
    assert removed(tmp_path) == [CONTAINERS, NETWORKS, IMAGES, "rmi second", "rmi first"]


@pytest.mark.parametrize(("command", "error"), [(["true"], EngineFailed), (["false"], subprocess.CalledProcessError)])
def test_an_engine_that_is_gone_at_the_end_is_told_but_covers_no_other_trouble(
    tmp_path: Path, command: list[str], error: type[Exception]
) -> None:
    trial = Trial(Client(str(tmp_path / "gone"), DOCKER))
    try:
        with pytest.raises(error), trial:
            subprocess.run(command, check=True)
        # the watchdog waits for the engine to come back
        assert trial._watchdog
        assert trial._watchdog.poll() is None
    finally:
        end_watchdog(trial)


KILLED = """\
import os, signal, sys
from scratchify.engine.client import Client
from scratchify.engine.docker import DOCKER
from scratchify.engine.trial import Trial
with Trial(Client(sys.argv[1], DOCKER), keep=True) as trial:
    trial.made("image", "between")
    trial.made("folder", os.getcwd() + "/dockerfiles")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_trial_that_is_killed_leaves_nothing(tmp_path: Path, client: Client) -> None:
    """And the modules of the folder that it works in are not Python's: such a folder may be anybody's."""
    (tmp_path / "here" / "dockerfiles").mkdir(parents=True)
    (tmp_path / "here" / "dockerfiles" / "Dockerfile").touch()
    (tmp_path / "here" / "json.py").write_text(f"open('{tmp_path}/was-run', 'w')\n")
    done = subprocess.run(
        [sys.executable, "-P", "-c", KILLED, client.program], cwd=tmp_path / "here", stderr=subprocess.PIPE, check=False
    )
    assert (done.returncode, done.stderr) == (-signal.SIGKILL, b"")
    wanted = [CONTAINERS, NETWORKS, IMAGES, "rmi between"]
    assert wait_for(lambda: removed(tmp_path)[:4] == wanted, 20), removed(tmp_path)
    assert not (tmp_path / "here" / "dockerfiles").exists()
    # the watchdog would look twice more for what comes late
    os.kill(int((tmp_path / "log.callers").read_text().split()[-1]), signal.SIGKILL)
    assert not (tmp_path / "was-run").exists()


def test_of_a_dead_run_a_build_is_ended_but_not_who_has_its_id_now(tmp_path: Path, client: Client) -> None:
    command = [sys.executable, "-m", "scratchify.engine.watchdog", client.program, "run"]
    with (
        subprocess.Popen(["sleep", "60"]) as build,
        subprocess.Popen(["sleep", "60"]) as stranger,
        subprocess.Popen(command, stdin=subprocess.PIPE, text=True) as watchdog,
    ):
        assert watchdog.stdin
        watchdog.stdin.write(f"process {stranger.pid}\nended {stranger.pid}\nprocess {build.pid}\n")
        watchdog.stdin.close()
        assert build.wait(20) == -signal.SIGTERM
        assert wait_for(lambda: IMAGES in removed(tmp_path), 20)
        assert stranger.poll() is None
        stranger.kill()
        watchdog.kill()


def test_of_a_run_that_is_done_nothing_is_left_to_do(tmp_path: Path, client: Client) -> None:
    command = [sys.executable, "-m", "scratchify.engine.watchdog", client.program, "run"]
    subprocess.run(command, input=b"process 1\ndone\n", timeout=30, check=True)
    assert not (tmp_path / "log").exists()
