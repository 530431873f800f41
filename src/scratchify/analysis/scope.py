"""
What is none of this tool's business: no Go builder, done already, or an image that is meant to hold the toolchain.

`visible` needs the Dockerfile alone and is cheap; `by_command` needs to know what the container starts.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from posixpath import basename
from typing import TYPE_CHECKING

from scratchify.knowledge.names import development_tools
from scratchify.model import Build, ContainerCommand, Copy, Onbuild, Run, Stage, base_of, container_command
from scratchify.syntax import Comment, Document, Instruction

if TYPE_CHECKING:
    from scratchify.analysis.blocked import Blocked
    from scratchify.analysis.paths_at_start import Start

_GO = re.compile(r"\bgo(lang)?\b|\bgo1?\.\d|/go[\d.]*\.")

_IGNORE = re.compile(r"\s*#\s*scratchify\s*:\s*ignore(?!\S)", re.IGNORECASE)
IGNORED = "ignored"
"""Stands for the rule's name where the project itself says that a Dockerfile is to be left alone."""

_IDLE = frozenset({"sleep", "tail", "bash", "sh", "ash", "zsh", "cat"})
_PREPARES = frozenset({".", ":", "cd", "echo", "export", "set", "source", "true"})
"""Commands in front of a shell that only prepare it."""
_TEST_RUNNERS = frozenset({"ginkgo", "gotestsum", "richgo"})
_GO_TESTS = frozenset({"test", "vet"})


@dataclass(frozen=True, slots=True)
class OutOfScope:
    """The kind of reason, the line that shows it, and the reason in words."""

    rule: str
    line: int
    why: str


def ignored(document: Document) -> OutOfScope | None:
    """Return why the Dockerfile is left alone where a comment above or in its first stage says so."""
    stages = 0
    for node in document.nodes:
        if isinstance(node, Instruction) and node.name == "FROM":
            stages += 1
        if stages > 1:
            return None
        comments = (node.span,) if isinstance(node, Comment) else node.comments if isinstance(node, Instruction) else ()
        for span in comments:
            if _IGNORE.match(span.of(document.text)):
                line = document.text.count("\n", 0, span.start) + 1
                return OutOfScope(IGNORED, line, "a comment says to leave this Dockerfile alone")
    return None


def visible(build: Build) -> OutOfScope | None:
    """Return why the Dockerfile is left alone, as far as it says so itself."""
    final = build.stages[-1]
    line = final.start.syntax.first_line
    base = base_of(build, final)
    image = build.image_of(final) or final.start.image
    has_go = base.go if base else build.known_as(final).last == "golang"
    if len(build.stages) > 1:
        remark = "its final stage still holds a Go toolchain" if has_go else "its final stage holds no Go toolchain"
        return OutOfScope("multi-stage", line, f"has {len(build.stages)} stages already; {remark}")
    if base and base.family == "windows":
        return OutOfScope("not-linux", line, f"{image} is a Windows image")
    if not has_go and not (base and _may_install_go(final)):
        known = "ships no Go toolchain" if base else "is not known to ship a Go toolchain"
        if not base and _may_install_go(final):
            known += "; if it does, [builders] in .scratchify.toml says which golang image it is"
        return OutOfScope("no-go-builder", line, f"{image} {known}")
    command = container_command(build, final)
    if not (command.entrypoint_at or command.cmd_at) and not (base and base.onbuild):
        return _without_command(final, line)
    return None


def _may_install_go(stage: Stage) -> bool:
    """Say whether it is worth walking the steps to find out: a cheap look at their words."""
    if any(_GO.search(run.syntax.argument_text) for run in stage.of(Run)):
        return True
    return any("golang" in (flag.value or "") for copy in stage.of(Copy) for flag in copy.syntax.flags)


def by_toolchain(image: str, line: int, blocked: "Sequence[Blocked]", *, has_toolchain: bool) -> OutOfScope | None:
    """Return why an image is left alone in which no step puts Go; `blocked` are the steps that may have."""
    if has_toolchain:
        return None
    if blocked:
        known = f"no step that is followed installs one; line {blocked[0].line} is not: {blocked[0].why}"
        return OutOfScope("no-go-builder", line, f"{image} ships no Go toolchain, and {known}")
    return OutOfScope("no-go-builder", line, f"{image} ships no Go toolchain, and no step installs one")


def _without_command(stage: Stage, line: int) -> OutOfScope:
    if trigger := next(stage.of(Onbuild), None):
        return OutOfScope("base-image", trigger.syntax.first_line, "ONBUILD and no command: a base for other images")
    return OutOfScope("no-command", line, "neither CMD nor ENTRYPOINT: the image is a toolbox, it starts a shell")


def by_command(launch: "Start | None", command: ContainerCommand) -> OutOfScope | None:
    """Return why an image is left alone whose command shows that it is for developers."""
    # most files are out of scope before anybody asks what they start
    from scratchify.analysis.launch import Launch, NeedsShell, OtherProgram

    if isinstance(launch, NeedsShell):
        return _by_text(command, launch.line)

    if isinstance(launch, Launch) and launch.built.package is None and basename(launch.binary) in development_tools():
        return _development(launch.line, basename(launch.binary))
    if not isinstance(launch, OtherProgram) or not launch.words:
        return None
    name = basename(launch.words[0])
    arguments = launch.words[1:]
    if name in development_tools():
        return _development(launch.line, name)
    if _runs_tests(name, arguments):
        return OutOfScope("test-image", launch.line, f"runs tests: {' '.join(launch.words[:2])}")
    starts_script = (
        name != "sleep" and any("/" in word or word.endswith(".sh") for word in arguments) and name != "tail"
    )
    if name in _IDLE and "-c" not in arguments and launch.path is None and not starts_script:
        return OutOfScope("no-command", launch.line, f"starts {name}: the image is a toolbox")
    return None


def _by_text(command: ContainerCommand, line: int) -> OutOfScope | None:
    """Look at the last of the programs that a shell's text runs: tests, or a shell for whoever starts the container."""
    from scratchify.analysis.shell import SimpleCommand
    from scratchify.analysis.shell_parts import deep
    from scratchify.analysis.shell_reader import read_script

    first = command.entrypoint or command.cmd
    if first is None or (first.is_exec_form and (len(first.words) < 3 or first.words[1] != "-c")):
        return None
    text = first.words[2] if first.is_exec_form else first.text
    found = [one for one in deep(read_script(text)) if isinstance(one, SimpleCommand) and one.words]
    programs = [[word.literal for word in one.words] for one in found]
    if not programs or programs[-1][0] is None:
        return None
    name, arguments = basename(programs[-1][0]), programs[-1][1:]
    if _runs_tests(name, arguments):
        return OutOfScope("test-image", line, f"runs tests: {name} {arguments[0] if arguments else ''}".rstrip())
    is_idle = all(words[0] in _PREPARES for words in programs[:-1])
    if name in _IDLE and is_idle and all(one and one.startswith("-") and "c" not in one for one in arguments):
        return OutOfScope("no-command", line, f"starts {name}: the image is a toolbox")
    return None


def _runs_tests(name: str, arguments: Sequence[str | None]) -> bool:
    return name in _TEST_RUNNERS or (name == "go" and bool(arguments) and arguments[0] in _GO_TESTS)


def _development(line: int, name: str) -> OutOfScope:
    return OutOfScope("development-image", line, f"starts {name}, a tool of developers that needs the toolchain")
