"""Texts and scripts that start a program: what of them ENV, WORKDIR and exec form say as well."""

import json

import pytest

from scratchify.decisions import Assume
from scratchify.outcome import Rewritten, Unchanged
from tests.deciding import HEAD, PROGRAM, final_stage, outcome_of, reasons

SHEBANG = "#!/bin/sh\n"
ENTRY = 'ENTRYPOINT ["/app/run.sh"]'


def started(said: str, script: str = "", name: str = "run.sh") -> list[str]:
    """Return what the final stage says of variables and command, and of the folder where it is not /app."""
    lines = final_stage(f"{HEAD}{said}\n", {**PROGRAM, name: script} if script else PROGRAM)
    return [
        line for line in lines if line.startswith(("ENV", "WORKDIR", "ENTRYPOINT", "CMD")) and line != "WORKDIR /app"
    ]


def hindered(said: str, script: str = "") -> tuple[int, str]:
    return reasons(f"{HEAD}{said}\n", {**PROGRAM, "run.sh": script} if script else PROGRAM)["exec-form-entrypoint"]


def remarks(said: str, script: str) -> list[tuple[str, int, str]]:
    outcome = outcome_of(f"{HEAD}{said}\n", {**PROGRAM, "run.sh": script})
    assert isinstance(outcome, Rewritten), outcome
    because = [one.because for one in outcome.decisions if isinstance(one, Assume) and one.rule == "command-settings"]
    return [(str(one.path), one.line, one.message) for one in because]


def app(*words: str) -> str:
    return f"ENTRYPOINT {json.dumps(['/app/app', *words])}"


@pytest.mark.parametrize(
    ("script", "lines"),
    [
        ("exec ./app\n", [app()]),
        ("exec ./app # it never ends\n", [app()]),
        ("./app\n", [app()]),
        ("./app; exit $?\n", [app()]),
        ("exec ./app\necho it never comes here\n", [app()]),
        ("true; : ; exec ./app\n", [app()]),
        ("set -e -u\nset -o errexit\nset +x\nexec ./app\n", [app()]),
        ("wait_for() { nc -z db 5432; }\nexec ./app\n", [app()]),
        ('exec ./app -v "two words" \'$PORT\' a\\ b ""\n', [app("-v", "two words", "$PORT", "a b", "")]),
        ('OPTS="-v  -x"\nexec ./app $OPTS "$OPTS"\n', [app("-v", "-x", "-v  -x")]),
        ("OPTS=\nexec ./app $OPTS\n", [app()]),
        ("NAME=app\nexec ./$NAME --name=$NAME\n", [app("--name=app")]),
        ("MODE=prod\nexec ./app\n", [app()]),
        ("MODE=$HOSTNAME\nexec ./app\n", [app()]),
        ("export MODE=prod\nexec ./app\n", ["ENV MODE=prod", app()]),
        ("MODE=dev; export MODE; MODE=prod\nexec ./app\n", ["ENV MODE=prod", app()]),
        ("A=1 B=$A$A ./app\n", ["ENV A=1", "ENV B=11", app()]),
        ("A=1\nexport B=$A$A\nexec ./app\n", ["ENV B=11", app()]),
        ("export A='x \"y\" $z \\ q'\nexec ./app\n", ['ENV A="x \\"y\\" \\$z \\\\ q"', app()]),
        ("export A=\nexec ./app\n", ['ENV A=""', app()]),
        ("export GODEBUG=netdns=go\nexec ./app\n", ["ENV GODEBUG=netdns=go", app()]),
        ("export A=${A:-1}\nexec ./app\n", ["ENV A=1", app()]),
        ('export A="${A:-:80}" B=${B-x}\nexec ./app\n', ["ENV A=:80", "ENV B=x", app()]),
        (': "${A:=1}" ${B=2}\nexport A B\nexec ./app\n', ["ENV A=1", "ENV B=2", app()]),
        (': "${A:=1}"\nexec ./app\n', [app()]),
        ('if [ -z "$A" ]; then\n  A=1\nfi\nexport A\nexec ./app\n', ["ENV A=1", app()]),
        ('if [[ -z "${A:-}" ]]; then export A=1; fi\nexec ./app\n', ["ENV A=1", app()]),
        ('[ -z "$A" ] && A=1\n[ -n "$B" ] || B=2\ntest "x$C" = x && C=3\nexport A B C\n./app\n',
         ["ENV A=1", "ENV B=2", "ENV C=3", app()]),
        ('A=; [ -z "$A" ] && A=1\nexec ./app $A\n', [app("1")]),
        ("cd sub\nexec ../app\n", ["WORKDIR /app/sub", app()]),
        ("cd /app/sub && cd .. && exec ./app\n", [app()]),
        ("cd sub || exit 1\nexec ../app\n", ["WORKDIR /app/sub", app()]),
        ('cd "$(dirname "$0")"\nexec ./app\n', [app()]),
        ('exec sh -c "exec ./app -v"\n', [app("-v")]),
        ("exec env MODE=prod ./app\n", ["ENV MODE=prod", app()]),
    ],
)  # fmt: skip
def test_a_script_that_sets_things_and_starts_a_program_is_that_program(script: str, lines: list[str]) -> None:
    files = {**PROGRAM, "run.sh": SHEBANG + script, "sub/.keep": ""}
    found = final_stage(f"{HEAD}{ENTRY}\n", files)
    said = [line for line in found if line.startswith(("ENV", "WORKDIR", "ENTRYPOINT", "CMD"))]
    assert [line for line in said if line != "WORKDIR /app"] == lines


