"""Slips of the hand between two texts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.spelling import distance, slips_allowed

LETTERS = st.text("abcd", max_size=7)


@pytest.mark.parametrize(
    ("first", "second", "slips"),
    [
        ("dogwood", "dogwood", 0),
        ("dogwod", "dogwood", 1),
        ("dagwood", "dogwood", 1),
        ("dgowood", "dogwood", 1),
        ("dogwoodd", "dogwood", 1),
        ("smiht", "smith", 1),
        ("dgwod", "dogwood", 2),
        ("", "abc", 3),
    ],
)
def test_distance_counts_slips(first: str, second: str, slips: int) -> None:
    assert distance(first, second, 5) == distance(second, first, 5) == slips


@given(LETTERS, LETTERS, st.integers(0, 4))
def test_distance_is_cut_off_above_the_most(first: str, second: str, most: int) -> None:
    assert distance(first, second, most) == min(distance(first, second, 20), most + 1)


@pytest.mark.parametrize(
    ("word", "allowed"), [("lee", 0), ("anne", 1), ("dogwood", 1), ("x" * 8, 2)]
)
def test_slips_allowed_grow_with_the_word(word: str, allowed: int) -> None:
    assert slips_allowed(word) == allowed
