"""A provider as its metadata describes it, and its keys. Both are kept for a while.

Every request goes through `app.http_client`, so that addresses in metadata lead to the public
internet only, or to networks that the settings admit.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from app.clock import now
from app.context import PerApplication
from app.http_client import Unreachable, why_address_refused
from identity.oidc.clients.jwks import Named, read
from identity.oidc.clients.remote_documents import fetched
from identity.oidc.jws_registry import SIGNING_ALGS
from identity.oidc.jwt_verification import PublicKey, UnsuitableKey

KEPT = timedelta(minutes=10)
REFETCH = timedelta(minutes=1)
"""Keys are fetched again for an unknown `kid` at most this often."""
OUTAGE = timedelta(seconds=5)
"""After a failure the provider is asked again at the earliest after this time, but for a check.

Logout tokens can be posted by anybody, and each request would wait for the provider anew.
"""
_WELL_KNOWN = "/.well-known/openid-configuration"
Value = TypeVar("Value")


class UnusableProvider(ValueError):
    """The provider answers, but not as this service needs it to. The text says why."""


@dataclass(frozen=True)
class Provider:
    """Checked metadata of a provider (OpenID Connect Discovery, 3).

    algs: algorithms of ID tokens that are accepted. names_itself: whether its authorization
    responses have `iss` (RFC 9207). basic_auth: whether the secret goes into the Authorization
    header because the form is not accepted.
    """

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    algs: tuple[str, ...]
    names_itself: bool
    basic_auth: bool


@dataclass(frozen=True)
class _Kept(Generic[Value]):
    value: Value
    fetched_at: datetime


class _Cache(Generic[Value]):
    """Documents by their address, fetched anew after `KEPT`."""

    def __init__(self) -> None:
        self._kept: dict[str, _Kept[Value]] = {}
        self._failed_at: dict[str, datetime] = {}
        self._lock = threading.Lock()

    def get(self, address: str, fetch: Callable[[], Value], longest: timedelta = KEPT) -> Value:
        """Return the document, fetched now if it is older than `longest`. Raises as `fetch`."""
        kept = self._kept.get(address)
        at = now()
        if kept is not None and kept.fetched_at <= at < kept.fetched_at + longest:
            return kept.value
        failed_at = self._failed_at.get(address)
        if longest and failed_at is not None and failed_at <= at < failed_at + OUTAGE:
            raise Unreachable
        try:
            value = fetch()
        except Unreachable:
            with self._lock:
                self._failed_at[address] = now()
            raise
        with self._lock:
            self._kept[address] = _Kept(value, at)
            self._failed_at.pop(address, None)
        return value


_providers: PerApplication[_Cache[Provider]] = PerApplication("identity.upstream.providers", _Cache)
_keys: PerApplication[_Cache[Named]] = PerApplication("identity.upstream.keys", _Cache)


def discover(issuer: str) -> Provider:
    """Return the provider of the issuer. Raises Unreachable and UnusableProvider."""
    return _providers().get(issuer, lambda: _discovered(issuer))


def discover_anew(issuer: str) -> Provider:
    """Return the provider as its metadata is now. Raises Unreachable and UnusableProvider."""
    return _providers().get(issuer, lambda: _discovered(issuer), timedelta(0))


def signing_keys(provider: Provider, kid: object) -> Iterable[PublicKey]:
    """Return the provider's keys for a token with this `kid`, or all keys if it has none.

    A `kid` that is not known has the keys fetched again. Raises Unreachable and UnusableProvider.
    """
    keys = _keys().get(provider.jwks_uri, lambda: fetch_keys(provider))
    if kid is not None and not any(name == kid for name, _ in keys):
        keys = _keys().get(provider.jwks_uri, lambda: fetch_keys(provider), REFETCH)
    return [key for name, key in keys if kid is None or name == kid]


def fetch_keys(provider: Provider) -> Named:
    """Return the keys that the provider publishes now. Raises Unreachable and UnusableProvider."""
    try:
        keys = read(fetched(provider.jwks_uri))
    except UnsuitableKey as error:
        raise UnusableProvider(f"Its keys cannot be used: {error}.") from None
    if not keys:
        raise UnusableProvider("It publishes no key that can sign.")
    return keys


def _discovered(issuer: str) -> Provider:
    document = fetched(issuer.rstrip("/") + _WELL_KNOWN)
    if not isinstance(document, dict):
        raise UnusableProvider("Its metadata is no JSON object.")
    return read_metadata(issuer, document)


def read_metadata(issuer: str, document: Mapping[str, object]) -> Provider:
    """Return the provider that the metadata describes. Raises UnusableProvider."""
    if document.get("issuer") != issuer:
        raise UnusableProvider(
            f"Its metadata names another issuer: {str(document.get('issuer'))[:200]}."
        )
    if "code" not in _strings(document, "response_types_supported", ()):
        raise UnusableProvider("It does not support the response type code.")
    if "S256" not in _strings(document, "code_challenge_methods_supported", ("S256",)):
        raise UnusableProvider("It does not support PKCE with S256.")
    offered = _strings(document, "id_token_signing_alg_values_supported", ("RS256",))
    algs = tuple(alg for alg in SIGNING_ALGS if alg in offered)
    if not algs:
        raise UnusableProvider(f"It signs ID tokens with none of {', '.join(SIGNING_ALGS)}.")
    methods = _strings(document, "token_endpoint_auth_methods_supported", ("client_secret_basic",))
    if not {"client_secret_basic", "client_secret_post"} & set(methods):
        raise UnusableProvider("It accepts no client secret at its token endpoint.")
    return Provider(
        issuer=issuer,
        authorization_endpoint=_address(document, "authorization_endpoint"),
        token_endpoint=_address(document, "token_endpoint"),
        jwks_uri=_address(document, "jwks_uri"),
        algs=algs,
        names_itself=document.get("authorization_response_iss_parameter_supported") is True,
        basic_auth="client_secret_post" not in methods,
    )


def _address(document: Mapping[str, object], name: str) -> str:
    value = document.get(name)
    refusal = why_address_refused(value) if isinstance(value, str) else "it is missing"
    if not isinstance(value, str) or refusal is not None:
        raise UnusableProvider(f"Its {name} cannot be used: {refusal}.")
    return value


def _strings(
    document: Mapping[str, object], name: str, default: tuple[str, ...]
) -> tuple[str, ...]:
    value = document.get(name)
    if not isinstance(value, list):
        return default
    return tuple(each for each in value if isinstance(each, str))
