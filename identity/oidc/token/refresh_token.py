"""Grant type refresh_token, with rotation and reuse detection (RFC 6749, 6; RFC 9700, 4.14.2)."""

from __future__ import annotations

from datetime import datetime

from app.clock import now
from app.database import Change, commit_unit
from app.identifiers import new_secret
from identity.oidc import scopes
from identity.oidc.clients.store import RelyingParty
from identity.oidc.entitlement import require_entitlement
from identity.oidc.errors import InvalidGrant, InvalidRequest, InvalidScope
from identity.oidc.models import RefreshToken
from identity.oidc.parameters import Parameters
from identity.oidc.proof.binding import Binding, keeps
from identity.oidc.statements import claim_of
from identity.oidc.token.grant_type import GrantType
from identity.oidc.token.issue import (
    audience,
    issued_row,
    prolonged_refresh_token,
    response_for_person,
    stored_refresh_token,
)
from identity.oidc.token.refresh_grace import may_be_lost, retry_of, successor_of
from identity.oidc.token.reuse import REFRESH_TOKEN, refused_after_end, used_twice
from identity.oidc.token_families import (
    Family,
    FamilyOfRefreshToken,
    find_with_refresh_token,
)


def redeem(
    client: RelyingParty, parameters: Parameters, binding: Binding | None
) -> dict[str, object]:
    """Redeem a refresh token for tokens."""
    at = now()
    row = _find(client, parameters, binding, at)
    granted = _granted_scopes(client, row, parameters)
    target = audience(client, parameters, row.resources)
    entitlement = require_entitlement(client, row, at)
    successor = _successor(client, parameters["refresh_token"])
    response = response_for_person(
        client,
        row,
        entitlement,
        granted=granted,
        audience=target,
        refresh_token=successor,
        binding=binding,
        at=at,
    )
    issued = issued_row(
        client,
        grant_type=GRANT.name,
        granted=granted,
        audience=target,
        service=row.service,
        family=row,
        subject=entitlement.account.subject,
    )
    if successor is None:
        commit_unit(*prolonged_refresh_token(client, row, row.token_id, at), issued)
    elif not _rotate(client, row, successor, issued, binding, at):
        used_twice(client, row, kind=REFRESH_TOKEN)
    return response


def _find(
    client: RelyingParty, parameters: Parameters, binding: Binding | None, at: datetime
) -> FamilyOfRefreshToken:
    token = parameters.get("refresh_token")
    if token is None:
        raise InvalidRequest("refresh_token is missing")
    row = find_with_refresh_token(token)
    if row is None:
        raise InvalidGrant(detail="no such refresh token")
    if row.client_id != client.key:
        raise InvalidGrant(detail="refresh token of another client")
    if row.used_at is not None and not may_be_lost(client, row, at):
        used_twice(client, row, kind=REFRESH_TOKEN)
    if row.ended_at is not None:
        raise refused_after_end(client, row)
    if row.token_expires_at <= at:
        raise InvalidGrant(detail="refresh token expired")
    if not keeps(row.bound_to, binding):
        raise InvalidGrant(detail="the refresh token is bound to another key")
    return row


def _successor(client: RelyingParty, token: str) -> str | None:
    """Return the token that takes the place of this one, or None for a client of FAPI.

    A token that only its client can use does not rotate (FAPI 2.0 Security Profile, 5.3.2.1).
    """
    if client.fapi:
        return None
    return successor_of(token) if client.refresh_token_grace else new_secret()


def _rotate(
    client: RelyingParty,
    row: FamilyOfRefreshToken,
    successor: str,
    issued: Change,
    binding: Binding | None,
    at: datetime,
) -> bool:
    """Commit the successor with its audit row; False if the token was used."""
    stored = stored_refresh_token(client, row, successor, at, binding=binding)
    if commit_unit(stored, issued, claim=claim_of(RefreshToken, row.token_id, row.id, at)):
        return True
    return may_be_lost(client, row, at) and commit_unit(issued, claim=retry_of(row, successor, at))


def _granted_scopes(client: RelyingParty, row: Family, parameters: Parameters) -> list[str]:
    """Return all that was granted, or the part that is asked for; never more (RFC 6749, 6)."""
    held = [scope for scope in scopes.split(row.scope) if scope in client.scopes]
    wanted = scopes.split(parameters.get("scope")) or held
    if not wanted or not set(wanted) <= set(held):
        raise InvalidScope("The scope goes beyond what was granted")
    return wanted


GRANT = GrantType(
    name="refresh_token",
    label="It refreshes their tokens (refresh_token)",
    parameters=frozenset({"refresh_token", "scope", "resource"}),
    redeem=redeem,
)