@pytest.mark.parametrize(
    ("script", "line", "words"),
    [
        ("sed -i s/a/b/ conf\nexec ./app\n", 2, "sed runs before the program"),
        ("echo starting\nexec ./app\n", 2, "echo runs before the program"),
        ("set -ex\nexec ./app\n", 2, "set -x prints"),
        ("set -- ./app -v\nexec \"$@\"\n", 2, "changes the arguments"),
        ("umask 022\nexec ./app\n", 2, "umask"),
        ("trap 'echo bye' TERM\n./app\n", 2, "trap"),
        ("ulimit -n 4096\nexec ./app\n", 2, "ulimit"),
        ("unset A\nexec ./app\n", 2, "takes variables away"),
        (". ./settings\nexec ./app\n", 2, "another script"),
        ("shift\nexec ./app \"$@\"\n", 2, "changes the arguments"),
        ("export PATH=/x:$PATH\nexec ./app\n", 2, "use ENV PATH"),
        ("IFS=,\nexec ./app\n", 2, "IFS"),
        ("export A=$(date)\nexec ./app\n", 2, "$(date)"),
        ("A=$(date)\nexec ./app\n", 2, "$(date)"),
        ("export A=$B\nexec ./app\n", 2, "only a shell expands $B"),
        ("A=$B\nexec ./app -a $A\n", 3, "only a shell expands $A"),
        ("A=${A:-1}\nexec ./app $A\n", 3, "its default is 1"),
        ("export A=${B:-1}\nexec ./app\n", 2, "${B:-1}"),
        (': "${A:?must be set}"\nexec ./app\n', 2, "nobody sets A"),
        ("set -u\nif [ -z \"$A\" ]; then A=1; fi\nexec ./app\n", 3, "set -u"),
        ("if [ -z \"$A\" ]; then A=1; B=2; fi\nexec ./app\n", 2, "where A is empty"),
        ("if [ -z \"$A\" ]; then A=1; else A=2; fi\nexec ./app\n", 2, "if"),
        ("if [ -f x ]; then A=1; fi\nexec ./app\n", 2, "if"),
        ("[ -f /app/migrate ] && ./migrate\nexec ./app\n", 2, "a test decides"),
        ("case $1 in x) exec ./app;; esac\n", 2, "case"),
        ("cd /nowhere\nexec /app/app\n", 2, "use WORKDIR"),
        ("cd\nexec /app/app\n", 2, "use WORKDIR"),
        ("cd $HOME\nexec /app/app\n", 2, "use WORKDIR"),
        ("./app &\nwait\n", 2, "in the background"),
        ("exec ./app &\nwait\n", 2, "in the background"),
        ("./app\nexit 3\n", 2, "./app runs before"),
        ("./app | logger\n", 2, "a pipe"),
        ("./app || exit 1\n", 2, "||"),
        ("./app 2>&1\n", 2, "has both"),
        ("./app < /dev/null\n", 2, "redirects from"),
        ("exec -a other ./app\n", 2, "exec -a"),
        ("exec > /log\n./app\n", 2, "redirects for what follows"),
        ("run() { ./app; }\nrun\n", 3, "the function run"),
        ("exec ./app *.json\n", 2, "*.json"),
        ("exec ./app ~/x\n", 2, "~/x"),
        ("exec ./app \"$#\"\n", 2, "$#"),
        ("exec ./app \"$1\"\n", 2, "$1"),
        ("exec ./app \"$@\" -v\n", 2, "$@"),
        ("set -e\n", 2, "nothing is started"),
        ("exec sudo ./app\n", 6, "use USER"),
        ("sleep 5 && exec ./app\n", 2, "sleep runs before"),
    ],
)  # fmt: skip
def test_a_script_that_does_more_is_shown_where_it_does(script: str, line: int, words: str) -> None:
    said = f"RUN chmod +x run.sh\n{ENTRY}"
    found = hindered(said, SHEBANG + script)
    assert words in found[1]
    assert found[0] == line


