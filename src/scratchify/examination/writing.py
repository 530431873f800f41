"""Replacing a file as a whole or not at all."""

import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path

from scratchify.errors import UnwritableFile
from scratchify.repository import repository_root


def replace_content(path: Path, before: bytes, after: bytes, *, folder: Path) -> None:
    """
    Make `after` the content of the file, which must still hold `before`.

    A link is followed inside the tree: the repository of `folder`, or `folder` where there is none. Mode and, where
    the system lets us, owner stay; a file with further hard links parts from them. Raises UnwritableFile.
    """
    target = Path(os.path.realpath(path))
    tree = _tree(folder)
    if not target.is_relative_to(tree):
        raise UnwritableFile(f"a link that leads out of {tree}, to {target}; name that file itself to rewrite it")
    try:
        for each in (target, target.parent):
            _check_permission(each)
        _replace(target, before, after)
    except OSError as error:
        raise UnwritableFile(f"cannot be written: {(error.strerror or str(error)).lower()}") from error


def write_file(path: Path, content: bytes) -> None:
    """Make `content` that of a file, which need not be there yet; a link is replaced. Raises UnwritableFile."""
    if path.is_dir():
        raise UnwritableFile(f"{path}: cannot be written: it is a folder")
    temporary = path.with_name(f".scratchify-{secrets.token_hex(8)}")
    try:
        temporary.write_bytes(content)
        if path.is_file():
            temporary.chmod(stat.S_IMODE(path.stat().st_mode))
        temporary.replace(path)
    except OSError as error:
        raise UnwritableFile(f"{path}: cannot be written: {(error.strerror or str(error)).lower()}") from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def _tree(folder: Path) -> Path:
    folder = Path(os.path.abspath(folder))  # noqa: PTH100  # resolve() would leave the tree by a link
    return Path(os.path.realpath(repository_root(folder) or folder))


def _check_permission(path: Path) -> None:
    # The mode counts for root as well: who took every right to write meant it.
    if not path.stat().st_mode & 0o222 or not os.access(path, os.W_OK):
        kind = "the folder is" if path.is_dir() else "it is"
        raise UnwritableFile(f"cannot be written: {kind} read-only")


def _replace(target: Path, before: bytes, after: bytes) -> None:
    # Beside the target, for only within one file system is a file replaced at once.
    temporary = target.with_name(f".scratchify-{secrets.token_hex(8)}")
    try:
        with open(temporary, "xb", opener=_open_private) as file:
            file.write(after)
            file.flush()
            _take_after(temporary, target.stat())
            os.fsync(file.fileno())
        if target.read_bytes() != before:
            raise UnwritableFile("it changed while it was looked at, and is left as it is; run scratchify again")
        temporary.replace(target)
    except BaseException:  # an interruption too must leave nothing behind
        temporary.unlink(missing_ok=True)
        raise
    _make_lasting(target.parent)


def _open_private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _take_after(path: Path, status: os.stat_result) -> None:
    # Owner first: a change of owner takes the set-id bits away.
    if hasattr(os, "chown"):
        with suppress(OSError):
            os.chown(path, status.st_uid, status.st_gid)
    path.chmod(stat.S_IMODE(status.st_mode))


def _make_lasting(folder: Path) -> None:
    """Have the system write the folder's new entry to disk, where it can."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
