"""What a program opens: paths that are followed, and those that are not."""

from collections.abc import Mapping
from pathlib import PurePosixPath

import pytest

from scratchify.analysis.analyse import analyse
from scratchify.analysis.facts import Facts
from scratchify.context import MemoryContext
from scratchify.decisions import Assume, Collect
from scratchify.knowledge.file_calls import file_calls, file_function, file_methods
from scratchify.model import understand
from scratchify.outcome import Refused, Rewritten
from scratchify.refactor import refactor
from scratchify.settings import Settings
from scratchify.syntax import parse
from tests.deciding import HEAD, MODULE, OPENS_ANYTHING, PROGRAM, RUNS, decides, reasons, rewritten, stays_silent
from tests.many_packages import many_packages

Files = Mapping[str, str | bytes]


def facts_of(files: Files, dockerfile: str = HEAD + RUNS) -> Facts:
    return analyse(understand(parse(dockerfile)), MemoryContext(files), Settings())


def program(body: str, *imports: str, more: str = "") -> dict[str, str]:
    lines = "".join(f'import "{one}"\n' for one in imports or ("os",))
    return {**MODULE, "main.go": f"package main\n\n{lines}\n{more}\n\nfunc main() {{\n{body}\n}}\n"}


def named(files: Files, dockerfile: str = HEAD + RUNS) -> list[str]:
    reads = facts_of(files, dockerfile).reads
    assert reads
    return [one.path for one in reads.named]


def computed(files: Files, dockerfile: str = HEAD + RUNS) -> list[str]:
    """Return what the computed paths begin with."""
    reads = facts_of(files, dockerfile).reads
    assert reads
    return [one.beginning for one in reads.computed]


def carried(files: Files, dockerfile: str = HEAD + RUNS) -> list[str]:
    return [item.path for item in facts_of(files, dockerfile).carried]


# ---- what is followed

FILEPATH = ("os", "path/filepath", "fmt")


@pytest.mark.parametrize(
    ("body", "more", "path"),
    [
        ('os.Open("a.txt")', "", "/app/a.txt"),
        ('os.Open(("a" + ".") + `txt`)', "", "/app/a.txt"),
        ('os.Open(filepath.Join("a", "..", "/b", "c"))', "", "/app/b/c"),
        ('os.Open(filepath.Join("/", "etc", "x"))', "", "/etc/x"),
        ('os.Open(filepath.Dir("a/b/c.txt"))', "", "/app/a/b"),
        ('os.Open(filepath.Clean("./a//b"))', "", "/app/a/b"),
        ('os.Open(fmt.Sprintf("%s/%v-100%%.txt", "a", folder))', 'const folder = "b"', "/app/a/b-100%.txt"),
        ("os.Open(name)", 'const name = "a"', "/app/a"),
        ("os.Open(name)", 'var name = "a"', "/app/a"),
        ("os.Open(name)", 'const (\n\tother, name = "b", "a"\n)', "/app/a"),
        ("os.Open(first)", 'const first, second = second + "/x", "a"', "/app/a/x"),
        ('name := "a"\nos.Open(name)', "", "/app/a"),
        ('var name string = "a"\nos.Open(name)', "", "/app/a"),
        ('const name = "a"\nif true {\nos.Open(name)\n}', "", "/app/a"),
        ('root, _ := os.Getwd()\nos.Open(filepath.Join(root, "a"))', "", "/app/a"),
        ('path, err := filepath.Abs("a")\n_ = err\nos.Open(path)', "", "/app/a"),
        ('self, _ := os.Executable()\nos.Open(filepath.Join(filepath.Dir(self), "a"))', "", "/app/a"),
        ('os.Open(filepath.Join(filepath.Dir(os.Args[0]), "a"))', "", "/app/a"),
        ('func() { os.Open(name) }()', 'const name = "a"', "/app/a"),
    ],
)  # fmt: skip
def test_a_path_is_followed(body: str, more: str, path: str) -> None:
    files = program(body, *FILEPATH, more=more)
    assert named(files) == [path]
    assert computed(files) == []


