"""Claims: what a token or userinfo can say about a person, one entry each.

Identity's own stand here. All others (organisation, user group, remit …) come through the port
from `approvals`, each with its entry there. Discovery and the claim dictionary follow the lists.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from identity.accounts.person import Person
from identity.ports import approvals


@dataclass(frozen=True)
class PersonClaim:
    """A claim from the account: the scope that gives it, its source, its sentence."""

    name: str
    scope: str
    source: Callable[[Person], object]
    sentence: str


@dataclass(frozen=True)
class ClaimEntry:
    """A line of the claim dictionary. Without a scope: always there."""

    name: str
    scope: str | None
    sentence: str


OF_PEOPLE = (
    PersonClaim(
        "sub",
        "openid",
        lambda person: person.subject,
        "Identifier of the person. It never changes.",
    ),
    PersonClaim(
        "name",
        "profile",
        lambda person: person.name,
        "Full name.",
    ),
    PersonClaim(
        "given_name",
        "profile",
        lambda person: person.given_name,
        "First names. Omitted if the person has none.",
    ),
    PersonClaim(
        "family_name",
        "profile",
        lambda person: person.family_name,
        "Last name. Omitted if the person has none.",
    ),
    PersonClaim(
        "updated_at",
        "profile",
        lambda person: int(person.updated_at.timestamp()),
        "Time of the last change of name or email address, in seconds since 1970.",
    ),
    PersonClaim("email", "email", lambda person: person.email, "Email address. It can change."),
    PersonClaim(
        "email_verified",
        "email",
        lambda _person: True,
        "Always true: a person joins by opening a link sent to the address.",
    ),
)

OF_SIGN_IN = (
    ClaimEntry("iss", None, "The issuer."),
    ClaimEntry("aud", None, "The only audience of the token."),
    ClaimEntry("exp", None, "Time at which the token expires."),
    ClaimEntry("iat", None, "Time at which the token was issued."),
    ClaimEntry("auth_time", None, "Time of the person's last sign-in with both factors."),
    ClaimEntry("acr", None, "The level of that sign-in."),
    ClaimEntry("amr", None, "Authentication methods of the sign-in, by their names in RFC 8176."),
    ClaimEntry("sid", None, "The session at the provider, for clients with a logout address."),
)


def dictionary() -> list[ClaimEntry]:
    """Return all claims, identity's and the port's."""
    people = [ClaimEntry(claim.name, claim.scope, claim.sentence) for claim in OF_PEOPLE]
    rights = [
        ClaimEntry(described.name, described.scope, described.sentence)
        for described in approvals().claim_descriptions()
    ]
    return [*people, *OF_SIGN_IN, *rights]


def of_person(account: Person, scopes: set[str], named: set[str]) -> dict[str, object]:
    """Return the account's claims for these scopes and names, without blank ones."""
    values = {
        claim.name: claim.source(account)
        for claim in OF_PEOPLE
        if claim.scope in scopes or claim.name in named
    }
    return {name: value for name, value in values.items() if value not in (None, "")}
