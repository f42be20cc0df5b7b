"""The made-up country has about the real register's proportions."""

from collections import Counter
from pathlib import Path

import pytest

from approvals.organisations.synthetic import write_national
from tests.approvals.organisations.synthetic.reader import Row, academy_links, of_status, schools

DAY = "20180201"
MAINTAINED = frozenset({"01", "02", "03", "05", "07", "12", "14", "15"})
ACADEMIES = frozenset(
    {"28", "33", "34", "35", "36", "38", "39", "40", "41", "42", "43", "44", "45", "46", "57"}
)


@pytest.fixture(scope="module")
def country(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("country")
    write_national(directory)
    return directory


@pytest.fixture(scope="module")
def listed(country: Path) -> dict[str, Row]:
    return schools(country, DAY)


def test_country_has_as_many_open_schools_as_england(listed: dict[str, Row]) -> None:
    assert len(listed) == 50_000
    is_open = of_status(listed.values(), "1", "3")
    types = Counter(listed[urn]["TypeOfEstablishment (code)"] for urn in is_open)
    assert 13_000 <= sum(types[code] for code in MAINTAINED) <= 14_000
    assert 7_500 <= sum(types[code] for code in ACADEMIES) <= 8_000


def test_country_has_every_status_authority_and_diocese(listed: dict[str, Row]) -> None:
    statuses = {row["EstablishmentStatus (code)"] for row in listed.values()}
    assert statuses == {"1", "2", "3", "4"}
    open_rows = [listed[urn] for urn in of_status(listed.values(), "1", "3")]
    assert len({row["LA (code)"] for row in open_rows}) == 152
    dioceses = Counter(row["Diocese (code)"] for row in open_rows)
    assert len(dioceses) == 41
    assert dioceses["0000"] < len(open_rows)


def test_country_has_single_small_and_large_trusts(country: Path) -> None:
    links = academy_links(country, DAY)
    multi = Counter(row["Linked UID"] for row in links if row["Group Type"].startswith("Multi"))
    single = Counter(row["Linked UID"] for row in links if row["Group Type"].startswith("Single"))
    assert len(multi) == 1_385
    assert 5_500 <= multi.total() <= 7_000
    assert max(multi.values()) > 20
    assert len(single) == single.total() == 1_500


def test_country_has_academies_in_one_trust_with_or_without_sponsor(country: Path) -> None:
    links = academy_links(country, DAY)
    in_trusts = Counter(row["URN"] for row in links if row["Group Type"] != "School sponsor")
    assert set(in_trusts.values()) == {1}
    sponsored = {row["URN"] for row in links if row["Group Type"] == "School sponsor"}
    assert len(sponsored) > 3_000
    assert sponsored <= in_trusts.keys()


def test_country_converter_keeps_the_number_of_its_predecessor(
    listed: dict[str, Row],
) -> None:
    numbers = Counter((r["LA (code)"], r["EstablishmentNumber"]) for r in listed.values())
    assert sum(1 for rows in numbers.values() if rows == 2) > 1_000
    assert max(numbers.values()) == 2


def test_country_is_the_same_each_time(tmp_path: Path) -> None:
    one = write_national(tmp_path / "one", 300)
    other = write_national(tmp_path / "other", 300)
    assert [path.read_bytes() for path in one] == [path.read_bytes() for path in other]
