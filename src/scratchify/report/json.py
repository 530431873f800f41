"""JSON documents as bytes; `schema.json` and `verification.schema.json` describe them."""

import json
from collections.abc import Iterable, Mapping

from scratchify.report.document import FileReport, document


def to_json(reports: Iterable[FileReport]) -> bytes:
    """Return the document of these reports."""
    return encoded(document(reports))


def encoded(document: Mapping[str, object]) -> bytes:
    """Return a document in UTF-8; a byte that was none of UTF-8 becomes U+FFFD."""
    text = json.dumps(document, ensure_ascii=False, indent=2) + "\n"
    valid = text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    # JSON lets DEL, C1 controls and bidirectional overrides stand; a terminal would obey them.
    shown = "".join(c if c.isprintable() or c == "\n" else _escaped(c) for c in valid)
    return shown.encode("utf-8")


def _escaped(character: str) -> str:
    return json.dumps(character, ensure_ascii=True)[1:-1] if ord(character) > 0x7F else f"\\u{ord(character):04x}"