@pytest.mark.parametrize(
    ("body", "more"),
    [
        ('name := "a"\nname = "b"\nos.Open(name)', ""),
        ('name := "a"\nname += "b"\nos.Open(name)', ""),
        ('name := "a"\nchange(&name)\nos.Open(name)', "func change(*string) {}"),
        ('if true {\nname := "a"\n_ = name\n}\nos.Open(name)', "var name = os.TempDir()"),
        ('os.Open(name)\nname := "a"\n_ = name', "var name = os.TempDir()"),
        ('for _, name := range []string{"a"} {\nos.Open(name)\n}', ""),
        ("os.Open(name)", 'var name = "a"\n\nfunc init() { name = "b" }'),
        ("os.Open(name)", 'var name = "a"\n\nfunc init() { set(&name) }\n\nfunc set(*string) {}'),
        ("os.Open(name)", "const name = name2\n\nconst name2 = name"),
        ("load(os.TempDir())", "func load(name string) { os.Open(name) }"),
        ("load(os.TempDir())", 'const name = "a"\n\nfunc load(name string) { os.Open(name) }'),
        ("settings{}.load()", "type settings struct{ name string }\n\nfunc (s settings) load() { os.Open(s.name) }"),
        ("open(os.TempDir())", "var open = os.Open"),
        ('os.Chdir("/")', ""),
        (r'os.Open("a\x62")', ""),
    ],
)
def test_what_may_change_is_not_followed(body: str, more: str) -> None:
    files = program(body, more=more)
    assert named(files) == []
    assert computed(files) == [""]


@pytest.mark.parametrize(
    ("argument", "beginning"),
    [
        ('"texts/" + os.Args[1]', "/app/texts/"),
        ('"texts/a-" + os.Args[1]', "/app/texts/a-"),
        ('filepath.Join("texts", os.Args[1], "a")', "/app/texts/"),
        ('fmt.Sprintf("/srv/%s.txt", os.Args[1])', "/srv/"),
        ('fmt.Sprintf("/srv/%d.txt", 3)', "/srv/"),
        ('filepath.Join(os.Args[1], "a")', ""),
        ('os.Getenv("FILE")', ""),
    ],
)
def test_the_beginning_of_a_computed_path_is_known(argument: str, beginning: str) -> None:
    assert computed(program(f"os.Open({argument})", *FILEPATH)) == [beginning]


def test_a_constant_of_another_package_is_followed() -> None:
    files = {
        **program("os.Open(layout.Root)", "os", "example.com/app/layout"),
        "layout/a.go": 'package layout\n\nconst Root = base + "/b"\n',
        "layout/b.go": 'package layout\n\nconst base = "a"\n',
    }
    assert named(files) == ["/app/a/b"]


def test_a_variable_that_another_package_sets_is_not_followed() -> None:
    files = {
        **program('layout.Root = "b"\nos.Open(layout.Root)', "os", "example.com/app/layout"),
        "layout/a.go": 'package layout\n\nvar Root = "a"\n',
    }
    assert computed(files) == [""]


@pytest.mark.parametrize("flags", ["-X main.name=b", "-s -w -X=main.name=b", "'-X main.name=b'", "$(cat flags)"])
def test_a_variable_that_the_linker_sets_is_not_followed(flags: str) -> None:
    dockerfile = HEAD.replace("go build", f'go build -ldflags "{flags}"') + RUNS
    assert computed(program("os.Open(name)", more='var name = "a"'), dockerfile) == [""]


def test_files_for_other_machines_than_the_builders_are_read_too() -> None:
    """No GOARCH: which machine builds is not known, so that a name with two values is none."""
    files = program("os.Open(name)")
    same = {**files, "a_amd64.go": 'package main\n\nconst name = "a"\n', "a_s390x.go": "package main\n"}
    both = {**same, "a_arm64.go": 'package main\n\nconst name = "b"\n'}
    assert named(same) == ["/app/a"]
    assert computed(both) == [""]
    assert named(both, HEAD.replace("go build", "GOARCH=arm64 go build") + RUNS) == ["/app/b"]


def test_a_variable_that_env_sets_is_evidence_and_may_change() -> None:
    files = {**program('os.Open(os.Getenv("FILE"))'), "a.txt": "", "b.txt": ""}
    dockerfile = HEAD + "ENV FILE=a.txt\n" + RUNS
    assert named(files, dockerfile) == ["/app/a.txt"]
    assert computed(files, dockerfile) == [""]


# ---- calls that are told paths


