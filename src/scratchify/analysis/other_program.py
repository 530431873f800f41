"""
What the container starts where that is no program of this build: whose it is, or why nobody can tell.

https://docs.docker.com/reference/dockerfile/#understand-how-cmd-and-entrypoint-interact
"""

from posixpath import basename

from scratchify.analysis.facts import Facts
from scratchify.analysis.launch import SHELLS, OtherProgram
from scratchify.analysis.stage_files import Written
from scratchify.knowledge.distributions import image_programs, program_packages


def why_not_ours(facts: Facts, other: OtherProgram) -> tuple[int, str]:
    """Return the line that shows it, and in words why what the container starts is no program of this build."""
    word, line = other.words[0] if other.words else "", other.line
    so = "so it never ran" if other.is_nowhere else "unless it is a program of the base image, which scratch has not"
    why = f"{word} is nowhere in this image as far as its steps tell, {so}; start what go build -o makes"
    if basename(word) in SHELLS:
        script = next((one for one in other.words[1:2] if not one.startswith("-")), None)
        what = f"runs {script}, whose content is not known" if script else "starts the program"
        why = f"{word} {what}; start the binary itself, in exec form"
    elif other.path and facts.files.read(other.path) is not None:
        why = f"starts {other.path}, which this build copies and does not compile; start the binary itself"
    elif other.path and not (facts.blocked and isinstance(facts.files.entries[other.path].origin, Written)):
        what, way_out = facts.files.not_at_hand(other.path)
        why = f"starts {other.path}, which {what}; {way_out}"
    elif basename(word) in facts.walked.only_fetched:
        line = facts.walked.only_fetched[basename(word)]
        why = f"go get fetches {basename(word)} and installs nothing in this Go, so the image never ran; use go install"
    elif whose := _owner_of(facts, basename(word)):
        why = f"starts {word}, {whose}, and nothing that this build makes; start what go build -o makes"
    elif facts.blocked:
        first = facts.blocked[0]
        where = f"line {first.line} of {first.path}" if first.path else f"line {first.line}"
        why = f"where {word} comes from is not known, because {where} could not be followed"
    elif other.hidden:
        at = f"line {other.hidden.line}: {other.hidden.why}"
        why = f"starts {word}, of which nobody can tell what it is ({at}); {other.hidden.advice}"
    elif "/" in word and facts.files.may_be_folder(facts.end.path(word)):
        why = f"starts {word}, which may lie in the build context, and that is not at hand; give --context"
    return line, why


def _owner_of(facts: Facts, name: str) -> str:
    """Return whose a program is that the image has: a package's or the base's; empty where that is not known."""
    family = facts.base.family if facts.base else ""
    known = program_packages().get(name)
    package = known.of(family) if known else name
    if installed := next((one for one in facts.packages if package and one.name == package), None):
        return f"which line {installed.line} installs"
    images = [image_programs().get(family), image_programs()["golang"] if facts.base and facts.base.go else None]
    is_there = any(image and (name in image.programs or package in image.packages) for image in images)
    return f"a program of {facts.image}" if is_there else ""
