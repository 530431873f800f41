"""Shell text as simple commands, and what is not followed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scratchify.analysis.shell import (
    Braces,
    Conditional,
    NotFollowed,
    Pattern,
    SimpleCommand,
    Substitution,
    Unresolved,
    Variable,
    Word,
)
from scratchify.analysis.shell_reader import simple_commands


def commands(text: str) -> tuple[SimpleCommand, ...]:
    found = simple_commands(text)
    assert not isinstance(found, NotFollowed), found
    return found


def words(text: str) -> list[list[str | None]]:
    return [[word.literal for word in command.words] for command in commands(text)]


@pytest.mark.parametrize("text", ["", " ", "\n", "# a && b", "\n# a\n"])
def test_text_without_a_command_has_none(text: str) -> None:
    assert commands(text) == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a b", [["a", "b"]]),
        ("a && b; c\nd", [["a"], ["b"], ["c"], ["d"]]),
        ("a \\\n  && b", [["a"], ["b"]]),
        ("a # b\nc", [["a"], ["c"]]),
        ("a b#c", [["a", "b#c"]]),
        ("a 'b c' \"d e\" f\\ g", [["a", "b c", "d e", "f g"]]),
        ("a 'it'\"s\"", [["a", "its"]]),
        ('a "b\\"c\\$d\\e" \'\\n\'', [["a", 'b"c$d\\e', "\\n"]]),
        ('a "b\\\n c"', [["a", "b c"]]),
        ('a ""', [["a", ""]]),
        ("a \\> b", [["a", ">", "b"]]),
        ("\u00e9 '\u00fc' b", [["\u00e9", "\u00fc", "b"]]),
        ("a \udcff", [["a", "\udcff"]]),
    ],
)
def test_commands_that_run_one_after_the_other_are_read(text: str, expected: list[list[str]]) -> None:
    assert words(text) == expected


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("a || b", "fails"),
        ("a && b || c", "fails"),
        ("a & b", "background"),
        ("a | b", "pipe"),
        ("(a)", "subshell"),
        ("{ a; }", "group"),
        ("! a", "negated"),
        ("if a; then b; fi", "if"),
        ("for i in a; do b; done", "loop"),
        ("while a; do b; done", "loop"),
        ("case a in b) c;; esac", "case"),
        ("f() { a; }", "function"),
        ("[ a ] && b", "test"),
        ("a <<E\nb\nE", "here-document"),
        ("a <<< b", "here-string"),
        ("unset A", "unset"),
        ("declare A=1", "declare"),
        ("export -n A", "options"),
        ("< a b", "redirection"),
        ("> a", "redirection"),
        ("a &> b", "&>"),
        ("a >& b", ">&"),
        ("a 'b", "plain shell"),
        ("a &&", "plain shell"),
        ("a\r\nb", "white space"),
        ("a\fb", "white space"),
        ("a\\\nb", "next line"),
    ],
)
def test_what_is_not_followed_is_said(text: str, what: str) -> None:
    found = simple_commands(text)
    assert isinstance(found, NotFollowed)
    assert what in found.what


def test_what_is_not_followed_has_its_place() -> None:
    found = simple_commands("\u00e9 && (b)")
    assert isinstance(found, NotFollowed)
    assert found.start == 5


def test_a_command_has_its_place_in_characters() -> None:
    assert [command.start for command in commands("\u00e9\u00e9 a && A=1 b;  c")] == [0, 8, 16]


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("$A", Variable("A")),
        ("${A}", Variable("A")),
        ('"$A"', Variable("A")),
        ("${A:-b}", Conditional("${A:-b}", "A", ":-", Word((), ""))),
        ("${#A}", Unresolved("${#A}")),
        ("$(a)", Substitution("$(a)", ())),
        ("`a`", Substitution("`a`", ())),
        ("$((1+1))", Unresolved("$((1+1))")),
        ("*.go", Pattern("*.go")),
        ("~/a", Unresolved("~/a")),
        ("{a,b}", Braces("{a,b}")),
        ("$@", Variable("@")),
    ],
)
def test_what_only_a_shell_could_tell_is_unresolved(text: str, part: Variable | Unresolved) -> None:
    assert commands("a " + text)[0].words[1].parts == (part,)


@pytest.mark.parametrize("text", ["'$A'", "\\$A", '"\\$A"', "'*'", '"~"', "a~", "'`b`'", "'{a,b}'"])
def test_quotes_and_escapes_take_the_meaning_off(text: str) -> None:
    assert commands("a " + text)[0].words[1].literal is not None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$A", "x"),
        ("a$A'b'", "axb"),
        ('"$S"', "x y"),
        ("$S", None),
        ("a$S", None),
        ("$G", None),
        ('"$G"', "*.go"),
        ("$E", None),
        ('"$E"', ""),
        ("a$E", "a"),
        ("$U", None),
        ("$(a)", None),
    ],
)
def test_a_value_is_known_where_the_shell_makes_one_word_of_it(text: str, expected: str | None) -> None:
    variables = {"A": "x", "S": "x y", "E": "", "G": "*.go"}
    assert commands("a " + text)[0].words[1].value(variables) == expected


@pytest.mark.parametrize(
    ("text", "exports", "assigned"),
    [
        ("A=1 b", False, [("A", "1")]),
        ("A=1 B='x y' b", False, [("A", "1"), ("B", "x y")]),
        ("A=1", True, [("A", "1")]),
        ("A=1 B=2", True, [("A", "1"), ("B", "2")]),
        ("export A=1 B", True, [("A", "1")]),
        ("A=", True, [("A", "")]),
        ("A=$S", True, [("A", "x y")]),
        ("A=~/b", True, [("A", None)]),
        ("A=b:~/c", True, [("A", None)]),
        ("A+=1", True, [("A", None)]),
        ("A[0]=1", True, [("A[0]", None)]),
        ("A=(1 2)", True, [("A", None)]),
    ],
)
def test_assignments_are_read(text: str, exports: bool, assigned: list[tuple[str, str | None]]) -> None:
    command = commands(text)[0]
    assert command.exports is exports
    assert [(name, word.value({"S": "x y"})) for name, word in command.assignments] == assigned


@pytest.mark.parametrize(
    ("text", "writes"),
    [
        ("a", []),
        ("a < b", []),
        ("a 2>&1", []),
        ("a '>' b", []),
        ("a > b", ["b"]),
        ("a >> b", ["b"]),
        ("a >/dev/null 2>c", ["/dev/null", "c"]),
        ('a > "b c"', ["b c"]),
    ],
)
def test_where_output_goes_is_noted(text: str, writes: list[str]) -> None:
    assert [word.literal for word in commands(text)[0].writes] == writes


@given(st.lists(st.text("ab $\"'\\;&|<>(){}*~#\n\t=`!-/\u00e9\r", max_size=12)).map(" ".join))
def test_any_text_has_an_answer_with_places_inside_it(text: str) -> None:
    found = simple_commands(text)
    for place in [found] if isinstance(found, NotFollowed) else found:
        assert 0 <= place.start <= len(text)


@given(
    st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0\r\f\v\n"), min_size=1), min_size=1, max_size=4)
)
def test_words_in_single_quotes_come_out_as_they_are(given_words: list[str]) -> None:
    quoted = ["'" + word.replace("'", "'\\''") + "'" for word in given_words]
    assert words("a " + " ".join(quoted)) == [["a", *given_words]]
