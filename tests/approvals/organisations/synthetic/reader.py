"""Register files as anybody reads them: with csv alone, and nothing of the import."""

import csv
from collections.abc import Iterable
from pathlib import Path

Row = dict[str, str]


def read(path: Path, encoding: str = "cp1252") -> list[Row]:
    with path.open(encoding=encoding, newline="") as lines:
        return list(csv.DictReader(lines, strict=True))


def schools(directory: Path, day: str) -> dict[str, Row]:
    return {row["URN"]: row for row in read(directory / f"edubasealldata{day}.csv")}


def academy_links(directory: Path, day: str) -> list[Row]:
    return read(directory / f"grouplinks_edubaseallacademiesandfree{day}.csv")


def of_status(rows: Iterable[Row], *codes: str) -> set[str]:
    return {row["URN"] for row in rows if row["EstablishmentStatus (code)"] in codes}
