"""CORS: the endpoints that a script of another origin may call (CS-06).

Metadata and keys: everybody's. Endpoints of public clients, and interfaces that take a person's
token: the origins of the redirect URIs of public clients. Never with cookies, never `null`.
"""

from __future__ import annotations

from flask import Response, current_app

from app.context import PerApplication
from app.web.authorisation import rule_of
from app.web.http import Headers, Request, current_request
from identity.oidc import scopes
from identity.oidc.clients.store import browser_origins

EVERYBODY = frozenset({"oidc.configuration", "oidc.jwks"})
PUBLIC_CLIENTS = frozenset({"oidc.par", "oidc.token", "oidc.revoke", "oidc.userinfo"})
HEADERS = "Authorization, Content-Type, DPoP, If-None-Match"
EXPOSED = ("Access-Control-Expose-Headers", "WWW-Authenticate, DPoP-Nonce, ETag")


def headers_for(request: Request) -> Headers:
    """Return the CORS headers of the response to this call."""
    told = [("Vary", "Origin")] if _for_public_clients(request) else []
    origin = _let_in(request)
    if origin is None:
        return told
    return [*told, ("Access-Control-Allow-Origin", origin), EXPOSED]


def allow(response: Response) -> Response:
    """Add the CORS headers after each response of Flask, also to OPTIONS."""
    request = current_request()
    if request.method != "OPTIONS":
        response.headers.extend(headers_for(request))
        return response
    if _for_public_clients(request):
        response.headers.add("Vary", "Origin")
    origin = _let_in(request)
    if origin is not None:
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Access-Control-Allow-Headers"] = HEADERS
        response.headers["Access-Control-Allow-Methods"] = response.headers.get("Allow", "")
        response.headers["Access-Control-Max-Age"] = "600"
    return response


def _let_in(request: Request) -> str | None:
    """Return the origin whose scripts may read the response."""
    if request.endpoint in EVERYBODY:
        return "*"
    if not _for_public_clients(request):
        return None
    origin = request.header("Origin")
    return origin if origin is not None and origin in browser_origins() else None


def _for_public_clients(request: Request) -> bool:
    return request.endpoint in _for_scripts()


def _interfaces() -> frozenset[str]:
    """Return endpoints that take a person's token."""
    rules = {endpoint: rule_of(current_app, endpoint) for endpoint in current_app.view_functions}
    return frozenset(
        endpoint for endpoint, rule in rules.items() if scopes.asked_by(rule, "person") is not None
    )


# Made at the first request, once all routes are there.
_for_scripts = PerApplication("identity.oidc.cors", lambda: PUBLIC_CLIENTS | _interfaces())
