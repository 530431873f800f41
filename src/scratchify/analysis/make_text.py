"""
Variables and functions of make: what a text becomes when make expands it.

What make would only know when it runs (the output of a command, files that are not listed) is a mark in the text.

https://www.gnu.org/software/make/manual/html_node/Functions.html
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from posixpath import basename, dirname, join, normpath


class Stopped(Exception):
    """What make does from here on is not known; the words say why."""


@dataclass(frozen=True, slots=True)
class World:
    """
    What make sees of the world; paths are absolute, in the image.

    Each question may have no answer, which is None. `environment` has None for variables whose value is not known,
    `not_at_hand` says why a file is not, and what would help.
    """

    folder: str
    environment: Mapping[str, str | None]
    read: Callable[[str], str | None]
    exists: Callable[[str], bool | None]
    glob: Callable[[str, str], tuple[str, ...] | None]
    output: Callable[[str, Mapping[str, str | None]], str | None]
    not_at_hand: Callable[[str], tuple[str, str]]


@dataclass(slots=True)
class Variable:
    """`origin` is file, environment or command line; a simple variable's value is expanded already."""

    value: str
    is_simple: bool
    origin: str = "file"
    is_exported: bool = False


MARK = re.compile("\0(\\d+)\0")
"""What stands in a text for what only make would know, by its number."""

_REFERENCE = re.compile(r"\$(.)", re.S)
_CLOSING = {"(": ")", "{": "}"}
_SUBSTITUTION = re.compile(r"([^:=]+):([^=]*)=(.*)", re.S)


def has_mark(text: str) -> bool:
    return "\0" in text


@dataclass(slots=True)
class Texts:
    """Expands texts with the variables that are known so far; `marks` are the texts that marks stand for."""

    world: World
    variables: dict[str, Variable] = field(default_factory=dict)
    marks: list[str] = field(default_factory=list)
    depth: int = 0

    def mark(self, raw: str) -> str:
        """Return a mark for what a text would become."""
        self.marks.append(MARK.sub(lambda match: self.marks[int(match[1])], raw))
        return f"\0{len(self.marks) - 1}\0"

    def shown(self, text: str) -> str:
        """Return a text with what its marks stand for."""
        return MARK.sub(lambda match: self.marks[int(match[1])], text)

    def value(self, name: str, local: Mapping[str, str] | None = None) -> str:
        """Return what a variable expands to; one that nobody set is empty."""
        if local and name in local:
            return local[name]
        variable = self.variables.get(name)
        if variable is None:
            return ""
        return variable.value if variable.is_simple else self.expand(variable.value, local)

    def expand(self, text: str, local: Mapping[str, str] | None = None) -> str:
        """Return a text with its references expanded; `local` are automatic variables and arguments of call."""
        if "$" not in text:
            return text
        self.depth += 1
        if self.depth > 200:
            raise Stopped("a variable refers to itself")
        found: list[str] = []
        at = 0
        while match := _REFERENCE.search(text, at):
            found.append(text[at : match.start()])
            opening = match[1]
            if opening == "$":
                found.append("$")
                at = match.end()
            elif opening in _CLOSING:
                end = _end_of_reference(text, match.start(1))
                found.append(self._reference(text[match.end() : end - 1], local, text[match.start() : end]))
                at = end
            else:
                found.append(self.value(opening, local))
                at = match.end()
        found.append(text[at:])
        self.depth -= 1
        return "".join(found)

    def _reference(self, inside: str, local: Mapping[str, str] | None, raw: str) -> str:
        name, _, rest = inside.partition(" ") if " " in inside.partition("\t")[0] else inside.partition("\t")
        if rest and name in _FUNCTIONS:
            return _FUNCTIONS[name](self, _arguments(rest.lstrip(), _MOST_ARGUMENTS.get(name, 0)), local, raw)
        expanded = self.expand(inside, local)
        if has_mark(expanded):
            return self.mark(raw)
        if match := _SUBSTITUTION.fullmatch(expanded):
            value = self.value(match[1], local)
            pattern = match[2] if "%" in match[2] else "%" + match[2]
            replacement = match[3] if "%" in match[2] else "%" + match[3]
            return self.mark(raw) if has_mark(value) else _words(patsubst(pattern, replacement, value.split()))
        return self.value(expanded, local)


def _end_of_reference(text: str, opening: int) -> int:
    close, depth = _CLOSING[text[opening]], 0
    for at in range(opening, len(text)):
        if text[at] == text[opening]:
            depth += 1
        elif text[at] == close:
            depth -= 1
            if not depth:
                return at + 1
    raise Stopped(f"{text[opening - 1 :]} is not closed")


