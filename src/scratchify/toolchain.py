"""
Ask Go itself which packages a program is made of: `go list`, which compiles nothing and runs nothing of the project.

Nothing is downloaded unless that is wished, no other toolchain is fetched, and go.mod is never written.

https://pkg.go.dev/cmd/go#hdr-List_packages_or_modules
"""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from scratchify.context import ListedPackage, PackageQuery

PATIENCE = 60
"""Seconds; a list of modules that are at hand takes a few."""

_FIELDS = "ImportPath,Dir,Standard,GoFiles,CgoFiles,Imports,Module,Error,DepsErrors,Incomplete"


class LocalGo:
    """The Go toolchain of this machine, for a build context on disk."""

    def __init__(self, root: Path, program: str, *, downloads: bool = False) -> None:
        self._root = root
        self._program = program
        self._downloads = downloads
        self._folders: dict[str, Path] = {}

    def packages(self, query: PackageQuery) -> tuple[ListedPackage, ...] | None:
        names = [f"./{Path(file).name}" for file in query.files] or ["."]
        flags = [f"-mod={query.mod}"] if query.mod in ("readonly", "vendor") else []
        command = [self._program, "list", "-deps", f"-json={_FIELDS}", "-tags", ",".join(query.tags), *flags, *names]
        try:
            done = subprocess.run(
                command,
                cwd=self._root / query.folder,
                env=self._environment(query),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=PATIENCE,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            return None
        if done.returncode != 0:
            return None
        found = [*_records(done.stdout.decode("utf-8", "replace"))]
        if not found or any(one.get("Error") or one.get("DepsErrors") or one.get("Incomplete") for one in found):
            return None
        self._folders |= {one["ImportPath"]: Path(one.get("Dir", "")) for one in found}
        return tuple(map(_package, found))

    def read(self, package: ListedPackage, file: str) -> bytes | None:
        try:
            return (self._folders[package.path] / file).read_bytes()
        except (KeyError, OSError):
            return None

    def _environment(self, query: PackageQuery) -> dict[str, str]:
        network = {} if self._downloads else {"GOPROXY": "off", "GOVCS": "*:off"}
        return {
            **os.environ,
            "CGO_ENABLED": str(int(query.cgo)),
            "GOOS": "linux",
            "GOARCH": query.architecture or "amd64",
            "GOFLAGS": "-buildvcs=false",
            "GOTOOLCHAIN": "local",
            **network,
        }


def local_go(root: Path, *, downloads: bool) -> LocalGo | None:
    """Return the Go toolchain of this machine, None where it has none."""
    program = shutil.which("go")
    return LocalGo(root, program, downloads=downloads) if program else None


def _records(text: str) -> Iterator[dict[str, Any]]:
    """Yield the JSON objects that stand one behind the other."""
    decoder = json.JSONDecoder()
    text = text.strip()
    while text:
        try:
            found, end = decoder.raw_decode(text)
        except ValueError:
            return
        yield found
        text = text[end:].lstrip()


def _package(found: dict[str, Any]) -> ListedPackage:
    return ListedPackage(
        path=found["ImportPath"],
        is_standard=bool(found.get("Standard")),
        is_main_module=bool((found.get("Module") or {}).get("Main")),
        imports=tuple(found.get("Imports") or ()),
        files=(*(found.get("GoFiles") or ()), *(found.get("CgoFiles") or ())),
        cgo=tuple(found.get("CgoFiles") or ()),
    )
