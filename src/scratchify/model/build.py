"""
A Dockerfile as stages of typed instructions.

https://docs.docker.com/build/building/multi-stage/
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TypeVar

from scratchify.errors import InvalidDockerfile
from scratchify.model.image import ImageName
from scratchify.model.instructions import Arg, From, Typed, typed
from scratchify.source import Span, line_spans
from scratchify.syntax import Document
from scratchify.syntax.shell_words import BadSubstitution, expand

MAX_LINE = 65_535
"""Bytes in a line, its end not counted: bufio.MaxScanTokenSize - 1, which BuildKit's scanner is bound to."""

Kind = TypeVar("Kind")

Builders = tuple[tuple[str, str], ...]
"""Names of images, and of the golang images that they stand for."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A FROM and what follows it, up to the next."""

    index: int
    start: From
    instructions: tuple[Typed, ...]

    @property
    def name(self) -> str | None:
        return self.start.name

    def of(self, kind: type[Kind]) -> Iterator[Kind]:
        return (instruction for instruction in self.instructions if isinstance(instruction, kind))


@dataclass(frozen=True, slots=True)
class Build:
    """Everything that one Dockerfile says, in order; `builders` say what images of a house are."""

    document: Document
    global_args: tuple[Arg, ...]
    stages: tuple[Stage, ...]
    builders: Builders = ()

    @property
    def text(self) -> str:
        return self.document.text

    def global_variables(self) -> dict[str, str]:
        """Return what FROM lines expand: the global ARGs' defaults; without a valid one a name is unset."""
        variables: dict[str, str] = {}
        for pair in (pair for arg in self.global_args for pair in arg.pairs):
            if pair.value is not None:
                with suppress(BadSubstitution):
                    variables[pair.name] = expand(pair.value, variables, escape=self.document.escape).text
        return variables

    def image_of(self, stage: Stage) -> str:
        """Return the base image's name, expanded; empty where a global ARG has no default."""
        try:
            return expand(stage.start.image, self.global_variables(), escape=self.document.escape).text
        except BadSubstitution:
            return ""

    def known_as(self, stage: Stage) -> ImageName:
        """
        Return the name by which the base image is known: the golang image that it stands for, or its own.

        The closest of several builders counts: an exact one first. One without a tag of its own takes over the image's.
        """
        image = ImageName.parse(self.image_of(stage))
        names = [(ImageName.parse(name), ImageName.parse(golang)) for name, golang in self.builders]
        fitting = sorted((pair for pair in names if pair[0].stands_for(image)), key=lambda pair: not pair[0].is_exact)
        if not fitting:
            return image
        golang = fitting[0][1]
        return golang if golang.is_exact else replace(golang, tag=image.tag, digest=image.digest)

    def parent_of(self, stage: Stage) -> Stage | None:
        """Return the earlier stage that this one begins from, if it does."""
        image = self.image_of(stage).lower()
        return next((earlier for earlier in reversed(self.stages[: stage.index]) if earlier.name == image), None)


def understand(document: Document, builders: Builders = ()) -> Build:
    """Return what the document says. Raises InvalidDockerfile where BuildKit would refuse it."""
    _check_lines(document)
    _check_directives(document)
    global_args: list[Arg] = []
    stages: list[tuple[From, list[Typed]]] = []
    for instruction in document.instructions:
        meaning = typed(document, instruction)
        if isinstance(meaning, From):
            stages.append((meaning, []))
        elif stages:
            stages[-1][1].append(meaning)
        elif isinstance(meaning, Arg):
            global_args.append(meaning)
        else:
            message = f"{instruction.name} before the first FROM"
            raise InvalidDockerfile(message, document.text, instruction.code)
    if not stages:
        message = "no FROM" if global_args else "no instructions"
        raise InvalidDockerfile(message, document.text, Span(0, 0))
    return Build(
        document,
        tuple(global_args),
        tuple(Stage(index, start, tuple(own)) for index, (start, own) in enumerate(stages)),
        builders,
    )


def _check_lines(document: Document) -> None:
    if len(document.text) <= MAX_LINE // 4:
        return
    for span in line_spans(document.text):
        content = span.of(document.text).removesuffix("\n")
        if len(content) > MAX_LINE // 4 and len(content.encode(errors="surrogateescape")) > MAX_LINE:
            raise InvalidDockerfile(
                f"a line of more than {MAX_LINE:,} bytes", document.text, Span(span.start, span.end)
            )


def _check_directives(document: Document) -> None:
    seen = set()
    for directive in document.directives:
        if directive.name in seen:
            raise InvalidDockerfile(f"the directive {directive.name} stands twice", document.text, directive.span)
        if directive.name == "escape" and directive.value not in ("\\", "`"):
            message = f"the escape token is ` or \\, not {directive.value}"
            raise InvalidDockerfile(message, document.text, directive.span)
        seen.add(directive.name)
