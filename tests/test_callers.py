"""Who runs an image is found in every file that may say so, and told from who runs another."""

from collections.abc import Mapping
from posixpath import dirname

import pytest

from scratchify.analysis.callers import Caller, callers
from scratchify.outcome import Rewritten
from scratchify.repository import MemoryRepository
from tests.deciding import HEAD, MODULE, PROGRAM, RUNS, outcome_of, reasons, rewritten

DOCKERFILE = {"Dockerfile": "FROM golang:1.22\n"}
BUILT = {"Makefile": "image:\n\tdocker build -t acme/clock .\n"}


def found(files: Mapping[str, str], names: str = "clock", dockerfile: str = "Dockerfile") -> tuple[Caller, ...]:
    repository = MemoryRepository({**DOCKERFILE, **files})
    return callers(repository, dockerfile, dirname(dockerfile), frozenset(names.split())).uses


def command_of(files: Mapping[str, str], names: str = "clock") -> tuple[str | None, ...]:
    """Return the words that stand in for CMD, () where nothing does."""
    said = [one.use.command.words for one in found(files, names) if one.use.command and not one.use.entrypoint]
    return said[0] if said else ()


def entrypoint_of(files: Mapping[str, str]) -> tuple[str | None, ...]:
    said = [one.use.entrypoint.words for one in found(files) if one.use.entrypoint]
    return said[0] if said else ()


def beside(files: Mapping[str, str]) -> list[tuple[tuple[str | None, ...], bool, int]]:
    return [(said.words, said.needs_shell, said.line) for one in found(files) for said in one.use.beside]


# ---- command lines of docker


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("docker run acme/clock serve -p 80", ("serve", "-p", "80")),
        ("docker run --rm -it -p 80:80 -e A=b --network=host acme/clock:1.2 serve", ("serve",)),
        ("docker run -itp80:80 acme/clock serve", ("serve",)),
        ("sudo docker --context x container run -d --name c registry.example:5000/acme/clock@sha256:0 a", ("a",)),
        ("podman run --read-only clock a", ("a",)),
        ('docker run "$REGISTRY/clock:$TAG" a "$B"', ("a", None)),
        ("NAME=clock\ndocker run $NAME a", ("a",)),
        ("docker run ${NAME:-clock} a", ("a",)),
        ("if true; then docker run clock a; fi", ("a",)),
        ("ID=$(docker run -d clock a)", ("a",)),
        ("run() {\n  docker run clock a\n}\n", ("a",)),
    ],
)
def test_words_behind_the_image_stand_in_for_its_command(text: str, words: tuple[str | None, ...]) -> None:
    assert command_of({**BUILT, "run.sh": text}) == words


@pytest.mark.parametrize(
    "text",
    [
        "docker run acme/clock",
        "docker run clock-2 a",
        "docker run clock/other a",
        "docker run $IMAGE a",
        "docker push acme/clock a",
        "echo docker run clock a",
        "NAME=clock\nNAME=other\ndocker run $NAME a",
        "# docker run clock a",
    ],
)
def test_what_is_no_run_of_this_image_says_nothing(text: str) -> None:
    assert command_of({**BUILT, "run.sh": text}) == ()


def test_an_entrypoint_comes_with_the_words_behind_the_image() -> None:
    files = {**BUILT, "run.sh": "docker run --rm --entrypoint sh acme/clock -c 'ls'\n"}
    assert entrypoint_of(files) == ("sh", "-c", "ls")


def test_what_is_executed_in_a_container_is_told_by_the_name_that_it_was_given() -> None:
    run = "docker run -d --name wall acme/clock\n\ndocker exec -it wall sh -c date\ndocker exec other bash\n"
    assert beside({**BUILT, "run.sh": run}) == [(("sh", "-c", "date"), False, 3)]


def test_compose_executes_and_runs_by_the_name_of_a_service() -> None:
    compose = "services:\n  clock:\n    build: .\n  db:\n    image: postgres\n"
    makefile = (
        "shell:\n\tdocker compose exec -T clock bash\n\nonce:\n\tdocker-compose -f a.yml run --rm clock migrate\n"
    )
    files = {"compose.yaml": compose, "Makefile": makefile + "\tdocker compose exec db psql\n"}
    assert beside(files) == [(("bash",), False, 2)]
    assert command_of(files) == ("migrate",)


# ---- makefiles


