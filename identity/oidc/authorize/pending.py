"""Authorization requests that wait for the person: stored, found again, finished once.

The address carries an opaque id and nothing else, so no parameter can be changed on the way
(AZ-14), and it opens only in the browser to which it is bound (AZ-15).
"""

from __future__ import annotations

from flask import url_for
from sqlalchemy import select, update

from app.audit import record
from app.clock import now
from app.database import db, writing
from app.identifiers import new_secret
from identity.oidc.authorize.asked import Asked
from identity.oidc.authorize.visit import Visit
from identity.oidc.models import AuthorizationRequest, PushedRequest
from identity.oidc.policy import INTERACTION
from identity.sessions.browser import bound_browser, browser_hash
from identity.statements import rows_changed


def store(asked: Asked, *, bound: bool) -> AuthorizationRequest:
    """Keeps the request. One that came by POST is bound when it is first opened: a form from
    another site carries no cookies (SameSite), so the browser is not known before.
    """
    with writing() as session:
        request = AuthorizationRequest(
            public_id=new_secret(),
            client_id=asked.client.key,
            parameters=asked.to_store(),
            pushed_id=asked.pushed_id,
            signed=asked.signed,
            browser_hash=bound_browser() if bound else None,
            expires_at=now() + INTERACTION,
        )
        session.add(request)
    return request


def stored(visit: Visit) -> AuthorizationRequest:
    """The stored request of this visit, stored now if it was not yet."""
    if visit.pending is None:
        visit.pending = store(visit.asked, bound=True)
    return visit.pending


def find(public_id: str) -> AuthorizationRequest | None:
    """The request of that id where it is open, in time and this browser's."""
    request: AuthorizationRequest | None = db.session.scalar(
        select(AuthorizationRequest).where(
            AuthorizationRequest.public_id == public_id,
            AuthorizationRequest.finished_at.is_(None),
            AuthorizationRequest.expires_at > now(),
        )
    )
    if request is None:
        return None
    if request.browser_hash is None:
        _bind(request)
    return request if request.browser_hash == browser_hash() else None


def address(request: AuthorizationRequest) -> str:
    return url_for("oidc.resume", request_id=request.public_id)


def cancel_address(request: AuthorizationRequest) -> str:
    return url_for("oidc.cancel", request_id=request.public_id)


def choose(request: AuthorizationRequest, organisation: str) -> None:
    with writing():
        request.organisation = organisation


def claim(request: AuthorizationRequest) -> bool:
    """Finishes the request, inside `writing()`; False where it was finished already."""
    return (
        rows_changed(
            update(AuthorizationRequest)
            .where(
                AuthorizationRequest.id == request.id, AuthorizationRequest.finished_at.is_(None)
            )
            .values(finished_at=now())
        )
        == 1
    )


def claim_pushed(pushed_id: int) -> bool:
    """Uses up the pushed request, inside `writing()`; False where it was used before."""
    used = update(PushedRequest).where(
        PushedRequest.id == pushed_id, PushedRequest.used_at.is_(None)
    )
    return rows_changed(used.values(used_at=now())) == 1


def refuse(visit: Visit) -> bool:
    """The person has no way in: the request ends here, and it is on record."""
    with writing():
        if visit.pending is not None and not claim(visit.pending):
            return False
        record(
            "service.entry_refused",
            subject=visit.session.account.subject,
            client=visit.asked.client.client_id,
            service=visit.asked.client.service,
            reasons=[
                {"organisation": entrance.organisation, "reasons": list(entrance.reasons)}
                for entrance in visit.entrances
            ],
        )
    return True


def cancel(visit: Visit) -> bool:
    """The person does not want to go on; False where the request was finished already."""
    session = visit.session_or_none
    with writing():
        if visit.pending is None or not claim(visit.pending):
            return False
        record(
            "service.entry_cancelled",
            subject=session.account.subject if session else None,
            client=visit.asked.client.client_id,
            service=visit.asked.client.service,
        )
    return True


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
    db.session.refresh(request)
