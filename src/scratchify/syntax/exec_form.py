"""
Exec form: a JSON array of strings after CMD, ENTRYPOINT, RUN, SHELL, VOLUME, COPY, ADD and HEALTHCHECK CMD.

What only looks like it is shell form to BuildKit (parser/line_parsers.go, parseJSON).

https://docs.docker.com/reference/dockerfile/#shell-and-exec-form
"""

import json
import re
from math import isinf
from typing import Any

from scratchify.syntax.white_space import SPACE

_SURROGATES = re.compile("[\ud800-\udfff]")


class NotOnlyStrings(ValueError):
    """A JSON array with something else than strings in it: BuildKit refuses the file."""


def exec_form(arguments: str) -> tuple[str, ...] | None:
    """
    Return the words of an exec form, or None where BuildKit falls back to the shell form.

    Raises NotOnlyStrings.
    """
    arguments = arguments.lstrip(SPACE)
    if not arguments.startswith("["):
        return None
    try:
        words: Any = json.loads(arguments, parse_constant=_refuse, parse_float=_number, parse_int=_number)
    except RecursionError:
        raise NotOnlyStrings("nested arrays") from None
    except ValueError:
        return None
    if not all(isinstance(word, str) for word in words):
        raise NotOnlyStrings("arrays must hold strings only")
    # Go's decoder puts U+FFFD where a byte is no UTF-8 or a surrogate stands alone
    return tuple(_SURROGATES.sub("\ufffd", word) for word in words)


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


def _number(digits: str) -> float:
    """Go's decoder gives up where a number is none of its own, and then this is shell form."""
    if isinf(number := float(digits)):
        raise ValueError(f"{digits} is too large")
    return number
