"""Pages of joining, from the invitation's link to the account."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.clock import now
from app.refusal import RefusalError
from app.web.authorisation import anyone, permit
from app.web.forms import Form
from identity.accounts import registrations
from identity.accounts.models import Invitation, JoinJourney
from identity.credentials import registry
from identity.credentials.factor import Factor, ProofRejected
from identity.credentials.passkeys import PASSKEY
from identity.credentials.totp import TOTP
from identity.joining import actions, journeys, other_ways
from identity.joining.blueprint import blueprint
from identity.joining.done_views import terms_then_done
from identity.joining.forms import AppForm, DetailsForm, PasswordForm
from identity.joining.rules import FirstPage, NextStep
from identity.sessions.current_browser import bound_browser, current_browser
from identity.sessions.current_session import (
    current,
    sign_in_browser,
    sign_out_browser,
)
from identity.sign_in import begin

_OF_REGISTRATION = {
    FirstPage.ACCEPT.value: "registration",
    FirstPage.EXPIRED.value: "registration_expired",
    FirstPage.RENEWAL_REQUESTED.value: "registration_expired",
}
"""First pages of people who asked for the link themselves, in place of those of invited people."""


@blueprint.get("/invitation/<token>")
@permit(anyone)
def open_invitation(token: str) -> ResponseReturnValue:
    """Open an invitation without using it up; the token leaves the address here.

    Mail scanners open links.
    """
    journey = journeys.open_link(token, bound_browser())
    if journey is None:
        return _invitation_over()
    return redirect(url_for(".join", journey=journey.public_id), code=303)


@blueprint.get("/join")
@permit(anyone)
def join() -> ResponseReturnValue:
    """Show the invitation, or why this browser cannot accept it."""
    found = _find_journey()
    if found is None:
        journey = journeys.begin_again(request.args.get("journey"), current_browser())
        if journey is None:
            return _invitation_over()
        flash("You took longer than 4 hours. Accept the invitation again to continue.", "important")
        return redirect(url_for(".join", journey=journey.public_id), code=303)
    journey, invitation = found
    session = current()
    page = actions.open_first_page(invitation, session)
    return _page(
        page.value,
        journey,
        invitation,
        form=Form(),
        description=actions.describe(invitation) if page is FirstPage.ACCEPT else None,
        account=session.account if session is not None else None,
        signed_in=session is not None,
        way=_way(journey, invitation),
    )


@blueprint.post("/join")
@permit(anyone)
def submit_join() -> ResponseReturnValue:
    """Accept: a new person goes on to the details, a known one signs in first."""
    found = _usable()
    if found is None:
        return _back_to_first_page()
    journey, invitation = found
    try:
        step = actions.accept(journey, invitation, current())
    except actions.InvitationOver:
        return _invitation_over()
    match step:
        case NextStep.TERMS:
            return terms_then_done(invitation)
        case NextStep.NEW_ACCOUNT:
            way = _way(journey, invitation)
            if way is not None and (way.only or "organisation" in request.form):
                return redirect(way.page, code=303)
            return redirect(url_for(".details", journey=journey.public_id), code=303)
        case NextStep.SIGN_IN:
            here = url_for(".join", journey=journey.public_id)
            return begin(
                here,
                caption="your invitation",
                login_hint=invitation.email,
                cancel_to=here,
                own_factors=True,
            )
        case NextStep.RESERVED:
            return _page("address_reserved", journey, invitation)
        case NextStep.NONE:
            return _back_to_first_page()


@blueprint.post("/join/sign-out")
@permit(anyone)
def sign_out() -> ResponseReturnValue:
    """End somebody else's session, and lead the invited person on."""
    sign_out_browser()
    return _back_to_first_page()


@blueprint.post("/join/not-me")
@permit(anyone)
def not_me() -> ResponseReturnValue:
    """Decline the invitation: its recipient is not the invited person."""
    found = _usable()
    if found is None:
        return _back_to_first_page()
    try:
        actions.decline(*found)
    except actions.InvitationOver:
        return _invitation_over()
    return redirect(url_for(".declined", journey=request.args.get("journey")), code=303)


@blueprint.get("/join/declined")
@permit(anyone)
def declined() -> ResponseReturnValue:
    """Confirm to the browser that declined an invitation that it is declined."""
    if not journeys.has_declined(request.args.get("journey"), current_browser()):
        return _back_to_first_page()
    return render_template("joining/declined.html")


@blueprint.post("/join/ask-again")
@permit(anyone)
def ask_again() -> ResponseReturnValue:
    """Ask the approvers for another invitation."""
    found = _find_journey()
    if found is None:
        return _back_to_first_page()
    actions.ask_again(found[1])
    return _back_to_first_page()


@blueprint.get("/join/details")
@permit(anyone)
def details() -> ResponseReturnValue:
    """Show the form for the names."""
    found = _newcomer()
    if found is None:
        return _back_to_first_page()
    journey, invitation = found
    form = DetailsForm(
        given_name=journey.given_name if journey.has_names else invitation.given_name,
        family_name=journey.family_name if journey.has_names else invitation.family_name,
    )
    return _details_page(journey, invitation, form)


