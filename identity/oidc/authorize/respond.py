"""Answers of the authorization endpoint: to the client's registered address, else a page."""

from __future__ import annotations

import structlog
from werkzeug import Response
from werkzeug.utils import redirect

from app.settings import settings
from app.web.errors import BadRequest
from identity.oidc.authorize.asked import Asked
from identity.oidc.errors import OAuthError
from identity.oidc.redirects import with_parameters

log = structlog.get_logger()


class CannotContinue(BadRequest):
    """Our own page: who asks is not known well enough to be told anything."""

    heading = "You cannot sign in from here"
    advice = "Go back to the service that you came from and start again."


def with_code(asked: Asked, code: str) -> Response:
    return _to_client(asked, {"code": code})


def with_error(asked: Asked, error: OAuthError) -> Response:
    """RFC 6749, 4.1.2.1. Raises CannotContinue where no registered address is known."""
    log.info(
        "authorization refused", error=error.error, text=error.description, detail=error.detail
    )
    if asked.redirect_uri is None:
        raise CannotContinue(
            error.detail,
            description=f"{error.description}. Tell the people who run the service that you "
            "came from; there is nothing wrong with your account.",
        )
    return _to_client(asked, {"error": error.error or "", "error_description": error.description})


def _to_client(asked: Asked, parameters: dict[str, str]) -> Response:
    """303, so that no browser posts a sign-in form on (RFC 9700, 4.12); `iss` by RFC 9207."""
    if asked.redirect_uri is None:
        raise RuntimeError("nothing leaves before the address is found registered")
    if asked.state is not None:
        parameters["state"] = asked.state
    parameters["iss"] = settings().issuer
    response = redirect(with_parameters(asked.redirect_uri, parameters), 303)
    response.headers["Cache-Control"] = "no-store"
    return response
