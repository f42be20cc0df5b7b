"""Pages for people who cannot show their second step, and behind the link that resets it."""

from __future__ import annotations

from collections.abc import Callable

from flask import flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug import Response

from app.refusal import Refusal, RefusalError
from app.web.authorisation import anyone, permit
from app.web.forms import Form, show_refusal
from identity.accounts.models import Account
from identity.accounts.queries import account_with_id
from identity.credentials import recovery_codes, registry, reset_links
from identity.credentials.factor import Factor, ProofRejected
from identity.credentials.forms import PasskeyForm
from identity.credentials.models import PasswordReset
from identity.credentials.passkeys import PASSKEY
from identity.credentials.reset_links import SECOND_STEP
from identity.credentials.totp import TOTP
from identity.credentials.webauthn_ceremonies import LONGEST_ANSWER
from identity.ports import approvals
from identity.recovery import actions
from identity.recovery.blueprint import blueprint
from identity.recovery.forms import AppForm, PasswordForm
from identity.recovery.models import SecondStepJourney
from identity.sessions import current
from identity.sessions.access import signed_in
from identity.sessions.current_browser import bound_browser, current_browser
from identity.sessions.current_session import sign_in_browser, signed_in_session
from identity.settings import settings
from identity.sign_in.access import half_signed_in, half_signed_in_journey
from identity.sign_in.actions import MustWait
from identity.sign_in.views import with_retry_after


@blueprint.get("/sign-in/no-second-step")
@permit(half_signed_in)
def no_second_step() -> ResponseReturnValue:
    """Show the ways on for a person who proved the password and has no second step."""
    return _no_second_step_page(Form())


@blueprint.post("/sign-in/no-second-step")
@permit(half_signed_in)
def ask_for_reset() -> ResponseReturnValue:
    """Ask the person's approvers to reset the second step."""
    journey, proof = half_signed_in_journey()
    form = Form()
    try:
        approvals().ask_second_step_reset(account_with_id(proof.account_id))
    except RefusalError as error:
        show_refusal(form, error.refusal)
        return _no_second_step_page(form)
    return redirect(url_for(".no_second_step", journey=journey.public_id), code=303)


@blueprint.get("/account/second-step-reset")
@permit(signed_in)
def own_reset() -> ResponseReturnValue:
    """Show the signed-in person the reset of their second step that is under way."""
    found = approvals().second_step_reset(signed_in_session().account)
    return render_template("recovery/own_reset.html", form=Form(), reset=found)


@blueprint.post("/account/second-step-reset")
@permit(signed_in)
def stop_own_reset() -> ResponseReturnValue:
    """Stop the reset of the person's own second step."""
    if approvals().stop_second_step_reset(signed_in_session().account):
        flash("The reset is stopped. Your second step stays as it is.", "success")
    return redirect(url_for(".own_reset"), code=303)


@blueprint.get("/second-step-reset/<token>")
@permit(anyone)
def open_reset(token: str) -> ResponseReturnValue:
    """Open the link and redirect to an address without the token; mail scanners open links."""
    journey = reset_links.open_link(token, SECOND_STEP, bound_browser())
    if journey is None:
        return _link_over()
    return redirect(url_for(".confirm_password", journey=journey.public_id), code=303)


@blueprint.get("/second-step-reset")
@permit(anyone)
def confirm_password() -> ResponseReturnValue:
    """Ask for the password, which the link does not replace."""
    found = _opened_link()
    return _link_over() if found is None else _password_page(found[1])


@blueprint.post("/second-step-reset")
@permit(anyone)
def submit_password() -> ResponseReturnValue:
    """Check the password and lead to the set-up of a new second step."""
    found = _opened_link()
    if found is None:
        return _link_over()
    link, account = found
    password = PasswordForm().password.data or ""
    session = current()
    try:
        outcome = actions.prove_password(
            link,
            account,
            password,
            current_browser(),
            signed_in=session.account_id if session is not None else None,
        )
    except actions.LinkOver:
        return _link_over()
    if isinstance(outcome, MustWait):
        return with_retry_after(_password_page(account, wait=outcome), outcome)
    if isinstance(outcome, Refusal):
        return _password_page(account, mistake=outcome.sentence)
    return redirect(url_for(".set_up_passkey", journey=outcome.public_id), code=303)


