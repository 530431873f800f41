"""What a Dockerfile means: typed instructions, stages, variables, and what holds at each instruction."""

from collections.abc import Sequence

import pytest
from hypothesis import given

from scratchify.errors import InvalidDockerfile
from scratchify.model import (
    Add,
    Build,
    Cmd,
    CommandLine,
    Copy,
    Entrypoint,
    Env,
    Expose,
    Healthcheck,
    Label,
    Maintainer,
    Onbuild,
    Run,
    Shell,
    Stage,
    State,
    StopSignal,
    Typed,
    User,
    Volume,
    Workdir,
    container_command,
    states,
    understand,
)
from scratchify.model.build import MAX_LINE
from scratchify.syntax import parse
from tests.dockerfile_text import any_text


def build_of(text: str) -> Build:
    return understand(parse(text))


def only(line: str, head: str = "FROM a\n") -> Typed:
    """Return the meaning of one instruction."""
    (found,) = build_of(head + line).stages[-1].instructions
    return found


def end(text: str) -> State:
    build = build_of(text)
    return [*states(build, build.stages[-1])][-1]


# ---- typed instructions


@pytest.mark.parametrize(
    ("line", "is_exec_form", "words"),
    [
        ("a b", False, ("a b",)),
        ('["a", "b c"]', True, ("a", "b c")),
        ("[]", True, ()),
        ("", False, ()),
        ("['a']", False, ("['a']",)),
        ('["a"] b', False, ('["a"] b',)),
        ("a \\\n  b", False, ("a   b",)),
    ],
)
@pytest.mark.parametrize("keyword", ["RUN", "CMD", "ENTRYPOINT"])
def test_commands_are_exec_form_or_a_text(keyword: str, line: str, is_exec_form: bool, words: tuple[str, ...]) -> None:
    found = only(f"{keyword} {line}")
    assert isinstance(found, Run | Cmd | Entrypoint)
    assert found.command == CommandLine(is_exec_form, words)
    assert found.command.text == (words[0] if words else "")


@pytest.mark.parametrize(
    ("line", "pairs", "is_legacy"),
    [
        ("a=b", [("a", "b")], False),
        ("a=b c='d e' f=", [("a", "b"), ("c", "'d e'"), ("f", "")], False),
        ("a=b=c", [("a", "b=c")], False),
        ("a b=c d", [("a", "b=c d")], True),
        ("a  'b' ", [("a", "'b'")], True),
        ("a \\\n b", [("a", "b")], True),
    ],
)
def test_env_has_pairs(line: str, pairs: list[tuple[str, str]], is_legacy: bool) -> None:
    found = only("ENV " + line)
    assert isinstance(found, Env)
    assert [(pair.name, pair.value) for pair in found.pairs] == pairs
    assert found.is_legacy is is_legacy


def test_pairs_have_their_places() -> None:
    text = "FROM a\nLABEL a=b \\\n c='d e'\nENV f g h\n"
    label, env = build_of(text).stages[0].instructions
    assert isinstance(label, Label)
    assert isinstance(env, Env)
    assert [pair.span.of(text) for pair in (*label.pairs, *env.pairs)] == ["a=b", "c='d e'", "f g h"]


@pytest.mark.parametrize(
    ("line", "sources", "target"),
    [
        ("a b", ("a",), "b"),
        ('a "b c" d', ("a", '"b', 'c"'), "d"),
        ('["a b", "c"]', ("a b",), "c"),
        ("--chown=1:2 a b c/", ("a", "b"), "c/"),
        ("<<E a b\nE", ("a",), "b"),
    ],
)
@pytest.mark.parametrize("keyword", ["COPY", "ADD"])
def test_copies_have_sources_and_a_target(keyword: str, line: str, sources: tuple[str, ...], target: str) -> None:
    found = only(f"{keyword} {line}")
    assert isinstance(found, Copy | Add)
    assert (found.sources, found.target) == (sources, target)


