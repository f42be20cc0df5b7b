"""Register files read: their kinds by their headers, bad rows with line, column and reason."""

import json
from datetime import date
from pathlib import Path

import pytest

from approvals.organisations.register import codes, layouts
from approvals.organisations.register.layouts import NotARegisterFile, facts_of_file_name
from approvals.organisations.register.parse_file import read
from approvals.organisations.register.timeline import group_timeline, school_timeline
from approvals.organisations.synthetic import World, files
from approvals.organisations.synthetic.county import SNAPSHOTS

HEADER = "URN,LA (code),EstablishmentName,TypeOfEstablishment (code),EstablishmentStatus (code)\n"
LINKS = (
    "URN,Linked UID,Group Name,Group Type,Closed Date,Group Status,Joined date,EstablishmentName\n"
)
GOOD = "123456,201,One School,01,1\n"
DAY = date(2020, 1, 1)


def _file(folder: Path, text: str | bytes, name: str = "schools.csv") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_layout_of_is_found_by_the_header(county_world: World, tmp_path: Path) -> None:
    day = SNAPSHOTS[0]
    written = {
        "establishments": [
            files.establishments(county_world, day, tmp_path),
            files.joined_establishments(county_world, day, tmp_path),
            files.extracted_establishments(county_world, day, tmp_path),
            files.spreadsheet_establishments(county_world, day, tmp_path),
        ],
        "group_links": [files.group_links(county_world, day, tmp_path)],
        "all_links": [files.all_links(county_world, day, tmp_path)],
        "groups": [
            files.all_groups(county_world, day, tmp_path),
            files.all_groups_snake(county_world, day, tmp_path),
        ],
        "school_links": [files.school_links(county_world, day, tmp_path)],
        "local_authorities": [files.local_authorities(county_world, day, tmp_path)],
    }
    for code, paths in written.items():
        for path in paths:
            neutral = path.rename(tmp_path / f"{path.stem}_renamed.csv")
            assert read(neutral, as_of=day).layout.code == code


@pytest.mark.parametrize(
    ("name", "day", "whole"),
    [
        ("edubasealldata20181029.csv", date(2018, 10, 29), True),
        ("grouplinks_edubaseallacademiesandfree20180501.csv", date(2018, 5, 1), True),
        ("edubasealldata20181029_sample20.csv", date(2018, 10, 29), False),
        ("EDUBASEALLDATA20181029.csv", date(2018, 10, 29), False),
        ("edubasealldata20181341.csv", None, False),
        ("edubasealldata2024_sample_ece.csv", None, False),
        ("local_authorities.csv", None, False),
    ],
)
def test_facts_of_file_name_returns_day_and_completeness(
    name: str, day: date | None, whole: bool
) -> None:
    claim = facts_of_file_name(name)
    assert (claim.stated_on, claim.download is not None) == (day, whole)


def test_read_refuses_a_file_without_date(tmp_path: Path) -> None:
    with pytest.raises(NotARegisterFile, match="--as-of"):
        read(_file(tmp_path, HEADER + GOOD))
    assert read(_file(tmp_path, HEADER + GOOD), as_of=DAY).stated_on == DAY


@pytest.mark.parametrize(
    ("row", "column", "reason"),
    [
        (",201,One School,01,1", "URN", "the cell is empty"),
        ("12345X,201,One School,01,1", "URN", "not a number"),
        ("123458,20X,One School,01,1", "LA (code)", "not a number"),
        ("123458,201,,01,1", "EstablishmentName", "the cell is empty"),
        ("123458,201,One School,99,1", "TypeOfEstablishment (code)", "not a code"),
        ("123458,201,One School,01,11", "EstablishmentStatus (code)", "not a code"),
        ("123458,201,One School,01", "", "the row has 4 cells"),
        ("123458,201,One School,01,1,x", "", "the row has 6 cells"),
        ("123456,201,One School,01,1", "URN", "on line 2"),
    ],
)
def test_read_reports_a_bad_row_and_loads_the_others(
    tmp_path: Path, row: str, column: str, reason: str
) -> None:
    rows = GOOD + row + "\n" + GOOD.replace("123456", "123457") + GOOD.replace("123456", "123459")
    parsed = read(_file(tmp_path, HEADER + rows), as_of=DAY)
    (fault,) = parsed.faults
    assert (fault.file, fault.line, fault.column) == ("schools.csv", 3, column)
    assert reason in fault.reason
    assert {"urn:123456", "urn:123457", "urn:123459"} <= parsed.statements.keys()
    assert parsed.rows == 4


