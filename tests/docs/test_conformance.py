"""The conformance table names tests, and each of them is there."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_conformance_table_names_existing_tests() -> None:
    named = set(re.findall(r"`(test_\w+)`", (ROOT / "docs" / "conformance.md").read_text()))
    written = {
        name
        for file in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"def (test_\w+)\(", file.read_text())
    }
    assert named
    assert named - written == set()


def test_conformance_table_has_every_requirement() -> None:
    page = (ROOT / "docs" / "conformance.md").read_text()
    firsts = re.findall(r"^\| ([\d, ]+) \|", page, re.MULTILINE)
    assert {int(each) for first in firsts for each in first.split(",")} == set(range(1, 43))
