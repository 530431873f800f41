"""The tree keeps every byte, and its instructions are BuildKit's."""

from collections.abc import Iterator
from dataclasses import dataclass
from json import JSONDecoder
from pathlib import Path

import pytest
from hypothesis import given, settings

from scratchify.source import line_starts, position
from scratchify.syntax import Comment, Directive, Document, Instruction, parse
from scratchify.syntax.exec_form import NotOnlyStrings, exec_form
from scratchify.syntax.parser import trigger
from scratchify.syntax.shell_words import BadSubstitution, expand, references
from scratchify.syntax.white_space import SPACE
from scratchify.syntax.words import plain_words, quoted_words
from tests.buildkit import BuildKit, Parsed, can_be_asked
from tests.dockerfile_text import any_text, dockerfiles

FIXTURES = Path(__file__).parent.parent / "fixtures"
DOCKERFILES = sorted(path for path in FIXTURES.rglob("*Dockerfile") if path.is_file())

AS_ONE_TEXT = frozenset({"USER", "WORKDIR", "STOPSIGNAL", "MAINTAINER"})
AS_COMMAND = frozenset({"RUN", "CMD", "ENTRYPOINT", "SHELL"})
AS_PATHS = frozenset({"COPY", "ADD", "VOLUME"})
AS_WORDS = frozenset({"FROM", "EXPOSE"})
AS_PAIRS = frozenset({"ENV", "LABEL"})


@pytest.fixture(scope="module")
def buildkit() -> Iterator[BuildKit]:
    parser = BuildKit()
    yield parser
    parser.close()


def values(instruction: Instruction, escape: str) -> tuple[bool, tuple[str, ...]] | None:
    """Return whether this is an exec form, and the words as BuildKit's parser lists them; None where it lists none."""
    text = instruction.argument_text
    words = exec_form(text) if instruction.name in AS_COMMAND | AS_PATHS else None
    if words is not None:
        return True, words
    if instruction.name in AS_ONE_TEXT | AS_COMMAND:
        return False, (text,) if text else ()
    if instruction.name in AS_PATHS | AS_WORDS:
        return False, tuple(word.text for word in plain_words(instruction))
    found = quoted_words(instruction, escape)
    if instruction.name == "ARG":
        return False, tuple(word.text for word in found)
    if instruction.name in AS_PAIRS and found and "=" in found[0].text:
        return False, tuple(part for word in found for part in word.text.partition("=")[::2])
    return None


def is_read_otherwise_today(document: Document, instruction: Instruction) -> bool:
    """
    Say where v0.12 is not what BuildKit is now, or breaks characters.

    Flags are read byte by byte, then and now (split_command.go), and their escape token was always the backslash. What
    stands behind a JSON array was left out; today it makes the whole shell form (line_parsers.go, parseJSON).
    """
    flags = instruction.line.text[len(instruction.keyword) : instruction.arguments]
    if flags.strip(SPACE) and (not flags.isascii() or (document.escape == "`" and set(flags) & {"`", "\\"})):
        return True
    text = instruction.argument_text
    try:
        _, end = JSONDecoder().raw_decode(text)
    except ValueError:
        return False
    return text.startswith("[") and end < len(text)


def assert_agreement(document: Document, expected: tuple[Parsed, ...]) -> None:
    found = list(document.instructions)
    assert [(one.keyword.upper(), one.first_line, one.last_line) for one in found] == [
        (one.keyword, one.first, one.last) for one in expected
    ]
    for ours, theirs in zip(found, expected, strict=True):
        assert tuple(flag.text for flag in ours.flags) == theirs.flags
        heredocs = tuple((one.name, one.descriptor, one.content(document.text)) for one in ours.heredocs)
        assert heredocs == theirs.heredocs
        if (own := values(ours, document.escape)) is not None:
            assert own == (theirs.is_json, theirs.values)


@given(any_text())
def test_any_text_has_a_tree_that_keeps_every_character(text: str) -> None:
    document = parse(text)
    assert document.text == text
    at = 1 if text.startswith("\ufeff") else 0
    for node in document.nodes:
        assert node.span.start == at
        assert node.span.end > at
        at = node.span.end
    assert at == len(text) or (text == "\ufeff" and not document.nodes)


