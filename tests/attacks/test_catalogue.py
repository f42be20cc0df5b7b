"""The catalogue of attacks (`docs/security/catalogue.md`) and the tests agree."""

from __future__ import annotations

import re

import pytest

from tests.attacks.catalogue import (
    PAGE,
    ShownTest,
    collect_tests,
    fill_in,
    find_faults,
    ids_in,
    list_tests,
    read_entries,
)
from tests.files import read_text_files

PATH = "../../tests/attacks/test_x.py"
ROW = "| AZ-01 | Addresses. | Error page. | [test_AZ_01_x](../../tests/attacks/test_x.py) |\n"
TESTS = {"AZ-01": [ShownTest("test_AZ_01_x", PATH)]}


def test_catalogue_agrees_with_the_tests() -> None:
    assert find_faults(PAGE.read_text(), collect_tests(list_tests())) == []


def test_catalogue_has_each_entry_once() -> None:
    text = PAGE.read_text()
    ids = [entry.id for entry in read_entries(text)]
    assert len(ids) == len(set(ids)) == 218
    assert re.findall(r"^\| ([A-Z]{2}-\d\d) ", text, re.MULTILINE) == ids
    groups = re.findall(r"^## ([A-Z]{2}): ", text, re.MULTILINE)
    assert list(dict.fromkeys(entry_id[:2] for entry_id in ids)) == groups


def test_catalogue_keeps_every_row_below_the_heading_of_its_group() -> None:
    for section in re.split(r"^## (?=[A-Z]{2}: )", PAGE.read_text(), flags=re.MULTILINE)[1:]:
        assert {entry.id[:2] for entry in read_entries(section)} == {section[:2]}


@pytest.mark.usefixtures("processes")
def test_every_code_in_the_repository_has_an_entry() -> None:
    known = {entry.id for entry in read_entries(PAGE.read_text())}
    groups = "|".join(sorted({entry_id[:2] for entry_id in known}))
    code = re.compile(rf"\b(?:{groups})-\d\d\b(?!-)")
    unknown = [
        f"{path}: {found}"
        for path, text in read_text_files()
        if path != "tests/attacks/test_catalogue.py"
        for found in code.findall(text)
        if found not in known
    ]
    assert unknown == []


def test_find_faults_accepts_a_page_that_agrees() -> None:
    assert find_faults(ROW, TESTS) == []


def test_find_faults_reports_an_entry_that_lost_its_test() -> None:
    assert find_faults(ROW, {}) == [
        "AZ-01 has no test",
        f"AZ-01 lists test_AZ_01_x, which is not in {PATH} or lacks the id",
    ]


def test_find_faults_reports_a_test_of_an_unknown_id() -> None:
    tests = {**TESTS, "ZZ-09": [ShownTest("test_ZZ_09_x", PATH)]}
    assert find_faults(ROW, tests) == ["ZZ-09 has no entry"]


def test_find_faults_reports_missing_attack_and_expected_answer() -> None:
    row = ROW.replace("Addresses.", "").replace("Error page.", "")
    assert find_faults(row, TESTS) == ["AZ-01 has no attack", "AZ-01 has no expected answer"]


def test_find_faults_reports_a_renamed_and_a_moved_test() -> None:
    renamed = {"AZ-01": [ShownTest("test_AZ_01_y", PATH)]}
    assert find_faults(ROW, renamed) == [
        f"AZ-01 lists test_AZ_01_x, which is not in {PATH} or lacks the id",
        "AZ-01 does not list test_AZ_01_y: run make catalogue",
    ]
    moved = {"AZ-01": [ShownTest("test_AZ_01_x", "../../tests/test_x.py")]}
    assert len(find_faults(ROW, moved)) == 2


def test_find_faults_reports_a_test_of_an_entry_that_is_not_built() -> None:
    row = "| AZ-01 | Keys. | Error page. | Not built: passkeys |\n"
    assert find_faults(row, {}) == []
    assert find_faults(row, TESTS) == ["AZ-01 has a test, but is not built: passkeys"]


def test_fill_in_writes_the_last_column_and_keeps_entries_that_are_not_built() -> None:
    waiting = "| MF-07 | Keys. | Error page. | Not built: passkeys |\n"
    page = f"# Attacks\n\n{ROW}{waiting}"
    empty = page.replace(ROW, "| AZ-01 | Addresses. | Error page. | |\n")
    assert fill_in(empty, TESTS) == page
    assert fill_in(page, TESTS) == page


def test_ids_in_reads_several_ids_of_one_name() -> None:
    assert ids_in("test_ID_03_13_lists") == ["ID-03", "ID-13"]
    assert ids_in("test_JW_08_and_JW_09_large_tokens") == ["JW-08", "JW-09"]
    assert ids_in("test_AZ_020_nothing") == []
