"""
Commands that place, move and mark files: mkdir, cp, mv, ln, install, rm, touch, chmod, chown, tee.

https://pubs.opengroup.org/onlinepubs/9799919799/idx/utilities.html
"""

from collections.abc import Callable, Mapping
from posixpath import basename, dirname, join

from scratchify.analysis.arguments import Argument, Options, read_options
from scratchify.analysis.effects import (
    HARMLESS,
    Circumstances,
    Command,
    Duplicates,
    Effect,
    Effects,
    Links,
    MakesFolder,
    Owns,
    Removes,
    SetsMode,
    Writes,
    unknown,
)

CACHES = (
    "/var/lib/apt/lists", "/var/cache", "/tmp", "/var/tmp", "/root/.cache", "/go/pkg", "/usr/share/doc", "/var/log/apt",
    "/usr/share/man", "/usr/share/locale", "/root/.npm", "/root/.glide", "/var/lib/dpkg", "/root/.ssh",
    "/root/.gitconfig",     "/etc/apt", "/usr/local/go", "/root/.netrc",
)  # fmt: skip
"""What people clean away, and no program reads."""


def effects_of(command: Command, at: Circumstances) -> Effects | None:
    """Return what a file command does, None where it is none."""
    found = _COMMANDS.get(command.name)
    if found is None:
        return None
    read, short, long = found
    options = read_options(command.arguments, short, long)
    if isinstance(options, str):
        return unknown(f"{command.name} -{options} is not followed; write the files with COPY")
    return read(options, at)


def _only_a_shell_knows(what: str, operand: Argument) -> Effects:
    return unknown(f"{what} {operand.raw} means what only a shell knows; write the path")


def _mkdir(options: Options, at: Circumstances) -> Effects:
    mode = options.get("m", "mode")
    if mode and mode.value is None:
        return unknown(f"mkdir -m {mode.raw} sets a mode that only a shell knows; write it")
    paths: list[str] = []
    for operand in options.operands:
        if operand.value is None:
            return unknown(f"mkdir {operand.raw} makes folders that only a shell knows; write their paths")
        paths.append(at.path(operand.value))
    return tuple(MakesFolder(path, (mode.value or "") if mode else "") for path in paths) or HARMLESS


def _rm(options: Options, at: Circumstances) -> Effects:
    effects: list[Effect] = []
    for operand in options.operands:
        if operand.value is None:
            front = at.path(operand.front) if operand.front else ""
            cache = next((one for one in CACHES if front == one or front.startswith(one + "/")), None)
            is_used = cache is not None and any(path.startswith(cache + "/") for path in at.files.entries)
            if cache is None or is_used or ".." in operand.raw:
                return unknown(f"rm is given {operand.raw}, which only a shell knows; name the files")
            continue
        path = at.path(operand.value)
        if path == "/":
            return unknown("rm of the root folder leaves nothing that could be known")
        effects.append(Removes(path))
    return tuple(effects) or HARMLESS


def _operands_and_target(what: str, options: Options, at: Circumstances) -> tuple[list[str], str, bool] | Effects:
    """Return the sources, the target, and whether sources go into it under their own names."""
    into = options.get("t", "target-directory")
    operands = [*options.operands, *([into] if into else [])]
    for operand in operands:
        if operand.value is None:
            return _only_a_shell_knows(what, operand)
    paths = [operand.value or "" for operand in operands]
    if len(paths) < 2:
        return unknown(f"{what} with one path is not understood")
    target = paths[-1]
    resolved = at.files.resolve(at.path(target))
    if options.has("T", "no-target-directory"):
        is_folder = False
    elif (
        target.endswith(("/", "/.")) or target in (".", "..") or into or len(paths) > 2 or at.files.is_folder(resolved)
    ):
        is_folder = True
    elif not options.has("D") and at.files.exists(resolved) is None and at.files.exists(dirname(resolved)) is None:
        return unknown(f"whether {target} is a folder is not known here; end it in / if it is one")
    else:
        is_folder = False
    return paths[:-1], resolved, is_folder