@pytest.mark.parametrize(
    ("said", "script", "lines"),
    [
        # arguments
        (ENTRY, 'exec ./app "$@"\n', [app()]),
        (f'{ENTRY}\nCMD ["-v"]', 'exec ./app "$@"\n', [app(), 'CMD ["-v"]']),
        (f'{ENTRY}\nCMD ["-v"]', 'exec ./app serve "$@"\n', [app("serve"), 'CMD ["-v"]']),
        (f'{ENTRY}\nCMD ["-v"]', "exec ./app serve $@\n", [app("serve"), 'CMD ["-v"]']),
        (f'{ENTRY}\nCMD ["-v"]', "exec ./app serve\n", [app("serve")]),
        ('ENTRYPOINT ["/app/run.sh", "serve"]\nCMD ["-v"]', 'exec ./app "$@"\n', [app("serve"), 'CMD ["-v"]']),
        ('ENTRYPOINT ["/app/run.sh", "serve"]\nCMD ["-v"]', 'exec ./app -m "$1"\n', [app("-m", "serve")]),
        ('CMD ["./run.sh", "a", "b c"]', 'exec ./app "$2" -x "$@" y\n', [app(), 'CMD ["b c", "-x", "a", "b c", "y"]']),
        ('CMD ["./run.sh"]', 'exec ./app "$1" $2\n', [app(), 'CMD [""]']),
        # the command itself
        (f'{ENTRY}\nCMD ["./app", "-v"]', 'exec "$@"\n', [app(), 'CMD ["-v"]']),
        (f"{ENTRY}\nCMD ./app -v", 'exec "$@"\n', [app(), 'CMD ["-v"]']),
        ('ENTRYPOINT ["/app/run.sh", "./app"]\nCMD ["-v"]', 'exec "$@"\n', [app(), 'CMD ["-v"]']),
        # ways to start it
        ("CMD ./run.sh", "exec ./app -v\n", [app(), 'CMD ["-v"]']),
        ("CMD sh run.sh -v", 'exec ./app "$@"\n', [app(), 'CMD ["-v"]']),
        ('CMD ["bash", "-e", "/app/run.sh"]', "exec ./app -v\n", [app(), 'CMD ["-v"]']),
        ('ENTRYPOINT ["tini", "--", "./run.sh"]', 'exec ./app "$@"\n', [app()]),
        ("ENV PATH=/app:$PATH\nENTRYPOINT [\"run.sh\"]", "exec app\n", [app()]),
        # variables of the image
        (f"ENV A=2\n{ENTRY}", "export A=${A:-1}\nexec ./app\n", ["ENV A=2", app()]),
        (f"ENV A=\n{ENTRY}", "export A=${A:-1}\nexec ./app\n", ["ENV A=", "ENV A=1", app()]),
        (f"ENV A=\n{ENTRY}", "export A=${A-1}\nexec ./app\n", ["ENV A=", app()]),
        (f"ENV A=2\n{ENTRY}", "A=1\nexec ./app\n", ["ENV A=2", "ENV A=1", app()]),
        (f"ENV A=2\n{ENTRY}", ': "${A:?must be set}"\nexec ./app\n', ["ENV A=2", app()]),
    ],
)  # fmt: skip
def test_arguments_and_variables_of_the_image_mean_what_they_did(said: str, script: str, lines: list[str]) -> None:
    assert started(said, SHEBANG + script) == lines or started(said, SHEBANG + script) == [
        "ENV PATH=/app:$PATH",
        *lines,
    ]


