"""Pages of signing in: password, code, recovery code, and confirming who one is."""

from __future__ import annotations

from flask import make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug import Response

from app.web.authorisation import anyone, permit
from identity.credentials.factor import Factor, NotProved
from identity.credentials.recovery_codes import RECOVERY_CODE
from identity.credentials.totp import TOTP
from identity.ports import approvals
from identity.sessions.access import own_page, signed_in_before_terms
from identity.sessions.lookup import current, signed_in_session
from identity.sign_in import journeys, terms
from identity.sign_in.access import half_signed_in, half_signed_in_journey
from identity.sign_in.actions import (
    JourneyOver,
    Wait,
    confirm_password,
    prove_password,
    prove_second_factor,
)
from identity.sign_in.blueprint import blueprint
from identity.sign_in.forms import CodeForm, PasswordForm, SignInForm
from identity.sign_in.models import JourneyKind, SignInJourney


@blueprint.get("/")
@permit(anyone)
def welcome() -> ResponseReturnValue:
    """What this is and the way in; whoever is signed in is led home."""
    if current() is not None:
        return redirect(approvals().home(), code=303)
    return make_response(render_template("sign_in/welcome.html"))


@blueprint.get("/sign-in")
@permit(anyone)
def start() -> ResponseReturnValue:
    """E-mail address and password; without a journey, one that ends at `next` or at home."""
    journey = _sign_in_journey()
    session = current()
    if journey is not None and session is not None:
        if journey.finished_at is not None or not journey.fresh:
            # Signed in meanwhile, in another tab or by going Back.
            return _onwards(journey)
    elif session is not None:
        return redirect(own_page(request.args.get("next")) or approvals().home(), code=303)
    if journey is None or journey.finished_at is not None:
        return journeys.begin(own_page(request.args.get("next")) or approvals().home())
    return _sign_in_page(journey, SignInForm(email=journey.login_hint))


@blueprint.post("/sign-in")
@permit(anyone)
def submit() -> ResponseReturnValue:
    journey = _sign_in_journey()
    if journey is None or journey.finished_at is not None:
        return redirect(url_for(".start"), code=303)
    if "cancel" in request.form:
        return redirect(journey.cancel_to or "/", code=303)
    form = SignInForm()
    outcome = prove_password(journey, form.email.data or "", form.password.data or "")
    if isinstance(outcome, Wait):
        return _told_to_wait(_sign_in_page(journey, form, wait=outcome), outcome)
    if isinstance(outcome, NotProved):
        return _sign_in_page(journey, form, mistake=outcome.sentence)
    return redirect(_second_step(outcome), code=303)


@blueprint.get("/sign-in/code")
@permit(half_signed_in)
def code() -> ResponseReturnValue:
    return _code_page(half_signed_in_journey()[0], CodeForm())


@blueprint.post("/sign-in/code")
@permit(half_signed_in)
def submit_code() -> ResponseReturnValue:
    return _second_factor(TOTP)


@blueprint.get("/sign-in/recovery-code")
@permit(half_signed_in)
def recovery_code() -> ResponseReturnValue:
    return _code_page(half_signed_in_journey()[0], CodeForm(), factor=RECOVERY_CODE)


@blueprint.post("/sign-in/recovery-code")
@permit(half_signed_in)
def submit_recovery_code() -> ResponseReturnValue:
    return _second_factor(RECOVERY_CODE)


@blueprint.get("/sign-in/cannot")
@permit(anyone)
def cannot() -> ResponseReturnValue:
    return render_template("sign_in/cannot.html")


@blueprint.get("/sign-in/confirm-it-is-you")
@permit(signed_in_before_terms)
def confirm() -> ResponseReturnValue:
    """Both factors once more, before a sensitive act, then back to it."""
    session = signed_in_session()
    journey = _confirmation()
    if journey is None or journey.confirms_session_id != session.id:
        back = own_page(request.args.get("next")) or approvals().home()
        journey = journeys.confirm(back, session)
        return redirect(url_for(".confirm", journey=journey.public_id), code=303)
    if journey.finished_at is not None:
        return redirect(journey.resume_to, code=303)
    return _confirm_page(journey, PasswordForm())


