"""Sessions begin, are renewed and end. Each is one transaction with its audit row."""

from __future__ import annotations

from datetime import timedelta

from flask import request
from flask import session as form_session
from sqlalchemy import Select, select, update

from app.audit import record
from app.clock import now
from app.database import db, writing
from app.identifiers import new_secret, secret_hash
from app.web.client_address import client_network
from identity.access_termination import Termination, end_access
from identity.accounts.models import Account
from identity.accounts.person import actor_of
from identity.sessions import cookies
from identity.sessions.current_session import current, remember_current
from identity.sessions.models import Session
from identity.settings import settings


def start_session(
    account: Account,
    *,
    amr: tuple[str, ...],
    acr: str,
    known_device_id: int | None,
    awaiting_terms: bool,
) -> Session:
    """Sign this browser in, inside `writing()`: the cookie goes with the answer.

    A session of the same person in this browser is renewed under a new token and keeps its `sid`;
    one of another person is ended first.
    """
    with writing() as database:
        session = _renewable(account)
        moment = now()
        token = new_secret()
        if session is None:
            session = Session(
                account=account,
                created_at=moment,
                previous_sign_in_at=account.last_signed_in_at,
            )
            database.add(session)
        session.token_hash = secret_hash(token)
        session.auth_time = moment
        session.amr_values = list(amr)
        session.acr = acr
        session.last_active_at = moment
        session.absolute_end = moment + timedelta(hours=settings().session_hours)
        session.awaiting_terms = awaiting_terms
        session.known_device_id = known_device_id
        session.network = client_network()
        session.user_agent = (request.user_agent.string or "")[:200]
        account.last_signed_in_at = moment
        database.flush()
    cookies.write(cookies.SESSION, token)
    remember_current(session)
    return session


def sign_out(cause: str = "sign-out") -> None:
    """End this browser's session with all that came from it, and take its cookie away."""
    session = current()
    if session is not None:
        end_session(session, cause=cause)
    cookies.forget(cookies.SESSION)
    form_session.clear()
    remember_current(None)


def end_session(session: Session, *, cause: str) -> None:
    """End one session, on whichever browser it is."""
    with writing():
        end_access(session.account_id, cause=cause, session=session.id)
        record(
            "session.ended",
            actor=actor_of(session.account),
            subject=session.account.subject,
            sid=session.sid,
            cause=cause,
        )


def end_other_sessions(session: Session) -> None:
    """End every session of this person but the given one."""
    with writing():
        end_access(session.account_id, cause="ended by the person", keep_session=session.id)
        record(
            "session.others_ended",
            actor=actor_of(session.account),
            subject=session.account.subject,
            sid=session.sid,
        )


def complete_terms(session: Session) -> None:
    """Record that the session's terms were accepted. Must run inside `writing()`."""
    session.awaiting_terms = False


def live_sessions(account_id: int) -> list[Session]:
    """Return the sessions that may still be used, the latest first."""
    moment = now()
    idle = moment - timedelta(minutes=settings().session_idle_minutes)
    return list(
        db.session.scalars(
            select(Session)
            .where(
                Session.account_id == account_id,
                Session.ended_at.is_(None),
                Session.absolute_end > moment,
                Session.last_active_at > idle,
            )
            .order_by(Session.last_active_at.desc(), Session.id.desc())
        )
    )


def people_with_sessions() -> Select[int]:
    """Select the account id of each session that has not ended."""
    return select(Session.account_id).where(
        Session.ended_at.is_(None), Session.absolute_end > now()
    )


def end_sessions(ending: Termination) -> None:
    """End sessions, as their channel of `end_access`."""
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
    db.session.execute(statement.values(ended_at=ending.at, ended_cause=ending.cause[:60]))


def _renewable(account: Account) -> Session | None:
    session = current()
    if session is None:
        return None
    if session.account_id == account.id:
        return session
    end_session(session, cause="another person signed in")
    # Forms that the first person left open do not serve the second.
    form_session.clear()
    return None
