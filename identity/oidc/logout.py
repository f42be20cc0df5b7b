"""GET and POST /end-session (OpenID Connect RP-Initiated Logout 1.0).

A valid hint of the very session in this browser signs out at once; anything else asks the person
first, so that no other site can end the session (LO-01). The browser leaves for a registered
address only with a valid hint; every other sign-out ends on our own page.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask import render_template, request, url_for
from werkzeug import Response
from werkzeug.utils import redirect

from app.web import anyone, permit
from app.web.client_address import client_network
from app.web.errors import BadRequest
from app.web.forms import Form
from app.web.http import current_request
from identity.oidc import parameters
from identity.oidc.blueprint import blueprint
from identity.oidc.clients import store
from identity.oidc.clients.store import RelyingParty
from identity.oidc.errors import InvalidRequest, OAuthError
from identity.oidc.json_types import IDTokenClaims
from identity.oidc.pairwise import subject_for
from identity.oidc.parameters import Parameters
from identity.oidc.redirects import with_parameters
from identity.oidc.refusals import REQUEST, record_refusal
from identity.oidc.sign_out import sign_out
from identity.oidc.tokens import read_id_token_hint
from identity.ports import approvals
from identity.sessions import current, frontchannel_page
from identity.sessions.active_session import ActiveSession
from identity.sessions.current_session import forget_session, session_to_sign_out

PARAMETERS = ("id_token_hint", "client_id", "post_logout_redirect_uri", "state")


@dataclass(frozen=True)
class LogoutRequest:
    """Parameters of the service's request. `claims` and `client` are those of a valid hint.

    return_to: the registered address, with the state. returns: whether the request names one at
    all.
    """

    claims: IDTokenClaims | None
    client: RelyingParty | None
    return_to: str | None
    returns: bool

    def may_end(self, session: ActiveSession) -> bool:
        """Return whether the session ends without a question: the hint is of this very session."""
        if self.returns and self.return_to is None:
            return False
        return self._hint_is_of(session)

    def _hint_is_of(self, session: ActiveSession) -> bool:
        if self.claims is None or self.client is None:
            return False
        subject = subject_for(self.client, session.account.subject)
        if self.claims.get("sub") != subject:
            return False
        if "sid" in self.claims:
            return bool(self.claims["sid"] == session.sid)
        # A client without a logout address gets no `sid`: the moment of the sign-in names it.
        return bool(self.claims.get("auth_time") == int(session.auth_time.timestamp()))


@blueprint.route("/end-session", methods=["GET", "POST"])
@permit(anyone)
def end_session() -> Response | str:
    """End the session of a valid hint, or ask for confirmation."""
    if parameters.only_looking(current_request()):
        return Response(status=403)
    try:
        read = parameters.from_form if request.method == "POST" else parameters.from_query
        values = read(current_request())
        values.refuse_repeated()
    except OAuthError as error:
        raise BadRequest(error.detail, description=error.description) from error
    logout_request = _read(values)
    destination = logout_request.return_to or url_for("sessions.signed_out")
    session = current()
    if session is None and request.method == "POST":
        # A form from another site carries no cookies: ask again as a page of our own would.
        again = {name: values[name] for name in PARAMETERS if name in values}
        return redirect(with_parameters(url_for("oidc.end_session"), again), 303)
    if session is None:
        return redirect(destination, 303)
    if logout_request.may_end(session):
        return _sign_out(logout_request.client, destination)
    return render_template(
        "oidc/end_session.html", form=Form(), client=logout_request.client, stay=approvals().home()
    )


@blueprint.post("/end-session/confirm")
@permit(anyone)
def confirm_end_session() -> Response:
    """End the session after the person confirmed it; show the service's own page."""
    if "sign_out" not in request.form:
        raise BadRequest("no sign_out")
    return _sign_out(None, url_for("sessions.signed_out"))


def _read(values: Parameters) -> LogoutRequest:
    """Read the request. An invalid hint counts as none, as does one of another client."""
    hint = values.get("id_token_hint")
    claims = read_id_token_hint(hint) if hint is not None else None
    client = store.find(claims["aud"]) if claims is not None else None
    named, address = values.get("client_id"), values.get("post_logout_redirect_uri")
    returns = address is not None
    if claims is None or client is None or (named is not None and named != client.client_id):
        return LogoutRequest(None, None, None, returns)
    if address is not None and not client.may_return_after_sign_out(address):
        error = InvalidRequest(
            "post_logout_redirect_uri is not registered for this client",
            detail=f"post_logout_redirect_uri {address[:500]!r}",
        )
        record_refusal(REQUEST, client, error, network=client_network())
        return LogoutRequest(claims, client, None, returns)
    state = values.get("state")
    if address is not None and state is not None:
        address = with_parameters(address, {"state": state})
    return LogoutRequest(claims, client, address, returns)


def _sign_out(client: RelyingParty | None, destination: str) -> Response:
    """End the session, if there is one, and lead on by way of the services' frames."""
    frames, session = frontchannel_page.frames(), session_to_sign_out()
    if session is not None:
        sign_out(session, client)
        forget_session()
    return frontchannel_page.continue_after(frames, destination)