@pytest.mark.parametrize(
    ("imported", "body", "paths"),
    [
        ("html/template", 'template.ParseFiles("a", "b")', ["/app/a", "/app/b"]),
        ("html/template", 'template.New("x").ParseGlob("t/*.html")', ["/app/t/*.html"]),
        ("net/http", 'http.FileServer(http.Dir("./web"))', ["/app/web"]),
        ("net/http", 'http.ServeFile(nil, nil, "a")', ["/app/a"]),
        ("net/http", 'http.ListenAndServeTLS(":1", "cert.pem", "key.pem", nil)', ["/app/cert.pem", "/app/key.pem"]),
        ("net/http", 'new(http.Server).ListenAndServeTLS("a.pem", "b.pem")', ["/app/a.pem", "/app/b.pem"]),
        ("github.com/gin-gonic/gin", 'gin.Default().LoadHTMLGlob("t/*")', ["/app/t/*"]),
        ("github.com/gin-gonic/gin", 'gin.Default().Static("/assets", "./web")', ["/app/web"]),
        ("github.com/labstack/echo/v4", 'echo.New().File("/", "web/index.html")', ["/", "/app/web/index.html"]),
        ("github.com/gofiber/fiber/v2", 'fiber.New().Static("/", "./public")', ["/app/public"]),
        ("github.com/joho/godotenv", "godotenv.Load()", ["/app/.env"]),
        ("github.com/joho/godotenv", 'godotenv.Load("a.env", "b.env")', ["/app/a.env", "/app/b.env"]),
        ("github.com/joho/godotenv/autoload", "", ["/app/.env"]),
        ("github.com/golang-migrate/migrate/v4", 'migrate.New("file://db", "postgres://x")', ["/app/db"]),
        ("github.com/golang-migrate/migrate/v4", 'migrate.New("github://x/y", "postgres://x")', []),
        ("github.com/spf13/viper", 'viper.SetConfigFile("a.yaml")', ["/app/a.yaml"]),
        (
            "github.com/spf13/viper",
            'viper.SetConfigName("app")\nviper.AddConfigPath("conf")',
            ["/app/conf/app.*", "/app/conf/app"],
        ),
        ("github.com/spf13/viper", 'viper.AddConfigPath(".")', ["/app/config.*", "/app/config"]),
        ("database/sql", 'sql.Open("postgres", "host=db")', []),
        ("os", 'os.Create("a")', []),
        ("fmt", 'fmt.Println("a")', []),
    ],
)
def test_the_table_says_which_arguments_are_paths(imported: str, body: str, paths: list[str]) -> None:
    files = program(body, imported)
    assert named(files) == paths
    assert computed(files) == []


def test_the_database_of_sqlite_is_a_file() -> None:
    files = program('sql.Open("sqlite3", "file:data/a.db?cache=shared")', "database/sql", "modernc.org/sqlite")
    assert named(files) == ["/app/data/a.db"]
    assert named(program('sql.Open("sqlite3", ":memory:")', "database/sql", "modernc.org/sqlite")) == []


@pytest.mark.parametrize("flags", ["-s -w", "-X main.version=$(git describe)", "-X main.version=1 -s"])
def test_what_the_linker_leaves_alone_is_followed(flags: str) -> None:
    dockerfile = HEAD.replace("go build", f'go build -ldflags "{flags}"') + RUNS
    assert named(program("os.Open(name)", more='var name = "a"'), dockerfile) == ["/app/a"]


def test_a_path_that_a_flag_tells_is_computed() -> None:
    files = program('altsrc.NewYamlSourceFromFlagFunc("config")', "github.com/urfave/cli/v2/altsrc")
    assert computed(files) == [""]


def test_a_method_counts_where_its_package_is_imported() -> None:
    body = "new(box).Static(os.TempDir(), os.TempDir())"
    more = "type box struct{}\n\nfunc (box) Static(a, b string) {}"
    assert computed(program(body, more=more)) == []
    assert computed(program(body + "\ngin.Default()", "os", "github.com/gin-gonic/gin", more=more)) == [""]


def test_a_package_that_nobody_knows_may_open_anything() -> None:
    files = program("x.F()", "example.org/x")
    assert computed(files) == [""]
    assert computed(program("uuid.New()", "github.com/google/uuid")) == []


@pytest.mark.parametrize(
    ("body", "expected"),
    [('exec.Command("git").Run()', [""]), ("exec.Command(os.Args[0]).Run()", [])],
)
def test_what_another_program_reads_is_not_known(body: str, expected: list[str]) -> None:
    assert computed(program(body, "os", "os/exec")) == expected


# ---- what comes along

DATA = {"a.txt": "a", "b.txt": "b", "web/x.css": "x", "web/y.css": "y"}