def test_read_rejects_a_row_of_an_unknown_group_type(tmp_path: Path) -> None:
    rows = (
        "123456,1700,One Trust,Multi-academy trust,,Open,01-09-2018,One School\n"
        "123457,1701,Other Trust,Academies club,,Open,01-09-2018,Other School\n"
    )
    parsed = read(_file(tmp_path, LINKS + rows), as_of=DAY)
    assert [(fault.line, fault.column) for fault in parsed.faults] == [(3, "Group Type")]
    assert '"trust":"1700"' in parsed.statements["urn:123456"]


def test_read_keeps_the_last_joined_of_two_trusts(tmp_path: Path) -> None:
    rows = (
        "123456,1700,One Trust,Multi-academy trust,,Open,01-09-2018,One School\n"
        "123456,1701,Other Trust,Single-academy trust,,Open,01-09-2019,One School\n"
        "123456,1702,Sponsor,School sponsor,,Open,01-09-2018,One School\n"
    )
    parsed = read(_file(tmp_path, LINKS + rows), as_of=DAY)
    (fault,) = parsed.faults
    assert fault.line == 2
    assert "two trusts on one day" in fault.reason
    assert '"trust":"1701"' in parsed.statements["urn:123456"]
    assert len(parsed.subjects) == 2


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty"),
        (b"\n\n", "is empty"),
        (b"<html><body>Not found</body></html>", "not the header"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "not a text file"),
        ("URN,EstablishmentName\n1,a\n".encode("utf-16"), "not a text file"),
        (b"URN,\x81\n", "neither UTF-8 nor"),
        (HEADER.encode(), "no rows"),
        ((HEADER + "x,x,x,x,x\n" * 9 + GOOD).encode(), "not what its header claims"),
        ((HEADER + GOOD + "123457,201,Ot").encode(), "ends in the middle of a row"),
        (b"URN,EstablishmentName\n123456,One\n", "without their type, status or local"),
        (b"URN,LA,ESTAB,LAESTAB,SCHNAME,NFTYPE\n1,2,3,4,5,6\n", "England spine"),
        (b"urn,name,town,postcode,lead_school,open_date,close_date\n1,,,,,,\n", "reference data"),
    ],
)
def test_read_refuses_a_file_that_contradicts_its_header(
    tmp_path: Path, content: bytes, sentence: str
) -> None:
    with pytest.raises(NotARegisterFile, match=sentence):
        read(_file(tmp_path, content), as_of=DAY)


def test_read_refuses_a_name_of_another_layout(tmp_path: Path) -> None:
    with pytest.raises(NotARegisterFile, match="not what its name claims"):
        read(_file(tmp_path, HEADER + GOOD, "allgroupsdata20200101.csv"))


def test_read_rejects_a_row_with_an_open_quotation_mark(tmp_path: Path) -> None:
    rows = [GOOD.replace("123456", str(123400 + n)) for n in range(30)]
    rows[3] = rows[3].replace("One School", '"One School')
    rows[20] = rows[20].replace("One School", 'One" School')
    path = _file(tmp_path, HEADER + "".join(rows), "edubasealldata20200101.csv")
    parsed = read(path)
    assert not parsed.complete
    assert "quotation mark" in parsed.faults[0].reason


def test_read_recognises_windows_1252_and_utf_8_with_mark(tmp_path: Path) -> None:
    text = HEADER + GOOD.replace("One School", "St Osyth’s É Café")
    for encoding in ("cp1252", "utf-8", "utf-8-sig"):
        parsed = read(_file(tmp_path, text.encode(encoding)), as_of=DAY)
        assert "St Osyth’s É Café" in parsed.statements["urn:123456"]


def test_read_ignores_a_damaged_name_if_another_is_known(tmp_path: Path) -> None:
    parsed = read(_file(tmp_path, HEADER + GOOD.replace("One School", "Aret� School")), as_of=DAY)
    assert '"damaged_name":"Aret� School"' in parsed.statements["urn:123456"]
    assert '"name"' not in parsed.statements["urn:123456"]
    assert parsed.notes


def test_read_takes_a_foundation_trust_for_no_trust(tmp_path: Path) -> None:
    header = HEADER.strip() + ",TrustSchoolFlag (code),Trusts (code)\n"
    row = GOOD.strip() + ",1,1579\n"
    parsed = read(_file(tmp_path, header + row), as_of=DAY)
    assert '"trust":""' in parsed.statements["urn:123456"]
    assert "uid:1579" not in parsed.statements


def test_read_ignores_additions_of_spreadsheets(tmp_path: Path) -> None:
    blank = [",,,,", '"","","","",""', " ,\u00a0,\t,,", "\u200b,,,,", '"""""",,,,', "", "\x1a"]
    text = "sep=,\n\n" + "\ufeff" + HEADER.replace("\n", ",,\n") + "\n".join([*blank, ""])
    text += GOOD.replace("\n", ",,,,,\n") + "\n".join(blank * 3) + "\n"
    text += "123457,\u200b201,Other School,01,1\nTotal,,,,2\n"
    path = _file(tmp_path, text, "edubasealldata20200101.csv")
    parsed = read(path)
    assert parsed.complete
    assert not parsed.faults
    assert (parsed.rows, sorted(parsed.subjects)) == (2, ["urn:123456", "urn:123457"])


