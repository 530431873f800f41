"""Which Go files a build compiles, and what a file and its module say: measured against the Go toolchain."""

import os
import subprocess
from itertools import product
from pathlib import Path

import pytest

from scratchify.analysis.constraints import Target, is_compiled
from scratchify.analysis.go_module import Module, module_of
from scratchify.analysis.go_source import Call, GoFile, read_go_file
from scratchify.analysis.stage_files import Copied, Entry, StageFiles
from scratchify.context import MemoryContext

SUFFIXES = [
    *("", "_linux", "_windows", "_amd64", "_arm64", "_linux_amd64", "_windows_amd64", "_linux_arm64", "_amd64_linux"),
    *("_unix", "_js_wasm", "_foo", "_windows_foo", "_android", "_linux_test", "_cgo", "_go1", "_illumos", "_wasip1"),
    *("_windows.pb", "_linux.pb", "__linux", "_arm64_windows", "_LINUX"),
]

HEADERS = [
    "",
    *("//go:build linux", "//go:build !linux", "//go:build windows || unix", "//go:build ignore", "//go:build cgo"),
    *("//go:build !cgo", "//go:build foo && !bar", "//go:build (foo || windows) && (cgo || !gc)", "//go:build go1.18"),
    *(
        "//go:build !go1.18",
        "//go:build amd64",
        "//go:build amd64.v1",
        "//go:build arm64 || foo.bar",
        "//go:build\twindows",
    ),
    *("// +build windows\n", "// +build linux,!foo windows\n", "// +build linux\n// +build foo\n", "//+build ignore\n"),
    *("// +build windows", "// +build\n", "// +builds windows\n", "//go:builds windows"),
    *("//go:build linux\n// +build windows\n", "// +build windows\n\n//go:build linux", "// c\n\n//go:build windows"),
    *(
        "/* c */\n//go:build windows",
        "/*\n//go:build windows\n*/",
        "/* c */ //go:build windows",
        "\ufeff//go:build windows",
    ),
    *("  //go:build windows", "//go:build windows\r\n", "// +build windows\n/* c */\n", "// +build windows\n\n// c"),
    *(
        "/* c */\n// +build windows\n",
        "// c // +build windows\n",
        "package p\n\n//go:build windows\n",
        "/**/package p\n//",
    ),
]

TARGETS = [
    Target(),
    Target(cgo=False),
    Target("arm64", frozenset({"foo"}), cgo=False),
    Target(tags=frozenset({"bar", "foo.bar", "ignore"})),
]


def written(header: str) -> str:
    return (
        header
        if "package" in header
        else f"{header}\n\npackage p\n"
        if "\n" not in header
        else f"{header}\npackage p\n"
    )


