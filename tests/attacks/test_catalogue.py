"""Every case of the catalogue has a test that is named by its id."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path

FOLDER = Path(__file__).parent


def missing(ids: Collection[str], tests: Collection[str]) -> list[str]:
    """The ids that no test's name contains."""
    return [
        each
        for each in ids
        if not any(re.search(rf"_{each.replace('-', '_')}(?![0-9])", name) for name in tests)
    ]


def written() -> set[str]:
    return {
        name
        for file in FOLDER.rglob("test_*.py")
        for name in re.findall(r"def (test_\w+)\(", file.read_text())
    }


def test_every_case_has_a_test() -> None:
    ids = (FOLDER / "catalogue.txt").read_text().split()
    assert len(ids) == len(set(ids)) > 100
    assert missing(ids, written()) == []


def test_a_case_without_a_test_is_named() -> None:
    tests = {"test_AZ_01_an_address", "test_AZ_020_none", "test_JW_08_and_JW_09_monsters"}
    assert missing(["AZ-01", "AZ-02", "JW-09", "ZZ-01"], tests) == ["AZ-02", "ZZ-01"]