def test_the_script_is_not_carried_and_its_lines_are_evidence() -> None:
    script = SHEBANG + '\nexport PORT=${PORT:-80}\nexport MODE=prod\nexec ./app "$@"\n'
    lines = final_stage(f"{HEAD}{ENTRY}\n", {**PROGRAM, "run.sh": script})
    assert not [line for line in lines if "run.sh" in line]
    found = remarks(ENTRY, script)
    assert ("run.sh", 3, "docker run -e PORT= now leaves it empty, where 80 took its place") in found
    assert ("run.sh", 4, "docker run -e MODE= now sets MODE, which the command set anyway") in found
    assert ("run.sh", 5) in {one[:2] for one in found}


def test_a_script_that_the_dockerfile_writes_is_read_too() -> None:
    said = 'RUN printf \'#!/bin/sh\\nexec /app/app -v\\n\' > /start.sh\nCMD ["sh", "/start.sh"]'
    assert started(said) == [app(), 'CMD ["-v"]']


@pytest.mark.parametrize(
    ("script", "line", "words"),
    [
        ("exec ./app\n", 1, "no #! line"),
        ("#!/bin/sh -x\nexec ./app\n", 1, "leave the options out"),
        ("#!/usr/bin/python3\nprint(1)\n", 5, "does not compile"),
        ("#!/bin/sh\r\nexec ./app\r\n", 1, "line ends of Windows"),
    ],
)
def test_what_the_kernel_does_not_start_as_a_shell_script_is_refused(script: str, line: int, words: str) -> None:
    found = hindered(ENTRY, script)
    assert words in found[1]
    assert found[0] == line


def test_a_script_that_calls_itself_is_no_endless_task() -> None:
    assert "call each other" in hindered(ENTRY, SHEBANG + 'exec /app/run.sh "$@"\n')[1]


@pytest.mark.parametrize(
    ("said", "lines"),
    [
        ('ENTRYPOINT ["sh", "-c", "exec ./app \\"$@\\"", "--"]\nCMD ["-v"]', [app(), 'CMD ["-v"]']),
        ('ENTRYPOINT ["sh", "-c", "exec ./app \\"$@\\"", "--", "a"]\nCMD ["-v"]', [app("a"), 'CMD ["-v"]']),
        ('ENTRYPOINT ["sh", "-c"]\nCMD ["./app -v"]', [app(), 'CMD ["-v"]']),
        ('ENTRYPOINT ["tini", "-g", "--"]\nCMD ./app -v', [app(), 'CMD ["-v"]']),
        ('ENTRYPOINT ["/tini", "-s", "-e", "143", "-p", "SIGTERM", "./app", "-v"]', [app("-v")]),
        ('ENTRYPOINT ["dumb-init", "--single-child", "./app"]', [app()]),
        ('CMD ["gosu", "root", "./app", "-v"]', [app(), 'CMD ["-v"]']),
        ('SHELL ["/bin/bash", "-o", "pipefail", "-c"]\nCMD ./app -v', [app(), 'CMD ["-v"]']),
        ('CMD ["env", "--", "A=1", "B=x y", "./app"]', ["ENV A=1", 'ENV B="x y"', app()]),
        ("CMD A=1 sh -c 'exec env B=2 ./app'", ["ENV A=1", "ENV B=2", app()]),
        ("ENTRYPOINT exec ./app\nCMD [\"-v\"]", [app()]),
    ],
)  # fmt: skip
def test_fronts_are_taken_off_one_by_one(said: str, lines: list[str]) -> None:
    assert started(said) == lines


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ('ENTRYPOINT ["dumb-init", "--rewrite", "15:2", "./app"]', "option rewrite"),
        ('ENTRYPOINT ["tini", "-x", "./app"]', "option x"),
        ('ENTRYPOINT ["gosu", "nobody", "./app"]', "use USER"),
        ('USER 1000:1000\nENTRYPOINT ["gosu", "root", "./app"]', "use USER"),
        ("CMD nohup ./app", "nohup"),
        ("CMD nice -n 5 ./app", "leave it out"),
        ('CMD ["env", "-i", "./app"]', "env -i"),
        ('CMD ["env", "PATH=/x", "./app"]', "use ENV"),
        ('SHELL ["/bin/sh", "-exc"]\nCMD ./app', "in its own way"),
        ('SHELL ["powershell", "-c"]\nCMD ./app', "no shell whose language"),
        ('CMD ["bash", "-lc", "./app"]', "in its own way"),
        ('ENTRYPOINT ["sh", "-c", "exec ./app \\"$@\\""]\nCMD ["-v"]', "its own name"),
        ('ENTRYPOINT ["./app"]\nCMD serve', "JSON array"),
        ('ENTRYPOINT ["tini", "--", "./app"]\nCMD serve', "JSON array"),
        ("ENV PORT=80\nCMD ./app $PORT", "ENV says 80"),
        ("CMD ./app $GOPATH", "the image says /go"),
        ("CMD ./app $NOBODY", "read it in the program"),
        ("CMD ./app 2>&1", "has both"),
    ],
)
def test_fronts_that_do_more_are_refused(said: str, words: str) -> None:
    assert words in hindered(said)[1]