def test_the_heredocs_of_a_copy_are_its_contents() -> None:
    found = only("COPY <<-A b <<'C' /d\n\tx\n\tA\ny\nC\n")
    assert isinstance(found, Copy)
    assert [(heredoc.name, heredoc.chomp, heredoc.expand) for heredoc in found.contents] == [
        ("A", True, True),
        ("C", False, False),
    ]
    assert found.sources == ("b",)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("NONE", None),
        ("none", None),
        ('CMD ["a", "b"]', CommandLine(True, ("a", "b"))),
        ("--interval=1m30s --retries=3 cmd  a | b", CommandLine(False, ("a | b",))),
        ("--timeout=1.5s --start-period=0 --start-interval=10ms CMD a", CommandLine(False, ("a",))),
    ],
)
def test_a_health_check_has_a_command_or_none(line: str, expected: CommandLine | None) -> None:
    found = only("HEALTHCHECK " + line)
    assert isinstance(found, Healthcheck)
    assert found.command == expected


def test_plain_instructions_keep_their_text() -> None:
    text = "FROM a\nUSER  b:c \nWORKDIR /d e\nSTOPSIGNAL 9\nMAINTAINER f g\nEXPOSE 1 2/udp\nVOLUME /h /i\n"
    text += 'VOLUME [" /j k "]\nSHELL ["l", "-c"]\nONBUILD RUN m\n'
    found = build_of(text).stages[0].instructions
    assert [type(one) for one in found] == [
        User,
        Workdir,
        StopSignal,
        Maintainer,
        Expose,
        Volume,
        Volume,
        Shell,
        Onbuild,
    ]
    match found:
        case (
            User(user=user),
            Workdir(path=path),
            StopSignal(signal=signal),
            Maintainer(name=name),
            Expose(ports=ports),
            *rest,
        ):
            assert (user, path, signal, name, ports) == ("b:c", "/d e", "9", "f g", ("1", "2/udp"))
        case _:
            pytest.fail("other instructions")
    match rest:
        case (Volume(paths=first), Volume(paths=second), Shell(words=words), Onbuild(trigger=Run(command=command))):
            assert (first, second, words, command.text) == (("/h", "/i"), ("/j k",), ("l", "-c"), "m")
        case _:
            pytest.fail("other instructions")


# ---- what BuildKit refuses


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", 1),
        ("# a\n", 1),
        ("ARG a\n", 1),
        ("\nRUN a\n", 2),
        ("ARG a\nENV b=c\nFROM d\n", 2),
        ("# syntax=a\n# syntax=b\nFROM c\n", 2),
        ("# escape=x\nFROM a\n", 1),
        ("FROM\n", 1),
        ("FROM a b\n", 1),
        ("FROM a AS\n", 1),
        ("FROM a IS b\n", 1),
        ("FROM a AS 1b\n", 1),
        ("FROM a AS b/c\n", 1),
        ("FROM a AS b c\n", 1),
        *(
            (f"FROM a\n{line}\n", 2)
            for line in (
                *("a", "&& b", "RUN\u00a0a", '\u017fHELL ["a"]', "RUN [1]", 'CMD ["a", null]', "RUN <<E\na"),
                *("ENV", "ENV a", "ENV a=b c", "ENV =a", "LABEL", "LABEL a=b =c", "ARG", "ARG =a"),
                *(
                    "COPY a",
                    "COPY",
                    'COPY ["a"]',
                    "COPY a <<E\nE",
                    'COPY ["<<E", "a"]',
                    "COPY <<E 'a",
                    "ADD a",
                    "SHELL",
                    "SHELL a",
                    "SHELL []",
                ),
                *("EXPOSE", "VOLUME", "VOLUME []", 'VOLUME [""]', "USER", "WORKDIR", "STOPSIGNAL", "MAINTAINER"),
                *("HEALTHCHECK", "HEALTHCHECK a", "HEALTHCHECK CMD", "HEALTHCHECK NONE a", "HEALTHCHECK CMD\u00a0a"),
                *("ONBUILD", "ONBUILD ONBUILD RUN a", "ONBUILD FROM a", "ONBUILD MAINTAINER a", "ONBUILD RUN [1]"),
                *(
                    "RUN --from=a b",
                    "COPY --From=a b c",
                    "COPY --from b c",
                    "COPY --from=a --from=b c d",
                    "ADD --from=a b c",
                ),
                *(
                    "COPY --link=maybe a b",
                    "COPY --link= a b",
                    "WORKDIR --a b",
                    "RUN --network=a b",
                    "RUN --security=a b",
                ),
                *(
                    "HEALTHCHECK --interval=1 CMD a",
                    "HEALTHCHECK --retries=-1 CMD a",
                    "COPY --chown=\u00e9 a b",
                    "ENV --a b=c",
                ),
            )
        ),
        ("FROM a\nRUN b \\\n\n c\nUSER\n", 5),
    ],
)
def test_what_buildkit_refuses_is_no_dockerfile(text: str, line: int) -> None:
    with pytest.raises(InvalidDockerfile) as error:
        build_of(text)
    assert error.value.line == line
    assert error.value.message