@given(any_text())
def test_parts_of_an_instruction_lie_inside_it_and_say_what_the_source_says(text: str) -> None:
    for instruction in parse(text).instructions:
        assert instruction.span.contains(instruction.code)
        assert instruction.code.contains(instruction.keyword_span)
        for at, character in enumerate(instruction.line.text):
            assert text[instruction.line.origin(at)] == character
        for word in plain_words(instruction):
            assert instruction.code.contains(word.span)
        for flag in instruction.flags:
            assert instruction.code.contains(flag.span)
        for heredoc in instruction.heredocs:
            assert instruction.span.contains(heredoc.body)
        for comment in instruction.comments:
            assert comment.of(text).lstrip(SPACE).startswith("#")


@given(any_text())
def test_line_numbers_of_instructions_are_those_of_their_spans(text: str) -> None:
    for instruction in parse(text).instructions:
        assert instruction.first_line == position(text, instruction.span.start).line
        assert instruction.last_line == position(text, instruction.span.end - 1).line


@settings(max_examples=400)
@given(text=dockerfiles())
def test_instructions_are_those_of_buildkit(buildkit: BuildKit, text: str) -> None:
    if not can_be_asked(text) or (expected := buildkit.parse(text)) is None:
        return
    document = parse(text)
    if not any(is_read_otherwise_today(document, one) for one in document.instructions):
        assert_agreement(document, expected)


@pytest.mark.parametrize("path", DOCKERFILES, ids=lambda path: path.relative_to(FIXTURES).as_posix())
def test_dockerfiles_of_the_fixtures_are_read_as_buildkit_reads_them(buildkit: BuildKit, path: Path) -> None:
    text = path.read_bytes().decode("utf-8", "surrogateescape")
    assert can_be_asked(text)
    expected = buildkit.parse(text)
    assert expected
    assert_agreement(parse(text), expected)


@dataclass(frozen=True, slots=True)
class Case:
    """A text, and the instructions that BuildKit finds in it: keyword, first and last line, arguments."""

    text: str
    instructions: list[tuple[str, int, int, str]]


