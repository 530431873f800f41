"""
A justfile as far as it is literal: what running its recipes comes down to.

https://just.systems/man/en/
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from posixpath import dirname

from scratchify.analysis.arguments import Argument
from scratchify.analysis.justfile_reader import Justfile, Parameter, Recipe, Token, interpolations, read_justfile
from scratchify.analysis.recipe_steps import NotLiteral, Step, Surroundings

_SHELLS = frozenset({"ash", "bash", "dash", "sh"})
_TAKES_TEXT = re.compile(r"-[a-z]*c[a-z]*")
_ADVICE = "; call go build directly"

Names = Callable[[str, int], str]
"""The value of a name; raises NotLiteral."""


def steps_of_justfile(
    path: str, text: str, words: Sequence[Argument], surroundings: Surroundings, folder: str | None
) -> Iterator[Step]:
    """Yield what `just WORDS` runs; `folder` is where its recipes run where that is not the justfile's. May raise."""
    try:
        yield from _Run(path, read_justfile(text), surroundings, folder or dirname(path)).steps(words)
    except NotLiteral as reason:
        reason.path = path
        raise


@dataclass(slots=True)
class _Run:
    """One call of just."""

    path: str
    file: Justfile
    surroundings: Surroundings
    folder: str
    overrides: dict[str, str | None] = field(default_factory=dict)
    values: dict[str, str] = field(default_factory=dict)
    under_way: set[str] = field(default_factory=set)
    ran: set[tuple[str, tuple[str, ...]]] = field(default_factory=set)

    def steps(self, words: Sequence[Argument]) -> Iterator[Step]:
        rest = list(words)
        while rest and rest[0].front.partition("=")[0] in self.file.assignments and "=" in rest[0].front:
            word = rest.pop(0)
            name, _, value = word.front.partition("=")
            self.overrides[name] = None if word.value is None else value
        yield from self._recipes([self._word(word) for word in rest])

    def _word(self, word: Argument) -> str:
        if word.value is None:
            raise NotLiteral(f"just is given {word.raw}, which only a shell knows{_ADVICE}", 1)
        return word.value

    def _recipes(self, rest: list[str]) -> Iterator[Step]:
        for name, assignment in self.file.assignments.items():
            if name not in self.overrides:
                for script in (token.text for token in assignment.tokens if token.kind == "backtick"):
                    yield self._step(assignment.line, script, {})
        if not rest:
            yield from self._recipe(self.file.default, [], 1)
        while rest:
            recipe = self.file.recipes.get(self.file.aliases.get(rest[0], rest[0]))
            if recipe is None:
                raise NotLiteral(f"just {rest[0]}: the justfile has no such recipe{_ADVICE}", 1)
            most = len(rest) if any(one.kind for one in recipe.parameters) else len(recipe.parameters)
            arguments, rest = rest[1 : 1 + most], rest[1 + most :]
            yield from self._recipe(recipe.name, arguments, recipe.line)

    # ---- recipes

    def _recipe(self, name: str | None, arguments: Sequence[str], line: int) -> Iterator[Step]:
        recipe = self.file.recipes.get(self.file.aliases.get(name or "", name or ""))
        if recipe is None:
            raise NotLiteral(f"the justfile has no recipe {name or 'at all'}{_ADVICE}", line)
        if recipe.trouble:
            raise NotLiteral(f"the recipe {recipe.name}: {recipe.trouble}{_ADVICE}", recipe.line)
        if (recipe.name, tuple(arguments)) in self.ran:
            return
        self.ran.add((recipe.name, tuple(arguments)))
        own = self._parameters(recipe, arguments)

        def value(name: str, line: int) -> str:
            return own[name] if name in own else self.value(name, line)

        for dependency in recipe.before:
            given = [self.evaluate(tokens, value, recipe.line) for tokens in dependency.arguments]
            yield from self._recipe(dependency.name, given, recipe.line)
        yield from self._body(recipe, own, value, tuple(arguments))
        for dependency in recipe.after:
            given = [self.evaluate(tokens, value, recipe.line) for tokens in dependency.arguments]
            yield from self._recipe(dependency.name, given, recipe.line)

    def _parameters(self, recipe: Recipe, arguments: Sequence[str]) -> dict[str, str]:
        own: dict[str, str] = {}
        rest = list(arguments)

        def value(name: str, line: int) -> str:
            return own[name] if name in own else self.value(name, line)

        for parameter in recipe.parameters:
            if rest:
                own[parameter.name] = " ".join(rest) if parameter.kind else rest[0]
                rest = [] if parameter.kind else rest[1:]
            else:
                own[parameter.name] = self._default(recipe, parameter, value)
        if rest:
            raise NotLiteral(f"the recipe {recipe.name} takes fewer arguments than it is given{_ADVICE}", recipe.line)
        return own

    def _default(self, recipe: Recipe, parameter: Parameter, value: Names) -> str:
        if parameter.default is not None:
            return self.evaluate(parameter.default, value, recipe.line)
        if parameter.kind == "*":
            return ""
        raise NotLiteral(f"the recipe {recipe.name} is not given {parameter.name}{_ADVICE}", recipe.line)

    def _body(self, recipe: Recipe, own: dict[str, str], value: Names, arguments: tuple[str, ...]) -> Iterator[Step]:
        exported: dict[str, str | None] = {}
        for name in self.file.assignments:
            if self.file.exports_all or self.file.assignments[name].is_exported:
                exported[name] = self._if_known(name)
        exported |= {one.name: own[one.name] for one in recipe.parameters if one.is_exported or self.file.exports_all}
        positional = arguments if self.file.is_positional or recipe.is_positional else ()
        if recipe.body and recipe.body[0].text.startswith("#!"):
            yield self._script(recipe, exported, value, positional)
            return
        lines = [*recipe.body]
        while lines:
            line, raw = lines[0].line, lines[0].text
            text = ""
            is_continued = True
            while is_continued and lines:
                following = lines.pop(0)
                fragment = following.text.lstrip() if text else following.text
                is_continued = following.text.endswith("\\")
                text += self._filled(fragment, value, following.line).removesuffix("\\" if is_continued else "")
            text = _without_sigils(text, raw)
            if text.strip():
                step = self._step(line, text, exported)
                yield replace(step, positional=positional, folder=self._folder(recipe), is_bash=self._is_bash(line))

    def _script(
        self, recipe: Recipe, exported: dict[str, str | None], value: Names, positional: tuple[str, ...]
    ) -> Step:
        """A body that begins with `#!` is a script of its own."""
        first = recipe.body[0]
        program = first.text[2:].split()[:3]
        if program and program[0].rpartition("/")[2] == "env":
            program = [word for word in program[1:] if word != "-S"]
        name = program[0].rpartition("/")[2] if program else ""
        if name not in _SHELLS:
            why = f"the recipe {recipe.name} is run by {name or 'nothing'}, whose language is not read{_ADVICE}"
            raise NotLiteral(why, first.line)
        text = ""
        at = first.line
        for line in recipe.body:
            text += "\n" * (line.line - at) + self._filled(line.text, value, line.line)
            at = line.line
        step = self._step(first.line, text, exported)
        return replace(step, positional=positional, folder=self._folder(recipe), is_bash=name == "bash")

    def _step(self, line: int, text: str, environment: dict[str, str | None]) -> Step:
        return Step(self.path, line, self.folder, text, environment=environment)

    def _folder(self, recipe: Recipe) -> str:
        return self.surroundings.folder if recipe.stays else self.folder

    def _is_bash(self, line: int) -> bool:
        name = self.file.shell[0].rpartition("/")[2]
        if name not in _SHELLS or not _TAKES_TEXT.fullmatch(self.file.shell[-1]):
            raise NotLiteral(f"recipes are run by {' '.join(self.file.shell)}, which is not read{_ADVICE}", line)
        return name == "bash"

    # ---- values

    def value(self, name: str, line: int) -> str:
        if (overriding := self.overrides.get(name)) is not None:
            return overriding
        if name in self.values:
            return self.values[name]
        assignment = self.file.assignments.get(name)
        if assignment is None or name in self.overrides or name in self.under_way:
            raise NotLiteral(f"what {{{{{name}}}}} is, only just knows{_ADVICE}", line)
        self.under_way.add(name)
        self.values[name] = self.evaluate(assignment.tokens, self.value, assignment.line)
        self.under_way.discard(name)
        return self.values[name]

    def _if_known(self, name: str) -> str | None:
        try:
            return self.value(name, 1)
        except NotLiteral:
            return None

    def _filled(self, text: str, value: Names, line: int) -> str:
        """Return a line of a recipe with its interpolations replaced."""
        found = ""
        for piece in interpolations(text, line):
            found += piece if isinstance(piece, str) else self.evaluate(piece, value, line)
        return found

    def evaluate(self, tokens: Sequence[Token], value: Names, line: int) -> str:
        """Return what an expression of texts and names is: `+` joins them, `/` puts a slash between."""
        rest = list(tokens)
        found = self._sum(rest, value, line)
        if rest:
            raise NotLiteral(_expression(tokens), line)
        return found

    def _sum(self, rest: list[Token], value: Names, line: int) -> str:
        found = self._one(rest, value, line)
        while rest and rest[0].text in ("+", "/") and rest[0].kind == "mark":
            between = "/" if rest.pop(0).text == "/" else ""
            found += between + self._one(rest, value, line)
        return found

    def _one(self, rest: list[Token], value: Names, line: int) -> str:
        whole = [*rest]
        token = rest.pop(0) if rest else Token("mark", "")
        if token.kind == "string":
            return token.text
        if token.kind == "name" and [one.text for one in rest[:2]] == ["(", ")"]:
            del rest[:2]
            folders = {"justfile_directory": dirname(self.path), "invocation_directory": self.surroundings.folder}
            if token.text in folders:
                return folders[token.text]
        elif token.kind == "name" and not (rest and rest[0].text == "("):
            return value(token.text, line)
        elif token.text == "(" and token.kind == "mark":
            found = self._sum(rest, value, line)
            if rest and rest.pop(0).text == ")":
                return found
        raise NotLiteral(_expression(whole), line)


def _without_sigils(text: str, raw: str) -> str:
    """Take off `@` and `-`, each once, which are for just alone."""
    seen = ""
    for character in raw:
        if character not in "@-" or character in seen:
            break
        seen += character
    return text[len(seen) :]


def _expression(tokens: Sequence[Token]) -> str:
    said = " ".join(f"`{token.text}`" if token.kind == "backtick" else token.text for token in tokens)
    return f"what {said[:60] or 'nothing'} gives, only just knows; write it out, or call go build directly"