@pytest.mark.parametrize(
    "text",
    [
        "FROM a",
        "\\\n from a",
        "ARG a\nARG b=$a\nFROM ${b}",
        "FROM --platform=$BUILDPLATFORM a AS B-1_2.c",
        "FROM a\nRUN",
        "FROM a\nRUN --mount=type=cache,target=/b --mount=type=ssh --network=none --security=insecure c",
        "FROM a\nCOPY --link --parents=false --exclude=b --exclude=c --from=d --chmod=1 e f",
        "FROM a\nADD --checksum=b --keep-git-dir=TRUE --unpack c d",
        "FROM a\nSTOPSIGNAL --b c",
        "FROM a\nARG --b c",
        "FROM a\nRUN \u00a0\u00e9",
        "FROM a AS b\nFROM c AS b",
        "# check=error=true\n# escape=`\n# syntax=a\nFROM a",
    ],
)
def test_what_buildkit_takes_is_a_dockerfile(text: str) -> None:
    assert build_of(text).stages


@given(any_text())
def test_any_text_is_understood_or_refused_with_a_place(text: str) -> None:
    build: Build | InvalidDockerfile
    try:
        build = build_of(text)
    except InvalidDockerfile as error:
        build = error
    if isinstance(build, InvalidDockerfile):
        assert 1 <= build.line <= text.count("\n") + 1
        assert len(build.excerpt().split("\n")) == 2
        return
    for stage in build.stages:
        assert len([*states(build, stage)]) == len(stage.instructions) + 1
        container_command(build, stage)


@pytest.mark.parametrize("end_of_line", ["\n", ""])
@pytest.mark.parametrize(("character", "width"), [("a", 1), ("\u00e9", 2), ("\U0001f600", 4), ("\udcff", 1)])
def test_a_line_has_at_most_65535_bytes(character: str, width: int, end_of_line: str) -> None:
    count, rest = divmod(MAX_LINE - len("RUN "), width)
    longest = "RUN " + character * count + "b" * rest
    assert build_of("FROM a\n" + longest + end_of_line).stages
    with pytest.raises(InvalidDockerfile) as error:
        build_of("FROM a\n" + longest + "b" + end_of_line)
    assert error.value.line == 2


def test_a_carriage_return_counts_as_a_byte_of_the_line() -> None:
    longest = "#" * MAX_LINE
    assert build_of(f"FROM a\n{longest}\n").stages
    with pytest.raises(InvalidDockerfile):
        build_of(f"FROM a\n{longest}\r\n")


# ---- stages


def test_stages_have_numbers_and_lower_case_names() -> None:
    build = build_of("FROM a AS One\nRUN b\nfrom --platform=linux/amd64 c\nfrom One as two\nUSER d\nUSER e\n")
    assert [(stage.index, stage.name, stage.start.image) for stage in build.stages] == [
        (0, "one", "a"),
        (1, None, "c"),
        (2, "two", "One"),
    ]
    assert [len(stage.instructions) for stage in build.stages] == [1, 0, 2]
    assert build.stages[1].start.platform == "linux/amd64"
    assert [one.user for one in build.stages[2].of(User)] == ["d", "e"]


