"""What a program left in its container's files is read through the engine's client."""

import tarfile
from pathlib import Path

from scratchify.engine.client import Client
from scratchify.engine.docker import DOCKER
from scratchify.engine.image_files import first_file
from scratchify.engine.processes import KEPT
from scratchify.engine.written import MOST, Written, written_by
from tests.stand_ins import answering, stand_in


def archive(tmp_path: Path, name: str, content: bytes | None) -> Path:
    """Pack a file, or a folder, as `docker cp` does."""
    source = tmp_path / "packed" / name
    if content is None:
        source.mkdir(parents=True)
    else:
        source.parent.mkdir(exist_ok=True)
        source.write_bytes(content)
    packed = tmp_path / f"{name}.tar"
    with tarfile.open(packed, "w") as tar:
        tar.add(source, name)
    return packed


def left(tmp_path: Path, changes: str, **files: bytes | None) -> tuple[Written, ...]:
    """Return what is read of a container that changed these; a path's last element is the name of its archive."""
    answers = {"diff run": f"printf '{changes}'"}
    for change in changes.split("\\n"):
        path = change.partition(" ")[2]
        name = path.rpartition("/")[2]
        if name in files:
            answers[f"cp run:{path} -"] = f"cat '{archive(tmp_path, name, files[name])}'"
    client = Client(str(stand_in(tmp_path / "bin", "docker", answering(answers))), DOCKER)
    return written_by(client, "run", ("/backup",))


def test_a_file_has_its_content_and_the_folders_above_it_say_nothing(tmp_path: Path) -> None:
    found = left(tmp_path, "C /var\\nC /var/lib\\nA /var/lib/state\\n", state=b"one\n")
    assert found == (Written("/var/lib/state", False, b"one\n", 4),)


def test_a_folder_that_was_made_counts_and_one_that_was_touched_does_not(tmp_path: Path) -> None:
    found = left(tmp_path, "A /made\\nC /touched\\n", made=None, touched=None)
    assert found == (Written("/made", False, None, 0),)


def test_what_was_deleted_is_told(tmp_path: Path) -> None:
    assert left(tmp_path, "D /app/seed\\n") == (Written("/app/seed", True, None, 0),)


def test_what_the_engine_puts_there_is_no_work_of_the_program(tmp_path: Path) -> None:
    assert left(tmp_path, "C /etc\\nC /etc/hosts\\nA /dev/console\\nA /.dockerenv\\n") == ()


def test_the_folder_of_a_volume_is_made_by_the_engine(tmp_path: Path) -> None:
    assert left(tmp_path, "A /backup\nA /backups\n", backup=None, backups=None) == (
        Written("/backups", False, None, 0),
    )


def test_of_a_large_file_the_beginning_is_kept(tmp_path: Path) -> None:
    (found,) = left(tmp_path, "A /large\\n", large=b"x" * (3 * KEPT))
    assert found.size == 3 * KEPT
    assert found.content is not None
    assert 0 < len(found.content) <= KEPT


def test_only_some_files_are_looked_into(tmp_path: Path) -> None:
    names = [f"file{number:03}" for number in range(MOST + 5)]
    found = left(tmp_path, "".join(f"A /{name}\\n" for name in names), **dict.fromkeys(names, b"x"))
    assert [each.content is not None for each in found] == [True] * MOST + [False] * 5


def test_what_is_no_archive_has_no_file() -> None:
    assert first_file(b"") is None
    assert first_file(b"no archive at all") is None
