"""Clients as the endpoints know them: read once, kept by each worker while nothing changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, select

from app.database import db
from identity.oidc import redirects, scopes
from identity.oidc.cache import cache
from identity.oidc.models import Client


@dataclass(frozen=True)
class RelyingParty:
    """A client that is not disabled. Public data and the secret's hash; `key` is the row's id."""

    key: int
    client_id: str
    name: str
    service: str | None
    secret_hash: str | None
    auth_method: str
    grant_types: frozenset[str]
    scopes: tuple[str, ...]
    redirect_uris: tuple[str, ...]
    post_logout_redirect_uris: tuple[str, ...]
    resources: tuple[str, ...]
    require_pkce: bool
    require_auth_time: bool
    default_max_age: int | None
    default_acr_values: tuple[str, ...]
    id_token_alg: str
    access_token_alg: str
    code_lifetime: int
    access_token_lifetime: int
    id_token_lifetime: int
    offline_idle_lifetime: int
    offline_absolute_lifetime: int
    home: str | None

    @property
    def confidential(self) -> bool:
        return self.secret_hash is not None


def find(client_id: str) -> RelyingParty | None:
    """The client of that id, None where there is none or it is disabled."""
    return cache().get(("client", client_id), lambda: _load(Client.client_id == client_id))


def find_by_key(key: int) -> RelyingParty | None:
    return cache().get(("client", key), lambda: _load(Client.id == key))


def browser_origins() -> frozenset[str]:
    """Origins of public clients: pages of theirs may call the token endpoint (CORS)."""
    return cache().get("origins", _load_origins)


def _load(condition: Any) -> RelyingParty | None:
    row = db.session.execute(
        select(Client.__table__).where(condition, Client.disabled_at.is_(None))
    ).one_or_none()
    return _from_row(row) if row is not None else None


def _from_row(row: Row[Any]) -> RelyingParty:
    data = row.registration
    return RelyingParty(
        key=row.id,
        client_id=row.client_id,
        name=row.name,
        service=row.service,
        secret_hash=row.secret_hash,
        auth_method=data["token_endpoint_auth_method"],
        grant_types=frozenset(data["grant_types"]),
        scopes=tuple(scopes.split(data["scope"])),
        redirect_uris=tuple(data["redirect_uris"]),
        post_logout_redirect_uris=tuple(data["post_logout_redirect_uris"]),
        resources=tuple(data["resources"]),
        require_pkce=data["require_pkce"],
        require_auth_time=data["require_auth_time"],
        default_max_age=data.get("default_max_age"),
        default_acr_values=tuple(data.get("default_acr_values", ())),
        id_token_alg=data["id_token_signed_response_alg"],
        access_token_alg=data["access_token_signed_response_alg"],
        code_lifetime=data["code_lifetime"],
        access_token_lifetime=data["access_token_lifetime"],
        id_token_lifetime=data["id_token_lifetime"],
        offline_idle_lifetime=data["offline_idle_lifetime"],
        offline_absolute_lifetime=data["offline_absolute_lifetime"],
        home=data.get("client_uri"),
    )


def _load_origins() -> frozenset[str]:
    registrations = db.session.scalars(
        select(Client.registration).where(
            Client.secret_hash.is_(None), Client.disabled_at.is_(None)
        )
    )
    return frozenset(
        redirects.origin(address)
        for registration in registrations
        for address in registration["redirect_uris"]
        if address.startswith(("https:", "http:"))
    )
