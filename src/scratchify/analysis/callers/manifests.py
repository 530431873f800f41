"""
What manifests say of images: Kubernetes and what is built like it, Helm charts, and jobs of CI that run in an image.

A container is a map that has an image; what stands beside it says how it is run.

https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#Container
"""

import re
from collections.abc import Iterator
from posixpath import basename, dirname, join

from scratchify.analysis.callers.said import UNKNOWN, ImageUse, Said, Setting, Statement, known
from scratchify.analysis.yaml_nodes import Item, read_yaml
from scratchify.repository import Repository, text_in

_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
_HOOKS = ("postStart", "preStop")
_SCRIPTS = ("before_script", "script", "after_script", "commands", "steps")
"""What CI runs by a shell inside of the image: GitLab, Woodpecker and Drone, Tekton and Argo, GitHub."""

_TEMPLATE = re.compile(r"\{\{-?\s*(.*?)\s*-?\}\}", re.S)
_VALUE = re.compile(r"(?:toYaml\s+)?\$?\.Values\.([\w.]+)\s*(?:\|.*)?", re.S)
_BRACE = "{{"


def in_manifest(top: Item) -> Iterator[Statement]:
    """Yield what a document says of the containers in it."""
    image = top.get("image")
    if image and top.map:
        name = _image(image)
        if name:
            yield _container(top, image, name)
    for _, item in top.map:
        yield from in_manifest(item)
    for item in top.list:
        yield from in_manifest(item)


def without_templates(path: str, text: str, repository: Repository) -> str:
    """
    Return the text of a Helm template with what its values give, and UNKNOWN where that is not to be told.

    A line that is nothing else than a template is empty; all others stay in their places.
    """
    if _BRACE not in text:
        return text
    values = _values_of(path, repository)
    lines = []
    for line in text.split("\n"):
        indent = line[: len(line) - len(line.lstrip())]
        if re.fullmatch(r"(\{\{(?:(?!\}\}).)*\}\}\s*)+", line.strip()):
            given = _given(line.strip(), values)
            lines.append(indent + _flow(given) if given and (given.list or given.map) else "")
        else:
            lines.append(_TEMPLATE.sub(lambda match: _inline(match[0], values), line))
    return "\n".join(lines)


def _image(item: Item) -> str:
    """Return an image's name: a text, or as Helm's values and GitLab have it, a map."""
    if item.is_text:
        return item.text or ""
    registry, repository, name = (item.get(key) for key in ("registry", "repository", "name"))
    parts = [one.text for one in (registry, repository or name) if one and one.text]
    return "/".join(parts) if (repository or name) else ""


def _container(item: Item, image: Item, name: str) -> ImageUse:
    command, args = item.get("command") or image.get("entrypoint"), item.get("args")
    lifecycle = item.get("lifecycle")
    checks = [item.get(key) for key in _PROBES] + [lifecycle.get(key) for key in _HOOKS if lifecycle]
    scripts = (one for key in _SCRIPTS if (one := item.get(key)))
    is_job = any(one.list or (one.text or "").strip() for one in scripts)
    entrypoint = (*_words(command), *_words(args)) if _words(command) else ()
    return ImageUse(
        image.line,
        image=name,
        entrypoint=Said(entrypoint, False, command.line) if command and entrypoint else None,
        command=Said(_words(args), False, args.line) if args and _words(args) and not entrypoint else None,
        beside=tuple(said for check in checks if (said := _executed(check))),
        environment=tuple(_environment(item.get("env"))),
        develops="runs a script in this image, which takes a shell and what the script calls" if is_job else "",
    )


def _words(item: Item | None) -> tuple[str | None, ...]:
    if item is None or item.text == "":
        return ()
    # $(NAME) is replaced by Kubernetes itself
    texts = (one.text or "" for one in item.items if one.is_text)
    return tuple(None if "$(" in text else known(text) for text in texts)


def _executed(item: Item | None) -> Said | None:
    """The command of a probe or a hook, where it runs one."""
    exec_ = item.get("exec") if item else None
    command = exec_.get("command") if exec_ else None
    words = _words(command)
    return Said(words, False, command.line) if command and words else None


def _environment(item: Item | None) -> Iterator[Setting]:
    for one in item.list if item else ():
        value = one.get("value")
        if value and value.text and known(value.text):
            yield Setting(value.text, value.line)


# ---- Helm


def values_file(path: str) -> str | None:
    """Return where the values of a chart lie, None for what is no template of one."""
    folder = dirname(path)
    while folder and basename(folder) != "templates":
        folder = dirname(folder)
    return join(dirname(folder), "values.yaml") if folder else None


def _values_of(path: str, repository: Repository) -> Item | None:
    file = values_file(path)
    text = text_in(repository, file) if file else None
    return read_yaml(text) if text is not None else None


def _given(template: str, values: Item | None) -> Item | None:
    """Return what the chart's values give in place of a template."""
    match = _TEMPLATE.fullmatch(template)
    found = _VALUE.fullmatch(match[1]) if match else None
    item = values
    for key in found[1].split(".") if found else ():
        item = item.get(key) if item else None
    return item if found else None


def _inline(template: str, values: Item | None) -> str:
    given = _given(template, values)
    return given.text if given and given.text else UNKNOWN


def _flow(item: Item) -> str:
    """Return a list or map of texts in one line, as YAML has it."""
    if item.is_text:
        text = (item.text or "").replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        return f'"{text}"'
    if item.list:
        return f"[{', '.join(map(_flow, item.list))}]"
    return f"{{{', '.join(f'{key}: {_flow(one)}' for key, one in item.map)}}}"
