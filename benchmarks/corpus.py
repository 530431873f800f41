"""
Run scratchify over a folder of Dockerfiles, and say how it fared.

    python benchmarks/corpus.py FOLDER [--jobs 1,2] [--json OUT] [--compare EARLIER.json]

Nothing of the folder is changed. Every file is read as one that has no build context, and what only the source could
prove is assumed. Whether files are read as BuildKit reads them is asked of BuildKit's own parser (PyPI: dockerfile).
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from scratchify.context import MemoryContext
from scratchify.errors import InvalidDockerfile
from scratchify.model import understand
from scratchify.outcome import Outcome, Refused, Rewritten, Unchanged
from scratchify.refactor import detect, refactor
from scratchify.settings import Settings
from scratchify.syntax import Comment, Document, Instruction, parse
from scratchify.syntax.exec_form import NotOnlyStrings, exec_form
from scratchify.syntax.parser import trigger

SETTINGS = Settings(assume_source=True)
MAX_LINE = 65_535
"""Bytes; BuildKit's scanner takes no longer line."""

BYTE_ORDER_MARK = "\ufeff"
FORMS = frozenset({"ADD", "CMD", "COPY", "ENTRYPOINT", "RUN", "SHELL", "VOLUME"})
"""What may be written as a JSON array; HEALTHCHECK behind its CMD."""

Verdict = Literal["rewritten", "unchanged", "refused", "invalid", "crash"]


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of one file; `rules` are those that gave the reasons, `found` is what should not be."""

    path: str
    verdict: Verdict
    rules: tuple[str, ...] = ()
    found: tuple[str, ...] = ()
    said: str = ""

    @property
    def label(self) -> str:
        return f"{self.verdict}: {', '.join(self.rules)}" if self.rules else self.verdict


@dataclass
class Agreement:
    """How often we read a file as BuildKit's parser does; `not_asked` are files that it cannot take."""

    accepted: int = 0
    agree: int = 0
    differ: list[str] = field(default_factory=list)
    rejected: int = 0
    rejected_by_us_too: int = 0
    rejected_only_there: list[str] = field(default_factory=list)
    not_asked: int = 0


