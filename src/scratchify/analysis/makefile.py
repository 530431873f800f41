"""
A makefile as make reads it: variables, and rules with their recipes.

https://www.gnu.org/software/make/manual/html_node/Makefiles.html
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from posixpath import join, normpath

from scratchify.analysis.make_text import Stopped, Texts, Variable, World, has_mark, stem_of

MOST_INCLUDES = 60
"""Makefiles that include each other: more than this is a circle."""

_ASSIGNMENT = re.compile(
    r"\s*((?:(?:export|override|unexport|private)\s+)*)([^\s:#=!?+]+)\s*(:::=|::=|:=|\?=|\+=|!=|=)(.*)", re.S
)
_DEFINE = re.compile(r"\s*((?:(?:export|override)\s+)*)define\s+(\S+)\s*(:=|::=|\?=|\+=|=)?\s*")
_CONDITIONAL = re.compile(r"\s*(ifeq|ifneq|ifdef|ifndef)\b\s*(.*)", re.S)
_ELSE = re.compile(r"\s*else\b\s*(.*)", re.S)
_ENDIF = re.compile(r"\s*endif\b")
_INCLUDE = re.compile(r"\s*(-include|sinclude|include)\s+(.*)", re.S)
_EXPORT = re.compile(r"\s*(export|unexport)\b\s*([^=]*)")
_QUOTED = re.compile(r"""\s*(["'])(.*?)\1\s*(["'])(.*?)\3\s*""", re.S)
_COMMENT = re.compile(r"(?<!\\)#.*", re.S)


@dataclass(frozen=True, slots=True)
class Line:
    """A logical line: its text, and where it begins."""

    text: str
    path: str
    number: int


@dataclass(slots=True)
class MakeRule:
    """
    `targets` depend on `prerequisites`; `recipe` are the lines that make them, unexpanded.

    `hides`: some prerequisites are only known when make runs.
    """

    targets: tuple[str, ...]
    prerequisites: tuple[str, ...]
    order_only: tuple[str, ...]
    recipe: list[Line] = field(default_factory=list)
    hides: bool = False
    stem_pattern: str = ""


@dataclass(slots=True)
class Branch:
    """One conditional that is open: whether its lines count (None: not known), and whether a branch was taken."""

    counts: bool | None
    taken: bool | None
    outer: bool | None


@dataclass(slots=True)
class Makefile:
    """What all makefiles together say. Raises Stopped where a reading would have to guess."""

    texts: Texts
    rules: list[MakeRule] = field(default_factory=list)
    of_target: dict[str, list[Line]] = field(default_factory=dict)
    exports_all: bool = False
    files: list[str] = field(default_factory=list)
    at: Line = field(default_factory=lambda: Line("", "", 0))
    _branches: list[Branch] = field(default_factory=list)
    _rule: MakeRule | None = None

    @property
    def world(self) -> World:
        return self.texts.world

    def read(self, path: str, text: str) -> None:
        """Read one makefile."""
        if len(self.files) > MOST_INCLUDES:
            raise Stopped("makefiles include each other without end")
        self.files.append(path)
        self.texts.variables["MAKEFILE_LIST"] = Variable(" ".join(["", *self.files]), is_simple=True)
        lines = iter(_logical(text, path, self.texts))
        outer_branches, self._branches = self._branches, []
        for line in lines:
            self.at = line
            self._line(line, lines)
        self._branches = outer_branches
        self._rule = None

    # ---- lines

    def _line(self, line: Line, lines: Iterator[Line]) -> None:
        prefix = self.texts.value(".RECIPEPREFIX")[:1] or "\t"
        if self._conditional(line):
            return
        counts = self._branches[-1].counts if self._branches else True
        if line.text.startswith(prefix) and self._rule is not None:
            self._recipe_line(Line(line.text[1:], line.path, line.number), counts)
            return
        text = _COMMENT.sub("", line.text).rstrip() if "#" in line.text else line.text.rstrip()
        if not text.strip():
            return
        if match := _DEFINE.fullmatch(text):
            self._define(match, lines, counts)
        elif counts is not False:
            self._statement(text.replace("\\#", "#"), line, counts)

    def _recipe_line(self, line: Line, counts: bool | None) -> None:
        if counts is None and line.text.strip():
            raise Stopped("a condition that only make can answer chooses between recipes")
        if counts and self._rule is not None:
            self._rule.recipe.append(line)

    def _statement(self, text: str, line: Line, counts: bool | None) -> None:
        if match := _INCLUDE.fullmatch(text):
            self._certainly(counts)
            self._include(match[1], match[2])
        elif match := _ASSIGNMENT.fullmatch(text):
            self._rule = None
            self._assign(match[1], match[2], match[3], match[4], counts)
        elif match := _EXPORT.fullmatch(text):
            self._rule = None
            names = self.texts.expand(match[2]).split()
            self.exports_all = self.exports_all or (match[1] == "export" and not names)
            for name in names:
                self.texts.variables.setdefault(name, Variable("", is_simple=True)).is_exported = match[1] == "export"
        elif text.lstrip().startswith("vpath "):
            raise Stopped("vpath lets make look for files elsewhere")
        else:
            self._rule_line(text, line, counts)

    def _certainly(self, counts: bool | None) -> None:
        if counts is None:
            raise Stopped("a condition that only make can answer decides about rules")

    # ---- conditionals

    def _conditional(self, line: Line) -> bool:
        if line.text.startswith("\t") and not line.text.strip().startswith(("if", "else", "endif")):
            return False
        text = _COMMENT.sub("", line.text)
        if match := _CONDITIONAL.fullmatch(text):
            outer = self._branches[-1].counts if self._branches else True
            answer = self._answer(match[1], match[2].strip()) if outer is not False else False
            self._branches.append(Branch(_both(outer, answer), answer, outer))
            return True
        if (match := _ELSE.fullmatch(text)) and self._branches:
            branch = self._branches[-1]
            further = _CONDITIONAL.fullmatch(match[1]) if match[1].strip() else None
            holds: bool | None = True
            if further:
                holds = self._answer(further[1], further[2].strip()) if branch.taken is not True else False
            left = None if branch.taken is None else not branch.taken
            branch.counts = _both(branch.outer, _both(left, holds))
            branch.taken = (
                True if branch.taken or (answer and left) else None if None in (left, answer) else branch.taken
            )
            return True
        if _ENDIF.match(text) and self._branches:
            self._branches.pop()
            return True
        return False

    def _answer(self, kind: str, text: str) -> bool | None:
        if kind in ("ifdef", "ifndef"):
            name = self.texts.expand(text).strip()
            variable = self.texts.variables.get(name)
            if has_mark(name) or (variable and has_mark(variable.value)):
                return None
            return bool(variable and variable.value) == (kind == "ifdef")
        if match := _QUOTED.fullmatch(text):
            sides = [match[2], match[4]]
        elif text.startswith("("):
            inside, depth, comma = text[1:].rstrip().removesuffix(")"), 0, -1
            for at, character in enumerate(inside):
                depth += (character in "({") - (character in ")}")
                if character == "," and not depth and comma == -1:
                    comma = at
            sides = [inside[:comma], inside[comma + 1 :]]
        else:
            raise Stopped(f"{kind} {text} is not understood")
        one, other = (self.texts.expand(side).strip() for side in sides)
        if has_mark(one) or has_mark(other):
            # a mark is not empty only if what it stands for is not
            return None
        return (one == other) == (kind == "ifeq")

    # ---- variables

    def _define(self, match: re.Match[str], lines: Iterator[Line], counts: bool | None) -> None:
        body: list[str] = []
        depth = 1
        for line in lines:
            word = line.text.split()[:1]
            depth += (word == ["define"]) - (word == ["endef"])
            if not depth:
                break
            body.append(line.text)
        if counts is not False:
            self._assign(match[1], match[2], match[3] or "=", "\n".join(body), counts)

    def _assign(self, modifiers: str, name: str, operator: str, value: str, counts: bool | None) -> None:
        name = self.texts.expand(name)
        value = value.lstrip(" \t")
        if has_mark(name):
            raise Stopped("a variable has a name that only make knows")
        variables = self.texts.variables
        old = variables.get(name)
        exports = "export" in modifiers.split() or bool(old and old.is_exported)
        if old and old.origin == "command line" and "override" not in modifiers:
            old.is_exported = True
            return
        if counts is None:
            variables[name] = Variable(self.texts.mark(f"$({name})"), True, "file", exports)
        elif operator == "?=":
            if old is None:
                variables[name] = Variable(value, False, "file", exports)
        elif operator == "+=" and old is not None:
            added = self.texts.expand(value) if old.is_simple else value
            joined = f"{old.value} {added}" if old.value else added
            variables[name] = Variable(joined, old.is_simple, "file", exports)
        elif operator in (":=", "::=", ":::="):
            variables[name] = Variable(self.texts.expand(value), True, "file", exports)
        elif operator == "!=":
            printed = self.world.output(self.texts.expand(value), self.world.environment)
            known = self.texts.mark(f"$(shell {value})") if printed is None else " ".join(printed.split("\n")).rstrip()
            variables[name] = Variable(known, True, "file", exports)
        else:
            variables[name] = Variable(value, False, "file", exports)

    # ---- rules

    def _include(self, kind: str, text: str) -> None:
        names = self.texts.expand(text)
        if has_mark(names):
            raise Stopped(f"it includes {self.texts.shown(names)}, which only make knows")
        for word in names.split():
            matched = self.world.glob(word, self.world.folder) if any(mark in word for mark in "*?[") else (word,)
            for name in matched or ():
                path = normpath(join(self.world.folder, name))
                content = self.world.read(path)
                if content is None:
                    if kind == "include" or self.world.exists(path) is not False:
                        raise Stopped(f"it includes {name}, which is not at hand")
                    continue
                at = self.at
                self.read(path, content)
                self.at = at

    def _rule_line(self, text: str, line: Line, counts: bool | None) -> None:
        before, semicolon, first = _at_semicolon(text)
        head = self.texts.expand(before)
        targets_text, colon, rest = _at_colon(head)
        if not colon:
            if head.strip():
                raise Stopped(f"{text.strip()[:60]} is no rule and no variable")
            return
        self._certainly(counts)
        if has_mark(targets_text):
            raise Stopped(f"the targets {self.texts.shown(targets_text).strip()} are only known to make")
        targets = tuple(targets_text.split())
        rest = rest.removeprefix(":")
        if _ASSIGNMENT.fullmatch(rest) and not _at_colon(rest)[1]:
            self._rule = None
            assignment = text.partition(":")[2].lstrip(":")
            for target in targets:
                self.of_target.setdefault(target, []).append(Line(assignment, line.path, line.number))
            return
        pattern, _, of_pattern = _at_colon(rest)
        if of_pattern and not has_mark(rest):
            self._static(targets, pattern.strip(), of_pattern)
        else:
            self._rule = self._made(targets, rest)
            self.rules.append(self._rule)
        if semicolon and self._rule is not None:
            self._rule.recipe.append(Line(first, line.path, line.number))

    def _made(self, targets: tuple[str, ...], rest: str) -> MakeRule:
        normal, _, order_only = rest.partition("|")
        known = [word for word in normal.split() if not has_mark(word)]
        later = [word for word in order_only.split() if not has_mark(word)]
        return MakeRule(targets, tuple(known), tuple(later), hides=has_mark(rest))

    def _static(self, targets: tuple[str, ...], pattern: str, prerequisites: str) -> None:
        """`targets: pattern: prerequisites` is a rule for each target; they share one recipe."""
        recipe: list[Line] = []
        for target in targets:
            stem = stem_of(pattern, target)
            rule = self._made((target,), prerequisites.replace("%", stem or ""))
            rule.recipe, rule.stem_pattern = recipe, pattern
            self.rules.append(rule)
            self._rule = rule


def _both(one: bool | None, other: bool | None) -> bool | None:
    return False if False in (one, other) else None if None in (one, other) else True


def _at_semicolon(text: str) -> tuple[str, str, str]:
    """Split at the semicolon behind which a recipe begins, which is outside of references."""
    depth = 0
    for at, character in enumerate(text):
        depth += (character in "({") - (character in ")}")
        if character == ";" and depth <= 0:
            return text[:at], ";", text[at + 1 :]
    return text, "", ""


def _at_colon(text: str) -> tuple[str, str, str]:
    """Split at the first colon that is none of `:=`."""
    at = text.find(":")
    if at == -1 or text.startswith(":=", at):
        return text, "", ""
    return text[:at], ":", text[at + 1 :]


def _logical(text: str, path: str, texts: Texts) -> Iterator[Line]:
    """Yield lines with their continuations; in recipes these stay, for the shell."""
    physical = text.replace("\r\n", "\n").split("\n")
    at = 0
    while at < len(physical):
        first, line = at, physical[at]
        prefix = texts.value(".RECIPEPREFIX")[:1] or "\t"
        is_recipe = line.startswith(prefix)
        while _continues(physical[at]) and at + 1 < len(physical):
            at += 1
            if is_recipe:
                line += "\n" + physical[at].removeprefix(prefix)
            else:
                line = line[:-1].rstrip() + " " + physical[at].lstrip()
        yield Line(line, path, first + 1)
        at += 1


def _continues(line: str) -> bool:
    return (len(line) - len(line.rstrip("\\"))) % 2 == 1
