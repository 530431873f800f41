"""
Walk the build stage as a program over a file system.

https://docs.docker.com/reference/dockerfile/
"""

from posixpath import basename, join

from scratchify.analysis.blocked import Blocked
from scratchify.analysis.copy_sources import context_path, copy, is_pattern, match_sources
from scratchify.analysis.expansion import Variables
from scratchify.analysis.shell import Word
from scratchify.analysis.shell_programs import SHELLS
from scratchify.analysis.shell_reader import read_script
from scratchify.analysis.shell_run import Shell
from scratchify.analysis.shell_world import Source, Where
from scratchify.analysis.stage_files import BASE_FOLDERS, Copied, Entry, Implied, Owner, Unlisted, Written
from scratchify.analysis.triggers import plain_tag, triggers
from scratchify.analysis.unpacking import is_archive, unpacked
from scratchify.analysis.walked import MadeFolder, OwnedFolder, Toolchain, Walked
from scratchify.context import BuildContext
from scratchify.knowledge.images import BaseImage
from scratchify.knowledge.names import build_input
from scratchify.knowledge.toolchains import minor_of_image
from scratchify.model import Add, Build, Copy, ImageName, Onbuild, Run, Stage, State, Workdir, base_of, states

_ADDRESSES = ("http://", "https://")
_ARCHIVES = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".tar.zst")
_REPOSITORIES = ("git@", "git://", "ssh://")
_ONLY_BUILDERS_KNOW = ("TARGET", "BUILD")
"""How the names of arguments begin that BuildKit sets by itself."""


def walk(build: Build, stage: Stage, context: BuildContext, *, assume_source: bool) -> Walked:
    """
    Return what the stage's instructions make of an empty list of files.

    `assume_source`: what COPY names and the context lacks is taken to be there.
    """
    base = base_of(build, stage)
    image = build.known_as(stage)
    minor = minor_of_image(image.path, plain_tag(image.tag)) if base is None or base.go else None
    # Alpine's releases have no names: the tag is one
    release = (base.release if base else None) or ".".join(image.tag.split(".")[:2])
    walked = Walked(context, go_minor=minor, release=release, assumes_source=assume_source)
    at_from, found = triggers(base, stage), [*states(build, stage)]
    for instruction, state in zip((*at_from, *stage.instructions), found[:1] * len(at_from) + found, strict=False):
        walked.begin(instruction.syntax.code.start, state)
        line = instruction.syntax.first_line
        match instruction:
            case Workdir(path=path):
                walked.note_arguments(path, line)
                folder = walked.files.resolve(state.path(state.expand(path).text))
                if folder not in walked.files.entries and folder not in BASE_FOLDERS:
                    walked.folders.append(MadeFolder(folder, line))
                walked.files.put(folder, Entry("folder", Implied(line)))
            case Copy() | Add():
                _copy(walked, instruction, state, build)
            case Run():
                _run(walked, instruction, state, build.text, base)
            case Onbuild():
                why = "ONBUILD acts in images built from this one; a final stage would not have what it expects"
                walked.blocked.append(Blocked(line, why))
            case _:
                pass
    return walked


# ---- COPY and ADD


def _copy(walked: Walked, instruction: Copy | Add, state: State, build: Build) -> None:
    line, at = instruction.syntax.first_line, instruction.syntax.code.start
    keyword = instruction.syntax.name
    walked.note_arguments(" ".join((*instruction.sources, instruction.target)), line)
    target_text = state.expand(instruction.target).text
    sources = [state.expand(source).text for source in instruction.sources]
    if origin := instruction.syntax.flag("from"):
        _copy_from(walked, origin.value or "", sources, target_text, state, line)
        return
    if instruction.syntax.flag("parents") or instruction.syntax.flag("exclude"):
        walked.blocked.append(Blocked(line, f"{keyword} --parents and --exclude are not followed yet"))
        return
    is_folder = target_text.endswith(("/", "/.")) or target_text == "." or len(sources) + len(instruction.contents) > 1
    target = walked.files.resolve(state.path(target_text))
    owner = _owner(instruction, state)
    if owner:
        walked.owned.append(OwnedFolder(target, owner.text, line))
    for source in sources:
        if isinstance(instruction, Add) and _added(walked, source, target, line, at, is_folder=is_folder):
            continue
        if walked.files.context.entries.get(context_path(source)) == "link":
            why = f"{source} is a link, which is followed before it is copied; copy what it leads to"
            walked.blocked.append(Blocked(line, why))
            continue
        plan = match_sources(source, walked.files.context.entries)
        if plan is not None:
            if "" in plan.folders and walked.assumes_source and not walked.has_source:
                walked.files.unseen.add(target)
            copy(walked.files, plan, target, is_folder=is_folder, line=line, at=at, owner=owner)
        elif walked.assumes_source:
            _copy_unseen(
                walked, source, target, state.workdir, is_folder=is_folder, origin=Copied(source, line, at, owner)
            )
        elif context_path(source) in walked.files.context.absent:
            # git ignores it: whoever builds the image has it, or the build fails as it did
            path = join(target, basename(source)) if is_folder or walked.files.is_folder(target) else target
            walked.files.absent[path] = Copied(context_path(source), line, at, owner, explicit=True)
        elif not is_pattern(source) and walked.files.context.entries:
            why = f"{source} is not in the build context, so this image cannot be built from here; give --context"
            walked.blocked.append(Blocked(line, why))
    for heredoc in instruction.contents:
        path = join(target, heredoc.name) if is_folder or walked.files.is_folder(target) else target
        walked.files.put(path, Entry("file", Written(heredoc.content(build.text), line, at, owner)))