TRICKY = {
    "empty line in a continuation": Case("RUN a \\\n\n b\nUSER c\n", [("RUN", 1, 3, "a  b"), ("USER", 4, 4, "c")]),
    "comment in a continuation": Case("RUN a \\\n# b \\\n  c", [("RUN", 1, 3, "a   c")]),
    "blank behind the escape token": Case("RUN a \\ \t\n b", [("RUN", 1, 2, "a  b")]),
    "carriage return behind the escape token": Case("RUN a \\\r\n b\r\n", [("RUN", 1, 2, "a  b")]),
    "form feed behind the escape token": Case("RUN a \\\f\nUSER b", [("RUN", 1, 1, "a \\"), ("USER", 2, 2, "b")]),
    "escape token escaped": Case("RUN a \\\\\nUSER b", [("RUN", 1, 1, "a \\\\"), ("USER", 2, 2, "b")]),
    "escape token behind the keyword": Case("RUN\\\n a", [("RUN", 1, 2, "a")]),
    "keyword glued to the next line": Case("RUN\\\na", [("RUNA", 1, 2, "")]),
    "escape token alone above an instruction": Case("\\\n  FROM a", [("FROM", 1, 2, "a")]),
    "continuation at the end of the file": Case("RUN a \\", [("RUN", 1, 1, "a")]),
    "continuation into empty lines at the end": Case("RUN a \\\n\n# b\n", [("RUN", 1, 3, "a")]),
    "lower case": Case("from a\nrun b", [("FROM", 1, 1, "a"), ("RUN", 2, 2, "b")]),
    "indented": Case("  FROM a\n\tRUN b", [("FROM", 1, 1, "a"), ("RUN", 2, 2, "b")]),
    "form feed is no line end": Case("RUN a\fUSER b", [("RUN", 1, 1, "a\fUSER b")]),
    "line separator is no line end": Case("RUN a\u2028b", [("RUN", 1, 1, "a\u2028b")]),
    "lone carriage return is no line end": Case("RUN a\rUSER b\n", [("RUN", 1, 1, "a\rUSER b")]),
    "no-break space separates no keyword": Case("RUN\u00a0a", [("RUN\u00a0a", 1, 1, "")]),
    "no-break space before the arguments": Case("RUN \u00a0--a", [("RUN", 1, 1, "--a")]),
    "information separator is a character": Case("USER \x1ca", [("USER", 1, 1, "\x1ca")]),
    "escape directive": Case("# escape=`\nRUN a `\n b\\\nUSER c", [("RUN", 2, 3, "a  b\\"), ("USER", 4, 4, "c")]),
    "escape directive below a comment": Case(
        "# a\n# escape=`\nRUN a `\nUSER b", [("RUN", 3, 3, "a `"), ("USER", 4, 4, "b")]
    ),
    "escape directive below an empty line": Case("\n# escape=`\nRUN a `\nb", [("RUN", 3, 3, "a `"), ("B", 4, 4, "")]),
    "byte order mark": Case("\ufeff# escape=`\nRUN a `\n b", [("RUN", 2, 3, "a  b")]),
    "heredoc": Case("RUN <<E\nUSER a\n\nE\nUSER b", [("RUN", 1, 4, "<<E"), ("USER", 5, 5, "b")]),
    "two heredocs": Case("COPY <<A <<B /c\nB\nA\nA\nB\nRUN d", [("COPY", 1, 5, "<<A <<B /c"), ("RUN", 6, 6, "d")]),
    "heredoc with tabs": Case("RUN <<-E\n\tE\nRUN a", [("RUN", 1, 2, "<<-E"), ("RUN", 3, 3, "a")]),
    "heredoc ended by a line with carriage returns": Case(
        "RUN <<E\nE\r\r\nRUN a", [("RUN", 1, 2, "<<E"), ("RUN", 3, 3, "a")]
    ),
    "heredoc of a continued line": Case("RUN <<E \\\n a\nE\nRUN b", [("RUN", 1, 3, "<<E  a"), ("RUN", 4, 4, "b")]),
    "continuation in a heredoc": Case("RUN <<E\na \\\nE\nRUN b", [("RUN", 1, 3, "<<E"), ("RUN", 4, 4, "b")]),
    "heredoc in quotes is a word": Case("RUN '<<E'\nRUN a", [("RUN", 1, 1, "'<<E'"), ("RUN", 2, 2, "a")]),
    "here-string": Case("RUN a <<<E\nRUN b", [("RUN", 1, 1, "a <<<E"), ("RUN", 2, 2, "b")]),
    "heredoc of an exec form": Case('RUN ["<<E"]\nRUN b', [("RUN", 1, 1, '["<<E"]'), ("RUN", 2, 2, "b")]),
    "heredoc of an instruction that takes none": Case("CMD <<E\nRUN b", [("CMD", 1, 1, "<<E"), ("RUN", 2, 2, "b")]),
    "heredoc beside an open quote": Case("RUN a 'b <<E\nRUN b", [("RUN", 1, 1, "a 'b <<E"), ("RUN", 2, 2, "b")]),
    "arithmetic is taken for a heredoc": Case(
        "RUN a $((1 <<b))\nb))\nRUN c", [("RUN", 1, 2, "a $((1 <<b))"), ("RUN", 3, 3, "c")]
    ),
    "long s is no S": Case('\u017fhell ["a"]', [("\u017fhell", 1, 1, '["a"]')]),
}

BEYOND = {
    # directives.go, validDirectives
    "check directive above the escape directive": Case(
        "# check=skip=all\n# escape=`\nRUN a `\n b", [("RUN", 3, 4, "a  b")]
    ),
    # shell/lex.go, processPossibleHeredoc
    "blank before the heredoc's name": Case("RUN a << E\nb\nE\nRUN c", [("RUN", 1, 3, "a << E"), ("RUN", 4, 4, "c")]),
    "blank before a quoted name": Case("RUN a <<\t'E'\nb\nE\nRUN c", [("RUN", 1, 3, "a <<\t'E'"), ("RUN", 4, 4, "c")]),
    # parser.go, heredocCompoundDirectives
    "heredoc put off": Case("ONBUILD RUN <<E\nb\nE\nRUN c", [("ONBUILD", 1, 3, "RUN <<E"), ("RUN", 4, 4, "c")]),
    "heredoc put off, none": Case("ONBUILD CMD <<E\nRUN c", [("ONBUILD", 1, 1, "CMD <<E"), ("RUN", 2, 2, "c")]),
    # shell/lex.go, processDollar
    "prefix taken off beside a heredoc": Case(
        "RUN ${a#b} <<E\nE\nRUN c", [("RUN", 1, 2, "${a#b} <<E"), ("RUN", 3, 3, "c")]
    ),
    # shell/lex.go, processStopOn resets wordsBuffer, so that the first half of this word is lost
    "operand in a heredoc's name": Case("RUN <<E${a:-b}\nRUN c", [("RUN", 1, 1, "<<E${a:-b}"), ("RUN", 2, 2, "c")]),
    "undecodable bytes": Case("RUN a\udcff \\\n \udc80b", [("RUN", 1, 2, "a\udcff  \udc80b")]),
    "NUL": Case("RUN a\0b\nUSER c", [("RUN", 1, 1, "a\0b"), ("USER", 2, 2, "c")]),
    "line of more than 64 KiB": Case(
        "RUN " + "a" * 70_000 + "\nRUN b", [("RUN", 1, 1, "a" * 70_000), ("RUN", 2, 2, "b")]
    ),
}


