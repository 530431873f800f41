"""One Dockerfile from its bytes to its report, or many, in as many processes as are wanted."""

import os
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path, PurePath, PurePosixPath
from posixpath import join, normpath
from typing import TYPE_CHECKING

from scratchify.configuration import Configuration, Configurations, Said, settings_with
from scratchify.decisions import Finding, Refuse
from scratchify.errors import Bug, InvalidDockerfile, InvalidHost, InvalidSettings, ScratchifyError, UnknownPath
from scratchify.examination.attempt import DONE, attempt, status_of, traceback_of
from scratchify.examination.inputs import Source, decoded, encoded, read, sources
from scratchify.hosts import Hosted, host_of, is_embedding, may_hold
from scratchify.outcome import Outcome, Refused, Rewritten, Unchanged
from scratchify.report.document import WHOLE_FILE, FileReport, Locate, file_report, rule_of
from scratchify.settings import Settings
from scratchify.source import Span

if TYPE_CHECKING:
    from concurrent.futures import Future, ProcessPoolExecutor


@dataclass(frozen=True, slots=True)
class Task:
    """
    A Dockerfile, and how to look at it; without `context` its build context is looked for.

    `configuration` is the file that has a say in the settings, `trouble` what is wrong with it. `asks_go` lets a Go
    toolchain of this machine look at the source.
    """

    source: Source
    context: Path | None
    settings: Settings
    configuration: Configuration | None = None
    trouble: InvalidSettings | None = None
    asks_go: bool = True


@dataclass(frozen=True, slots=True)
class Examined:
    """
    What became of a task: the report, the content before and after, and, of a bug, the traceback.

    `outcome` is there where the Dockerfile is rewritten, `hosted` is what it was; `status` is the exit status that an
    error has.
    """

    task: Task
    report: FileReport
    before: bytes = b""
    after: bytes | None = None
    patch: bytes = b""
    details: str = ""
    outcome: Rewritten | None = None
    status: int = DONE
    hosted: Hosted = WHOLE_FILE


@dataclass(frozen=True, slots=True)
class Judged:
    """A file's content, the Dockerfile in it, what becomes of that, and the file then, where it is rewritten."""

    content: bytes
    hosted: Hosted
    outcome: Outcome
    after: str | None = None


def tasks_of(
    paths: Sequence[str], context: Path | None, said: Said, skipped: Callable[[Source], None] = lambda _: None
) -> list[Task]:
    """
    Return a task for each Dockerfile that is named or found; `said` is what the command line says of settings.

    `skipped` is told of files that are found, and of which nothing is looked at.
    """
    files = Configurations()

    def embedded(folder: Path) -> bool:
        try:
            return settings_with(files.of(folder), folder, said).embedded
        except InvalidSettings:  # each Dockerfile for which the file holds says so
            return bool(said.get("embedded"))

    found = sources(paths, embedded)
    for source in found:
        if source.skipped:
            skipped(source)
    return [_task(source, context, said, files) for source in found if not source.skipped]


def tasks_in(clone: Path, said: Said) -> list[Task]:
    """
    Return a task for each Dockerfile of a clone that somebody else wrote, called as from its root.

    Nothing that the repository holds is given to a Go toolchain.
    """
    found = tasks_of([str(clone)], None, said)
    return [replace(task, source=_from(clone, task.source), asks_go=False) for task in found]


def _from(root: Path, source: Source) -> Source:
    shown = source.path.relative_to(root).as_posix() if source.path else "."
    return replace(source, shown=PurePosixPath(shown), root=root)


def _task(source: Source, context: Path | None, said: Said, files: Configurations) -> Task:
    folder = _without_parents(source.path).parent if source.path else Path()
    try:
        configuration = files.of(folder)
    except InvalidSettings as trouble:
        return Task(source, context, Settings(), trouble=trouble)
    return Task(source, context, settings_with(configuration, folder, said), configuration)


