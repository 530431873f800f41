"""What the files in tests/embedded say when they run: the texts that they hand to docker and its like."""

import importlib.abc
import importlib.machinery
import inspect
import io
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import ModuleType
from typing import Any

from ruamel.yaml import YAML

from scratchify.hosts.dockerfiles import builds_go

OTHERS = frozenset(
    "airflow dagger django docker fabric invoke kubernetes modal nox pendulum prefect pulumi pulumi_docker_build pytest"
    " subprocess testcontainers".split()
)
"""Packages that the files import, and that are not there, or should do nothing."""


class Anything(ModuleType):
    """Stands for what others wrote: it can be called, entered, subclassed and asked for anything, and notes texts."""

    def __init__(self, name: str, told: list[str]) -> None:
        super().__init__(name)
        self.__dict__["told"] = told
        self.__dict__["__path__"] = []

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Anything(name, self.told)

    def __call__(self, *given: Any, **named: Any) -> Any:
        for value in (*given, *named.values()):
            note(value, self.told)
            if inspect.isfunction(value) and value.__name__ != "<lambda>":
                # a decorated function is called by whoever decorates it
                result = value(*(Anything(one, self.told) for one in inspect.signature(value).parameters))
                if inspect.isgenerator(result):
                    list(result)
        return Anything("called", self.told)

    def __iter__(self) -> Iterator[Any]:
        return iter((Anything("first", self.told), Anything("second", self.told)))

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def __mro_entries__(self, _: object) -> tuple[type, ...]:
        told = self.told

        class Base:
            def __init__(self, *given: Any) -> None:
                note(given, told)

        return (Base,)

    def __str__(self) -> str:
        return "anything"


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds Anything for every module of OTHERS."""

    def __init__(self, told: list[str]) -> None:
        self.told = told

    def find_spec(self, name: str, *_: object) -> importlib.machinery.ModuleSpec | None:
        return importlib.machinery.ModuleSpec(name, self) if name.partition(".")[0] in OTHERS else None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        return Anything(spec.name, self.told)

    def exec_module(self, module: ModuleType) -> None:
        pass


def note(value: object, told: list[str]) -> None:
    match value:
        case str():
            told.append(value)
        case bytes():
            told.append(value.decode())
        case io.BytesIO():
            told.append(value.getvalue().decode())
        case Mapping():
            note(list(value.values()), told)
        case Sequence():
            for one in value:
                note(one, told)
        case _:
            pass


@contextmanager
def stand_ins(told: list[str]) -> Iterator[None]:
    taken = {name: sys.modules.pop(name) for name in list(sys.modules) if name.partition(".")[0] in OTHERS}
    finder = Finder(told)
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        for name in list(sys.modules):
            if name.partition(".")[0] in OTHERS:
                del sys.modules[name]
        sys.modules.update(taken)


def said_by_python(text: str, folder: Path, chdir: Callable[[Path], None]) -> list[str]:
    """Run a file in a folder, and return the Go Dockerfiles that it hands on or writes there, each once."""
    told: list[str] = []
    chdir(folder)
    known = set(folder.rglob("*"))
    with stand_ins(told):
        names: dict[str, Any] = {"__name__": "__main__"}
        with suppress(SystemExit):
            exec(compile(text, "fixture", "exec"), names)
    told += [path.read_text() for path in sorted(set(folder.rglob("*")) - known) if path.is_file()]
    return [one for one in dict.fromkeys(told) if builds_go(one)]


def said_by_compose(text: str, variables: Mapping[str, str]) -> list[str]:
    """Return the inline Dockerfiles of a compose file as docker compose hands them on."""
    services = YAML(typ="safe", pure=True).load(text)["services"]
    inline = [one["build"]["dockerfile_inline"] for one in services.values() if "build" in one]
    return [interpolated(one, variables) for one in dict.fromkeys(inline)]


def interpolated(text: str, variables: Mapping[str, str]) -> str:
    """https://docs.docker.com/reference/compose-file/interpolation/"""

    def value(match: re.Match[str]) -> str:
        if match[0] == "$$":
            return "$"
        return variables.get(match[1], match[2] or "")

    return re.sub(r"\$\$|\$\{(\w+)(?::-([^}]*))?\}", value, text)
