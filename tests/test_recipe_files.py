"""Recipes of just, Task and mage: which builds they run, where, and what of them is not followed."""

from textwrap import dedent

import pytest

from scratchify.analysis.analyse import analyse
from scratchify.analysis.facts import Facts
from scratchify.context import MemoryContext
from scratchify.model import understand
from scratchify.settings import Settings
from scratchify.syntax import parse
from tests.deciding import PROGRAM, RUNS, rewritten

IMAGE = "FROM golang:1.22\nWORKDIR /app\nCOPY . .\n"
BUILD = "go build -o app ."


def facts_of(command: str, **files: str) -> Facts:
    """Return what is found where RUN has `command`; of names, `__` is a slash and `_go` an end."""
    texts = {name.replace("__", "/").replace("_go", ".go"): dedent(text) for name, text in files.items()}
    text = f"{IMAGE}RUN {command}\n{RUNS}"
    return analyse(understand(parse(text)), MemoryContext({**PROGRAM, **texts}), Settings())


def builds(command: str, **files: str) -> list[str]:
    """Return `FOLDER: go build …` of every build."""
    facts = facts_of(command, **files)
    assert not facts.blocked, facts.blocked
    found = []
    for build in facts.builds:
        words = [f"-o {build.output}"] if build.output else []
        found.append(f"{build.folder}: " + " ".join(["go", build.verb, *words, *build.packages]))
    return found


def why(command: str, **files: str) -> str:
    """Return why a step is blocked, with its place."""
    blocked = facts_of(command, **files).blocked[0]
    return f"{blocked.path}:{blocked.line}: {blocked.why}"


# ---- just


def just(recipes: str, command: str = "just build") -> list[str]:
    return builds(command, justfile=recipes)


@pytest.mark.parametrize(
    ("recipes", "command"),
    [
        ("build:\n    go build -o app .\n", "just build"),
        ("build:\n\tgo build -o app .\n", "just"),
        ("# all\nset quiet\n@build: # the program\n  @go build -o app .\n", "just build"),
        ("out := 'app'\nbuild:\n  go build -o {{out}} .\n", "just build"),
        ('name := "a" + \'pp\'\nout := "." / name\nbuild:\n  -go build -o {{ name }} .\n', "just build"),
        ("build out='app' *flags:\n  go build {{flags}} -o {{out}} .\n", "just build"),
        ("build out *flags:\n  go build {{flags}} -o {{out}} .\n", "just build app -v -x"),
        ("out := 'x'\nbuild:\n  go build -o {{out}} .\n", "just out=app build"),
        ("build: (compile 'app' '.')\ncompile out what:\n  go build -o {{out}} {{what}}\n", "just build"),
        ("alias b := build\ndefault:\n  @just --list\nbuild:\n  go build -o app .\n", "just b"),
        ("default: build\nbuild:\n  go build -o app .\n", "just"),
        ("[private]\n[group('ci')]\nbuild:\n  go build \\\n    -o app \\\n    .\n", "just build"),
        ("set shell := ['bash', '-euo', 'pipefail', '-c']\nbuild:\n  go build {-v,-x} -o app .\n", "just build"),
        ("set positional-arguments\nbuild out:\n  go build -o $1 .\n", "just build app"),
        ("export OUT := 'app'\nbuild:\n  go build -o $OUT .\n", "just build"),
        ("build $OUT='app':\n  go build -o $OUT .\n", "just build"),
        ("[windows]\nbuild:\n  go build -o app.exe .\n[linux]\nbuild:\n  go build -o app .\n", "just build"),
        ("build:\n  #!/usr/bin/env bash\n  set -e\n  out=app\n\n  go build -o $out .\n", "just build"),
        ("build: && check\n  go build -o app .\ncheck: build\n  test -f app\n", "just build check"),
        ("build:\n  cd /app && just compile\ncompile:\n  go build -o app .\n", "just build"),
    ],
)
def test_the_recipes_of_a_justfile_run(recipes: str, command: str) -> None:
    assert just(recipes, command) == ["/app: " + BUILD]


