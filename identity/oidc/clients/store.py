"""Clients as the endpoints know them: read once, kept by each worker while nothing changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Row, select

from app.database import db
from identity.oidc import redirects, scopes
from identity.oidc.cache import cache
from identity.oidc.clients import metadata, registration
from identity.oidc.clients.certificate_subjects import SUBJECTS
from identity.oidc.clients.way_in import way_in
from identity.oidc.json_types import Registration
from identity.oidc.models import Client
from identity.sessions.levels import TWO_FACTORS


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
    native: bool
    """Whether it is an application on a device, for which any port of the loopback will do."""
    resources: tuple[str, ...]
    require_pkce: bool
    default_max_age: int | None
    default_acr_values: tuple[str, ...]
    minimum_acr: str
    """The lowest level that a sign-in has to reach."""
    id_token_alg: str
    access_token_alg: str
    code_lifetime: int
    access_token_lifetime: int
    id_token_lifetime: int
    offline_idle_lifetime: int
    offline_absolute_lifetime: int
    refresh_token_grace: int
    home: str | None
    way_in: str | None
    """The address at which a person begins."""
    policy_uri: str | None
    tos_uri: str | None
    profile: str
    earlier_secret_hash: str | None
    earlier_secret_until: datetime | None
    jwks: Mapping[str, object] | None
    jwks_uri: str | None
    auth_signing_alg: str | None
    require_par: bool
    require_signed_request: bool
    request_object_alg: str | None
    response_alg: str | None
    """Signs authorization responses; without it, the `jwt` response modes are not for it."""
    userinfo_alg: str | None
    introspection_alg: str | None
    dpop_bound: bool
    dpop_nonce: bool
    certificate_bound: bool
    certificate_subject: Mapping[str, str]
    """The one member that names the subject of its certificate (RFC 8705, 2.1.2)."""
    backchannel_logout_uri: str | None
    frontchannel_logout_uri: str | None

    exchange_from: tuple[str, ...]
    """Clients that may come to its resources for a person (RFC 8693)."""

    sector: str | None
    """The sector of a client with pairwise subjects (Core, 8.1)."""

    @property
    def confidential(self) -> bool:
        return self.auth_method != "none"

    def may_return_to(self, address: str) -> bool:
        """Return whether the address is a registered redirect URI."""
        return redirects.matches(self.redirect_uris, address, native=self.native)

    def may_return_after_sign_out(self, address: str) -> bool:
        return redirects.matches(self.post_logout_redirect_uris, address, native=self.native)

    @property
    def is_told_of_sign_out(self) -> bool:
        """Whether it registered an address of any kind for signing out, and so needs `sid`."""
        addresses = (self.backchannel_logout_uri, self.frontchannel_logout_uri)
        return any(addresses) or bool(self.post_logout_redirect_uris)

    @property
    def fapi(self) -> bool:
        """Whether the FAPI 2.0 Security Profile binds it."""
        return self.profile == metadata.FAPI2


def find(client_id: str) -> RelyingParty | None:
    """Return the enabled client of that id, or None."""
    return cache().get(("client", client_id), lambda: _load(Client.client_id == client_id))


def find_by_key(key: int) -> RelyingParty | None:
    """Return the enabled client with this database key, or None."""
    return cache().get(("client", key), lambda: _load(Client.id == key))


def registered_for(resource: str) -> list[RelyingParty]:
    """Return the clients that registered the resource."""
    named = cache().get("resources", _load_resources).get(resource, ())
    return [client for client in map(find_by_key, named) if client is not None]


def browser_origins() -> frozenset[str]:
    """Return origins of public clients: pages of theirs may call the token endpoint (CORS)."""
    return cache().get("origins", _load_origins)


def _load(condition: ColumnElement[bool]) -> RelyingParty | None:
    row = db.session.execute(
        select(Client.__table__).where(condition, Client.disabled_at.is_(None))
    ).one_or_none()
    return _from_row(row) if row is not None else None


def _from_row(row: Row[*tuple[object, ...]]) -> RelyingParty:
    data: Registration = row.registration
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
        native=data["application_type"] == metadata.NATIVE
        and data["token_endpoint_auth_method"] == "none"
        and data["profile"] != metadata.FAPI2,
        resources=tuple(data["resources"]),
        require_pkce=data["require_pkce"],
        default_max_age=data.get("default_max_age"),
        default_acr_values=tuple(data.get("default_acr_values", ())),
        minimum_acr=data.get("minimum_acr", TWO_FACTORS),
        id_token_alg=data["id_token_signed_response_alg"],
        access_token_alg=data["access_token_signed_response_alg"],
        code_lifetime=data["code_lifetime"],
        access_token_lifetime=data["access_token_lifetime"],
        id_token_lifetime=data["id_token_lifetime"],
        offline_idle_lifetime=data["offline_idle_lifetime"],
        offline_absolute_lifetime=data["offline_absolute_lifetime"],
        refresh_token_grace=data.get("refresh_token_grace", 0),
        home=data.get("client_uri"),
        way_in=way_in(data),
        policy_uri=data.get("policy_uri"),
        tos_uri=data.get("tos_uri"),
        profile=data["profile"],
        earlier_secret_hash=row.earlier_secret_hash,
        earlier_secret_until=row.earlier_secret_until,
        jwks=data.get("jwks"),
        jwks_uri=data.get("jwks_uri"),
        auth_signing_alg=data.get("token_endpoint_auth_signing_alg"),
        require_par=data.get("require_pushed_authorization_requests", False),
        require_signed_request=data.get("require_signed_request_object", False),
        request_object_alg=data.get("request_object_signing_alg"),
        response_alg=data.get("authorization_signed_response_alg"),
        userinfo_alg=data.get("userinfo_signed_response_alg"),
        introspection_alg=data.get("introspection_signed_response_alg"),
        dpop_bound=data.get("dpop_bound_access_tokens", False),
        dpop_nonce=data.get("dpop_nonce_required", False),
        certificate_bound=data.get("tls_client_certificate_bound_access_tokens", False),
        certificate_subject={
            name: value for name in SUBJECTS if isinstance(value := data.get(name), str)
        },
        backchannel_logout_uri=data.get("backchannel_logout_uri"),
        frontchannel_logout_uri=data.get("frontchannel_logout_uri"),
        exchange_from=tuple(data.get("exchange_from", ())),
        sector=registration.sector(data),
    )


def _load_resources() -> dict[str, list[int]]:
    enabled = select(Client.id, Client.registration).where(Client.disabled_at.is_(None))
    found: dict[str, list[int]] = {}
    for key, registered in db.session.execute(enabled):
        for resource in registered["resources"]:
            found.setdefault(resource, []).append(key)
    return found


def _load_origins() -> frozenset[str]:
    enabled = db.session.scalars(select(Client.registration).where(Client.disabled_at.is_(None)))
    return frozenset(
        redirects.origin(address)
        for registered in enabled
        if registered["token_endpoint_auth_method"] == "none"
        for address in registered["redirect_uris"]
        if redirects.own_scheme(address) is None
    )
