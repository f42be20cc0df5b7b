"""The demo's clients: registered once, and brought up to date at each later start."""

from collections.abc import Mapping, Sequence
from typing import Any

from app.actors import Actor, set_current_actor
from examples.demo.configuration import Addresses
from examples.playground.app import SCOPES
from examples.playground.sign_in import EXCHANGE
from identity.oidc.client_administration import actions
from identity.oidc.token.endpoint import GRANT_TYPES

EXAMPLE, PLAYGROUND = range(2)
"""Their places in `clients` of instance/demo.json."""


def register(addresses: Addresses, known: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Register the clients and return the responses, each with its secret.

    `known` are those of an earlier start: they keep id and secret.
    """
    set_current_actor(Actor.command("make demo"))
    registered = [dict(client) for client in known]
    wanted = [_school_performance(addresses), _playground(addresses)]
    registered += [
        {**actions.register(metadata, grant_types=tuple(GRANT_TYPES))}
        for metadata in wanted[len(registered) :]
    ]
    # The playground may bring a person's token to the example app.
    wanted[EXAMPLE]["exchange_from"] = [registered[PLAYGROUND]["client_id"]]
    for client, metadata in zip(registered, wanted, strict=True):
        client |= actions.update(client["client_id"], metadata, grant_types=tuple(GRANT_TYPES))
    return registered


def _playground(addresses: Addresses) -> dict[str, Any]:
    """Return the metadata of a client that may do whatever the playground shows."""
    base = addresses.playground
    return {
        "client_name": "Playground",
        "client_uri": f"{base}/",
        "redirect_uris": [f"{base}/callback"],
        "post_logout_redirect_uris": [f"{base}/signed-out"],
        "token_endpoint_auth_method": "client_secret_basic",
        "grant_types": ["authorization_code", "refresh_token", EXCHANGE],
        "response_types": ["code"],
        "authorization_signed_response_alg": "ES256",
        "scope": " ".join(SCOPES),
        "service": "school_performance",
    }


def _school_performance(addresses: Addresses) -> dict[str, Any]:
    """Return the metadata of the example app (RFC 7591, and this provider's own)."""
    app = addresses.reporting_app
    return {
        "client_name": "School Performance",
        "client_uri": f"{app}/",
        "initiate_login_uri": f"{app}/sign-in",
        "redirect_uris": [f"{app}/callback"],
        "post_logout_redirect_uris": [f"{app}/signed-out"],
        "token_endpoint_auth_method": "client_secret_basic",
        "grant_types": ["authorization_code", "refresh_token", "client_credentials"],
        "response_types": ["code"],
        "scope": "openid profile email offline_access organisation access remits:read",
        "service": "school_performance",
        "resources": [f"{app}/api"],
        "backchannel_logout_uri": f"{app}/back-channel-logout",
    }