def test_each_line_of_a_recipe_has_a_shell_of_its_own() -> None:
    assert just("build:\n  cd sub\n  OUT=x\n  go build -o app$OUT .\n") == ["/app: go build -o app ."]


def test_a_recipe_runs_in_the_folder_of_its_justfile() -> None:
    recipes = (
        f"build:\n  {BUILD}\nhere:\n  cd {{{{justfile_directory()}}}}/cmd && go build\n[no-cd]\nstay:\n  {BUILD}\n"
    )
    assert builds("cd cmd && just build", justfile=recipes, cmd__main_go="package main\n") == ["/app: " + BUILD]
    assert builds("cd cmd && just here", justfile=recipes, cmd__main_go="package main\n") == ["/app/cmd: go build"]
    assert builds("cd cmd && just stay", justfile=recipes, cmd__main_go="package main\n") == ["/app/cmd: " + BUILD]


@pytest.mark.parametrize("name", ["Justfile", "JUSTFILE", ".justfile"])
def test_a_justfile_has_several_names(name: str) -> None:
    assert builds("just build", **{name: f"build:\n  {BUILD}\n"}) == ["/app: " + BUILD]


def test_a_justfile_may_be_named() -> None:
    files = {"ci__just": f"build:\n  {BUILD}\n"}
    assert builds("just -f ci/just build", **files) == ["/app/ci: " + BUILD]
    assert builds("just -f ci/just -d . build", **files) == ["/app: " + BUILD]


def test_what_only_tells_something_builds_nothing() -> None:
    assert just(f"build:\n  {BUILD}\n", "just --list && task --version || mage -l && go build -o app .") == [
        "/app: " + BUILD
    ]


def test_what_a_backtick_gives_matters_only_where_it_is_used() -> None:
    recipes = f"version := `git describe`\nbuild:\n  {BUILD}\n"
    assert just(recipes) == ["/app: " + BUILD]


@pytest.mark.parametrize(
    ("recipes", "command", "place", "words"),
    [
        ("v := `git describe`\nbuild:\n  go build -o {{v}}\n", "just build", "justfile:1", "`git describe`"),
        ("v := env('V')\nbuild:\n  go build -o {{v}}\n", "just build", "justfile:1", "env ( V )"),
        ("build:\n  true\n  go build -o {{arch()}}\n", "just build", "justfile:3", "arch ( )"),
        ("build:\n  go build -o {{if '1' == '1' { 'a' } else { 'b' }}}\n", "just build", "justfile:2", "only just"),
        ("v := shell('date')\nbuild:\n  go build\n", "just build", "justfile:1", "shell(…)"),
        ("set dotenv-load\nbuild:\n  go build\n", "just build", "justfile:1", "dotenv-load"),
        ("build:\n  go build\nmod tools\n", "just build", "justfile:3", "another file"),
        ("import 'ci.just'\n", "just build", "justfile:1", "another file"),
        ("build:\n  #!/usr/bin/env python3\n  print()\n", "just build", "justfile:2", "python3"),
        ("set shell := ['zsh', '-cu']\nbuild:\n  go build\n", "just build", "justfile:3", "zsh"),
        ("[script]\nbuild:\n  go build\n", "just build", "justfile:2", "[script]"),
        ("build out:\n  go build\n", "just build", "justfile:1", "not given out"),
        ("build:\n  go build\n", "just test", "justfile:1", "no such recipe"),
        ("build:\n  go build\nv := '''\n'''\n", "just build", "justfile:3", "several lines"),
        ("a := b\nb := a\nbuild:\n  go build -o {{a}}\n", "just build", "justfile:2", "only just"),
        ("build:\n  go generate\n", "just build", "justfile:2", "go generate"),
        ("build:\n  #!/bin/sh\n  true\n  go generate\n", "just build", "justfile:4", "go generate"),
        ("build out:\n  go build\n", "just build $(date)", "None:4", "only a shell knows"),
        ("build:\n  go build\n", "just --set a b build", "None:4", "just --set"),
        ("build:\n  just build\n", "just build", "justfile:2", "without end"),
    ],
)
def test_what_a_justfile_leaves_open_is_blocked(recipes: str, command: str, place: str, words: str) -> None:
    reason = why(command, justfile=recipes)
    assert reason.startswith(place), reason
    assert words in reason


