"""JSON from outside is taken where it can be kept and said again, and nowhere else."""

from __future__ import annotations

import pytest

from app.strict_json import MOST_DEPTH, read_json


def nested(levels: int) -> str:
    return "[" * levels + "]" * levels


def test_read_json_returns_the_value() -> None:
    text = b'{"a": ["\xc3\xa4", 1, 1.5, true, null], "b": {"c": "\\ud83e\\udd8a"}}'
    assert read_json(text) == {"a": ["ä", 1, 1.5, True, None], "b": {"c": "🦊"}}
    assert read_json(nested(MOST_DEPTH))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "NaN",
        "[-Infinity]",
        '{"a": 1e999}',
        '"\\ud800"',
        '{"\\udfff": 1}',
        '["a\\u0000"]',
        '{"a\\u0000": 1}',
        '{"a": 1, "a": 1}',
        nested(MOST_DEPTH + 1),
        nested(100_000),
        b"\xff",
        b'"\xc0\xae"',
    ],
)
def test_read_json_refuses_values_that_cannot_be_stored(text: str | bytes) -> None:
    with pytest.raises(ValueError, match=r".*"):
        read_json(text)
