"""
What the ONBUILD triggers of an image do, before the first instruction behind FROM.

https://docs.docker.com/reference/dockerfile/#onbuild
"""

from dataclasses import replace

from scratchify.knowledge.images import BaseImage
from scratchify.knowledge.toolchains import minor_of_image
from scratchify.model import ImageName, Stage, Typed, understand
from scratchify.syntax import Instruction, LogicalLine, parse

_LATEST = "1.8"
_FLOATING = frozenset({"onbuild", "1-onbuild"})
"""Tags that stayed where they were when onbuild images ended, in February 2018: docker-library/golang, 9bf6dad."""

_LAST_MINOR = 8


def triggers(base: BaseImage | None, stage: Stage) -> tuple[Typed, ...]:
    """Return what runs at FROM, as instructions that stand in its place."""
    if base is None or not base.onbuild:
        return ()
    document = parse("\n".join((f"FROM {base.names[0]}", *base.onbuild)) + "\n")
    own = understand(document).stages[0].instructions
    return tuple(replace(one, syntax=_placed(one.syntax, stage.start.syntax)) for one in own)


def _placed(trigger: Instruction, start: Instruction) -> Instruction:
    """Give an instruction the place of FROM, down to each of its characters."""
    text = trigger.line.text
    line = LogicalLine(text, tuple((offset, start.code.start) for offset in range(len(text) + 1)))
    return replace(
        trigger,
        span=start.span,
        code=start.code,
        keyword_span=start.keyword_span,
        first_line=start.first_line,
        last_line=start.last_line,
        line=line,
    )


def plain_tag(tag: str) -> str:
    """Return the tag of the image that an onbuild image begins from; other tags as they are."""
    return _LATEST if tag in _FLOATING else tag.removesuffix("-onbuild")


def plain_image(image: str) -> str | None:
    """Return the image that an onbuild image begins from, None where that is not known."""
    name = ImageName.parse(image)
    minor = minor_of_image(name.path, plain_tag(name.tag))
    if name.digest or minor is None or minor > _LAST_MINOR or plain_tag(name.tag) == name.tag:
        return None
    return image.removesuffix(name.tag) + plain_tag(name.tag)
