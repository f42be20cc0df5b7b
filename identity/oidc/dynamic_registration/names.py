"""Names that a client may not give itself: those that people know as somebody else's.

An operator's registration is a person's decision; a client that registers itself could call itself
by a service's name, in letters that only look alike, on the page that asks for a password.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from sqlalchemy import select

from app.database import db
from identity.accounts.confusables import look_alike, mixes_alphabets
from identity.oidc.models import Client
from identity.ports import approvals

OURS = "Secure Access"
_BETWEEN_WORDS = re.compile(r"[\W_]+")


def why_confusable(
    name: str, *, service: str | None, policy: Mapping[str, object], client_id: str | None = None
) -> str | None:
    """Return in a clause why a client of this service may not give itself this name, or None.

    policy: the stored policy that the client registers under; clients of the same one are taken
    for clients of the same people. client_id: the client's own, where it is registered already.
    """
    if mixes_alphabets(name):
        return "a word of it has letters of several alphabets"
    for code, known in approvals().service_names().items():
        if code != service and _contains(name, known):
            return f"it can be taken for the service {known}"
    if _contains(name, OURS):
        return f"it can be taken for {OURS} itself"
    for known in _names_of_others(service, policy, client_id):
        if _contains(name, known):
            return "it can be taken for another client"
    return None


def _names_of_others(
    service: str | None, policy: Mapping[str, object], client_id: str | None
) -> set[str]:
    enabled = select(
        Client.client_id, Client.name, Client.service, Client.registration_policy
    ).where(Client.disabled_at.is_(None))
    return {
        row.name
        for row in db.session.execute(enabled)
        if row.client_id != client_id
        and row.registration_policy != policy
        and (service is None or row.service != service)
    }


def _contains(name: str, known: str) -> bool:
    """Return whether some words of the name, one after the other, look like the known name."""
    words, wanted = _split_words(name), _split_words(known)
    if not wanted:
        return False
    squeezed = "".join(wanted)
    runs = (
        "".join(words[start:end])
        for start in range(len(words))
        for end in range(start + 1, min(len(words), start + len(squeezed)) + 1)
    )
    return any(look_alike(run, squeezed) for run in runs if abs(len(run) - len(squeezed)) <= 2)


def _split_words(text: str) -> list[str]:
    return [word for word in _BETWEEN_WORDS.split(text) if word]