def test_a_justfile_that_is_not_there_is_blocked() -> None:
    assert "a justfile is not at hand" in why("just build")
    assert "a Taskfile is not at hand" in why("task build")
    assert "a magefile is not at hand" in why("mage build")


def test_a_file_of_recipes_is_no_data_of_the_program() -> None:
    files = {**PROGRAM, "justfile": f"build:\n  CGO_ENABLED=0 {BUILD}\n"}
    after = rewritten(f"{IMAGE}RUN just build\n{RUNS}", files)
    assert "justfile" not in after


# ---- Task


def task(text: str, command: str = "task build") -> list[str]:
    return builds(command, **{"Taskfile.yml": "version: '3'\n" + dedent(text)})


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("tasks:\n  build:\n    cmds:\n      - go build -o app .\n", "task build"),
        ("tasks:\n  default:\n    cmds: [{task: build}]\n  build: go build -o app .\n", "task"),
        ("tasks:\n  build:\n    - go version\n    - cmd: go build -o app .\n      silent: true\n", "task -s build"),
        ("tasks:\n  build:\n    desc: builds\n    aliases: [b]\n    cmd: go build -o app .\n", "task b"),
        ("vars:\n  OUT: app\ntasks:\n  build: go build -o {{.OUT}} .\n", "task build"),
        ("vars:\n  OUT: x\ntasks:\n  build: go build -o {{ .OUT }} .\n", "task build OUT=app"),
        (
            "vars: {OUT: x}\ntasks:\n  build:\n    vars: {OUT: app}\n    cmds: ['go build -o {{.OUT}} .']\n",
            "task build",
        ),
        (
            "vars: {A: ap}\ntasks:\n  build:\n    vars: {B: '{{.A}}p'}\n    cmds: ['go build -o {{.B}} .']\n",
            "task build",
        ),
        ('tasks:\n  build: go build -o {{.OUT | default "app"}}{{exeExt}} .\n', "task build"),
        ("tasks:\n  build: go build {{.CLI_ARGS}} .\n", "task build -- -o app"),
        ("env:\n  OUT: app\ntasks:\n  build: go build -o $OUT .\n", "task build"),
        ("tasks:\n  build:\n    env: {OUT: x}\n    cmds: [go build -o $OUT .]\n", "OUT=app task build"),
        (
            "tasks:\n  build:\n    deps: [{task: one, vars: {OUT: app}}]\n  one: go build -o {{.OUT}} .\n",
            "task build",
        ),
        (
            "tasks:\n  build:\n    dir: /app\n    cmds:\n      - |\n        set -e\n        go build -o app .\n",
            "task build",
        ),
        (
            "tasks:\n  build:\n    sources: ['**/*.go']\n    generates: [app]\n    cmds: [go build -o app .]\n",
            "task build",
        ),
        ("tasks:\n  build:\n    preconditions: [test -f main.go]\n    cmds: [go build -o app .]\n", "task build"),
        ("tasks:\n  build:\n    status: [test -f app]\n    cmds: [go build -o app .]\n", "task -f build"),
        (
            "tasks:\n  build:\n    platforms: [linux]\n    cmds:\n"
            "      - {cmd: no, platforms: [windows]}\n      - go build -o app .\n",
            "task build",
        ),
        (
            "tasks:\n  a: {run: once, cmds: [go build -o app .]}\n  b: {deps: [a]}\n  build: {deps: [a, b]}\n",
            "task build",
        ),
        ("vars: {V: {sh: git describe}}\ntasks:\n  build: go build -o app .\n", "go-task build"),
    ],
)
def test_the_tasks_of_a_taskfile_run(text: str, command: str) -> None:
    assert task(text, command) == ["/app: " + BUILD]


@pytest.mark.parametrize("name", ["Taskfile.yaml", "taskfile.yml", "Taskfile.dist.yml"])
def test_a_taskfile_has_several_names(name: str) -> None:
    text = f"version: '3'\ntasks:\n  build: {BUILD}\n"
    other = "version: '3'\ntasks:\n  build: go build -o other .\n"
    assert builds("task build", **{name: text, "Taskfile.dist.yaml": other}) == ["/app: " + BUILD]


