"""Whom a new person could be taken for, among those of the same organisation and nobody else."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from app.database import db
from approvals.memberships.models import Membership
from identity.accounts import looks
from identity.accounts.email import email_key
from identity.accounts.person import full_name

MOST = 5


@dataclass(frozen=True)
class Resemblance:
    """Somebody who belongs to the organisation and looks the same by `what`."""

    name: str
    email: str
    what: str


@dataclass(frozen=True)
class Doubt:
    """What is to be looked at before the person is added; false where there is nothing."""

    resembled: tuple[Resemblance, ...]
    mixed: tuple[str, ...]
    """What has letters of more than one alphabet: "email address", "name"."""

    def __bool__(self) -> bool:
        return bool(self.resembled or self.mixed)


def doubt(organisation_id: int, *, email: str, name: str) -> Doubt:
    """One query, whatever the number of people."""
    people = db.session.execute(
        select(Membership.given_name, Membership.family_name, Membership.email)
        .where(
            Membership.organisation_id == organisation_id,
            Membership.valid_to.is_(None),
            Membership.email_key != email_key(email),
        )
        .order_by(Membership.sort_name, Membership.id)
    )
    found = []
    for given_name, family_name, address in people:
        theirs = full_name(given_name, family_name)
        same = _same(email, name, address, theirs)
        if same:
            found.append(Resemblance(theirs or address, address, same))
    texts = {"email address": email, "name": name}
    mixed = (what for what, text in texts.items() if looks.mixes_alphabets(text))
    return Doubt(tuple(found[:MOST]), tuple(mixed))


def _same(email: str, name: str, other_email: str, other_name: str) -> str:
    parts = []
    if name and other_name and looks.alike(name, other_name):
        parts.append("name")
    if looks.alike(email, other_email):
        parts.append("email address")
    return " and ".join(parts)
