"""Grant type token-exchange: a service calls another on the person's behalf (RFC 8693)."""

from __future__ import annotations

from app.clock import now
from app.database import commit_unit
from identity.oidc import delegation, scopes
from identity.oidc.bearer import verify_access_token
from identity.oidc.clients.store import RelyingParty
from identity.oidc.entitlement import require_entitlement, sign_in_again_at
from identity.oidc.errors import (
    InvalidRequest,
    InvalidScope,
    InvalidTarget,
    InvalidToken,
    UnauthorizedClient,
)
from identity.oidc.pairwise import subject_for
from identity.oidc.parameters import Parameters
from identity.oidc.proof.binding import Binding
from identity.oidc.token.grant_type import PATH, GrantType
from identity.oidc.token.issue import issued_row, response_for_target
from identity.oidc.token_families import Family
from identity.oidc.tokens import AccessToken

ACCESS_TOKEN_TYPE = "urn:ietf:params:oauth:token-type:access_token"
NOT_PASSED_ON = frozenset({scopes.OPENID, scopes.OFFLINE_ACCESS})
"""They stand for a sign-in of the person, and nobody has signed in to the target."""


def redeem(
    client: RelyingParty, parameters: Parameters, binding: Binding | None
) -> dict[str, object]:
    """Exchange a person's token for one at another service."""
    at = now()
    subject, family = _subject_token(client, parameters, binding)
    resource = _resource(parameters)
    target = delegation.target_client(client, resource)
    if target is None:
        raise InvalidTarget("No service of that resource takes tokens from this client")
    granted = _granted_scopes(subject, target, parameters)
    holds = delegation.entitlement_at(
        target, require_entitlement(client, family, at).account, family, at
    )
    if holds is None:
        raise InvalidTarget("The person has no access to that service")
    level = holds.level_to_reach(target, family)
    if level is not None:
        # RFC 8693, 2.2.2: a subject token that the policy does not accept.
        raise InvalidRequest(sign_in_again_at(level), detail="level of the sign-in is too low")
    response = response_for_target(
        client,
        family,
        holds,
        subject=subject_for(target, holds.account.subject),
        granted=granted,
        audience=resource,
        binding=binding,
        at=at,
        expires_at=subject.expires_at,
    )
    commit_unit(
        issued_row(
            client,
            grant_type=GRANT.name,
            granted=granted,
            audience=resource,
            service=target.service,
            family=family,
            subject=holds.account.subject,
        )
    )
    return response | {"issued_token_type": ACCESS_TOKEN_TYPE}


def _subject_token(
    client: RelyingParty, parameters: Parameters, binding: Binding | None
) -> tuple[AccessToken, Family]:
    """Return the person's token that this client was issued. Raises InvalidRequest (2.2.2)."""
    if not client.confidential:
        raise UnauthorizedClient
    if "actor_token" in parameters:
        raise InvalidRequest("The client itself is the actor: send no actor_token")
    if parameters.get("subject_token_type") != ACCESS_TOKEN_TYPE:
        raise InvalidRequest("subject_token_type is that of an access token")
    if parameters.get("requested_token_type", ACCESS_TOKEN_TYPE) != ACCESS_TOKEN_TYPE:
        raise InvalidRequest("requested_token_type can be that of an access token only")
    try:
        subject = verify_access_token(parameters.get("subject_token", ""), asked_at=PATH)
    except InvalidToken as error:
        raise InvalidRequest("subject_token is not valid", detail=error.detail) from None
    if subject.family is None or subject.client.key != client.key or subject.exchanged:
        raise InvalidRequest("subject_token is not a person's token given to this client")
    if subject.binding is not None and subject.binding != binding:
        raise InvalidRequest("subject_token is bound to another key or certificate")
    return subject.access_token, subject.family


def _resource(parameters: Parameters) -> str:
    """Return the one target, as `resource` or as `audience`."""
    named = {*parameters.all("resource"), *parameters.all("audience")}
    if len(named) != 1:
        raise InvalidRequest("Name one resource for which the token is to be")
    return named.pop()


def _granted_scopes(
    subject: AccessToken, target: RelyingParty, parameters: Parameters
) -> list[str]:
    """Return the scopes that both the person's token and the target have (RFC 8693, 2.1)."""
    held = [
        scope for scope in subject.scopes if scope in target.scopes and scope not in NOT_PASSED_ON
    ]
    wanted = scopes.split(parameters.get("scope")) or held
    if not wanted or not set(wanted) <= set(held):
        raise InvalidScope("The scope goes beyond what the token and the target have in common")
    return wanted


GRANT = GrantType(
    name="urn:ietf:params:oauth:grant-type:token-exchange",
    label="It exchanges a person’s token for another service (token-exchange)",
    parameters=frozenset(
        {
            "subject_token",
            "subject_token_type",
            "requested_token_type",
            "actor_token",
            "resource",
            "audience",
            "scope",
        }
    ),
    redeem=redeem,
)