def examine_all(tasks: Sequence[Task], jobs: int) -> Generator[Examined]:
    """Return a generator of what becomes of each task, in their order and as soon as it is known."""
    workers = min(jobs, len(tasks), 60)  # Windows waits for 61 processes at most
    if workers <= 1:
        return (examine(task) for task in tasks)
    from concurrent.futures import ProcessPoolExecutor

    # Begun here and not with the first result: whoever waits for that may have threads, and processes come first.
    pool = ProcessPoolExecutor(workers, initializer=_leave_interrupts_to_the_parent)
    return _pooled(pool, tasks, [pool.submit(examine, task) for task in tasks])


def _pooled(
    pool: "ProcessPoolExecutor", tasks: Sequence[Task], futures: "Sequence[Future[Examined]]"
) -> Generator[Examined]:
    from concurrent.futures import BrokenExecutor

    try:
        for task, future in zip(tasks, futures, strict=True):
            try:
                yield future.result()
            except BrokenExecutor:  # one process died, and took the pool along: which file was it?
                yield _examine_apart(task)
    finally:
        pool.shutdown(cancel_futures=True)


def _examine_apart(task: Task) -> Examined:
    from concurrent.futures import BrokenExecutor, ProcessPoolExecutor

    with ProcessPoolExecutor(1, initializer=_leave_interrupts_to_the_parent) as pool:
        try:
            return pool.submit(examine, task).result()
        except BrokenExecutor:
            return failed(task, Bug("internal error: the process that looked at it died; please report this"))


def examine(task: Task) -> Examined:
    """Return what becomes of one Dockerfile; nothing is raised, nothing written."""
    result = attempt(lambda: _examined(task))
    return failed(task, result) if isinstance(result, ScratchifyError) else result


def failed(task: Task, error: ScratchifyError) -> Examined:
    """Return what is said of a Dockerfile that is left as it is because of an error."""
    return Examined(task, file_report(task.source.shown, error), details=traceback_of(error), status=status_of(error))


def judge(task: Task) -> Judged:
    """Return what becomes of a Dockerfile. Raises ScratchifyError."""
    content = b""
    if task.trouble:
        raise _placed(task.trouble, task.source.root)
    try:
        content = read(task.source)
        return _judged(task, content)
    except UnknownPath as unknown:
        if task.configuration and task.configuration.said_here(unknown):
            file, line = str(task.configuration.file), task.configuration.line_of(unknown.option)
            raise _placed(InvalidSettings(str(unknown), file, line), task.source.root) from unknown
        raise
    except InvalidDockerfile as error:
        if task.source.named:
            raise
        return Judged(content, WHOLE_FILE, Unchanged(rule_of(error), Finding(None, error.line, error.message)))
    except InvalidHost as error:
        if task.source.named:
            raise
        return Judged(content, WHOLE_FILE, Unchanged(rule_of(error), Finding(None, error.line or 0, str(error))))


def on_top(result: Examined, before: bytes) -> Examined:
    """Return a result as it is where others of the same file were rewritten first. Raises ScratchifyError."""
    source, outcome = result.task.source, result.outcome
    assert outcome is not None, "only what is rewritten changes a file"
    after = host_of(source.path).put_back(decoded(before), source.number, outcome.text)
    if isinstance(after, Refuse):
        raise Bug(f"internal error: {after.because.message}; nothing was written, please report this")
    return _examined_as(result.task, Judged(before, result.hosted, outcome, after))


def patch_path(source: Source) -> PurePosixPath:
    """
    Return what a patch calls the file.

    That is git's way: the path from the root of the repository that we are in. Elsewhere it is the path from the
    working folder, from the file's own repository, or from the folder that was searched.
    """
    from scratchify.repository import repository_root

    if source.path is None:
        return PurePosixPath("Dockerfile")
    if source.root:
        return source.shown
    # Links resolved, for git patches no file through a link.
    file = Path(os.path.realpath(source.path))
    here = Path.cwd()
    for root in (repository_root(here), here, repository_root(file.parent), source.folder):
        if root and file.is_relative_to(real := os.path.realpath(root)):
            return PurePosixPath(file.relative_to(real).as_posix())
    return PurePosixPath(file.name)


def _examined(task: Task) -> Examined:
    return _examined_as(task, judge(task))


