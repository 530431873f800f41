"""
Dockerfile text for property tests: what people write, what they should not have written, and what BuildKit refuses.

`dockerfiles()` stays within what BuildKit v0.12 and the present one read alike; `any_text()` knows no limits.
"""

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

KEYWORDS = (
    "ADD ARG CMD COPY ENTRYPOINT ENV EXPOSE FROM HEALTHCHECK LABEL MAINTAINER ONBUILD RUN SHELL STOPSIGNAL USER VOLUME "
    "WORKDIR"
).split()

FRAGMENTS = [
    *KEYWORDS,
    *(
        "\n",
        "\r\n",
        "\r",
        "\n\n",
        "\\\n",
        "`\n",
        "\\ \t\n",
        "\\\r\n",
        " ",
        "\t",
        "\f",
        "\v",
        "\x1c",
        "\x85",
        "\xa0",
        "\0",
    ),
    *("#", "# syntax=a", "# escape=`", "#escape = \\", "# check=skip=all", "\ufeff", "\u2028", "\u3000", "\udc80", "é"),
    *("<<EOF", "<<-EOF", "<< EOF", "3<<'E'", '<<"E F"', "<<<", "EOF", "\tEOF", "E", "<<", "$", "${", "}", "${a:-b}"),
    *('["a"]', '["a", 1]', "['a']", "[", "]", '"', "'", "\\", "`", "--from=a", "--", "-", "=", "a=b", "a", "b c"),
]

_LETTERS = st.text("abcxyz019./-_", min_size=1, max_size=6).filter(lambda text: not text.startswith("--"))
_BLANKS = st.sampled_from([" ", "  ", "\t", " \t "])
_ODD_BLANKS = st.sampled_from(["\xa0", "\f", "\v", "\x1c", "\x85", "\u3000", " \f "])
_VARIABLES = st.sampled_from(["$a", "${a}", "${a:-b}", "${a:+b}", "$", "$$", "${a#b}", "${a%%*}", "${a/b/c}"])
_QUOTED = st.sampled_from(['"a b"', "'a b'", '""', "''", '"a\\"b"', "'a\\'", '"$a"', "a'b c'd", '"it\'s"'])
_ODD = st.sampled_from(
    ["\\a", "a\\ b", "`", "\\\\", "é", "日本", "#", "<", "<<", "<<<", "a#b", "=", ",", "[", "]", "{", "\\"]
)
_WORDS = st.one_of(
    _LETTERS, _LETTERS, _VARIABLES, _QUOTED, _ODD, st.builds("{}={}".format, _LETTERS, _QUOTED | _LETTERS)
)

_JSON = st.sampled_from(
    [
        '["a"]',
        '["a", "b c"]',
        '[ "a" ,"b" ]',
        "[]",
        '["\\u00e9", "\\ud83d\\ude00", "\\ud83d"]',
        '["a\\nb", "\\"", "\\\\"]',
        '["a",]',
        "['a']",
        '["a"] b',
        '["a" "b"]',
        '["a", "b"',
        "[a]",
        "[NaN]",
        "[1e999]",
        '["a\\q"]',
    ]
)
_FLAGS = st.sampled_from(
    ["--from=a", "--chown=a:b", '--from="a b"', "--from='a'", "--a\\ b", "--link", "--platform=$P", "--x=--y"]
)

_HEREDOC_NAMES = st.sampled_from(["EOF", "E", "x.txt", "FROM"])
_HEREDOC_LINES = st.sampled_from(
    [
        "a",
        "",
        "# no comment",
        "RUN x \\",
        "\tEOF",
        " EOF",
        "EOF ",
        "<<EOF",
        "FROM b",
        "'",
        "$a ${b}",
        "\t\ta",
        "\f",
        "é",
        "\\",
    ]
)


