"""Members of an organisation for whom a new person could be mistaken."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from app.database import db
from approvals.memberships.models import Membership
from identity.accounts import confusables
from identity.accounts.person import full_name
from identity.email_address import EmailAddress

MOST = 5


@dataclass(frozen=True)
class SimilarPerson:
    """A member whose `fields` look the same, as one text: name, email address or both."""

    name: str
    email: str
    fields: str


@dataclass(frozen=True)
class SimilarityWarning:
    """Warnings to show before the person is added; false if there are none."""

    resembled: tuple[SimilarPerson, ...]
    mixed: tuple[str, ...]
    """Fields with letters of more than one alphabet: "email address", "name"."""

    def __bool__(self) -> bool:
        return bool(self.resembled or self.mixed)


def find_similar(organisation_id: int, *, email: EmailAddress, name: str) -> SimilarityWarning:
    """Return the members who look similar, in one query for any number of people."""
    people = db.session.execute(
        select(Membership.given_name, Membership.family_name, Membership.email)
        .where(
            Membership.organisation_id == organisation_id,
            Membership.open,
            Membership.email_key != email.key,
        )
        .order_by(Membership.sort_name, Membership.id)
    )
    found = []
    for given_name, family_name, address in people:
        theirs = full_name(given_name, family_name)
        same = _matching_field(email.text, name, address, theirs)
        if same:
            found.append(SimilarPerson(theirs or address, address, same))
    texts = {"email address": email.text, "name": name}
    mixed = (field for field, text in texts.items() if confusables.mixes_alphabets(text))
    return SimilarityWarning(tuple(found[:MOST]), tuple(mixed))


def _matching_field(email: str, name: str, other_email: str, other_name: str) -> str:
    parts = []
    if name and other_name and confusables.look_alike(name, other_name):
        parts.append("name")
    if confusables.look_alike(email, other_email):
        parts.append("email address")
    return " and ".join(parts)
