"""
Which lines of which recipes make runs, in order.

https://www.gnu.org/software/make/manual/html_node/How-Make-Works.html
"""

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from posixpath import basename, dirname, join, normpath

from scratchify.analysis.make_text import MARK, Stopped, Texts, Variable, World, has_mark, stem_of
from scratchify.analysis.makefile import Line, Makefile, MakeRule

NAMES = ("GNUmakefile", "makefile", "Makefile")
_WITH_VALUE = frozenset({"-C", "-f", "-I", "-l", "-o", "-W", "--directory", "--file", "--makefile"})
_ONLY_SHOWS = frozenset({"-n", "-q", "-t", "--just-print", "--dry-run", "--question", "--touch", "-p"})
_DEFAULTS = {"CC": "cc", "CXX": "g++", "MAKE": "make", "RM": "rm -f", "AR": "ar", ".SHELLFLAGS": "-c", "INSTALL": ""}
_PREFIX = re.compile(r"[\s@+-]*")
_ADVICE = "call go build directly"
MOST_DEEP = 100
"""Prerequisites of prerequisites: deeper than this is a circle."""

__all__ = ["NotRead", "Step", "World", "steps_of"]


@dataclass(frozen=True, slots=True)
class Step:
    """
    One line of a recipe, with make's references expanded: shell text to run in `folder`.

    `unknown` maps shell parameters in it to the texts that they stand for, which only make would know. `is_certain`
    is False where it hangs on the times of files whether the line runs. `environment` is what make exports, None
    where a value is not known; `overrides` are the variables of the command line.
    """

    text: str
    folder: str
    path: str
    line: int
    target: str
    ignores_errors: bool
    is_certain: bool
    environment: Mapping[str, str | None]
    overrides: Mapping[str, str]
    unknown: Mapping[str, str]
    shell: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NotRead:
    """Why it is not known what make does; `path` is None where there is no makefile at hand."""

    path: str | None
    line: int
    why: str


@dataclass(slots=True)
class _Call:
    """The command line of make."""

    goals: list[str] = field(default_factory=list)
    overrides: dict[str, str] = field(default_factory=dict)
    folder: str = ""
    files: list[str] = field(default_factory=list)
    makes_all: bool = False
    environment_wins: bool = False
    ignores_errors: bool = False
    only_shows: bool = False


def steps_of(arguments: Sequence[str], world: World) -> tuple[Step, ...] | NotRead:
    """Return what `make ARGUMENTS` runs."""
    inherited = shlex.split((world.environment.get("MAKEFLAGS") or "").partition("-- ")[2])
    call = _call([*inherited, *arguments])
    if call.only_shows:
        return ()
    world = replace(world, folder=normpath(join(world.folder, call.folder)))
    names = call.files or NAMES
    found = [(path, text) for path, text in _contents(names, world) if text is not None]
    if len(found) < len(call.files) or not found:
        there = {path for path, _ in found}
        missing = next(name for name in call.files or ("Makefile",) if normpath(join(world.folder, name)) not in there)
        why, way_out = world.not_at_hand(normpath(join(world.folder, missing)))
        return NotRead(None, 0, f"make reads {missing}, which {why}; {way_out}, or {_ADVICE}")
    makefile = Makefile(Texts(world))
    _set_variables(makefile.texts, call)
    try:
        for path, text in found if call.files else found[:1]:
            makefile.read(path, text)
        return tuple(_Run(makefile, call).steps())
    except Stopped as stopped:
        return NotRead(makefile.at.path, makefile.at.number, f"{stopped}; {_ADVICE}")


def _contents(names: Sequence[str], world: World) -> Iterator[tuple[str, str | None]]:
    for name in names:
        path = normpath(join(world.folder, name))
        yield path, world.read(path)


def _call(arguments: Sequence[str]) -> _Call:
    call = _Call()
    words = list(arguments)
    while words:
        word = words.pop(0)
        name, equals, value = word.partition("=")
        if word.startswith("-"):
            if word[:2] in ("-C", "-f", "-j") and len(word) > 2 and not word.startswith("--"):
                word, value = word[:2], word[2:]
            elif word in _WITH_VALUE and words:
                value = words.pop(0)
            elif word == "-j" and words and words[0].isdecimal():
                words.pop(0)
            _option(call, word.partition("=")[0], value)
        elif equals:
            call.overrides[name.rstrip(":")] = value
        else:
            call.goals.append(word)
    return call


def _option(call: _Call, word: str, value: str) -> None:
    letters = word[1:] if not word.startswith("--") else ""
    if word in ("-C", "--directory"):
        call.folder = join(call.folder, value)
    elif word in ("-f", "--file", "--makefile"):
        call.files.append(value)
    elif word in _ONLY_SHOWS:
        call.only_shows = True
    call.makes_all = call.makes_all or "B" in letters or word == "--always-make"
    call.environment_wins = call.environment_wins or "e" in letters
    call.ignores_errors = call.ignores_errors or "i" in letters


