"""Every built case of the catalogue has a test that is named by its id, and no other has one."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

CATALOGUE = Path(__file__).parent / "catalogue.txt"
TESTS = Path(__file__).parents[1]
IDS = re.compile(r"(?<=_)([A-Z]{2})((?:_\d\d(?![0-9]))+)")


class Case(NamedTuple):
    id: str
    attempt: str
    needs: str
    """The capability that is not built yet, or nothing."""


def read_cases(text: str) -> list[Case]:
    cases = []
    for line in text.splitlines():
        if line and not line.startswith("#"):
            words, _, needs = line.partition("; needs: ")
            case_id, _, attempt = words.partition(" ")
            cases.append(Case(case_id, attempt, needs))
    return cases


def ids_of(test_names: Iterable[str]) -> set[str]:
    """Return the ids in these names; several of one group may follow each other (ID_01_02)."""
    return {
        f"{group}-{number}"
        for name in test_names
        for group, numbers in IDS.findall(name)
        for number in numbers.strip("_").split("_")
    }


def faults(cases: Iterable[Case], tested: set[str]) -> list[str]:
    """Return what catalogue and tests say differently."""
    known = {case.id: case for case in cases}
    found = [
        f"{case.id} has no test"
        for case in known.values()
        if not case.needs and case.id not in tested
    ]
    found += [
        f"{case.id} has a test, though it waits for: {case.needs}"
        for case in known.values()
        if case.needs and case.id in tested
    ]
    return found + [f"{each} is not in the catalogue" for each in sorted(tested - set(known))]


def test_catalogue_and_tests_agree() -> None:
    names = [
        name
        for file in TESTS.rglob("test_*.py")
        for name in re.findall(r"^ *def (test_\w+)\(", file.read_text(), re.MULTILINE)
    ]
    assert faults(read_cases(CATALOGUE.read_text()), ids_of(names)) == []


def test_catalogue_has_each_case_once_and_says_what_is_tried() -> None:
    cases = read_cases(CATALOGUE.read_text())
    assert len({case.id for case in cases}) == len(cases) == 218
    assert [case for case in cases if not re.fullmatch(r"[A-Z]{2}-\d\d", case.id)] == []
    assert [case.id for case in cases if not case.attempt] == []


def test_catalogue_guard_names_each_kind_of_fault() -> None:
    cases = read_cases("# A group\nAZ-01 addresses\nAZ-02 prefixes\nMF-07 keys; needs: passkeys\n")
    tested = ids_of(["test_AZ_01_x", "test_AZ_020_none", "test_MF_07_x", "test_ZZ_01_09_x"])
    assert faults(cases, tested) == [
        "AZ-02 has no test",
        "MF-07 has a test, though it waits for: passkeys",
        "ZZ-01 is not in the catalogue",
        "ZZ-09 is not in the catalogue",
    ]
    assert ids_of(["test_JW_08_and_JW_09_monsters"]) == {"JW-08", "JW-09"}
