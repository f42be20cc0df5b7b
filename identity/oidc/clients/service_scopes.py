"""Check that the scopes of a client fit its service."""

from __future__ import annotations

from collections.abc import Collection

from identity.ports import approvals


def why_scopes_do_not_fit(
    service: str | None, registered: Collection[str], grant_types: Collection[str]
) -> str | None:
    """Return in a clause why these scopes and this service do not go together, or None.

    Such a client can be registered: what it lacks is told, not refused.
    """
    of_services = dict.fromkeys(claim.scope for claim in approvals().claim_descriptions())
    held = [scope for scope in registered if scope in of_services]
    if service is None:
        return (
            f"without a service tokens contain no claims of {' and '.join(held)}" if held else None
        )
    if held or "authorization_code" not in grant_types:
        return None
    return (
        f"tokens of the client contain no claims of {approvals().service_name(service)}: add "
        f"{' or '.join(of_services)} to its scopes"
    )
