"""
Image names: `registry:5000/path/name:tag@sha256:…`.

https://pkg.go.dev/github.com/distribution/reference
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ImageName:
    """
    An image's name, taken apart; `tag` is `latest` where neither tag nor digest is given.

    `is_exact`: one of the two is.
    """

    registry: str
    path: str
    tag: str
    digest: str
    is_exact: bool = True

    @classmethod
    def parse(cls, text: str) -> "ImageName":
        name, _, digest = text.partition("@")
        registry, slash, path = name.partition("/")
        if not slash or not ("." in registry or ":" in registry or registry == "localhost"):
            registry, path = "", name
        head, colon, tag = path.rpartition(":")
        has_tag = bool(colon) and "/" not in tag
        if has_tag:
            path = head
        else:
            tag = "" if digest else "latest"
        return cls(registry, path.lower(), tag, digest, has_tag or bool(digest))

    def stands_for(self, said: "ImageName") -> bool:
        """Say whether this name means the image that `said` names; a name without tag and digest means every one."""
        is_same = (self.registry, self.path) == (said.registry, said.path)
        if not self.is_exact:
            return is_same
        return is_same and self.tag in ("", said.tag) and self.digest in ("", said.digest)

    @property
    def last(self) -> str:
        """The last element of the path: `golang` of `mirror.example/library/golang`."""
        return self.path.rpartition("/")[2]
