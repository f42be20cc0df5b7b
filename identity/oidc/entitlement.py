"""The rights behind a token family, checked at every code, refresh and look at a token."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from app.database import writing
from identity.accounts.account_snapshot import snapshot_from
from identity.accounts.person import Person
from identity.oidc.claims import dictionary, of_person
from identity.oidc.clients.store import RelyingParty
from identity.oidc.errors import InvalidGrant, OnRecord
from identity.oidc.token_families import Family, end_without_access, record_family_event
from identity.ports import ServiceClaims, approvals
from identity.sessions.levels import rank, reaches

SERVICE_WORDS = frozenset(
    {"iss", "sub", "aud", "exp", "iat", "jti", "client_id", "scope", "cnf", "act"}
)
"""No claim of a service can take the place of one of these."""


@dataclass(frozen=True)
class Entitlement:
    """A person in good standing, with the service's claims where the client has a service."""

    account: Person
    service: ServiceClaims | None

    @property
    def ends_by(self) -> int | None:
        """The moment, in seconds, that no token with the service's claims outlives."""
        changes_at = self.service.changes_at if self.service else None
        return int(changes_at.timestamp()) if changes_at is not None else None

    def level_to_reach(self, client: RelyingParty, family: Family) -> str | None:
        """Return the level that the client or the user groups demand, where the family's is below.

        A family keeps the level of its sign-in, whatever happens in the session later.
        """
        demanded = [client.minimum_acr]
        if self.service is not None and self.service.minimum_acr is not None:
            demanded.append(self.service.minimum_acr)
        minimum = max(demanded, key=rank)
        return None if reaches(family.reached_acr or family.acr, minimum) else minimum

    def of_scopes(self, scopes: set[str]) -> dict[str, object]:
        """Return the service's claims for these scopes."""
        by_scope: Mapping[str, Mapping[str, object]] = self.service.by_scope if self.service else {}
        return {
            name: value
            for scope, claims in by_scope.items()
            if scope in scopes
            for name, value in claims.items()
            if name not in SERVICE_WORDS
        }

    def requested_claims(
        self, client: RelyingParty, requested: Mapping[str, object] | None
    ) -> dict[str, object]:
        """Return the claims named one by one, of registered scopes (Core, 5.5)."""
        if not requested:
            return {}
        registered = set(client.scopes)
        names = {
            entry.name
            for entry in dictionary()
            if entry.name in requested and entry.scope in registered
        }
        rights = self.of_scopes(registered)
        return of_person(self.account, set(), names) | {
            name: value for name, value in rights.items() if name in names
        }


def sign_in_again_at(level: str) -> str:
    """Return the description of the error for a sign-in below that level (RFC 9470, section 4)."""
    return f"The person has to sign in again, with acr_values={level}"


def find_entitlement(client: RelyingParty, family: Family, at: datetime) -> Entitlement | str:
    """Return the entitlement, or the cause for which there is none any more."""
    account = snapshot_from(family)
    if not account.active:
        return "account not active"
    if family.service != client.service:
        # A family begun while the client's registration changed is of its former service.
        return "the client's service changed"
    if family.organisation is None or family.service is None:
        return Entitlement(account, None)
    claims = approvals().claims(account, family.service, family.organisation, at)
    return Entitlement(account, claims) if claims is not None else "no access any more"


def require_entitlement(client: RelyingParty, family: Family, at: datetime) -> Entitlement:
    """Return the entitlement. Raises InvalidGrant, and ends the family of lost access.

    The family stays where the person can go on with it: terms are due, or the level of its sign-in
    is below what is demanded now, which may be lowered again.
    """
    found = find_entitlement(client, family, at)
    if isinstance(found, str):
        with writing():
            end_without_access(family, cause=found)
            record_family_event("token.refused", client, family, reason=found)
        raise OnRecord(detail=found)
    if approvals().terms_due(found.account, family.service, at, newly=False):
        raise InvalidGrant("Terms of use have to be accepted first", detail="terms due")
    level = found.level_to_reach(client, family)
    if level is not None:
        raise InvalidGrant(sign_in_again_at(level), detail="level of the sign-in is too low")
    return found