def _copy_from(walked: Walked, image: str, sources: list[str], target: str, state: State, line: int) -> None:
    """Place what comes from another image: its name alone tells what it is."""
    path = state.path(target)
    is_go = ImageName.parse(image).last == "golang"
    for source in sources:
        name = basename(source.rstrip("/"))
        if is_go and source.rstrip("/") == "/usr/local/go":
            region = Unlisted(line, walked.at, f"the Go toolchain of {image}", is_toolchain=True)
            walked.fill(path, region)
            name_of = ImageName.parse(image)
            walked.install_go(Toolchain(line, path, minor_of_image(name_of.path, name_of.tag)))
        elif is_pattern(source) or not name or target.endswith("/") or len(sources) > 1:
            why = f"what {source} of {image} is, a file or a folder, is not known; give it a full path as its target"
            walked.blocked.append(Blocked(line, why))
        else:
            is_program = path.rpartition("/")[0].endswith(("/bin", "/sbin"))
            how = f"COPY takes it from {image}"
            walked.files.put(path, Entry("file", Written(None, line, walked.at, None, how, is_program)))


def _owner(instruction: Copy | Add, state: State) -> Owner | None:
    chown = instruction.syntax.flag("chown")
    said = chown.value or "" if chown else ""
    text = state.expand(said).text
    return Owner(text, bool(state.arguments_in(said))) if text else None


def _copy_unseen(walked: Walked, source: str, target: str, workdir: str, *, is_folder: bool, origin: Copied) -> None:
    """Place what nobody can look at: its name alone tells source from data, and a file from a folder."""
    name = basename(source.rstrip("/"))
    if not name or name == ".":
        walked.files.unseen.add(target)
    if build_input(name, is_folder=False) or build_input(name, is_folder=True):
        return
    is_single = not source.endswith("/") and "." in name.lstrip(".") and "*" not in name
    roots = [f"{path}/src" for path in walked.state.env.get("GOPATH", "").split(":")]
    is_source = any(f"{target}/".startswith(f"{root}/") for root in roots)
    if is_single:
        path = join(target, name) if is_folder or walked.files.is_folder(target) else target
        walked.files.put(path, Entry("file", origin))
    elif target in roots:
        walked.files.unseen.add(target)
    elif walked.files.below(target) or target in BASE_FOLDERS or (is_folder and target == workdir and not is_source):
        why = f"what {source} holds is not known here, nor what of it lies in {target}; give --context"
        walked.blocked.append(Blocked(origin.line, why))
    else:
        # most likely a folder: what may lie in it is not known
        walked.files.unseen.add(target)
        if walked.files.is_folder(target):  # made for this: all that lies in it comes from there
            walked.fill(
                target, Unlisted(origin.line, origin.at, f"{source} is copied into {target}", is_source=is_source)
            )
        else:
            walked.files.put(target, Entry("file", origin))


