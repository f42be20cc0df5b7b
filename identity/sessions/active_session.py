"""The session of a request, read by one plain statement."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from operator import attrgetter
from typing import Protocol

from sqlalchemy import bindparam, select

from app.database import CompiledQuery
from identity.accounts.account_snapshot import (
    WITH_ACCOUNT,
    AccountRow,
    AccountSnapshot,
    snapshot_from,
)
from identity.accounts.models import Account
from identity.sessions.levels import session_limits
from identity.sessions.models import ReplacedToken, Session
from identity.sessions.user_agent import describe_user_agent


@dataclass(frozen=True, slots=True)
class ActiveSession:
    """A session and its account as they were when the request arrived.

    The fields are those of `Session`, which has the rows that are changed.
    """

    id: int
    sid: str
    account_id: int
    created_at: datetime
    token_issued_at: datetime | None
    auth_time: datetime
    amr: tuple[str, ...]
    acr: str
    last_active_at: datetime
    absolute_end: datetime
    ended_at: datetime | None
    ended_cause: str | None
    previous_sign_in_at: datetime | None
    awaiting_terms: bool
    known_device_id: int | None
    connection: str | None
    organisations: list[str] | None
    network: str
    user_agent: str
    account: AccountSnapshot

    @property
    def is_limited(self) -> bool:
        """Whether the session opens the organisations of its connection only."""
        return self.connection is not None

    @property
    def issued_at(self) -> datetime:
        """Moment from which on the session has its present id."""
        return self.token_issued_at or self.auth_time

    @property
    def browser(self) -> str:
        """Kind of browser, for its owner to recognise."""
        return describe_user_agent(self.user_agent)


class StoredSession(Protocol):
    """A row of the table; `amr` is a list there."""

    id: int
    amr: list[str]


class SessionRow(StoredSession, AccountRow, Protocol):
    """A row of the table with its account's columns."""


_BY_TOKEN: CompiledQuery[SessionRow] = CompiledQuery(
    select(Session.__table__, *WITH_ACCOUNT)
    .join(Account, Account.id == Session.account_id)
    .where(Session.token_hash == bindparam("hash"))
)
_BY_ID: CompiledQuery[SessionRow] = CompiledQuery(
    select(Session.__table__, *WITH_ACCOUNT)
    .join(Account, Account.id == Session.account_id)
    .where(Session.id == bindparam("id"))
)
_BY_REPLACED_TOKEN: CompiledQuery[SessionRow] = CompiledQuery(
    select(Session.__table__, *WITH_ACCOUNT)
    .join(Account, Account.id == Session.account_id)
    .join(ReplacedToken, ReplacedToken.session_id == Session.id)
    .where(
        ReplacedToken.token_hash == bindparam("hash"),
        ReplacedToken.replaced_at > bindparam("replaced_after"),
    )
)
_COPIED = tuple(each.name for each in fields(ActiveSession) if each.name not in {"amr", "account"})
_values_in = attrgetter(*_COPIED)


def find_by_token(token_hash: str) -> ActiveSession | None:
    """Return the session that the cookie's token names, whether it has ended or not."""
    row = _BY_TOKEN.one(hash=token_hash)
    return None if row is None else _from_row(row)


def find_by_replaced_token(token_hash: str, *, replaced_after: datetime) -> ActiveSession | None:
    """Return the session whose token this was until it was replaced, later than the moment."""
    row = _BY_REPLACED_TOKEN.one(hash=token_hash, replaced_after=replaced_after)
    return None if row is None else _from_row(row)


def read_session(session_id: int) -> ActiveSession:
    """Return the session as the present transaction reads it. Raises LookupError."""
    row = _BY_ID.one(id=session_id)
    if row is None:
        raise LookupError(f"no session {session_id}")
    return _from_row(row)


def _from_row(row: SessionRow) -> ActiveSession:
    return session_from(row, snapshot_from(row))


def session_from(row: StoredSession, account: AccountSnapshot) -> ActiveSession:
    """Return the session in a row of the table, and its account."""
    values = dict(zip(_COPIED, _values_in(row), strict=True))
    return ActiveSession(**values, amr=tuple(row.amr), account=account)


def is_alive(session: ActiveSession, at: datetime) -> bool:
    """Return whether the session still stands at that moment."""
    return why_ended(session, at) is None


def why_ended(session: ActiveSession, at: datetime) -> str | None:
    """Return why the session is not valid at that moment, or None if it is."""
    if session.ended_at is not None:
        return session.ended_cause or "ended"
    if session.account.suspended:
        return "suspended"
    if session.absolute_end <= at:
        return "absolute limit"
    if idle_end(session) <= at:
        return "idle"
    return None


def idle_end(session: ActiveSession | Session) -> datetime:
    """Return the moment at which the session ends unless a page is opened before."""
    return session.last_active_at + session_limits(session.acr).idle
