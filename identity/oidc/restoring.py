"""Rows of the provider that a restored backup revives, and how they end."""

from __future__ import annotations

from functools import partial

from sqlalchemy import ColumnElement, Select, select, update

from app.after_restore import CAUSE, Revived
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


_before = LogoutNotice.cause != CAUSE
"""The notices that these endings create are still sent: services are notified once."""

REVIVED_ROWS = (
    # A code, a refresh token and an access token are nothing without their family.
    Revived(
        "sign-ins at services, with their codes and tokens",
        select_active=_families,
        end=_end_families,
    ),
    Revived("requests under way", select_active=_requests, end=_finish_requests),
    Revived("pushed requests", select_active=_pushed_requests, end=_use_up_pushed),
    Revived("registration tokens", select_active=_registration_tokens, end=_use_up_registrations),
    Revived(
        "sign-out notices that were waiting",
        select_active=partial(NOTICES.waiting, _before),
        end=partial(NOTICES.withdraw, _before, cause=CAUSE),
    ),
)
"""In the order of their endings: the notices last."""