def test_a_task_runs_in_its_folder_which_task_makes() -> None:
    text = "tasks:\n  build:\n    dir: dist\n    cmds:\n      - go build -o app ..\n"
    facts = facts_of("cd cmd && task build", **{"Taskfile.yml": "version: '3'\n" + text, "cmd/x": ""})
    assert [build.folder for build in facts.builds] == ["/app/dist"]
    assert "/app/dist" in {folder.path for folder in facts.folders}


def test_task_expands_braces_as_bash_does() -> None:
    assert task("tasks:\n  build: go build {-v,-x} -o app .\n") == ["/app: " + BUILD]


@pytest.mark.parametrize(
    ("text", "command", "line", "words"),
    [
        ("vars: {V: {sh: date}}\ntasks:\n  build:\n    cmds:\n      - go build -o {{.V}}\n", "task build", 6, "{{.V}}"),
        ("tasks:\n  build: go build -o {{.V | upper}} .\n", "task build", 3, "only task knows"),
        ("tasks:\n  build: go build -o {{if .V}}a{{end}} .\n", "task build", 3, "{{if .V}}"),
        ("tasks:\n  build: go build -o {{.V}} .\n", "task build V=$(date)", 3, "{{.V}}"),
        ("tasks:\n  build: go build {{.CLI_ARGS}}\n", "task build -- $(date)", 3, "{{.CLI_ARGS}}"),
        ("vars: {V: 1.10}\ntasks:\n  build: go build -o {{.V}} .\n", "task build", 4, "{{.V}}"),
        ("includes: {a: ./a}\ntasks:\n  build: go build\n", "task build", 2, "includes"),
        ("dotenv: [.env]\ntasks:\n  build: go build\n", "task build", 2, "dotenv"),
        ("tasks:\n  build:\n    cmds:\n      - for: [a]\n        cmd: go build\n", "task build", 5, "for"),
        ("tasks:\n  build:\n    cmds:\n      - defer: rm a\n", "task build", 5, "defer"),
        ("tasks:\n  build:\n    prompt: sure?\n    cmds: [go build]\n", "task build", 4, "prompt"),
        ("tasks:\n  build:\n    status: [test -f app]\n    cmds:\n      - go build\n", "task build", 6, "hangs on"),
        (
            "tasks:\n  build:\n    method: timestamp\n    sources: [a]\n    cmds:\n      - go build\n",
            "task build",
            7,
            "hangs on",
        ),
        ("tasks:\n  build: {deps: [a]}\n  a: {deps: [build]}\n", "task build", 3, "calls itself"),
        ("tasks:\n  build: go build\n", "task test", 1, "no task test"),
        ("tasks:\n  build:\n    cmds:\n      - |\n        true\n        go generate\n", "task build", 7, "go generate"),
    ],
)  # fmt: skip
def test_what_a_taskfile_leaves_open_is_blocked(text: str, command: str, line: int, words: str) -> None:
    reason = why(command, **{"Taskfile.yml": "version: '3'\n" + text})
    assert reason.startswith(f"Taskfile.yml:{line}:"), reason
    assert words in reason


def test_a_kept_checksum_may_spare_a_task() -> None:
    text = "version: '3'\ntasks:\n  build:\n    sources: [a]\n    cmds:\n      - go build\n"
    assert "hangs on" in why("task build", **{"Taskfile.yml": text, ".task/checksum/build": "x"})


def test_other_versions_and_what_is_no_yaml_are_blocked() -> None:
    assert "version 2" in why("task build", **{"Taskfile.yml": "version: '2'\ntasks: {build: go build}\n"})
    assert "cannot be read" in why("task build", **{"Taskfile.yml": "a: [\n"})


# ---- mage

HEAD = """\
//go:build mage

package main

import (
	"fmt"

	"github.com/magefile/mage/mg"
	"github.com/magefile/mage/sh"
)

"""


def mage(body: str, command: str = "mage build", name: str = "magefile.go") -> list[str]:
    return builds(command, **{name: HEAD + dedent(body)})