def _added(walked: Walked, source: str, target: str, line: int, at: int, *, is_folder: bool) -> bool:
    """Take what ADD downloads or unpacks; False for what it only copies."""
    if source.startswith(_REPOSITORIES) or (source.startswith(_ADDRESSES) and source.endswith(".git")):
        walked.fill(target, Unlisted(line, at, f"ADD clones {source} into {target}", is_source=True))
        return True
    if source.startswith(_ADDRESSES):
        name = basename(source.partition("?")[0].partition("#")[0].partition("://")[2].rstrip("/"))
        if is_folder and "/" not in source.partition("://")[2].rstrip("/"):
            walked.blocked.append(Blocked(line, f"{source} has no file name; write the full path that it goes to"))
            return True
        path = join(target, name) if is_folder else target
        is_program = path.rpartition("/")[0].endswith(("/bin", "/sbin"))
        walked.files.put(path, Entry("file", Written(None, line, at, None, "ADD downloads it", is_program, source)))
        return True
    content = walked.files.context.read(context_path(source))
    if content is None or not is_archive(content):
        if source.endswith(_ARCHIVES):
            walked.blocked.append(Blocked(line, f"what ADD unpacks from {source} is not known; unpack it before"))
        return source.endswith(_ARCHIVES)
    members = unpacked(content)
    if members is None:
        walked.blocked.append(Blocked(line, f"{source} is an archive that cannot be read here; unpack it before"))
        return True
    for member in members:
        path = state_path(target, member.path)
        origin = Written(None, line, at, None, f"ADD unpacks it from {source}")
        if member.kind == "link":
            walked.blocked.append(Blocked(line, f"{source} holds links, which are not followed; unpack it before"))
            return True
        entry = Entry(member.kind, Implied(line) if member.kind == "folder" else origin)
        walked.files.put(path, entry)
    return True


def state_path(folder: str, path: str) -> str:
    return join(folder, path.strip("/").removeprefix("./"))


# ---- RUN


def _run(walked: Walked, run: Run, state: State, text: str, base: BaseImage | None) -> None:
    line = run.syntax.first_line
    shell = _shell_of(walked, run, state, base)
    walked.mounts = tuple(_mounts(run))
    if run.command.is_exec_form:
        start = run.syntax.line.origin(run.syntax.arguments)
        shell.source = lambda _: Where(line, start)
        walked.run_apart(lambda: _exec_form(shell, run))
        return
    if state.shell[0].rpartition("/")[2] not in SHELLS:
        walked.blocked.append(Blocked(line, f"{state.shell[0]} is no shell whose language is read here"))
        return
    if run.syntax.heredocs:
        _heredoc(walked, run, shell, text)
        return
    shell.source = _in_dockerfile(run, text)
    shell.run_apart(read_script(run.command.text))


def _exec_form(shell: Shell, run: Run) -> None:
    words = tuple(Word((word,), word) for word in run.command.words)
    shell.execute(shell.expander().arguments(words), 0)


def _heredoc(walked: Walked, run: Run, shell: Shell, text: str) -> None:
    """`RUN <<EOF` is a script of its own; a command before it reads it."""
    line = run.syntax.first_line
    heredoc = run.syntax.heredocs[0]
    if len(run.syntax.heredocs) > 1 or not run.command.text.strip().startswith("<<"):
        walked.blocked.append(Blocked(line, "a command that reads a here-document is not read; write it with &&"))
        return
    content = heredoc.content(text)
    first = content.partition("\n")[0]
    if first.startswith("#!") and first.rpartition("/")[2].split()[0] not in SHELLS:
        walked.blocked.append(Blocked(line, f"{first} is no shell whose language is read here"))
        return
    begins = heredoc.body.start
    shell.source = lambda offset: Where(text.count("\n", 0, begins) + content.count("\n", 0, offset) + 1, begins)
    shell.run_apart(read_script(content))


def _in_dockerfile(run: Run, text: str) -> Source:
    def where(offset: int) -> Where:
        start = run.syntax.line.origin(run.syntax.arguments + offset)
        return Where(text.count("\n", 0, start) + 1, start)

    return where


def _shell_of(walked: Walked, run: Run, state: State, base: BaseImage | None) -> Shell:
    values: dict[str, str | None] = {**state.variables}
    for name in state.declared - values.keys():
        # without a default it is not set, unless the builder sets it by itself
        if name.startswith(_ONLY_BUILDERS_KNOW):
            values[name] = "" if name in ("TARGETOS", "TARGETARCH", "TARGETVARIANT") else None
    variables = Variables(values, set(values), is_complete=base is not None)
    return Shell(
        walked,
        variables,
        state.workdir,
        lambda _: Where(run.syntax.first_line, 0),
        state.user,
        is_bash=_is_bash(state, base),
    )


def _is_bash(state: State, base: BaseImage | None) -> bool | None:
    """Say whether RUN's shell is bash; /bin/sh is not on Debian and Alpine, and elsewhere may be."""
    name = state.shell[0].rpartition("/")[2]
    return True if name == "bash" else False if base and base.family in ("debian", "alpine") else None


def _mounts(run: Run) -> "list[str]":
    """Return where `RUN --mount` lays something over the image's files."""
    found: list[str] = []
    for flag in run.syntax.flags:
        for option in (flag.value or "").split(",") if flag.name == "mount" else ():
            name, _, value = option.partition("=")
            if name.lower() in ("target", "dst", "destination"):
                found.append(value.rstrip("/"))
    return found