def _set_variables(texts: Texts, call: _Call) -> None:
    for name, value in _DEFAULTS.items():
        texts.variables[name] = Variable(value, is_simple=True, origin="default")
    for name in ("HOME", "HOSTNAME", "USER", "OLDPWD", "SHLVL", "PWD"):
        texts.variables[name] = Variable(texts.mark(f"$({name})"), is_simple=True, origin="environment")
    for name, known in texts.world.environment.items():
        value = texts.mark(f"$({name})") if known is None else known
        origin = "command line" if call.environment_wins else "environment"
        texts.variables[name] = Variable(value, is_simple=True, origin=origin, is_exported=True)
    texts.variables["SHELL"] = Variable("/bin/sh", is_simple=True)
    texts.variables["CURDIR"] = Variable(texts.world.folder, is_simple=True)
    texts.variables["MAKECMDGOALS"] = Variable(" ".join(call.goals), is_simple=True)
    for name, value in call.overrides.items():
        texts.variables[name] = Variable(value, is_simple=True, origin="command line", is_exported=True)


class _Run:
    """Makes goals: depth first, each target once."""

    def __init__(self, makefile: Makefile, call: _Call) -> None:
        self._makefile = makefile
        self._texts = makefile.texts
        self._call = call
        self._done: dict[str, bool | None] = {}
        self._explicit: dict[str, list[MakeRule]] = {}
        self._patterns = [rule for rule in makefile.rules if "%" in "".join(rule.targets) and not rule.stem_pattern]
        for rule in makefile.rules:
            for target in rule.targets:
                self._explicit.setdefault(normpath(target) if target[:1] != "." else target, []).append(rule)
        self._phony = {word for rule in self._explicit.get(".PHONY", ()) for word in rule.prerequisites}

    def steps(self) -> Iterator[Step]:
        for goal in self._call.goals or [self._default()]:
            yield from self._make(goal, {}, 0)

    def _default(self) -> str:
        said = self._texts.value(".DEFAULT_GOAL").strip()
        if said:
            return said
        for rule in self._makefile.rules:
            for target in rule.targets:
                if (not target.startswith(".") or "/" in target) and "%" not in target:
                    return target
        raise Stopped("the makefile has no target")

    def _make(self, target: str, local: Mapping[str, str], depth: int) -> Iterator[Step]:
        """Yield the steps for one target, and note whether it was made, None where that is not known."""
        key = normpath(target) if target[:1] != "." else target
        if key in self._done:
            return
        if depth > MOST_DEEP:
            raise Stopped(f"{target} depends on itself")
        self._done[key] = None
        local = {**local, **self._own(key, local)}
        rules = self._explicit.get(key, [])
        rule, stem = self._with_recipe(key, rules)
        if rule is None and not rules:
            if self._exists(target) is False:
                raise Stopped(f"make has no rule for {target}, which is not there")
            self._done[key] = False
            return
        if rule is not None:
            self._makefile.at = rule.recipe[0]
        normal = [one for each in rules if each is not rule for one in each.prerequisites]
        own = [one.replace("%", stem, 1) if stem is not None else one for one in (rule.prerequisites if rule else ())]
        later = [one for each in (*rules, *([rule] if rule else [])) for one in each.order_only]
        hides = any(each.hides for each in (*rules, *([rule] if rule else [])))
        for prerequisite in dict.fromkeys([*own, *normal, *later]):
            yield from self._make(prerequisite, local, depth + 1)
        is_made = self._is_made(key, [*own, *normal], hides=hides)
        self._done[key] = is_made
        if rule is not None and is_made is not False:
            names = self._automatic(target, [*own, *normal], later, stem, hides=hides)
            yield from self._recipe(rule, target, {**local, **names}, is_certain=is_made is True)

    def _own(self, target: str, local: Mapping[str, str]) -> dict[str, str]:
        """Variables that hold for a target and what it depends on."""
        found: dict[str, str] = {}
        for pattern, lines in self._makefile.of_target.items():
            if pattern != target and stem_of(pattern, target) is None:
                continue
            for line in lines:
                name, operator, value = re.split(r"\s*(:=|::=|\?=|\+=|=)\s*", line.text.strip(), maxsplit=1)
                name = name.removeprefix("export ").removeprefix("override ").removeprefix("private ").strip()
                old = found.get(name, self._texts.value(name, local))
                expanded = self._texts.expand(value, {**local, **found})
                if operator == "?=" and old:
                    continue
                if name not in self._call.overrides:
                    found[name] = f"{old} {expanded}".strip() if operator == "+=" else expanded
        return found

    def _with_recipe(self, target: str, rules: list[MakeRule]) -> tuple[MakeRule | None, str | None]:
        """Return the rule that has the recipe, and the stem where it is a pattern."""
        for rule in reversed(rules):
            if rule.recipe:
                return rule, stem_of(rule.stem_pattern, target) if rule.stem_pattern else None
        if target in self._phony:
            return None, None
        candidates: list[tuple[int, MakeRule, str]] = []
        for rule in self._patterns:
            for pattern in rule.targets:
                stem = stem_of(pattern, target if "/" in pattern else basename(target))
                if stem is None or not rule.recipe:
                    continue
                folder = "" if "/" in pattern else dirname(target)
                whole = join(folder, stem)
                needed = [one.replace("%", whole, 1) for one in rule.prerequisites]
                if all(self._can_be(one) for one in needed):
                    candidates.append((len(stem), rule, whole))
        if not candidates:
            return None, None
        _, rule, stem = min(candidates, key=lambda candidate: candidate[0])
        return rule, stem

    def _can_be(self, path: str) -> bool:
        return normpath(path) in self._explicit or path in self._explicit or self._exists(path) is not False

    def _exists(self, target: str) -> bool | None:
        return self._texts.world.exists(normpath(join(self._texts.world.folder, target)))

    def _is_made(self, target: str, prerequisites: list[str], *, hides: bool) -> bool | None:
        if target in self._phony or self._call.makes_all:
            return True
        exists = self._exists(target)
        if exists is False:
            return True
        made = [self._done.get(normpath(one) if one[:1] != "." else one) for one in prerequisites]
        if True in made:
            return True
        return False if exists and not prerequisites and not hides else None

    def _automatic(
        self, target: str, prerequisites: list[str], later: list[str], stem: str | None, *, hides: bool
    ) -> dict[str, str]:
        first = prerequisites[0] if prerequisites else ""
        every = " ".join(dict.fromkeys(prerequisites))
        unknown = self._texts.mark("$^") if hides else None
        names = {
            "@": target,
            "<": first if first or unknown is None else unknown,
            "^": every if unknown is None else unknown,
            "+": " ".join(prerequisites) if unknown is None else unknown,
            "?": self._texts.mark("$?"),
            "|": " ".join(later),
            "*": stem or "",
        }
        for name in ("@", "<", "^", "*"):
            value = names[name]
            folders = [dirname(word) or "." for word in value.split()]
            names[f"{name}D"] = self._texts.mark(f"$({name}D)") if has_mark(value) else " ".join(folders)
            plain = " ".join(map(basename, value.split()))
            names[f"{name}F"] = self._texts.mark(f"$({name}F)") if has_mark(value) else plain
        return names

    def _recipe(self, rule: MakeRule, target: str, local: Mapping[str, str], *, is_certain: bool) -> Iterator[Step]:
        lines = rule.recipe
        if ".ONESHELL" in self._explicit:
            joined = "\n".join(line.text for line in lines)
            lines = [Line(joined, lines[0].path, lines[0].number)]
        for line in lines:
            self._makefile.at = line
            expanded = self._texts.expand(line.text, local)
            is_one = ".ONESHELL" in self._explicit
            # a variable of several lines is a line each; a line that goes on in the next stays one
            for text in [expanded] if is_one else re.split(r"(?<!\\)\n", expanded):
                prefix = _PREFIX.match(text)
                marks = prefix[0] if prefix else ""
                if text[len(marks) :].strip():
                    ignores = "-" in marks or self._call.ignores_errors or ".IGNORE" in self._explicit
                    shown = text[len(marks) :]
                    yield self._step(shown, line, target, local, ignores_errors=ignores, is_certain=is_certain)

    def _step(
        self, text: str, line: Line, target: str, local: Mapping[str, str], *, ignores_errors: bool, is_certain: bool
    ) -> Step:
        unknown: dict[str, str] = {}

        def parameter(match: re.Match[str]) -> str:
            unknown[f"__make_{match[1]}"] = self._texts.marks[int(match[1])]
            return f"${{__make_{match[1]}}}"

        shell = self._texts.value("SHELL").split() or ["/bin/sh"]
        return Step(
            text=MARK.sub(parameter, text),
            folder=self._texts.world.folder,
            path=line.path,
            line=line.number,
            target=target,
            ignores_errors=ignores_errors,
            is_certain=is_certain,
            environment=dict(self._exported(local)),
            overrides=self._call.overrides,
            unknown=unknown,
            shell=(*shell, *self._texts.value(".SHELLFLAGS").split()),
        )

    def _exported(self, local: Mapping[str, str]) -> Iterator[tuple[str, str | None]]:
        for name, variable in self._texts.variables.items():
            wanted = self._makefile.exports_all and variable.origin == "file" and name.isidentifier()
            if variable.is_exported or wanted:
                value = local.get(name) or self._texts.value(name, local)
                yield name, None if has_mark(value) else value
        if self._call.overrides:
            yield "MAKEFLAGS", " -- " + shlex.join(f"{name}={value}" for name, value in self._call.overrides.items())
