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
    BindParameter,
    ColumnElement,
    SQLColumnExpression,
    String,
    Update,
    and_,
    bindparam,
    delete,
    false,
    not_,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.clock import now
from app.database import Base, CompiledQuery, CompiledStatement, UtcDateTime, db, writing
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


class JourneyClaim:
    """One claim on a journey, as a compiled statement.

    It is called with the journey's id and the parameters in its conditions and values, whose names
    are not those of columns, and returns whether the journey was changed. Must be called inside
    `writing()`.
    """

    def __init__(self, statement: Update, lifetime: timedelta, moment: str | None = None) -> None:
        self._statement = CompiledStatement(statement)
        self._lifetime = lifetime
        self._moment = moment

    def __call__(self, journey_id: int, **values: object) -> bool:
        at = now()
        if self._moment is not None:
            values[self._moment] = at
        change = self._statement.with_values(journey=journey_id, at=at - self._lifetime, **values)
        return claim(change)


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
        self._owners = {f"owner_{place}": column for place, column in enumerate(owner)}
        self._expires = expires
        self._lifetime = lifetime
        self._finished = finished
        self._kind = kind
        self._queries: dict[tuple[Phase, tuple[str, ...]], CompiledQuery[object]] = {}

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
        values = self._values_of_find(public_id, owner, phase)
        if values is None:
            return None
        conditions = self._conditions(tuple(kinds), phase)
        found: Row | None = db.session.scalar(select(self._table).where(*conditions), values)
        return found

    def read(
        self,
        public_id: str | None,
        *owner: object,
        kinds: Collection[str] = (),
        phase: Phase = Phase.OPEN,
    ) -> object | None:
        """Return the columns of the journey that `find` would return, by a compiled statement."""
        values = self._values_of_find(public_id, owner, phase)
        if values is None:
            return None
        name = phase, tuple(kinds)
        query = self._queries.get(name)
        if query is None:
            statement = select(self._table.__table__).where(*self._conditions(name[1], phase))
            query = self._queries[name] = CompiledQuery(statement)
        return query.one(**values)

    def _values_of_find(
        self, public_id: str | None, owner: Sequence[object], phase: Phase
    ) -> dict[str, object] | None:
        """Return the parameters of `_conditions`, or None where no journey can be found."""
        owners = dict(zip(self._owners, owner, strict=True))
        if not public_id or None in owner:
            return None
        moment = {} if phase is Phase.ANY else {"at": now() - self._lifetime}
        return {"public_id": public_id, **owners, **moment}

    def _conditions(self, kinds: tuple[str, ...], phase: Phase) -> list[ColumnElement[bool]]:
        conditions = [
            self._table.public_id == bindparam("public_id"),
            *[column == bindparam(name) for name, column in self._owners.items()],
            self._is_in(phase, bindparam("at", type_=UtcDateTime)),
        ]
        if self._kind is not None:
            conditions.append(or_(false(), *[self._kind == each for each in kinds]))
        return conditions

    def is_open(self) -> ColumnElement[bool]:
        """Return the condition that a journey is neither finished nor out of time."""
        return and_(self._is_unfinished(), self._expires > now() - self._lifetime)

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

    def advancing(self, *state: ColumnElement[bool], **values: object) -> JourneyClaim:
        """Return `advance` with these conditions and values, compiled once."""
        return JourneyClaim(self._claim_of(state).values(values), self._lifetime)

    def finishing(self, *state: ColumnElement[bool]) -> JourneyClaim:
        """Return `finish` with these conditions, compiled once, of a table that keeps the time."""
        if self._finished is None:
            raise TypeError("a journey that is deleted at its end has no column for the time")
        statement = self._claim_of(state).values({self._finished: bindparam("moment")})
        return JourneyClaim(statement, self._lifetime, "moment")

    def _claim_of(self, state: Sequence[ColumnElement[bool]]) -> Update:
        at = bindparam("at", type_=UtcDateTime)
        is_open = and_(self._is_unfinished(), self._expires > at)
        return update(self._table).where(self._table.id == bindparam("journey"), is_open, *state)

    def expired(self, remembered: timedelta = timedelta(0)) -> Expired:
        """Return the journeys for the purge whose time was over so long ago."""
        return Expired(self._table, self._expires < now() - self._lifetime - remembered)

    def _in_state(
        self, journey_id: int, state: Sequence[ColumnElement[bool]]
    ) -> tuple[ColumnElement[bool], ...]:
        return self._table.id == journey_id, self.is_open(), *state

    def _is_in(self, phase: Phase, at: BindParameter[datetime]) -> ColumnElement[bool]:
        match phase:
            case Phase.OPEN:
                return and_(self._is_unfinished(), self._expires > at)
            case Phase.IN_TIME:
                return self._expires > at
            case Phase.ENDED:
                return not_(and_(self._is_unfinished(), self._expires > at))
            case Phase.ANY:
                return true()

    def _is_unfinished(self) -> ColumnElement[bool]:
        return true() if self._finished is None else self._finished.is_(None)