@pytest.mark.parametrize("said", ["CMD sh -c 'go test ./...'", 'CMD ["./run.sh"]'])
def test_what_starts_in_the_end_says_what_the_image_is_for(said: str) -> None:
    outcome = outcome_of(f"{HEAD}{said}\n", {**PROGRAM, "run.sh": SHEBANG + "exec go test ./...\n"})
    assert isinstance(outcome, Unchanged)
    assert outcome.rule == "test-image"


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("CMD ./gone", "so it never ran"),
        ("CMD make run", "starts make, a program of golang:1.22"),
        ("CMD redis-server", "unless it is a program of the base image"),
    ],
)
def test_a_program_that_is_nowhere_is_told_from_one_of_the_image(said: str, words: str) -> None:
    assert words in hindered(said)[1]


# ---- go run

RUN = "FROM golang:1.22\nWORKDIR /app\nCOPY . .\n"


@pytest.mark.parametrize(
    ("said", "steps", "lines"),
    [
        (
            "CMD GO111MODULE=on MODE=x go run -tags 'a b' ./cmd/tool -v",
            ["RUN CGO_ENABLED=0 GO111MODULE=on go build -tags 'a b' -o /usr/local/bin/tool ./cmd/tool"],
            ["ENV MODE=x", 'ENTRYPOINT ["/usr/local/bin/tool"]', 'CMD ["-v"]'],
        ),
        (
            "CMD cd cmd/tool && go run .",
            ["WORKDIR /app/cmd/tool", "RUN CGO_ENABLED=0 go build -o /usr/local/bin/tool ."],
            ["WORKDIR /app/cmd/tool", 'ENTRYPOINT ["/usr/local/bin/tool"]'],
        ),
        (
            'ENTRYPOINT ["go", "run"]\nCMD ["main.go", "-v"]',
            ["RUN CGO_ENABLED=0 go build -o /usr/local/bin/main main.go"],
            ['ENTRYPOINT ["/usr/local/bin/main"]', 'CMD ["-v"]'],
        ),
        (
            'USER 1000:1000\nCOPY go.mod .\nCMD ["sh", "-c", "go run example.com/app/cmd/tool"]',
            ["USER root", "RUN CGO_ENABLED=0 go build -o /usr/local/bin/tool example.com/app/cmd/tool"],
            ['ENTRYPOINT ["/usr/local/bin/tool"]'],
        ),
    ],
)
def test_go_run_is_built_where_and_as_it_ran(said: str, steps: list[str], lines: list[str]) -> None:
    files = {**PROGRAM, "cmd/tool/main.go": "package main\n\nfunc main() {}\n"}
    outcome = outcome_of(f"{RUN}{said}\n", files)
    assert isinstance(outcome, Rewritten), outcome
    build, _, final = outcome.text.partition("\nFROM scratch")
    assert "\n".join(steps) in build
    kept = [line for line in final.split("\n") if line.startswith(("ENV", "WORKDIR", "ENTRYPOINT", "CMD"))]
    assert [line for line in kept if line != "WORKDIR /app"] == lines


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ('CMD ["go", "run", "-exec", "sudo", "."]', "-exec"),
        ('CMD ["go", "run", "example.com/x@latest"]', "build it in a RUN"),
        ('CMD ["go", "run", "gone.go"]', "never ran"),
        ('CMD ["go", "run"]', "names no package"),
        ('CMD ["go", "run", "main.go", "main_test.go"]', "test files"),
        ("CMD go run *.go", "*.go"),
        ("CMD go run $MAIN", "$MAIN"),
    ],
)
def test_a_go_run_that_cannot_be_built_before_is_refused(said: str, words: str) -> None:
    found = reasons(f"{RUN}{said}\n", {**PROGRAM, "main_test.go": "package main\n"})
    assert words in found["exec-form-entrypoint"][1]


