"""A report back from the values of its JSON document."""

from typing import Any

from scratchify.report.document import File, FileReport, Host, Note, Sizes, SmallerBase, Stage


def report_of(values: dict[str, Any]) -> FileReport:
    """Return the report that `asdict` made these values of."""
    stage, host, sizes = values["final_stage"], values["host"], values["sizes"]
    return FileReport(
        values["path"],
        Host(**host) if host else None,
        values["verdict"],
        values["base"],
        _notes(values["reasons"]),
        _notes(values["assumptions"]),
        _notes(values["decisions"]),
        _stage(stage) if stage else None,
        values["diff"],
        tuple(SmallerBase(one["base"], Note(**one["because"])) for one in values["smaller_bases"]),
        Sizes(**sizes) if sizes else None,
    )


def _notes(values: list[dict[str, Any]]) -> tuple[Note, ...]:
    return tuple(Note(**one) for one in values)


def _stage(values: dict[str, Any]) -> Stage:
    lists = {name: tuple(values[name]) if values[name] is not None else None for name in ("entrypoint", "cmd")}
    return Stage(**{**values, **lists, "files": tuple(File(**file) for file in values["files"])})
