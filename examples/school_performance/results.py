"""Made-up results, the files that people upload, and the answers drawn from both."""

import csv
import io
import re
import tomllib
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from statistics import mean

from werkzeug.exceptions import BadRequest, Forbidden

from examples.school_performance.sensitive import SENSITIVE, Query, may_be_shown, why_refused

Pupil = dict[str, str]
HERE = Path(__file__).parent
ITEMS = tomllib.loads((HERE / "items.toml").read_text())
PUPILS: list[Pupil] = list(csv.DictReader((HERE / "pupils.csv").read_text().splitlines()))
SCORES = ("reading", "writing", "maths")
NOT_SHOWN = "Not shown"
TRAINING_SCHOOLS = {f"T0000{number}": f"Training School {number}" for number in range(1, 6)}


def pupils_of(urn: str, uploads: list[list[Pupil]]) -> list[Pupil]:
    """Return for each year a school's newest upload, else invented pupils, always the same."""
    tilt = sha256(urn.encode()).digest()[0] / 32 - 4  # towards higher scores, or lower ones
    dice = [sha256(f"{urn} {row}".encode()).digest()[0] for row in PUPILS]
    pupils = [p for n, p in enumerate(PUPILS) if dice[n] < 80 + tilt * (int(p["maths"]) - 100)]
    for rows in uploads:
        years = {row["year"] for row in rows}
        pupils = [row for row in pupils if row["year"] not in years] + rows
    return pupils


def averages(pupils: list[Pupil]) -> list[str]:
    """Return the averages of the scores."""
    return [f"{mean(int(row[score]) for row in pupils):.1f}" for score in SCORES]


def rows_to_show(pupils: list[Pupil], item: str, arrived: list[list[Pupil]]) -> list[Pupil]:
    """Return the rows whose number of a sensitive item may be shown for these, or none.

    Each of `arrived` counts as shown, in turn, where its number may stand beside those before it.
    """
    shown, allowed = list[list[Counter[str]]](), list[Pupil]()
    for rows in arrived:
        group = [Counter(p["pupil"] for p in rows if p[item] == value) for value in ("Yes", "No")]
        if may_be_shown(group, shown):
            shown.append(group)
            allowed = rows
        if rows == pupils:
            break
    return allowed


def answer(
    pupils: list[Pupil], query: Query, *, names: bool, arrived: Sequence[list[Pupil]] = ()
) -> list[list[str]]:
    """Return a header and rows. Pages, print, files, uploads and the API all use it.

    `arrived` holds the school's made-up rows and uploads, in the order of their first arrival.
    """
    if unknown := query.items() - ITEMS.keys():
        raise BadRequest(f"There is no column called {', '.join(sorted(unknown)) or 'nothing'}.")
    if reason := why_refused(query):
        raise Forbidden(reason)
    hidden = r"(?<=\S)\S+|(?<!\S)\S(?!\S)"  # all but first letters, and names of one letter
    if sensitive := sorted(query.items() & SENSITIVE):
        return numbers(pupils, query, sensitive[0], arrived)
    rows = [row if names else row | {"pupil": re.sub(hidden, ".", row["pupil"])} for row in pupils]
    rows = [row for row in rows if all(row[item] == value for item, value in query.filters)]
    if by := query.group:
        table = [[by, "pupils", *SCORES]]
        for value in sorted({row[by] for row in rows}):
            group = [row for row in rows if row[by] == value]
            table.append([value, str(len(group)), *averages(group)])
        return table
    rows.sort(key=lambda row: row.get(query.sort, "").zfill(3))  # 95 comes before 105
    return [list(query.columns), *([row[item] for item in query.columns] for row in rows)]


def numbers(
    pupils: list[Pupil], query: Query, item: str, arrived: Sequence[list[Pupil]]
) -> list[list[str]]:
    """Count only: rows of single pupils could be laid beside another table's."""
    table = [["year", "pupils", item]]
    for year in sorted({row["year"] for row in pupils}):
        of_year = [[row for row in rows if row["year"] == year] for rows in (pupils, *arrived)]
        rows = rows_to_show(of_year[0], item, list(filter(None, of_year[1:])))
        counted = [row for row in rows if all(row[it] == value for it, value in query.filters)]
        if rows and counted:
            yes = sum(row[item] == "Yes" for row in counted)
            table.append([year, str(len(counted)), str(yes)])
        elif not rows and all(value == year for it, value in query.filters if it == "year"):
            table.append([year, NOT_SHOWN, NOT_SHOWN])
    return table


def as_csv(table: list[list[str]]) -> str:
    """Return the table as CSV, with an apostrophe before cells that a spreadsheet would run."""
    out, formula = io.StringIO(), re.compile(r"^(?=[=+\-@|\t\r])")
    csv.writer(out).writerows([formula.sub("'", cell) for cell in row] for row in table)
    return out.getvalue()


def read_upload(data: bytes) -> tuple[list[Pupil], list[str]]:
    """Return the rows of an uploaded file and its mistakes, one sentence for each."""
    header, lines = list[str](), list[list[str]]()
    with suppress(ValueError, csv.Error):
        header, *lines = filter(None, csv.reader(data.decode("utf-8-sig").splitlines(True)))
    if sorted(header) != sorted(ITEMS) or not lines:
        return [], [f"Use a CSV file in UTF-8 that begins with {','.join(ITEMS)}."]
    rows, mistakes = [], []
    for number, line in enumerate(lines, start=2):
        rows.append({item: cell.strip() for item, cell in zip(header, line, strict=False)})
        for item, known in ITEMS.items():
            if len(line) > len(header) or not re.fullmatch(known["values"], rows[-1].get(item, "")):
                mistakes.append(f"Line {number}: {item} must be {known['words']}.")
    return rows, mistakes