def _cp(options: Options, at: Circumstances) -> Effects:
    return _placed("cp", options, at, moves=False)


def _mv(options: Options, at: Circumstances) -> Effects:
    return _placed("mv", options, at, moves=True)


def _placed(what: str, options: Options, at: Circumstances, *, moves: bool) -> Effects:
    found = _operands_and_target(what, options, at)
    if not isinstance(found[0], list):
        return found
    sources, target, is_folder = found
    effects: list[Effect] = []
    for source in sources:
        path = at.path(source)
        one = _one_placed(what, source, path, at, target, is_folder=is_folder, moves=moves)
        effects += one
    return tuple(effects)


def _one_placed(
    what: str, source: str, path: str, at: Circumstances, target: str, *, is_folder: bool, moves: bool
) -> Effects:
    resolved = path if moves else at.files.resolve(path)
    entry = at.files.entries.get(resolved)
    contents_only = source.endswith("/.") or source == "."
    if entry is None:
        if path in at.files.gone:
            return unknown(f"{what} {source}: an earlier step took it away, so this image cannot be built")
        place = join(target, basename(path)) if is_folder else target
        if at.files.exists(path) is False and not at.is_unseen:
            return unknown(f"{what} {source}: no step puts it there, so this image cannot be built from here")
        # a file of the base image, like a zone; a folder of it would be more than one can name
        return (Writes(place, None, f"{what} copies {path}"),)
    if entry.kind == "folder" and contents_only:
        into = target
        return tuple(
            Duplicates(below, join(into, basename(below)), moves=moves) for below in at.files.below(resolved)
        ) or (MakesFolder(into),)
    place = join(target, basename(path)) if is_folder else target
    return (Duplicates(resolved, place, moves=moves),)


def _ln(options: Options, at: Circumstances) -> Effects:
    for operand in options.operands:
        if operand.value is None:
            return _only_a_shell_knows("ln", operand)
    values = [operand.value or "" for operand in options.operands]
    if not options.has("s", "symbolic"):
        return _placed("ln", options, at, moves=False)
    if len(values) == 1:
        return (Links(at.path(basename(values[0])), values[0]),)
    if len(values) != 2:
        return unknown("ln -s of several files is not followed; write one ln for each")
    target, path = values
    place = at.path(path)
    if path.endswith("/") or (at.files.is_folder(place) and not options.has("n", "no-dereference", "T")):
        place = join(place, basename(target))
    return (Links(place, target),)


def _install(options: Options, at: Circumstances) -> Effects:
    mode, owner, group = options.get("m", "mode"), options.get("o", "owner"), options.get("g", "group")
    for given in (mode, owner, group):
        if given and given.value is None:
            return _only_a_shell_knows("install", given)
    said_owner = owner.value or "" if owner else ""
    said = f"{said_owner}:{group.value}" if group else said_owner
    said_mode = mode.value or "" if mode else ""
    if options.has("d", "directory"):
        made = _mkdir(Options({}, options.operands), at)
        return tuple(MakesFolder(one.path, said_mode, said) if isinstance(one, MakesFolder) else one for one in made)
    found = _placed("install", options, at, moves=False)
    return tuple(
        Duplicates(one.source, one.target, False, said_mode or "0755", said) if isinstance(one, Duplicates) else one
        for one in found
    )


def _touch(options: Options, at: Circumstances) -> Effects:
    effects: list[Effect] = []
    for operand in options.operands:
        if operand.value is None:
            return _only_a_shell_knows("touch", operand)
        path = at.path(operand.value)
        if at.files.resolve(path) not in at.files.entries:
            effects.append(Writes(path, "", "touch makes it"))
    return tuple(effects) or HARMLESS


def _tee(options: Options, at: Circumstances) -> Effects:
    effects: list[Effect] = []
    for operand in options.operands:
        if operand.value is None:
            return _only_a_shell_knows("tee", operand)
        if not operand.value.startswith("/dev/"):
            path = at.path(operand.value)
            effects.append(Writes(path, at.stdin, "tee writes it", appends=options.has("a", "append")))
    return tuple(effects) or HARMLESS