def test_what_nobody_reads_stays_behind() -> None:
    assert carried({**program('os.ReadFile("a.txt")'), **DATA}) == ["/app/a.txt"]
    assert carried({**program("os.Exit(0)"), **DATA}) == []


def test_a_computed_path_takes_all_that_it_may_mean() -> None:
    assert carried({**PROGRAM, **DATA}) == ["/app/a.txt", "/app/b.txt", "/app/web"]
    assert carried({**program('os.ReadFile("web/" + os.Args[1])'), **DATA}) == ["/app/web"]
    assert carried({**program('os.ReadFile("web/y" + os.Args[1])'), **DATA}) == ["/app/web/y.css"]


def test_a_path_that_leads_to_nothing_makes_words_count() -> None:
    """It may have been misunderstood: folders that are named otherwise come along then."""
    body = 'os.ReadFile("c.txt")\nprintln("web")'
    assert carried({**program(body), **DATA}) == ["/app/web"]
    assert carried({**program(body), **DATA, "c.txt": ""}) == ["/app/c.txt"]


def test_what_is_copied_by_its_name_is_meant() -> None:
    dockerfile = HEAD.replace("COPY . .", "COPY . .\nCOPY a.txt /etc/a.txt\nCOPY web /srv/web") + RUNS
    assert carried({**program("os.Exit(0)"), **DATA}, dockerfile) == ["/etc/a.txt", "/srv/web"]


def test_a_default_in_a_struct_tag_names_a_file() -> None:
    more = 'type settings struct {\n\tFile string `env:"FILE" envDefault:"a.txt"`\n}'
    assert carried({**program("os.Exit(0)", more=more), **DATA}) == ["/app/a.txt"]


def test_the_remark_says_how_much_is_carried_and_why() -> None:
    files = {**PROGRAM, "a.txt": "x" * 1500, "b/c.txt": "x" * 2000}
    found = [one for one in decides("computed-paths", HEAD + RUNS, files) if isinstance(one, Assume)]
    assert [(one.because.path, one.because.line, one.because.message) for one in found] == [
        (
            PurePosixPath("main.go"),
            7,
            "os.ReadFile is given a path that is computed: carries 2 files that may be read, 3.5 kB",
        )
    ]


def test_no_remark_where_nothing_is_guessed() -> None:
    assert stays_silent("computed-paths", HEAD + RUNS)
    assert stays_silent("computed-paths", HEAD + RUNS, {**program('os.ReadFile("a.txt")'), **DATA})


# ---- credentials


@pytest.mark.parametrize("name", [".netrc", ".npmrc", ".git-credentials", "keys/id_rsa", ".ssh/config", ".aws/config"])
def test_credentials_are_never_carried_for_a_computed_path(name: str) -> None:
    assert carried({**PROGRAM, name: "x"}) == []


@pytest.mark.parametrize(
    "line", ["COPY key /root/.ssh/id_rsa", "COPY key /root/.netrc", "ADD key /home/go/.ssh/deploy"]
)
def test_what_is_copied_as_a_credential_is_one_under_every_name(line: str) -> None:
    assert carried({**PROGRAM, "key": "x"}, HEAD.replace("COPY . .", f"{line}\nCOPY . .") + RUNS) == []


def test_a_credential_that_a_step_writes_stays_behind() -> None:
    step = 'RUN echo "machine example.com password x" > /root/.netrc'
    assert (
        "netrc" not in rewritten(HEAD.replace("COPY . .", f"{step}\nCOPY . .") + RUNS, PROGRAM).partition("scratch")[2]
    )


def test_a_credential_that_the_program_reads_is_its_own() -> None:
    assert carried({**program('os.ReadFile("id_rsa")'), "id_rsa": "x"}) == ["/app/id_rsa"]


def test_a_token_of_the_build_stays_behind_with_a_remark() -> None:
    dockerfile = HEAD.replace("COPY . .", "ENV GITHUB_TOKEN=x\nCOPY . .") + RUNS
    assert [type(one) for one in decides("environment", dockerfile)] == [Assume]
    reads = {**program('os.Getenv("GITHUB_TOKEN")')}
    assert "ENV GITHUB_TOKEN=x" in rewritten(dockerfile, reads).partition("FROM scratch")[2]


# ---- modules

LIBRARY = 'package lib\n\nconst File = "a.txt"\n'
IMPORTS_LIBRARY = 'package main\n\nimport "os"\nimport "example.org/lib"\n\nfunc main() { os.Open(lib.File) }\n'


