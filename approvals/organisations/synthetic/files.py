"""The made-up register as files, in the layouts and encodings of the real one."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from types import MappingProxyType

from approvals.organisations.synthetic import headers, rows
from approvals.organisations.synthetic.county import SNAPSHOTS, county
from approvals.organisations.synthetic.nation import SCHOOLS, SNAPSHOT, nation
from approvals.organisations.synthetic.rows import Row
from approvals.organisations.synthetic.world import World

_ZEROS_LOST = (
    "LA (code)",
    "TypeOfEstablishment (code)",
    "Diocese (code)",
    "EstablishmentNumber",
    "Companies House Number",
)
_NUMBERS = frozenset(
    {
        "URN",
        "LinkURN",
        "Linked UID",
        "EstablishmentNumber",
        "StatutoryLowAge",
        "StatutoryHighAge",
    }
)
"""Where a download quotes its cells, these are bare, and codes are quoted."""


def write_county(directory: Path) -> list[Path]:
    """Write the small county. Returns the files in the order of their dates."""
    world = county()
    directory.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    for day in SNAPSHOTS:
        written.append(establishments(world, day, directory))
        written.append(group_links(world, day, directory))
    last = SNAPSHOTS[-1]
    written += [
        all_links(world, last, directory),
        all_groups(world, last, directory),
        school_links(world, last, directory),
        local_authorities(world, last, directory),
    ]
    return written


def write_national(directory: Path, schools: int = SCHOOLS) -> list[Path]:
    """Write the invented country; with fewer schools, a smaller one of the same make."""
    world = nation(schools)
    directory.mkdir(parents=True, exist_ok=True)
    return [
        establishments(world, SNAPSHOT, directory, filled=True),
        group_links(world, SNAPSHOT, directory),
        all_groups(world, SNAPSHOT, directory),
        school_links(world, SNAPSHOT, directory),
        local_authorities(world, SNAPSHOT, directory),
    ]


def establishments(world: World, day: date, directory: Path, *, filled: bool = False) -> Path:
    """Write `edubasealldata`, in the layout of 2018 or of 2024, by the day.

    `filled` makes the file about as large as the real one.
    """
    path = directory / f"edubasealldata{day:%Y%m%d}.csv"
    found: Iterable[Row] = rows.establishments(world, day)
    if day >= date(2021, 1, 1):
        return _write(path, headers.ESTABLISHMENTS_2024, map(without_zeros, found), "cp1252")
    header = headers.ESTABLISHMENTS_2018
    blank = {column: "Not applicable" for column in header if filled and column.endswith("(name)")}
    return _write(path, header, found, "cp1252", quoted=True, blank=blank)


def group_links(world: World, day: date, directory: Path) -> Path:
    """Write `grouplinks_edubaseallacademiesandfree`, with names in place of type codes."""
    path = directory / f"grouplinks_edubaseallacademiesandfree{day:%Y%m%d}.csv"
    found = rows.group_links(world, day)
    return _write(path, headers.GROUP_LINKS, found, "cp1252", quoted=True)


def all_links(world: World, day: date, directory: Path) -> Path:
    """Write the links of groups to schools as the download has them."""
    path = directory / f"alllinksdata{day:%Y%m%d}.csv"
    return _write(path, headers.ALL_LINKS, rows.all_links(world, day), "utf-8-sig")


def all_groups(world: World, day: date, directory: Path) -> Path:
    """Write the groups as the download has them."""
    path = directory / f"allgroupsdata{day:%Y%m%d}.csv"
    return _write(path, headers.ALL_GROUPS, rows.groups(world, day), "cp1252")


def all_groups_snake(world: World, day: date, directory: Path) -> Path:
    """Write the groups as a tool with underscores in its names does, in UTF-8."""
    names = dict(zip(headers.ALL_GROUPS_SNAKE, headers.ALL_GROUPS, strict=True))
    found = (
        {snake: row.get(name, "") for snake, name in names.items()}
        for row in rows.groups(world, day)
    )
    path = directory / f"groups_{day:%Y%m%d}_extract.csv"
    return _write(path, headers.ALL_GROUPS_SNAKE, found, "utf-8")


def school_links(world: World, day: date, directory: Path) -> Path:
    """Write the links between schools as the download has them."""
    path = directory / f"links_edubasealldata{day:%Y%m%d}.csv"
    found = rows.school_links(world, day)
    return _write(path, headers.SCHOOL_LINKS, found, "cp1252", quoted=True)


def local_authorities(world: World, day: date, directory: Path) -> Path:
    """Write the local authorities, no download, with a date in the file's name."""
    path = directory / f"local_authorities_{day:%Y%m%d}.csv"
    return _write(path, headers.LOCAL_AUTHORITIES, rows.local_authorities(world), "utf-8")


