"""Shared by the endpoints that clients call: errors in JSON, and `no-store`."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Concatenate, ParamSpec

import structlog
from werkzeug.exceptions import RequestEntityTooLarge

from app.audit import record
from app.database import writing
from app.strict_json import compact_json
from app.web.http import Request, Response, current_request
from identity.oidc.errors import (
    BearerError,
    InvalidClient,
    InvalidTokenProof,
    NotOnRecord,
    OAuthError,
    TooLarge,
    TooManyFailures,
)
from identity.oidc.jwt_verification import FAPI_ALGS
from identity.oidc.proof import dpop, nonces

REALM = "secure-access"
Arguments = ParamSpec("Arguments")
ProtocolView = Callable[Concatenate[Request, Arguments], Response]

log = structlog.get_logger()


def protocol_endpoint(view: ProtocolView[Arguments]) -> Callable[Arguments, Response]:
    """Give the view its request, and answer the protocol's errors as their RFC says.

    These views are called without the token of a form (`app/web/direct_endpoints.py`).
    """

    @functools.wraps(view)
    def answered(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Response:
        request = current_request()
        try:
            return _with_nonce(view(request, *args, **kwargs))
        except OAuthError as error:
            return error_response(request, error)
        except RequestEntityTooLarge:
            return error_response(request, TooLarge())

    setattr(answered, "machine", True)  # noqa: B010  # mypy knows no attributes of functions
    return answered


def is_protocol_endpoint(view: Callable[..., object]) -> bool:
    """Return whether the view is an endpoint that clients call."""
    return getattr(view, "machine", False)


def json_response(body: Mapping[str, object], status: int = 200) -> Response:
    """Return JSON that no cache may store (RFC 6749, 5.1)."""
    return no_store(Response(compact_json(body), status))


def jwt_response(token: str, kind: str) -> Response:
    """Return a signed response of the media type `application/KIND`, which no cache may store."""
    return no_store(Response(token, media_type=f"application/{kind}"))


def empty_response(status: int) -> Response:
    """Return a response without a body."""
    return no_store(Response(status=status, media_type=None))


def no_store(answer: Response) -> Response:
    """Forbid caches to store the response."""
    return answer.add("Cache-Control", "no-store")


def error_response(request: Request, error: OAuthError) -> Response:
    """Return the JSON response of an error, and log it."""
    log.info(
        "request refused",
        error=error.error,
        text=error.description,
        detail=error.detail,
        path=request.path,
    )
    if isinstance(error, InvalidClient) and not isinstance(error, NotOnRecord | TooManyFailures):
        with writing():
            record("client.not_authenticated", reason=error.detail, path=request.path)
    body = {"error": error.error} if error.error else {}
    answer = json_response(body | {"error_description": error.description}, error.status)
    if isinstance(error, BearerError):
        answer.add("WWW-Authenticate", _bearer_challenge(request, error))
    elif isinstance(error, InvalidClient):
        answer.add("WWW-Authenticate", f'Basic realm="{REALM}"')
    if error.status == HTTPStatus.TOO_MANY_REQUESTS:
        answer.add("Retry-After", "60")
    return _with_nonce(answer)


def _with_nonce(answer: Response) -> Response:
    """Add the next proof's nonce, for clients that use them (RFC 9449, 8.2)."""
    nonce = dpop.next_nonce()
    if nonce is not None:
        answer.add(nonces.HEADER, nonce)
    return answer


def _bearer_challenge(request: Request, error: BearerError) -> str:
    """Return the challenge; without a token sent it has no error code (RFC 6750, 3).

    The scheme is DPoP for tokens bound to a key, and for whatever was sent as one (RFC 9449, 7.1).
    """
    challenge = f'Bearer realm="{REALM}"'
    sent_as = (request.header("Authorization") or "").partition(" ")[0].lower()
    if isinstance(error, InvalidTokenProof) or sent_as == "dpop":
        challenge = f'DPoP realm="{REALM}", algs="{" ".join(FAPI_ALGS)}"'
    if error.error is None:
        return challenge
    return f'{challenge}, error="{error.error}", error_description="{error.description}"'
