"""Answers of the authorization endpoint: to the client's registered address, else a page."""

from __future__ import annotations

import structlog
from flask import render_template
from werkzeug import Response
from werkzeug.utils import redirect

from app.clock import now
from app.settings import settings
from app.web.errors import BadRequest
from app.web.headers import allow_form_redirect
from identity.oidc.authorize.asked import Asked
from identity.oidc.authorize.checks import FORM_POST, SIGNED_MODES
from identity.oidc.errors import OAuthError
from identity.oidc.keys.store import ID_TOKEN
from identity.oidc.policy import RESPONSE
from identity.oidc.redirects import with_parameters
from identity.oidc.tokens import signed

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
    """In the response mode that is asked for; `iss` by RFC 9207."""
    address = asked.redirect_uri
    if address is None:
        raise RuntimeError("nothing leaves before the address is found registered")
    if asked.state is not None:
        parameters["state"] = asked.state
    parameters["iss"] = settings().issuer
    mode = asked.response_mode
    if mode in SIGNED_MODES:
        mode, parameters = SIGNED_MODES[mode], {"response": _signed(asked, parameters)}
    response = (
        _posted(address, parameters)
        if mode == FORM_POST
        # 303, so that no browser posts a sign-in form on (RFC 9700, 4.12).
        else redirect(with_parameters(address, parameters), 303)
    )
    response.headers["Cache-Control"] = "no-store"
    return response


def _signed(asked: Asked, parameters: dict[str, str]) -> str:
    """JARM, 2.1: the answer as a JWT for this client, for a moment."""
    about = {
        "iss": settings().issuer,
        "aud": asked.client.client_id,
        "exp": int((now() + RESPONSE).timestamp()),
    }
    return signed(about | parameters, alg=asked.client.response_alg or "", typ=ID_TOKEN)


def _posted(address: str, parameters: dict[str, str]) -> Response:
    """OAuth 2.0 Form Post Response Mode, 2: a form that sends itself, or by its button."""
    allow_form_redirect(address)
    response = Response(
        render_template("oidc/form_post.html", address=address, parameters=parameters),
        mimetype="text/html",
    )
    # Else the browser would say that the form comes from nowhere (`Origin: null`).
    response.headers["Referrer-Policy"] = "strict-origin"
    return response
