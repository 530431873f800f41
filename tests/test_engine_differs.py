"""
Ways in which a conversion can break a program: each is built and run, and `verify` must name the part.

The results are hand-made: what scratchify itself makes of the program, with something taken out, added or built wrong.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from scratchify.context import DirectoryContext
from scratchify.engine.client import Client
from scratchify.engine.observation import Conditions
from scratchify.engine.verification import Differs, Evidence, Progress, Subject, Verification, Verified, Wishes, verify
from scratchify.outcome import Rewritten
from scratchify.refactor import refactor
from tests.verifying import write_project

pytestmark = pytest.mark.engine

SERVER_DOCKERFILE = """\
FROM golang:1.27
ENV CGO_ENABLED=0
RUN go list -export html/template net/http/httptest os/user > /dev/null
WORKDIR /srv/app
COPY . .
RUN go build -o app .
RUN mkdir -p /srv/cache
ENV GREETING=hello
LABEL org.example.team=orders
EXPOSE 8080
VOLUME /srv/uploads
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s CMD ["/srv/app/app", "-check"]
CMD ["./app", "-listen", ":8080"]
"""
"""The standard library is compiled in a step that all tests share."""

SERVER = """\
package main

import (
	"crypto/x509"
	"flag"
	"fmt"
	"html/template"
	"log"
	"mime"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/signal"
	"os/user"
	"strings"
	"syscall"
	"time"
)

// fault names everything that is wrong with this program.
var fault string

func has(what string) bool { return strings.Contains(fault, what) }

func main() {
	listen := flag.String("listen", "127.0.0.1:8080", "address")
	check := flag.Bool("check", false, "say whether the server is well")
	flag.Parse()
	if *check {
		answer, err := http.Get("http://127.0.0.1:8080/")
		if err != nil || answer.StatusCode != 200 || has("is unwell") {
			os.Exit(1)
		}
		return
	}
	if has("ends at once") {
		log.Fatal("no configuration")
	}
	if has("says more") {
		log.Println("no configuration, going on")
	}
	page("/", func() (any, error) {
		if has("greets differently") {
			return "bonjour", nil
		}
		return os.Getenv("GREETING"), nil
	})
	page("/page", func() (any, error) {
		text := new(strings.Builder)
		found, err := template.ParseFiles("templates/page.html")
		if err == nil {
			err = found.Execute(text, "orders")
		}
		return text, err
	})
	page("/zone", func() (any, error) {
		zone, err := time.LoadLocation("Asia/Tokyo")
		if err != nil {
			zone = time.UTC
		}
		return time.Now().In(zone).Format("15:04 MST"), nil
	})
	page("/roots", func() (any, error) {
		pool, err := x509.SystemCertPool()
		return err == nil && len(pool.Subjects()) > 0, err
	})
	page("/temporary", func() (any, error) {
		file, err := os.CreateTemp("", "upload")
		return file != nil, err
	})
	page("/nobody", func() (any, error) {
		found, err := user.LookupId("65534")
		return found, err
	})
	page("/folder", func() (any, error) {
		return os.Getwd()
	})
	page("/types", func() (any, error) {
		return mime.TypeByExtension(".epub"), nil
	})
	page("/cache", func() (any, error) {
		return "stored", os.WriteFile("/srv/cache/page", nil, 0o600)
	})
	page("/service", func() (any, error) {
		return net.LookupPort("tcp", "postgresql")
	})
	page("/home", func() (any, error) {
		home, err := os.UserHomeDir()
		if err == nil {
			_, err = os.Stat(home)
		}
		return home, err
	})
	http.HandleFunc("/moved", func(w http.ResponseWriter, r *http.Request) {
		if has("leads elsewhere") {
			http.Redirect(w, r, "/elsewhere", http.StatusFound)
			return
		}
		http.Redirect(w, r, "/page", http.StatusFound)
	})
	http.HandleFunc("/fragile", func(w http.ResponseWriter, r *http.Request) {
		if has("breaks off") {
			panic(http.ErrAbortHandler)
		}
		if has("dies of a request") {
			os.Exit(0)
		}
		fmt.Fprintln(w, "well")
	})
	http.Handle("/static/", http.StripPrefix("/static/", http.FileServer(http.Dir("static"))))
	if has("opens another port") {
		go http.ListenAndServe(":9090", nil)
	}
	if !has("leaves less") {
		net.Listen("unix", "/tmp/socket")
		os.WriteFile("/tmp/state", []byte(os.Getenv("GREETING")), 0o600)
	}
	unseen()
	go func() { log.Fatal(http.ListenAndServe(*listen, nil)) }()
	stop := make(chan os.Signal, 1)
	if has("does not stop") {
		signal.Ignore(syscall.SIGTERM)
	} else {
		signal.Notify(stop, syscall.SIGTERM)
	}
	<-stop
	if has("ends badly") {
		os.Exit(3)
	}
}

