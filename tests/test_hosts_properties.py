"""Whatever a Dockerfile says, however a file spells it: afterwards it says the new text, and nothing else changes."""

import ast
import inspect
import json
import string
import textwrap
from collections.abc import Callable
from pathlib import Path

from hypothesis import assume, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from scratchify.context import MemoryContext
from scratchify.errors import InvalidHost
from scratchify.hosts import host_of
from scratchify.hosts.compose import ComposeFile
from scratchify.hosts.dockerfiles import builds_go
from scratchify.hosts.hosted import Host
from scratchify.hosts.python import PythonSource
from scratchify.outcome import Rewritten
from scratchify.refactor import refactor

SOURCE = {"go.mod": "module example.com/app\n\ngo 1.22\n", "main.go": "package main\n\nfunc main() { println(1) }\n"}

odd = st.text(alphabet="ab'\"\\{}%$ é☕#:", max_size=12).map(str.rstrip)
spoken = st.lists(
    st.one_of(
        st.just(""),
        odd.map(lambda text: f"# {text}"),
        st.sampled_from(
            [
                'LABEL a="it\'s" b="" c="{x}"',
                'LABEL p=100% d=\'$$\' q="\\"\\"\\""',
                "EXPOSE 8080",
                "ENV GREETING=ciao",
                "RUN true && \\\n    true",
            ]
        ),
    ),
    max_size=5,
)


@st.composite
def dockerfiles(draw: st.DrawFn) -> str:
    """A Dockerfile that builds Go, with odd characters."""
    lines = ["FROM golang:1.22", "WORKDIR /app", *draw(spoken), "COPY . .", "RUN go build -o app .", *draw(spoken)]
    return "\n".join([*lines, 'CMD ["./app"]']) + draw(st.sampled_from(["", "\n"]))


@st.composite
def changed(draw: st.DrawFn, text: str) -> str:
    """Another text: lines added, taken away, moved and made longer, as a refactoring does."""
    lines = text.rstrip().split("\n")
    for _ in range(draw(st.integers(1, 5))):
        at = draw(st.integers(0, len(lines) - 1))
        match draw(st.sampled_from(["insert", "remove", "move", "longer"])):
            case "insert":
                lines[at + 1 : at + 1] = draw(spoken)
            case "remove" if at and lines[at].startswith(("#", "LABEL", "EXPOSE", "ENV")):
                del lines[at]
            case "move" if lines[at].startswith(("LABEL", "EXPOSE")):
                lines.append(lines.pop(at))
            case "longer" if lines[at].startswith("EXPOSE"):
                lines[at] += " 9090"
            case _:
                pass
    lines[0] += draw(st.sampled_from(["", " AS build"]))
    new = "\n".join(lines).rstrip() + text[len(text.rstrip()) :]
    assume(builds_go(new))
    return new


# ---- how a text is spelled


def triple(text: str, quote: str, prefix: str = "") -> str:
    body = text.replace("\\", "\\\\").replace(quote, "\\" + quote)
    if text.isascii() or "b" not in prefix:
        return f"{prefix}{quote * 3}{body}{quote * 3}"
    return f"{prefix}{quote * 3}" + "".join(c if c.isascii() else escaped(c) for c in body) + quote * 3


def escaped(character: str) -> str:
    return "".join(f"\\x{byte:02x}" for byte in character.encode())


def raw(text: str) -> str:
    assume('"""' not in text and not text.endswith(("\\", '"')))
    return f'r"""{text}"""'


def lines_of(text: str) -> list[str]:
    return text.splitlines(keepends=True)


def concatenated(text: str) -> str:
    return "(\n" + "".join(f"        {line!r}\n" for line in lines_of(text)) + "    )"


def chunks(text: str) -> str:
    return " ".join(repr(text[at : at + 17]) for at in range(0, len(text), 17))


def joined(text: str) -> str:
    return '"\\n".join([\n' + "".join(f"        {line!r},\n" for line in text.split("\n")) + "    ])"


def dedented(text: str) -> str:
    body = "".join(f"        {line}" if line.strip() else line for line in lines_of(text.replace("\\", "\\\\")))
    return (
        'dedent("""\\\n' + body.replace('"""', '\\"\\"\\"') + '    """)' if text.endswith("\n") else triple(text, '"')
    )


def cleaned(text: str) -> str:
    body = "".join(
        f"        {line}" if line.strip() else line for line in lines_of(text.strip("\n").replace("\\", "\\\\"))
    )
    return 'cleandoc("""\n' + body.replace('"', '\\"') + '\n    """)'


def formatted(text: str) -> str:
    return triple(text.replace("{", "{{").replace("}", "}}").replace("1.22", "{v}"), "'") + ".format(v='1.22')"


def percented(text: str) -> str:
    return triple(text.replace("%", "%%").replace("1.22", "%s"), '"') + " % ('1.22',)"


