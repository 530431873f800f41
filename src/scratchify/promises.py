"""
The tool checks its own result before it shows it to anyone.

A promise that does not hold is a bug of this program: the file stays untouched.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import PurePosixPath

from scratchify.bases import Base
from scratchify.decisions import Carry, Command, Decision, Divide, Provide, Rewrite
from scratchify.errors import BrokenPromise, InvalidDockerfile
from scratchify.model import Build, Copy, Healthcheck, container_command, understand
from scratchify.outcome import Outcome, Unchanged
from scratchify.patch import check_patch, unified_diff
from scratchify.source import Span
from scratchify.syntax import Comment, Instruction, parse


def keep_promises(
    build: Build, decisions: Sequence[Decision], after: str, base: Base, again: Callable[[str], Outcome]
) -> Build:
    """Return what the result says. Raises BrokenPromise; `again` refactors the result once more."""
    try:
        result = understand(parse(after))
    except InvalidDockerfile as error:
        raise BrokenPromise(f"the result is no Dockerfile: line {error.line}: {error}") from error
    _untouched(build, decisions, after)
    _comments(build, after)
    _stages(result, base)
    _command(result, decisions, base)
    if not isinstance(again(after), Unchanged):
        raise BrokenPromise("the result would be changed again")
    path = PurePosixPath("Dockerfile")
    check_patch(unified_diff(path, build.text, after), path, build.text, after)
    return result


def _named(decisions: Sequence[Decision]) -> Iterator[Span]:
    for decision in decisions:
        match decision:
            case Divide(span=span) | Carry(span=span, keep=False) | Provide(replaces=Span() as span):
                yield span
            case Rewrite(edit=edit):
                yield edit.span
            case Command(replaces=spans):
                yield from spans
            case _:
                pass


def _untouched(build: Build, decisions: Sequence[Decision], after: str) -> None:
    """What no decision names is in the result, in order, byte for byte; what is carried is in it somewhere."""
    named = [*_named(decisions)]
    at = 0
    for instruction in build.document.instructions:
        if any(instruction.span.contains(span) for span in named):
            continue
        code = instruction.code.of(build.text)
        found = after.find(code, at)
        if found == -1:
            raise BrokenPromise(f"line {instruction.first_line} was not to be touched and is gone")
        at = found + len(code)
    rewritten = [decision.edit.span for decision in decisions if isinstance(decision, Rewrite)]
    for decision in decisions:
        if not isinstance(decision, Carry) or any(decision.span.contains(span) for span in rewritten):
            continue
        if after.count(decision.span.of(build.text).rstrip("\r\n")) < 1 + decision.keep:
            raise BrokenPromise(f"{decision.rule} carries an instruction that is not in the result")


def _comments(build: Build, after: str) -> None:
    for node in build.document.nodes:
        spans = (node.span,) if isinstance(node, Comment) else node.comments if isinstance(node, Instruction) else ()
        for span in spans:
            if span.of(build.text).strip() not in after:
                raise BrokenPromise(f"a comment is lost: {span.of(build.text).strip()}")


def _stages(result: Build, base: Base) -> None:
    names = {stage.name for stage in result.stages}
    final = result.stages[-1]
    if len(result.stages) != 2 or result.image_of(final) != base.image:
        raise BrokenPromise(f"the last stage does not begin from {base.image}")
    for copy in final.of(Copy):
        origin = copy.syntax.flag("from")
        if not origin or (origin.value or "").lower() not in names - {final.name}:
            raise BrokenPromise(f"line {copy.syntax.first_line} copies from a stage that does not exist")


def _command(result: Build, decisions: Sequence[Decision], base: Base) -> None:
    final = result.stages[-1]
    commands = [decision for decision in decisions if isinstance(decision, Command)]
    if len(commands) != 1:
        raise BrokenPromise(f"{len(commands)} decisions say what the container starts")
    said = container_command(result, final)
    lines = [line for line in (said.entrypoint, said.cmd) if line]
    lines += [check.command for check in final.of(Healthcheck) if check.command]
    if not base.has_shell and not all(line.is_exec_form for line in lines):
        raise BrokenPromise("a command in shell form in an image without a shell")
    decided = commands[0]
    if (said.entrypoint.words if said.entrypoint else None) != decided.entrypoint:
        raise BrokenPromise("the ENTRYPOINT is not the one that was decided")
    if (said.cmd.words if said.cmd else None) != decided.cmd:
        raise BrokenPromise("the CMD is not the one that was decided")
    targets = [copy.target for copy in final.of(Copy)]
    if decided.binary not in targets:
        raise BrokenPromise(f"nothing copies {decided.binary} to the final stage")
