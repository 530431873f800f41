"""Read a TOML table into records, and refuse what the record does not know."""

from collections.abc import Callable
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any, TypeVar

Record = TypeVar("Record")


class InvalidTable(ValueError):
    """A table that ships with this package does not fit its record: a bug, found by the tests."""


def read_table(file: str, key: str, record: Callable[..., Record]) -> tuple[Record, ...]:
    """Return the entries `[[key]]` of a table in this folder. Raises InvalidTable."""
    # costs start-up time, and most files ask no table
    import tomllib

    raw = tomllib.loads(table_text(file))
    if set(raw) != {key}:
        raise InvalidTable(f"{file}: only [[{key}]] is known")
    return tuple(_record(f"{file}: {key} {index}", entry, record) for index, entry in enumerate(raw[key], 1))


def table_text(file: str) -> str:
    """Return a table of this folder as it is written. It is read without importlib.resources, which imports zipfile."""
    return Path(__file__).with_name(file).read_text("utf-8")


def _record(place: str, entry: dict[str, Any], record: Any) -> Any:
    known = {field.name: field for field in fields(record)}
    if unknown := set(entry) - set(known):
        raise InvalidTable(f"{place}: unknown {', '.join(sorted(unknown))}")
    required = {name for name, field in known.items() if field.default is field.default_factory is MISSING}
    if missing := required - set(entry):
        raise InvalidTable(f"{place}: no {', '.join(sorted(missing))}")
    if not entry["source"]:
        raise InvalidTable(f"{place}: a fact without a source")
    return record(**{name: tuple(value) if isinstance(value, list) else value for name, value in entry.items()})
