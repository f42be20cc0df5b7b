"""One row of each layout, read into what it says.

A statement about a subject is a mapping whose keys `StatedFacts` describes.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar, TypeVarTuple, cast

from approvals.organisations.register import values

Facts = dict[str, object]
Said = TypeVar("Said")
Details = TypeVarTuple("Details")


class RowFault(Exception):
    """The row is not loaded. `subject` is whom it was about, where that could be read."""

    def __init__(self, column: str, reason: str, subject: str | None = None) -> None:
        super().__init__(reason)
        self.column = column
        self.reason = reason
        self.subject = subject


def canonical(facts: Mapping[str, object]) -> str:
    """Return the one form in which facts are stored and compared."""
    return json.dumps(facts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


class Row:
    """The cells of one row, by field. `seen` and `left_out` are shared by the rows of a file."""

    __slots__ = ("_cells", "_header", "_left_out", "_places", "_seen", "subject")

    def __init__(
        self,
        cells: Sequence[str],
        places: Mapping[str, tuple[int, ...]],
        header: Sequence[str],
        seen: dict[tuple[str, str], object],
        left_out: Counter[str],
    ) -> None:
        self._cells = cells
        self._left_out = left_out
        self._seen = seen
        self._places = places
        self._header = header
        self.subject: str | None = None

    def cell(self, column: str) -> str:
        """Return the first cell of the field that is not empty."""
        for place in self._places[column]:
            if cell := self._cells[place]:
                return cell
        return ""

    def heading(self, column: str) -> str:
        places = self._places[column]
        return self._header[places[0]] if places else column

    def fault(self, column: str, reason: str) -> RowFault:
        return RowFault(self.heading(column), reason, self.subject)

    def value(
        self, column: str, reader: Callable[[str, *Details], Said], *details: *Details
    ) -> Said:
        """Return the value of the field's cell, read by one of `values`' functions."""
        try:
            return reader(self.cell(column), *details)
        except values.Unreadable as error:
            raise self.fault(column, str(error)) from None

    def coded(
        self, column: str, reader: Callable[[str, *Details], Said], *details: *Details
    ) -> Said:
        """Return the value for a column of few different cells, each parsed once in a file."""
        key = (column, self.cell(column))
        if key not in self._seen:
            self._seen[key] = self.value(column, reader, *details)
        return cast(Said, self._seen[key])

    def optional(
        self,
        read: Callable[[str, Callable[[str, *Details], Said], *Details], Said],
        column: str,
        reader: Callable[[str, *Details], Said],
        *details: *Details,
    ) -> Said | None:
        """Return the value by `read` (`value` or `coded`), or None for an unreadable cell.

        For columns that may cost no row: the report counts the cells that were left out.
        """
        try:
            return read(column, reader, *details)
        except RowFault:
            self._left_out[self.heading(column)] += 1
            return None

    def needed(
        self, column: str, reader: Callable[[str, *Details], str | None], *details: *Details
    ) -> str:
        value = self.value(column, reader, *details)
        if not value:
            raise self.fault(column, "the cell is empty")
        return value

    def code(
        self,
        field_name: str,
        known: Mapping[str, str],
        names: Mapping[str, str],
        width: int = 1,
    ) -> str | None:
        """Return a code, or the code of a name by the closed table if the cell has only a name."""
        found = self.coded(f"{field_name}_code", values.code, known, (), width)
        if found is not None:
            return found
        return self.coded(f"{field_name}_name", values.from_table, names)


@dataclass
class GroupMembership:
    """A row that puts a school into a group."""

    uid: str
    is_trust: bool
    group_open: bool
    joined_on: str | None
    line: int

    def is_ahead(self, stated_on: str) -> bool:
        """Return whether the school joins the group after the day of the file."""
        return self.joined_on is not None and self.joined_on > stated_on


@dataclass
class FileProgress:
    """Statements of one file's rows so far."""

    complete: bool
    stated_on: date
    line: int = 1
    statements: dict[str, str] = field(default_factory=dict)
    mentioned: dict[str, Facts] = field(default_factory=dict)
    memberships: dict[str, list[GroupMembership]] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    withdrawn: list[tuple[int, str, str]] = field(default_factory=list)
    damaged: int = 0
    left_out: Counter[str] = field(default_factory=Counter)

    def add_statement(self, row: Row, subject: str, facts: Facts) -> str:
        """Add the only row about this subject. A second one is a fault."""
        if subject in self.statements:
            raise RowFault(
                row.heading("urn" if subject.startswith(("urn", "link")) else "uid"),
                f"there is an earlier row for the same one, on line {self.lines[subject]}",
                subject,
            )
        self.statements[subject] = canonical(facts)
        self.lines[subject] = self.line
        return subject

    def mention(self, subject: str, facts: Facts) -> None:
        """Record a fact that many rows repeat; the first one is taken."""
        self.mentioned.setdefault(subject, {key: v for key, v in facts.items() if v is not None})

    def names(self, cell: str) -> Facts:
        """Return the name in a cell; a damaged one under a key of its own."""
        damaged = values.damaged_name(cell)
        if damaged is None:
            return {"name": values.name(cell)}
        self.damaged += 1
        return {"damaged_name": damaged}

    def finished(self) -> Iterator[tuple[str, str]]:
        """Yield all subjects with their facts, in the form that is stored."""
        for subject, memberships in self.memberships.items():
            self.mentioned[subject].update(
                settled(memberships, self.stated_on.isoformat(), complete=self.complete)
            )
        for subject, facts in self.mentioned.items():
            yield subject, canonical(facts)
        yield from self.statements.items()

    def settle_conflicts(self) -> None:
        """Withdraw each row that puts a school into a second open trust on the file's day."""
        stated_on = self.stated_on.isoformat()
        for subject, memberships in self.memberships.items():
            trusts = sorted(
                (
                    each
                    for each in memberships
                    if each.is_trust and each.group_open and not each.is_ahead(stated_on)
                ),
                key=lambda each: (each.joined_on or "", each.line),
            )
            for loser in trusts[:-1]:
                memberships.remove(loser)
                reason = (
                    f"the school is in two trusts on one day: {loser.uid}, and {trusts[-1].uid} "
                    f"on line {trusts[-1].line}, which it joined last"
                )
                self.withdrawn.append((loser.line, reason, subject))

    def notes(self) -> list[str]:
        notes = [
            f"Column {heading}: {number} cells could not be read and were left out; their rows "
            "were loaded."
            for heading, number in sorted(self.left_out.items())
        ]
        if self.damaged:
            notes.append(
                f"{self.damaged} names were damaged by a wrong decoding before the file came here; "
                "a name known from elsewhere stands."
            )
        return notes


def settled(memberships: Sequence[GroupMembership], stated_on: str, *, complete: bool) -> Facts:
    """Return the trust and the other groups of one school.

    A closed trust counts only where no open one stands. Where no trust stands, only a complete
    file says that there is none. A trust that the school joins later is `next_trust`.
    """
    trusts = sorted(
        (each for each in memberships if each.is_trust),
        key=lambda each: (each.group_open, each.joined_on or "", each.line),
    )
    present = [each for each in trusts if not each.is_ahead(stated_on)]
    ahead = [each for each in trusts if each.group_open and each.is_ahead(stated_on)]
    facts: Facts = {"trust": ""} if complete else {}
    if present:
        facts = {"trust": present[-1].uid}
        if present[-1].joined_on:
            facts["joined_on"] = present[-1].joined_on
    if ahead:
        facts["next_trust"] = [ahead[-1].uid, ahead[-1].joined_on]
    others = [each for each in memberships if each not in (*present[-1:], *ahead[-1:])]
    if others:
        facts["other_groups"] = sorted([each.uid, each.joined_on or ""] for each in others)
    return facts
