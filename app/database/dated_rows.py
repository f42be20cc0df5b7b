"""Rows that hold from `valid_from` until just before `valid_to`: moments, or days.

Each condition is a rule for a loaded row and SQL for a statement, of one definition:

    grant.counts_at(at)                                # bool
    select(Grant).where(Grant.counts_at(at))           # SQL
"""

from __future__ import annotations

from datetime import date, datetime
from typing import TypeGuard

from sqlalchemy import BindParameter, ColumnElement, SQLColumnExpression, and_, or_, text
from sqlalchemy.ext.hybrid import hybrid_method, hybrid_property
from sqlalchemy.orm import Mapped

OPEN = text("valid_to IS NULL")
"""Condition of the partial indexes over rows that have not been closed."""


def has_begun(valid_from: datetime, at: datetime) -> bool:
    """Return whether a row that begins then has begun by the moment."""
    return valid_from <= at


def has_ended(valid_to: datetime | None, at: datetime) -> TypeGuard[datetime]:
    """Return whether a row that ends then, if at all, has ended by the moment."""
    return valid_to is not None and valid_to <= at


def _begun_by(row: DatedRow, at: datetime) -> bool:
    return has_begun(row.valid_from, at)


def _begun_by_sql(table: type[DatedRow], at: datetime) -> ColumnElement[bool]:
    return table.valid_from <= at


def _ends_after(row: DatedRow, at: datetime) -> bool:
    return not has_ended(row.valid_to, at)


def _ends_after_sql(table: type[DatedRow], at: datetime) -> ColumnElement[bool]:
    return or_(table.valid_to.is_(None), table.valid_to > at)


def _counts_at(row: DatedRow, at: datetime) -> bool:
    return has_begun(row.valid_from, at) and not has_ended(row.valid_to, at)


def _counts_at_sql(table: type[DatedRow], at: datetime) -> ColumnElement[bool]:
    return and_(table.valid_from <= at, _ends_after_sql(table, at))


class DatedRow:
    """Mixin of a table whose rows are closed and never deleted.

    A row counts until it is closed while `valid_to` is empty. open: whether it has no end.
    begun_by(at): whether it counts at the moment or counted earlier. ends_after(at): whether it
    counts at the moment or later. counts_at(at): whether it counts at the moment.
    """

    valid_from: Mapped[datetime]
    valid_to: Mapped[datetime | None]

    begun_by = hybrid_method(_begun_by, _begun_by_sql)
    ends_after = hybrid_method(_ends_after, _ends_after_sql)
    counts_at = hybrid_method(_counts_at, _counts_at_sql)

    @hybrid_property
    def open(self) -> bool:
        return self.valid_to is None

    @open.inplace.expression
    @classmethod
    def _open_sql(cls) -> ColumnElement[bool]:
        return cls.valid_to.is_(None)


def covers(valid_from: date, valid_to: date, day: date) -> bool:
    """Return whether a period of days contains the day; `valid_to` is the first day after it."""
    return valid_from <= day < valid_to


def covers_sql(
    valid_from: SQLColumnExpression[date],
    valid_to: SQLColumnExpression[date],
    day: date | BindParameter[date],
) -> ColumnElement[bool]:
    """Return `covers` as a condition of a statement."""
    return and_(valid_from <= day, valid_to > day)


def _holds_on(row: PeriodOfDays, day: date) -> bool:
    return covers(row.valid_from, row.valid_to, day)


def _holds_on_sql(table: type[PeriodOfDays], day: date) -> ColumnElement[bool]:
    return covers_sql(table.valid_from, table.valid_to, day)


class PeriodOfDays:
    """Mixin of a table whose rows hold on whole days, the last one open until `END`.

    holds_on(day): whether the row holds on the day.
    """

    valid_from: Mapped[date]
    valid_to: Mapped[date]

    holds_on = hybrid_method(_holds_on, _holds_on_sql)