@pytest.mark.parametrize(
    "makefile",
    [
        "NAME := clock\n\nrun: build\n\t@docker run --rm $(NAME) a\n",
        "NAME ?= acme/clock\nTAG = $(shell git describe)\nrun:\n\t-docker run $(NAME):$(TAG) a\n",
        "run:\n\tdocker run \\\n\t  -p 80:80 \\\n\t  clock a\n",
        "run:\n\tdocker run $(REGISTRY)/clock a\n",
    ],
)
def test_recipes_are_read_with_their_variables(makefile: str) -> None:
    assert command_of({"run.mk": "x:\n\tdocker build -t clock .\n", "Makefile": makefile}) == ("a",)


def test_a_variable_that_nobody_sets_is_not_empty() -> None:
    assert command_of({**BUILT, "x.mk": "run:\n\tdocker run $(OPTIONS) $(IMAGE) clock\n"}) == ()


def test_rules_before_what_cannot_be_read_count() -> None:
    makefile = "run:\n\tdocker run clock a\n\nwhat is this\n"
    assert command_of({**BUILT, "x.mk": makefile}) == ("a",)


# ---- names


def test_without_a_build_the_image_may_be_called_like_its_program() -> None:
    assert command_of({"run.sh": "docker run registry.example/clock a\n"}) == ("a",)
    assert command_of({"run.sh": "docker run registry.example/clock a\n"}, names="other") == ()


def test_a_name_is_guessed_only_where_no_other_dockerfile_is_closer() -> None:
    others = {"tools/Dockerfile": "FROM alpine\n", "tools/run.sh": "docker run clock a\n"}
    assert command_of(others) == ()
    assert command_of({**others, "deploy/run.sh": "docker run clock b\n"}) == ("b",)


def test_of_several_dockerfiles_in_a_folder_the_plain_one_has_the_program_s_name_and_others_their_own() -> None:
    files = {"worker.Dockerfile": "FROM golang:1.22\n", "run.sh": "docker run clock a\ndocker run worker b\n"}
    assert command_of(files) == ("a",)
    said = [one.use.command for one in found(files, "clock worker", "worker.Dockerfile")]
    assert [one.words for one in said if one] == [("b",)]


def test_a_name_that_another_dockerfile_has_is_not_this_ones() -> None:
    makefile = "all:\n\tdocker build -t a/clock .\n\tdocker build -t b/clock -f b/Dockerfile b\n"
    files = {"Makefile": makefile, "b/Dockerfile": "FROM golang:1.22\n", "run.sh": "docker run b/clock x\n"}
    assert command_of(files) == ()
    assert found(files, dockerfile="b/Dockerfile")[0].path == "../run.sh"


@pytest.mark.parametrize(
    "files",
    [
        {"compose.yaml": "services:\n  a:\n    build: .\n    image: acme/wall:1\n"},
        {"compose.yaml": "services:\n  a:\n    build: {context: .}\n    image: ${HUB:-acme}/wall:${TAG}\n"},
        {"ci/build.sh": "cd ..\ndocker build --pull -t x/wall:$TAG -f ./Dockerfile .\n"},
        {"build.sh": "docker buildx build --platform linux/amd64 --push --tag x/wall .\n"},
        {"skaffold.yaml": "apiVersion: skaffold/v4beta11\nbuild:\n  artifacts:\n  - image: x/wall\n"},
        {"Tiltfile": "docker_build('x/wall', '.', dockerfile='Dockerfile')\n"},
        {
            ".github/workflows/a.yml": "env:\n  IMAGE: acme/wall\njobs:\n  a:\n    steps:\n"
            "    - uses: docker/build-push-action@v6\n"
            "      with:\n        tags: |\n          ghcr.example/${{ env.IMAGE }}:latest\n"
        },
        {".gitlab-ci.yml": "a:\n  script:\n    - docker build -t $CI_REGISTRY/wall .\n"},
        {"cloudbuild.yaml": "steps:\n- name: gcr.example/builders/docker\n  args: [build, -t, x/wall, .]\n"},
    ],
    ids=lambda files: next(iter(files)),
)
def test_whoever_builds_an_image_names_it(files: dict[str, str]) -> None:
    assert command_of({**files, "run.sh": "docker run wall a\n"}, names="") == ("a",)


# ---- Kubernetes, Helm, CI

POD = """\
apiVersion: v1
kind: Pod
spec:
  containers:
    - name: main
      image: registry.example/clock:1.2
"""


