"""
Names of files in patches, quoted as git quotes them.

https://git-scm.com/docs/git-config#Documentation/git-config.txt-corequotePath
"""

import re

# What quote.c of git writes in double quotes: control characters, the quote, the backslash, and all that is not ASCII.
_ODD = re.compile(rb'[\x00-\x1f"\\\x7f-\xff]')
_LETTERS = {7: "a", 8: "b", 9: "t", 10: "n", 11: "v", 12: "f", 13: "r", 34: '"', 92: "\\"}
_BYTES = {letter: byte for byte, letter in _LETTERS.items()}
_ESCAPE = re.compile(r'\\([0-3][0-7]{2}|[abtnvfr"\\])')


def quoted(name: str) -> str:
    """Return the name as git does: in double quotes where a byte of it is odd."""
    raw = name.encode("utf-8", "surrogateescape")
    if not _ODD.search(raw):
        return name
    escaped = _ODD.sub(lambda odd: f"\\{_LETTERS.get(odd[0][0], f'{odd[0][0]:03o}')}".encode(), raw)
    return f'"{escaped.decode("ascii")}"'


def unquoted(name: str) -> str:
    """Return the name that git may have put in double quotes."""
    if len(name) < 2 or not (name.startswith('"') and name.endswith('"')):
        return name
    # Where git is told to leave bytes beyond ASCII alone, they stand in the quotes as they are.
    raw = name[1:-1].encode("utf-8", "surrogateescape").decode("latin-1")
    return _ESCAPE.sub(_unescaped, raw).encode("latin-1").decode("utf-8", "surrogateescape")


def _unescaped(escape: re.Match[str]) -> str:
    said = escape[1]
    return chr(_BYTES[said] if said in _BYTES else int(said, 8))
