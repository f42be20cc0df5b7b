"""Contents of the register's files, computed without any of the product's code.

Plain reading of the csv: what a careful clerk would do with the files side by side. It is the
second opinion against which the import is held.
"""

import csv
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from pathlib import Path

TRUSTS = {"Multi-academy trust", "Single-academy trust"}
OPEN = {"1", "3"}
_MAINTAINED = {"01", "02", "03", "05", "07", "12", "14", "15"}
_ACADEMIES = {"28", "33", "57", *(str(code) for code in range(34, 47) if code != 37)}
STATE_FUNDED = _MAINTAINED | _ACADEMIES | {"06", "08"}


def table(path: Path) -> list[dict[str, str]]:
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            text = path.read_text(encoding)
        except UnicodeDecodeError:
            continue
        return list(csv.DictReader(text.splitlines()))
    raise AssertionError(path)


def as_date(text: str) -> date | None:
    if not text:
        return None
    first, month, last = text.replace("/", "-").split("-")
    day, year = (last, first) if len(first) == 4 else (first, last)
    return date(int(year), int(month), int(day))


def day_of(path: Path) -> date:
    digits = "".join(letter for letter in path.stem if letter.isdigit())
    return date.fromisoformat(digits[-8:])


Link = tuple[str, date]


def trust_links(path: Path) -> dict[str, Link]:
    """For each school its trust and Joined Date, by one grouplinks file."""
    return {
        row["URN"]: (row["Linked UID"], as_date(row["Joined date"]) or day_of(path))
        for row in table(path)
        if row["Group Type"] in TRUSTS and row["Group Status"] == "Open"
    }


def trusts_on(day: date, snapshots: Mapping[date, Mapping[str, Link]]) -> dict[str, set[str]]:
    """The schools of each trust on a day.

    The newest file counts back to its Joined Date. Before that an older file counts, but not with
    an older date of the same trust, and not after the day of a newer file that lacks the school.
    """
    found: dict[str, set[str]] = defaultdict(set)
    for urn in set().union(*snapshots.values()):
        trust = _trust_on(day, urn, snapshots)
        if trust:
            found[trust].add(urn)
    return dict(found)


def _trust_on(day: date, urn: str, snapshots: Mapping[date, Mapping[str, Link]]) -> str | None:
    newer = ""
    for stated in sorted(snapshots, reverse=True):
        link = snapshots[stated].get(urn)
        if link is None:
            if stated <= day:
                return None
            newer = ""
        elif link[0] != newer:
            if link[1] <= day:
                return link[0]
            newer = link[0]
    return None


def days_around(days: Iterable[date]) -> list[date]:
    """Each day and the day before."""
    return sorted({each for day in days for each in (day, day - timedelta(days=1))})


Establishments = Mapping[date, list[dict[str, str]]]


def known_on(day: date, files: Establishments) -> list[dict[str, str]]:
    """For each school the newest row of the day or before, else its first one; excerpts close none.

    Its status is that of the day: closings and openings by their dates, whichever file has them.
    """
    by_urn: dict[str, dict[date, dict[str, str]]] = defaultdict(dict)
    for stated, rows in files.items():
        for row in rows:
            by_urn[row["URN"]][stated] = row
    found = []
    for rows_of_school in by_urn.values():
        earlier = [stated for stated in rows_of_school if stated <= day]
        stated = max(earlier) if earlier else min(rows_of_school)
        row = dict(rows_of_school[stated])
        newest = rows_of_school[max(rows_of_school)]
        row["open"] = "yes" if _is_open(day, stated, row, newest) else ""
        found.append(row)
    return found


def _is_open(day: date, stated: date, row: dict[str, str], newest: dict[str, str]) -> bool:
    closed = as_date(newest["CloseDate"])
    if newest["EstablishmentStatus (code)"] not in OPEN and closed:
        if closed <= day:
            return False
        if row is newest or stated > day:
            opened = as_date(newest["OpenDate"])
            return opened is None or opened <= day
    if row["EstablishmentStatus (code)"] not in OPEN:
        closed = as_date(row["CloseDate"])
        return closed is not None and day < closed
    opened = as_date(row["OpenDate"])
    return stated <= day or opened is None or opened <= day


def state_funded(rows: Iterable[Mapping[str, str]], la_code: str) -> set[str]:
    return {
        row["URN"]
        for row in rows
        if row["open"]
        and row["LA (code)"].zfill(3) == la_code
        and row["TypeOfEstablishment (code)"].zfill(2) in STATE_FUNDED
    }


def of_diocese(rows: Iterable[Mapping[str, str]], code: str) -> set[str]:
    return {row["URN"] for row in rows if row["open"] and row["Diocese (code)"] == code}
