"""
The choices of a project: `.scratchify.toml`, beside the Dockerfile or above it, up to the root of the repository.

The nearest file holds, alone; outside of a repository only the one beside the Dockerfile does, for what lies above is
somebody else's. Its keys are the names of the options, and what the command line says wins.
"""

import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

from scratchify.errors import InvalidSettings, UnknownPath
from scratchify.settings import Settings

NAME = ".scratchify.toml"

ENABLED = "enabled"
"""The one key that is no option: `false` leaves the Dockerfiles alone."""

BOT = "bot"
"""The table of what the bot is told; no option of a Dockerfile either."""

BOT_KINDS: Mapping[str, object] = {
    "author": str,
    "email": str,
    "sign-off": bool,
    "branch-prefix": str,
    "labels": tuple[str, ...],
    "reviewers": tuple[str, ...],
    "draft": bool,
    "title": str,
    "body": str,
}
"""Its keys, which are the names of the bot's options."""

MAX_SIZE = 1024 * 1024
"""Bytes; more than that nobody has written."""

Value = bool | str | tuple[str, ...] | tuple[tuple[str, str], ...]

Said = Mapping[str, Value]
"""Values by the names of fields of Settings, as far as somebody said them."""


@dataclass(frozen=True, slots=True)
class Configuration:
    """A configuration file: where it lies, its text, and what it says."""

    file: Path
    text: str
    values: Said
    is_enabled: bool = True
    bot: Said = field(default_factory=dict)

    def seen_from(self, folder: Path) -> str:
        """Return the file's path from a folder, which need not be the working one."""
        return os.path.relpath(self.file, os.path.abspath(folder)).replace(os.sep, "/")  # noqa: PTH100  # links stay

    def line_of(self, *keys: str) -> int:
        return line_of(self.text, keys)

    def says(self, key: str) -> bool:
        """Say whether this file has the key."""
        import tomllib

        return key in tomllib.loads(self.text)

    def said_here(self, unknown: UnknownPath) -> bool:
        """Say whether a path that turned out to be unknown comes from this file."""
        said = self.values.get(unknown.option, ())
        return isinstance(said, tuple) and unknown.value in said


@dataclass(frozen=True, slots=True)
class Origin:
    """Who said a value: nobody, the command line, or a configuration file (`path`) on a line."""

    kind: Literal["default", "file", "command line"]
    path: str | None = None
    line: int | None = None

    def __str__(self) -> str:
        return f"{self.path}:{self.line}" if self.path else self.kind


@dataclass(frozen=True, slots=True)
class Setting:
    """The value that holds for a key, and who said it: of a list or a table, who said each of its entries."""

    key: str
    value: Value
    origins: tuple[Origin, ...]


class Configurations:
    """The configuration files of a run: each folder is looked into once, however many Dockerfiles lie in it."""

    def __init__(self) -> None:
        self._own: dict[Path, Configuration | InvalidSettings | None] = {}
        self._holding: dict[Path, tuple[Configuration | InvalidSettings | None, bool]] = {}

    def of(self, folder: Path) -> Configuration | None:
        """Return the file that holds for the Dockerfiles in a folder. Raises InvalidSettings."""
        found, _ = self._up(Path(os.path.abspath(folder)))  # noqa: PTH100  # links stay, .. goes
        if isinstance(found, InvalidSettings):
            raise found
        return found

    def _up(self, folder: Path) -> tuple[Configuration | InvalidSettings | None, bool]:
        """Return the file that holds in a folder, and whether that is in a repository."""
        if folder not in self._holding:
            own = _read(folder / NAME)
            if os.path.exists(folder / ".git"):  # noqa: PTH110  # a folder that lets nobody in raises nothing
                self._holding[folder] = own, True
            elif folder.parent == folder:
                self._holding[folder] = own, False
            else:
                above, is_inside = self._up(folder.parent)
                self._holding[folder] = own or (above if is_inside else None), is_inside
        return self._holding[folder]


def settings_with(configuration: Configuration | None, folder: Path, said: Said) -> Settings:
    """
    Return what holds for a Dockerfile in a folder: what `said` says, then what its file does, then the defaults.

    Paths to carry or to drop add up, and of two that contradict each other the one that was said counts.
    """
    values: dict[str, Any] = dict(configuration.values) if configuration else {}
    for name, other in (("carry", "drop"), ("drop", "carry")):
        if name in said:
            values[other] = tuple(path for path in values.get(other, ()) if path not in _paths(said[name]))
            values[name] = tuple(dict.fromkeys((*values.get(name, ()), *_paths(said[name]))))
    values |= {name: value for name, value in said.items() if name not in ("carry", "drop")}
    if configuration and not configuration.is_enabled:
        values["ignored_by"] = (configuration.seen_from(folder), configuration.line_of(ENABLED))
    return replace(Settings(), **values)


