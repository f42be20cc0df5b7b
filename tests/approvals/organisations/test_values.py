"""Cells of register files."""

import pytest

from approvals.organisations.register import codes, values


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("01-09-2018", "2018-09-01"),
        ("01/09/2018", "2018-09-01"),
        ("1/9/18", "2018-09-01"),
        ("2018-09-01", "2018-09-01"),
        ("2018-09-01 00:00:00", "2018-09-01"),
        ("01/09/2018 00:00", "2018-09-01"),
        ("1 Sep 2018", "2018-09-01"),
        ("20180901", "2018-09-01"),
        ("01/01/1902", "1902-01-01"),
        ("", None),
        ("Not applicable", None),
        ("Not recorded", None),
    ],
)
def test_day_reads_every_form_of_date(cell: str, day: str | None) -> None:
    assert values.day(cell) == day


@pytest.mark.parametrize("cell", ["31-02-2018", "2018-13-01", "yesterday", "1/9/018", "٠١-٠٩-٢٠١٨"])
def test_day_refuses_text_that_is_no_date(cell: str) -> None:
    with pytest.raises(values.Unreadable, match="not a date"):
        values.day(cell)


def test_code_restores_lost_zeros() -> None:
    assert values.code("2", codes.ESTABLISHMENT_TYPES, (), 2) == "02"
    assert values.code("02", codes.ESTABLISHMENT_TYPES, (), 2) == "02"
    assert values.local_authority("7") == "007"
    assert values.number("615", 4) == "0615"
    assert values.number("7595434", 8) == "07595434"


def test_codes_for_none_differ_from_empty_cells() -> None:
    assert values.diocese("0000") == ""
    assert values.diocese("0") == ""
    assert values.diocese("Not applicable") == ""
    assert values.diocese("") is None
    assert values.local_authority("0") == ""


def test_number_refuses_a_rounded_number() -> None:
    with pytest.raises(values.Unreadable, match="rounded"):
        values.number("1E+07", 8)


@pytest.mark.parametrize("cell", ["99", "2.5", "x", "²"])
def test_code_refuses_an_unknown_code(cell: str) -> None:
    with pytest.raises(values.Unreadable):
        values.code(cell, codes.ESTABLISHMENT_TYPES, (), 2)


@pytest.mark.parametrize("name", ["Multi-academy trust", "MULTI ACADEMY TRUST"])
def test_from_table_reads_names_of_the_table(name: str) -> None:
    assert values.from_table(name, codes.GROUP_TYPE_CODES) == "06"


def test_from_table_reads_names_of_the_performance_tables() -> None:
    for name, code in {
        "Academy - Converter mainstream": "34",
        "Free school  16-19": "39",
        "Sixth form centre/consortia": "31",
    }.items():
        assert codes.ESTABLISHMENT_TYPE_CODES[codes.plain_name(name)] == code


def test_quote_cell_removes_control_characters() -> None:
    assert "\x1b" not in values.quote_cell("\x1b[2Jgone")
