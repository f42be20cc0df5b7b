"""What a restored backup brings back of the provider's, and how it ends (`app/restored.py`)."""

from __future__ import annotations

from flask import Flask
from sqlalchemy import ColumnElement, Select, select, update

from app.clock import now
from app.restored import CAUSE, revived
from identity.oidc import once
from identity.oidc.models import (
    AuthorizationRequest,
    InitialAccessToken,
    LogoutNotice,
    PushedRequest,
    TokenFamily,
)
from identity.sessions.ending import end_access_of
from identity.statements import rows_changed


def install(app: Flask) -> None:
    # A code, a refresh token and an access token are nothing without their family.
    revived(
        app,
        "sign-ins at services, with their codes and tokens",
        standing=_families,
        end=_end_families,
    )
    revived(app, "requests under way", standing=_requests, end=_finish_requests)
    revived(app, "pushed requests", standing=_pushed, end=_use_up_pushed)
    revived(app, "registration tokens", standing=_registration_tokens, end=_use_up_registrations)
    revived(app, "sign-out notices that were waiting", standing=_notices, end=_withdraw_notices)


def _families() -> Select[int]:
    return select(TokenFamily.account_id).where(
        TokenFamily.ended_at.is_(None), TokenFamily.ends_at > now()
    )


def _end_families() -> None:
    end_access_of(_families(), cause=CAUSE)
    # Assertions and proofs that were shown since the backup was made.
    once.forget_all()


def _unfinished() -> tuple[ColumnElement[bool], ...]:
    return AuthorizationRequest.finished_at.is_(None), AuthorizationRequest.expires_at > now()


def _requests() -> Select[int]:
    return select(AuthorizationRequest.id).where(*_unfinished())


def _finish_requests() -> None:
    rows_changed(update(AuthorizationRequest).where(*_unfinished()).values(finished_at=now()))


def _pushed() -> Select[int]:
    return select(PushedRequest.id).where(PushedRequest.used_at.is_(None))


def _use_up_pushed() -> None:
    rows_changed(update(PushedRequest).where(PushedRequest.used_at.is_(None)).values(used_at=now()))


def _counted() -> tuple[ColumnElement[bool], ...]:
    return InitialAccessToken.uses_left > 0, InitialAccessToken.expires_at > now()


def _registration_tokens() -> Select[int]:
    return select(InitialAccessToken.id).where(*_counted())


def _use_up_registrations() -> None:
    rows_changed(update(InitialAccessToken).where(*_counted()).values(uses_left=0))


def _before_the_restore() -> tuple[ColumnElement[bool], ...]:
    # What the endings of this restore promise must still go out: services are told once.
    return LogoutNotice.state == "waiting", LogoutNotice.cause != CAUSE


def _notices() -> Select[int]:
    return select(LogoutNotice.id).where(*_before_the_restore())


def _withdraw_notices() -> None:
    rows_changed(
        update(LogoutNotice)
        .where(*_before_the_restore())
        .values(state="given up", done_at=now(), last_error=CAUSE)
    )
