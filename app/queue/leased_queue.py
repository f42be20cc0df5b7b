"""Delivery of the rows of a table: lease, attempt, retry after a while, give up.

A process leases a due row by one conditional UPDATE. Until the lease ends no other process attempts
the row. The result of the attempt is stored by a second UPDATE with the lease in its condition. If
the process dies, the lease ends and the row is due again: delivery is at least once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, NamedTuple, TypeVar

import structlog
from sqlalchemy import ColumnElement, Select, SQLColumnExpression, and_, func, or_, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from app.after_restore import CAUSE
from app.clock import now
from app.database import db, writing
from app.database.single_use import claim, rows_changed
from app.metrics import Counted, Gauge
from app.queue.models import WAITING, WITHDRAWN, QueuedRow
from app.retention import Expired

RECENT = timedelta(days=7)
RowType = TypeVar("RowType", bound=QueuedRow)
Send = Callable[[], None]
"""One attempt, which uses no database. Raises DeliveryFailed."""

Values = Mapping[SQLColumnExpression[object], object]
"""New values by column."""

log = structlog.get_logger()
ATTEMPTS = Counted("delivery_attempts", "Attempts of delivery", "queue", "outcome")


class DeliveryFailed(Exception):
    """An attempt failed: `cause` is for operators, `final` ends the attempts."""

    def __init__(self, cause: str, *, final: bool = False) -> None:
        super().__init__(cause)
        self.cause = cause
        self.final = final


class DeliveryRefused(DeliveryFailed):
    """The receiver refused this row for good, which ends the attempts."""

    def __init__(self, cause: str) -> None:
        super().__init__(cause, final=True)


class EndState(NamedTuple):
    """The word that a table stores for a state without further attempts, and its time's column."""

    state: str
    at: SQLColumnExpression[datetime | None]


class Lease(NamedTuple):
    """A leased row: its key, the number of its attempt, and the attempt."""

    key: int
    attempts: int
    send: Send


