"""Authorization requests that wait for the person: stored, found again, finished once.

The address carries an opaque id and nothing else, so no parameter can be changed on the way
(AZ-14), and it opens only in the browser to which it is bound (AZ-15).
"""

from __future__ import annotations

from datetime import timedelta

from flask import url_for
from sqlalchemy import and_, select

from app.audit import record
from app.clock import now
from app.database import db, writing
from app.journeys import Phase
from app.retention import Expired
from identity.oidc.authorize.interaction import Interaction
from identity.oidc.authorize.pushed_requests import claim_pushed
from identity.oidc.authorize.request import RequestedAuthorization
from identity.oidc.errors import AccessDenied, OAuthError
from identity.oidc.lifetimes import INTERACTION
from identity.oidc.models import AuthorizationRequest
from identity.sessions.browser import Browser
from identity.sessions.browser_journeys import BrowserJourneys

_UNBOUND = AuthorizationRequest.browser_hash.is_(None)
LEFT_BEHIND = timedelta(days=1)
"""Time for which an ended request is remembered, without its parameters."""
REQUESTS = BrowserJourneys(
    AuthorizationRequest,
    owner=[AuthorizationRequest.browser_hash],
    expires=AuthorizationRequest.expires_at,
    finished=AuthorizationRequest.finished_at,
)


def store(
    authorization: RequestedAuthorization, browser: Browser, *, bound: bool
) -> AuthorizationRequest:
    """Store the request. Raises TooManyRequests.

    One that came by POST is bound when it is first opened: a form from another site carries no
    cookies (SameSite), so the browser is not known before.
    """
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


def find(public_id: str, browser: Browser) -> AuthorizationRequest | None:
    """Return the request of that id if it is open, in time and the browser's.

    One that no browser has opened yet becomes this browser's.
    """
    request = REQUESTS.find(public_id, browser.secret_hash)
    if request is None:
        _bind(public_id, browser)
        # Another tab of this browser may have bound it at the same moment.
        request = REQUESTS.find(public_id, browser.secret_hash)
    return request


def address(request: AuthorizationRequest) -> str:
    """Return the address at which the request continues."""
    return url_for("oidc.resume", request_id=request.public_id)


def cancel_address(request: AuthorizationRequest) -> str:
    """Return the address that cancels the request."""
    return url_for("oidc.cancel", request_id=request.public_id)


def left_behind(public_id: str, browser: Browser) -> AuthorizationRequest | None:
    """Return the request that the browser began and that has ended or expired."""
    return REQUESTS.find(public_id, browser.secret_hash, phase=Phase.ENDED)


def choose(interaction: Interaction, organisation: str) -> bool:
    """Store the organisation with the person who chose it; False where the request has ended."""
    request, account_id = interaction.pending, interaction.session.account_id
    if request is None:
        return False
    with writing():
        return REQUESTS.advance(request.id, organisation=organisation, chosen_by=account_id)


def finish(interaction: Interaction) -> bool:
    """Use up the stored request and the pushed request of this visit, inside `writing()`.

    False where one of them was used up before: then nothing may be issued for it.
    """
    request, pushed_id = interaction.pending, interaction.authorization.pushed_id
    if request is not None and not REQUESTS.finish(request.id, parameters={}):
        return False
    return pushed_id is None or claim_pushed(pushed_id)


def give_up(interaction: Interaction, error: OAuthError) -> None:
    """End the request without a code. The refusal of a person is audited."""
    if isinstance(error, AccessDenied) and interaction.session_or_none is not None:
        refuse(interaction)
    elif interaction.pending is not None or interaction.authorization.pushed_id is not None:
        with writing():
            finish(interaction)


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


def _bind(public_id: str, browser: Browser) -> None:
    """Bind the request to the browser if it is open and no browser has opened it yet."""
    found = db.session.scalar(
        select(AuthorizationRequest.id).where(
            AuthorizationRequest.public_id == public_id, _UNBOUND, REQUESTS.is_open()
        )
    )
    if found is not None:
        with writing():
            REQUESTS.advance(found, _UNBOUND, browser_hash=browser.secret_hash)


def expired() -> list[Expired]:
    """Return the parameters of requests that ran out of time, and rows that did so a day ago."""
    at = now()
    table = AuthorizationRequest
    ran_out = and_(table.expires_at < at, table.finished_at.is_(None))
    return [
        Expired(table, ran_out, values={"finished_at": at, "parameters": {}}),
        REQUESTS.expired(LEFT_BEHIND),
    ]