@st.composite
def _heredoc(draw: DrawFn) -> tuple[str, list[str]]:
    """One here-document: its word, and its body with the line that ends it."""
    name = draw(_HEREDOC_NAMES)
    descriptor = draw(st.sampled_from(["", "", "3", "10"]))
    dash = draw(st.sampled_from(["", "-"]))
    quote = draw(st.sampled_from(["", "", '"', "'"]))
    body = [line for line in draw(st.lists(_HEREDOC_LINES, max_size=4)) if line.lstrip("\t") != name]
    return f"{descriptor}<<{dash}{quote}{name}{quote}", [
        *body,
        (dash and draw(st.sampled_from(["", "\t"])) + name) or name,
    ]


@st.composite
def _continued(draw: DrawFn, words: list[str], escape: str) -> list[str]:
    """Lay words out over one or more lines, with whatever may stand between them."""
    lines = [draw(st.sampled_from(["", "", " ", "\t"]))]
    for index, word in enumerate(words):
        lines[-1] += (draw(_BLANKS | _BLANKS | _ODD_BLANKS) if index else "") + word
        if index + 1 == len(words) or draw(st.integers(0, 3)):
            continue
        lines[-1] += draw(st.sampled_from([" ", ""])) + escape + draw(st.sampled_from(["", "", " ", "\t "]))
        between = st.sampled_from(["# comment", "  # comment " + escape, "", " \t", "#", "\f"])
        lines += draw(st.lists(between, max_size=2))
        lines.append(draw(st.sampled_from(["", "  ", "\t"])))
    return lines


@st.composite
def _instruction(draw: DrawFn, escape: str) -> list[str]:
    keyword = draw(st.sampled_from(KEYWORDS))
    words = [draw(st.sampled_from([keyword, keyword, keyword.lower(), keyword.title()]))]
    if keyword == "ONBUILD":
        words.append(draw(st.sampled_from(["RUN", "copy", "ENV", "CMD", "x"])))
    words += draw(st.lists(_FLAGS, max_size=2)) if draw(st.booleans()) else []
    if keyword == "HEALTHCHECK":
        words.append(draw(st.sampled_from(["CMD", "CMD", "cmd", "NONE", "x"])))
    if draw(st.integers(0, 3)) == 0:
        words.append(draw(_JSON))
    elif keyword in ("ENV", "LABEL") and draw(st.booleans()):
        words += draw(
            st.lists(st.builds("{}={}".format, _LETTERS, _QUOTED | _LETTERS | _VARIABLES), min_size=1, max_size=3)
        )
    else:
        words += draw(st.lists(_WORDS, max_size=4))
    bodies: list[str] = []
    if keyword in ("RUN", "COPY", "ADD") and draw(st.integers(0, 2)) == 0:
        for word, body in draw(st.lists(_heredoc(), min_size=1, max_size=2)):
            words.insert(draw(st.integers(1, len(words))), word)
            bodies += body
    return [*draw(_continued(words, escape)), *bodies]


@st.composite
def dockerfiles(draw: DrawFn) -> str:
    """Text of the shape of a Dockerfile; not every one is valid."""
    directives = draw(
        st.sampled_from([[], [], ["# syntax=docker/dockerfile:1"], ["# escape=`"], ["#escape=\\", "# Syntax = x"]])
    )
    escape = "`" if "# escape=`" in directives else "\\"
    lines = [*directives, *draw(st.sampled_from([[], ["FROM a"], ["FROM a AS b"]]))]
    for _ in range(draw(st.integers(1, 5))):
        lines += draw(st.lists(st.sampled_from(["", "# comment", "  # escape=`", " \t", "\f", "#"]), max_size=2))
        lines += draw(_instruction(escape))
    ends = draw(st.sampled_from([["\n"], ["\n"], ["\r\n"], ["\n", "\r\n"]]))
    text = "".join(line + draw(st.sampled_from(ends)) for line in lines)
    text = text.rstrip("\r\n") if draw(st.integers(0, 4)) == 0 else text
    return draw(st.sampled_from(["", "", "", "\ufeff"])) + text


def any_text() -> SearchStrategy[str]:
    """Any characters at all, those that stand for undecodable bytes among them, and heaps of meaningful pieces."""
    characters = st.characters(codec=None, categories=None)
    return st.one_of(st.lists(st.sampled_from(FRAGMENTS), max_size=30).map("".join), st.text(characters), dockerfiles())
