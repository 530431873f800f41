"""Turn a JSON report into annotations of a workflow: https://docs.github.com/actions/reference/workflow-commands."""

import json
import sys
from pathlib import Path
from typing import Any


def annotations(report: dict[str, Any]) -> list[str]:
    """Return a line for each file that would change, each assumption, each refusal's reason and each error."""
    lines = []
    for file in report["files"]:
        match file["verdict"]:
            case "rewritten":
                lines.append(_line("notice", file["path"], 1, "scratchify", f"can begin FROM {file['base']}"))
                lines += [_of_note("warning", note, "assumed: ") for note in file["assumptions"]]
            case "refused":
                lines += [_of_note("notice", note, "left as it is: ") for note in file["reasons"]]
            case "error":
                lines += [_of_note("error", note, "") for note in file["reasons"]]
    return lines


def _of_note(level: str, note: dict[str, Any], label: str) -> str:
    return _line(level, note["path"], note["line"] or 1, f"scratchify {note['rule']}", label + note["message"])


def _line(level: str, path: str, line: int, title: str, message: str) -> str:
    return f"::{level} file={_property(path)},line={line},title={_property(title)}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


if __name__ == "__main__":
    document = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    print("\n".join(annotations(document)))
    changes = sum(file["verdict"] == "rewritten" for file in document["files"])
    with Path(sys.argv[2]).open("a", encoding="utf-8") as output:
        output.write(f"changes={changes}\n")
