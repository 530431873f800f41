"""
Typed instructions.

What BuildKit refuses raises InvalidDockerfile, with BuildKit's reason in our words
(moby/buildkit, frontend/dockerfile/instructions/parse.go).

https://docs.docker.com/reference/dockerfile/
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from scratchify.errors import InvalidDockerfile
from scratchify.model.flags import refused_flag
from scratchify.source import Span
from scratchify.syntax import Document, Heredoc, Instruction
from scratchify.syntax.exec_form import NotOnlyStrings, exec_form
from scratchify.syntax.heredocs import heredoc_start
from scratchify.syntax.parser import trigger
from scratchify.syntax.white_space import SPACE, WORD_BREAK
from scratchify.syntax.words import plain_words, quoted_words


@dataclass(frozen=True, slots=True)
class CommandLine:
    """What CMD, ENTRYPOINT, RUN and HEALTHCHECK run: an exec form's words, or one text for the shell."""

    is_exec_form: bool
    words: tuple[str, ...]

    @property
    def text(self) -> str:
        """The shell form's text."""
        return self.words[0] if self.words else ""


@dataclass(frozen=True, slots=True)
class Pair:
    """`name=value` as written in ENV, LABEL or ARG: the value unexpanded, None for an ARG without default."""

    name: str
    value: str | None
    span: Span


@dataclass(frozen=True, slots=True)
class From:
    syntax: Instruction
    image: str
    name: str | None
    platform: str | None


@dataclass(frozen=True, slots=True)
class Arg:
    syntax: Instruction
    pairs: tuple[Pair, ...]


@dataclass(frozen=True, slots=True)
class Env:
    """`is_legacy`: the form `ENV name value`, one pair to the end of the line."""

    syntax: Instruction
    pairs: tuple[Pair, ...]
    is_legacy: bool


@dataclass(frozen=True, slots=True)
class Label:
    syntax: Instruction
    pairs: tuple[Pair, ...]


@dataclass(frozen=True, slots=True)
class Run:
    syntax: Instruction
    command: CommandLine


@dataclass(frozen=True, slots=True)
class Cmd:
    syntax: Instruction
    command: CommandLine


@dataclass(frozen=True, slots=True)
class Entrypoint:
    syntax: Instruction
    command: CommandLine


@dataclass(frozen=True, slots=True)
class Shell:
    syntax: Instruction
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Copy:
    """`sources` and `target` unexpanded; `contents` are the heredocs among the sources."""

    syntax: Instruction
    sources: tuple[str, ...]
    contents: tuple[Heredoc, ...]
    target: str


@dataclass(frozen=True, slots=True)
class Add:
    """As Copy; archives are unpacked and addresses downloaded."""

    syntax: Instruction
    sources: tuple[str, ...]
    contents: tuple[Heredoc, ...]
    target: str


@dataclass(frozen=True, slots=True)
class Workdir:
    syntax: Instruction
    path: str


@dataclass(frozen=True, slots=True)
class User:
    syntax: Instruction
    user: str


@dataclass(frozen=True, slots=True)
class Expose:
    syntax: Instruction
    ports: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Volume:
    syntax: Instruction
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StopSignal:
    syntax: Instruction
    signal: str


@dataclass(frozen=True, slots=True)
class Maintainer:
    syntax: Instruction
    name: str


@dataclass(frozen=True, slots=True)
class Healthcheck:
    """`command` is None for HEALTHCHECK NONE."""

    syntax: Instruction
    command: CommandLine | None


@dataclass(frozen=True, slots=True)
class Onbuild:
    syntax: Instruction
    trigger: "Typed"


Typed = (
    From
    | Arg
    | Env
    | Label
    | Run
    | Cmd
    | Entrypoint
    | Shell
    | Copy
    | Add
    | Workdir
    | User
    | Expose
    | Volume
    | StopSignal
    | Maintainer
    | Healthcheck
    | Onbuild
)

_STAGE_NAME = re.compile(r"[a-z][a-z0-9-_.]*")
_WORD_BREAK = re.compile(WORD_BREAK)


