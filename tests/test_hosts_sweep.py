"""Over all that comes with Python or is installed: nothing is taken for a Dockerfile, and it costs next to nothing."""

import sysconfig
import time
from collections.abc import Iterator
from pathlib import Path

from scratchify.errors import InvalidHost
from scratchify.hosts import EMBEDDING, host_of, may_hold

MOST = 0.002
"""CPU-seconds a file, on average."""


def files() -> Iterator[Path]:
    library, installed = (Path(sysconfig.get_path(name)) for name in ("stdlib", "purelib"))
    for root in (library, installed):
        for path in sorted(root.rglob("*")):
            is_of_others = root == library and "site-packages" in path.parts
            if path.suffix in EMBEDDING and path.is_file() and not is_of_others:
                yield path


def test_what_is_installed_holds_no_dockerfile_and_takes_little_time() -> None:
    count, found, unreadable = 0, [], []
    paths = list(files())
    before = time.process_time()
    for path in paths:
        count += 1
        content = path.read_bytes()
        if not may_hold(path, content):
            continue
        try:
            found += [(path, one) for one in host_of(path).dockerfiles(content.decode("utf-8", "surrogateescape"))]
        except InvalidHost as error:
            unreadable.append((path, error))
    took = time.process_time() - before
    assert count > 3000
    assert found == []
    assert unreadable == []
    assert took / count <= MOST