def templated(text: str) -> str:
    return "Template(" + triple(text.replace("$", "$$").replace("1.22", "${v}"), '"') + ").substitute(v='1.22')"


def f_string(text: str) -> str:
    return triple(text.replace("{", "{{").replace("}", "}}").replace("1.22", "{V}"), '"', "f")


SPELLINGS: list[Callable[[str], str]] = [
    lambda text: triple(text, '"'),
    lambda text: triple(text, "'"),
    lambda text: triple(text, '"', "b"),
    lambda text: triple("  " + text + " \n", '"') + ".strip()",
    repr,
    json.dumps,
    lambda text: repr(text.encode()),
    raw,
    concatenated,
    chunks,
    joined,
    lambda text: joined(text) + ' + "\\n"',
    dedented,
    cleaned,
    formatted,
    percented,
    templated,
    f_string,
]


def evaluated(file: str) -> str:
    names: dict[str, object] = {"dedent": textwrap.dedent, "cleandoc": inspect.cleandoc, "Template": string.Template}
    exec(compile(file, "file", "exec"), names)
    value = names["D"]
    return value.decode() if isinstance(value, bytes) else str(value)


@given(st.data(), dockerfiles(), st.sampled_from(SPELLINGS), st.sampled_from(["\n", "\r\n"]))
@settings(max_examples=300, deadline=None)
def test_a_literal_says_the_new_text_afterwards(
    data: st.DataObject, text: str, spell: Callable[[str], str], line_end: str
) -> None:
    before, after = "from string import Template\n\nV = '1.22'  # é\nif V:\n    D = ", '\n\n\nE = "\'"  # the end'
    file = (before + spell(text) + after).replace("\n", line_end)
    value = evaluated(file)
    host = PythonSource()
    (found,) = host.dockerfiles(file)
    assert found.text == value
    new = data.draw(changed(value))
    if spell is raw:
        raw(new)  # where there is such a literal
    result = host.put_back(file, 0, new)
    assert isinstance(result, str), result
    assert evaluated(result) == new
    assert result.startswith(before.replace("\n", line_end))
    assert result.endswith(after.replace("\n", line_end))
    assert result.count("\r\n") == (result.count("\n") if line_end == "\r\n" else 0)


@given(dockerfiles(), st.sampled_from(SPELLINGS))
@settings(max_examples=60, deadline=None)
def test_a_literal_says_what_the_plain_refactoring_gives(text: str, spell: Callable[[str], str]) -> None:
    file = f"from string import Template\nV = '1.22'\nD = {spell(text)}\n"
    outcome = refactor(evaluated(file), MemoryContext(SOURCE))
    assume(isinstance(outcome, Rewritten))
    assert isinstance(outcome, Rewritten)
    result = PythonSource().put_back(file, 0, outcome.text)
    assert isinstance(result, str), result
    assert evaluated(result) == outcome.text
    ast.parse(result)


# ---- compose


def block(text: str, indentation: str) -> str:
    header = "|" if text.endswith("\n") else "|-"
    body = "\n".join(indentation + line if line else line for line in text.removesuffix("\n").split("\n"))
    return f"{header}\n{body}"


def quoted(text: str, indentation: str) -> str:
    return json.dumps(text)


def folded(text: str, indentation: str) -> str:
    assume("\\\n" not in text and not any(line.startswith(" ") for line in text.split("\n")))
    header = ">" if text.endswith("\n") else ">-"
    lines = text.removesuffix("\n").split("\n")
    return f"{header}\n" + "\n\n".join(indentation + line if line else "" for line in lines)


def inline(file: str) -> str:
    value = YAML(typ="safe", pure=True).load(file)["services"]["api"]["build"]["dockerfile_inline"]
    assert isinstance(value, str)
    return value.replace("$$", "$")


def put_back(host: Host, file: str, new: str) -> str:
    result = host.put_back(file, 0, new)
    assert isinstance(result, str), result
    return result


@given(st.data(), dockerfiles(), st.sampled_from([block, quoted, folded]), st.sampled_from(["\n", "\r\n"]))
@settings(max_examples=150, deadline=None)
def test_a_scalar_says_the_new_text_afterwards(
    data: st.DataObject, text: str, spell: Callable[[str, str], str], line_end: str
) -> None:
    before = "# é\nservices:\n  api:\n    build:\n        context:   .\n        dockerfile_inline: "
    after = "\n    # the end\n    ports: [ 80 ]\n"
    file = (before + spell(text.replace("$", "$$"), " " * 10) + after).replace("\n", line_end)
    value = inline(file)
    host = ComposeFile()
    (found,) = host.dockerfiles(file)
    assert found.text == value
    new = data.draw(changed(value))
    if spell is folded:
        assume(not any(line.startswith(" ") for line in new.split("\n")))
    result = put_back(host, file, new)
    assert inline(result) == new
    assert result.startswith(before.replace("\n", line_end))
    assert result.endswith(after.replace("\n", line_end))