def origins_of(configuration: Configuration | None, folder: Path, said: Said) -> tuple[Setting, ...]:
    """Return what holds in a folder, key by key, and where it comes from; the values are those of `settings_with`."""
    settings = settings_with(configuration, folder, said)
    values: dict[str, Value] = {ENABLED: settings.ignored_by is None}
    values |= {key: getattr(settings, _field(key)) for key in _kinds()}
    return tuple(Setting(key, value, _origins(key, value, configuration, said)) for key, value in values.items())


def _origins(key: str, value: Value, configuration: Configuration | None, said: Said) -> tuple[Origin, ...]:
    def of_file(*keys: str) -> Origin:
        assert configuration is not None
        return Origin("file", configuration.seen_from(Path()), configuration.line_of(*keys))

    spoken = said.get(_field(key))
    if isinstance(value, tuple) and value:
        own = spoken if isinstance(spoken, tuple) else ()
        keys = [(key, entry[0]) if isinstance(entry, tuple) else (key,) for entry in value]
        return tuple(
            Origin("command line") if entry in own else of_file(*where)
            for entry, where in zip(value, keys, strict=True)
        )
    if spoken is not None:
        return (Origin("command line"),)
    is_said = configuration is not None and configuration.says(key)
    return (of_file(key),) if is_said else (Origin("default"),)


def settings_for(dockerfile: Path) -> Settings:
    """Return what the configuration file of one Dockerfile says. Raises InvalidSettings."""
    return settings_with(Configurations().of(dockerfile.parent), dockerfile.parent, {})


def parse_configuration(text: str, file: Path) -> Configuration:
    """Return what the text of a configuration file says. Raises InvalidSettings, with the line."""
    import tomllib  # most projects have no such file

    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InvalidSettings(f"this is no TOML: {error}", str(file), _first_wrong_line(text)) from error
    values: dict[str, Value] = {}
    for key, value in document.items():
        for trouble, keys in _troubles(key, value):
            raise InvalidSettings(trouble, str(file), line_of(text, keys))
        if key not in (ENABLED, BOT):
            values[_field(key)] = _value(value)
    for path in _paths(values.get("carry", ())):
        if path in _paths(values.get("drop", ())):
            line = max(line_of(text, ("carry",)), line_of(text, ("drop",)))
            raise InvalidSettings(f"{path} is to be carried and to be dropped; choose one", str(file), line)
    bot = {_field(key): _value(value) for key, value in document.get(BOT, {}).items()}
    return Configuration(file, text, values, document.get(ENABLED, True), bot)


def line_of(text: str, keys: tuple[str, ...]) -> int:
    """
    Return the line on which a key of a valid TOML document is given its value, or begins to be.

    tomllib keeps no places, but TOML has one statement to a line or to several: lines from the top parse by themselves
    only up to the end of one. So the key is given its value by the first such piece that has it, in its last statement.
    """
    import tomllib

    lines = text.split("\n")
    begins = 1
    for end in range(1, len(lines) + 1):
        try:
            found: Any = tomllib.loads("\n".join(lines[:end]))
        except tomllib.TOMLDecodeError:
            continue
        for key in keys:
            found = found.get(key) if isinstance(found, dict) else None
        if found is not None:
            return begins
        begins = end + 1
    return 1


def _read(file: Path) -> Configuration | InvalidSettings | None:
    try:
        status = file.stat()
    except OSError:  # it is not there, or the folder lets nobody look: whoever reads the Dockerfile says so
        return None
    try:
        if not stat.S_ISREG(status.st_mode) or status.st_size > MAX_SIZE:
            return InvalidSettings("this is no file that could be a configuration", str(file))
        return parse_configuration(file.read_bytes().decode("utf-8").replace("\r\n", "\n"), file)
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        return InvalidSettings("bytes that are no UTF-8", str(file), line)
    except OSError as error:
        return InvalidSettings(f"cannot be read: {(error.strerror or str(error)).lower()}", str(file))
    except InvalidSettings as trouble:
        return trouble