def _examined_as(task: Task, judged: Judged) -> Examined:
    outcome, after = judged.outcome, judged.after
    if not isinstance(outcome, Rewritten) or after is None:
        report = file_report(task.source.shown, outcome, hosted=judged.hosted, locate=located(task, judged.hosted))
        return Examined(task, report, judged.content, hosted=judged.hosted)
    from scratchify.patch import check_patch, unified_diff

    path, text = patch_path(task.source), decoded(judged.content)
    patch = unified_diff(path, text, after)
    check_patch(patch, path, text, after)
    report = file_report(task.source.shown, outcome, patch, judged.hosted, located(task, judged.hosted))
    return Examined(task, report, judged.content, encoded(after), patch, outcome=outcome, hosted=judged.hosted)


def _judged(task: Task, content: bytes) -> Judged:
    path, number, text = task.source.path, task.source.number, decoded(content)
    is_worth_it = path is None or not is_embedding(path.name) or may_hold(path, content)
    found = host_of(path).dockerfiles(text) if is_worth_it else ()
    if number >= len(found):
        nothing = Finding(None, 0, "holds no Dockerfile that builds Go")
        return Judged(content, WHOLE_FILE, Unchanged("no-dockerfile", nothing))
    outcome = _outcome(task, found[number])
    if not isinstance(outcome, Rewritten):
        return Judged(content, found[number], outcome)
    after = host_of(path).put_back(text, number, outcome.text)
    if isinstance(after, Refuse):
        return Judged(content, found[number], Refused((after,)))
    return Judged(content, found[number], outcome, after)


def _outcome(task: Task, hosted: Hosted) -> Outcome:
    text = hosted.text
    if not text.strip():
        raise InvalidDockerfile("the file is empty", text, Span(0, 0))
    from scratchify.refactor import detect, refactor

    # Before the build context is so much as looked for: most files are out of scope.
    if out_of_scope := detect(text, task.settings):
        return out_of_scope
    if hosted.refused:
        return Refused(hosted.refused)
    from scratchify.context import DirectoryContext
    from scratchify.toolchain import local_go

    path, folder = places(task, hosted)
    toolchain = local_go(folder, downloads=task.settings.go_download) if task.asks_go else None
    return refactor(text, DirectoryContext(folder, path), task.settings, toolchain)


def _placed(trouble: InvalidSettings, root: Path | None) -> InvalidSettings:
    """Return what is wrong with a configuration file, with the file as it is called from the root."""
    file, here = Path(trouble.path or ""), root or Path.cwd()
    shown = file.relative_to(here).as_posix() if file.is_relative_to(here) else str(file)
    return InvalidSettings(str(trouble), shown, trouble.line)


def places(task: Task, hosted: Hosted) -> tuple[Path | None, Path]:
    """
    Return where a Dockerfile lies, None for standard input, and its build context.

    One in a file that holds other things is told from its neighbours by its line, and may say its context itself.
    """
    path = _without_parents(task.source.path) if task.source.path else None
    if path is None or not hosted.kind:
        return path, task.context or _context_of(path, hosted.text)
    from scratchify.search import said_context

    context = said_context(path, hosted.contexts) or task.context or _context_of(path, hosted.text)
    return path.with_name(f"{path.name}:{hosted.line}"), context


def located(task: Task, hosted: Hosted) -> Locate:
    """Return how the files of a Dockerfile's build context are called where its own name begins."""
    here = task.source.root or Path()

    @cache
    def context() -> str:
        folder = places(task, hosted)[1].as_posix()
        return folder if task.source.shown.is_absolute() else PurePath(os.path.relpath(folder, here)).as_posix()

    def locate(found: PurePosixPath) -> str:
        path = normpath(join(context(), str(found)))
        # what Go's own modules hold is nowhere in the build context, and told by its module's name
        return path if os.path.lexists(here / path) else str(found)

    return locate


def _without_parents(path: Path) -> Path:
    """Return the path such that its parents are the folders above it, which those of `a/../b` are not."""
    return Path(os.path.realpath(path.parent), path.name) if ".." in path.parts else path


def _context_of(path: Path | None, text: str) -> Path:
    if path is None:
        return Path()
    from scratchify.search import locate_context

    return locate_context(path, text)


def _leave_interrupts_to_the_parent() -> None:
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)
