"""A register file read into statements: what it says about each school, group, authority, link.

Pure but for reading the file. A subject is "urn:100000", "uid:1700", "la:201" or
"link:100006:134643:Predecessor"; `StatedFacts` describes what a file states about it.
"""

import codecs
import csv
import hashlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Protocol

from approvals.organisations.register import layouts, values
from approvals.organisations.register.layouts import Layout, NotARegisterFile
from approvals.organisations.register.parse_row import reader_of, subject_of
from approvals.organisations.register.row import FileProgress, Row, RowFault

LARGEST_FILE = 512 * 1024 * 1024
_MOST_BAD_ROWS = 0.5
_TALLEST_ROW = 5
_CHUNK = 1024 * 1024

Progress = Callable[[int], None]


@dataclass(frozen=True)
class Fault:
    """A row that was not loaded, or, with a column, the cell that was at fault."""

    file: str
    line: int
    column: str
    reason: str


@dataclass
class ParsedFile:
    """The statements of one file. `subjects` holds the subject of each good row.

    `taken_for_excerpt` says that the file calls itself complete and is not taken for that.
    """

    name: str
    sha256: str
    layout: Layout
    family: str
    stated_on: date
    complete: bool
    rows: int = 0
    statements: dict[str, str] = field(default_factory=dict)
    subjects: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    spared: set[str] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)
    taken_for_excerpt: bool = False


def read(
    path: Path,
    *,
    as_of: date | None = None,
    complete: bool = False,
    progress: Progress | None = None,
) -> ParsedFile:
    """Parse a whole file. Raises NotARegisterFile with a sentence if it is none.

    The date is that in the file's name, else `as_of`. A name that is exactly a download's followed
    by eight digits and `.csv` is complete (docs/decisions/0023).
    """
    name = path.name
    encoding, digest = _encoding_and_digest(path, name)
    claim = layouts.facts_of_file_name(name)
    stated_on = claim.stated_on or as_of
    with _table(path, encoding) as rows:
        header = _header(rows)
        layout = layouts.layout_of(header, name)
        if stated_on is None:
            raise NotARegisterFile(
                f"{name} has no date in its name: say which day it is of with --as-of."
            )
        parsed = ParsedFile(
            name,
            digest,
            layout,
            layouts.family_of(layout, name),
            stated_on,
            complete or claim.download is not None,
        )
        if claim.stated_on and as_of not in (None, claim.stated_on):
            parsed.notes.append(
                f"The date in the file's name counts: {claim.stated_on}, not --as-of {as_of}."
            )
        _read_rows(parsed, header, _number_rows(rows, progress))
    return parsed


def check_layout(path: Path) -> Layout:
    """Return the layout of a file by its first line. Raises NotARegisterFile with a sentence."""
    with _table(path, _encoding_and_digest(path, path.name)[0]) as rows:
        return layouts.layout_of(_header(rows), path.name)


class _Rows(Protocol):
    """The reader of the module `csv`."""

    @property
    def line_num(self) -> int: ...

    def __iter__(self) -> Iterator[list[str]]: ...


@contextmanager
def _table(path: Path, encoding: str) -> Iterator[_Rows]:
    """Yield the file's rows. Raises NotARegisterFile if it is no table."""
    with path.open(encoding=encoding, newline="") as file:
        rows = csv.reader(_visible(file))
        try:
            yield rows
        except csv.Error as error:
            raise NotARegisterFile(
                f"{path.name} is not a table of comma-separated values "
                f"(line {rows.line_num}: {error})."
            ) from None


def _visible(lines: Iterable[str]) -> Iterator[str]:
    """Yield the lines without invisible characters."""
    for line in lines:
        yield line if line.isascii() else values.INVISIBLE.sub("", line)


def _header(rows: Iterable[list[str]]) -> list[str]:
    """Return the first row with content, after the line `sep=,` that a spreadsheet may add."""
    for cells in rows:
        if not all(map(values.is_blank, cells)) and cells[0].strip() not in ("sep=", "sep=;"):
            return cells
    return []


def _without_blank_end(cells: list[str], width: int = 0) -> list[str]:
    """Return the cells without blank ones at their end, but not fewer than `width`."""
    end = len(cells)
    while end > width and values.is_blank(cells[end - 1]):
        end -= 1
    return cells[:end]


def _number_rows(rows: _Rows, progress: Progress | None) -> Iterator[tuple[int, int, list[str]]]:
    """Yield each row with the line on which it begins and its number of lines."""
    before = rows.line_num
    for count, cells in enumerate(rows, 1):
        if progress and count % 1000 == 0:
            progress(count)
        yield before + 1, rows.line_num - before, cells
        before = rows.line_num