def _arguments(text: str, most: int) -> list[str]:
    """Split the arguments of a function at commas outside of parentheses; the last takes the rest."""
    found: list[str] = []
    start = depth = 0
    for at, character in enumerate(text):
        if character in "({":
            depth += 1
        elif character in ")}":
            depth -= 1
        elif character == "," and not depth and (not most or len(found) < most - 1):
            found.append(text[start:at])
            start = at + 1
    return [*found, text[start:]]


def _words(words: Sequence[str] | Iterator[str]) -> str:
    return " ".join(words)


def stem_of(pattern: str, word: str) -> str | None:
    """Return what `%` stands for where a word matches a pattern, None where it does not."""
    front, percent, end = pattern.partition("%")
    if not percent:
        return "" if word == pattern else None
    fits = word.startswith(front) and word.endswith(end) and len(word) >= len(front) + len(end)
    return word[len(front) : len(word) - len(end)] if fits else None


def patsubst(pattern: str, replacement: str, words: Sequence[str]) -> list[str]:
    stems = [stem_of(pattern, word) for word in words]
    is_pattern = "%" in pattern
    return [
        word if stem is None else replacement.replace("%", stem, 1) if is_pattern else replacement
        for word, stem in zip(words, stems, strict=True)
    ]


# ---- functions

Function = Callable[[Texts, list[str], Mapping[str, str] | None, str], str]


def _plain(work: Callable[..., str | None], count: int) -> Function:
    """A function of texts alone: with a mark in any of them the result is one; None raises the question too."""

    def run(texts: Texts, arguments: list[str], local: Mapping[str, str] | None, raw: str) -> str:
        values = [texts.expand(argument, local) for argument in arguments]
        values += [""] * (count - len(values))
        if any(map(has_mark, values)):
            return texts.mark(raw)
        result = work(*values[:count])
        return texts.mark(raw) if result is None else result

    return run


def _filter(patterns: str, text: str, *, keeps: bool) -> str:
    wanted = patterns.split()
    return _words(word for word in text.split() if any(stem_of(one, word) is not None for one in wanted) == keeps)


def _each(work: Callable[[str], str]) -> Callable[[str], str]:
    return lambda text: _words(work(word) for word in text.split())


def _suffix(word: str) -> str:
    name = basename(word)
    return "." + name.rpartition(".")[2] if "." in name else ""


def _if(texts: Texts, arguments: list[str], local: Mapping[str, str] | None, raw: str) -> str:
    condition = texts.expand(arguments[0], local).strip()
    if has_mark(condition):
        return texts.mark(raw)
    chosen = arguments[1:2] if condition else arguments[2:3]
    return texts.expand(chosen[0], local) if chosen else ""


def _or(texts: Texts, arguments: list[str], local: Mapping[str, str] | None, raw: str) -> str:
    for argument in arguments:
        value = texts.expand(argument, local).strip()
        if value:
            return texts.mark(raw) if has_mark(value) else value
    return ""


def _and(texts: Texts, arguments: list[str], local: Mapping[str, str] | None, raw: str) -> str:
    value = ""
    for argument in arguments:
        value = texts.expand(argument, local).strip()
        if has_mark(value):
            return texts.mark(raw)
        if not value:
            return ""
    return value


def _foreach(texts: Texts, arguments: list[str], local: Mapping[str, str] | None, raw: str) -> str:
    name, listed = (texts.expand(argument, local).strip() for argument in arguments[:2])
    if has_mark(name) or has_mark(listed) or len(arguments) < 3:
        return texts.mark(raw)
    return _words(texts.expand(arguments[2], {**(local or {}), name: word}) for word in listed.split())


def _call(texts: Texts, arguments: list[str], local: Mapping[str, str] | None, raw: str) -> str:
    values = [texts.expand(argument, local) for argument in arguments]
    name = values[0].strip()
    if has_mark(name):
        return texts.mark(raw)
    if name in _FUNCTIONS:
        return _FUNCTIONS[name](texts, values[1:], local, raw)
    variable = texts.variables.get(name)
    numbered = {str(index): value for index, value in enumerate(values)}
    return texts.expand(variable.value, {**(local or {}), **numbered}) if variable else ""


def _shell(texts: Texts, arguments: list[str], local: Mapping[str, str] | None, raw: str) -> str:
    text = texts.expand(",".join(arguments), local)
    if has_mark(text):
        return texts.mark(raw)
    printed = texts.world.output(text, texts.world.environment)
    return texts.mark(raw) if printed is None else " ".join(printed.rstrip("\n").split("\n"))


def _wildcard(texts: Texts, arguments: list[str], local: Mapping[str, str] | None, raw: str) -> str:
    patterns = texts.expand(",".join(arguments), local)
    found: list[str] = []
    for pattern in patterns.split() if not has_mark(patterns) else ():
        matched = texts.world.glob(pattern, texts.world.folder)
        if matched is None:
            return texts.mark(raw)
        found += matched
    return texts.mark(raw) if has_mark(patterns) else _words(found)


