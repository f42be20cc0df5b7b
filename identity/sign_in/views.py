"""Pages of signing in: the password, and confirming who one is."""

from __future__ import annotations

from flask import make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug import Response

from app.clock import now
from app.web.authorisation import anyone, permit
from identity.credentials import other_providers
from identity.credentials.password import PASSWORD
from identity.ports import approvals
from identity.sessions.access import own_page, signed_in_before_terms
from identity.sessions.current_browser import current_browser
from identity.sessions.current_session import current, sign_in_browser, signed_in_session
from identity.settings import settings
from identity.sign_in import (
    current_journey,
    devices,
    elsewhere,
    journeys,
    service_links,
    whole_sign_in_views,
)
from identity.sign_in.actions import (
    CONFIRMATION,
    JourneyOver,
    MustWait,
    confirm_password,
    prove_password,
)
from identity.sign_in.blueprint import blueprint
from identity.sign_in.current_journey import find_left_open
from identity.sign_in.forms import PasswordForm, SignInForm
from identity.sign_in.levels import second_steps_towards
from identity.sign_in.models import JourneyKind, JourneySnapshot

NO_PROVIDER = (
    "Enter the email address that your organisation gave you, or sign in with your password."
)


@blueprint.get("/")
@permit(anyone)
def welcome() -> ResponseReturnValue:
    """Show what the service is and the way in; lead a signed-in person to their home page."""
    if current() is not None:
        return redirect(approvals().home(), code=303)
    return make_response(render_template("sign_in/welcome.html"))


@blueprint.get("/sign-in")
@permit(anyone)
def start() -> ResponseReturnValue:
    """Ask for email address and password; without a journey, one to `next` or home."""
    journey, session = _sign_in_journey(), current()
    if session is not None and (journey is None or not journey.fresh or journey.finished_at):
        return _signed_in_already(journey)
    if journey is not None and journey.finished_at is None:
        return _sign_in_page(journey, SignInForm(email=journey.login_hint))
    return _begin_again()


@blueprint.post("/sign-in")
@permit(anyone)
def submit() -> ResponseReturnValue:
    """Check email address and password, and lead to the second step."""
    journey = current_journey.find_purpose()
    if journey is None:
        return redirect(url_for(".closed"), code=303)
    if "cancel" in request.form:
        return redirect(journey.cancel_to or "/", code=303)
    form = SignInForm()
    provider_page = _provider_wanted(journey, form)
    if provider_page is not None:
        return provider_page
    outcome = prove_password(
        journey, form.email.data or "", form.password.data or "", current_browser()
    )
    if isinstance(outcome.refusal, MustWait):
        page = _sign_in_page(outcome.journey, form, wait=outcome.refusal)
        return with_retry_after(page, outcome.refusal)
    if outcome.refusal is not None:
        return redirect(url_for(".start", journey=outcome.journey.public_id), code=303)
    if outcome.started is not None:
        sign_in_browser(outcome.started)
        return current_journey.onwards(outcome.journey)
    return redirect(second_step(outcome.journey), code=303)


@blueprint.get("/sign-in/closed")
@permit(anyone)
def closed() -> ResponseReturnValue:
    """Explain that a sign-in page was left open for so long that its purpose is not known."""
    return render_template("sign_in/closed.html")


@blueprint.get("/sign-in/cannot")
@permit(anyone)
def cannot() -> ResponseReturnValue:
    """Show the help for people who cannot sign in."""
    return render_template("sign_in/cannot.html", hours=settings().second_step_reset_hours)


@blueprint.get("/sign-in/confirm-it-is-you")
@permit(signed_in_before_terms)
def confirm() -> ResponseReturnValue:
    """Ask for both factors once more, before a sensitive act, then lead back to it."""
    session = signed_in_session()
    journey = _confirmation()
    if journey is None or journey.confirms_session_id != session.id:
        return current_journey.begin_confirmation(session)
    if journey.finished_at is not None:
        return redirect(journey.resume_to, code=303)
    return _confirm_page(journey, PasswordForm())


