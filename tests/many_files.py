"""Folders with more files than anybody has."""

import os
from pathlib import Path


def many_files(folder: Path, thousands: int) -> None:
    """Make many files, as links to a thousand of them: that is six times as quick."""
    first = folder / "0"
    first.mkdir(parents=True)
    for number in range(1000):
        (first / str(number)).touch()
    source = os.open(first, os.O_RDONLY)
    for thousand in range(1, thousands):
        target = folder / str(thousand)
        target.mkdir()
        opened = os.open(target, os.O_RDONLY)
        for number in range(1000):
            os.link(str(number), str(number), src_dir_fd=source, dst_dir_fd=opened)
        os.close(opened)
    os.close(source)
