"""Token families: begun by a code, looked at by every endpoint, ended here and nowhere else."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, delete, select, update
from sqlalchemy.orm import Session as DatabaseSession

from app.clock import now
from app.database import db
from identity.oidc.models import (
    AuthorizationCode,
    AuthorizationRequest,
    Grant,
    OrganisationChoice,
    RefreshToken,
    RevokedToken,
)
from identity.sessions.ending import Ending
from identity.statements import rows_changed

Family = Row[Any]
"""A row of `oidc_grant`, read by a plain statement: the endpoints ask for one at each request."""


def find(public_id: str) -> Family | None:
    """The family of that public id, ended or not."""
    return db.session.execute(
        select(Grant.__table__).where(Grant.public_id == public_id)
    ).one_or_none()


def revoked_alone(jti: str) -> bool:
    """Whether this one access token was revoked without its family."""
    found = db.session.scalar(select(RevokedToken.id).where(RevokedToken.jti == jti))
    return found is not None


def end_family(grant_id: int, *, cause: str) -> bool:
    """Ends one family with all its tokens, inside `writing()`; False where it had ended already."""
    return _end(Grant.id == grant_id, cause=cause, at=now()) == 1


def end_of_client(client_key: int, *, cause: str) -> int:
    """Ends every family of a client, inside `writing()`."""
    return _end(Grant.client_id == client_key, cause=cause, at=now())


def end_grants(ending: Ending) -> None:
    """The provider's channel of `end_access`.

    A session that ends takes its families along, save those with `offline_access` where nothing
    but the session ends (decisions, Tokens). What a person does for his safety, such as ending
    all other sessions, takes those too.
    """
    conditions: list[ColumnElement[bool]] = [Grant.account_id == ending.account_id]
    if ending.organisation is not None:
        conditions.append(Grant.organisation == ending.organisation)
        _forget_choice(ending)
    if ending.service is not None:
        conditions.append(Grant.service == ending.service)
    if ending.session is not None:
        conditions += [Grant.session_id == ending.session, Grant.offline.is_(False)]
    if ending.keep_session is not None:
        conditions.append(Grant.session_id.is_distinct_from(ending.keep_session))
    _end(*conditions, cause=ending.cause, at=ending.at)


def purge(_session: DatabaseSession) -> int:
    """Rows whose time is over: what they said is in the audit."""
    at = now()
    # Reuse of a code or token is noticed for as long as its family is kept.
    return sum(
        rows_changed(statement)
        for statement in (
            delete(AuthorizationRequest).where(AuthorizationRequest.expires_at < at),
            delete(RevokedToken).where(RevokedToken.expires_at < at),
            delete(AuthorizationCode).where(AuthorizationCode.grant_id.in_(_over(at))),
            delete(RefreshToken).where(RefreshToken.grant_id.in_(_over(at))),
            delete(Grant).where(Grant.ends_at < at),
        )
    )


def _over(at: datetime) -> Any:
    return select(Grant.id).where(Grant.ends_at < at)


def _end(*conditions: ColumnElement[bool], cause: str, at: datetime) -> int:
    return rows_changed(
        update(Grant)
        .where(*conditions, Grant.ended_at.is_(None))
        .values(ended_at=at, ended_cause=cause[:60])
    )


def _forget_choice(ending: Ending) -> None:
    rows_changed(
        delete(OrganisationChoice).where(
            OrganisationChoice.account_id == ending.account_id,
            OrganisationChoice.organisation == ending.organisation,
        )
    )