@blueprint.get("/second-step-reset/passkey")
@permit(anyone)
def set_up_passkey() -> ResponseReturnValue:
    """Show the page on which the browser makes a passkey, with the way to an app beside it."""
    found = actions.find(request.args.get("journey"), current_browser())
    return _link_over() if found is None else _passkey_page(found)


@blueprint.post("/second-step-reset/passkey")
@permit(anyone)
def submit_passkey() -> ResponseReturnValue:
    """Replace the second step by the passkey that the browser made."""
    answer = (PasskeyForm().credential.data or "")[:LONGEST_ANSWER]
    return _replace(PASSKEY, answer, _passkey_page)


@blueprint.get("/second-step-reset/app")
@permit(anyone)
def set_up_app() -> ResponseReturnValue:
    """Show the secret of the new authenticator app."""
    found = actions.find(request.args.get("journey"), current_browser())
    return _link_over() if found is None else _app_page(found)


@blueprint.post("/second-step-reset/app")
@permit(anyone)
def submit_app() -> ResponseReturnValue:
    """Replace the second step, if the first code of the new app is right."""
    return _replace(TOTP, (AppForm().code.data or "")[:200], _app_page)


_Found = tuple[SecondStepJourney, PasswordReset, Account]


def _replace(
    factor: Factor, answer: str, page: Callable[[_Found, str | None], ResponseReturnValue]
) -> ResponseReturnValue:
    """Replace the second step by this factor, or show its page again with the mistake."""
    found = actions.find(request.args.get("journey"), current_browser())
    set_up = registry.offered_set_up(factor.name)
    if found is None or set_up is None:
        return _link_over()
    home = approvals().home()
    try:
        outcome: actions.Replaced | ProofRejected = actions.replace_second_step(
            *found, set_up, answer, current_browser(), continue_to=home
        )
    except actions.LinkOver:
        return _link_over()
    except RefusalError as error:
        outcome = ProofRejected(error.refusal)
    if isinstance(outcome, ProofRejected):
        return page(found, outcome.refusal.sentence)
    sign_in_browser(outcome.started)
    return redirect(url_for("credentials.codes", shown=outcome.recovery_codes), code=303)


def _no_second_step_page(form: Form) -> str:
    journey, proof = half_signed_in_journey()
    account = account_with_id(proof.account_id)
    return render_template(
        "recovery/no_second_step.html",
        journey=journey,
        form=form,
        hours=settings().second_step_reset_hours,
        codes=recovery_codes.remaining(account.id),
        reset=approvals().second_step_reset(account),
    )


def _opened_link() -> tuple[PasswordReset, Account] | None:
    return reset_links.find(request.args.get("journey"), SECOND_STEP, current_browser())


def _link_over() -> ResponseReturnValue:
    return render_template("recovery/link_over.html"), 410


def _password_page(
    account: Account, *, mistake: str | None = None, wait: MustWait | None = None
) -> Response:
    page = render_template(
        "recovery/password.html", form=PasswordForm(), account=account, mistake=mistake, wait=wait
    )
    return make_response(page)


def _passkey_page(found: _Found, mistake: str | None = None) -> ResponseReturnValue:
    app_page = url_for(".set_up_app", journey=found[0].public_id)
    values = actions.SET_UPS.page_values(found[0], PASSKEY, found[2].email)
    if values is None:
        return redirect(app_page, code=303)
    return render_template(
        "recovery/passkey.html",
        form=PasskeyForm(),
        mistake=mistake,
        app_page=app_page,
        **values,
    )


def _app_page(found: _Found, mistake: str | None = None) -> ResponseReturnValue:
    passkey_page = url_for(".set_up_passkey", journey=found[0].public_id)
    return render_template(
        "recovery/app.html",
        form=AppForm(),
        mistake=mistake,
        passkey_page=passkey_page if PASSKEY.available() else None,
        **(actions.SET_UPS.page_values(found[0], TOTP, found[2].email) or {}),
    )