def summary(document: Document) -> list[tuple[str, int, int, str]]:
    return [(one.name, one.first_line, one.last_line, one.argument_text) for one in document.instructions]


@pytest.mark.parametrize("case", [*TRICKY.values(), *BEYOND.values()], ids=[*TRICKY, *BEYOND])
def test_tricky_text_is_read_as_buildkit_reads_it(case: Case) -> None:
    assert summary(parse(case.text)) == case.instructions


@pytest.mark.parametrize("case", TRICKY.values(), ids=TRICKY)
def test_tricky_cases_are_what_the_compiled_parser_says(buildkit: BuildKit, case: Case) -> None:
    assert can_be_asked(case.text)
    expected = buildkit.parse(case.text)
    assert expected
    assert_agreement(parse(case.text), expected)


@pytest.mark.parametrize("case", BEYOND.values(), ids=BEYOND)
def test_cases_beyond_the_compiled_parser_are_not_put_to_it(case: Case) -> None:
    assert not can_be_asked(case.text)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("FROM a", []),
        ("# a\n# syntax=b", []),
        ("\n# syntax=b", []),
        ("# unknown=a\n# syntax=b", []),
        ("FROM a\n# syntax=b", []),
        ("# syntax =", []),
        ("#syntax=a", [("syntax", "a")]),
        ("  # SynTax  =  a b \r\n#escape=`\nFROM c", [("syntax", "a b"), ("escape", "`")]),
        ("# check=skip=all;error=true\n# syntax=b", [("check", "skip=all;error=true"), ("syntax", "b")]),
    ],
)
def test_directives_stand_above_everything_else(text: str, names: list[tuple[str, str]]) -> None:
    found = [(node.name, node.value) for node in parse(text).nodes if isinstance(node, Directive)]
    assert found == names


@pytest.mark.parametrize("text", ["RUN <<E\n# a\nE", "RUN a \\\n# b\n c", "RUN a # b"])
def test_a_hash_inside_an_instruction_is_no_comment_node(text: str) -> None:
    assert not [node for node in parse(text).nodes if isinstance(node, Comment)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("RUN <<E\na\nE", ("E", 0, True, False, "a\n", True)),
        ("RUN 3<<-'E F'\n\ta\n\tE F\n", ("E F", 3, False, True, "\ta\n", True)),
        ('COPY <<"E" /a\nE', ("E", 0, False, False, "", True)),
        ("RUN <<E\\ F\na\nE F", ("E F", 0, True, False, "a\n", True)),
        ("RUN <<E\na", ("E", 0, True, False, "a", False)),
        ("RUN <<E", ("E", 0, True, False, "", False)),
        ("RUN <<E\nE ", ("E", 0, True, False, "E ", False)),
        ("RUN <<$E\na\n$E", ("$E", 0, True, False, "a\n", True)),
    ],
)
def test_a_heredoc_has_its_name_and_body(text: str, expected: tuple[str, int, bool, bool, str, bool]) -> None:
    heredoc = next(parse(text).instructions).heredocs[0]
    found = (heredoc.name, heredoc.descriptor, heredoc.expand, heredoc.chomp, heredoc.content(text), heredoc.terminated)
    assert found == expected


@pytest.mark.parametrize(
    ("text", "flags", "rest"),
    [
        ("COPY a --from=b c", [], "a --from=b c"),
        ("COPY - a", [], "- a"),
        ("COPY -- --from=a b", [], "--from=a b"),
        ("COPY --from=a b c", [("from", "a")], "b c"),
        ("COPY --link --chown=1:2  b c", [("link", None), ("chown", "1:2")], "b c"),
        ('COPY --from="a b" c d', [("from", "a b")], "c d"),
        ("COPY --from=a\\ b c d", [("from", "a b")], "c d"),
        ("COPY \\\n --from=a \\\n # b\n c d", [("from", "a")], "c d"),
        ("RUN --mount=type=cache,target=/a b", [("mount", "type=cache,target=/a")], "b"),
        ("COPY --From=a b c", [("From", "a")], "b c"),
    ],
)
def test_flags_stand_before_the_arguments(text: str, flags: list[tuple[str, str | None]], rest: str) -> None:
    instruction = next(parse(text).instructions)
    assert [(flag.name, flag.value) for flag in instruction.flags] == flags
    assert instruction.argument_text == rest


