"""Which endpoints a script of another origin may call, and no others (CS-06).

Metadata and keys: everybody's. Token, revocation and userinfo: the origins at which public clients
registered an address to return to. Never with cookies, never `null`.
"""

from __future__ import annotations

from flask import request
from werkzeug import Response

from identity.oidc.clients.store import browser_origins

EVERYBODY = frozenset({"oidc.configuration", "oidc.jwks"})
PUBLIC_CLIENTS = frozenset({"oidc.token", "oidc.revoke", "oidc.userinfo"})
HEADERS = "Authorization, Content-Type, DPoP"


def allow(response: Response) -> Response:
    """After each answer of the provider."""
    if request.endpoint in EVERYBODY:
        response.headers["Access-Control-Allow-Origin"] = "*"
    elif request.endpoint in PUBLIC_CLIENTS:
        response.headers.add("Vary", "Origin")
        origin = request.headers.get("Origin")
        if origin is None or origin not in browser_origins():
            return response
        response.headers["Access-Control-Allow-Origin"] = origin
    else:
        return response
    if request.method == "OPTIONS":
        response.headers["Access-Control-Allow-Headers"] = HEADERS
        response.headers["Access-Control-Allow-Methods"] = response.headers.get("Allow", "")
        response.headers["Access-Control-Max-Age"] = "600"
    else:
        response.headers["Access-Control-Expose-Headers"] = "WWW-Authenticate, DPoP-Nonce"
    return response
