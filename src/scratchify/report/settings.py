"""What holds, key by key, and where it comes from: as a `.scratchify.toml` with remarks, or as a JSON document."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict

from scratchify.configuration import Origin, Setting

VERSION = 1
"""Of the JSON document."""


def settings_lines(settings: Iterable[Setting]) -> Iterator[str]:
    """Yield the lines of a configuration file that says all of this; tables come last, as TOML has it."""
    tables: list[Setting] = []
    for setting in settings:
        match setting.value:
            case bool(value):
                yield _line(f"{setting.key} = {'true' if value else 'false'}", setting.origins[0])
            case str(value):
                yield _line(f"{setting.key} = {_string(value)}", setting.origins[0])
            case _ if setting.key in ("bases", "builders"):
                tables.append(setting)
            case () as nothing:
                yield _line(f"{setting.key} = {list(nothing)}", setting.origins[0])
            case entries:
                yield f"{setting.key} = ["
                for entry, origin in zip(entries, setting.origins, strict=True):
                    yield _line(f"    {_string(str(entry))},", origin)
                yield "]"
    for table in tables:
        yield ""
        yield f"[{table.key}]" if table.value else _line(f"[{table.key}]", table.origins[0])
        for entry, origin in zip(_pairs(table), table.origins, strict=False):
            name, image = entry
            yield _line(f"{_string(name)} = {_string(image)}", origin)


def settings_document(path: str, settings: Iterable[Setting]) -> dict[str, object]:
    """Return the JSON document as plain values."""
    return {
        "version": VERSION,
        "path": path,
        "settings": [
            {
                "key": setting.key,
                "value": dict(_pairs(setting)) if setting.key in ("bases", "builders") else setting.value,
                "origins": [asdict(origin) for origin in setting.origins],
            }
            for setting in settings
        ],
    }


def _pairs(setting: Setting) -> list[tuple[str, str]]:
    value = setting.value
    return [entry for entry in value if isinstance(entry, tuple)] if isinstance(value, tuple) else []


def _line(said: str, origin: Origin) -> str:
    return f"{said:<31} # {origin}"


def _string(text: str) -> str:
    # A basic string of TOML is one of JSON, but for DEL.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
