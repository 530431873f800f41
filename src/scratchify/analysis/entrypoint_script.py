"""
Scripts that start a program: which interpreter reads them, and where their lines are.

https://man7.org/linux/man-pages/man2/execve.2.html
"""

from dataclasses import dataclass
from posixpath import basename

from scratchify.analysis.command_fronts import SHELLS
from scratchify.analysis.stage_files import Copied, StageFiles, Written

_OPTIONS = frozenset("-ef")
"""Options of the first line that change nothing about a program that is started."""


@dataclass(frozen=True, slots=True)
class Script:
    """
    A shell script of the image.

    `context_path` is where it lies in the build context, None where the Dockerfile itself writes it. `hindrance` is
    why it cannot be read.
    """

    path: str
    context_path: str | None
    text: str
    hindrance: str | None = None

    @property
    def interpreter(self) -> str | None:
        """The shell that its first line names, None where it names none."""
        first = self.text.partition("\n")[0]
        words = first[2:].split() if first.startswith("#!") else []
        if words and basename(words[0]) == "env":
            words = words[1:]
        return basename(words[0]) if words and basename(words[0]) in SHELLS else None

    def line(self, start: int) -> int:
        return self.text.count("\n", 0, start) + 1


def script_at(path: str, files: StageFiles, *, by_shell: bool) -> Script | None:
    """
    Return the script at a path, None where none is known there.

    `by_shell`: a shell starts it, and reads it itself where it names no interpreter.
    """
    entry = files.entries.get(path)
    content = files.read(path)
    if entry is None or content is None or not isinstance(entry.origin, Copied | Written) or b"\0" in content:
        return None
    text = content.decode("utf-8", "surrogateescape")
    script = Script(path, files.context_path(path), text)
    first = text.partition("\n")[0]
    if not first.startswith("#!"):
        if by_shell:
            return script
        return Script(path, script.context_path, text, "has no #! line, without which the kernel does not start it")
    if first.endswith("\r"):
        why = "has line ends of Windows, so that the kernel finds no such interpreter and the image never ran"
        return Script(path, script.context_path, text, why)
    words = first[2:].split()
    if words and basename(words[0]) == "env":
        words = words[1:]
    if not words or basename(words[0]) not in SHELLS:
        return None
    if not all(_OPTIONS.issuperset(word) for word in words[1:]):
        why = f"{' '.join(words)} runs it in its own way; leave the options out"
        return Script(path, script.context_path, text, why)
    return script