class Refusal(Exception):
    """What is wrong with one instruction, and where; becomes an InvalidDockerfile."""

    def __init__(self, message: str, span: Span | None = None) -> None:
        super().__init__(message)
        self.span = span


def typed(document: Document, instruction: Instruction) -> Typed:
    """Return the instruction's meaning. Raises InvalidDockerfile."""
    try:
        return _typed(document, instruction)
    except NotOnlyStrings:
        message = f"{instruction.name}: a JSON array must hold strings only"
    except Refusal as refusal:
        raise InvalidDockerfile(str(refusal), document.text, refusal.span or instruction.code) from None
    raise InvalidDockerfile(message, document.text, instruction.code)


def _typed(document: Document, instruction: Instruction) -> Typed:
    read = _READERS.get(instruction.name)
    if not read:
        raise Refusal(f"unknown instruction: {instruction.keyword}")
    if refused := refused_flag(instruction):
        raise Refusal(*refused)
    if any(not heredoc.terminated for heredoc in instruction.heredocs):
        raise Refusal("a here-document does not end")
    return read(document, instruction)


def _from(_: Document, instruction: Instruction) -> From:
    words = plain_words(instruction)
    name = None
    if len(words) == 3 and words[1].text.lower() == "as":
        name = words[2].text.lower()
        if not _STAGE_NAME.fullmatch(name):
            raise Refusal(f"{words[2].text} cannot be the name of a stage", words[2].span)
    elif len(words) != 1:
        raise Refusal("FROM takes an image, or an image AS a name")
    platform = instruction.flag("platform")
    return From(instruction, words[0].text, name, platform.value if platform else None)


def _arg(document: Document, instruction: Instruction) -> Arg:
    words = quoted_words(instruction, document.escape)
    if not words:
        raise Refusal("ARG takes at least one name")
    pairs = []
    for word in words:
        name, equals, value = word.text.partition("=")
        if not name:
            raise Refusal("ARG without a name", word.span)
        pairs.append(Pair(name, value if equals else None, word.span))
    return Arg(instruction, tuple(pairs))


def _pairs(document: Document, instruction: Instruction) -> tuple[tuple[Pair, ...], bool]:
    words = quoted_words(instruction, document.escape)
    if not words:
        raise Refusal(f"{instruction.name} takes at least one pair")
    if "=" not in words[0].text:
        return (_legacy_pair(instruction),), True
    pairs = []
    for word in words:
        name, equals, value = word.text.partition("=")
        if not equals:
            raise Refusal(f"{word.text} in {instruction.name} has no =", word.span)
        if not name:
            raise Refusal(f"{instruction.name} without a name", word.span)
        pairs.append(Pair(name, value, word.span))
    return tuple(pairs), False


def _legacy_pair(instruction: Instruction) -> Pair:
    """`ENV name value`: one pair, the value goes to the end of the line."""
    text = instruction.argument_text
    match = _WORD_BREAK.search(text)
    if not match:
        raise Refusal(f"{instruction.name} takes a name and a value")
    span = instruction.line.source_span(instruction.arguments, len(instruction.line.text))
    return Pair(text[: match.start()], text[match.end() :], span)


def _env(document: Document, instruction: Instruction) -> Env:
    return Env(instruction, *_pairs(document, instruction))


def _label(document: Document, instruction: Instruction) -> Label:
    return Label(instruction, _pairs(document, instruction)[0])


def _command_line(arguments: str) -> CommandLine:
    words = exec_form(arguments)
    if words is not None:
        return CommandLine(True, words)
    return CommandLine(False, (arguments,) if arguments else ())


def _run(_: Document, instruction: Instruction) -> Run:
    return Run(instruction, _command_line(instruction.argument_text))


def _cmd(_: Document, instruction: Instruction) -> Cmd:
    return Cmd(instruction, _command_line(instruction.argument_text))


def _entrypoint(_: Document, instruction: Instruction) -> Entrypoint:
    return Entrypoint(instruction, _command_line(instruction.argument_text))


def _shell(_: Document, instruction: Instruction) -> Shell:
    words = exec_form(instruction.argument_text)
    if not words:
        raise Refusal("SHELL takes a JSON array of at least one string")
    return Shell(instruction, words)


