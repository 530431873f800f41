"""
What tools of development say of images: Skaffold, Tilt, development containers, and Dockerfiles that go on from one.

https://skaffold.dev/docs/references/yaml/ https://docs.tilt.dev/api.html https://containers.dev/implementors/json_reference/
"""

import ast
import re
from collections.abc import Iterable, Iterator
from posixpath import dirname

from scratchify.analysis.callers.said import ImageBuild, ImageUse, Said, Setting, Statement, inside, said
from scratchify.analysis.yaml_nodes import Item, read_yaml
from scratchify.errors import InvalidDockerfile
from scratchify.model import Cmd, Copy, Entrypoint, Run, Stage, understand
from scratchify.syntax import parse

_OTHER_BUILDERS = ("bazel", "buildpacks", "custom", "jib", "kaniko", "ko")
_COMMENT = re.compile(r'("(?:[^"\\\n]|\\.)*")|//[^\n]*|/\*.*?\*/', re.S)
_SYNCED = "puts changed files into running containers of this image, which takes a shell and tar"
_DEVELOPED = "develops in this image, which takes a shell and the toolchain"


def in_skaffold(path: str, top: Item) -> Iterator[Statement]:
    """Yield what a skaffold.yaml says, profiles included."""
    for key, value in top.map:
        if key != "artifacts":
            yield from in_skaffold(path, value)
            continue
        for artifact in value.list:
            image, docker = artifact.get("image"), artifact.get("docker")
            if not image or not image.text or (not docker and any(artifact.get(one) for one in _OTHER_BUILDERS)):
                continue
            root = inside(dirname(path), artifact.said("context") or ".")
            dockerfile = inside(root, (docker.said("dockerfile") if docker else "") or "Dockerfile")
            yield ImageBuild(image.line, (dockerfile,), (image.text,), root)
            if sync := artifact.get("sync"):
                yield ImageUse(sync.line, dockerfiles=(dockerfile,), develops=_SYNCED)
    for value in top.list:
        yield from in_skaffold(path, value)


def in_tiltfile(path: str, text: str) -> Iterator[Statement]:
    """Yield what a Tiltfile says, as far as its Starlark is Python as well and its words are written out."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or not node.args:
            continue
        if node.func.id not in ("docker_build", "docker_build_with_restart"):
            continue
        options = {one.arg: one.value for one in node.keywords}
        name, context = _word(node.args[0]), _word(node.args[1] if len(node.args) > 1 else options.get("context"))
        if name is None or context is None or "dockerfile_contents" in options:
            continue
        root = inside(dirname(path), context)
        file = _word(options.get("dockerfile"))
        dockerfiles = (inside(dirname(path), file) if file else inside(root, "Dockerfile"),)
        yield ImageBuild(node.lineno, dockerfiles, (name,), root)
        entrypoint = options.get("entrypoint")
        words = [word for one in getattr(entrypoint, "elts", [entrypoint]) if (word := _word(one))]
        if "live_update" in options:
            yield ImageUse(options["live_update"].lineno, dockerfiles=dockerfiles, develops=_SYNCED)
        elif words:
            yield ImageUse(node.lineno, dockerfiles=dockerfiles, entrypoint=said(words, node.lineno))


def _word(node: ast.expr | None) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def in_devcontainer(path: str, text: str) -> Iterator[Statement]:
    """Yield what a devcontainer.json says: JSON with comments, which without them is YAML."""
    without = _COMMENT.sub(lambda match: match[1] or re.sub(r"[^\n]", " ", match[0]), text)
    top = read_yaml(without.replace("\t", " "))
    if not top:
        return
    build = top.get("build")
    file = (build.get("dockerfile") or build.get("dockerFile")) if build else top.get("dockerFile")
    image, service = top.get("image"), top.get("service")
    if file and file.text:
        yield ImageUse(file.line, dockerfiles=(inside(dirname(path), file.text),), develops=_DEVELOPED)
    elif image and image.text:
        yield ImageUse(image.line, image=image.text, develops=_DEVELOPED)
    elif service and service.text and top.get("dockerComposeFile"):
        yield ImageUse(service.line, container=service.text, develops=_DEVELOPED)


def in_dockerfile(text: str) -> Iterator[Statement]:
    """Yield what a Dockerfile takes from other images: as what its stages begin from, or files."""
    try:
        build = understand(parse(text))
    except InvalidDockerfile:
        return
    own = {stage.start.name.lower() for stage in build.stages if stage.start.name}
    for stage in build.stages:
        image = build.image_of(stage)
        if image.lower() not in own:
            yield _further(stage, image)
        for copy in stage.of(Copy):
            flag = copy.syntax.flag("from")
            source = flag.value if flag else None
            if source and source.lower() not in own and not source.isdecimal():
                line = copy.syntax.first_line
                yield ImageUse(line, image=source, takes=tuple(Setting(path, line) for path in copy.sources))


def _further(stage: Stage, image: str) -> ImageUse:
    steps = [one.syntax.first_line for one in stage.of(Run)]
    return ImageUse(
        stage.start.syntax.first_line,
        image=image,
        entrypoint=_last_of(stage.of(Entrypoint)),
        command=_last_of(stage.of(Cmd)),
        develops=f"goes on from this image, and line {steps[0]} runs commands in it" if steps else "",
    )


def _last_of(instructions: Iterable[Cmd | Entrypoint]) -> Said | None:
    last = next(iter(reversed([*instructions])), None)
    if not last or not last.command.words:
        return None
    return Said(last.command.words, not last.command.is_exec_form, last.syntax.first_line)
