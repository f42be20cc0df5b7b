"""Limits on a registration with an initial access token. Pure.

Nothing that the policy does not name: an operator's registration says whose entitlements a client
may learn, so that is never for the client itself to say.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from urllib.parse import urlsplit

from identity.oidc import scopes
from identity.oidc.clients.metadata import PROFILES, InvalidMetadata, in_english
from identity.oidc.redirects import own_scheme
from identity.sessions.levels import ONE_FACTOR

PEOPLE = ("authorization_code", "refresh_token")
REDIRECTS = ("redirect_uris", "post_logout_redirect_uris")
PLACES = (
    *REDIRECTS,
    "client_uri",
    "policy_uri",
    "tos_uri",
    "initiate_login_uri",
    "frontchannel_logout_uri",
    "backchannel_logout_uri",
    "sector_identifier_uri",
    "jwks_uri",
)
"""Members that say where people are sent, and what is called."""


@dataclass(frozen=True)
class Policy:
    """Limits of a registration, as lists.

    `redirect_hosts` are those of all PLACES; without an entry every host is allowed.
    """

    services: tuple[str, ...] = ()
    scopes: tuple[str, ...] = scopes.DEFAULT
    grant_types: tuple[str, ...] = PEOPLE
    profile: str | None = None
    redirect_hosts: tuple[str, ...] = ()

    def to_store(self) -> dict[str, object]:
        return asdict(self)

    @classmethod
    def from_store(cls, stored: Mapping[str, object]) -> Policy:
        lists = {name: tuple(value) for name, value in stored.items() if isinstance(value, list)}
        profile = stored.get("profile")
        return cls(**lists, profile=profile if isinstance(profile, str) else None)


def within(policy: Policy, metadata: object) -> dict[str, object]:
    """Return the metadata within the policy. Raises InvalidMetadata with all that exceeds it."""
    if not isinstance(metadata, Mapping):
        raise InvalidMetadata("The metadata of a client is a JSON object.")
    members = in_english({name: value for name, value in metadata.items() if value is not None})
    beyond = list(_beyond(policy, members))
    if beyond:
        raise InvalidMetadata.of(beyond)
    if policy.profile is not None:
        members["profile"] = policy.profile
    return {"scope": " ".join(policy.scopes)} | members


def _beyond(policy: Policy, members: dict[str, object]) -> Iterator[InvalidMetadata]:
    if members.get("resources"):
        # A client that registers a resource may introspect the tokens of others that are for it.
        yield InvalidMetadata("resources are for an operator to register.")
    if members.get("require_pkce") is False:
        yield InvalidMetadata("require_pkce is for an operator to switch off.")
    if members.get("minimum_acr") == ONE_FACTOR:
        yield InvalidMetadata("minimum_acr below two factors is for an operator to register.")
    values = (
        ("service", members.get("service"), policy.services),
        *(
            ("grant_types", grant_type, policy.grant_types)
            for grant_type in _as_list(members.get("grant_types", PEOPLE[:1]))
        ),
        *(("scope", scope, policy.scopes) for scope in str(members.get("scope", "")).split()),
        ("profile", members.get("profile"), (policy.profile,) if policy.profile else PROFILES),
    )
    for member, value, allowed in values:
        if value is not None and value not in allowed:
            text = f"{member}: {str(value)[:80]!r} is not for this token to register."
            yield InvalidMetadata(text)
    for member in PLACES:
        addresses = members.get(member, [])
        for address in addresses if isinstance(addresses, list) else [addresses]:
            if policy.redirect_hosts and _host(address) not in policy.redirect_hosts:
                yield InvalidMetadata(
                    f"{member}: {str(address)[:200]!r} is at a host that is not this token's.",
                    "invalid_redirect_uri" if member in REDIRECTS else "invalid_client_metadata",
                )


def _host(address: object) -> str | None:
    """Return the host of an address, or the private-use scheme of a native application."""
    try:
        parts = urlsplit(str(address))
        return own_scheme(str(address)) or parts.hostname
    except ValueError:
        return None


def _as_list(value: object) -> list[object]:
    """Return the value if it is a list; every other is left to the validation."""
    return list(value) if isinstance(value, list | tuple) else []
