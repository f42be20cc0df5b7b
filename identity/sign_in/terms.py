"""Terms that wait for the signed-in person, one version at a time."""

from __future__ import annotations

from collections.abc import Sequence

from app.audit import record
from app.clock import now
from app.database import writing
from identity.ports import TermsDue, approvals
from identity.sessions.actions import complete_terms
from identity.sessions.models import Session


def due(session: Session, services: Sequence[str]) -> list[TermsDue]:
    """Return the terms that are due: the platform's, then the services'."""
    found: dict[str, TermsDue] = {}
    for service in (None, *services):
        for terms in approvals().terms_due(session.account, service, now(), newly=True):
            found.setdefault(terms.id, terms)
    return sorted(found.values(), key=lambda terms: not terms.required)


def accept(session: Session, terms: TermsDue) -> None:
    """Record the acceptance; the platform's required version sets the session free."""
    with writing():
        approvals().accept_terms(session.account, [terms.id], session.sid)
        if not approvals().terms_due(session.account, None, now(), newly=False):
            complete_terms(session)


def decline(session: Session) -> None:
    """Record that the person declined the terms; the session stays as it is."""
    with writing():
        record("sign_in.terms_declined", subject=session.account.subject, sid=session.sid)