@blueprint.post("/join/details")
@permit(anyone)
def submit_details() -> ResponseReturnValue:
    """Store the names, and join with the passkey that was made, or go on to a password."""
    found = _newcomer()
    if found is None:
        return _back_to_first_page()
    journey, invitation = found
    form = DetailsForm()
    if not form.validate_on_submit():
        return _details_page(journey, invitation, form)
    actions.keep_names(journey, form.given_name.data or "", form.family_name.data or "")
    if form.credential.data:
        return _finish(journey, invitation, PASSKEY, form.credential.data, form)
    return redirect(url_for(".choose_password", journey=journey.public_id), code=303)


@blueprint.get("/join/password")
@permit(anyone)
def choose_password() -> ResponseReturnValue:
    """Show the form for the password."""
    found = _newcomer()
    if found is None or not found[0].has_names:
        return _back_to_first_page()
    return _page("password", *found, form=PasswordForm())


@blueprint.post("/join/password")
@permit(anyone)
def submit_password() -> ResponseReturnValue:
    """Store the password's hash on the journey."""
    found = _newcomer()
    if found is None or not found[0].has_names:
        return _back_to_first_page()
    journey, invitation = found
    form = PasswordForm()
    refusal = actions.choose_password(journey, invitation, form.password.data or "")
    if refusal is not None:
        return _page("password", journey, invitation, form=form, mistake=refusal)
    return redirect(url_for(".second_step", journey=journey.public_id), code=303)


@blueprint.get("/join/second-step/app")
@permit(anyone)
def second_step() -> ResponseReturnValue:
    """Show the secret of the authenticator app."""
    found = _newcomer()
    if found is None or not found[0].password_hash:
        return _back_to_first_page()
    return _app_page(*found, AppForm())


@blueprint.post("/join/second-step/app")
@permit(anyone)
def submit_second_step() -> ResponseReturnValue:
    """Complete the journey: a right code creates the account and all that belongs to it."""
    found = _newcomer()
    if found is None or not found[0].password_hash:
        return _back_to_first_page()
    form = AppForm()
    return _finish(*found, TOTP, (form.code.data or "")[:200], form)


def _find_journey() -> tuple[JoinJourney, Invitation] | None:
    return journeys.find_journey(request.args.get("journey"), current_browser())


def _usable() -> tuple[JoinJourney, Invitation] | None:
    found = _find_journey()
    return None if found is None or found[1].has_expired(now()) else found


def _newcomer() -> tuple[JoinJourney, Invitation] | None:
    """Return the journey of a person without account who is to create one, or None."""
    found = _usable()
    if found is None or current() is not None or actions.existing_account(found[1]) is not None:
        return None
    way = other_ways.way_to_join(*found)
    return None if way is not None and way.only else found


def _way(journey: JoinJourney, invitation: Invitation) -> other_ways.WayToJoin | None:
    """Return the provider at which the invited person can join, if they have no account."""
    if current() is not None or actions.existing_account(invitation) is not None:
        return None
    return other_ways.way_to_join(journey, invitation)


def _back_to_first_page() -> ResponseReturnValue:
    """Lead back to the first page, which shows the problem."""
    return redirect(url_for(".join", journey=request.args.get("journey")), code=303)


def _invitation_over() -> ResponseReturnValue:
    return render_template("joining/link_over.html"), 410


def _finish(
    journey: JoinJourney,
    invitation: Invitation,
    factor: Factor,
    answer: str,
    form: DetailsForm | AppForm,
) -> ResponseReturnValue:
    set_up = registry.offered_set_up(factor.name)
    if set_up is None:
        return _back_to_first_page()
    next_page = url_for(".terms", invitation=invitation.public_id)
    try:
        outcome: actions.Joined | ProofRejected = actions.finish(
            journey, invitation, set_up, answer, current_browser(), continue_to=next_page
        )
    except actions.InvitationOver:
        return _back_to_first_page()
    except RefusalError as error:
        outcome = ProofRejected(error.refusal)
    if isinstance(outcome, ProofRejected):
        mistake = outcome.refusal.sentence
        if isinstance(form, DetailsForm):
            return _details_page(journey, invitation, form, mistake)
        return _app_page(journey, invitation, form, mistake)
    sign_in_browser(outcome.started)
    return redirect(url_for("credentials.codes", shown=outcome.recovery_codes), code=303)


def _details_page(
    journey: JoinJourney, invitation: Invitation, form: DetailsForm, mistake: str | None = None
) -> ResponseReturnValue:
    passkey = journeys.SET_UPS.page_values(journey, PASSKEY, invitation.email)
    return _page("details", journey, invitation, form=form, mistake=mistake, passkey=passkey)


def _app_page(
    journey: JoinJourney, invitation: Invitation, form: AppForm, mistake: str | None = None
) -> ResponseReturnValue:
    values = journeys.SET_UPS.page_values(journey, TOTP, invitation.email) or {}
    return _page("app", journey, invitation, form=form, mistake=mistake, **values)


def _page(
    name: str, journey: JoinJourney, invitation: Invitation, **context: object
) -> ResponseReturnValue:
    if registrations.is_registration(invitation):
        name = _OF_REGISTRATION.get(name, name)
    return render_template(
        f"joining/{name}.html", journey=journey, invitation=invitation, **context
    )
