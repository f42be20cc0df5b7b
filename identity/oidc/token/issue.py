"""Shared by every grant type: audience, scopes, and the members of the response."""

from __future__ import annotations

from datetime import datetime, timedelta

from app.audit import audit_row
from app.database import Change
from app.identifiers import secret_hash
from app.settings import settings
from identity.oidc import scopes
from identity.oidc.clients.store import RelyingParty
from identity.oidc.delegation import actor_claim
from identity.oidc.entitlement import Entitlement
from identity.oidc.errors import InvalidTarget
from identity.oidc.pairwise import subject_for
from identity.oidc.parameters import Parameters
from identity.oidc.proof.binding import Binding, claims_of, token_type
from identity.oidc.statements import new_refresh_token, prolonged
from identity.oidc.token_families import Family
from identity.oidc.tokens import issue_access_token, issue_id_token, lifetime


def audience(
    client: RelyingParty, parameters: Parameters, limited_to: list[str] | None = None
) -> str:
    """Return the one audience of the access token (RFC 8707, 2.2); by default the issuer.

    `limited_to` are the resources of the authorization request, where it named any. Raises
    InvalidTarget.
    """
    issuer = settings().issuer
    named = set(parameters.all("resource"))
    if not named:
        return issuer
    if len(named) > 1:
        raise InvalidTarget("A token has one audience: name one resource")
    resource = named.pop()
    if resource == issuer:
        return issuer
    if resource not in client.resources or (limited_to and resource not in limited_to):
        raise InvalidTarget
    return resource


def response_for_person(
    client: RelyingParty,
    family: Family,
    entitlement: Entitlement,
    *,
    granted: list[str],
    audience: str,
    refresh_token: str | None,
    binding: Binding | None,
    at: datetime,
    nonce: str | None = None,
) -> dict[str, object]:
    """Return access token, ID token where `openid` was granted, and the refresh token."""
    subject = subject_for(client, entitlement.account.subject)
    sign_in = _sign_in(family)
    access_token = issue_access_token(
        client,
        subject=subject,
        audience=audience,
        scope=scopes.join(granted),
        family=family.public_id,
        claims=entitlement.of_scopes(set(granted)) | sign_in | claims_of(binding),
        at=at,
        ends_by=entitlement.ends_by,
    )
    response = _response(client, access_token, granted, binding)
    response["expires_in"] = lifetime(client.access_token_lifetime, at, entitlement.ends_by)
    if scopes.OPENID in granted:
        response["id_token"] = issue_id_token(
            client,
            access_token=access_token,
            claims=entitlement.requested_claims(client, family.claims_requested.get("id_token"))
            | sign_in
            | {"sub": subject}
            | ({"sid": family.sid} if client.is_told_of_sign_out else {})
            | ({"nonce": nonce} if nonce is not None else {}),
            at=at,
            ends_by=entitlement.ends_by,
        )
    if refresh_token is not None:
        response["refresh_token"] = refresh_token
    return response


def response_for_service(
    client: RelyingParty,
    *,
    granted: list[str],
    audience: str,
    binding: Binding | None,
    at: datetime,
) -> dict[str, object]:
    """Issue an access token in the client's own name, with its id as `sub` (RFC 9068, 2.2)."""
    access_token = issue_access_token(
        client,
        subject=client.client_id,
        audience=audience,
        scope=scopes.join(granted),
        family=None,
        claims=claims_of(binding),
        at=at,
    )
    return _response(client, access_token, granted, binding)


def response_for_target(
    client: RelyingParty,
    family: Family,
    holds: Entitlement,
    *,
    subject: str,
    granted: list[str],
    audience: str,
    binding: Binding | None,
    at: datetime,
    expires_at: int,
) -> dict[str, object]:
    """Issue an access token with which the client acts for the person (RFC 8693, 2.2.1).

    `subject` is the target's name for the person; the token ends with the one it was given for.
    """
    ends_by = min(expires_at, holds.ends_by or expires_at)
    access_token = issue_access_token(
        client,
        subject=subject,
        audience=audience,
        scope=scopes.join(granted),
        family=family.public_id,
        claims=holds.of_scopes(set(granted))
        | _sign_in(family)
        | actor_claim(client)
        | claims_of(binding),
        at=at,
        ends_by=ends_by,
    )
    seconds = lifetime(client.access_token_lifetime, at, ends_by)
    return _response(client, access_token, granted, binding) | {"expires_in": seconds}


def issued_row(
    client: RelyingParty,
    *,
    grant_type: str,
    granted: list[str],
    audience: str,
    service: str | None,
    family: Family | None = None,
    subject: str | None = None,
) -> Change:
    """Return the audit row of an issued access token, to commit with it.

    service: where the token is used. family, subject: of a person's token.
    """
    detail: dict[str, object] = {} if family is None else {"grant": family.public_id}
    return audit_row(
        "token.issued",
        actor=None,
        before=None,
        after=None,
        client=client.client_id,
        service=service,
        organisation=None if family is None else family.organisation,
        subject=subject,
        grant_type=grant_type,
        scope=scopes.join(granted),
        audience=audience,
        **detail,
    )


def stored_refresh_token(
    client: RelyingParty, family: Family, token: str, at: datetime, *, binding: Binding | None
) -> Change:
    """Return the change that stores the refresh token as one of the family's.

    A public client's is bound to its key; a confidential one proves itself anyway (RFC 9449, 5).
    """
    return new_refresh_token(
        token_hash=secret_hash(token),
        grant_id=family.id,
        created_at=at,
        expires_at=_unused_until(client, family, at),
        bound_to=None if client.confidential or binding is None else binding.thumbprint,
    )


def prolonged_refresh_token(
    client: RelyingParty, family: Family, token_id: int, at: datetime
) -> list[Change]:
    """Return the change that prolongs a token that does not rotate, none unless it is offline."""
    if not family.offline:
        return []
    return [prolonged(token_id, expires_at=_unused_until(client, family, at))]


def _unused_until(client: RelyingParty, family: Family, at: datetime) -> datetime:
    """Return when a refresh token that is used now ends (docs/decisions/0022)."""
    end: datetime = family.ends_at
    idle = timedelta(seconds=client.offline_idle_lifetime)
    return min(end, at + idle) if family.offline else end


def _sign_in(family: Family) -> dict[str, object]:
    """Return how and when the person signed in (RFC 9068, 2.2.1)."""
    auth_time = int(family.auth_time.timestamp())
    return {"auth_time": auth_time, "acr": family.acr, "amr": family.amr}


def _response(
    client: RelyingParty, access_token: str, granted: list[str], binding: Binding | None
) -> dict[str, object]:
    response = {
        "access_token": access_token,
        "token_type": token_type(binding),
        "expires_in": client.access_token_lifetime,
    }
    # RFC 6749, 3.3: there is no empty scope.
    return response | ({"scope": scopes.join(granted)} if granted else {})