def _paths(instruction: Instruction) -> tuple[tuple[str, ...], tuple[Heredoc, ...], str]:
    words = exec_form(instruction.argument_text)
    if words is None:
        words = tuple(word.text for word in plain_words(instruction))
    if len(words) < 2:
        raise Refusal(f"{instruction.name} takes at least one source and a target")
    by_name = {heredoc.name: heredoc for heredoc in instruction.heredocs}
    begun = {word: start for word in words if (start := heredoc_start(word))}
    if words[-1] in begun or any(start.name not in by_name for start in begun.values()):
        raise Refusal(f"{instruction.name} takes here-documents as sources, each with a body")
    contents = tuple(by_name[start.name] for start in begun.values())
    return tuple(word for word in words[:-1] if word not in begun), contents, words[-1]


def _copy(_: Document, instruction: Instruction) -> Copy:
    return Copy(instruction, *_paths(instruction))


def _add(_: Document, instruction: Instruction) -> Add:
    return Add(instruction, *_paths(instruction))


def _one(instruction: Instruction) -> str:
    if not instruction.argument_text:
        raise Refusal(f"{instruction.name} takes an argument")
    return instruction.argument_text


def _expose(_: Document, instruction: Instruction) -> Expose:
    ports = tuple(word.text for word in plain_words(instruction))
    if not ports:
        raise Refusal("EXPOSE takes at least one port")
    return Expose(instruction, ports)


def _volume(_: Document, instruction: Instruction) -> Volume:
    paths = exec_form(instruction.argument_text)
    if paths is None:
        paths = tuple(word.text for word in plain_words(instruction))
    if not paths or not all(path.strip(SPACE) for path in paths):
        raise Refusal("VOLUME takes at least one path, none of them empty")
    return Volume(instruction, tuple(path.strip(SPACE) for path in paths))


def _healthcheck(_: Document, instruction: Instruction) -> Healthcheck:
    # at white space of ASCII: BuildKit goes byte by byte here (line_parsers.go, parseHealthConfig)
    kind, rest = (*_WORD_BREAK.split(instruction.argument_text, maxsplit=1), "")[:2]
    if kind.upper() == "NONE":
        if rest:
            raise Refusal("HEALTHCHECK NONE takes no arguments")
        return Healthcheck(instruction, None)
    if kind.upper() != "CMD":
        raise Refusal(f"HEALTHCHECK takes CMD or NONE, not {kind}" if kind else "HEALTHCHECK takes CMD or NONE")
    command = _command_line(rest)
    if not command.words:
        raise Refusal("HEALTHCHECK CMD without a command")
    return Healthcheck(instruction, command)


def _onbuild(document: Document, instruction: Instruction) -> Onbuild:
    if not instruction.argument_text:
        raise Refusal("ONBUILD takes an instruction")
    put_off = trigger(instruction, document.escape)
    if put_off.name in ("ONBUILD", "FROM", "MAINTAINER"):
        raise Refusal(f"{put_off.name} cannot be put off by ONBUILD", put_off.keyword_span)
    return Onbuild(instruction, _typed(document, put_off))


_READERS: Mapping[str, Callable[[Document, Instruction], Typed]] = {
    "ADD": _add,
    "ARG": _arg,
    "CMD": _cmd,
    "COPY": _copy,
    "ENTRYPOINT": _entrypoint,
    "ENV": _env,
    "EXPOSE": _expose,
    "FROM": _from,
    "HEALTHCHECK": _healthcheck,
    "LABEL": _label,
    "MAINTAINER": lambda _, instruction: Maintainer(instruction, _one(instruction)),
    "ONBUILD": _onbuild,
    "RUN": _run,
    "SHELL": _shell,
    "STOPSIGNAL": lambda _, instruction: StopSignal(instruction, _one(instruction)),
    "USER": lambda _, instruction: User(instruction, _one(instruction)),
    "VOLUME": _volume,
    "WORKDIR": lambda _, instruction: Workdir(instruction, _one(instruction)),
}