def test_args_stand_in_for_cmd_and_command_for_the_entrypoint() -> None:
    assert command_of({"deploy/a.yaml": POD + "      args: [serve, $(PORT)]\n"}) == ("serve", None)
    files = {"deploy/a.yaml": "kind: Namespace\n---\n" + POD + "      command: [/app/clock]\n      args: [serve]\n"}
    assert entrypoint_of(files) == ("/app/clock", "serve")
    assert command_of(files) == ()


def test_probes_and_hooks_run_in_the_container() -> None:
    more = """\
      livenessProbe:
        exec:
          command: [cat, /tmp/healthy]
      readinessProbe:
        httpGet: {path: /, port: 80}
      lifecycle:
        preStop:
          exec:
            command: ["/bin/sh", "-c", "sleep 5"]
"""
    assert beside({"deploy/a.yaml": POD + more}) == [
        (("cat", "/tmp/healthy"), False, 9),
        (("/bin/sh", "-c", "sleep 5"), False, 15),
    ]


CHART = {"chart/Chart.yaml": "name: clock\n", "chart/values.yaml": "image:\n  repository: acme/clock\nargs: [a, b]\n"}


def test_the_values_of_a_chart_are_those_of_its_templates() -> None:
    template = """\
spec:
  containers:
    - name: {{ .Chart.Name }}
      image: "{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}"
      {{- with .Values.args }}
      args:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      command: ["/app/{{ .Release.Name }}", run]
      resources:
        {{- toYaml .Values.resources | nindent 8 }}
"""
    files = {**CHART, "chart/values.yaml": "image:\n  repository: acme/clock\n"}
    assert entrypoint_of({**files, "chart/templates/a.yaml": template}) == (None, "run")
    template = template.replace("toYaml .", "toYaml .Values.args").replace("\n      command: [", "\n      x: [")
    assert command_of({**CHART, "chart/templates/a.yaml": template}) == ("a", "b")


def test_values_that_hold_a_container_of_their_own_count() -> None:
    values = "server:\n  image:\n    registry: x\n    repository: acme/clock\n  args:\n    - a\n"
    assert command_of({**CHART, "chart/values.yaml": values}) == ("a",)


@pytest.mark.parametrize(
    "files",
    [
        {".gitlab-ci.yml": "test:\n  image: acme/clock\n  script:\n    - make test\n"},
        {".github/workflows/a.yml": "jobs:\n  a:\n    container: acme/clock:1\n    steps:\n    - run: make\n"},
        {"task.yaml": "spec:\n  steps:\n  - image: acme/clock\n    script: |\n      make\n"},
        {".devcontainer/devcontainer.json": '{\n// here\n"build": {"dockerfile": "../Dockerfile",},\n}\n'},
        {".devcontainer.json": '{"image": "clock"}'},
        {"Tiltfile": "docker_build('clock', '.', live_update=[sync('.', '/app')])\n"},
        {"skaffold.yaml": "apiVersion: skaffold/v2\nbuild: {artifacts: [{image: clock, sync: {infer: ['*']}}]}\n"},
        {"tools/Dockerfile": "FROM acme/clock:1\nRUN go vet\n"},
    ],
    ids=lambda files: next(iter(files)),
)
def test_what_works_inside_of_the_image_is_said(files: dict[str, str]) -> None:
    assert any(one.use.develops for one in found({**BUILT, **files}))


def test_an_action_of_github_gives_arguments() -> None:
    action = "runs:\n  using: docker\n  image: Dockerfile\n  args:\n    - run\n    - ${{ inputs.what }}\n"
    assert command_of({"action.yml": action}) == ("run", None)


# ---- what follows

OTHER = 'CMD ["./app", "serve"]\n'


COMPOSE = "services:\n  app:\n    build: .\n    {}\n"


def test_whoever_replaces_the_command_keeps_it_a_command() -> None:
    files = {**PROGRAM, "run.sh": "docker build -t wall . && docker run wall ./app migrate\n"}
    outcome = outcome_of(HEAD + OTHER, files)
    assert isinstance(outcome, Rewritten)
    assert (outcome.final_stage.entrypoint, outcome.final_stage.cmd) == (None, ("/app/app", "serve"))