def joined_establishments(world: World, day: date, directory: Path) -> Path:
    """Write a researcher's join: fewer columns, days by ISO 8601, no dioceses."""
    path = directory / f"establishments_joined_{day:%Y%m%d}.csv"
    found = (
        {
            **row,
            "OpenDate": _iso(row["OpenDate"]),
            "CloseDate": _iso(row["CloseDate"]),
            "Diocese (code)": "",
            "Diocese (name)": "",
            "TrustSchoolFlag (code)": row["TrustSchoolFlag (code)"].strip("012"),
        }
        for row in rows.establishments(world, day)
    )
    return _write(path, headers.ESTABLISHMENTS_JOINED, found, "cp1252")


def extracted_establishments(world: World, day: date, directory: Path) -> Path:
    """Write a service's extract under names of its own, in UTF-8, without days."""
    names = {
        "LAId": "LA (code)",
        "LAName": "LA (name)",
        "RegionId": "GOR (code)",
        "RegionName": "GOR (name)",
        "EstablishmentStatusId": "EstablishmentStatus (code)",
        "EstablishmentStatusName": "EstablishmentStatus (name)",
        "TrustId": "Trusts (code)",
        "TrustName": "Trusts (name)",
        "PhaseOfEducationId": "PhaseOfEducation (code)",
        "PhaseOfEducationName": "PhaseOfEducation (name)",
        "TypeOfEstablishmentId": "TypeOfEstablishment (code)",
        "TypeOfEstablishmentName": "TypeOfEstablishment (name)",
        "TrustSchoolFlagId": "TrustSchoolFlag (code)",
        "TrustSchoolFlagName": "TrustSchoolFlag (name)",
        "AgeRangeLow": "StatutoryLowAge",
        "AgeRangeHigh": "StatutoryHighAge",
    }
    found = (
        {name: row[names.get(name, name)] for name in headers.ESTABLISHMENTS_IDS}
        for row in rows.establishments(world, day)
    )
    path = directory / f"establishments_extract_{day:%Y%m%d}.csv"
    return _write(path, headers.ESTABLISHMENTS_IDS, found, "utf-8")


def spreadsheet_establishments(world: World, day: date, directory: Path) -> Path:
    """Write the download as a spreadsheet saves it: zeros lost, other dates, numbers rounded."""
    found = (
        {
            **without_zeros(row),
            "OpenDate": row["OpenDate"].replace("-", "/"),
            "CloseDate": row["CloseDate"].replace("-", "/"),
            "UPRN": "2E+11",
        }
        for row in rows.establishments(world, day)
    )
    path = directory / f"edubasealldata_spreadsheet_{day:%Y%m%d}.csv"
    return _write(path, headers.ESTABLISHMENTS_2024, found, "utf-8-sig")


def without_zeros(row: Row) -> dict[str, str]:
    """Return a row whose codes have lost their leading zeros."""
    changed = dict(row)
    for column in _ZEROS_LOST:
        value = changed.get(column, "")
        if value.isdigit():
            changed[column] = value.lstrip("0") or "0"
    return changed


def _iso(day: str) -> str:
    return "-".join(reversed(day.split("-")))


def _write(
    path: Path,
    header: Sequence[str],
    found: Iterable[Mapping[str, str]],
    encoding: str,
    *,
    quoted: bool = False,
    blank: Mapping[str, str] = MappingProxyType({}),
) -> Path:
    """Write a register file.

    `quoted` as in the downloads: all cells but numbers. `blank` is the text of a cell about which
    the row says nothing.
    """
    place_of = {column: place for place, column in enumerate(header)}
    empty = [blank.get(column, "") for column in header]
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(
            file,
            quoting=csv.QUOTE_NONNUMERIC if quoted else csv.QUOTE_MINIMAL,
            lineterminator="\r\n",
        )
        writer.writerow(header)
        for row in found:
            cells: list[str | int] = [*empty]
            for column, cell in row.items():
                place = place_of.get(column)
                if place is not None:
                    bare = quoted and cell and column in _NUMBERS
                    cells[place] = int(cell) if bare else cell
            writer.writerow(cells)
    return path
