"""Events in the county that the project ships."""

from collections import Counter
from pathlib import Path

import pytest

from tests.approvals.organisations.synthetic.reader import (
    Row,
    academy_links,
    of_status,
    read,
    schools,
)

SHIPPED = Path(__file__).resolve().parents[4] / "examples" / "register"
DAYS = ("20180201", "20181001", "20190603", "20260901")


def school_links() -> list[Row]:
    return read(SHIPPED / "links_edubasealldata20260901.csv")


def trusts(day: str) -> dict[str, str]:
    """The academy trust of each school that is in one."""
    return {
        row["URN"]: row["Linked UID"]
        for row in academy_links(SHIPPED, day)
        if row["Group Type"] in ("Multi-academy trust", "Single-academy trust")
    }


def test_county_files_are_small() -> None:
    assert sum(path.stat().st_size for path in SHIPPED.glob("*.csv")) < 400_000


def test_county_has_two_authorities_two_dioceses_five_trusts_and_other_groups() -> None:
    rows = schools(SHIPPED, "20180201").values()
    assert {row["LA (code)"] for row in rows} - {"000"} == {"971", "972"}
    assert {row["Diocese (code)"] for row in rows} == {"0000", "CE91", "RC91"}
    groups = read(SHIPPED / "allgroupsdata20260901.csv")
    types = Counter(row["Group Type (code)"] for row in groups)
    assert types == {"06": 3, "10": 2, "01": 1, "02": 1, "05": 1, "07": 1}
    academy_trusts = {r["Group UID"] for r in groups if r["Group Type (code)"] in ("06", "10")}
    assert set(trusts("20180201").values()) == academy_trusts


@pytest.mark.parametrize(
    ("old", "new", "day", "before"),
    [
        ("900001", "900117", "01-09-2018", "20180201"),
        ("900002", "900118", "01-04-2019", "20181001"),
    ],
)
def test_county_school_converts_to_an_academy_of_the_same_number(
    old: str, new: str, day: str, before: str
) -> None:
    assert new not in schools(SHIPPED, before)
    assert schools(SHIPPED, before)[old]["EstablishmentStatus (code)"] == "1"
    after = schools(SHIPPED, "20190603")
    assert after[old]["EstablishmentStatus (code)"] == "2"
    assert after[new]["OpenDate"] == day
    for column in ("LA (code)", "EstablishmentNumber", "Postcode"):
        assert after[old][column] == after[new][column]
    links = {
        (row["URN"], row["LinkURN"]): (row["LinkType"], row["LinkEstablishedDate"])
        for row in school_links()
    }
    assert links[old, new] == ("Successor", day)
    assert links[new, old] == ("Predecessor", day)


def test_county_schools_merge_and_one_closes() -> None:
    merged = [row for row in school_links() if row["LinkType"] == "Successor - merged"]
    assert {row["URN"] for row in merged} == {"900003", "900004"}
    assert {row["LinkURN"] for row in merged} == {"900119"}
    closed = of_status(schools(SHIPPED, "20190603").values(), "2")
    assert {"900003", "900004", "900005"} <= closed
    assert "900005" not in {row["URN"] for row in school_links()}


def test_county_has_undated_and_looping_links() -> None:
    links = school_links()
    successors = {(row["URN"], row["LinkURN"]) for row in links if row["LinkType"] == "Successor"}
    assert {("900006", "900007"), ("900007", "900006")} <= successors
    assert any(not row["LinkEstablishedDate"] for row in links)


def test_county_schools_join_change_and_leave_trusts() -> None:
    of_day = {day: trusts(day) for day in DAYS}

    def history(urn: str) -> list[str | None]:
        return [of_day[day].get(urn) for day in DAYS]

    assert history("900117") == [None, "90001", "90001", "90001"]
    assert history("900085") == ["90005", "90005", "90001", "90001"]
    assert history("900086") == ["90001", "90002", "90002", "90002"]
    assert history("900087") == ["90001", "90001", "90003", "90003"]
    assert history("900088") == ["90002", "90002", "90002", "90001"]
    assert history("900089") == ["90002", "90002", None, None]


@pytest.mark.parametrize("day", DAYS)
def test_county_establishments_and_links_name_the_same_trusts(day: str) -> None:
    assert trusts(day) == {
        urn: row["Trusts (code)"]
        for urn, row in schools(SHIPPED, day).items()
        if row["TrustSchoolFlag (code)"] in ("3", "5")
        and row["EstablishmentStatus (code)"] in ("1", "3")
    }


def test_county_authority_diocese_and_name_change_without_date() -> None:
    before, after = schools(SHIPPED, "20180201"), schools(SHIPPED, "20190603")

    def changed(column: str) -> set[str]:
        common = before.keys() & after.keys()
        return {urn for urn in common if before[urn][column] != after[urn][column]}

    assert changed("LA (code)") == {"900008", "900009"}
    assert changed("Diocese (code)") == {"900031"}
    assert changed("EstablishmentName") == {"900010"}
    for urn in ("900008", "900009"):
        assert after[urn]["PreviousLA (code)"] == before[urn]["LA (code)"]


def test_county_has_schools_proposed_to_open_and_to_close() -> None:
    now = schools(SHIPPED, "20260901")
    assert of_status(now.values(), "4") == {"900098"}
    assert now["900098"]["OpenDate"] == "01-09-2027"
    assert of_status(now.values(), "3") == {"900011"}


def test_county_has_a_foundation_trust_in_the_column_of_academy_trusts() -> None:
    rows = schools(SHIPPED, "20180201").values()
    flagged = {r["URN"]: r["Trusts (code)"] for r in rows if r["TrustSchoolFlag (code)"] == "1"}
    assert flagged == {"900048": "90008"}


def test_county_links_name_groups_without_remit() -> None:
    links = read(SHIPPED / "alllinksdata20260901.csv", "utf-8-sig")
    types = {
        row["Academy URN"]: row["Group Type (code)"]
        for row in links
        if row["Group Type (code)"] in ("01", "02")
    }
    assert types == {"900048": "02", "900012": "01", "900013": "01", "900014": "01"}


def test_county_sponsored_academy_has_rows_for_trust_and_sponsor() -> None:
    links = academy_links(SHIPPED, "20180201")
    rows_of = Counter(row["URN"] for row in links)
    sponsored = {row["URN"] for row in links if row["Group Type"] == "School sponsor"}
    assert sponsored
    assert sponsored == {urn for urn, rows in rows_of.items() if rows == 2}


def test_county_files_quote_text_and_keep_zeros_as_downloads_do() -> None:
    older = (SHIPPED / "edubasealldata20180201.csv").read_bytes()
    with pytest.raises(UnicodeDecodeError):
        older.decode("utf-8")
    lines = older.split(b"\r\n")
    assert lines[1].startswith(b'900001,"971","Marlshire",2000,"')
    assert any('"Noël Ashbourne Infants, Nursery'.encode("cp1252") in line for line in lines)
    assert any(b'"The ""Old Forge"" Primary School"' in line for line in lines)
    before, after = (schools(SHIPPED, day)["900001"] for day in ("20180201", "20260901"))
    assert (before["TypeOfEstablishment (code)"], before["Diocese (code)"]) == ("01", "0000")
    assert (after["TypeOfEstablishment (code)"], after["Diocese (code)"]) == ("1", "0")
    assert (SHIPPED / "alllinksdata20260901.csv").read_bytes().startswith(b"\xef\xbb\xbf")
