"""How a container starts its program, and what of that needs no shell."""

import pytest

from scratchify.decisions import Assume
from tests.deciding import HEAD, PROGRAM, decides, final_stage, reasons, rewritten

SCRIPT = "#!/bin/sh\nset -e\n"


def started(said: str, script: str = "") -> list[str]:
    """Return what the final stage says of variables, folder and command."""
    files = {**PROGRAM, "run.sh": script} if script else PROGRAM
    lines = final_stage(f"{HEAD}{said}\n", files)
    return [line for line in lines if line.startswith(("ENV", "WORKDIR", "ENTRYPOINT", "CMD"))]


@pytest.mark.parametrize(
    ("said", "lines"),
    [
        ("CMD exec ./app -v", ['ENTRYPOINT ["/app/app"]', 'CMD ["-v"]']),
        ("CMD ./app -t \"two words\" 'and $more'", ['ENTRYPOINT ["/app/app"]', 'CMD ["-t", "two words", "and $more"]']),
        ('CMD ["sh", "-c", "exec ./app -v"]', ['ENTRYPOINT ["/app/app"]', 'CMD ["-v"]']),
        ('ENTRYPOINT ["/bin/sh", "-c", "./app -v"]', ['ENTRYPOINT ["/app/app", "-v"]']),
        ('CMD ["bash", "-c", "sh -c \'./app -v\'"]', ['ENTRYPOINT ["/app/app"]', 'CMD ["-v"]']),
        ("CMD MODE=prod ./app", ["ENV MODE=prod", 'ENTRYPOINT ["/app/app"]']),
        ("CMD export MODE='a b' && exec ./app", ['ENV MODE="a b"', 'ENTRYPOINT ["/app/app"]']),
        ('CMD ["env", "MODE=prod", "/app/app"]', ["ENV MODE=prod", 'ENTRYPOINT ["/app/app"]']),
        ('ENTRYPOINT ["tini", "--", "/app/app"]\nCMD ["-v"]', ['ENTRYPOINT ["/app/app"]', 'CMD ["-v"]']),
        ('ENTRYPOINT ["/usr/bin/dumb-init", "--"]\nCMD ["/app/app", "-v"]', ['ENTRYPOINT ["/app/app"]', 'CMD ["-v"]']),
    ],
)
def test_what_needs_no_shell_becomes_exec_form(said: str, lines: list[str]) -> None:
    assert started(said) == ["WORKDIR /app", *lines]


def test_the_folder_that_a_command_changes_to_is_where_the_program_starts() -> None:
    assert started("CMD cd /srv && exec /app/app") == ["WORKDIR /srv", 'ENTRYPOINT ["/app/app"]']


@pytest.mark.parametrize(
    ("said", "script", "lines"),
    [
        (
            'ENTRYPOINT ["./run.sh"]\nCMD ["-v"]',
            SCRIPT + ': "${PORT:=80}"\nexport PORT\nexec /app/app "$@"\n',
            ["ENV PORT=80", 'ENTRYPOINT ["/app/app"]', 'CMD ["-v"]'],
        ),
        (
            'ENTRYPOINT ["sh", "/app/run.sh"]',
            SCRIPT + "export DATA=${DATA:-/var/lib/x}\n./app -d /data\n",
            ["ENV DATA=/var/lib/x", 'ENTRYPOINT ["/app/app", "-d", "/data"]'],
        ),
        (
            'ENTRYPOINT ["./run.sh"]\nCMD ["./app", "-v"]',
            SCRIPT + 'if [ -z "$A" ]; then export A=1; fi\nexec "$@"\n',
            ["ENV A=1", 'ENTRYPOINT ["/app/app"]', 'CMD ["-v"]'],
        ),
        ("CMD ./run.sh", SCRIPT + "exec ./app -v\n", ['ENTRYPOINT ["/app/app"]', 'CMD ["-v"]']),
        (
            'ENV PORT=81\nENTRYPOINT ["./run.sh"]',
            SCRIPT + 'export PORT=${PORT:-80}\nexec ./app "$@"\n',
            ["ENV PORT=81", 'ENTRYPOINT ["/app/app"]'],
        ),
    ],
)
def test_a_script_that_only_sets_defaults_is_replaced(said: str, script: str, lines: list[str]) -> None:
    assert [line for line in started(said, script) if line != "WORKDIR /app"] == lines


