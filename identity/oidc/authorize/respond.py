"""Answers of the authorization endpoint: to the client's registered address, else a page."""

from __future__ import annotations

import structlog
from flask import render_template
from werkzeug import Response
from werkzeug.utils import redirect

from app.clock import now
from app.settings import settings
from app.web.errors import BadRequest, OnwardLink
from app.web.headers import allow_form_redirect
from identity.oidc.authorize.checks import FORM_POST, SIGNED_MODES
from identity.oidc.authorize.request import RequestedAuthorization
from identity.oidc.clients.store import RelyingParty
from identity.oidc.errors import InvalidRequestUri, OAuthError
from identity.oidc.keys.store import ID_TOKEN
from identity.oidc.lifetimes import RESPONSE
from identity.oidc.redirects import with_parameters
from identity.oidc.tokens import signed

log = structlog.get_logger()


class CannotContinue(BadRequest):
    """Our own page, where no address is known to which the client could be told.

    It says what happened in plain words, and leads back to the client where that is known. `note`
    is for the people who run the client.
    """

    heading = "You cannot sign in from here"

    def __init__(
        self, detail: str, explanation: str, *, client: RelyingParty | None, note: str | None = None
    ) -> None:
        name = client.name if client is not None else "the service that you came from"
        way_in = client.way_in if client is not None else None
        super().__init__(
            detail,
            description=f"{explanation} Go back to {name} and start again.",
            onward=OnwardLink(f"Go back to {name}", way_in) if way_in is not None else None,
            note=note,
        )


class SignInEnded(CannotContinue):
    """The request is over: the page that began it was left open, or opened again."""

    heading = "This sign-in has ended"


RAN_OUT = "It ran out of time."
RAN_OUT_OR_USED = "It ran out of time, or was used before."
NOT_OF_THIS_BROWSER = "It has run out of time, or began in another browser."


def with_code(authorization: RequestedAuthorization, code: str) -> Response:
    """Return the successful authorization response."""
    return _to_client(authorization, {"code": code})


def with_error(authorization: RequestedAuthorization, error: OAuthError) -> Response:
    """Return an error response (RFC 6749, 4.1.2.1).

    Raises CannotContinue if no registered address is known.
    """
    log.info(
        "authorization refused", error=error.error, text=error.description, detail=error.detail
    )
    if authorization.redirect_uri is None:
        raise _on_our_own_page(authorization.known_client, error)
    return _to_client(
        authorization, {"error": error.error or "", "error_description": error.description}
    )


def _on_our_own_page(client: RelyingParty | None, error: OAuthError) -> CannotContinue:
    """Return the page for an error that no registered address can receive."""
    if isinstance(error, InvalidRequestUri):
        return SignInEnded(error.description, RAN_OUT_OR_USED, client=client)
    name = client.name if client is not None else "the service that you came from"
    return CannotContinue(
        error.detail or error.description,
        f"{client.name if client is not None else 'A service'} sent you here with a request that "
        "cannot be accepted. There is nothing wrong with your account.",
        client=client,
        note=f"If it happens again, tell the people who run {name}: {error.description}.",
    )


def _to_client(authorization: RequestedAuthorization, parameters: dict[str, str]) -> Response:
    """Return the response in the requested response mode, with `iss` by RFC 9207."""
    address = authorization.redirect_uri
    if address is None:
        raise RuntimeError("nothing leaves before the address is found registered")
    if authorization.state is not None:
        parameters["state"] = authorization.state
    parameters["iss"] = settings().issuer
    mode = authorization.response_mode
    if mode in SIGNED_MODES:
        mode, parameters = (
            SIGNED_MODES[mode],
            {"response": _sign_response(authorization, parameters)},
        )
    response = (
        _form_post(address, parameters)
        if mode == FORM_POST
        # 303, so that no browser posts a sign-in form on (RFC 9700, 4.12).
        else redirect(with_parameters(address, parameters), 303)
    )
    response.headers["Cache-Control"] = "no-store"
    return response


def _sign_response(authorization: RequestedAuthorization, parameters: dict[str, str]) -> str:
    """Sign the response as a JWT for this client, for a moment (JARM, 2.1)."""
    about = {
        "iss": settings().issuer,
        "aud": authorization.client.client_id,
        "exp": int((now() + RESPONSE).timestamp()),
    }
    return signed(about | parameters, alg=authorization.client.response_alg or "", typ=ID_TOKEN)


def _form_post(address: str, parameters: dict[str, str]) -> Response:
    """Return a form that submits itself or by its button (Form Post Response Mode, 2)."""
    allow_form_redirect(address)
    response = Response(
        render_template("oidc/form_post.html", address=address, parameters=parameters),
        mimetype="text/html",
    )
    # Else the browser would say that the form comes from nowhere (`Origin: null`).
    response.headers["Referrer-Policy"] = "strict-origin"
    return response
