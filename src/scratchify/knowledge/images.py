"""What images that a Dockerfile may begin from set and hold."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from scratchify.knowledge.tables import read_table, table_text

_TABLE = "base_images.toml"


@dataclass(frozen=True, slots=True)
class BaseImage:
    """
    One family of images.

    `names` are repositories without registry; `tags` is a regular expression that a tag must match whole.
    `release` is the distribution's, where the tag tells. `onbuild` are the triggers' texts, in order.
    """

    names: tuple[str, ...]
    family: str
    go: bool
    libc: str
    shell: tuple[str, ...]
    workdir: str
    entrypoint: tuple[str, ...]
    cmd: tuple[str, ...]
    certificates: bool
    zoneinfo: bool
    mime_types: bool
    onbuild: tuple[str, ...]
    source: str
    env: Mapping[str, str]
    tags: str = ".*"
    release: str | None = None
    goroot: str | None = None
    user: str | None = None


@cache
def _text() -> str:
    return table_text(_TABLE)


@cache
def _images() -> tuple[BaseImage, ...]:
    return read_table(_TABLE, "image", BaseImage)


@cache
def base_image(path: str, tag: str) -> BaseImage | None:
    """
    Return what is known of an image; `path` without registry, `tag` empty where only a digest is given.

    A last path element `golang` counts as the official image, whatever the registry and the folders before it.
    """
    last = path.rpartition("/")[2]
    if last != "golang" and f'"{path}"' not in _text():
        return None  # most files begin from what no entry names: they need not wait until the table is read
    exact = (image for image in _images() if path in image.names)
    mirrored = (image for image in _images() if last == "golang" and last in image.names)
    return next((image for image in (*exact, *mirrored) if re.fullmatch(image.tags, tag)), None)