@blueprint.post("/sign-in/confirm-it-is-you")
@permit(signed_in_before_terms)
def submit_confirm() -> ResponseReturnValue:
    """Check the password of a confirmation."""
    journey = _confirmation()
    if journey is None or journey.finished_at is not None:
        return redirect(url_for(".confirm", journey=request.args.get("journey")), code=303)
    if "cancel" in request.form:
        return redirect(journey.cancel_to or approvals().home(), code=303)
    form = PasswordForm()
    try:
        outcome = confirm_password(journey, form.password.data or "", current_browser())
    except JourneyOver:
        return redirect(url_for(".confirm", journey=journey.public_id), code=303)
    if isinstance(outcome.refusal, MustWait):
        page = _confirm_page(journey, form, wait=outcome.refusal)
        return with_retry_after(page, outcome.refusal)
    if outcome.refusal is not None:
        return redirect(url_for(".confirm", journey=journey.public_id), code=303)
    return redirect(second_step(journey), code=303)


def _provider_wanted(journey: JourneySnapshot, form: SignInForm) -> Response | None:
    """Lead a person of an organisation with its own provider there; None where a password counts.

    That is by the button, without a password, or where the organisation forbids passwords here.
    """
    email, button = form.email.data or "", "organisation" in request.form
    provider = None if journey.own_factors else other_providers.provider_of_address(email)
    if provider is not None and (provider.only or button or not form.password.data):
        journey = elsewhere.leave(journey, email, current_browser())
        return redirect(other_providers.page_of_provider(journey.public_id), code=303)
    if not button:
        return None
    journey = elsewhere.leave(journey, email, current_browser())
    journeys.keep_mistake(journey.id, PASSWORD.name, NO_PROVIDER)
    return redirect(url_for(".start", journey=journey.public_id), code=303)


def second_step(journey: JourneySnapshot) -> str:
    """Return the page of the person's second step: of the factor last shown in this browser."""
    account_id = journey.account_id
    offered = second_steps_towards(account_id, journey.minimum_acr) if account_id else []
    if account_id is None or not offered:
        return url_for("recovery.no_second_step", journey=journey.public_id)
    last = devices.last_second_step(account_id, current_browser(), now())
    page = next((page for factor, page in offered if factor.name == last), offered[0][1])
    return url_for(f"sign_in.{page.endpoint}", journey=journey.public_id)


def _signed_in_already(journey: JourneySnapshot | None) -> Response:
    """Lead on a person who signed in meanwhile, in another tab or before they went back."""
    journey = journey or find_left_open(JourneyKind.SIGN_IN)
    if journey is not None:
        return current_journey.onwards(journey)
    return redirect(own_page(request.args.get("next")) or approvals().home(), code=303)


def _begin_again() -> Response:
    """Begin another journey for the purpose of one that is over, or for `next` or home."""
    left_open = find_left_open(JourneyKind.SIGN_IN)
    if left_open is None:
        return current_journey.begin(own_page(request.args.get("next")) or approvals().home())
    journey = journeys.begin_again_late(left_open, current_browser(), PASSWORD.name)
    return redirect(url_for(".start", journey=journey.public_id), code=303)


def _sign_in_journey() -> JourneySnapshot | None:
    return current_journey.find_journey(JourneyKind.SIGN_IN)


def _confirmation() -> JourneySnapshot | None:
    return current_journey.find_journey(JourneyKind.CONFIRM)


def _sign_in_page(
    journey: JourneySnapshot,
    form: SignInForm,
    *,
    wait: MustWait | None = None,
) -> Response:
    session = current()
    page = render_template(
        "sign_in/start.html",
        journey=journey,
        form=form,
        mistake=None if wait else journeys.mistake_on(journey, PASSWORD.name),
        wait=wait,
        signed_in=session.account if session else None,
        whole=whole_sign_in_views.form_values(journey),
        links=service_links.links_of(journey),
        providers=not journey.own_factors and other_providers.any_provider(),
    )
    return make_response(page)


def _confirm_page(
    journey: JourneySnapshot, form: PasswordForm, *, wait: MustWait | None = None
) -> Response:
    mistake = None if wait else journeys.mistake_on(journey, CONFIRMATION)
    provider = other_providers.provider_of_session(signed_in_session())
    page = render_template(
        "sign_in/confirm.html",
        journey=journey,
        form=form,
        mistake=mistake,
        wait=wait,
        whole=whole_sign_in_views.form_values(journey),
        provider=provider,
        provider_page=other_providers.page_of_provider(journey.public_id) if provider else None,
    )
    return make_response(page)


def with_retry_after(response: Response, wait: MustWait) -> Response:
    """Return the page of a person who has to wait, as 429 with the seconds if the wait ends."""
    response.status_code = 429
    if not wait.closed:
        response.headers["Retry-After"] = str(wait.seconds)
    return response