@pytest.mark.parametrize(
    ("text", "parent"),
    [
        ("FROM a AS a", None),
        ("FROM a AS b\nFROM c", None),
        ("FROM a\nFROM 0", None),
        ("FROM a AS b\nFROM b:latest", None),
        ("FROM a AS b\nFROM B", 0),
        ("FROM a AS b\nFROM c AS b\nFROM b", 1),
        ("ARG x=b\nFROM a AS b\nFROM $x", 0),
        ("ARG x=B\nFROM a AS b\nFROM ${x:-c}", 0),
    ],
)
def test_a_stage_may_begin_from_an_earlier_one(text: str, parent: int | None) -> None:
    build = build_of(text)
    found = build.parent_of(build.stages[-1])
    assert (found.index if found else None) == parent


@pytest.mark.parametrize(
    ("text", "image"),
    [
        ("FROM a", "a"),
        ("ARG v=1\nFROM a:$v", "a:1"),
        ("ARG v=1\nARG w=${v}.2\nFROM a:$w", "a:1.2"),
        ("ARG v=1 w=$v.2\nFROM a:$w", "a:1.2"),
        ("ARG v=1\nARG v=2\nFROM a:$v", "a:2"),
        ("ARG v=1\nARG v\nFROM a:$v", "a:1"),
        ("ARG v\nFROM a:${v:-3}", "a:3"),
        ("ARG v='1 '\nFROM a:${v%?}", "a:1"),
        ("ARG v\nFROM $v", ""),
        ("ARG v\nFROM ${v:?no}", ""),
        ("ARG v='\nFROM a$v", "a"),
        ("FROM a AS b\nARG v=1\nFROM c$v", "c"),
        ("# escape=`\nARG v=`$\nFROM a$v", "a$"),
    ],
)
def test_from_expands_global_arguments(text: str, image: str) -> None:
    build = build_of(text)
    assert build.image_of(build.stages[-1]) == image


# ---- variables


@pytest.mark.parametrize(
    ("lines", "text", "expected"),
    [
        ("", "$a", ""),
        ("ENV a=1", "$a", "1"),
        ("ENV a=1\nENV a=2$a", "$a", "21"),
        ("ENV a=1\nENV a=2 b=$a", "$b", "1"),
        ("ENV a 1 2  3", "$a", "1 2  3"),
        ("ENV a '1 2'", "$a", "1 2"),
        ("ENV a='1 2' b=\"$a\" c=\\$a", "$c", "$a"),
        ("ENV a=1\nENV b$a=2", "$b1", "2"),
        ("ARG a", "${a:-none}", "none"),
        ("ARG a=1", "$a", "1"),
        ("ARG a=1 b=$a", "$b", "1"),
        ("ARG a=1\nARG a", "$a", "1"),
        ("ARG a=1\nENV a=2", "$a", "2"),
        ("ARG a=1\nENV a=$a.2", "$a", "1.2"),
        ("ENV a=\nARG b=2", "${a:-x}${a-y}${b:+z}", "xz"),
        ("ENV p=/a/b.c", "${p##*/}|${p%.*}|${p/b/x}|${p//\\//-}", "b.c|/a/b|/a/x.c|-a-b.c"),
    ],
)
def test_variables_hold_what_env_and_arg_gave_them(lines: str, text: str, expected: str) -> None:
    assert end(f"FROM scratch\n{lines}\n").expand(text).text == expected


@pytest.mark.parametrize(
    ("head", "lines", "text", "expected"),
    [
        ("ARG a=1", "", "$a", ""),
        ("ARG a", "ARG a", "$a", ""),
        ("ARG a='", "ARG a", "$a", ""),
        ("ARG a=1", "ARG a", "$a", "1"),
        ("ARG a=1", "ARG a=2", "$a", "2"),
        ("ARG a=1\nARG b=$a", "ARG b", "$a$b", "1"),
        ("ARG a=1", "ARG b=$a\nARG a", "$b.$a", ".1"),
    ],
)
def test_a_global_argument_is_seen_where_it_is_declared_again(head: str, lines: str, text: str, expected: str) -> None:
    assert end(f"{head}\nFROM scratch\n{lines}\n").expand(text).text == expected


