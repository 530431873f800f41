"""
Whether anything in the sources asks for a part of the system, and what nobody knows about it.

https://pkg.go.dev/std
"""

from collections.abc import Mapping

from scratchify.analysis.facts import Facts
from scratchify.analysis.go_program import GoProgram, Place
from scratchify.knowledge.modules import longest_prefix, runtime_modules

Names = Mapping[str, tuple[str, ...]]
"""Functions by their packages."""


def is_left_out(facts: Facts, need: str, names: Names, words: tuple[str, ...]) -> bool:
    """
    Say whether only what is needed is wanted, and nothing asks for this.

    What does is an import that is known for the `need`, a function of `names`, a string with one of `words` in it, a
    variable or an argument. Without source at hand nothing is known, and nothing is left out.
    """
    if not facts.settings.only_needed or not facts.program:
        return False
    said = [text for text, _ in facts.words_at_start()]
    if any(word in text for word in words for text in (*said, *(facts.end.env.keys() - facts.end.inherited))):
        return False
    return not any(_asks(program, need, names, words) for program in facts.programs)


def untold(facts: Facts) -> tuple[str, Place] | None:
    """Return the third-party packages that may ask for anything, in words, and the first import of one."""
    for program in facts.programs:
        unknown = [path for path in program.elsewhere if not longest_prefix(runtime_modules(), path)]
        if unknown:
            more = f" and {len(unknown) - 1} more" if len(unknown) > 1 else ""
            return f"{unknown[0]}{more}", program.imports[unknown[0]]
    return None


def _asks(program: GoProgram, need: str, names: Names, words: tuple[str, ...]) -> bool:
    if any(need in known.needs for _, known in program.known_imports()):
        return True
    for file in program.files:
        used = {(call.package, call.function) for call in file.calls}
        used |= {(one.package, one.name) for one in file.references}
        # with a dot, the names of a package are the file's own
        used |= {(one.path, name) for one in file.imports if one.name == "." for name in names.get(one.path, ())}
        if any((package, name) in used for package, functions in names.items() for name in functions):
            return True
    return any(program.mentions(word, in_part=True) for word in words)