# ---- whatever is read


EMBEDDED = Path(__file__).parent / "embedded"
FILES = sorted(path for path in EMBEDDED.rglob("*.*") if path.suffix in (".py", ".yml", ".yaml"))
PIECES = [
    '"', "'", '"""', "\\", "\n", "\r", "{", "}", "{x}", "{}", "%", "%s", "$", "$$", "${X}", "f", "b", "r", "(", ")",
    "[", "]", ",", " ", "\t", "    ", "+", "#", "|", ">", "-", ":", "&a ", "*a", "é", "\ud800", "\0", "\\N{DASH}",
    "\\x", ".format(1)", " % 1", ".strip()", "FROM golang\n",
]  # fmt: skip


breaks = st.lists(st.tuples(st.floats(0, 1), st.sampled_from(PIECES), st.integers(0, 9)), min_size=1, max_size=4)


@given(st.sampled_from(FILES), breaks)
@settings(max_examples=400, deadline=None)
def test_a_broken_file_is_read_or_told_and_written_back_right_or_not_at_all(
    path: Path, changes: list[tuple[float, str, int]]
) -> None:
    text = path.read_text(encoding="utf-8")
    for where, piece, gone in changes:
        at = int(where * len(text))
        text = text[:at] + piece + text[at + gone :]
    host = host_of(path)
    try:
        found = host.dockerfiles(text)
    except InvalidHost:
        return
    for number, one in enumerate(found):
        new = one.text.replace("\nWORKDIR", "\nENV A=b\nWORKDIR")
        result = host.put_back(text, number, new)
        if isinstance(result, str):
            assert host.dockerfiles(result)[number].text == new


# ---- what is put in


def as_f_string(text: str) -> str:
    return triple(filled_in(text.replace("{", "{{").replace("}", "}}"), "{given['%s']}"), '"', "f")


def as_format(text: str) -> str:
    return triple(filled_in(text.replace("{", "{{").replace("}", "}}"), "{%s}"), '"') + ".format(**given)"


def as_percent(text: str) -> str:
    return triple(filled_in(text.replace("%", "%%"), "%%(%s)s"), "'") + " % given"


def as_template(text: str) -> str:
    return "Template(" + triple(filled_in(text.replace("$", "$$"), "${%s}"), '"') + ").substitute(given)"


def as_lines(text: str) -> str:
    rows = [filled_in(line.replace("{", "{{").replace("}", "}}"), '{given["%s"]}') for line in text.split("\n")]
    return "'\\n'.join([\n" + "".join(f"    f{escaped_row(row)},\n" for row in rows) + "])"


def escaped_row(row: str) -> str:
    return "'" + row.replace("\\", "\\\\").replace("'", "\\'") + "'"


def as_replaced(text: str) -> str:
    names = "".join(f".replace('@{name}@', given['{name}'])" for name in ("who", "port", "version"))
    return triple(text, '"') + names


def filled_in(text: str, form: str) -> str:
    for name in ("who", "port", "version"):
        text = text.replace(f"@{name}@", form % name)
    return text


words = st.text(alphabet="abc.-_019", min_size=1, max_size=8)


@given(
    dockerfiles(),
    st.sampled_from([as_f_string, as_format, as_percent, as_template, as_lines, as_replaced]),
    st.fixed_dictionaries({"who": words, "port": st.integers(1025, 65535).map(str), "version": words}),
)
@settings(max_examples=120, deadline=None)
def test_what_is_put_in_means_afterwards_what_it_meant_before(
    text: str, spell: Callable[[str], str], given_: dict[str, str]
) -> None:
    assume(spell is not as_replaced or "{x}" not in text)  # which looks like another placeholder
    text = text.replace("COPY", "# by @who@\nLABEL who=@who@ of=@version@\nEXPOSE @port@ 9090\nCOPY")
    text = text.replace("-o app", '-ldflags="-s -X main.version=@version@" -o app')
    file = f"from string import Template\nD = {spell(text)}\n"
    host = PythonSource()
    (found,) = host.dockerfiles(file)
    assert found.refused == ()
    outcome = refactor(found.text, MemoryContext(SOURCE))
    assume(isinstance(outcome, Rewritten))
    assert isinstance(outcome, Rewritten)
    result = put_back(host, file, outcome.text)

    def with_values(file: str) -> str:
        names: dict[str, object] = {"given": given_, "Template": string.Template}
        exec(compile(file, "file", "exec"), names)
        return str(names["D"])

    plain = refactor(with_values(file), MemoryContext(SOURCE))
    assert isinstance(plain, Rewritten)
    assert with_values(result) == plain.text