@pytest.mark.parametrize(
    ("go_mod", "more", "folder"),
    [
        ("replace example.org/lib => ./lib", {}, "lib"),
        ("replace example.org/lib v1.2.3 => ./lib", {}, "lib"),
        ("", {"go.work": "go 1.22\n\nuse (\n\t.\n\t./lib\n)\n"}, "lib"),
        ("", {"go.work": "use .\nuse ./other\nreplace example.org/lib => ./lib\n"}, "lib"),
        ("", {"vendor/modules.txt": "# example.org/lib v1.2.3\n"}, "vendor/example.org/lib"),
    ],
)
def test_a_package_at_hand_is_found(go_mod: str, more: dict[str, str], folder: str) -> None:
    files = {
        "go.mod": f"module example.com/app\n\n{go_mod}\n",
        "main.go": IMPORTS_LIBRARY,
        f"{folder}/lib.go": LIBRARY,
        f"{folder}/go.mod": "module example.org/lib\n",
        **more,
    }
    assert named(files) == ["/app/a.txt"]
    assert computed(files) == []


@pytest.mark.parametrize(
    ("work", "dockerfile"),
    [
        ("use .\n", HEAD + RUNS),
        ("use ./lib\n", HEAD + RUNS),
        ("use .\nuse ./lib\n", HEAD.replace("go build", "GOWORK=off go build") + RUNS),
    ],
)
def test_a_workspace_has_only_what_it_uses(work: str, dockerfile: str) -> None:
    files = {
        **MODULE,
        "main.go": IMPORTS_LIBRARY,
        "go.work": work,
        "lib/go.mod": "module example.org/lib\n",
        "lib/a.go": LIBRARY,
    }
    assert named(files, dockerfile) == []


# ---- the table


def test_the_longest_path_of_the_table_holds() -> None:
    assert file_function("github.com/joho/godotenv", "Load")
    assert file_function("github.com/gofiber/template/html", "New")
    assert file_function("os", "Getpid") is None
    assert file_calls("example.com/none") == ()
    assert {entry.package for entry in file_methods("LoadHTMLGlob")} == {"github.com/gin-gonic/gin"}


# ---- size


def test_only_the_packages_of_the_program_are_read() -> None:
    facts = facts_of(many_packages(packages=10, imported=1))
    assert facts.program
    assert len(facts.program.files) == 51
    assert facts.reads
    assert len(facts.reads.named) == 200


# ---- names of ports and protocols


@pytest.mark.parametrize(
    ("call", "path"),
    [
        ('net.Dial("tcp", "db:postgresql")', "/etc/services"),
        ('net.Listen("tcp", ":domain")', "/etc/services"),
        ('net.ListenPacket("ip4:icmp", "0.0.0.0")', "/etc/protocols"),
        ('net.LookupPort("tcp", "ldap")', "/etc/services"),
    ],
)
def test_names_of_ports_and_protocols_are_looked_up_in_files(call: str, path: str) -> None:
    found = decides("system-files", HEAD + RUNS, program(call, "net"))
    assert [one.creates for one in found if isinstance(one, Collect)] == [(path,)]


@pytest.mark.parametrize("call", ['net.Dial("tcp", "db:5432")', 'net.Listen("unix", "/tmp/a:b")', 'net.Dial(a, "x:y")'])
def test_numbers_are_looked_up_nowhere(call: str) -> None:
    assert stays_silent("system-files", HEAD + RUNS, program(call, "net", more="var a = string(rune(65))"))


# ---- the resolver and what uses C where it can


def test_the_resolver_of_the_c_library_needs_it() -> None:
    tags = HEAD.replace("CGO_ENABLED=0 go build", "go build -tags netcgo") + RUNS
    assert "netcgo" in reasons(tags)["cgo"][1]
    debug = HEAD.replace("COPY . .", "ENV GODEBUG=netdns=cgo\nCOPY . .") + RUNS
    assert reasons(debug)["cgo"][0] == 3


def test_what_is_lost_without_c_is_said() -> None:
    files = program("pebble.Open(os.Args[1], nil)", "os", "github.com/cockroachdb/pebble")
    found = decides("cgo", HEAD.replace("CGO_ENABLED=0 ", "") + RUNS, files)
    assert [type(one) for one in found] == [Assume]
    assert "uses C where it can" in found[0].because.message
    assert stays_silent("cgo", HEAD + RUNS, files)