def test_the_last_flag_of_a_name_counts() -> None:
    instruction = next(parse("RUN --mount=a --mount=b c").instructions)
    assert instruction.flag("mount") == instruction.flags[1]
    assert instruction.flag("from") is None


@pytest.mark.parametrize(
    "text",
    [
        "a",
        "",
        "['a']",
        '["a",]',
        '["a"] b',
        '["a" "b"]',
        "[a]",
        "[NaN]",
        "[-Infinity]",
        "[1e999]",
        '["a\\q"]',
        '["a\tb"]',
        '"a"',
    ],
)
def test_what_only_looks_like_an_exec_form_is_shell_form(text: str) -> None:
    assert exec_form(text) is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[]", ()),
        ('["a"]', ("a",)),
        ('\u00a0[ "a" ,\t"b c" ]\r', ("a", "b c")),
        ('["\\u00e9\\n", "\\ud83d\\ude00"]', ("\u00e9\n", "\U0001f600")),
        ('["\\ud83d", "\udcff"]', ("\ufffd", "\ufffd")),
    ],
)
def test_an_exec_form_has_its_words(text: str, words: tuple[str, ...]) -> None:
    assert exec_form(text) == words


@pytest.mark.parametrize("text", ["[1]", '["a", null]', '[["a"]]', '["a", {}]', "[" * 2000 + "]" * 2000])
def test_an_array_of_anything_but_strings_is_refused(text: str) -> None:
    with pytest.raises(NotOnlyStrings):
        exec_form(text)


def test_what_onbuild_puts_off_has_its_places_in_the_source() -> None:
    text = "FROM a\nONBUILD \\\n  COPY --from=b \\\n c d\n"
    put_off = trigger(list(parse(text).instructions)[1], "\\")
    assert (put_off.name, put_off.argument_text, put_off.first_line, put_off.last_line) == ("COPY", "c d", 2, 4)
    assert put_off.keyword_span.of(text) == "COPY"
    assert put_off.flags[0].span.of(text) == "--from=b"
    assert [word.span.of(text) for word in plain_words(put_off)] == ["c", "d"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        (" a  b ", ["a", "b"]),
        ("a='b c' d", ["a='b c'", "d"]),
        ('a="b \\" c" d', ['a="b \\" c"', "d"]),
        ("a='b\\' c", ["a='b\\'", "c"]),
        ("a\\ b c", ["a\\ b", "c"]),
        ("a\u00a0b", ["a", "b"]),
        ("a='b c", ["a='b c"]),
        ("a b\\\\", ["a", "b\\\\"]),
    ],
)
def test_words_of_env_keep_their_quotes(text: str, words: list[str]) -> None:
    instruction = next(parse("ENV " + text).instructions)
    assert [word.text for word in quoted_words(instruction, "\\")] == words


VARIABLES = {"set": "value", "null": "", "path": "/usr/lib/libfoo.so.1", "star": "a*b", "\u00e9": "e"}