def _chmod(options: Options, at: Circumstances) -> Effects:
    recursive = options.has("R", "recursive")
    said = [name for name in options.values if name not in _CHMOD_OPTIONS]
    modes = [f"-{name}" for name in said]
    operands = list(options.operands)
    if not modes and operands:
        first = operands.pop(0)
        if first.value is None:
            return unknown(f"chmod {first.raw} sets a mode that only a shell knows; write it")
        modes = [first.value]
    effects: list[Effect] = []
    for operand in operands:
        if operand.value is None:
            if operand.front and _has_no_folder(at.path(dirname(operand.front)), at):
                continue
            return unknown(f"chmod of {operand.raw} is not followed; name the files, or set the mode in the repository")
        effects.append(SetsMode(at.path(operand.value), ",".join(modes), recursive))
    return tuple(effects) or HARMLESS


def _has_no_folder(folder: str, at: Circumstances) -> bool:
    """COPY --from keeps a file's mode; only folders would lose theirs."""
    return not any(at.files.is_folder(path) for path in at.files.below(folder)) and at.files.exists(folder) is True


def _chown(options: Options, at: Circumstances) -> Effects:
    operands = list(options.operands)
    if options.has("reference") or not operands:
        return unknown("chown --reference is not followed; name the owner")
    owner = operands.pop(0)
    if owner.value is None:
        return unknown(f"chown {owner.raw} names an owner that only a shell knows; write it")
    effects: list[Effect] = []
    for operand in operands:
        if operand.value is None:
            return unknown(f"chown of {operand.raw} is not followed; name the files")
        path = at.path(operand.value)
        if options.has("h", "no-dereference") and at.files.link_target(path) is not None:
            continue
        effects.append(Owns(path, owner.value, options.has("R", "recursive")))
    return tuple(effects) or HARMLESS


def _chgrp(options: Options, at: Circumstances) -> Effects:
    found = _chown(options, at)
    return tuple(Owns(one.path, f":{one.owner}", one.recursive) if isinstance(one, Owns) else one for one in found)


_CHMOD_OPTIONS = frozenset({"R", "recursive", "v", "verbose", "f", "silent", "quiet", "c", "changes"})

_Read = Callable[[Options, Circumstances], Effects]
_COMMANDS: Mapping[str, tuple[_Read, str, tuple[str, ...]]] = {
    "mkdir": (_mkdir, "pvm:", ("parents", "verbose", "mode=")),
    "rm": (_rm, "rRfvd", ("recursive", "force", "verbose", "dir", "one-file-system")),
    "rmdir": (_rm, "pv", ("parents", "ignore-fail-on-non-empty")),
    "cp": (
        _cp,
        "rRfvpaLPHduxTt:",
        ("recursive", "force", "verbose", "archive", "preserve=", "no-target-directory", "target-directory=", "update"),
    ),
    "mv": (_mv, "fvuTt:", ("force", "verbose", "no-target-directory", "target-directory=")),
    "ln": (_ln, "sfvnrTt:", ("symbolic", "force", "verbose", "no-dereference", "no-target-directory")),
    "install": (
        _install,
        "dDvpcsm:o:g:Tt:",
        ("directory", "verbose", "mode=", "owner=", "group=", "target-directory=", "no-target-directory", "strip"),
    ),
    "touch": (_touch, "acmt:d:r:h", ("no-create", "date=", "reference=")),
    "tee": (_tee, "ai", ("append",)),
    "chmod": (_chmod, "Rvfcrwxst", ("recursive", "verbose", "silent", "quiet", "changes")),
    "chown": (_chown, "RvfchHLP", ("recursive", "verbose", "silent", "no-dereference", "changes", "reference=")),
    "chgrp": (_chgrp, "Rvfch", ("recursive", "verbose", "silent", "no-dereference", "changes")),
}