@blueprint.post("/sign-in/confirm-it-is-you")
@permit(signed_in_before_terms)
def submit_confirm() -> ResponseReturnValue:
    journey = _confirmation()
    if journey is None or journey.finished_at is not None:
        return redirect(url_for(".confirm"), code=303)
    if "cancel" in request.form:
        return redirect(approvals().home(), code=303)
    form = PasswordForm()
    try:
        outcome = confirm_password(journey, form.password.data or "")
    except JourneyOver:
        return redirect(url_for(".confirm"), code=303)
    if isinstance(outcome, Wait):
        return _told_to_wait(_confirm_page(journey, form, wait=outcome), outcome)
    if isinstance(outcome, NotProved):
        return _confirm_page(journey, form, mistake="Enter your password again. It is not right.")
    return redirect(_second_step(outcome), code=303)


def _second_factor(factor: Factor) -> ResponseReturnValue:
    journey, proof = half_signed_in_journey()
    form = CodeForm()
    try:
        outcome = prove_second_factor(proof, factor, (form.code.data or "")[:200])
    except JourneyOver:
        return redirect(url_for(".start", journey=journey.public_id), code=303)
    if isinstance(outcome, Wait):
        return _told_to_wait(_code_page(journey, form, factor=factor, wait=outcome), outcome)
    if isinstance(outcome, NotProved):
        return _code_page(journey, form, factor=factor, mistake=outcome.sentence)
    return _onwards(journey)


def _second_step(journey: SignInJourney) -> str:
    account_id = journey.account_id
    if account_id is not None and TOTP.enrolled(account_id):
        return url_for(".code", journey=journey.public_id)
    if account_id is not None and RECOVERY_CODE.enrolled(account_id):
        return url_for(".recovery_code", journey=journey.public_id)
    return url_for(".cannot")


def _onwards(journey: SignInJourney) -> Response:
    session = current()
    if session is not None and terms.due(session, journey.services):
        return journeys.ask_for_terms(
            journey.resume_to,
            session,
            services=journey.services,
            caption=journey.caption,
            cancel_to=journey.cancel_to,
            ends_at=journey.ends_at,
        )
    return redirect(journey.resume_to, code=303)


def _sign_in_journey() -> SignInJourney | None:
    return journeys.find(request.args.get("journey"), JourneyKind.SIGN_IN)


def _confirmation() -> SignInJourney | None:
    return journeys.find(request.args.get("journey"), JourneyKind.CONFIRM)


def _sign_in_page(
    journey: SignInJourney,
    form: SignInForm,
    *,
    mistake: str | None = None,
    wait: Wait | None = None,
) -> Response:
    session = current()
    page = render_template(
        "sign_in/start.html",
        journey=journey,
        form=form,
        mistake=mistake,
        wait=wait,
        signed_in=session.account if session else None,
    )
    return make_response(page)


def _code_page(
    journey: SignInJourney,
    form: CodeForm,
    *,
    factor: Factor = TOTP,
    mistake: str | None = None,
    wait: Wait | None = None,
) -> Response:
    template = "sign_in/code.html" if factor is TOTP else "sign_in/recovery_code.html"
    page = render_template(template, journey=journey, form=form, mistake=mistake, wait=wait)
    return make_response(page)


def _confirm_page(
    journey: SignInJourney,
    form: PasswordForm,
    *,
    mistake: str | None = None,
    wait: Wait | None = None,
) -> Response:
    page = render_template(
        "sign_in/confirm.html", journey=journey, form=form, mistake=mistake, wait=wait
    )
    return make_response(page)


def _told_to_wait(response: Response, wait: Wait) -> Response:
    response.status_code = 429
    response.headers["Retry-After"] = str(wait.seconds)
    return response
