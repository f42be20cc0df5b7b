"""Clients are registered, disabled, and given new secrets."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import cast

from sqlalchemy import select

from app.audit import record
from app.clock import now
from app.database import db, writing
from app.identifiers import new_secret, secret_hash
from app.refusal import RefusalError
from identity.oidc import token_families
from identity.oidc.cache import raise_revision
from identity.oidc.clients.history import write_period
from identity.oidc.clients.metadata import SECRET_METHODS
from identity.oidc.clients.registration import sector, validated
from identity.oidc.json_types import Registration, RegistrationResponse
from identity.oidc.models import Client
from identity.ports import approvals


def checked(
    metadata: object,
    *,
    grant_types: tuple[str, ...],
    confusable: Callable[[str], str | None] = lambda _name: None,
) -> Registration:
    """Return the registration that the metadata asks for. Raises InvalidMetadata.

    Must not run inside `writing()`, as it may call the client's own server. `confusable` as
    `validated` has it.
    """
    return validated(
        metadata,
        grant_types=grant_types,
        service_exists=approvals().service_exists,
        confusable=confusable,
    )


def register(metadata: object, *, grant_types: tuple[str, ...]) -> RegistrationResponse:
    """Run `checked` and `add`. Raises InvalidMetadata."""
    return add(checked(metadata, grant_types=grant_types))


def add(registration: Registration) -> RegistrationResponse:
    """Add a client and return the response of RFC 7591 section 3.2.1.

    The secret is in the response and nowhere else.
    """
    secret = _secret_for(registration)
    with writing() as session:
        client = Client(
            name=registration["client_name"],
            service=registration.get("service"),
            secret_hash=secret_hash(secret) if secret else None,
            registration=registration,
        )
        session.add(client)
        session.flush()
        write_period(client)
        raise_revision()
        record(
            "client.registered",
            client=client.client_id,
            service=client.service,
            after=dict(registration),
            client_name=client.name,
        )
        return registration_response(client, secret)


def update(
    client_id: str,
    metadata: object,
    *,
    grant_types: tuple[str, ...],
    confusable: Callable[[str], str | None] = lambda _name: None,
) -> RegistrationResponse:
    """Replace the client's registration by the metadata (RFC 7592, 2.2); return the response.

    The secret stays as long as the method takes one; a client that had none is given one, shown
    here only. Tokens that were issued follow the new registration where they are looked at next,
    and end where the service or the sector changes. Raises RefusalError and InvalidMetadata.
    """
    registration = checked(metadata, grant_types=grant_types, confusable=confusable)
    with writing():
        client = find(client_id)
        before = client.registration
        secret = None if client.secret_hash else _secret_for(registration)
        if registration["token_endpoint_auth_method"] not in SECRET_METHODS:
            client.secret_hash = client.earlier_secret_hash = client.earlier_secret_until = None
        elif secret is not None:
            client.secret_hash, client.secret_changed_at = secret_hash(secret), now()
        if registration.get("service") != client.service:
            token_families.end_families_of_client(client.id, cause="the client's service changed")
        if sector(registration) != sector(before):
            # Its families know the person by another name (Core, 8.1).
            token_families.end_families_of_client(client.id, cause="the client's sector changed")
        client.name, client.service = registration["client_name"], registration.get("service")
        client.registration = registration
        write_period(client)
        raise_revision()
        record(
            "client.updated",
            client=client_id,
            service=client.service,
            before=dict(before),
            after=dict(registration),
            client_name=client.name,
        )
        return registration_response(client, secret)


def disable(client_id: str) -> Client:
    """Disable the client and end its token families. Raises RefusalError."""
    with writing():
        client = find(client_id)
        client.disabled_at = client.disabled_at or now()
        write_period(client)
        token_families.end_families_of_client(client.id, cause="client disabled")
        raise_revision()
        record("client.disabled", client=client_id, service=client.service, client_name=client.name)
    return client


def enable(client_id: str) -> Client:
    """Let a disabled client in again; the token families that ended stay ended.

    Raises RefusalError.
    """
    with writing():
        client = find(client_id)
        client.disabled_at = None
        write_period(client)
        raise_revision()
        record("client.enabled", client=client_id, service=client.service, client_name=client.name)
    return client


def rotate_secret(client_id: str, *, overlap: timedelta) -> str:
    """Make a new secret and return it, this once. Raises RefusalError.

    The one before it stays valid for `overlap`; earlier ones end.
    """
    with writing():
        client = find(client_id)
        if client.secret_hash is None:
            raise RefusalError.of("no_secret", f"{client_id} has no secret.")
        secret = new_secret()
        client.earlier_secret_hash = client.secret_hash if overlap else None
        client.earlier_secret_until = now() + overlap if overlap else None
        client.secret_hash = secret_hash(secret)
        client.secret_changed_at = now()
        raise_revision()
        record(
            "client.secret_rotated",
            client=client_id,
            service=client.service,
            client_name=client.name,
            overlap_hours=overlap / timedelta(hours=1),
        )
    return secret


def registration_response(client: Client, secret: str | None = None) -> RegistrationResponse:
    """Return the registration response (RFC 7591, 3.2.1), with a secret only if it is new."""
    issued = {"client_secret": secret, "client_secret_expires_at": 0} if secret else {}
    response = {
        "client_id": client.client_id,
        "client_id_issued_at": int(client.created_at.timestamp()),
        **client.registration,
        **issued,
    }
    return cast("RegistrationResponse", response)


def everyone() -> list[Client]:
    """Return all clients, in the order of their registration."""
    return list(db.session.scalars(select(Client).order_by(Client.id)))


def _secret_for(registration: Registration) -> str | None:
    return new_secret() if registration["token_endpoint_auth_method"] in SECRET_METHODS else None


def find(client_id: str) -> Client:
    """Return the client's row, enabled or not. Raises RefusalError."""
    client: Client | None = db.session.scalar(select(Client).where(Client.client_id == client_id))
    if client is None:
        raise RefusalError.of("unknown_client", f"There is no client {client_id}.")
    return client
