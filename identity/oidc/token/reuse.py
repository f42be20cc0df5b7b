"""A code or refresh token used twice has been stolen, or its answer was lost: the family ends.

Operators are told of refresh tokens (RT-01); a code is used twice if a page is reloaded.
"""

from __future__ import annotations

from typing import NoReturn

from app.database import writing
from identity.accounts.account_snapshot import snapshot_from
from identity.oidc.clients.store import RelyingParty
from identity.oidc.errors import OnRecord
from identity.oidc.refusals import TOKEN, record_refusal
from identity.oidc.token_families import Family, end_family, record_family_event
from identity.ports import approvals

CODE, REFRESH_TOKEN = "code", "refresh token"


def used_twice(client: RelyingParty, family: Family, *, kind: str) -> NoReturn:
    """End the family at once, also for the provider's endpoints (RFC 9700, 2.1.1 and 4.14.2).

    Raises OnRecord.
    """
    with writing():
        ended = end_family(family.id, cause=f"{kind} used twice")
        if ended:
            record_family_event("token.reused", client, family, what=kind)
            if kind == REFRESH_TOKEN:
                approvals().refresh_token_reused(
                    snapshot_from(family), client.client_id, client.name
                )
    if not ended:
        raise refused_after_end(client, family, detail=f"{kind} used twice")
    raise OnRecord(detail=f"{kind} used twice")


def refused_after_end(
    client: RelyingParty, family: Family, *, detail: str | None = None
) -> OnRecord:
    """Record a use of a family that has ended, and return the error to raise."""
    error = OnRecord(detail=detail or f"family ended: {family.ended_cause}")
    record_refusal(TOKEN, client, error, family=family)
    return error