def test_what_another_program_of_the_project_reads_comes_along() -> None:
    tool = program('os.ReadFile("b.txt")')["main.go"]
    files = {**program('os.ReadFile("a.txt")'), **DATA, "tool/main.go": tool}
    both = HEAD + "RUN CGO_ENABLED=0 go build -o tool/tool ./tool\n" + RUNS
    assert carried(files, both) == ["/app/a.txt", "/app/b.txt"]
    assert carried(files) == ["/app/a.txt"]


def test_a_script_that_stays_may_read_what_the_program_does_not() -> None:
    script = '#!/bin/bash\nread -r name < names.txt\necho "$name" | ./app "$name"\n'
    files = {**MODULE, "main.go": "package main\n\nfunc main() {}\n", "run.sh": script, "names.txt": "ada\n"}
    after = rewritten(f'{HEAD}ENTRYPOINT ["bash", "run.sh"]\n', files)
    assert "/app/names.txt" in after.partition("\nFROM ")[2]


def test_a_relative_import_is_a_package_of_gopath_and_of_no_module() -> None:
    main = 'package main\n\nimport "./names"\n\nfunc main() { names.Read() }\n'
    names = 'package names\n\nimport "os"\n\nfunc Read() { os.ReadFile("data/a.txt") }\n'
    files = {"main.go": main, "names/names.go": names, "data/a.txt": "a\n", "data/b.txt": "b\n"}
    gopath = "FROM golang:1.22\nENV GO111MODULE=off\nWORKDIR /go/src/app\nCOPY . .\nRUN go build -o app main.go\n"
    after = rewritten(gopath + 'ENTRYPOINT ["/go/src/app/app"]\n', files)
    assert ("a.txt" in after, "b.txt" in after) == (True, False)
    line, why = reasons(HEAD + RUNS, {**MODULE, **files})["go-source"]
    assert (line, "./names, a relative path, which modules do not know" in why) == (3, True)


def test_a_star_alone_names_no_file() -> None:
    main = 'package main\n\nimport "os"\n\nvar origins = []string{"*"}\n\nfunc main() { os.ReadFile("a.txt") }\n'
    after = rewritten(HEAD + RUNS, {**MODULE, "main.go": main, "a.txt": "a\n", "b.txt": "b\n"})
    assert ("/app/a.txt" in after, "b.txt" in after) == (True, False)


def test_a_vendor_folder_that_says_its_modules_is_go_s_own() -> None:
    after = rewritten(HEAD + RUNS, {**PROGRAM, "vendor/modules.txt": "# x\n", "static/vendor/a.css": "a {}\n"})
    assert "COPY --from=build /app/static /app/static" in after
    assert "/app/vendor" not in after


def test_a_folder_of_nothing_but_build_input_is_not_made_again() -> None:
    after = rewritten(HEAD + RUNS, {**PROGRAM, "deploy/Dockerfile.dev": "", "uploads/.gitkeep": ""})
    assert "/app/uploads" in after
    assert "/app/deploy" not in after


def test_the_data_of_other_people_s_packages_in_gopath_is_not_carried() -> None:
    dockerfile = "FROM golang:1.8\nCOPY . /go\nWORKDIR /go/src/github.com/acme/app\nRUN go build -o /bin/app\n"
    files = {
        "src/github.com/acme/app/main.go": OPENS_ANYTHING,
        "src/github.com/acme/app/names.txt": "",
        "src/github.com/gin-gonic/gin/gin.go": "package gin\n",
        "src/github.com/gin-gonic/gin/examples/server.key": "",
        "src/github.com/gin-gonic/gin/logo.jpg": "",
    }
    after = rewritten(dockerfile + 'ENTRYPOINT ["/bin/app"]\n', files)
    assert ("names.txt" in after, "gin-gonic" in after) == (True, False)


def test_a_file_that_git_ignores_and_copy_names_is_there_for_whoever_builds() -> None:
    dockerfile = HEAD.replace("COPY . .\n", "COPY . .\nCOPY .env config/secret.json ./\n") + RUNS
    outcome = refactor(dockerfile, MemoryContext(PROGRAM, absent=[".env", "config/secret.json"]))
    assert isinstance(outcome, Rewritten)
    assert "if [ -e /app/secret.json ]" in outcome.text
    assert "if [ -e /app/.env ]" in outcome.text
    refused = refactor(dockerfile, MemoryContext(PROGRAM, absent=[".env"]))
    assert isinstance(refused, Refused)
