"""Authorization requests that wait for the person: stored, found again, finished once.

The address carries an opaque id and nothing else, so no parameter can be changed on the way
(AZ-14), and it opens only in the browser to which it is bound (AZ-15).
"""

from __future__ import annotations

from datetime import timedelta

from flask import url_for
from sqlalchemy import and_, select, update

from app.audit import record
from app.clock import now
from app.database import db, writing
from app.database.single_use import claim, rows_changed
from app.identifiers import new_secret
from app.retention import Expired
from identity.oidc.authorize.interaction import Interaction
from identity.oidc.authorize.request import RequestedAuthorization
from identity.oidc.lifetimes import INTERACTION
from identity.oidc.models import AuthorizationRequest, PushedRequest
from identity.sessions.anonymous_rows import admit_row
from identity.sessions.browser_binding import bound_browser, browser_hash

LEFT_BEHIND = timedelta(days=1)
"""How long after its end a request is remembered, without its parameters."""


def store(authorization: RequestedAuthorization, *, bound: bool) -> AuthorizationRequest:
    """Store the request. Raises TooManyRequests.

    One that came by POST is bound when it is first opened: a form from another site carries no
    cookies (SameSite), so the browser is not known before.
    """
    admit_row()
    with writing() as session:
        request = AuthorizationRequest(
            public_id=new_secret(),
            client_id=authorization.client.key,
            parameters=authorization.to_store(),
            pushed_id=authorization.pushed_id,
            signed=authorization.signed,
            browser_hash=bound_browser() if bound else None,
            expires_at=now() + INTERACTION,
        )
        session.add(request)
    return request


def stored(interaction: Interaction) -> AuthorizationRequest:
    """Return the stored request of this visit, and store it if it was not yet."""
    if interaction.pending is None:
        interaction.pending = store(interaction.authorization, bound=True)
    return interaction.pending


def find(public_id: str) -> AuthorizationRequest | None:
    """Return the request of that id if it is open, in time and this browser's."""
    request = _find_open(public_id)
    if request is not None and request.browser_hash is None:
        _bind(request)
        # Read anew: another browser, or an answer given meanwhile, may have been faster.
        request = _find_open(public_id)
    if request is None or request.browser_hash != browser_hash():
        return None
    return request


def address(request: AuthorizationRequest) -> str:
    """Return the address at which the request continues."""
    return url_for("oidc.resume", request_id=request.public_id)


def cancel_address(request: AuthorizationRequest) -> str:
    """Return the address that cancels the request."""
    return url_for("oidc.cancel", request_id=request.public_id)


def left_behind(public_id: str) -> AuthorizationRequest | None:
    """Return the request that this browser began and that has ended or expired."""
    browser = browser_hash()
    if browser is None:
        return None
    request: AuthorizationRequest | None = db.session.scalar(
        select(AuthorizationRequest).where(
            AuthorizationRequest.public_id == public_id,
            AuthorizationRequest.browser_hash == browser,
        )
    )
    return request


def choose(interaction: Interaction, organisation: str) -> bool:
    """Store the organisation with the person who chose it; False where the request has ended."""
    request, account_id = stored(interaction), interaction.session.account_id
    with writing():
        chosen = update(AuthorizationRequest).where(
            AuthorizationRequest.id == request.id, AuthorizationRequest.finished_at.is_(None)
        )
        return claim(chosen.values(organisation=organisation, chosen_by=account_id))


def finish(interaction: Interaction) -> bool:
    """Use up the stored request and the pushed request of this visit, inside `writing()`.

    False where one of them was used up before: then nothing may be issued for it.
    """
    request, pushed_id = interaction.pending, interaction.authorization.pushed_id
    if request is not None and not _claim(request):
        return False
    return pushed_id is None or _claim_pushed(pushed_id)


def _claim(request: AuthorizationRequest) -> bool:
    unfinished = update(AuthorizationRequest).where(
        AuthorizationRequest.id == request.id, AuthorizationRequest.finished_at.is_(None)
    )
    return claim(unfinished.values(finished_at=now(), parameters={}))


def _claim_pushed(pushed_id: int) -> bool:
    unused = update(PushedRequest).where(
        PushedRequest.id == pushed_id, PushedRequest.used_at.is_(None)
    )
    return claim(unused.values(used_at=now(), parameters={}))


def refuse(interaction: Interaction) -> bool:
    """Refuse the request of a person without access, with an audit row."""
    with writing():
        if not finish(interaction):
            return False
        record(
            "service.entry_refused",
            subject=interaction.session.account.subject,
            client=interaction.authorization.client.client_id,
            service=interaction.authorization.client.service,
            reasons=[
                {"organisation": entrance.organisation, "reasons": list(entrance.reasons)}
                for entrance in interaction.entrances
            ],
        )
    return True


def cancel(interaction: Interaction) -> bool:
    """Cancel the request; return False if it had ended already."""
    session = interaction.session_or_none
    with writing():
        if not finish(interaction):
            return False
        record(
            "service.entry_cancelled",
            subject=session.account.subject if session else None,
            client=interaction.authorization.client.client_id,
            service=interaction.authorization.client.service,
        )
    return True


def _find_open(public_id: str) -> AuthorizationRequest | None:
    request: AuthorizationRequest | None = db.session.scalar(
        select(AuthorizationRequest).where(
            AuthorizationRequest.public_id == public_id,
            AuthorizationRequest.finished_at.is_(None),
            AuthorizationRequest.expires_at > now(),
        )
    )
    return request


def _bind(request: AuthorizationRequest) -> None:
    browser = bound_browser()
    with writing():
        rows_changed(
            update(AuthorizationRequest)
            .where(
                AuthorizationRequest.id == request.id, AuthorizationRequest.browser_hash.is_(None)
            )
            .values(browser_hash=browser)
        )


def expired() -> list[Expired]:
    """Return the parameters of requests that ran out of time, and rows that did so a day ago."""
    at = now()
    table = AuthorizationRequest
    ran_out = and_(table.expires_at < at, table.finished_at.is_(None))
    return [
        Expired(table, ran_out, values={"finished_at": at, "parameters": {}}),
        Expired(table, table.expires_at < at - LEFT_BEHIND),
    ]
