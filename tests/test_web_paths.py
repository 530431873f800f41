"""Paths that a server may answer to are found in its source."""

import pytest

from scratchify.analysis.analyse import analyse
from scratchify.analysis.web_paths import MOST, web_paths
from scratchify.context import MemoryContext
from scratchify.model import understand
from scratchify.settings import Settings
from scratchify.syntax import parse

DOCKERFILE = 'FROM golang:1.27\nWORKDIR /srv\nCOPY . .\nRUN CGO_ENABLED=0 go build -o app .\nCMD ["./app"]\n'


def found_in(*literals: str, **files: str) -> list[str]:
    strings = "\n".join(f"\tprintln({literal})" for literal in literals)
    main = f"package main\n\nfunc main() {{\n{strings}\n}}\n"
    context = MemoryContext({"go.mod": "module example.com/app\n", "main.go": main, **files})
    return [found.path for found in web_paths(analyse(understand(parse(DOCKERFILE)), context, Settings()))]


@pytest.mark.parametrize(
    "literal",
    [
        '"/"',
        '"healthz"',
        '"//cdn.example/x"',
        '"/orders/{id}"',
        '"/orders/:id"',
        '"/files/*path"',
        '"POST /orders"',
        '"/a b"',
        '"/a?b=c"',
        '"/etc/ssl/certs"',
        '"/tmp/cache"',
        '"/srv/app"',
        '"https://example.com/x"',
    ],
)
def test_what_is_no_path_to_ask_for_is_left_out(literal: str) -> None:
    assert found_in(literal) == []


@pytest.mark.parametrize(
    ("literal", "path"),
    [
        ('"/healthz"', "/healthz"),
        ("`/healthz`", "/healthz"),
        ('"GET /orders"', "/orders"),
        ('"GET /orders/{$}"', "/orders/"),
        ('"/static/css/site.css"', "/static/css/site.css"),
        ('"/v1/"', "/v1/"),
    ],
)
def test_what_looks_like_a_path_of_an_address_is_asked_for(literal: str, path: str) -> None:
    assert found_in(literal) == [path]


def test_files_of_the_image_are_no_addresses() -> None:
    assert found_in('"/srv/rules.json"', '"/rules"', **{"rules.json": "{}"}) == ["/rules"]


def test_vendored_packages_do_not_count() -> None:
    vendored = {"vendor/example.com/lib/lib.go": 'package lib\n\nconst Path = "/lib"\n'}
    assert found_in('"/own"', **vendored) == ["/own"]


def test_a_dozen_is_enough() -> None:
    assert len(found_in(*(f'"/page{number}"' for number in range(40)))) == MOST