def main() -> None:
    options = _options()
    if options.part:
        _PARTS[options.part](Path(options.folder), options.processes)
        return
    folder = Path(options.folder)
    files = sum(1 for _ in dockerfiles(folder))
    # Each part is a process of its own, so that one's memory is not counted as another's; cost comes first, because
    # on Linux a process begins with the peak of the one that started it.
    cost = {
        name: {str(jobs): _cost(name, folder, jobs, files) for jobs in options.jobs} for name in ("detect", "convert")
    }
    result: dict[str, Any] = {"files": files, "cost": cost, "buildkit": _part("agreement", folder)}
    result |= _part("judge", folder)
    sys.stdout.write("".join(f"{line}\n" for line in report(result)))
    if options.json:
        Path(options.json).write_text(json.dumps(result, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    if options.compare:
        earlier = json.loads(Path(options.compare).read_text(encoding="utf-8"))
        moves = moved(earlier["verdicts"], result["verdicts"])
        sys.stdout.write("".join(f"{line}\n" for line in ["", f"moved since {options.compare}: {len(moves)}", *moves]))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Run scratchify over a folder of Dockerfiles, and say how it fared.")
    parser.add_argument("folder", metavar="FOLDER")
    parser.add_argument("--jobs", type=_numbers, default=(1, 2), metavar="N,N", help="processes to measure with [1,2]")
    parser.add_argument("--json", metavar="OUT", help="write the result to this file")
    parser.add_argument("--compare", metavar="EARLIER", help="show the files whose verdict moved since this result")
    parser.add_argument("--part", choices=_PARTS, help=argparse.SUPPRESS)
    parser.add_argument("--processes", type=int, default=1, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if not Path(options.folder).is_dir():
        parser.error(f"{options.folder} is no folder")
    return options


def _numbers(text: str) -> tuple[int, ...]:
    numbers = tuple(int(number) for number in text.split(","))
    if min(numbers) < 1:
        raise argparse.ArgumentTypeError("at least one process is needed")
    return numbers


# ---- the files


def dockerfiles(folder: Path) -> Iterator[Path]:
    """
    Yield everything that is called like a Dockerfile, sorted; collections number theirs: `Dockerfile.0`.

    Unlike the program's own search, nothing is left out for lying in a folder of tests or being ignored by git.
    """
    for here, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            path = Path(here, name)
            if _is_dockerfile(name) and path.is_file() and not path.is_symlink():
                yield path


def _is_dockerfile(name: str) -> bool:
    if name.lower().endswith(".dockerignore"):
        return False
    return name.startswith("Dockerfile") or name == "Containerfile" or name.lower().endswith(".dockerfile")


def text_of(path: Path) -> str:
    return path.read_bytes().decode("utf-8", "surrogateescape")


def _named(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix().encode("utf-8", "backslashreplace").decode()


# ---- verdicts


def _judge(folder: Path, _: int) -> None:
    judged = [judge(_named(path, folder), path.read_bytes()) for path in dockerfiles(folder)]
    reasons = {
        verdict: Counter(rule for file in judged if file.verdict == verdict for rule in file.rules)
        for verdict in ("unchanged", "refused")
    }
    alone = Counter(file.rules[0] for file in judged if file.verdict == "refused" and len(file.rules) == 1)
    kinds = ("not byte for byte", "comments lost", "changes again")
    found = {kind.replace(" ", "_"): [file.path for file in judged if kind in file.found] for kind in kinds}
    _answer(
        {
            "totals": Counter(file.verdict for file in judged),
            "by_rule": {**reasons, "refused_by_it_alone": alone},
            **found,
            "crashes": {file.path: file.said for file in judged if file.verdict == "crash"},
            "verdicts": {file.path: file.label for file in judged},
        }
    )


def judge(path: str, content: bytes) -> Judged:
    """Return what becomes of a file, and whatever the program promised and does not hold."""
    text = content.decode("utf-8", "surrogateescape")
    found: tuple[str, ...] = ("not byte for byte",)
    try:
        if _printed(parse(text)) == content:
            found = ()
        outcome = refactor(text, MemoryContext({}), SETTINGS)
        if isinstance(outcome, Rewritten):
            found += tuple(_broken(text, outcome.text))
    except InvalidDockerfile as error:
        return Judged(path, "invalid", found=found, said=f"line {error.line}: {error}")
    except Exception as error:  # the point of this run
        return Judged(path, "crash", found=found, said="".join(traceback.format_exception(error)))
    return Judged(path, *_verdict(outcome), found=found)


def _verdict(outcome: Outcome) -> tuple[Verdict, tuple[str, ...]]:
    match outcome:
        case Rewritten():
            return "rewritten", ()
        case Unchanged(rule=rule):
            return "unchanged", (rule,)
        case Refused(reasons=reasons):
            return "refused", tuple(dict.fromkeys(reason.rule for reason in reasons))


def _printed(document: Document) -> bytes:
    start = BYTE_ORDER_MARK if document.text.startswith(BYTE_ORDER_MARK) else ""
    text = start + "".join(node.span.of(document.text) for node in document.nodes)
    return text.encode("utf-8", "surrogateescape")


def _broken(before: str, after: str) -> Iterator[str]:
    """Yield what does not hold of a result; the program checks the same by other means."""
    if _comments(before) - Counter(line.strip() for line in after.split("\n")):
        yield "comments lost"
    if not isinstance(refactor(after, MemoryContext({}), SETTINGS), Unchanged):
        yield "changes again"


def _comments(text: str) -> Counter[str]:
    found: Counter[str] = Counter()
    for node in parse(text).nodes:
        spans = [node.span] if isinstance(node, Comment) else node.comments if isinstance(node, Instruction) else ()
        found.update(line.strip() for span in spans for line in span.of(text).split("\n") if line.strip())
    return found


# ---- agreement with BuildKit


def _agreement(folder: Path, _: int) -> None:
    paths = [*dockerfiles(folder)]
    asked = [path for path in paths if _can_be_asked(path)]
    agreement = Agreement(not_asked=len(paths) - len(asked))
    for path, theirs in zip(asked, _buildkit(asked), strict=True):
        text = text_of(path)
        if theirs is None:
            agreement.rejected += 1
            if _is_rejected(text):
                agreement.rejected_by_us_too += 1
            else:
                agreement.rejected_only_there.append(_named(path, folder))
            continue
        agreement.accepted += 1
        if [*_ours(text)] == theirs:
            agreement.agree += 1
        else:
            agreement.differ.append(_named(path, folder))
    _answer(asdict(agreement))


def _can_be_asked(path: Path) -> bool:
    """BuildKit's parser is asked about text alone: its Python binding crashes on what is no UTF-8."""
    try:
        str(path).encode()
        content = path.read_bytes()
        content.decode()
    except UnicodeError:
        return False
    return all(len(line) <= MAX_LINE for line in content.split(b"\n"))


def _buildkit(paths: Sequence[Path]) -> list[list[Any] | None]:
    """Return BuildKit's instructions of each file, None where it rejects one."""
    command = [sys.executable, __file__, "--part", "buildkit", "."]
    question = json.dumps([str(path) for path in paths])
    done = subprocess.run(command, input=question, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"BuildKit's parser gave up ({done.returncode}): {done.stderr}")
    answers: list[list[Any] | None] = json.loads(done.stdout)
    return answers


def _ask_buildkit(_folder: Path, _processes: int) -> None:
    import dockerfile

    answers: list[list[Any] | None] = []
    for path in json.load(sys.stdin):
        try:
            commands = dockerfile.parse_file(path)
        except dockerfile.GoParseError:
            answers.append(None)
            continue
        answers.append(
            [
                [
                    command.cmd.upper(),
                    command.sub_cmd.upper() if command.sub_cmd else None,
                    command.start_line,
                    command.end_line,
                    list(command.flags),
                    command.json,
                    [[heredoc.name, heredoc.file_descriptor, heredoc.content] for heredoc in command.heredocs],
                ]
                for command in commands
            ]
        )
    _answer(answers)


def _ours(text: str) -> Iterator[list[Any]]:
    document = parse(text)
    for instruction in document.instructions:
        # What ONBUILD puts off is told with it, but for the flags.
        is_put_off = instruction.name == "ONBUILD" and bool(instruction.argument_text)
        said = trigger(instruction, document.escape) if is_put_off else instruction
        yield [
            instruction.name,
            said.name if is_put_off else None,
            instruction.first_line,
            instruction.last_line,
            [flag.text for flag in instruction.flags],
            _is_exec_form(said),
            [[heredoc.name, heredoc.descriptor, heredoc.content(text)] for heredoc in instruction.heredocs],
        ]


def _is_exec_form(instruction: Instruction) -> bool:
    text = instruction.argument_text
    if instruction.name == "HEALTHCHECK":
        text = "".join(text.split(None, 1)[1:])
    elif instruction.name not in FORMS:
        return False
    try:
        return exec_form(text) is not None
    except NotOnlyStrings:
        return False


def _is_rejected(text: str) -> bool:
    try:
        understand(parse(text))
    except InvalidDockerfile as error:
        return error.line > 0
    return False


# ---- cost


def _measured(act: Callable[[str], object]) -> Callable[[Path, int], None]:
    def part(folder: Path, processes: int) -> None:
        paths = [*dockerfiles(folder)]
        if processes == 1:
            for path in paths:
                _act(act, path)
        else:
            shares = [(act.__name__, paths[start::processes]) for start in range(processes)]
            with ProcessPoolExecutor(processes) as pool:
                list(pool.map(_act_on_all, shares))
        own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
        _answer(
            {
                "cpu_seconds": own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime,
                "peak_mib": _mib(own.ru_maxrss),
                "peak_mib_of_a_child": _mib(children.ru_maxrss),
            }
        )

    return part


def _detected(text: str) -> object:
    return detect(text)


def _converted(text: str) -> object:
    return refactor(text, MemoryContext({}), SETTINGS)


def _act_on_all(share: tuple[str, list[Path]]) -> None:
    name, paths = share
    for path in paths:
        _act(_ACTS[name], path)


def _act(act: Callable[[str], object], path: Path) -> None:
    with suppress(Exception):  # told by the judging part
        act(text_of(path))


def _mib(peak: int) -> float:
    # macOS counts bytes, all others KiB.
    return peak / (1 << 20 if sys.platform == "darwin" else 1 << 10)


def _cost(name: str, folder: Path, jobs: int, files: int) -> dict[str, float]:
    start = time.perf_counter()
    cost = _part(name, folder, jobs)
    seconds = time.perf_counter() - start
    cost |= {"seconds": seconds, "files_per_second": files / seconds}
    return {key: round(value, 2) for key, value in cost.items()}


# ---- parts, each in a process of its own


def _part(name: str, folder: Path, processes: int = 1) -> dict[str, Any]:
    command = [sys.executable, __file__, "--part", name, "--processes", str(processes), str(folder)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(done.returncode)
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def _answer(value: object) -> None:
    json.dump(value, sys.stdout)


_ACTS: dict[str, Callable[[str], object]] = {act.__name__: act for act in (_detected, _converted)}
_PARTS: dict[str, Callable[[Path, int], None]] = {
    "judge": _judge,
    "agreement": _agreement,
    "buildkit": _ask_buildkit,
    "detect": _measured(_detected),
    "convert": _measured(_converted),
}


# ---- the report


def report(result: dict[str, Any]) -> Iterator[str]:
    """Yield the lines that a person reads."""
    buildkit = result["buildkit"]
    files, bad = result["files"], result["not_byte_for_byte"]
    yield f"files                          {files:>7,}"
    yield f"come back byte for byte        {files - len(bad):>7,}"
    yield from _names(bad)
    yield f"accepted by BuildKit           {buildkit['accepted']:>7,}"
    yield f"  read as BuildKit reads them  {buildkit['agree']:>7,}"
    yield from _names(buildkit["differ"])
    yield f"rejected by BuildKit           {buildkit['rejected']:>7,}"
    yield f"  rejected with a line         {buildkit['rejected_by_us_too']:>7,}"
    yield from _names(buildkit["rejected_only_there"])
    yield f"BuildKit not asked             {buildkit['not_asked']:>7,}"
    yield f"crashes                        {len(result['crashes']):>7,}"
    yield from (f"    {path}: {said.strip().rpartition(chr(10))[2]}" for path, said in result["crashes"].items())
    yield f"lose a comment                 {len(result['comments_lost']):>7,}"
    yield from _names(result["comments_lost"])
    yield f"change on a second run         {len(result['changes_again']):>7,}"
    yield from _names(result["changes_again"])
    yield from _table(result)
    yield ""
    yield f"{'':<10}{'jobs':>5}{'CPU s':>8}{'wall s':>8}{'files/s':>9}{'peak MiB':>10}{'of a child':>12}"
    for name, costs in result["cost"].items():
        for jobs, cost in costs.items():
            yield (
                f"{name:<10}{jobs:>5}{cost['cpu_seconds']:>8.2f}{cost['seconds']:>8.2f}{cost['files_per_second']:>9.0f}"
                f"{cost['peak_mib']:>10.1f}{cost['peak_mib_of_a_child']:>12.1f}"
            )


def _table(result: dict[str, Any]) -> Iterator[str]:
    by_rule, alone = result["by_rule"], result["by_rule"]["refused_by_it_alone"]
    for verdict in ("rewritten", "unchanged", "refused", "invalid", "crash"):
        yield f"{verdict:<31}{result['totals'].get(verdict, 0):>7,}"
        for rule, count in sorted(by_rule.get(verdict, {}).items(), key=lambda item: (-item[1], item[0])):
            single = f"   alone {alone.get(rule, 0):>5,}" if verdict == "refused" else ""
            yield f"  {rule:<29}{count:>7,}{single}"


def _names(paths: Iterable[str]) -> Iterator[str]:
    return (f"    {path}" for path in paths)


def moved(earlier: dict[str, str], now: dict[str, str]) -> list[str]:
    """Return a line for each file whose verdict is another than it was."""
    return [
        f"{path}: {earlier.get(path, 'not there')} -> {now.get(path, 'not there')}"
        for path in sorted(earlier.keys() | now.keys())
        if earlier.get(path) != now.get(path)
    ]


if __name__ == "__main__":
    main()
