"""Names that a client may not give itself: those that people know as somebody else's.

An operator's registration is a person's decision; a client that registers itself could call itself
by a service's name, in letters that only look alike, on the page that asks for a password.
"""

from __future__ import annotations

import re

from sqlalchemy import or_, select

from app.database import db
from identity.accounts.looks import alike, mixes_alphabets
from identity.oidc.models import Client
from identity.ports import approvals

OURS = "Secure Access"
_BETWEEN_WORDS = re.compile(r"[\W_]+")


def why_confusable(name: str, *, service: str | None, client_id: str | None = None) -> str | None:
    """Return in a clause why a client of this service may not give itself this name, or None.

    client_id: the client's own, where it is registered already.
    """
    if mixes_alphabets(name):
        return "a word of it has letters of several alphabets"
    services = approvals().service_names()
    for code, known in services.items():
        if code != service and _contains(name, known):
            return f"it can be taken for the service {known}"
    if _contains(name, OURS):
        return f"it can be taken for {OURS} itself"
    for known in _names_given_by_operators(service, client_id):
        if _contains(name, known):
            return "it can be taken for another client"
    return None


def _names_given_by_operators(service: str | None, client_id: str | None) -> list[str]:
    others = select(Client.name).where(
        Client.disabled_at.is_(None), Client.registration_policy.is_(None)
    )
    if service is not None:
        others = others.where(or_(Client.service.is_(None), Client.service != service))
    if client_id is not None:
        others = others.where(Client.client_id != client_id)
    return list(db.session.scalars(others.distinct()))


def _contains(name: str, known: str) -> bool:
    """Whether some words of the name, one after the other, look like the known name."""
    words, wanted = _words(name), _words(known)
    if not wanted:
        return False
    squeezed = "".join(wanted)
    runs = (
        "".join(words[start:end])
        for start in range(len(words))
        for end in range(start + 1, min(len(words), start + len(squeezed)) + 1)
    )
    return any(alike(run, squeezed) for run in runs if abs(len(run) - len(squeezed)) <= 2)


def _words(text: str) -> list[str]:
    return [word for word in _BETWEEN_WORDS.split(text) if word]