def test_a_go_run_that_needs_c_needs_a_c_library() -> None:
    files = {**PROGRAM, "main.go": 'package main\n\nimport "C"\n\nfunc main() {}\n'}
    assert "cgo" in reasons(f"{RUN}CMD go run .\n", files)


# ---- health checks


@pytest.mark.parametrize(
    ("check", "line"),
    [
        ("HEALTHCHECK CMD ./app check || exit 1", 'HEALTHCHECK CMD ["/app/app", "check"]'),
        ("HEALTHCHECK --retries=2 CMD exec /app/app -c", 'HEALTHCHECK --retries=2 CMD ["/app/app", "-c"]'),
        ('ENV PATH=/app:$PATH\nHEALTHCHECK CMD ["app", "-c"]', 'HEALTHCHECK CMD ["/app/app", "-c"]'),
        ("ENV PATH=/app:$PATH\nHEALTHCHECK CMD app -c", 'HEALTHCHECK CMD ["/app/app", "-c"]'),
        ('HEALTHCHECK CMD ["./app", "-c"]', 'HEALTHCHECK CMD ["./app", "-c"]'),
    ],
)
def test_a_health_check_by_the_program_is_said_without_a_shell(check: str, line: str) -> None:
    assert line in final_stage(f'{HEAD}{check}\nCMD ["./app"]\n')


@pytest.mark.parametrize(
    ("check", "words"),
    [
        ("HEALTHCHECK CMD ./app check || exit 0", "needs a shell"),
        ("HEALTHCHECK CMD curl -f http://localhost/ || exit 1", "needs a shell"),
        ("HEALTHCHECK CMD A=1 ./app", "needs a shell"),
        ("HEALTHCHECK CMD ./app $PORT", "needs a shell"),
        ('HEALTHCHECK CMD ["wget", "x"]', "runs wget"),
    ],
)
def test_a_health_check_that_does_more_is_refused(check: str, words: str) -> None:
    found = reasons(f'{HEAD}{check}\nCMD ["./app"]\n')
    assert words in found["image-metadata"][1]


def test_a_health_check_and_a_program_start_in_one_folder() -> None:
    found = reasons(f'{HEAD}HEALTHCHECK CMD ["./app"]\nCMD cd /srv && exec /app/app\n')
    assert "use WORKDIR for both" in found["image-metadata"][1]


# ---- go-wrapper


@pytest.mark.parametrize(
    ("said", "lines"),
    [
        ('CMD ["go-wrapper", "run", "-v"]', ['ENTRYPOINT ["/go/bin/app"]', 'CMD ["-v"]']),
        ('ENTRYPOINT ["go-wrapper", "run"]\nCMD ["-v"]', ['ENTRYPOINT ["/go/bin/app"]', 'CMD ["-v"]']),
        ("CMD go-wrapper run -v", ['ENTRYPOINT ["/go/bin/app"]', 'CMD ["-v"]']),
    ],
)
def test_go_wrapper_runs_the_program_of_its_folder(said: str, lines: list[str]) -> None:
    head = "FROM golang:1.8\nWORKDIR /go/src/app\nCOPY . .\nRUN go-wrapper install\n"
    found = final_stage(f"{head}{said}\n", {"main.go": "package main\n\nfunc main() {}\n"})
    assert [line for line in found if line.startswith(("ENTRYPOINT", "CMD"))] == lines
