"""Claims: what a token or userinfo can say about a person, one entry each.

Identity's own stand here. All others (organisation, user group, remit …) come through the port
from `approvals`, each with its entry there. Discovery and the claim dictionary follow the lists.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from identity.accounts.person import Person
from identity.ports import approvals


@dataclass(frozen=True)
class PersonClaim:
    """A claim from the account: the scope that gives it, its source, its sentence."""

    name: str
    scope: str
    source: Callable[[Person], Any]
    sentence: str


@dataclass(frozen=True)
class Entry:
    """A line of the claim dictionary. Without a scope: always there."""

    name: str
    scope: str | None
    sentence: str


OF_PEOPLE = (
    PersonClaim("sub", "openid", lambda person: person.subject, "The person, for ever."),
    PersonClaim(
        "name",
        "profile",
        lambda person: person.name,
        "The whole name.",
    ),
    PersonClaim(
        "given_name",
        "profile",
        lambda person: person.given_name,
        "First names. Left out where the person has none.",
    ),
    PersonClaim(
        "family_name",
        "profile",
        lambda person: person.family_name,
        "Last name. Left out where the person has none.",
    ),
    PersonClaim(
        "updated_at",
        "profile",
        lambda person: int(person.updated_at.timestamp()),
        "When name or e-mail address last changed, in seconds since 1970.",
    ),
    PersonClaim("email", "email", lambda person: person.email, "E-mail address; it can change."),
    PersonClaim(
        "email_verified",
        "email",
        lambda _person: True,
        "Always true: nobody joins without opening a link sent to the address.",
    ),
)

OF_SIGN_IN = (
    Entry("iss", None, "The issuer."),
    Entry("aud", None, "Whom the token is for: one audience."),
    Entry("exp", None, "When the token ends."),
    Entry("iat", None, "When the token was made."),
    Entry("auth_time", None, "When the person last showed both factors."),
    Entry("acr", None, "The level of that sign-in."),
    Entry("amr", None, "How the person signed in, as RFC 8176 names it."),
    Entry("sid", None, "The session at the provider, for clients with a logout address."),
)


def dictionary() -> list[Entry]:
    """All claims, identity's and the port's."""
    people = [Entry(claim.name, claim.scope, claim.sentence) for claim in OF_PEOPLE]
    rights = [
        Entry(described.name, described.scope, described.sentence)
        for described in approvals().claim_descriptions()
    ]
    return [*people, *OF_SIGN_IN, *rights]


def of_person(account: Person, scopes: set[str], named: set[str]) -> dict[str, Any]:
    """The account's claims for these scopes, and those named one by one; no blank ones."""
    values = {
        claim.name: claim.source(account)
        for claim in OF_PEOPLE
        if claim.scope in scopes or claim.name in named
    }
    return {name: value for name, value in values.items() if value not in (None, "")}
