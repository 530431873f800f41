"""
The variables of Task, and its templates as far as they name one and nothing else.

https://taskfile.dev/docs/reference/templating
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from shlex import quote

from scratchify.analysis.recipe_steps import NotLiteral
from scratchify.analysis.yaml_nodes import Item

Scope = dict[str, str | None]
"""Variables by name, None where only Task knows the value."""

_TEMPLATE = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_NAME = re.compile(r"\s*\.(\w+)\s*")
_DEFAULT = re.compile(r"""\s*(?:\.(\w+)\s*\|\s*default\s+"([^"\\]*)"|default\s+"([^"\\]*)"\s+\.(\w+))\s*""")
_CONSTANTS = {"OS": "linux", "exeExt": ""}
"""Functions of Task that give the same in every image."""

_TASKS_OWN = (
    "ALIAS ATTEMPT CHECKSUM CLI_ARGS_LIST CLI_ASSUME_YES CLI_OFFLINE CLI_SILENT CLI_VERBOSE EXIT_CODE ITEM KEY "
    "ROOT_TASKFILE TASK_DIR TASK_EXE TASK_VERSION TIMESTAMP".split()
)
"""Variables that Task sets, to what is not worked out here."""


@dataclass(frozen=True, slots=True)
class TaskCall:
    """
    The words behind `task`: names of tasks, variables that are `given`, and the words behind `--`.

    `folder` is given where the tasks do not run in the folder of the Taskfile.
    """

    names: tuple[str, ...] = ()
    given: Scope = field(default_factory=dict)
    handed_on: Sequence[str | None] = ()
    folder: str | None = None
    is_forced: bool = False

    def variables(self) -> Scope:
        known = [word for word in self.handed_on if word is not None]
        handed_on = " ".join(map(quote, known)) if len(known) == len(self.handed_on) else None
        return {**dict.fromkeys(_TASKS_OWN), "CLI_ARGS": handed_on, "CLI_FORCE": "true" if self.is_forced else "false"}


def filled(item: Item, scope: Scope) -> str:
    """Return a text with its templates replaced. Raises NotLiteral."""
    found = value(item, scope)
    if found is None:
        unknown = [part for part in _TEMPLATE.findall(item.text or "") if _of_template(part, scope) is None]
        said = f"what {{{{{unknown[0]}}}}} gives" if unknown else "what this is"
        raise NotLiteral(f"{said}, only task knows; write it out, or call go build directly", item.line)
    return found


def value(item: Item, scope: Scope) -> str | None:
    """Return a text with its templates replaced, None where that is not known."""
    if item.text is None or item.is_odd:
        return None
    parts = _TEMPLATE.split(item.text)
    found = [part if index % 2 == 0 else _of_template(part, scope) for index, part in enumerate(parts)]
    known = [part for part in found if part is not None]
    return "".join(known) if len(known) == len(found) else None


def _of_template(template: str, scope: Scope) -> str | None:
    """Return what `{{.NAME}}` stands for: nothing where it is not set."""
    if match := _NAME.fullmatch(template):
        return scope.get(match[1], "")
    if match := _DEFAULT.fullmatch(template):
        found = scope.get(match[1] or match[4], "")
        return None if found is None else found or match[2] or match[3] or ""
    return _CONSTANTS.get(template.strip())
