"""Terms that wait for the signed-in person; those that must be accepted are shown together."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from datetime import datetime

from app.audit import record
from app.database import writing
from identity.ports import TermsDue, approvals
from identity.sessions.active_session import ActiveSession


class Choice(enum.Enum):
    """Answer of a person to terms, as the form's button is named."""

    ACCEPT = "accept"
    LATER = "later"
    DECLINE = "decline"


def are_due(session: ActiveSession, services: Sequence[str], at: datetime) -> bool:
    """Return whether `due_terms` would return any, without their texts."""
    return any(
        approvals().are_terms_due(session.account, service, at) for service in (None, *services)
    )


def due_terms(session: ActiveSession, services: Sequence[str], at: datetime) -> list[TermsDue]:
    """Return the terms that are due at the moment: the platform's, then the services'."""
    found: dict[str, TermsDue] = {}
    for service in (None, *services):
        for terms in approvals().terms_due(session.account, service, at, newly=True):
            found.setdefault(terms.id, terms)
    return sorted(found.values(), key=lambda terms: not terms.required)


def shown_together(waiting: Sequence[TermsDue]) -> list[TermsDue]:
    """Return the versions that one page shows: all that are required, else the first other one."""
    return [each for each in waiting if each.required] or list(waiting[:1])


def answer(
    session: ActiveSession,
    services: Sequence[str],
    at: datetime,
    *,
    accepted: Sequence[str],
    choice: Choice | None,
) -> Choice | None:
    """Act on the answer of the person, and return what they chose, or None where nothing counts.

    accepted: ids of the versions that the page showed. Of terms that must be accepted, none can be
    left for later.
    """
    waiting = due_terms(session, services, at)
    shown = [each for each in waiting if each.id in accepted]
    if shown:
        _accept(session, shown, at)
        return Choice.ACCEPT
    if choice is Choice.LATER and not any(each.required for each in waiting):
        return choice
    if choice is Choice.DECLINE and waiting:
        with writing():
            record("sign_in.terms_declined", subject=session.account.subject, sid=session.sid)
        return choice
    return None


def _accept(session: ActiveSession, terms: Sequence[TermsDue], at: datetime) -> None:
    with writing():
        approvals().accept_terms(session.account, [each.id for each in terms], session.sid, at)