def go_files(go: str, folder: Path, target: Target) -> set[str]:
    variables = {
        "CGO_ENABLED": str(int(target.cgo)),
        "GOARCH": target.architecture,
        "GOOS": "linux",
        "GOFLAGS": "",
        "GO111MODULE": "on",
        "GOTOOLCHAIN": "local",
    }
    template = "{{range .GoFiles}}{{.}}\n{{end}}{{with .Error}}error {{.}}{{end}}"
    listed = subprocess.run(
        [go, "list", "-e", "-tags", ",".join(target.tags), "-f", template, "."],
        cwd=folder,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "error" not in listed.stdout, listed.stdout
    return set(listed.stdout.split())


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """A folder of files with every suffix and every header, and each suffix with a few headers."""
    folder = tmp_path_factory.mktemp("package")
    (folder / "go.mod").write_text("module example.com/p\n\ngo 1.22\n")
    files = {f"a{index}.go": written(header) for index, header in enumerate(HEADERS)}
    for (at, suffix), header in product(enumerate(SUFFIXES), HEADERS[:4]):
        files[f"s{at}h{HEADERS.index(header)}{suffix}.go"] = written(header)
    files |= {
        f"{name}.go": "package p\n" for name in ("linux", "windows", "windows_amd64", "_hidden", ".hidden", "main_test")
    }
    for name, text in files.items():
        (folder / name).write_bytes(text.encode())
    return folder, files


@pytest.mark.parametrize("target", TARGETS, ids=["cgo", "static", "arm64 and a tag", "tags"])
def test_the_files_are_those_that_go_lists(package: tuple[Path, dict[str, str]], target: Target, go: str) -> None:
    folder, files = package
    assert {name for name, text in files.items() if is_compiled(name, text, target)} == go_files(go, folder, target)


def go_file(source: str) -> GoFile:
    return read_go_file("/app/a.go", "a.go", source.encode())


def test_imports_have_their_lines() -> None:
    found = go_file('package p\n\nimport "os"\nimport (\n\ta "b/c"\n\t. `d`\n\t_ "e"\n)\n')
    assert [(one.path, one.line) for one in found.imports] == [("os", 3), ("b/c", 5), ("d", 6), ("e", 7)]
    assert found.package == "p"
    assert found.cgo is None


def test_an_import_of_c_is_cgo() -> None:
    found = go_file('package p\n\n// #include <a.h>\nimport "C"\n').cgo
    assert found
    assert found.line == 4


@pytest.mark.parametrize(
    "body",
    [
        'f("a")',
        'x.Open("a")',
        'x.os.Open("a")',
        '// os.Open("a")',
        'print(`os.Open("a")`)',
    ],
)
def test_what_is_no_call_of_a_package_is_none(body: str) -> None:
    assert go_file(f'package p\n\nimport "os"\n\nfunc g() {{\n{body}\n}}\n').calls == ()


@pytest.mark.parametrize(
    ("imported", "body", "expected"),
    [
        ('"os"', 'os.Open("a")', Call("os", "Open", ("a",), 6)),
        ('"os"', "os.Open(`a`)", Call("os", "Open", ("a",), 6)),
        ('"os"', 'os.OpenFile("a", os.O_RDWR, 0o600)', Call("os", "OpenFile", ("a", None, None), 6)),
        ('"os"', "os.Open(name)", Call("os", "Open", (None,), 6)),
        ('"os"', 'os.Open("a" + name)', Call("os", "Open", (None,), 6)),
        ('"os"', 'os.Open(/* c */ "a")', Call("os", "Open", ("a",), 6)),
        ('"os"', "os.Getwd()", Call("os", "Getwd", (), 6)),
        ('"os"', 'defer func() { _ = x(os.Open("a")) }()', Call("os", "Open", ("a",), 6)),
        ('exe "os/exec"', 'exe.Command("git", "log")', Call("os/exec", "Command", ("git", "log"), 6)),
        ('"example.com/b/v2"', "b.F()", Call("example.com/b/v2", "F", (), 6)),
        ('"gopkg.in/yaml.v3"', "yaml.F()", Call("gopkg.in/yaml.v3", "F", (), 6)),
        ('"github.com/a/go-b"', "b.F()", Call("github.com/a/go-b", "F", (), 6)),
    ],
)
def test_a_call_has_the_import_path_behind_its_name(imported: str, body: str, expected: Call) -> None:
    assert go_file(f"package p\n\nimport {imported}\n\nfunc g() {{\n{body}\n}}\n").calls == (expected,)


@pytest.mark.parametrize(
    "line", ["// go:embed a", "//go:embedded a", "//go:embed", 'var s = "//go:embed a"', "x() //go:embed a"]
)
def test_what_is_no_embed_directive_is_none(line: str) -> None:
    assert go_file(f"package p\n\n{line}\n").embeds == ()


@pytest.mark.parametrize(
    ("line", "patterns"),
    [
        ("//go:embed a.txt", ["a.txt"]),
        ("//go:embed a/* all:b\tc", ["a/*", "b", "c"]),
        ('//go:embed "a b" `c d` e', ["a b", "c d", "e"]),
        ("\t//go:embed a", ["a"]),
        ("//go:embed a\r", ["a"]),
    ],
)
def test_embed_directives_have_their_patterns(line: str, patterns: list[str]) -> None:
    found = go_file(f'package p\n\nimport _ "embed"\n\nvar (\n{line}\n\ts string\n)\n').embeds
    assert [(one.pattern, one.line) for one in found] == [(pattern, 6) for pattern in patterns]


def test_literals_have_their_lines() -> None:
    found = go_file('package p\n\nvar a = "x/y"\nvar b = []string{`z`, "é"}\n').literals
    assert [(one.text, one.line) for one in found] == [("x/y", 3), ("z", 4), ("é", 4)]


def test_a_file_with_errors_says_what_can_be_made_out() -> None:
    found = go_file('package p\n\nimport "os"\n\nfunc f() { os.Open("a")\n')
    assert [one.path for one in found.imports] == ["os"]


def module(text: str, *, folder: str = "/app", at: str | None = None, gopath: str = "/go") -> Module | None:
    files = StageFiles(MemoryContext({"go.mod": text}))
    files.put(f"{folder}/go.mod", Entry("file", Copied("go.mod", 1, 0, None)))
    return module_of(files, at or folder, [gopath], ignores_modules=False)


@pytest.mark.parametrize(
    ("text", "path", "go", "replaced"),
    [
        ("", "", "", {}),
        ("module example.com/a\n", "example.com/a", "", {}),
        ('module "example.com/a" // c\r\n\r\ngo 1.22.3\r\n', "example.com/a", "1.22.3", {}),
        ("// module b\nmodule a\nrequire b v1.0.0\nexclude c v1.0.0\n", "a", "", {}),
        ("module a\nreplace b => ../b\n", "a", "", {"b": "/b"}),
        ("module a\nreplace b v1.0.0 => ./c/\n", "a", "", {"b": "/app/c"}),
        ("module a\nreplace b => c v1.2.3\n", "a", "", {}),
        (
            "module a\nrequire (\n\tb v1.0.0 // indirect\n)\nreplace (\n\tb => ./b\n\tc v1.0.0 => /c // d\n)\n",
            "a",
            "",
            {"b": "/app/b", "c": "/c"},
        ),
        ("module a\nreplace(\n\tb => ./b\n)\ngo 1.21\n", "a", "1.21", {"b": "/app/b"}),
        ("module a\nretract [v1.0.0, v1.1.0]\ntoolchain go1.22.0\n", "a", "", {}),
    ],
)
def test_go_mod_is_read(text: str, path: str, go: str, replaced: dict[str, str]) -> None:
    found = module(text)
    assert found
    assert (found.path, found.go, dict(found.replaced), found.folder) == (path, go, replaced, "/app")


@pytest.mark.parametrize(
    ("import_path", "folder"),
    [
        ("fmt", None),
        ("example.com/ab", None),
        ("example.com/a", "/app"),
        ("example.com/a/b/c", "/app/b/c"),
        ("example.com/x/y", "/x/y"),
        ("example.com/a/own", "/own"),
        ("example.com/a/own/z", "/own/z"),
    ],
)
def test_a_package_is_in_the_module_of_the_longest_path(import_path: str, folder: str | None) -> None:
    found = module("module example.com/a\nreplace example.com/x => /x\nreplace example.com/a/own => /own\n")
    assert found
    assert found.folder_of(import_path) == folder


@pytest.mark.parametrize(
    ("at", "gopath", "expected"),
    [
        ("/other", "/go", None),
        ("/app", "/app", None),
        ("/app/cmd/x", "/go", "/app"),
        ("/go/src/x", "/go", "/go/src"),
        ("/go/src", "/go", None),
    ],
)
def test_the_nearest_go_mod_counts_then_the_gopath(at: str, gopath: str, expected: str | None) -> None:
    found = module("module a\n", at=at, gopath=gopath)
    assert (found.folder if found else None) == expected


@pytest.mark.parametrize(("folder", "expected"), [("/app", "example.com/a"), ("/app/b/c", "example.com/a/b/c")])
def test_a_folder_has_its_import_path(folder: str, expected: str) -> None:
    found = module("module example.com/a\n")
    assert found
    assert found.import_path(folder) == expected