def test_a_stage_inherits_the_variables_of_the_one_it_begins_from() -> None:
    state = end('FROM golang:1.22 AS a\nENV b=1\nARG c=2\nWORKDIR d\nUSER e\nSHELL ["f"]\nFROM a\nENV g=$b$c\n')
    assert (state.variables["g"], state.workdir, state.user, state.shell) == ("12", "/go/d", "e", ("f",))
    assert "b" in state.inherited
    assert "g" not in state.inherited


def test_a_stage_of_its_own_inherits_nothing() -> None:
    state = end("FROM golang:1.22 AS a\nENV b=1\nARG c=2\nWORKDIR d\nUSER e\nFROM scratch\n")
    assert (state.expand("$b$c").text, state.workdir, state.user, state.shell) == ("", "/", "", ("/bin/sh", "-c"))
    assert set(state.env) == {"PATH"}


def test_a_text_that_cannot_be_expanded_stays() -> None:
    assert end("FROM scratch\n").expand("${a:?b}").text == "${a:?b}"


@pytest.mark.parametrize(
    ("lines", "text", "expected"),
    [
        ("", "$a", set()),
        ("ENV a=1", "$a", set()),
        ("ARG a=1", "b", set()),
        ("ARG a=1", "'$a'", set()),
        ("ARG a=1\nENV a=2", "$a", set()),
        ("ARG a=1", "$a", {"a"}),
        ("ARG a", "${a:-b}", {"a"}),
        ("ARG a=1 b=2", "$a$b", {"a", "b"}),
        ("ARG a=1\nENV b=$a", "$b", {"a"}),
        ("ARG a=1\nENV a=$a", "$a", {"a"}),
        ("ARG a=1\nENV b=$a\nENV c=$b", "$c", {"a"}),
        ("ARG a=1\nENV b=$a\nENV b=2", "$b", set()),
        ("ENV a=1\nARG a=2", "$a", {"a"}),  # builders differ here: BuildKit's RUN sees 2 today, others 1
    ],
)
def test_the_build_arguments_behind_a_text_are_known(lines: str, text: str, expected: set[str]) -> None:
    assert end(f"FROM scratch\n{lines}\n").arguments_in(text) == expected


# ---- what holds at each instruction


@pytest.mark.parametrize(
    ("lines", "workdir"),
    [
        ("", "/go"),
        ("WORKDIR /", "/"),
        ("WORKDIR /a/", "/a"),
        ("WORKDIR //a//b/../c", "/a/c"),
        ("WORKDIR a", "/go/a"),
        ("WORKDIR a\nWORKDIR b", "/go/a/b"),
        ("WORKDIR ../..", "/"),
        ("WORKDIR $GOPATH/src", "/go/src"),
        ("ARG d=/x\nWORKDIR ${d}/y", "/x/y"),
        ("WORKDIR $unset", "/go"),
        ("WORKDIR '/a b'", "/a b"),
        ('WORKDIR "/a"/b', "/a/b"),
    ],
)
def test_the_working_directory_follows_workdir(lines: str, workdir: str) -> None:
    assert end(f"FROM golang:1.22\n{lines}\n").workdir == workdir


@pytest.mark.parametrize(
    ("lines", "user"),
    [("", ""), ("USER a", "a"), ("USER a\nUSER 1:2", "1:2"), ("ENV u=b\nUSER $u", "b"), ("USER $none", "")],
)
def test_the_user_is_the_last_one_named(lines: str, user: str) -> None:
    assert end(f"FROM golang:1.22\n{lines}\n").user == user


def test_the_base_image_sets_variables() -> None:
    state = end("FROM mirror.example/library/golang:1.22@sha256:00\n")
    assert state.env["GOPATH"] == "/go"
    assert state.env["PATH"].startswith("/go/bin:/usr/local/go/bin:")
    assert state.inherited == state.env.keys()


def test_every_instruction_has_the_state_before_it() -> None:
    build = build_of("FROM scratch\nWORKDIR /a\nENV b=1\nUSER c\n")
    found = [*states(build, build.stages[0])]
    assert [state.workdir for state in found] == ["/", "/a", "/a", "/a"]
    assert ["b" in state.env for state in found] == [False, False, True, True]
    assert [state.user for state in found] == ["", "", "", "c"]