def _troubles(key: str, value: object) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield what is wrong with the value of a key, and the keys that lead there."""
    if key == ENABLED:
        if not isinstance(value, bool):
            yield f"{key} is true or false, not {_shown(value)}", (key,)
        return
    kinds = _kinds()
    if key == BOT:
        yield from _troubles_of_bot(value)
    elif key not in kinds:
        yield f"there is no option {key}; {_advice(key, [*kinds, ENABLED, BOT])}", (key,)
    elif kinds[key] is bool:
        if not isinstance(value, bool):
            yield f"{key} is true or false, not {_shown(value)}", (key,)
    elif get_origin(kinds[key]) is not tuple:
        choices = get_args(kinds[key])
        if value not in choices:
            yield f"{key} is one of {', '.join(choices)}, not {_shown(value)}", (key,)
    elif get_args(kinds[key])[0] is str:
        yield from _troubles_of_paths(key, value)
    else:
        yield from _troubles_of_images(key, value)


def _troubles_of_bot(value: object) -> Iterator[tuple[str, tuple[str, ...]]]:
    if not isinstance(value, dict):
        yield f"{BOT} is a table, not {_shown(value)}; write [{BOT}]", (BOT,)
        return
    for key, said in value.items():
        kind = BOT_KINDS.get(key)
        if kind is None:
            yield f"[{BOT}] has no option {key}; {_advice(key, [*BOT_KINDS])}", (BOT, key)
        elif kind is bool and not isinstance(said, bool):
            yield f"{key} is true or false, not {_shown(said)}", (BOT, key)
        elif kind is str and not (isinstance(said, str) and said):
            yield f"{key} is a text, not {_shown(said)}", (BOT, key)
        elif kind not in (bool, str) and not _is_list_of_texts(said):
            yield f"{key} is a list of names, not {_shown(said)}", (BOT, key)


def _is_list_of_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) and one for one in value)


def _advice(key: str, known: list[str]) -> str:
    from difflib import get_close_matches

    close = get_close_matches(key, known, n=1)
    return f"did you mean {close[0]}?" if close else f"there are {', '.join(sorted(known))}"


def _troubles_of_paths(key: str, value: object) -> Iterator[tuple[str, tuple[str, ...]]]:
    if not isinstance(value, list):
        yield f"{key} is a list of paths, not {_shown(value)}", (key,)
        return
    for path in value:
        if not isinstance(path, str) or not path:
            yield f"{key} is a list of paths; {_shown(path)} is none", (key,)


def _troubles_of_images(key: str, value: object) -> Iterator[tuple[str, tuple[str, ...]]]:
    if not isinstance(value, dict):
        yield f"{key} is a table of images, not {_shown(value)}; write [{key}]", (key,)
        return
    for name, image in value.items():
        if not isinstance(image, str) or not image or not name:
            yield f"[{key}] maps names of images to names of images; {_shown(image)} is none", (key, name)
        elif key == "builders" and (advice := _no_builder(image)):
            yield f"[{key}] maps images to golang images; {image} is none{advice}", (key, name)
        elif key == "bases" and (advice := _no_step(name)):
            yield f"[{key}] has no step {name}; {advice}", (key, name)


def _no_builder(image: str) -> str | None:
    """Return what to say of an image that is not known to have Go, None where one is."""
    from scratchify.knowledge.images import base_image
    from scratchify.model import ImageName

    name = ImageName.parse(image)
    known = base_image(name.path, name.tag)
    return None if known and known.go else " that is known; write one like golang:1.22"


def _no_step(name: str) -> str | None:
    """Return what to say of a name that is neither a step of the ladder nor an image on it, None where it is one."""
    from difflib import get_close_matches

    from scratchify.bases import STEPS
    from scratchify.model import ImageName

    path = ImageName.parse(name).path
    if name in STEPS or path in ("alpine", "debian") or path.startswith("distroless/"):
        return None
    close = get_close_matches(name, STEPS, n=1)
    return f"did you mean {close[0]}?" if close else f"there are {', '.join(STEPS)}, and their images"


def _kinds() -> dict[str, object]:
    """Return the types of all options by their keys."""
    hints = get_type_hints(Settings)
    return {one.name.replace("_", "-"): hints[one.name] for one in fields(Settings) if one.name != "ignored_by"}


def _field(key: str) -> str:
    return key.replace("-", "_")


def _value(value: object) -> Value:
    """Return a value that was found to be right, as a record may have it."""
    match value:
        case bool() | str():
            return value
        case list():
            return tuple(str(path) for path in value)
        case dict():
            return tuple((str(name), str(image)) for name, image in value.items())
        case _:
            raise TypeError(f"{type(value).__name__} is no kind of value that an option has")


def _paths(value: Value) -> tuple[str, ...]:
    return tuple(path for path in value if isinstance(path, str)) if isinstance(value, tuple) else ()


def _shown(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return f'"{value}"'
        case list():
            return "a list"
        case dict():
            return "a table"
        case _:
            return str(value)


def _first_wrong_line(text: str) -> int:
    """Return the line from which on nothing parses: where the statement stands that is wrong."""
    import tomllib

    lines = text.split("\n")
    for end in range(len(lines), 0, -1):
        try:
            tomllib.loads("\n".join(lines[: end - 1]))
        except tomllib.TOMLDecodeError:
            continue
        return end
    return 1
