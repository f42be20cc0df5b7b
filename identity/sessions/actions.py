"""Sessions begin, are renewed and end. Each is one transaction with its audit row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, insert, update
from sqlalchemy.orm.attributes import set_committed_value

from app.audit import record
from app.clock import now
from app.database import Change, CompiledQuery, CompiledStatement, db, writing
from app.identifiers import new_secret, secret_hash
from identity.access_termination import Termination, end_access
from identity.accounts.account_snapshot import ACCOUNT_ALONE, AccountRow, snapshot_from
from identity.accounts.models import Account
from identity.accounts.person import actor_of
from identity.sessions.active_session import (
    ActiveSession,
    StoredSession,
    read_session,
    session_from,
)
from identity.sessions.browser import Browser
from identity.sessions.levels import session_limits
from identity.sessions.models import Session
from identity.sessions.origin import Origin
from identity.sessions.queries import live_session
from identity.sessions.remembered_devices import DeviceCookie
from identity.sessions.token_renewal import keep_replaced_token, renew_token

_CLAIM_ACTIVE = CompiledStatement(
    update(Session)
    .where(Session.id == bindparam("id"), Session.ended_at.is_(None))
    .values(last_active_at=bindparam("at"))
)
_CLAIM_ACTIVE_UNNOTED = CompiledStatement(
    update(Session)
    .where(Session.id == bindparam("id"), Session.ended_at.is_(None))
    .values(last_active_at=Session.last_active_at)
)

_RENEWED = (
    "token_hash",
    "token_issued_at",
    "auth_time",
    "amr",
    "acr",
    "last_active_at",
    "absolute_end",
    "known_device_id",
    "connection",
    "connection_sid",
    "organisations",
    "network",
    "user_agent",
)
"""Columns that each sign-in writes."""
_STORED = Session.__table__.columns
_INSERT: CompiledQuery[StoredSession] = CompiledQuery(insert(Session).returning(*_STORED))
_RENEW: CompiledQuery[StoredSession] = CompiledQuery(
    update(Session)
    .where(Session.id == bindparam("session"), Session.ended_at.is_(None))
    .values({_STORED[name]: bindparam(f"new_{name}") for name in _RENEWED})
    .returning(*_STORED)
)
_SIGNED_IN: CompiledQuery[AccountRow] = CompiledQuery(
    update(Account)
    .where(Account.id == bindparam("account"))
    .values(last_signed_in_at=bindparam("at"))
    .returning(*ACCOUNT_ALONE)
)


@dataclass(frozen=True)
class StartedSession:
    """A session that began or was renewed, for `sign_in_browser` once the change is committed.

    token: the new value of the session's cookie. device_token: the new value of the known
    device's, None where it stays; remembered: the same of the remembered device's.
    replaced_another: a session of another person was ended.
    """

    session: ActiveSession
    token: str
    replaced_another: bool
    device_token: str | None = None
    remembered: DeviceCookie | None = None


def start_session(
    account: Account,
    browser: Browser,
    *,
    amr: tuple[str, ...],
    acr: str,
    known_device_id: int | None,
    origin: Origin | None = None,
) -> StartedSession:
    """Sign the browser in.

    A session of the same person in this browser is renewed under a new token and keeps its `sid`,
    unless it has ended since the request arrived, in this transaction or another. One of another
    person is ended first. The caller has locked the account (`lock_access`). origin: the provider
    at which the person signed in.
    """
    moment, token, earlier = now(), new_secret(), browser.session
    with writing():
        of_another = earlier is not None and earlier.account_id != account.id
        if earlier is not None and of_another:
            end_session(earlier, cause="another person signed in")
            earlier = None
        columns: dict[str, object] = {
            "token_hash": secret_hash(token),
            "token_issued_at": moment,
            "auth_time": moment,
            "amr": list(amr),
            "acr": acr,
            "last_active_at": moment,
            "absolute_end": moment + session_limits(acr).absolute,
            "known_device_id": known_device_id,
            "connection": origin.connection if origin is not None else None,
            "connection_sid": origin.sid if origin is not None else None,
            "organisations": list(origin.organisations) if origin is not None else None,
            "network": browser.network,
            "user_agent": browser.user_agent[:200],
        }
        # A session that has ended meanwhile is not renewed.
        stored = _renew(earlier.id, columns) if earlier is not None else None
        if stored is None:
            (stored,) = _INSERT.all(
                account_id=account.id,
                created_at=moment,
                previous_sign_in_at=account.last_signed_in_at,
                **columns,
            )
        (signed_in,) = _SIGNED_IN.all(account=account.id, at=moment)
        # As it is stored now.
        set_committed_value(account, "last_signed_in_at", moment)
    session = session_from(stored, snapshot_from(signed_in))
    return StartedSession(session, token, of_another)


def _renew(session_id: int, columns: Mapping[str, object]) -> StoredSession | None:
    values = {f"new_{name}": value for name, value in columns.items()}
    keep_replaced_token(session_id, now())
    return _RENEW.one(session=session_id, **values)


def claim_active(session: ActiveSession, at: datetime, *, is_activity: bool) -> Change:
    """Return the claim that holds only while the session is active.

    is_activity: whether the claim extends the idle limit; otherwise it leaves the limit as the row
    has it. An ending that comes at the same time waits for its commit, and finds what it issued.
    """
    if not is_activity:
        return _CLAIM_ACTIVE_UNNOTED.with_values(id=session.id)
    return _CLAIM_ACTIVE.with_values(id=session.id, at=at)


def record_activity(session: ActiveSession, at: datetime) -> None:
    """Extend the idle limit of the session, unless it has ended meanwhile."""
    with writing() as database:
        database.execute(
            update(Session)
            .where(Session.id == session.id, Session.ended_at.is_(None))
            .values(last_active_at=at)
        )


def end_session(session: ActiveSession, *, cause: str) -> None:
    """End one session, and all that was issued in it."""
    with writing():
        end_access(session.account_id, cause=cause, session=session.id)
        record(
            "session.ended",
            actor=actor_of(session.account),
            subject=session.account.subject,
            sid=session.sid,
            cause=cause,
        )


def end_session_of(present: ActiveSession, sid: str) -> Session | None:
    """End one session of a person, who is signed in with `present`; None where there is none."""
    session = live_session(present.account_id, sid)
    if session is not None:
        own = session.id == present.id
        end_session(read_session(session.id), cause="sign-out" if own else "ended by the person")
    return session


def end_other_sessions(session: ActiveSession) -> None:
    """End every session of this person but the given one."""
    with writing():
        end_access(session.account_id, cause="ended by the person", keep_session=session.id)
        record(
            "session.others_ended",
            actor=actor_of(session.account),
            subject=session.account.subject,
            sid=session.sid,
        )


def end_sessions(ending: Termination) -> None:
    """End sessions, as their channel of `end_access`; a kept one gets a new token."""
    if ending.organisation is not None or ending.service is not None:
        # A session belongs to the person; what was issued for one organisation or service ends
        # in the provider's channel.
        return
    statement = update(Session).where(
        Session.account_id == ending.account_id, Session.ended_at.is_(None)
    )
    if ending.session is not None:
        statement = statement.where(Session.id == ending.session)
    if ending.keep_session is not None:
        statement = statement.where(Session.id != ending.keep_session)
        renew_token(ending.keep_session)
    db.session.execute(statement.values(ended_at=ending.at, ended_cause=ending.cause[:60]))
