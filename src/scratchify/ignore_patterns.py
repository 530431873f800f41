"""
The rules of a .dockerignore file, as text.

https://docs.docker.com/build/concepts/context/#dockerignore-files
"""

import re
from collections.abc import Callable, Sequence
from posixpath import normpath

from scratchify.syntax.white_space import SPACE

_SPECIAL = re.compile(r"[*?\[\]\\]")
_PIECE = re.compile(r"\*\*/?|\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|.", re.DOTALL)
_IN_CLASS = re.compile(r"\\.|--|[\[&~|]", re.DOTALL)


class IgnorePatterns:
    """
    The rules of a .dockerignore file: the last pattern that matches decides, `!` lets through again.

    After moby/patternmatcher (MatchesUsingParentResults, which BuildKit's and the classic client walk by) and its
    ignorefile package. A pattern that the builder refuses hides nothing: there is no build to be true to.

    https://docs.docker.com/build/concepts/context/#dockerignore-files
    """

    def __init__(self, text: str) -> None:
        rules = [_ignore_rule(line) for line in text.removeprefix("\ufeff").split("\n")]
        self._rules: Sequence[tuple[Callable[[str], bool], bool]] = [rule for rule in rules if rule]
        self.has_exceptions = any(is_exception for _, is_exception in self._rules)
        self._below: dict[str, tuple[bool, ...]] = {"": (False,) * len(self._rules)}

    def hides(self, path: str) -> bool:
        """Say whether this path, relative to the context, is left out."""
        return self._decide(path)[0]

    def _decide(self, path: str) -> tuple[bool, tuple[bool, ...]]:
        """Return the answer, and which rules hold for everything below `path`."""
        folder = path.rpartition("/")[0]
        if folder not in self._below:
            self._below[folder] = self._decide(folder)[1]
        hidden = False
        held: list[bool] = []
        for (matches, is_exception), holds_above in zip(self._rules, self._below[folder], strict=True):
            # a rule that could not change the answer is not tried, and so does not hold below either
            holds = holds_above or (hidden == is_exception and matches(path))
            if holds:
                hidden = not is_exception
            held.append(holds)
        return hidden, tuple(held)


def _ignore_rule(line: str) -> tuple[Callable[[str], bool], bool] | None:
    pattern = line.strip(SPACE)
    if line.startswith("#") or not pattern:
        return None
    is_exception = pattern.startswith("!")
    pattern = pattern.removeprefix("!").strip(SPACE)
    if not pattern:
        return None
    pattern = normpath(pattern).replace("//", "/")
    return _matcher(pattern.removeprefix("/") or "/"), is_exception


def _matcher(pattern: str) -> Callable[[str], bool]:
    """
    Return what tells whether a path matches, its folders apart.

    `**` at one end of a pattern that is literal otherwise goes by characters: `**.md` and `build**` cross slashes.
    """
    head, tail = pattern.removesuffix("**"), pattern.removeprefix("**")
    if not _SPECIAL.search(pattern):
        return pattern.__eq__
    if head != pattern and not _SPECIAL.search(head):
        return lambda path: path.startswith(head)
    if tail != pattern and not _SPECIAL.search(tail):
        return lambda path: path.endswith(tail) or path == tail.removeprefix("/")
    try:
        expression = re.compile(_expression(pattern))
    except re.error:
        return lambda _: False
    return lambda path: expression.fullmatch(path) is not None


def _expression(pattern: str) -> str:
    result: list[str] = []
    at = 0
    while at < len(pattern):
        found = _PIECE.match(pattern, at)
        piece = found[0] if found else pattern[at]
        at += len(piece)
        match piece:
            case "**" | "**/":
                result.append(".*" if at == len(pattern) else "(?:.*/)?")
            case "*":
                result.append("[^/]*")
            case "?":
                result.append("[^/]")
            case "[" | "^":
                result.append(piece)
            case _ if len(piece) > 1 and piece[0] == "[":
                result.append(f"[{_IN_CLASS.sub(_literal_in_class, piece[1:-1])}]")
            case _:
                result.append(re.escape(piece[-1]))
    return "".join(result)


def _literal_in_class(match: re.Match[str]) -> str:
    """Keep Python from reading more into a class than Go does."""
    return r"-\-" if match[0] == "--" else re.escape(match[0][-1]) if match[0][-1].isalnum() else "\\" + match[0][-1]