@pytest.mark.parametrize(
    ("script", "line", "words"),
    [
        ("sleep 1\nexec ./app\n", 3, "sleep runs before the program"),
        ('exec ./app -h "$HOSTNAME"\n', 3, "$HOSTNAME"),
        ('if [ "$1" = x ]; then ./other; fi\nexec ./app\n', 3, "if"),
        ("for i in 1 2; do date; done\nexec ./app\n", 3, "a loop"),
        ("set -x\nexec ./app\n", 3, "leave it out"),
        ("export A=$(date)\nexec ./app\n", 3, "only a shell"),
        ("./app > /log\n", 3, "redirects"),
        ('A=${A:-1}\nexec ./app "$A"\n', 4, "only a shell"),
    ],
)
def test_a_script_that_does_more_needs_a_shell_and_shows_its_line(script: str, line: int, words: str) -> None:
    files = {**PROGRAM, "run.sh": SCRIPT + script}
    found = reasons(f'{HEAD}ENTRYPOINT ["./run.sh"]\n', files)["exec-form-entrypoint"]
    assert found[0] == line
    assert words in found[1]


@pytest.mark.parametrize(
    ("said", "step", "lines"),
    [
        (
            'CMD ["go", "run", "main.go", "-v"]',
            "CGO_ENABLED=0 go build -o /usr/local/bin/main main.go",
            ['ENTRYPOINT ["/usr/local/bin/main"]', 'CMD ["-v"]'],
        ),
        (
            "CMD go run -tags 'a b' . serve",
            "CGO_ENABLED=0 go build -tags 'a b' -o /usr/local/bin/app .",
            ['ENTRYPOINT ["/usr/local/bin/app"]', 'CMD ["serve"]'],
        ),
        (
            'ENTRYPOINT ["go", "run", "."]\nCMD ["serve"]',
            "CGO_ENABLED=0 go build -o /usr/local/bin/app .",
            ['ENTRYPOINT ["/usr/local/bin/app"]', 'CMD ["serve"]'],
        ),
    ],
)
def test_go_run_becomes_a_step_of_the_build(said: str, step: str, lines: list[str]) -> None:
    after = rewritten(f"FROM golang:1.22\nWORKDIR /app\nCOPY . .\n{said}\n")
    assert f"RUN {step}\n" in after
    assert [line for line in after.split("\n") if line.startswith(("ENTRYPOINT", "CMD"))] == lines


def test_what_only_the_build_of_go_run_read_is_no_remark() -> None:
    said = decides("command-settings", "FROM golang:1.22\nWORKDIR /app\nCOPY . .\nCMD GOFLAGS=-v MODE=x go run .\n")
    remarks = [one.because.message for one in said if isinstance(one, Assume)]
    assert any("sets MODE" in remark for remark in remarks)
    assert not any("GOFLAGS" in remark for remark in remarks)


def test_what_is_left_out_on_the_way_is_said() -> None:
    said = decides("command-settings", f'{HEAD}ENTRYPOINT ["tini", "--", "/app/app"]\n')
    assert any(isinstance(one, Assume) and "tini" in one.because.message for one in said)


@pytest.mark.parametrize(
    ("check", "line"),
    [
        ("HEALTHCHECK --interval=5s CMD ./app -check", 'HEALTHCHECK --interval=5s CMD ["/app/app", "-check"]'),
        ('HEALTHCHECK CMD ["/app/app", "-check"]', 'HEALTHCHECK CMD ["/app/app", "-check"]'),
    ],
)
def test_a_health_check_by_the_program_itself_needs_no_shell(check: str, line: str) -> None:
    assert line in final_stage(f'{HEAD}{check}\nENTRYPOINT ["/app/app"]\n')
