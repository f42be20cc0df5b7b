"""Read `docs/security/catalogue.md` and fill in the tests that show each entry.

`python -m tests.attacks.catalogue` (`make catalogue`) rewrites the last column of its tables from
the names of the tests below `tests/`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from tests.files import ROOT

PAGE = ROOT / "docs" / "security" / "catalogue.md"
IDS = re.compile(r"(?<=_)([A-Z]{2})((?:_\d\d(?![0-9]))+)")
_ROW = re.compile(r"^\| ([A-Z]{2}-\d\d) \|(.*)\|(.*)\|(.*)\|$", re.MULTILINE)
_LINK = re.compile(r"\[(\w+)\]\(([^)]+)\)")
_NOT_BUILT = "Not built: "


class ShownTest(NamedTuple):
    """Name of a test, and the path of its file relative to the page."""

    name: str
    path: str


class Entry(NamedTuple):
    """Row of the catalogue. `capability` is what the entry waits for, or empty once it is built."""

    id: str
    attack: str
    answer: str
    tests: list[ShownTest]
    capability: str


def read_entries(text: str) -> list[Entry]:
    entries = []
    for row in _ROW.finditer(text):
        entry_id, attack, answer, last = (cell.strip() for cell in row.groups())
        links = [ShownTest(*link) for link in _LINK.findall(last)]
        capability = last.removeprefix(_NOT_BUILT) if last.startswith(_NOT_BUILT) else ""
        entries.append(Entry(entry_id, attack, answer, links, capability))
    return entries


def ids_in(test_name: str) -> list[str]:
    """Return the ids in the name of a test. Numbers of one group may follow each other."""
    return [
        f"{group}-{number}"
        for group, numbers in IDS.findall(test_name)
        for number in numbers.strip("_").split("_")
    ]


def collect_tests(names: Iterable[tuple[str, str]]) -> dict[str, list[ShownTest]]:
    """Return the tests of each id, in the order of their files. `names` is (test, path) pairs."""
    tests: dict[str, list[ShownTest]] = {}
    for name, path in names:
        for entry_id in ids_in(name):
            tests.setdefault(entry_id, []).append(ShownTest(name, path))
    return tests


def list_tests(folder: Path = ROOT / "tests") -> list[tuple[str, str]]:
    """Return name and path (relative to the page) of every test function below the folder."""
    return [
        (name, Path(os.path.relpath(file, PAGE.parent)).as_posix())
        for file in sorted(folder.rglob("test_*.py"))
        for name in re.findall(r"^ *def (test_\w+)\(", file.read_text(), re.MULTILINE)
    ]


def fill_in(text: str, tests: Mapping[str, list[ShownTest]]) -> str:
    """Return the page with its last column written anew; entries that are not built stay."""

    def row_with_tests(row: re.Match[str]) -> str:
        entry_id, attack, answer, last = row.groups()
        if not last.strip().startswith(_NOT_BUILT):
            links = (f"[{test.name}]({test.path})" for test in tests.get(entry_id, []))
            last = f" {'<br>'.join(links)} "
        return f"| {entry_id} |{attack}|{answer}|{last}|"

    return _ROW.sub(row_with_tests, text)


def find_faults(text: str, tests: Mapping[str, list[ShownTest]]) -> list[str]:
    """Return one sentence for each difference between the page and the tests."""
    entries = read_entries(text)
    known = {entry.id for entry in entries}
    faults = [f"{entry_id} has no entry" for entry_id in sorted(set(tests) - known)]
    for entry in entries:
        shown = tests.get(entry.id, [])
        if not entry.attack:
            faults.append(f"{entry.id} has no attack")
        if not entry.answer:
            faults.append(f"{entry.id} has no expected answer")
        if entry.capability and shown:
            faults.append(f"{entry.id} has a test, but is not built: {entry.capability}")
        if not entry.capability and not shown:
            faults.append(f"{entry.id} has no test")
        if not entry.capability:
            faults += [
                f"{entry.id} lists {test.name}, which is not in {test.path} or lacks the id"
                for test in entry.tests
                if test not in shown
            ]
            faults += [
                f"{entry.id} does not list {test.name}: run make catalogue"
                for test in shown
                if test not in entry.tests
            ]
    return faults


def main() -> None:
    PAGE.write_text(fill_in(PAGE.read_text(), collect_tests(list_tests())))


if __name__ == "__main__":
    main()
