"""Rows of the provider that a restored backup revives, and how they end."""

from __future__ import annotations

from functools import partial

from flask import Flask
from sqlalchemy import ColumnElement, Select, select, update

from app.after_restore import CAUSE, register_revived
from app.clock import now
from app.database.single_use import rows_changed
from identity.access_termination import end_access_of
from identity.oidc import replay_cache
from identity.oidc.authorize.stored_request import REQUESTS
from identity.oidc.backchannel import NOTICES
from identity.oidc.models import (
    AuthorizationRequest,
    InitialAccessToken,
    LogoutNotice,
    PushedRequest,
    TokenFamily,
)


def install(app: Flask) -> None:
    """Add the provider's rows that a restore revives, and their ends."""
    # A code, a refresh token and an access token are nothing without their family.
    register_revived(
        app,
        "sign-ins at services, with their codes and tokens",
        standing=_families,
        end=_end_families,
    )
    register_revived(app, "requests under way", standing=_requests, end=_finish_requests)
    register_revived(app, "pushed requests", standing=_pushed_requests, end=_use_up_pushed)
    register_revived(
        app, "registration tokens", standing=_registration_tokens, end=_use_up_registrations
    )
    # The notices that these endings create are still sent: services are notified once.
    before = LogoutNotice.cause != CAUSE
    register_revived(
        app,
        "sign-out notices that were waiting",
        standing=partial(NOTICES.waiting, before),
        end=partial(NOTICES.withdraw, before, cause=CAUSE),
    )


def _families() -> Select[int]:
    return select(TokenFamily.account_id).where(
        TokenFamily.ended_at.is_(None), TokenFamily.ends_at > now()
    )


def _end_families() -> None:
    end_access_of(_families(), cause=CAUSE)
    # Assertions and proofs that were shown since the backup was made.
    replay_cache.forget_all()


def _requests() -> Select[int]:
    return select(AuthorizationRequest.id).where(REQUESTS.is_open())


def _finish_requests() -> None:
    rows_changed(update(AuthorizationRequest).where(REQUESTS.is_open()).values(finished_at=now()))


def _pushed_requests() -> Select[int]:
    return select(PushedRequest.id).where(PushedRequest.used_at.is_(None))


def _use_up_pushed() -> None:
    rows_changed(update(PushedRequest).where(PushedRequest.used_at.is_(None)).values(used_at=now()))


def _usable_registrations() -> tuple[ColumnElement[bool], ...]:
    return InitialAccessToken.uses_left > 0, InitialAccessToken.expires_at > now()


def _registration_tokens() -> Select[int]:
    return select(InitialAccessToken.id).where(*_usable_registrations())


def _use_up_registrations() -> None:
    rows_changed(update(InitialAccessToken).where(*_usable_registrations()).values(uses_left=0))