func page(path string, content func() (any, error)) {
	http.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
		text, err := content()
		if err != nil {
			text = err
		}
		fmt.Fprintln(w, text)
	})
}

// unseen is what nobody looks at.
func unseen() {
	tail := "the end"
	if has("unseen") {
		tail = "no end"
	} else {
		net.ListenPacket("udp", ":5353")
		time.AfterFunc(time.Minute, func() { log.Println("a minute is over") })
	}
	page("/"+strings.ToLower("REPORT"), func() (any, error) { return tail, nil })
	page("/large", func() (any, error) { return strings.Repeat("a line\\n", 200_000) + tail, nil })
	secret := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, tail)
	}))
	secret.Listener.Close()
	secret.Listener, _ = net.Listen("tcp", ":8443")
	secret.StartTLS()
}
"""

SERVER_FILES = {
    "templates/page.html": "<p>{{.}}</p>\n",
    "static/logo.svg": "<svg/>\n",
    "static/book.epub": "no book\n",
}

PAGES = tuple(dict.fromkeys(re.findall(r'(?:page|HandleFunc)\("(/[a-z]*)"', SERVER)))

JOB_DOCKERFILE = """\
FROM golang:1.27-alpine
ENV CGO_ENABLED=0
RUN go list -export fmt time > /dev/null
WORKDIR /srv/app
COPY . .
COPY --chown=1000:1000 spool /srv/spool
RUN go build -o app .
ENV TZ=Asia/Tokyo
USER 1000:1000
CMD ["./app", "report", "rates.txt"]
"""

JOB = """\
package main

import (
	"fmt"
	"os"
	"time"
)

var fault string

