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
from app.database.single_use import claim
from app.journeys import Phase
from app.retention import Expired
from identity.oidc.authorize.interaction import Interaction
from identity.oidc.authorize.request import RequestedAuthorization
from identity.oidc.lifetimes import INTERACTION
from identity.oidc.models import AuthorizationRequest, PushedRequest
from identity.sessions.browser_journeys import BrowserJourneys
from identity.sessions.current_browser import bound_browser, current_browser

LEFT_BEHIND = timedelta(days=1)
"""Time for which an ended request is remembered, without its parameters."""
REQUESTS = BrowserJourneys(
    AuthorizationRequest,
    owner=[AuthorizationRequest.browser_hash],
    expires=AuthorizationRequest.expires_at,
    finished=AuthorizationRequest.finished_at,
)


def store(authorization: RequestedAuthorization, *, bound: bool) -> AuthorizationRequest:
    """Store the request. Raises TooManyRequests.

    One that came by POST is bound when it is first opened: a form from another site carries no
    cookies (SameSite), so the browser is not known before.
    """
    browser = bound_browser() if bound else current_browser()
    return REQUESTS.begin_in(
        browser,
        AuthorizationRequest(
            client_id=authorization.client.key,
            parameters=authorization.to_store(),
            pushed_id=authorization.pushed_id,
            signed=authorization.signed,
            browser_hash=browser.secret_hash if bound else None,
            expires_at=now() + INTERACTION,
        ),
    )


def stored(interaction: Interaction) -> AuthorizationRequest:
    """Return the stored request of this visit, and store it if it was not yet."""
    if interaction.pending is None:
        interaction.pending = store(interaction.authorization, bound=True)
    return interaction.pending


def find(public_id: str) -> AuthorizationRequest | None:
    """Return the request of that id if it is open, in time and this browser's."""
    request = REQUESTS.find(public_id, current_browser().secret_hash)
    if request is None:
        _bind(public_id)
        request = REQUESTS.find(public_id, current_browser().secret_hash)
    return request


def address(request: AuthorizationRequest) -> str:
    """Return the address at which the request continues."""
    return url_for("oidc.resume", request_id=request.public_id)


def cancel_address(request: AuthorizationRequest) -> str:
    """Return the address that cancels the request."""
    return url_for("oidc.cancel", request_id=request.public_id)


def left_behind(public_id: str) -> AuthorizationRequest | None:
    """Return the request that this browser began and that has ended or expired."""
    return REQUESTS.find(public_id, current_browser().secret_hash, phase=Phase.ENDED)


def choose(interaction: Interaction, organisation: str) -> bool:
    """Store the organisation with the person who chose it; False where the request has ended."""
    request, account_id = stored(interaction), interaction.session.account_id
    with writing():
        return REQUESTS.advance(request.id, organisation=organisation, chosen_by=account_id)


def finish(interaction: Interaction) -> bool:
    """Use up the stored request and the pushed request of this visit, inside `writing()`.

    False where one of them was used up before: then nothing may be issued for it.
    """
    request, pushed_id = interaction.pending, interaction.authorization.pushed_id
    if request is not None and not REQUESTS.finish(request.id, parameters={}):
        return False
    return pushed_id is None or _claim_pushed(pushed_id)


def _claim_pushed(pushed_id: int) -> bool:
    return claim(
        update(PushedRequest)
        .where(PushedRequest.id == pushed_id, PushedRequest.used_at.is_(None))
        .values(used_at=now(), parameters={})
    )


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


def _bind(public_id: str) -> None:
    """Bind the request to this browser if it is open and no browser has opened it yet."""
    unbound = AuthorizationRequest.browser_hash.is_(None)
    found = db.session.scalar(
        select(AuthorizationRequest.id).where(
            AuthorizationRequest.public_id == public_id, unbound, REQUESTS.is_open()
        )
    )
    if found is None:
        return
    browser = bound_browser()
    with writing():
        REQUESTS.advance(found, unbound, browser_hash=browser.secret_hash)


def expired() -> list[Expired]:
    """Return the parameters of requests that ran out of time, and rows that did so a day ago."""
    at = now()
    table = AuthorizationRequest
    ran_out = and_(table.expires_at < at, table.finished_at.is_(None))
    return [
        Expired(table, ran_out, values={"finished_at": at, "parameters": {}}),
        REQUESTS.expired(LEFT_BEHIND),
    ]