def _error(texts: Texts, arguments: list[str], local: Mapping[str, str] | None, _raw: str) -> str:
    raise Stopped(f"make stops: {texts.shown(texts.expand(','.join(arguments), local))}")


def _eval(_texts: Texts, _arguments: list[str], _local: Mapping[str, str] | None, _raw: str) -> str:
    raise Stopped("$(eval …) makes rules of its own")


def _nothing(_texts: Texts, _arguments: list[str], _local: Mapping[str, str] | None, _raw: str) -> str:
    return ""


def _about(texts: Texts, arguments: list[str], local: Mapping[str, str] | None, raw: str) -> str:
    name = texts.expand(arguments[0], local).strip()
    variable = texts.variables.get(name)
    match raw[2:].partition(" ")[0]:
        case "value":
            return variable.value if variable else ""
        case "origin":
            return variable.origin if variable else "undefined"
        case _:
            return ("simple" if variable.is_simple else "recursive") if variable else "undefined"


def _path(texts: Texts, arguments: list[str], local: Mapping[str, str] | None, raw: str) -> str:
    value = texts.expand(arguments[0], local)
    folder = texts.world.folder
    return texts.mark(raw) if has_mark(value) else _words(normpath(join(folder, word)) for word in value.split())


def _number(text: str) -> int | None:
    return int(text) if text.strip().isdecimal() else None


def _word(index: str, text: str) -> str | None:
    number = _number(index)
    words = text.split()
    return None if not number else words[number - 1] if number <= len(words) else ""


def _wordlist(first: str, last: str, text: str) -> str | None:
    start, end = _number(first), _number(last)
    return None if not start or end is None else _words(text.split()[start - 1 : end])


def _joined(one: str, other: str) -> str:
    ones, others = one.split(), other.split()
    longest = max(len(ones), len(others))
    pad = [""] * longest
    return _words(a + b for a, b in zip((ones + pad)[:longest], (others + pad)[:longest], strict=True))


_MOST_ARGUMENTS = {"if": 3, "foreach": 3, "subst": 3, "patsubst": 3, "wordlist": 3, "filter": 2, "filter-out": 2}
_MOST_ARGUMENTS |= {"word": 2, "join": 2, "addprefix": 2, "addsuffix": 2, "findstring": 2, "shell": 1, "wildcard": 1}
_MOST_ARGUMENTS |= {"strip": 1, "sort": 1, "dir": 1, "notdir": 1, "suffix": 1, "basename": 1, "words": 1, "info": 1}
_MOST_ARGUMENTS |= {"error": 1, "warning": 1, "eval": 1, "firstword": 1, "lastword": 1, "abspath": 1, "realpath": 1}

_FUNCTIONS: dict[str, Function] = {
    "abspath": _path,
    "addprefix": _plain(lambda prefix, text: _words(prefix + word for word in text.split()), 2),
    "addsuffix": _plain(lambda suffix, text: _words(word + suffix for word in text.split()), 2),
    "and": _and,
    "basename": _plain(_each(lambda word: word.removesuffix(_suffix(word))), 1),
    "call": _call,
    "dir": _plain(_each(lambda word: dirname(word).rstrip("/") + "/" if "/" in word else "./"), 1),
    "error": _error,
    "eval": _eval,
    "filter": _plain(lambda patterns, text: _filter(patterns, text, keeps=True), 2),
    "filter-out": _plain(lambda patterns, text: _filter(patterns, text, keeps=False), 2),
    "findstring": _plain(lambda part, text: part if part in text else "", 2),
    "firstword": _plain(lambda text: (text.split() or [""])[0], 1),
    "flavor": _about,
    "foreach": _foreach,
    "if": _if,
    "info": _nothing,
    "join": _plain(_joined, 2),
    "lastword": _plain(lambda text: (text.split() or [""])[-1], 1),
    "notdir": _plain(_each(basename), 1),
    "or": _or,
    "origin": _about,
    "patsubst": _plain(lambda a, b, text: _words(patsubst(a.strip(), b.strip(), text.split())), 3),
    "realpath": _path,
    "shell": _shell,
    "sort": _plain(lambda text: _words(sorted(set(text.split()))), 1),
    "strip": _plain(lambda text: _words(text.split()), 1),
    "subst": _plain(lambda a, b, text: text.replace(a, b) if a else text + b, 3),
    "suffix": _plain(lambda text: _words(filter(None, map(_suffix, text.split()))), 1),
    "value": _about,
    "warning": _nothing,
    "wildcard": _wildcard,
    "word": _plain(_word, 2),
    "wordlist": _plain(_wordlist, 3),
    "words": _plain(lambda text: str(len(text.split())), 1),
}
