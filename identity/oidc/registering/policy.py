"""What somebody with an initial access token may register. Pure.

Nothing that the policy does not name: an operator's registration says whose entitlements a client
may learn, so that is never for the client itself to say.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlsplit

from identity.oidc import scopes
from identity.oidc.clients.metadata import InvalidMetadata

PEOPLE = ("authorization_code", "refresh_token")
REDIRECTS = ("redirect_uris", "post_logout_redirect_uris")
PLACES = (
    *REDIRECTS,
    "client_uri",
    "initiate_login_uri",
    "frontchannel_logout_uri",
    "backchannel_logout_uri",
    "sector_identifier_uri",
    "jwks_uri",
)
"""Members that say where people are sent, and what is called."""


@dataclass(frozen=True)
class Policy:
    """Lists of what may be asked for. `redirect_hosts` are those of all PLACES; without an entry
    every host will do.
    """

    services: tuple[str, ...] = ()
    scopes: tuple[str, ...] = scopes.DEFAULT
    grant_types: tuple[str, ...] = PEOPLE
    profile: str | None = None
    redirect_hosts: tuple[str, ...] = ()

    def to_store(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_store(cls, stored: Mapping[str, Any]) -> Policy:
        values: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in stored.items()
        }
        return cls(**values)


def within(policy: Policy, metadata: Any) -> dict[str, Any]:
    """The metadata as far as the policy has something to say. Raises InvalidMetadata."""
    if not isinstance(metadata, Mapping):
        raise InvalidMetadata("The metadata of a client is a JSON object.")
    given = {name: value for name, value in metadata.items() if value is not None}
    if given.get("resources"):
        # Who registers a resource may introspect the tokens of others that are for it.
        raise InvalidMetadata("resources are for an operator to register.")
    _only(given.get("service"), policy.services, "service")
    for grant_type in _listed(given.get("grant_types", PEOPLE[:1])):
        _only(grant_type, policy.grant_types, "grant_types")
    for scope in str(given.get("scope", "")).split():
        _only(scope, policy.scopes, "scope")
    for member in PLACES:
        value = given.get(member, [])
        for address in value if isinstance(value, list) else [value]:
            _only_at(address, policy.redirect_hosts, member)
    if policy.profile is not None:
        _only(given.get("profile"), (policy.profile,), "profile")
        given["profile"] = policy.profile
    return {"scope": " ".join(policy.scopes)} | given


def _only(value: Any, allowed: Iterable[str], member: str) -> None:
    if value is not None and value not in allowed:
        raise InvalidMetadata(f"{member}: {str(value)[:80]!r} is not for this token to register.")


def _only_at(address: Any, hosts: tuple[str, ...], member: str) -> None:
    try:
        host = urlsplit(str(address)).hostname
    except ValueError:
        host = None
    if hosts and host not in hosts:
        raise InvalidMetadata(
            f"{member}: {str(address)[:200]!r} is at a host that is not this token's.",
            "invalid_redirect_uri" if member in REDIRECTS else "invalid_client_metadata",
        )


def _listed(value: Any) -> list[Any]:
    """What is no list is left for the validation to refuse."""
    return list(value) if isinstance(value, list | tuple) else []
