"""Made-up results, the files that people upload, and the answers drawn from both."""

import csv
import io
import re
import tomllib
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from statistics import mean

from werkzeug.exceptions import BadRequest, Forbidden

from examples.school_performance.sensitive import SENSITIVE, Query, why_refused

Pupil = dict[str, str]
HERE = Path(__file__).parent
ITEMS = tomllib.loads((HERE / "items.toml").read_text())
PUPILS: list[Pupil] = list(csv.DictReader((HERE / "pupils.csv").read_text().splitlines()))
SCORES = ("reading", "writing", "maths")
TRAINING_SCHOOLS = {f"T0000{number}": f"Training School {number}" for number in range(1, 6)}


def pupils_of(urn: str, uploads: list[list[Pupil]]) -> list[Pupil]:
    """For each year a school's newest upload, else made-up pupils, the same every time."""
    tilt = sha256(urn.encode()).digest()[0] / 32 - 4  # towards higher scores, or lower ones
    dice = [sha256(f"{urn} {row}".encode()).digest()[0] for row in PUPILS]
    pupils = [p for n, p in enumerate(PUPILS) if dice[n] < 80 + tilt * (int(p["maths"]) - 100)]
    for rows in uploads:
        years = {row["year"] for row in rows}
        pupils = [row for row in pupils if row["year"] not in years] + rows
    return pupils


def averages(pupils: list[Pupil]) -> list[str]:
    return [f"{mean(int(row[score]) for row in pupils):.1f}" for score in SCORES]


def answer(pupils: list[Pupil], query: Query, *, names: bool) -> list[list[str]]:
    """A header and rows. Pages, print, files, uploads and the API all come here for theirs."""
    if unknown := query.items() - ITEMS.keys():
        raise BadRequest(f"There is no column called {', '.join(sorted(unknown))}.")
    if reason := why_refused(query):
        raise Forbidden(reason)
    hidden = r"(?<=\S)\S+|(?<!\S)\S(?!\S)"  # all but first letters, and names of one letter
    rows = [row if names else row | {"pupil": re.sub(hidden, ".", row["pupil"])} for row in pupils]
    rows = [row for row in rows if all(row[item] == value for item, value in query.filters)]
    sensitive = sorted(query.items() & SENSITIVE)
    if by := "year" if sensitive else query.group:
        table = [[by, "pupils", *(sensitive or SCORES)]]
        for value in sorted({row[by] for row in rows}):
            group = [row for row in rows if row[by] == value]
            # Only counted: rows of single pupils could be laid beside another table's.
            yes = [str(sum(row[item] == "Yes" for row in group)) for item in sensitive]
            table.append([value, str(len(group)), *(yes or averages(group))])
        return table
    rows.sort(key=lambda row: row.get(query.sort, "").zfill(3))  # 95 comes before 105
    return [list(query.columns), *([row[item] for item in query.columns] for row in rows)]


def as_csv(table: list[list[str]]) -> str:
    """What a spreadsheet would run as a formula gets an apostrophe before it."""
    out, formula = io.StringIO(), re.compile(r"^(?=[=+\-@|\t\r])")
    csv.writer(out).writerows([formula.sub("'", cell) for cell in row] for row in table)
    return out.getvalue()


def read_upload(data: bytes) -> tuple[list[Pupil], list[str]]:
    """The rows of an uploaded file and what is wrong with it, one sentence for each mistake."""
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
