"""Audit rows of refused requests in which a client or a person can be named.

Anybody can repeat a request, so the same reason for the same client, or for the same token family,
is written a few times a minute at most. Each process counts for itself.
"""

from __future__ import annotations

from app.audit import record
from app.context import PerApplication
from app.database import writing
from app.web.rate_counters import Allowance
from identity.accounts.account_snapshot import snapshot_from
from identity.oidc.clients.store import RelyingParty
from identity.oidc.errors import OAuthError
from identity.oidc.token_families import Family, record_family_event

A_MINUTE, AN_HOUR = 3, 20
"""Rows of one reason for one client, or for one token family."""
TOKEN, ACCESS, REQUEST = "token.refused", "access.refused", "request.refused"


_refusals = PerApplication("identity.oidc.refusals", lambda: Allowance(A_MINUTE, AN_HOUR))


def admit_refusal(event: str, *about: str) -> bool:
    """Count a refusal of this kind; False where rows enough say so."""
    return _refusals().use(event, *about)


def record_refusal(
    event: str,
    client: RelyingParty,
    error: OAuthError,
    *,
    family: Family | None = None,
    **detail: object,
) -> None:
    """Record that a request of this client was refused; with a family, the person is named."""
    about = client.client_id if family is None else family.public_id
    if not admit_refusal(event, about, type(error).__name__, error.description):
        return
    reason = error.detail or error.description
    with writing():
        if family is None:
            record(
                event,
                actor=None,
                organisation=None,
                subject=None,
                service=client.service,
                client=client.client_id,
                before=None,
                after=None,
                reason=reason,
                **detail,
            )
        else:
            subject = snapshot_from(family).subject
            record_family_event(event, client, family, subject=subject, reason=reason, **detail)
