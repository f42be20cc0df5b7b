"""Changes that a client makes to its own registration, within the policy of its token."""

from __future__ import annotations

import hmac
from functools import partial

from sqlalchemy import select

from app.database import db, writing
from app.identifiers import new_secret, secret_hash
from identity.oidc.client_administration import actions as clients
from identity.oidc.clients.metadata import InvalidMetadata
from identity.oidc.dynamic_registration import tokens
from identity.oidc.dynamic_registration.names import why_confusable
from identity.oidc.dynamic_registration.policy import Policy, within
from identity.oidc.json_types import RegistrationResponse
from identity.oidc.models import Client, InitialAccessToken
from identity.oidc.token.endpoint import GRANT_TYPES


class TokenUsedUp(Exception):
    """Other registrations have used the token up meanwhile."""


def find_client(client_id: str, access_token: str) -> Client | None:
    """Return the enabled client whose own registration access token it is, or None."""
    client = db.session.scalar(select(Client).where(Client.client_id == client_id))
    expected = (client.registration_token_hash if client else None) or ""
    right = hmac.compare_digest(secret_hash(access_token), expected)
    return client if client is not None and client.disabled_at is None and right else None


def register(
    initial: InitialAccessToken, metadata: dict[str, object]
) -> tuple[RegistrationResponse, str]:
    """Add a client; return the response and the client's registration access token.

    Raises InvalidMetadata, which is recorded, and TokenUsedUp.
    """
    policy, access_token = initial.policy, new_secret()
    try:
        # This may call the client's own server, so it runs outside every transaction.
        registration = clients.checked(
            within(Policy.from_store(policy), metadata),
            grant_types=tuple(GRANT_TYPES),
            confusable=partial(why_confusable, service=_service(metadata), policy=policy),
        )
    except InvalidMetadata as error:
        tokens.record_refusal(initial, str(error))
        raise
    with writing():
        if not tokens.claim_registration(initial):
            raise TokenUsedUp
        answer = clients.add(registration)
        client = clients.find(answer["client_id"])
        client.registration_token_hash = secret_hash(access_token)
        client.registration_policy = policy
    return answer, access_token


def update(client: Client, metadata: dict[str, object]) -> RegistrationResponse:
    """Replace the client's registration. Raises InvalidMetadata."""
    client_id, policy = client.client_id, client.registration_policy or {}
    return clients.update(
        client_id,
        within(Policy.from_store(policy), metadata),
        grant_types=tuple(GRANT_TYPES),
        confusable=partial(
            why_confusable, service=_service(metadata), policy=policy, client_id=client_id
        ),
    )


def delete(client: Client) -> None:
    """Disable the client and void its registration access token; its history stays recorded."""
    client_id = client.client_id
    with writing():
        clients.disable(client_id).registration_token_hash = None


def _service(metadata: dict[str, object]) -> str | None:
    """Return the service that the metadata names; another value is left to the validation."""
    service = metadata.get("service")
    return service if isinstance(service, str) else None