@pytest.mark.parametrize(
    ("text", "base"),
    [
        ("docker run clock\n", "scratch"),
        ("docker run --name one clock; docker exec -it one sh\n", "alpine:3.22"),
        ("docker run --name one clock; docker exec one bash\n", "debian:bookworm-slim"),
        ("docker run --name one clock; docker exec other bash\n", "scratch"),
        ("docker run --entrypoint /app/app clock x\n", "scratch"),
    ],
)
def test_the_base_has_what_callers_run(text: str, base: str) -> None:
    files = {**PROGRAM, "run.sh": f"docker build -t clock .\n{text}"}
    assert f"\nFROM {base}\n" in rewritten(HEAD + RUNS, files)


@pytest.mark.parametrize("volume", [".:/app", "./:/app:ro", "{type: bind, source: ., target: /app}", "$PWD:/app/"])
def test_files_of_the_host_over_the_binary_are_refused(volume: str) -> None:
    files = {**PROGRAM, "compose.yaml": COMPOSE.format(f"volumes: [{volume if '{' in volume else repr(volume)}]")}
    line, why = reasons(HEAD + RUNS, files)["callers"]
    assert (line, "lays files of the host over /app" in why) == (4, True)


@pytest.mark.parametrize("volume", ["data:/app", "/app", ".:/srv", "./conf:/app/conf", "./x:/application"])
def test_other_volumes_are_none_of_its_business(volume: str) -> None:
    assert rewritten(HEAD + RUNS, {**PROGRAM, "compose.yaml": COMPOSE.format(f"volumes: ['{volume}']")})


def test_an_override_file_says_more_of_the_same_service() -> None:
    override = "services:\n  app:\n    volumes: ['.:/app']\n    command: go run .\n"
    files = {**PROGRAM, "compose.yaml": COMPOSE.format("ports: ['80:80']"), "compose.override.yaml": override}
    assert "runs go run ." in reasons(HEAD + OTHER, files)["callers"][1]


@pytest.mark.parametrize(
    "said",
    [
        "environment: {LIST: names.txt}",
        "environment: ['LIST=/app/names.txt']",
        "env_file: app.env",
        "command: -l=names.txt",
    ],
)
def test_a_file_that_a_caller_names_is_carried(said: str) -> None:
    main = 'package main\n\nimport "os"\n\nfunc main() { os.ReadFile("x" + os.Getenv("LIST")) }\n'
    files = {**MODULE, "main.go": main, "names.txt": "a\n", "app.env": "# x\nLIST='names.txt'\n"}
    outcome = outcome_of(HEAD + RUNS, {**files, "compose.yaml": COMPOSE.format(said)})
    assert isinstance(outcome, Rewritten)
    because = [one.because for one in outcome.decisions if one.because.path and one.because.path.name == "compose.yaml"]
    assert [one.line for one in because] == [4]
    assert "/app/names.txt" in outcome.text


def test_a_user_is_a_number_or_the_images_own() -> None:
    for user, is_refused in (("nobody", True), ("1000:1000", False), ("root", False)):
        files = {**PROGRAM, "compose.yaml": COMPOSE.format(f'user: "{user}"')}
        if is_refused:
            assert reasons(HEAD + RUNS, files)["callers"][0] == 4
        else:
            assert rewritten(HEAD + RUNS, files)


def test_a_file_that_another_image_copies_out_has_to_be_there() -> None:
    makefile = "x:\n\tdocker build -t clock .\n"
    for path, is_there in (("/app/app", True), ("/app/go.mod", False)):
        other = f"FROM alpine\nCOPY --from=clock {path} /usr/bin/\n"
        files = {**PROGRAM, "Makefile": makefile, "other/Dockerfile": other}
        if is_there:
            assert rewritten(HEAD + RUNS, files)
        else:
            assert reasons(HEAD + RUNS, files)["callers"][0] == 2


def test_arguments_that_a_shell_left_out_stay_left_out() -> None:
    files = {**PROGRAM, "run.sh": "docker build -t clock .\ndocker run clock --verbose\n"}
    assert reasons(HEAD + "ENTRYPOINT /app/app serve\n", files)["callers"][0] == 2


def test_files_of_the_host_over_what_go_run_compiles_are_refused() -> None:
    files = {**PROGRAM, "compose.yaml": COMPOSE.format("volumes: ['.:/app']")}
    dockerfile = 'FROM golang:1.22\nWORKDIR /app\nCOPY . .\nCMD ["go", "run", "main.go"]\n'
    assert "go run compiles" in reasons(dockerfile, files)["callers"][1]
