"""Pages of a sign-in at an organisation's provider, and the endpoint for its logout tokens."""

from __future__ import annotations

from flask import Response as FlaskResponse
from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.http_client import Unreachable
from app.web.authorisation import anyone, permit
from app.web.forms import Form
from identity.credentials.other_providers import provider_of_address, provider_of_session
from identity.credentials.registry import has_lasting_way_in
from identity.joining.actions import InvitationOver
from identity.oidc.jwt_verification import VerificationFailed
from identity.ports import approvals
from identity.sessions.access import own_page, signed_in_before_terms
from identity.sessions.current_browser import bound_browser, current_browser
from identity.sessions.current_session import SessionOver, current, sign_in_browser
from identity.sign_in import current_journey
from identity.sign_in.actions import JourneyOver
from identity.sign_in.models import JourneyKind, JourneySnapshot
from identity.sign_in.views import second_step
from identity.upstream import actions, joining, queries, visits
from identity.upstream.blueprint import blueprint
from identity.upstream.journeys import Purpose
from identity.upstream.models import Connection
from identity.upstream.provider import UnusableProvider
from identity.upstream.visits import Arrival, Outage, ReturnRefused


@blueprint.get("/sign-in/organisation")
@permit(anyone)
def show() -> ResponseReturnValue:
    """Show which provider the person signs in at, and the button that leads there."""
    journey, connection = _journey_and_connection()
    if journey is None or connection is None:
        return _back_to_sign_in()
    return render_template(
        "upstream/continue.html",
        journey=journey,
        connection=connection,
        form=Form(),
        back=_sign_in_page(journey),
    )


@blueprint.post("/sign-in/organisation")
@permit(anyone)
def leave() -> ResponseReturnValue:
    """Send the browser to the provider."""
    journey, connection = _journey_and_connection()
    if journey is None or connection is None:
        return _back_to_sign_in()
    confirms = journey.kind == JourneyKind.CONFIRM
    purpose = Purpose(
        sign_in=journey.public_id,
        fresh=journey.fresh,
        login_hint=None if confirms else journey.login_hint,
    )
    return leave_for(connection, purpose, back=_sign_in_page(journey))


@blueprint.get("/sign-in/organisation/<connection>/callback")
@permit(anyone)
def callback(connection: str) -> ResponseReturnValue:
    """Receive the provider's answer in the person's browser."""
    try:
        arrival = visits.come_back(connection, request.args.to_dict(), current_browser())
        if arrival.visit.joining is not None:
            journey = joining.hold_identity(arrival, current_browser())
            return redirect(url_for(".join_details", journey=journey.public_id), code=303)
        if arrival.visit.linking_session_id is not None:
            invitation = joining.link(arrival, current_browser())
            return redirect(url_for("accounts.done", invitation=invitation.public_id), code=303)
        return _signed_in(arrival)
    except Outage as error:
        return _outage(error, back=url_for("sign_in.start"))
    except ReturnRefused as error:
        return _refused(error)
    except (InvitationOver, JourneyOver, SessionOver):
        return _page("over", 409)


@blueprint.get("/sign-in/own-factors")
@permit(signed_in_before_terms)
def own_factors() -> ResponseReturnValue:
    """Explain that a page needs the person's own factors, and lead to their confirmation."""
    session = current()
    back = own_page(request.args.get("next")) or approvals().home()
    if session is None or not session.is_limited:
        return redirect(back, code=303)
    provider = provider_of_session(session)
    return render_template(
        "upstream/own_factors.html",
        provider=provider,
        without_own_factors=provider is not None
        and provider.only
        and not has_lasting_way_in(session.account_id),
        confirm=url_for("sign_in.confirm", next=back),
        home=approvals().home(),
    )


@blueprint.post("/sign-in/organisation/<connection>/logout")
@permit(anyone)
def logout(connection: str) -> FlaskResponse:
    """Receive a logout token of the provider (OpenID Connect Back-Channel Logout, 2.5)."""
    found, text = queries.connection(connection), request.form.get("logout_token", "")
    try:
        if found is None or not text:
            raise VerificationFailed("no such connection, or no token")
        actions.end_sessions(found, text)
    except (VerificationFailed, Unreachable, UnusableProvider):
        return FlaskResponse('{"error":"invalid_request"}', 400, mimetype="application/json")
    return FlaskResponse(status=200)


def leave_for(connection: Connection, purpose: Purpose, *, back: str) -> ResponseReturnValue:
    """Begin a visit and return the page that takes the browser to the provider.

    A page, because browsers apply `form-action` to the redirects of a form, and a provider may
    redirect through hosts that nobody here knows.
    """
    try:
        address = visits.begin(connection, purpose, bound_browser())
    except Outage as error:
        return _outage(error, back=back)
    page = render_template("upstream/leaving.html", connection=connection, address=address)
    return page, 200, {"Refresh": f"0; url={address}"}


def _signed_in(arrival: Arrival) -> ResponseReturnValue:
    try:
        outcome = actions.sign_in(arrival, current_browser())
    except actions.UnknownIdentity:
        names = approvals().organisation_names(arrival.connection.organisations)
        return _page("unknown", 403, connection=arrival.connection, names=names)
    except actions.NoSecondStep:
        return _page("no_second_step", 403, connection=arrival.connection)
    if outcome.started is None:
        return redirect(second_step(outcome.journey), code=303)
    sign_in_browser(outcome.started)
    return current_journey.onwards(outcome.journey)


def _journey_and_connection() -> tuple[JourneySnapshot | None, Connection | None]:
    """Return the journey of the request and its connection, which only domain or session name."""
    journey = current_journey.find_journey(JourneyKind.SIGN_IN, JourneyKind.CONFIRM)
    if journey is None or journey.finished_at is not None:
        return None, None
    if journey.kind == JourneyKind.CONFIRM:
        session = current()
        provider = provider_of_session(session) if session is not None else None
    else:
        provider = None if journey.own_factors else provider_of_address(journey.login_hint)
    return journey, queries.connection(provider.connection) if provider is not None else None


def _sign_in_page(journey: JourneySnapshot) -> str:
    endpoint = "confirm" if journey.kind == JourneyKind.CONFIRM else "start"
    return url_for(f"sign_in.{endpoint}", journey=journey.public_id)


def _back_to_sign_in() -> ResponseReturnValue:
    return redirect(url_for("sign_in.start", journey=request.args.get("journey")), code=303)


def _outage(error: Outage, *, back: str) -> ResponseReturnValue:
    return _page("outage", 503, connection=error.connection, back=back)


def _refused(error: ReturnRefused) -> ResponseReturnValue:
    taken = error.reason == joining.TAKEN
    return _page("taken" if taken else "refused", 400, connection=error.connection)


def _page(name: str, status: int, **context: object) -> ResponseReturnValue:
    return render_template(f"upstream/{name}.html", **context), status
