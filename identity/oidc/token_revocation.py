"""Changes of the revocation endpoint: an access token goes alone, a refresh token with its family.

Both do nothing, a second time as well, where there is nothing to revoke.
"""

from __future__ import annotations

from datetime import UTC, datetime

from app.audit import record
from app.database import writing
from app.database.single_use import insert_unless_present
from identity.oidc import token_families
from identity.oidc.clients.store import RelyingParty
from identity.oidc.models import RevokedToken
from identity.oidc.token_families import Family
from identity.oidc.tokens import AccessToken

_add_revoked_token = insert_unless_present(RevokedToken)


def revoke_access_token(client: RelyingParty, token: AccessToken) -> None:
    """Revoke one access token of the client."""
    if token_families.is_token_revoked(token.jti):
        return
    with writing():
        ends = datetime.fromtimestamp(token.expires_at, UTC)
        if not _add_revoked_token(jti=token.jti, expires_at=ends):
            return
        record(
            "token.revoked",
            client=client.client_id,
            service=client.service,
            what="access token",
            grant=token.grant,
        )


def revoke_family(client: RelyingParty, family: Family) -> None:
    """End the family of a refresh token of the client."""
    with writing():
        if token_families.end_family(family.id, cause="revoked by the client"):
            record(
                "token.revoked",
                client=client.client_id,
                service=client.service,
                organisation=family.organisation,
                what="refresh token",
                grant=family.public_id,
            )
