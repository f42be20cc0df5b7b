"""Which endpoints a script of another origin may call, and no others (CS-06).

Metadata and keys: everybody's. Token, revocation and userinfo: the origins at which public clients
registered an address to return to. Never with cookies, never `null`.
"""

from __future__ import annotations

from werkzeug import Response

from app.web.call import Call, Headers, call
from identity.oidc.clients.store import browser_origins

EVERYBODY = frozenset({"oidc.configuration", "oidc.jwks"})
PUBLIC_CLIENTS = frozenset({"oidc.token", "oidc.revoke", "oidc.userinfo"})
HEADERS = "Authorization, Content-Type, DPoP"


def headers_for(asked: Call) -> Headers:
    """What the answer to this call says to browsers."""
    told = [("Vary", "Origin")] if asked.endpoint in PUBLIC_CLIENTS else []
    origin = _let_in(asked)
    if origin is None:
        return told
    exposed = ("Access-Control-Expose-Headers", "WWW-Authenticate, DPoP-Nonce")
    return [*told, ("Access-Control-Allow-Origin", origin), exposed]


def allow(response: Response) -> Response:
    """After each answer of the provider that Flask gives, those to OPTIONS among them."""
    asked = call()
    if asked.method != "OPTIONS":
        response.headers.extend(headers_for(asked))
        return response
    if asked.endpoint in PUBLIC_CLIENTS:
        response.headers.add("Vary", "Origin")
    origin = _let_in(asked)
    if origin is not None:
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Access-Control-Allow-Headers"] = HEADERS
        response.headers["Access-Control-Allow-Methods"] = response.headers.get("Allow", "")
        response.headers["Access-Control-Max-Age"] = "600"
    return response


def _let_in(asked: Call) -> str | None:
    """The origin whose scripts may read the answer."""
    if asked.endpoint in EVERYBODY:
        return "*"
    if asked.endpoint not in PUBLIC_CLIENTS:
        return None
    origin = asked.header("Origin")
    return origin if origin is not None and origin in browser_origins() else None