EXPANSIONS = [
    ("", ""),
    ("plain", "plain"),
    ("$set", "value"),
    ("${set}", "value"),
    ("$unset", ""),
    ("a${unset}b", "ab"),
    ("$setx", ""),
    ("$set.x", "value.x"),
    ("$\u00e9", "e"),
    ("$", "$"),
    ("a$", "a$"),
    ("$.", "$."),
    ("$$set", "set"),
    ("$1set", "set"),
    ("$10", ""),
    ("\\$set", "$set"),
    ("\\\\$set", "\\value"),
    ("'$set'", "$set"),
    ("'\\'", "\\"),
    ('"$set"', "value"),
    ('"\\$set"', "$set"),
    ('"a\\b"', "a\\b"),
    ("a\\b", "ab"),
    ('"it\'s"', "it's"),
    ("a b  c", "a b  c"),
    ("a\\", "a"),
    ("${set:-x}", "value"),
    ("${null:-x}", "x"),
    ("${unset:-x}", "x"),
    ("${set-x}", "value"),
    ("${null-x}", ""),
    ("${unset-x}", "x"),
    ("${set:+x}", "x"),
    ("${null:+x}", ""),
    ("${unset:+x}", ""),
    ("${set+x}", "x"),
    ("${null+x}", "x"),
    ("${unset+x}", ""),
    ("${set:?x}", "value"),
    ("${set?}", "value"),
    ("${null?x}", ""),
    ("${unset:-$set}", "value"),
    ("${unset:-${null:-y}}", "y"),
    ("${unset:-'a}b'}", "a}b"),
    ("${unset:-a\\}b}", "a}b"),
    ("${path#/}", "usr/lib/libfoo.so.1"),
    ("${path#*/}", "usr/lib/libfoo.so.1"),
    ("${path##*/}", "libfoo.so.1"),
    ("${path%/*}", "/usr/lib"),
    ("${path%%/*}", ""),
    ("${path%.?}", "/usr/lib/libfoo.so"),
    ("${path#x}", "/usr/lib/libfoo.so.1"),
    ("${path/lib/x}", "/usr/x/libfoo.so.1"),
    ("${path//lib/x}", "/usr/x/xfoo.so.1"),
    ("${path//\\//-}", "-usr-lib-libfoo.so.1"),
    ("${path/o*o/}", "/usr/lib/libf.1"),
    ("${star#a\\*}", "b"),
    ("${star/\\*/+}", "a+b"),
    ("${unset#x}", ""),
    ("a<b<<c", "a<b<<c"),
]


@pytest.mark.parametrize(("text", "expected"), EXPANSIONS)
def test_variables_are_replaced_as_buildkit_does(text: str, expected: str) -> None:
    assert expand(text, VARIABLES).text == expected


@pytest.mark.parametrize(
    "text",
    [
        *(
            "'a",
            '"a',
            "${",
            "${}",
            "${:-a}",
            "${{a}",
            "${set",
            "${set:-a",
            "${set:}",
            "${set!}",
            "${set:#a}",
            "${set:%a}",
        ),
        *("${unset?}", "${unset:?gone}", "${null:?gone}", "${set/a}", "${set/a/b", "${set#\\a}", '"${set"'),
    ],
)
def test_what_buildkit_cannot_expand_is_a_bad_substitution(text: str) -> None:
    with pytest.raises(BadSubstitution):
        expand(text, VARIABLES)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("\\$set", "\\value"), ("`$set", "$set"), ("a\\b", "a\\b"), ('"`$set"', "$set"), ("C:\\a`b", "C:\\ab")],
)
def test_the_escape_token_counts_in_expansion(text: str, expected: str) -> None:
    assert expand(text, VARIABLES, escape="`").text == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$unset", "$unset"),
        ("${unset}", "${unset}"),
        ("${unset:-a}", "${unset:-a}"),
        ("${unset#a}", "${unset#a}"),
        ("$set", "value"),
    ],
)
def test_unset_variables_stay_where_they_are_to_be_kept(text: str, expected: str) -> None:
    assert expand(text, VARIABLES, keep_unset=True).text == expected


@pytest.mark.parametrize("text", ["'a b'\\ \"c\\\\ \"", "\\$set", "a\\ b", "'\\'", '""'])
def test_quotes_and_escapes_stay_where_they_are_to_be_kept(text: str) -> None:
    assert expand(text, {}, raw_quotes=True, raw_escapes=True).text == text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (" a  b ", ("a", "b")),
        ("'a b' c", ("a b", "c")),
        ("a\\ b", ("a b",)),
        ("$two", ("x", "y")),
        ('"$two"', ("x y",)),
        ('""', ()),
        ("a\u00a0b", ("a", "b")),
        ("a\x1cb", ("a\x1cb",)),
        # lex.go: the operand's words share the buffer of the word that they stand in
        ("lost${none:-kept}", ("kept",)),
    ],
)
def test_expansion_splits_at_white_space_outside_quotes(text: str, words: tuple[str, ...]) -> None:
    assert expand(text, {"two": "x y"}).words == words


def test_references_are_the_names_that_are_looked_up() -> None:
    assert references("$a ${b:-$c} '$d' \\$e ${f/g/$h}") == {"a", "b", "c", "f", "h"}
    assert references("a") == frozenset()


def test_line_starts_count_line_feeds_only() -> None:
    assert line_starts("a\fb\r\nc\u2028d\n") == [0, 5]
