"""
What files of CI say of images: workflows and actions of GitHub, and the commands of docker in any other.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax
"""

import re
from collections.abc import Iterator, Mapping
from posixpath import basename, dirname

from scratchify.analysis.callers.docker_commands import statements_of
from scratchify.analysis.callers.said import UNKNOWN, ImageBuild, ImageUse, Statement, inside, known, said
from scratchify.analysis.callers.shell_texts import in_shell_text
from scratchify.analysis.yaml_nodes import Item

_EXPRESSION = re.compile(r"\$\{\{\s*(?:env\.(\w+)\s*|.*?)\}\}", re.S)
_ACTION = "docker/build-push-action"
_PREFIX = "docker://"
_NEEDED = "runs the steps of a job in this image, which takes a shell and the tools of the steps"


def in_workflow(top: Item) -> Iterator[Statement]:
    """Yield what a document says whose texts may be the shell's, and which runs at the root of the repository."""
    variables = dict(_variables(top))
    yield from _steps(top, variables)


def in_action(path: str, top: Item) -> Iterator[Statement]:
    """Yield what the file of an action says that GitHub builds from a Dockerfile and runs."""
    runs = top.get("runs")
    image = runs.get("image") if runs else None
    if not runs or not image or not image.text or image.text.startswith(_PREFIX):
        return
    dockerfiles, args = (inside(dirname(path), image.text),), runs.get("args")
    yield ImageBuild(image.line, dockerfiles, context=dirname(dockerfiles[0]))
    words = [_filled(one.text or "", {}) for one in args.list] if args else []
    hooks = [one for key in ("pre-entrypoint", "post-entrypoint") if (one := runs.get(key)) and one.text]
    entrypoint = runs.get("entrypoint")
    yield ImageUse(
        image.line,
        dockerfiles=dockerfiles,
        entrypoint=said([entrypoint.text, *words], entrypoint.line) if entrypoint and entrypoint.text else None,
        command=said(words, args.line) if args and words else None,
        beside=tuple(said([one.text or ""], one.line) for one in hooks),
    )


def _variables(item: Item) -> Iterator[tuple[str, str]]:
    """Yield the variables that a workflow or its jobs set, which are the shell's as well."""
    for key, value in item.map:
        if key in ("env", "variables"):
            yield from ((name, _filled(one.text, {})) for name, one in value.map if one.text is not None)
        yield from _variables(value)
    for value in item.list:
        yield from _variables(value)


def _filled(text: str, variables: Mapping[str, str]) -> str:
    return _EXPRESSION.sub(lambda match: variables.get(match[1] or "", UNKNOWN), text)


def _steps(item: Item, variables: Mapping[str, str]) -> Iterator[Statement]:
    if item.text is not None:
        text = _filled(item.text, variables)
        if any(client in text for client in ("docker", "podman", "nerdctl")) and " " in text:
            yield from in_shell_text(text, item.line, [""], variables)
        return
    uses, args = item.get("uses"), item.get("args")
    if uses and item.said("uses").partition("@")[0] == _ACTION:
        yield from _pushed(item.get("with"), uses.line, variables)
    elif uses and item.said("uses").startswith(_PREFIX):
        yield from _step_in_image(item.get("with"), uses, variables)
    elif args and basename(item.said("name").partition(":")[0]) == "docker":
        # Cloud Build: the image of a step, and its arguments
        yield from statements_of(["docker", *(one.text or UNKNOWN for one in args.items)], args.line, [""])
    container = item.get("container")
    image = container if container and container.is_text else container.get("image") if container else None
    if image and image.text and item.get("steps"):
        yield ImageUse(image.line, image=_filled(image.text, variables), develops=_NEEDED)
    for _, value in item.map:
        yield from _steps(value, variables)
    for value in item.list:
        yield from _steps(value, variables)


def _pushed(inputs: Item | None, line: int, variables: Mapping[str, str]) -> Iterator[Statement]:
    """The action that builds an image: without a context of its own it is the whole repository."""

    def value(key: str) -> str:
        return _filled(inputs.said(key), variables).strip() if inputs else ""

    context = value("context") or "."
    root = inside("", context)
    file = value("file")
    dockerfile = inside("", file) if file else inside(root, "Dockerfile")
    if known(dockerfile + root) and "://" not in context:
        tags = [one.strip() for one in value("tags").replace(",", "\n").split("\n")]
        yield ImageBuild(line, (dockerfile,), tuple(filter(None, tags)), root)


def _step_in_image(inputs: Item | None, uses: Item, variables: Mapping[str, str]) -> Iterator[Statement]:
    args, entrypoint = (inputs.get(key) if inputs else None for key in ("args", "entrypoint"))
    words = _filled(args.text, variables).split() if args and args.text else []
    yield ImageUse(
        uses.line,
        image=_filled((uses.text or "").removeprefix(_PREFIX), variables),
        entrypoint=said([entrypoint.text, *words], uses.line) if entrypoint and entrypoint.text else None,
        command=said(words, args.line) if args and words else None,
    )
