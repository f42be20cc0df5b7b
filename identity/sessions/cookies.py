"""Our cookies: `__Host-` and Secure where the issuer is https, plain names on the http loopback.

Ports of one host share a cookie jar, so the names say whose they are. All are HttpOnly, for the
whole host and never for a domain (OWASP ASVS 5.0, V3.3).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from flask import Response, after_this_request, g, request

from app.context import request_values
from app.settings import settings

SESSION = "session"
BROWSER = "browser"
DEVICE = "device"
REMEMBERED = "remembered"
DEVICE_LIFETIME = timedelta(days=30)


def cookie_name(purpose: str) -> str:
    """Return the name of the cookie for this purpose."""
    if settings().secure:
        return f"__Host-secure-access-{purpose}"
    return f"secure_access_{purpose}"


def read(purpose: str) -> str | None:
    """Return the cookie's value; a value that this request is about to set counts already."""
    to_set = pending()
    if purpose in to_set:
        return to_set[purpose]
    return request.cookies.get(cookie_name(purpose))


def pending() -> Mapping[str, str | None]:
    """Return the values that this request is about to set, None for a cookie that it deletes."""
    found: Mapping[str, str | None] = request_values().get("cookies_to_set", {})
    return found


def write(purpose: str, value: str, *, max_age: int | None = None) -> None:
    """Set the cookie on this request's answer; without max_age it goes when the browser closes."""
    _remember(purpose, value)

    @after_this_request
    def _set(response: Response) -> Response:
        write_to(response, purpose, value, max_age=max_age)
        return response


def write_to(response: Response, purpose: str, value: str, *, max_age: int | None = None) -> None:
    """Set the cookie on a response that is ready."""
    response.set_cookie(
        cookie_name(purpose),
        value,
        max_age=max_age,
        path="/",
        secure=settings().secure,
        httponly=True,
        samesite="Lax",
    )


def forget(purpose: str) -> None:
    """Delete the cookie with this request's answer."""
    _remember(purpose, None)

    @after_this_request
    def _delete(response: Response) -> Response:
        response.delete_cookie(
            cookie_name(purpose),
            path="/",
            secure=settings().secure,
            httponly=True,
            samesite="Lax",
        )
        return response


def _remember(purpose: str, value: str | None) -> None:
    to_set: dict[str, str | None] = g.setdefault("cookies_to_set", {})
    to_set[purpose] = value