@dataclass(frozen=True, kw_only=True)
class LeasedQueue(Generic[RowType]):
    """A table of rows to deliver, with the times of its attempts.

    prepare: returns the attempt for a leased row. Raises DeliveryFailed where there is nothing to
    send any more: the row is given up, and the attempt does not count.
    record: is called with each row whose attempt has a result, in the transaction that stores it.
    refused: the word for the state of rows that their receiver refused, where it is another than
    that of `given_up`; its time is in the same column.
    cleared: columns that are set to NULL when the last attempt has ended.
    retention: time from a row's creation to its deletion, unless the row waits.
    """

    table: type[RowType]
    prepare: Callable[[RowType], Send]
    record: Callable[[RowType], None]
    delivered: EndState
    given_up: EndState
    refused: str | None = None
    cleared: tuple[SQLColumnExpression[object], ...] = ()
    lease_time: timedelta
    first_retry: timedelta
    longest_retry: timedelta
    max_attempts: int
    retention: timedelta

    def is_due(self) -> ColumnElement[bool]:
        """Return the condition for rows whose next attempt is due.

        A time beyond the longest retry was written by a clock that was ahead: due as well.
        """
        present, next_attempt_at = now(), self.table.next_attempt_at
        return and_(
            self.table.state == WAITING,
            or_(next_attempt_at <= present, next_attempt_at > present + self.longest_retry),
        )

    def lease(self, key: int) -> Lease | None:
        """Lease the row if it is due; None if it is not, or has nothing to send any more."""
        table = self.table
        values: Values = {
            table.next_attempt_at: now() + self.lease_time,
            table.attempts: table.attempts + 1,
        }
        with writing() as session:
            row = self._claim(session, key, self.is_due(), values=values)
            if row is None:
                return None
            attempts = row.attempts
        try:
            return Lease(key, attempts, self.prepare(row))
        except DeliveryFailed as failure:
            values = {**self._end_after(failure), table.attempts: attempts - 1}
            self._store(key, attempts, values)
        except SQLAlchemyError:
            raise
        except Exception as error:
            log.exception("a row cannot be prepared for delivery", table=table.__tablename__)
            self.settle(Lease(key, attempts, _nothing), DeliveryFailed(type(error).__name__))
        return None

    def settle(self, lease: Lease, failure: DeliveryFailed | None) -> None:
        """Store the result of an attempt, unless the row has been leased again or withdrawn."""
        table = self.table
        name = table.__tablename__
        if failure is None:
            values = self._end(self.delivered)
            ATTEMPTS.count(name, "delivered")
        elif failure.final or lease.attempts >= self.max_attempts:
            values = self._end_after(failure)
            ATTEMPTS.count(name, "given up")
        else:
            ATTEMPTS.count(name, "to be retried")
            wait = min(self.first_retry * 2 ** min(lease.attempts - 1, 10), self.longest_retry)
            values = {table.next_attempt_at: now() + wait, table.last_error: failure.cause[:250]}
        self._store(lease.key, lease.attempts, values)

    def waiting(self, *conditions: ColumnElement[bool]) -> Select[int]:
        """Return the statement for the keys of the waiting rows that meet the conditions."""
        return select(self.table.id).where(self.table.state == WAITING, *conditions)

    def withdraw(self, *conditions: ColumnElement[bool], cause: str | None = None) -> None:
        """Withdraw the waiting rows that meet the conditions, inside `writing()`.

        An attempt that has begun is not interrupted.
        """
        values = {self.table.state: WITHDRAWN, self.table.last_error: cause}
        rows_changed(
            update(self.table)
            .where(self.table.state == WAITING, *conditions)
            .values(values | dict.fromkeys(self.cleared))
        )

    def has_failed(self) -> ColumnElement[bool]:
        """Return the condition for rows that were refused or given up."""
        return and_(
            self.table.state.in_({self.given_up.state, self.refused or self.given_up.state}),
            self.given_up.at.is_not(None),
            # Earlier versions stored withdrawal after a restore as giving up.
            self.table.last_error.is_distinct_from(CAUSE),
        )

    def describe_recent_failures(self, singular: str, plural: str, *, command: str) -> str | None:
        """Return a sentence on the rows given up in the last 7 days; None if there are none."""
        count = db.session.scalar(self._recently_given_up())
        if not count:
            return None
        rows = f"1 {singular}" if count == 1 else f"{count:,} {plural}"
        return f"{rows} in the last 7 days: see {command}."

    def gauges(self, name: str) -> tuple[Gauge, ...]:
        """Return the figures of this queue; `name` is its name in them, such as `mails`."""
        return (
            Gauge(f"{name}_waiting", f"{name} that wait for delivery", self._count_waiting),
            Gauge(
                f"{name}_oldest_waiting_seconds",
                f"Age of the oldest of the {name} that wait, 0 if none do",
                self._oldest_waiting,
            ),
            Gauge(
                f"{name}_given_up",
                f"{name} that were given up in the last 7 days",
                self._count_given_up,
            ),
        )

    def _count_waiting(self) -> dict[str, float]:
        waiting = self.waiting().subquery()
        return {"": db.session.scalar(select(func.count()).select_from(waiting)) or 0}

    def _oldest_waiting(self) -> dict[str, float]:
        oldest = db.session.scalar(
            select(func.min(self.table.created_at)).where(self.table.state == WAITING)
        )
        return {"": max(0.0, (now() - oldest).total_seconds()) if oldest else 0}

    def _count_given_up(self) -> dict[str, float]:
        return {"": db.session.scalar(self._recently_given_up()) or 0}

    def _recently_given_up(self) -> Select[int]:
        return (
            select(func.count())
            .select_from(self.table)
            .where(self.has_failed(), self.given_up.at > now() - RECENT)
        )

    def expired(self) -> list[Expired]:
        """Return the rows to purge: created long ago, and no longer waiting."""
        old = self.table.created_at < now() - self.retention
        return [Expired(self.table, and_(self.table.state != WAITING, old))]

    def _end_after(self, failure: DeliveryFailed) -> Values:
        refused = self.refused if isinstance(failure, DeliveryRefused) else None
        return self._end(self.given_up._replace(state=refused or self.given_up.state), failure)

    def _end(self, end: EndState, failure: DeliveryFailed | None = None) -> Values:
        cause = failure.cause[:250] if failure else None
        state = {self.table.state: end.state, end.at: now(), self.table.last_error: cause}
        return state | dict.fromkeys(self.cleared)

    def _store(self, key: int, attempts: int, values: Values) -> None:
        table = self.table
        is_leased = table.state == WAITING, table.attempts == attempts
        with writing() as session:
            if (row := self._claim(session, key, *is_leased, values=values)) is not None:
                self.record(row)

    def _claim(
        self, session: Session, key: int, *conditions: ColumnElement[bool], values: Values
    ) -> RowType | None:
        """Change the row if it meets the conditions, and return it; None if it does not."""
        if not claim(update(self.table).where(self.table.id == key, *conditions).values(values)):
            return None
        return session.get_one(self.table, key, populate_existing=True)


def _nothing() -> None:
    """Send nothing: the attempt of a row that cannot be prepared."""


def attempt(send: Send) -> DeliveryFailed | None:
    """Make the attempt and return its failure, if any.

    An unexpected exception counts as a failure, so that one row cannot stop the queue.
    """
    try:
        send()
    except DeliveryFailed as failure:
        return failure
    except Exception as error:
        log.exception("a delivery failed unexpectedly")
        return DeliveryFailed(type(error).__name__)
    return None
