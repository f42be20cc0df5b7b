"""Token families: begun by a code, looked at by every endpoint, ended here and nowhere else."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    Update,
    bindparam,
    delete,
    exists,
    or_,
    select,
    update,
)

from app.audit import record
from app.clock import now
from app.database import CompiledQuery, db
from app.database.single_use import claim, rows_changed
from app.identifiers import secret_hash
from app.retention import Expired
from identity.access_termination import Termination
from identity.accounts.account_snapshot import WITH_ACCOUNT, AccountRow
from identity.accounts.models import Account
from identity.oidc import backchannel
from identity.oidc.clients.store import RelyingParty
from identity.oidc.models import (
    AuthorizationCode,
    OrganisationChoice,
    RefreshToken,
    RevokedToken,
    TokenFamily,
)

REMEMBERED = timedelta(days=365)
"""Time for which the organisation last used with a client is remembered."""


class Family(AccountRow, Protocol):
    """A row of `oidc_grant` and of its account (`snapshot_from`), read by a compiled statement."""

    id: int
    public_id: str
    client_id: int
    sid: str
    service: str | None
    organisation: str | None
    scope: str
    resources: list[str]
    claims_requested: dict[str, dict[str, object]]
    auth_time: datetime
    acr: str
    reached_acr: str | None
    amr: list[str]
    offline: bool
    ends_at: datetime
    ended_at: datetime | None
    ended_cause: str | None


class FamilyOfToken(Family, Protocol):
    """A family as an access token names it, and whether the token was revoked without it."""

    revoked_alone: bool


class FamilyOfRefreshToken(Family, Protocol):
    """A family with one of its refresh tokens."""

    token_id: int
    token_created_at: datetime
    token_expires_at: datetime
    used_at: datetime | None
    bound_to: str | None


_revoked = select(RevokedToken.id).where(RevokedToken.jti == bindparam("jti"))
_REVOKED: CompiledQuery[object] = CompiledQuery(_revoked)
_WITH_TOKEN: CompiledQuery[FamilyOfToken] = CompiledQuery(
    select(TokenFamily.__table__, *WITH_ACCOUNT, exists(_revoked).label("revoked_alone"))
    .join(Account, Account.id == TokenFamily.account_id)
    .where(TokenFamily.public_id == bindparam("public_id"))
)
_WITH_REFRESH_TOKEN: CompiledQuery[FamilyOfRefreshToken] = CompiledQuery(
    select(
        TokenFamily.__table__,
        *WITH_ACCOUNT,
        RefreshToken.id.label("token_id"),
        RefreshToken.created_at.label("token_created_at"),
        RefreshToken.expires_at.label("token_expires_at"),
        RefreshToken.used_at,
        RefreshToken.bound_to,
    )
    .join(RefreshToken, RefreshToken.grant_id == TokenFamily.id)
    .join(Account, Account.id == TokenFamily.account_id)
    .where(RefreshToken.token_hash == bindparam("hash"))
)


def find_with_refresh_token(token: str) -> FamilyOfRefreshToken | None:
    """Return the refresh token with its family, used or not, ended or not, of any client."""
    return _WITH_REFRESH_TOKEN.one(hash=secret_hash(token))


def find_with_token(public_id: str, jti: str) -> FamilyOfToken | None:
    """Return the family of that id, ended or not, and whether the token was revoked alone."""
    return _WITH_TOKEN.one(public_id=public_id, jti=jti)


def is_token_revoked(jti: str) -> bool:
    """Return whether this one access token was revoked without its family."""
    return _REVOKED.one(jti=jti) is not None


def end_family(grant_id: int, *, cause: str) -> bool:
    """End a family with all its tokens; return False if it had ended. Must run inside `writing()`.

    Its service is not told: the person stays signed in there until the sign-out or the removal.
    """
    return claim(_ending(TokenFamily.id == grant_id, cause=cause, at=now(), untold=True))


def end_without_access(family: Family, *, cause: str) -> bool:
    """End a family whose person has lost access and notify; return False if it had ended.

    Must run inside `writing()`.
    """
    ended = claim(_ending(TokenFamily.id == family.id, cause=cause, at=now()))
    if ended:
        backchannel.enqueue_notices([family], cause=cause)
    return ended


def record_family_event(
    event: str,
    client: RelyingParty,
    family: Family,
    *,
    subject: str | None = None,
    **detail: object,
) -> None:
    """Add an audit row about a family. Must run inside `writing()`."""
    record(
        event,
        actor=None,
        client=client.client_id,
        service=family.service,
        organisation=family.organisation,
        subject=subject,
        before=None,
        after=None,
        grant=family.public_id,
        **detail,
    )


def end_families_of_client(client_key: int, *, cause: str) -> int:
    """End every family of a client, without notices. Must run inside `writing()`."""
    families = TokenFamily.client_id == client_key
    return rows_changed(_ending(families, cause=cause, at=now(), untold=True))


def end_grants(ending: Termination) -> None:
    """End token families, as the provider's channel of `end_access`.

    The end of a session ends its families, except those with `offline_access` where nothing but
    the session ends (docs/decisions/0022): their services are notified of the sign-out and keep
    their refresh tokens (Back-Channel Logout, 2.7). An act for the person's safety, such as ending
    all other sessions, ends those as well.
    """
    conditions: list[ColumnElement[bool]] = [TokenFamily.account_id == ending.account_id]
    if ending.organisation is not None:
        conditions.append(TokenFamily.organisation == ending.organisation)
        _forget_choice(ending)
    if ending.service is not None:
        conditions.append(TokenFamily.service == ending.service)
    if ending.session is not None:
        conditions.append(TokenFamily.session_id == ending.session)
    if ending.keep_session is not None:
        conditions.append(TokenFamily.session_id.is_distinct_from(ending.keep_session))
    backchannel.enqueue_notices(_not_told(*conditions), cause=ending.cause)
    rows_changed(
        update(TokenFamily).where(*conditions, TokenFamily.ended_untold).values(ended_untold=False)
    )
    if ending.session is not None:
        conditions.append(TokenFamily.offline.is_(False))
    rows_changed(_ending(*conditions, cause=ending.cause, at=ending.at))


def expired() -> list[Expired]:
    """Return rows whose time is over: what they said is in the audit."""
    at = now()
    # Reuse of a code or token is noticed for as long as its family is kept.
    return [
        Expired(RevokedToken, RevokedToken.expires_at < at),
        Expired(AuthorizationCode, AuthorizationCode.grant_id.in_(_is_over(at))),
        Expired(RefreshToken, RefreshToken.grant_id.in_(_is_over(at))),
        Expired(TokenFamily, TokenFamily.ends_at < at),
        Expired(OrganisationChoice, OrganisationChoice.chosen_at < at - REMEMBERED),
    ]


def _not_told(*conditions: ColumnElement[bool]) -> Sequence[Row[int, int, str]]:
    """Return client, account and session of families whose services know of no end, each once."""
    return db.session.execute(
        select(TokenFamily.client_id, TokenFamily.account_id, TokenFamily.sid)
        .where(*conditions, or_(TokenFamily.ended_at.is_(None), TokenFamily.ended_untold))
        .distinct()
    ).all()


def _is_over(at: datetime) -> Select[int]:
    return select(TokenFamily.id).where(TokenFamily.ends_at < at)


def _ending(
    *conditions: ColumnElement[bool], cause: str, at: datetime, untold: bool = False
) -> Update:
    """Return the statement that ends the families that have not ended."""
    return (
        update(TokenFamily)
        .where(*conditions, TokenFamily.ended_at.is_(None))
        .values(ended_at=at, ended_cause=cause[:60], ended_untold=untold)
    )


def _forget_choice(ending: Termination) -> None:
    rows_changed(
        delete(OrganisationChoice).where(
            OrganisationChoice.account_id == ending.account_id,
            OrganisationChoice.organisation == ending.organisation,
        )
    )
