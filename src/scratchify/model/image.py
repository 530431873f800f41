"""
Image names: `registry:5000/path/name:tag@sha256:…`.

https://pkg.go.dev/github.com/distribution/reference
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ImageName:
    """An image's name, taken apart; `tag` is `latest` where neither tag nor digest is given."""

    registry: str
    path: str
    tag: str
    digest: str

    @classmethod
    def parse(cls, text: str) -> "ImageName":
        name, _, digest = text.partition("@")
        registry, slash, path = name.partition("/")
        if not slash or not ("." in registry or ":" in registry or registry == "localhost"):
            registry, path = "", name
        head, colon, tag = path.rpartition(":")
        if colon and "/" not in tag:
            path = head
        else:
            tag = "" if digest else "latest"
        return cls(registry, path.lower(), tag, digest)

    @property
    def last(self) -> str:
        """The last element of the path: `golang` of `mirror.example/library/golang`."""
        return self.path.rpartition("/")[2]
