"""Cells of register files made plain: dates in all their forms, codes that lost their zeros.

Each function answers the plain value, "" where the file says that there is none, or None where the
cell says nothing; it raises Unreadable with a sentence otherwise.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from functools import lru_cache

from app.days import real_day
from approvals.organisations.register import codes

NOTHING = frozenset({"", "not recorded", "null", "none"})
NONE = frozenset({"not applicable", "does not apply"})
DAMAGED = "�"
"""Characters that a wrong decoding leaves in the place of a letter."""

_BLANK = re.compile(r"""[\s"'`\u2018\u2019\u201c\u201d\x1a]*""")
_TOTAL = re.compile(r"(grand |sub)?totals?:?|count:?|sum:?", re.IGNORECASE)
_FIGURE = re.compile(r"[\d.,% ]+")

_SPREADSHEET_NUMBER = re.compile(r"\d(\.\d+)?E[+-]?\d+", re.IGNORECASE)
_DAY_FIRST = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4}|\d{2})")
_YEAR_FIRST = re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})")
_WITH_MONTH_NAME = re.compile(r"(\d{1,2})[- /]([A-Za-z]{3})[a-z]*[- /](\d{4}|\d{2})")
_TIME_OF_DAY = re.compile(r"[ T]0{1,2}:00(:00(\.0+)?)?Z?$")
_MONTHS = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1
    )
}
_CENTURY_TURNS = 70


INVISIBLE = re.compile("[\u200b\u200c\u200d\u2060\ufeff\u00ad]")
"""Characters that take no room and that no cell means."""


class Unreadable(ValueError):
    """The cell cannot mean anything; the text says why."""


def is_blank(cell: str) -> bool:
    """Return whether the cell has nothing in it but blanks and quotation marks."""
    return _BLANK.fullmatch(cell) is not None


def is_total(cells: Sequence[str]) -> bool:
    """Return whether the row is a spreadsheet's total: that word, and otherwise figures."""
    first = next((cell for cell in cells if not is_blank(cell)), "")
    if not _TOTAL.fullmatch(first.strip()):
        return False
    return all(cell is first or is_blank(cell) or _FIGURE.fullmatch(cell) for cell in cells)


def text(cell: str, longest: int = 250) -> str | None:
    """Return a cell's text: None if it says nothing, empty if it says that there is none."""
    value = " ".join(cell.split())
    if value.casefold() in NOTHING:
        return None
    if value.casefold() in NONE:
        return ""
    return value[:longest]


def name(cell: str) -> str | None:
    """Return a name, or nothing for a damaged one: a name known before stays."""
    value = " ".join(cell.split())[:250]
    return None if not value or DAMAGED in value else value


def damaged_name(cell: str) -> str | None:
    """Return a damaged name, for a body of which no other name is known."""
    return " ".join(cell.split())[:250] if DAMAGED in cell else None


def number(cell: str, digits: int) -> str | None:
    """Return an identifier of at most that many digits, with its leading zeros restored."""
    value = cell.strip()
    if value.casefold() in NOTHING | NONE:
        return None
    if _SPREADSHEET_NUMBER.fullmatch(value):
        raise Unreadable(f"{value} is a number that a spreadsheet has rounded")
    value = value.removesuffix(".0")
    if not (value.isascii() and value.isdigit()) or len(value) > digits:
        raise Unreadable(f"{quote_cell(value)} is not a number of up to {digits} digits")
    return value.zfill(digits)


def identifier(cell: str, digits: int) -> str | None:
    """Return an identifier that never had leading zeros (URN, UID)."""
    padded = number(cell, digits)
    return None if padded is None else padded.lstrip("0") or None


def code(
    cell: str, known: Collection[str], none: Collection[str] = (), width: int = 1
) -> str | None:
    """Return a code of a closed list; those in `none` say that there is none."""
    value = cell.strip()
    if value.casefold() in NOTHING:
        return None
    if value.casefold() in NONE:
        return ""
    if value.isascii() and value.isdigit():
        value = value.lstrip("0").zfill(width)
    if value in none:
        return ""
    if value not in known:
        raise Unreadable(f"{quote_cell(cell)} is not a code of the register")
    return value


def from_table(cell: str, table: Mapping[str, str]) -> str | None:
    """Return the code of a name by a closed table of plain names (codes.plain_name)."""
    plain = codes.plain_name(cell)
    if plain in NOTHING:
        return None
    if plain not in table:
        raise Unreadable(f"{quote_cell(cell)} is not a name of the register")
    return table[plain]


def local_authority(cell: str) -> str | None:
    """Return the three digits of a local authority; 000 is none."""
    value = number(cell, 3)
    return "" if value == "000" else value


def diocese(cell: str) -> str | None:
    """Return a code such as CE.. or RC..; "0000", in spreadsheets "0", is none."""
    value = cell.strip().upper()
    if value.casefold() in NOTHING:
        return None
    if value.casefold() in NONE or (value.isdigit() and not value.strip("0")):
        return ""
    if not re.fullmatch(r"[A-Z]{1,3}\d{1,4}", value):
        raise Unreadable(f"{quote_cell(cell)} is not a diocese code")
    return value


@lru_cache(maxsize=50_000)
def day(cell: str) -> str | None:
    """Return a date as ISO 8601 text, from dd-mm-yyyy, dd/mm/yyyy, yyyy-mm-dd or a spreadsheet."""
    value = _TIME_OF_DAY.sub("", cell.strip())
    if not value.isascii():
        raise Unreadable(f"{quote_cell(cell)} is not a date")
    if value.casefold() in NOTHING | NONE:
        return None
    try:
        return _date(value).isoformat()
    except ValueError:
        raise Unreadable(f"{quote_cell(cell)} is not a date") from None


def _date(value: str) -> date:
    if found := _DAY_FIRST.fullmatch(value):
        return real_day(_year(found[3]), int(found[2]), int(found[1]))
    if found := _YEAR_FIRST.fullmatch(value):
        return real_day(int(found[1]), int(found[2]), int(found[3]))
    if found := _WITH_MONTH_NAME.fullmatch(value):
        return real_day(_year(found[3]), _MONTHS.get(found[2].casefold(), 0), int(found[1]))
    if len(value) == 8 and value.isascii() and value.isdigit():
        return real_day(int(value[:4]), int(value[4:6]), int(value[6:]))
    raise ValueError(value)


def _year(digits: str) -> int:
    year = int(digits)
    if len(digits) > 2:
        return year
    return year + (2000 if year < _CENTURY_TURNS else 1900)


def quote_cell(cell: str) -> str:
    """Return a cell as a report quotes it: short, and without control characters."""
    value = "".join(letter if letter.isprintable() else "�" for letter in cell.strip())
    return f"“{value[:40]}…”" if len(value) > 40 else f"“{value}”"
