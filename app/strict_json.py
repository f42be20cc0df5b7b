"""JSON that others wrote, read so that whatever comes of it can be kept and said again."""

from __future__ import annotations

import json
from math import isfinite
from typing import NoReturn

MOST_DEPTH = 20


def read_json(raw: str | bytes) -> object:
    """Parse strict JSON (RFC 8259). Raises ValueError with a text for the log.

    Refused is what a database or another program could not take: a number without end (`NaN`,
    `1e999`), a lone surrogate, the character NUL, a name twice in an object (RFC 7519, 4), and
    nesting deeper than `MOST_DEPTH`.
    """
    try:
        value = json.loads(raw, parse_constant=_no_number, object_pairs_hook=_no_repetition)
        _check(value, MOST_DEPTH)
    except RecursionError:
        raise ValueError("too deep") from None
    return value


def _check(value: object, levels: int) -> None:
    if levels == 0:
        raise ValueError("too deep")
    if isinstance(value, str):
        _check_text(value)
    elif isinstance(value, float) and not isfinite(value):
        raise ValueError("a number without end")
    elif isinstance(value, dict):
        for name, inner in value.items():
            _check_text(name)
            _check(inner, levels - 1)
    elif isinstance(value, list):
        for inner in value:
            _check(inner, levels - 1)


def _check_text(text: str) -> None:
    if "\x00" in text:
        raise ValueError("the character NUL")
    # UnicodeEncodeError is a ValueError.
    text.encode()


def _no_number(name: str) -> NoReturn:
    raise ValueError(name)


def _no_repetition(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name twice")
    return found


compact_json = json.JSONEncoder(separators=(",", ":")).encode
"""The text of a value that JSON knows. Made once: `json.dumps` makes an encoder each time."""
