"""Delegation: a service acts for a person at another service, with their rights there (RFC 8693).

The other service opts in: its registration lists, in `exchange_from`, the clients that may come
with a person's token. The rights in the token are then the person's at that service.
"""

from __future__ import annotations

from datetime import datetime

from identity.accounts.person import Person
from identity.oidc.clients.store import RelyingParty, registered_for
from identity.oidc.entitlement import Entitlement
from identity.oidc.token_families import Family
from identity.ports import approvals


def target_client(client: RelyingParty, resource: str) -> RelyingParty | None:
    """Return the client of that resource, if it admits this one."""
    return next(
        (each for each in registered_for(resource) if client.client_id in each.exchange_from), None
    )


def entitlement_at(
    target: RelyingParty, account: Person, family: Family, at: datetime
) -> Entitlement | None:
    """Return what the person holds at the target, for the family's organisation, or None."""
    if target.service is None:
        return Entitlement(account, None)
    if family.organisation is None:
        return None
    claims = approvals().claims(account, target.service, family.organisation, at)
    if claims is None or approvals().terms_due(account, target.service, at, newly=False):
        return None
    return Entitlement(account, claims)


def actor_claim(client: RelyingParty) -> dict[str, object]:
    """Return the actor for the person (RFC 8693, 4.1)."""
    return {"act": {"sub": client.client_id}}