func main() {
	fmt.Println(os.Args[1:])
	rates, err := os.ReadFile(os.Args[len(os.Args)-1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	fmt.Printf("%s", rates)
	fmt.Println(time.Now().Format("15:04 MST"))
	if fault == "another report" {
		rates = nil
	}
	fmt.Println(os.Getuid(), os.WriteFile("/srv/spool/report", rates, 0o600))
	switch fault {
	case "another order":
		fmt.Println("two")
		fmt.Println("one")
	case "another stream":
		fmt.Println("one")
		fmt.Fprintln(os.Stderr, "two")
	case "another status":
		os.Exit(7)
	case "a panic":
		panic("no rates")
	case "without end":
		time.Sleep(time.Hour)
	default:
		fmt.Println("one")
		fmt.Println("two")
	}
}
"""

JOB_FILES = {"rates.txt": "1 2 3\n", "spool/.keep": ""}

Edit = Callable[[str], str]
"""Makes another result of a result."""


def subject(folder: Path, dockerfile: str, program: str, files: dict[str, str], edits: tuple[Edit, ...]) -> Subject:
    project = write_project(folder, dockerfile, program, files)
    outcome = refactor(dockerfile, DirectoryContext(folder, project.dockerfile))
    assert isinstance(outcome, Rewritten), outcome
    text = outcome.text
    for edit in edits:
        assert edit(text) != text, text
        text = edit(text)
    return Subject(project.dockerfile, folder, dockerfile.encode(), replace(outcome, text=text))


FINAL = "\nFROM scratch\n"


def without(words: str) -> Edit:
    """Leave out each line of the final stage that says this."""

    def edit(text: str) -> str:
        first, stage, last = text.partition(FINAL)
        return first + stage + "".join(line for line in last.splitlines(keepends=True) if words not in line)

    return edit


def with_(old: str, new: str) -> Edit:
    return lambda text: text.replace(old, new)


def built_with(fault: str) -> Edit:
    """Build the result's program so that it has a fault."""
    return with_("RUN go build -o", f"RUN go build -ldflags '-X \"main.fault={fault}\"' -o")


def given_to_root(folder: str) -> Edit:
    """Make a folder root's that was another user's."""
    return with_(f" --chown=1000:1000 {folder} ", f" {folder} ")


def added(line: str) -> Edit:
    """Say something more: RUN at the end of the build stage, all else at the beginning of the final one."""
    return with_(FINAL, f"{line}\n{FINAL}" if line.startswith("RUN ") else f"{FINAL}{line}\n")


def differing(found: Verification) -> dict[str, str]:
    """Return what differs, and what the result does there."""
    assert isinstance(found, Differs), found
    assert isinstance(found.evidence, Evidence), found.why
    return {one.subject: one.result for one in found.evidence.comparisons if one.finding == "differs"}


@pytest.fixture
def serve(engine: Client, tmp_path: Path) -> Callable[..., Verification]:
    """Verify the server against a result with changes."""

    def answer(*edits: Edit, probes: tuple[str, ...] = ("/",)) -> Verification:
        broken = subject(tmp_path / "project", SERVER_DOCKERFILE, SERVER, SERVER_FILES, edits)
        return verify(broken, engine, Wishes(Conditions(probes=probes, seconds=4, watch=0.5)), Progress())

    return answer


@pytest.fixture
def work(engine: Client, tmp_path: Path) -> Callable[..., Verification]:
    """Verify the program that ends by itself against a result with changes."""

    def answer(*edits: Edit) -> Verification:
        broken = subject(tmp_path / "project", JOB_DOCKERFILE, JOB, JOB_FILES, edits)
        return verify(broken, engine, Wishes(Conditions(seconds=3)), Progress())

    return answer


Answer = Callable[..., Verification]


def test_what_scratchify_makes_of_the_server_is_verified(serve: Answer) -> None:
    found = serve(probes=(*PAGES, "/static/logo.svg", "/static/book.epub"))
    assert isinstance(found, Verified), differing(found)


def test_what_scratchify_makes_of_the_job_is_verified(work: Answer) -> None:
    found = work()
    assert isinstance(found, Verified), differing(found)


def test_every_file_that_is_missing_is_seen_in_the_page_that_needs_it(serve: Answer) -> None:
    found = serve(
        without(" /srv/app/templates"),
        without(" /srv/app/static"),
        without(" /usr/local/go/lib/time/zoneinfo.zip"),
        without(" /etc/ssl/certs/ca-certificates.crt"),
        without(" /etc/mime.types"),
        added("RUN rm -r /rootfs/tmp /rootfs/root /rootfs/etc/passwd /rootfs/etc/services /rootfs/srv/cache"),
        probes=(*PAGES, "/static/logo.svg", "/static/book.epub"),
    )
    differs = differing(found)
    assert "templates/page.html: no such file" in differs.pop("GET /page on port 8080, body")
    assert "false" in differs.pop("GET /roots on port 8080, body")
    assert "no such file" in differs.pop("GET /temporary on port 8080, body")
    assert "passwd" in differs.pop("GET /nobody on port 8080, body")
    assert "no such file" in differs.pop("GET /cache on port 8080, body")
    assert "unknown port" in differs.pop("GET /service on port 8080, body")
    # without a user database the home is another one
    assert differs.pop("GET /home on port 8080, body") == "/"
    assert differs.pop("GET /types on port 8080, body") != "application/epub+zip"
    # what the clock says in Tokyo and in Greenwich
    assert differs.pop("GET /zone on port 8080, body")
    for file in ("logo.svg", "book.epub"):
        assert differs.pop(f"GET /static/{file} on port 8080") == "status 404"


def test_every_part_of_the_configuration_that_is_missing_is_named(serve: Answer) -> None:
    found = serve(
        without("ENV GREETING=hello"),
        without("LABEL org.example.team=orders"),
        without("EXPOSE 8080"),
        without("VOLUME /srv/uploads"),
        with_("STOPSIGNAL SIGTERM", "STOPSIGNAL SIGINT"),
        without("HEALTHCHECK"),
        without("WORKDIR"),
        added("ENV DEBUG=1\nUSER 1000"),
        added('LABEL org.example.stage="test"'),
    )
    differs = differing(found)
    assert differs.keys() >= {
        "variable GREETING",
        "variable DEBUG",
        "label org.example.team",
        "label org.example.stage",
        "ports",
        "volumes",
        "stop signal",
        "health check",
        "health check's status",
        "user",
        "working directory",
        "GET / on port 8080, body",
    }


def test_every_file_too_many_is_named(serve: Answer) -> None:
    found = serve(
        added("COPY --from=build /srv/app/go.mod /srv/app/go.mod"),
        added("COPY --from=build /usr/local/go/bin/gofmt /usr/local/go/bin/gofmt"),
        added("COPY --from=build /etc/debian_version /etc/debian_version"),
        with_("COPY --from=build /srv/app/static", "COPY --from=build --chown=1000:1000 /srv/app/static"),
        added("RUN chmod 600 /srv/app/templates/page.html"),
    )
    differs = differing(found)
    assert "go.mod" in differs["source and toolchain in the result"]
    assert "gofmt" in differs["source and toolchain in the result"]
    assert "/etc/debian_version" in differs["files without a reason in the result"]
    assert "1000:1000 file /srv/app/static/logo.svg" in differs["owners and modes of files"]
    assert "0600 0:0 file /srv/app/templates/page.html" in differs["owners and modes of files"]


def test_everything_that_a_server_does_differently_is_named(serve: Answer) -> None:
    faults = "greets differently, leads elsewhere, breaks off, says more, opens another port, is unwell, leaves less"
    differs = differing(serve(built_with(f"{faults}, ends badly"), probes=("/", "/moved", "/fragile")))
    assert "bonjour" in differs.pop("GET / on port 8080, body")
    assert "location: /elsewhere" in differs.pop("GET /moved on port 8080, headers")
    assert differs.pop("GET /fragile on port 8080") == "no answer"
    assert "no configuration" in differs.pop("standard error")
    assert differs.pop("listens on") == "8080 8443 9090"
    assert differs.pop("health check's status") == "1"
    assert differs.pop("on SIGTERM") == "ends with status 3"
    assert "state" not in differs.pop("files written")


@pytest.mark.parametrize(
    ("edit", "part", "result"),
    [
        pytest.param(without("CMD ["), "listens on", "8080 (loopback) 8443", id="arguments"),
        pytest.param(built_with("dies of a request"), "run", "ends with status 0", id="death"),
        pytest.param(built_with("ends at once"), "run", "ends with status 1", id="failure"),
        pytest.param(built_with("does not stop"), "on SIGTERM", "has to be killed", id="stop"),
        pytest.param(added("RUN chmod 644 /srv/app/app"), "run", "did not start: ", id="mode"),
        pytest.param(with_("ENTRYPOINT [", "ENTRYPOINT exec ["), "run", "did not start: ", id="shell"),
        pytest.param(added("RUN echo > /srv/app/app"), "/srv/app/app", "no ELF file", id="format"),
    ],
)
def test_a_server_that_runs_otherwise_differs(edit: Edit, part: str, result: str, serve: Answer) -> None:
    assert result in differing(serve(edit, probes=("/", "/fragile")))[part]


@pytest.mark.parametrize(
    ("edit", "part", "result"),
    [
        pytest.param(built_with("another order"), "standard output", "two\none", id="order"),
        pytest.param(built_with("another stream"), "standard error", "two", id="stream"),
        pytest.param(built_with("another status"), "run", "ends with status 7", id="status"),
        pytest.param(built_with("a panic"), "run", "ends with status 2", id="panic"),
        pytest.param(built_with("without end"), "run", "until it is stopped", id="end"),
        pytest.param(built_with("another report"), "file /srv/spool/report", "nothing", id="report"),
        pytest.param(with_('"report", ', ""), "standard output", "[rates.txt]", id="arguments"),
        pytest.param(without(" /srv/app/rates.txt"), "standard error", "no such file", id="file"),
        pytest.param(without("TZ=Asia/Tokyo"), "standard output", "", id="zone"),
        pytest.param(without("/zoneinfo"), "standard output", "", id="zone-data"),
        pytest.param(given_to_root("/srv/spool"), "standard output", "permission denied", id="folder"),
        pytest.param(with_("USER 1000:1000", "USER 1001:1001"), "user", "1001:1001", id="user"),
        pytest.param(with_("go build", "go build -buildmode=pie"), "/srv/app/app", "the dynamic linker", id="linker"),
    ],
)
def test_a_job_that_does_something_else_differs(edit: Edit, part: str, result: str, work: Answer) -> None:
    assert result in differing(work(edit))[part]


def test_a_result_that_does_not_build_differs(work: Answer) -> None:
    found = work(added("COPY --from=build /nowhere /nowhere"))
    assert isinstance(found, Differs)
    assert found.evidence is None
    assert found.why.startswith("the result does not build: ")
    assert "/nowhere" in found.why


def test_what_nobody_looks_at_is_not_seen(serve: Answer) -> None:
    """The limits of what runs can show: UDP, what TLS hides, later times, unknown paths, what follows a mebibyte."""
    assert isinstance(serve(built_with("unseen"), probes=("/", "/large")), Verified)
