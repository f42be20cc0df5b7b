"""Journeys: what one browser, session or person does in several requests, kept as a row.

The address of each page carries the row's opaque id. Two tabs therefore never mix, Back works, and
a crash loses nothing. A table derives from `JourneyRow`, and one `Journeys` says whose its rows are
and when they end:

    _ENROLMENTS = Journeys(
        TotpEnrolment,
        owner=[TotpEnrolment.session_id],
        expires=TotpEnrolment.expires_at,
        finished=TotpEnrolment.finished_at,
    )

    enrolment = _ENROLMENTS.find(public_id, session.id)
    with writing():
        if not _ENROLMENTS.finish(enrolment.id, TotpEnrolment.sealed_secret == secret):
            return REJECTED

A journey is open until it is finished or its time is over. `advance` and `finish` are claims
(`app.database.single_use`): one statement, conditional on the state that was read.
"""

from __future__ import annotations

import enum
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from sqlalchemy import (
    ColumnElement,
    SQLColumnExpression,
    String,
    and_,
    delete,
    not_,
    select,
    true,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.clock import now
from app.database import Base, db, writing
from app.database.single_use import claim
from app.identifiers import new_id
from app.retention import Expired


class JourneyRow(Base):
    """Columns of every journey. The id in addresses is a name, and opens nothing by itself."""

    __abstract__ = True

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(36), unique=True, default=new_id)
    created_at: Mapped[datetime] = mapped_column(default=now)


class Phase(enum.Enum):
    """The part of its life in which a journey is looked for."""

    OPEN = enum.auto()
    """In time and not finished."""
    IN_TIME = enum.auto()
    """Open or finished: the pages of a finished one lead to where it ended."""
    ENDED = enum.auto()
    """Finished or out of time: a page that was left open leads on to another journey."""
    ANY = enum.auto()


Row = TypeVar("Row", bound=JourneyRow)


class Journeys(Generic[Row]):
    """The journeys of one table.

    owner: the columns that say whose a journey is; nobody else finds it. expires: its last moment,
    or with `lifetime` the moment from which that is counted. finished: the column that is set when
    it is finished; a journey without one is deleted then. kind: the column with its purpose, where
    the table holds journeys of several; then each page names those that it accepts.
    """

    def __init__(
        self,
        table: type[Row],
        *,
        owner: Sequence[SQLColumnExpression[object]],
        expires: SQLColumnExpression[datetime],
        lifetime: timedelta = timedelta(0),
        finished: SQLColumnExpression[object] | None = None,
        kind: SQLColumnExpression[str] | None = None,
    ) -> None:
        self._table = table
        self._owner = owner
        self._expires = expires
        self._lifetime = lifetime
        self._finished = finished
        self._kind = kind

    def begin(self, journey: Row) -> Row:
        """Store a new journey, and return it with its id."""
        with writing() as session:
            session.add(journey)
            session.flush()
        return journey

    def find(
        self,
        public_id: str | None,
        *owner: object,
        kinds: Collection[str] = (),
        phase: Phase = Phase.OPEN,
    ) -> Row | None:
        """Return the owner's journey of that id, of one of these kinds and in this phase, or None.

        owner: a value for each column of the owner. An owner that is None owns no journey.
        """
        owned = [column == value for column, value in zip(self._owner, owner, strict=True)]
        if not public_id or None in owner:
            return None
        if self._kind is not None:
            owned.append(self._kind.in_(kinds))
        found: Row | None = db.session.scalar(
            select(self._table).where(
                self._table.public_id == public_id, *owned, self._is_in(phase)
            )
        )
        return found

    def is_open(self) -> ColumnElement[bool]:
        """Return the condition that a journey is neither finished nor out of time."""
        return and_(self._is_unfinished(), self._is_in_time())

    def advance(self, journey_id: int, *state: ColumnElement[bool], **values: object) -> bool:
        """Change the open journey if its state is still the one that was read, else return False.

        Must run inside `writing()`. An object that is loaded keeps its old values until the end of
        the transaction.
        """
        return claim(update(self._table).where(*self._in_state(journey_id, state)).values(**values))

    def finish(self, journey_id: int, *state: ColumnElement[bool], **values: object) -> bool:
        """Finish the open journey if its state is still the one that was read, else return False.

        True for exactly one of several callers, which then acts, in the same transaction. Must run
        inside `writing()`.
        """
        if self._finished is None:
            return claim(delete(self._table).where(*self._in_state(journey_id, state)))
        return claim(
            update(self._table)
            .where(*self._in_state(journey_id, state))
            .values({self._finished: now(), **values})
        )

    def expired(self, remembered: timedelta = timedelta(0)) -> Expired:
        """Return the journeys for the purge whose time was over so long ago."""
        return Expired(self._table, self._expires < now() - self._lifetime - remembered)

    def _in_state(
        self, journey_id: int, state: Sequence[ColumnElement[bool]]
    ) -> tuple[ColumnElement[bool], ...]:
        return self._table.id == journey_id, self.is_open(), *state

    def _is_in(self, phase: Phase) -> ColumnElement[bool]:
        match phase:
            case Phase.OPEN:
                return self.is_open()
            case Phase.IN_TIME:
                return self._is_in_time()
            case Phase.ENDED:
                return not_(self.is_open())
            case Phase.ANY:
                return true()

    def _is_in_time(self) -> ColumnElement[bool]:
        return self._expires > now() - self._lifetime

    def _is_unfinished(self) -> ColumnElement[bool]:
        return true() if self._finished is None else self._finished.is_(None)
