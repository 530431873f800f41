"""
Which files of the repository say something of the image that a Dockerfile becomes, and what.

An image has the names that its builds give it. Where none does, it may be called like the program or its folder: that
is believed of files that no other Dockerfile is closer to.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from posixpath import basename, dirname, relpath

from scratchify.analysis.callers.compose import in_compose, is_compose
from scratchify.analysis.callers.development import in_devcontainer, in_dockerfile, in_skaffold, in_tiltfile
from scratchify.analysis.callers.manifests import in_manifest, values_file, without_templates
from scratchify.analysis.callers.said import ImageBuild, ImageUse, Said, Statement, last_part, without_tag
from scratchify.analysis.callers.shell_texts import in_makefile, in_shell_text
from scratchify.analysis.callers.workflows import in_action, in_workflow
from scratchify.analysis.make_run import NAMES as MAKEFILES
from scratchify.analysis.yaml_nodes import read_documents
from scratchify.repository import PLAIN_DOCKERFILES, Repository, is_dockerfile_name

_TEXTS_OF_OTHERS = ("Tiltfile", "devcontainer.json", ".devcontainer.json", "package.json")
_YAML = (".yaml", ".yml")
_SCRIPTS = (".sh", ".bash")
_DATA = (".json", ".txt", ".html", ".css", ".js", ".ts", ".go", ".png", ".jpg", ".svg", ".csv", ".md")
"""Endings that most files have, and of which few say anything."""

_SAYS_BUILD = (b"services:", b"skaffold/", b"docker", b"Docker", b"podman", b"nerdctl")
"""One of these is in each file that says how an image is built, or how a container of it is called."""


@dataclass(frozen=True, slots=True)
class Caller:
    """One way in which the image is run, and the file that says so, as seen from the Dockerfile's folder."""

    path: str
    use: ImageUse


@dataclass(frozen=True, slots=True)
class Callers:
    """Who runs the image."""

    uses: tuple[Caller, ...] = ()

    @property
    def commands(self) -> tuple[tuple[str, Said], ...]:
        """What stands in for the image's CMD alone, with the files that say so."""
        uses = ((one.path, one.use) for one in self.uses if not one.use.entrypoint)
        return tuple((path, use.command) for path, use in uses if use.command)


def own_name(dockerfile: str) -> str:
    """Return what `Dockerfile.api` or `api.Dockerfile` is for, empty where the name does not say so."""
    name = basename(dockerfile)
    own = name.removeprefix("Dockerfile.").removesuffix(".Dockerfile")
    return "" if own == name else own


def builds_of(repository: Repository, dockerfile: str) -> Iterator[ImageBuild]:
    """Yield what the repository says of how a Dockerfile is built."""
    for build in _Files(repository).builds():
        if dockerfile in build.dockerfiles:
            yield build


def callers(repository: Repository, dockerfile: str, folder: str, names: frozenset[str]) -> Callers:
    """
    Return who runs the image of a Dockerfile, which may be called by one of `names` where no build names it.

    `folder` is the build context's; callers are told by their paths from there, as everything is.
    """
    if not dockerfile:
        return Callers()
    files = _Files(repository)
    builds = [*files.builds()]
    own = frozenset(without_tag(name) for build in builds if dockerfile in build.dockerfiles for name in build.names)
    others = frozenset(
        without_tag(one) for build in builds if dockerfile not in build.dockerfiles for one in build.names
    )
    short = frozenset(filter(None, map(last_part, own)))
    image = _Image(dockerfile, others - own, short or names, is_guessed=not short)
    said = [*files.of_images(image.names)]
    of_image = [(path, use) for path, use in said if image.is_of(use)]
    uses = [(path, use) for path, use in of_image if use.dockerfiles or files.may_mean(path, use, image)]
    uses += _of_containers(uses, said)
    shown = dict.fromkeys(Caller(relpath(path, folder or "."), use) for path, use in uses if path != dockerfile)
    return Callers(tuple(shown))


@dataclass(frozen=True, slots=True)
class _Image:
    """The image of a Dockerfile: the last parts of its names, which may be guessed, and whole names of others."""

    dockerfile: str
    of_others: frozenset[str]
    names: frozenset[str]
    is_guessed: bool

    def is_of(self, use: ImageUse) -> bool:
        if use.dockerfiles:
            return self.dockerfile in use.dockerfiles
        name = without_tag(use.image)
        # one is pushed to several registries, and a variable may stand for each
        return name not in self.of_others and last_part(name) in self.names