@pytest.mark.parametrize(
    ("workdir", "text", "path"),
    [
        ("/a", "b", "/a/b"),
        ("/a", "/b/", "/b"),
        ("/a", ".", "/a"),
        ("/a", "", "/a"),
        ("/a", "../../b", "/b"),
        ("/", "b", "/b"),
    ],
)
def test_a_path_counts_from_the_working_directory(workdir: str, text: str, path: str) -> None:
    assert end(f"FROM scratch\nWORKDIR {workdir}\n").path(text) == path


# ---- ENTRYPOINT and CMD (knowledge page, D.2)


Line = tuple[bool, Sequence[str]] | None


def shown(line: CommandLine | None) -> Line:
    return (line.is_exec_form, list(line.words)) if line else None


def command(text: str) -> tuple[Line, Line]:
    build = build_of(text)
    found = container_command(build, build.stages[-1])
    return shown(found.entrypoint), shown(found.cmd)


BASH: Line = (True, ["bash"])
APP: Line = (True, ["/app"])
FLAG: Line = (True, ["-x"])


@pytest.mark.parametrize(
    ("lines", "entrypoint", "cmd"),
    [
        ("", None, BASH),
        ('ENTRYPOINT ["/app"]', APP, None),
        ('CMD ["-x"]\nENTRYPOINT ["/app"]', APP, FLAG),
        ('ENTRYPOINT ["/app"]\nCMD ["-x"]', APP, FLAG),
        ("ENTRYPOINT /app", (False, ["/app"]), None),
        ('ENTRYPOINT ["/app"]\nCMD -x $Y', APP, (False, ["-x $Y"])),
        ("CMD []", None, None),
        ('CMD ["-x"]\nENTRYPOINT []', None, FLAG),
        ("ENTRYPOINT []", None, None),
        ("CMD ['/app']", None, (False, ["['/app']"])),
        ('CMD ["a"]\nCMD ["-x"]', None, FLAG),
        ('ENTRYPOINT ["a"]\nENTRYPOINT ["/app"]', APP, None),
        ('CMD []\nENTRYPOINT ["/app"]', APP, None),
        ("CMD", None, (False, [])),
        ('CMD ["-x"]\nENTRYPOINT', (False, []), FLAG),
    ],
)
def test_entrypoint_and_cmd_combine(lines: str, entrypoint: Line, cmd: Line) -> None:
    assert command(f"FROM golang:1.22-bookworm\n{lines}\n") == (entrypoint, cmd)


@pytest.mark.parametrize(
    ("first", "second", "entrypoint", "cmd"),
    [
        ('CMD ["-x"]', "", None, FLAG),
        ('ENTRYPOINT ["/app"]\nCMD ["-x"]', "", APP, FLAG),
        ('ENTRYPOINT ["/app"]', 'CMD ["-x"]', APP, FLAG),
        ('CMD ["-x"]', 'ENTRYPOINT ["/app"]', APP, None),
    ],
)
def test_a_stage_inherits_the_command_and_an_entrypoint_resets_it(
    first: str, second: str, entrypoint: Line, cmd: Line
) -> None:
    assert command(f"FROM scratch AS a\n{first}\nFROM a\n{second}\n") == (entrypoint, cmd)


def test_an_inherited_command_has_no_instruction() -> None:
    build = build_of('FROM scratch AS a\nCMD ["b"]\nFROM a\nENTRYPOINT ["c"]\nCMD ["d"]\nFROM a\n')
    own, inherited = (container_command(build, stage) for stage in build.stages[1:])
    assert own.entrypoint_at is build.stages[1].instructions[0]
    assert own.cmd_at is build.stages[1].instructions[1]
    assert (inherited.entrypoint_at, inherited.cmd_at) == (None, None)


def test_a_stage_of_an_unknown_image_has_no_command() -> None:
    build = build_of("FROM house.example/own:1\n")
    stage: Stage = build.stages[0]
    assert container_command(build, stage).cmd is None