@pytest.mark.parametrize(
    ("body", "command"),
    [
        ('func Build() error { return sh.Run("go", "build", "-o", "app", ".") }\n', "mage build"),
        ('func Build() error {\n\treturn sh.RunV("go", "build", "-o", `app`, ".") // done\n}\n', "mage -v BUILD"),
        ('var Default = Build\n\nfunc Build() { sh.Run("go", "build", "-o", "app", ".") }\n', "mage"),
        ('func Build() error {\n\treturn sh.RunWith(nil, "go", "build", "-o", "app", ".")\n}\n', "mage build"),
        (
            "func Build() error {\n\tenv := 1\n\treturn nil\n}\n\n"
            'func Two(ctx context.Context) error { return sh.Run("go", "build", "-o", "app", ".") }\n',
            "mage two",
        ),
        (
            'func Build() error {\n\tfmt.Println("building")\n\tmg.Deps(One)\n\tmg.SerialDeps(One)\n\treturn nil\n}\n\n'
            'func One() error {\n\tif err := sh.Run("go", "build", "-o", "app", "."); err != nil {\n'
            "\t\treturn err\n\t}\n\treturn nil\n}\n",
            "mage build",
        ),
        ('func Build() error { return sh.Run("go", "build", "-o", "${OUT}", ".$NONE") }\n', "OUT=app mage build"),
    ],
)
def test_the_targets_of_a_magefile_run(body: str, command: str) -> None:
    assert mage(body, command) == ["/app: " + BUILD]


def test_the_variables_of_a_command_are_its_own() -> None:
    body = """\
    func Build() error {
        return sh.RunWith(map[string]string{"CGO_ENABLED": "0", "GOFLAGS": "-mod=mod"}, "go", "build", "-o", "app")
    }
    """
    (build,) = facts_of("mage build", magefile_go=HEAD + dedent(body)).builds
    assert (build.variables["CGO_ENABLED"], build.variables["GOFLAGS"]) == ("0", "-mod=mod")


def test_magefiles_may_lie_in_a_folder_of_their_own() -> None:
    body = 'func Build() error { return sh.Run("go", "build", "-o", "app", ".") }\n'
    untagged = HEAD.replace("//go:build mage\n\n", "") + body
    assert builds("mage build", magefiles__a_go=untagged) == ["/app: " + BUILD]
    assert "not at hand" in why("mage build", magefile_go=untagged)


def test_mage_alone_tells_its_targets() -> None:
    assert mage('func Build() error { return sh.Run("go", "build") }\n', "mage") == []


@pytest.mark.parametrize(
    ("body", "line", "words"),
    [
        ("func Build() error {\n\tcompile()\n\treturn nil\n}\n", 13, "compile()"),
        ('func Build() error {\n\treturn sh.Run("go", "build", "-o", name)\n}\n', 13, "name"),
        ('func Build() error {\n\treturn sh.Run("go", "build", "-o", "a"+"b")\n}\n', 13, '"a"+"b"'),
        ('func Build() error {\n\tfor {\n\t\tsh.Run("go", "build")\n\t}\n}\n', 13, "for"),
        ('func Build() error {\n\tif err := sh.Run("go"); err != nil {\n\t\tpanic(err)\n\t}\n}\n', 13, "if err"),
        ('func Build() error {\n\tmg.Deps(mg.F(One, "a"))\n}\n', 13, "mg.F"),
        ("func Build(name string) error {\n\treturn nil\n}\n", 12, "takes arguments"),
        ("func init() {\n\tsetUp()\n}\n\nfunc Build() {}\n", 12, "init"),
        ("var x = setUp()\n\nfunc Build() {}\n", 12, "setUp()"),
        ("// mage:import\n\nfunc Test() {}\n", 1, "no such function"),
        ('func Build() error {\n\treturn sh.Run("go", "generate")\n}\n', 13, "go generate"),
        ('func Build() error {\n\treturn sh.RunWith(env, "go", "build")\n}\n', 13, "env"),
    ],
)
def test_what_a_magefile_leaves_open_is_blocked(body: str, line: int, words: str) -> None:
    reason = why("mage build", magefile_go=HEAD + body)
    assert reason.startswith(f"magefile.go:{line}:"), reason
    assert words in reason