def _of_containers(uses: list[tuple[str, ImageUse]], said: list[tuple[str, ImageUse]]) -> list[tuple[str, ImageUse]]:
    """Return what is said of containers that are known to be of the image, or of those that these are based on."""
    found: list[tuple[str, ImageUse]] = []
    waiting = [(path, name) for path, use in uses for name in use.names]
    seen = set(waiting)
    while waiting:
        path, name = waiting.pop()
        for other, use in said:
            if use.container == name and _are_together(path, other) and (other, use) not in found:
                found.append((other, use))
                more = {(other, one) for one in use.names} - seen
                waiting += more
                seen |= more
    return found


def _are_together(one: str, other: str) -> bool:
    """Say whether one file lies in the folder of the other, or above it: each project may have a service `app`."""
    folders = sorted((dirname(one), dirname(other)), key=len)
    return f"{folders[1]}/".startswith(f"{folders[0]}/") or not folders[0]


@dataclass(slots=True)
class _Files:
    """The files of a repository that may say something of images, each read once."""

    repository: Repository
    paths: tuple[str, ...] = ()
    dockerfiles: tuple[str, ...] = ()
    contents: dict[str, bytes] = field(default_factory=dict)
    statements: dict[str, tuple[Statement, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.paths = tuple(self.repository.files(_may_say_something))
        self.dockerfiles = tuple(path for path in self.paths if is_dockerfile_name(basename(path)))

    def builds(self) -> Iterator[ImageBuild]:
        for path in self.paths:
            if not is_dockerfile_name(basename(path)) and any(one in self._content(path) for one in _SAYS_BUILD):
                yield from (one for one in self._statements(path) if isinstance(one, ImageBuild))

    def of_images(self, names: frozenset[str]) -> Iterator[tuple[str, ImageUse]]:
        """Yield what may be said of an image of one of these names, or of containers."""
        wanted = tuple(name.encode("utf-8", "surrogateescape") for name in names)
        for path in self.paths:
            # YAML takes its time: what names nothing of all this is not read
            values = values_file(path)
            content = self._content(path) + (self._content(values) if values else b"")
            if path in self.statements or any(name in content for name in wanted):
                yield from ((path, one) for one in self._statements(path) if isinstance(one, ImageUse))

    def may_mean(self, path: str, use: ImageUse, image: _Image) -> bool:
        """
        Say whether a name in a file is the image's: where it is guessed, no other Dockerfile may be closer.

        Of several in one folder, the one that is called Dockerfile alone has the program's name, others their own.
        """
        if not image.is_guessed:
            return True
        if is_dockerfile_name(basename(path)):
            return False  # what a FROM names is another's image, unless a build here makes it
        if len(self.dockerfiles) == 1:
            return True
        above = [one for one in self.dockerfiles if f"{path}/".startswith(f"{dirname(one)}/") or not dirname(one)]
        nearest = max((len(dirname(one)) for one in above), default=0)
        closest = [one for one in above if len(dirname(one)) == nearest]
        plain = [one for one in closest if basename(one) in PLAIN_DOCKERFILES]
        is_called_so = image.dockerfile in closest and last_part(use.image) == own_name(image.dockerfile)
        return is_called_so or (plain or closest) == [image.dockerfile]

    def _content(self, path: str) -> bytes:
        if path not in self.contents:
            self.contents[path] = self.repository.read(path) or b""
        return self.contents[path]

    def _statements(self, path: str) -> tuple[Statement, ...]:
        if path not in self.statements:
            text = self._content(path).decode("utf-8", "replace").replace("\r\n", "\n")
            self.statements[path] = tuple(_in_file(path, text, self.repository))
        return self.statements[path]


def _may_say_something(name: str) -> bool:
    if name.endswith(_DATA):
        return name in _TEXTS_OF_OTHERS
    return (
        name.endswith((*_YAML, *_SCRIPTS, ".mk"))
        or name in MAKEFILES
        or name in _TEXTS_OF_OTHERS
        or is_dockerfile_name(name)
    )


def _in_file(path: str, text: str, repository: Repository) -> Iterator[Statement]:
    name = basename(path)
    if name.endswith(_YAML) or name == "package.json":
        yield from _in_yaml(path, text, repository)
    elif name.endswith(_SCRIPTS):
        yield from in_shell_text(text, 1, [dirname(path), ""])
    elif name in MAKEFILES or name.endswith(".mk"):
        yield from in_makefile(path, text, repository)
    elif name == "Tiltfile":
        yield from in_tiltfile(path, text)
    elif name.endswith(".json"):
        yield from in_devcontainer(path, text)
    else:
        yield from in_dockerfile(text)


def _in_yaml(path: str, text: str, repository: Repository) -> Iterator[Statement]:
    if values_file(path):
        text = without_templates(path, text, repository)
    for top in read_documents(text):
        if is_compose(top):
            yield from in_compose(path, top, repository)
        elif top.said("apiVersion").startswith("skaffold/"):
            yield from in_skaffold(path, top)
        else:
            yield from in_action(path, top)
            yield from in_workflow(top)
            yield from in_manifest(top)