def test_read_notes_complete_file_taken_for_an_excerpt(tmp_path: Path) -> None:
    path = _file(tmp_path, HEADER + GOOD * 1 + ",201,x,01,1\n", "edubasealldata20200101.csv")
    parsed = read(path)
    assert parsed.taken_for_excerpt
    assert not parsed.complete


def test_read_notes_an_as_of_that_the_files_name_contradicts(tmp_path: Path) -> None:
    path = _file(tmp_path, HEADER + GOOD, "edubasealldata20200101.csv")
    parsed = read(path, as_of=date(2021, 1, 1))
    assert parsed.stated_on == DAY
    (note,) = parsed.notes
    assert note == "The date in the file's name counts: 2020-01-01, not --as-of 2021-01-01."


@pytest.mark.parametrize("name", ["/dev/null", "."])
def test_read_refuses_a_path_that_is_no_file(name: str) -> None:
    with pytest.raises(NotARegisterFile, match="is not a file"):
        read(Path(name))


def test_read_loads_rows_whose_other_values_are_unreadable(tmp_path: Path) -> None:
    header = HEADER.replace("\n", ",PhaseOfEducation (code),UKPRN,StatutoryLowAge,GOR (code)\n")
    path = _file(tmp_path, header + GOOD.replace("\n", ",42,1E+07,many,?\n"))
    parsed = read(path, as_of=DAY)
    assert not parsed.faults
    assert "urn:123456" in parsed.statements
    assert [note.split(":")[0] for note in parsed.notes] == [
        "Column GOR (code)",
        "Column PhaseOfEducation (code)",
        "Column StatutoryLowAge",
        "Column UKPRN",
    ]


@pytest.mark.parametrize(
    ("link_type", "relation"),
    [
        ("Children's Centre Link", "other"),
        ("Parent - merged", "predecessor"),
        ("Child - Split School", "successor"),
        ("successor", "successor"),
        ("A type of next year", "other"),
        ("", "other"),
    ],
)
def test_read_loads_links_of_every_type(tmp_path: Path, link_type: str, relation: str) -> None:
    header = "URN,LinkURN,LinkName,LinkType,LinkEstablishedDate\n"
    path = _file(tmp_path, header + f"100001,100002,A School,{link_type},not a date\n")
    parsed = read(path, as_of=DAY)
    assert not parsed.faults
    (subject,) = parsed.statements
    assert codes.link_relation(subject.split(":", 3)[3]) == relation


@pytest.mark.parametrize("status", sorted(codes.STATUSES))
def test_read_loads_schools_of_every_status(tmp_path: Path, status: str) -> None:
    path = _file(tmp_path, HEADER + GOOD.replace(",01,1", f",01,{status}"))
    parsed = read(path, as_of=DAY)
    assert not parsed.faults
    said = {layouts.ESTABLISHMENTS: [(DAY, json.loads(parsed.statements["urn:123456"]))]}
    assert school_timeline(said, {}).periods[-1].open == (status in ("1", "3"))


@pytest.mark.parametrize(
    ("status", "is_open"),
    [("Open", True), ("Proposed to close", True), ("Closed", False), ("Created in error", False)],
)
def test_read_loads_groups_of_every_status(tmp_path: Path, status: str, is_open: bool) -> None:
    header = "Group UID,Group Name,Group Type,Group Status\n"
    path = _file(tmp_path, header + f"1700,A Trust,Multi-academy trust,{status}\n")
    parsed = read(path, as_of=DAY)
    said = {layouts.GROUPS: [(DAY, json.loads(parsed.statements["uid:1700"]))]}
    assert group_timeline(said, {}).periods[-1].open == is_open


def test_read_keeps_a_school_in_its_trust_until_it_joins_the_next_one(tmp_path: Path) -> None:
    rows = (
        "123456,1700,Old Trust,Multi-academy trust,,Open,01-09-2015,One School\n"
        "123456,1701,New Trust,Multi-academy trust,,Open,01-03-2020,One School\n"
    )
    parsed = read(_file(tmp_path, LINKS + rows), as_of=DAY, complete=True)
    assert not parsed.faults
    said = {layouts.GROUP_LINKS: [(DAY, json.loads(parsed.statements["urn:123456"]))]}
    found = school_timeline(said, {}).belongings
    assert [(each.uid, each.valid_from) for each in found] == [
        ("1700", date(2015, 9, 1)),
        ("1701", date(2020, 3, 1)),
    ]