def _encoding_and_digest(path: Path, name: str) -> tuple[str, str]:
    """Return UTF-8 if the whole file is that, else Windows-1252 as in downloads, and the hash."""
    try:
        if not path.is_file():
            raise NotARegisterFile(f"{name} is not a file.")
        if path.stat().st_size > LARGEST_FILE:
            raise NotARegisterFile(f"{name} is larger than any register file.")
        return _decode(path, name)
    except OSError as error:
        raise NotARegisterFile(f"{name} cannot be read: {error.strerror}.") from None


def _decode(path: Path, name: str) -> tuple[str, str]:
    digest = hashlib.sha256()
    possible = {each: codecs.getincrementaldecoder(each)() for each in ("utf-8-sig", "cp1252")}
    empty = True
    with path.open("rb") as content:
        while chunk := content.read(_CHUNK):
            digest.update(chunk)
            if b"\0" in chunk:
                raise NotARegisterFile(f"{name} is not a text file.")
            empty = empty and not chunk.strip()
            for encoding in list(possible):
                try:
                    possible[encoding].decode(chunk)
                except UnicodeDecodeError:
                    del possible[encoding]
    for encoding in list(possible):
        try:
            possible[encoding].decode(b"", final=True)
        except UnicodeDecodeError:
            del possible[encoding]
    if empty:
        raise NotARegisterFile(f"{name} is empty.")
    if not possible:
        raise NotARegisterFile(f"{name} is neither UTF-8 nor Windows-1252 text.")
    return next(iter(possible)), digest.hexdigest()


def _read_rows(
    parsed: ParsedFile, header: list[str], rows: Iterable[tuple[int, int, list[str]]]
) -> None:
    state = FileProgress(parsed.complete, parsed.stated_on)
    read_row = reader_of(parsed.layout.code)
    places = layouts.positions(parsed.layout, header)
    widest, named = len(header), len(_without_blank_end(header))
    narrowest = 1 + max(place for columns in places.values() for place in columns)
    widest_seen = 0
    seen: dict[tuple[str, str], object] = {}
    unknown_subjects = totals = 0
    cells: list[str] = []
    for line, height, row_cells in rows:
        if all(map(values.is_blank, row_cells)):
            continue
        if values.is_total(row_cells):
            totals += 1
            continue
        cells = _without_blank_end(row_cells, named)
        parsed.rows += 1
        state.line = line
        try:
            if height > _TALLEST_ROW:
                raise RowFault("", f"a quotation mark is not closed: the row takes {height} lines")
            row = Row(cells, places, header, seen, state.left_out)
            if not narrowest <= len(cells) <= widest:
                subject = subject_of(row) if height == 1 else None
                reason = f"the row has {len(cells)} cells, the header {widest}"
                raise RowFault("", reason, subject)
            widest_seen = max(widest_seen, len(cells))
            parsed.subjects.append(read_row(row, state))
        except RowFault as fault:
            parsed.faults.append(Fault(parsed.name, line, fault.column, fault.reason))
            if fault.subject is None:
                unknown_subjects += 1
            else:
                parsed.spared.add(fault.subject)
    state.settle_conflicts()
    for line, reason, subject in state.withdrawn:
        parsed.subjects.remove(subject)
        parsed.faults.append(Fault(parsed.name, line, header[places["uid"][0]], reason))
    parsed.faults.sort(key=lambda fault: fault.line)
    _judge(parsed, cut_short=len(cells) < widest_seen)
    parsed.statements = dict(state.finished())
    parsed.spared -= parsed.statements.keys()
    parsed.notes.extend(state.notes())
    if totals:
        parsed.notes.append(f"Rows of totals that were left out: {totals}.")
    if parsed.complete and unknown_subjects:
        parsed.complete = False
        parsed.taken_for_excerpt = True
        parsed.notes.append(
            f"Rows that do not say whom they are about: {unknown_subjects}. Nothing is taken to "
            "have closed or left because it is absent."
        )


def _judge(parsed: ParsedFile, *, cut_short: bool) -> None:
    """Refuse the whole file when its rows do not bear out its header."""
    if cut_short:
        raise NotARegisterFile(
            f"{parsed.name} ends in the middle of a row: it is not the whole file."
        )
    if not parsed.rows:
        raise NotARegisterFile(f"{parsed.name} has a header and no rows.")
    if len(parsed.faults) > parsed.rows * _MOST_BAD_ROWS:
        first = parsed.faults[0]
        where = f"column {first.column}: " if first.column else ""
        raise NotARegisterFile(
            f"{parsed.name} is not what its header claims: {len(parsed.faults)} of {parsed.rows} "
            f"rows cannot be read (line {first.line}: {where}{first.reason})."
        )
