"""Pages of joining, from the invitation's link to "you have joined"."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.web.authorisation import anyone, permit
from app.web.forms import Form
from identity.accounts import invitations, join_journeys, joining
from identity.accounts.blueprint import blueprint
from identity.accounts.forms import AppForm, NamesForm, PasswordForm
from identity.accounts.models import Invitation, JoinJourney
from identity.credentials import changes, password, totp
from identity.credentials.factor import NotProved
from identity.credentials.hashing import hash_password
from identity.credentials.owner import owner
from identity.credentials.password_rules import Owner
from identity.ports import approvals
from identity.sessions import actions as sessions
from identity.sessions.access import signed_in
from identity.sessions.lookup import current, signed_in_session
from identity.sign_in import ask_for_terms, begin


@blueprint.get("/invitation/<token>")
@permit(anyone)
def open_invitation(token: str) -> ResponseReturnValue:
    """Opening uses nothing up (mail scanners open links): the token leaves the address here."""
    journey = join_journeys.open_link(token)
    if journey is None:
        return _over()
    return redirect(url_for(".join", journey=journey.public_id), code=303)


@blueprint.get("/join")
@permit(anyone)
def join() -> ResponseReturnValue:
    """Who invites and to what; or why this browser cannot accept."""
    found = _found()
    if found is None:
        journey = join_journeys.begin_again(request.args.get("journey"))
        if journey is None:
            return _over()
        flash("You took longer than 4 hours. Accept the invitation again to continue.", "important")
        return redirect(url_for(".join", journey=journey.public_id), code=303)
    journey, invitation = found
    session = current()
    if invitations.expired(invitation):
        if invitation.renewal_asked_at is not None:
            return render_template("accounts/asked_again.html")
        return render_template(
            "accounts/expired.html", form=Form(), journey=journey, invitation=invitation
        )
    if session is not None and session.account.email_key != invitation.email_key:
        joining.opened_by_another(invitation, session.account)
        return render_template(
            "accounts/somebody_else.html",
            form=Form(),
            journey=journey,
            invitation=invitation,
            account=session.account,
        )
    return render_template(
        "accounts/join.html",
        form=Form(),
        journey=journey,
        invitation=invitation,
        description=joining.describe(invitation),
        signed_in=session is not None,
    )


@blueprint.post("/join")
@permit(anyone)
def submit_join() -> ResponseReturnValue:
    """Accept: a new person goes on to the details, a known one signs in first."""
    found = _usable()
    if found is None:
        return _again()
    journey, invitation = found
    session = current()
    if session is not None:
        if session.account.email_key != invitation.email_key:
            return _again()
        try:
            joining.accept(journey, invitation, session)
        except joining.TooLate:
            return _over()
        return _terms_then_done(invitation)
    if joining.existing_account(invitation) is not None:
        return begin(
            url_for(".join", journey=journey.public_id),
            caption="your invitation",
            login_hint=invitation.email,
            cancel_to=url_for(".join", journey=journey.public_id),
        )
    return redirect(url_for(".details", journey=journey.public_id), code=303)


@blueprint.post("/join/sign-out")
@permit(anyone)
def sign_out() -> ResponseReturnValue:
    """Somebody else's session ends, and the invited person goes on."""
    sessions.sign_out()
    return _again()


@blueprint.post("/join/not-me")
@permit(anyone)
def not_me() -> ResponseReturnValue:
    found = _usable()
    if found is None:
        return _again()
    try:
        joining.decline(*found)
    except joining.TooLate:
        return _over()
    return redirect(url_for(".declined", journey=request.args.get("journey")), code=303)


@blueprint.get("/join/declined")
@permit(anyone)
def declined() -> ResponseReturnValue:
    """Confirm to the browser that declined an invitation that it is declined."""
    if not join_journeys.has_declined(request.args.get("journey")):
        return _again()
    return render_template("accounts/declined.html")


@blueprint.post("/join/ask-again")
@permit(anyone)
def ask_again() -> ResponseReturnValue:
    found = _found()
    if found is None:
        return _again()
    if not invitations.expired(found[1]):
        return _again()
    joining.ask_again(found[1])
    return _again()


@blueprint.get("/join/details")
@permit(anyone)
def details() -> ResponseReturnValue:
    found = _newcomer()
    if found is None:
        return _again()
    journey, invitation = found
    form = NamesForm(
        given_name=journey.given_name if journey.has_names else invitation.given_name,
        family_name=journey.family_name if journey.has_names else invitation.family_name,
    )
    return _page("details", journey, invitation, form=form)


@blueprint.post("/join/details")
@permit(anyone)
def submit_details() -> ResponseReturnValue:
    found = _newcomer()
    if found is None:
        return _again()
    journey, invitation = found
    form = NamesForm()
    if not form.validate_on_submit():
        return _page("details", journey, invitation, form=form)
    joining.keep_names(journey, form.given_name.data or "", form.family_name.data or "")
    return redirect(url_for(".choose_password", journey=journey.public_id), code=303)


@blueprint.get("/join/password")
@permit(anyone)
def choose_password() -> ResponseReturnValue:
    found = _newcomer()
    if found is None or not found[0].has_names:
        return _again()
    return _page("password", *found, form=PasswordForm())


@blueprint.post("/join/password")
@permit(anyone)
def submit_password() -> ResponseReturnValue:
    found = _newcomer()
    if found is None or not found[0].has_names:
        return _again()
    journey, invitation = found
    form = PasswordForm()
    chosen = form.password.data or ""
    refusal = password.why_refused(chosen, _owner(journey, invitation))
    if refusal is not None:
        return _page("password", journey, invitation, form=form, mistake=refusal)
    joining.keep_password(journey, hash_password(chosen))
    return redirect(url_for(".second_step", journey=journey.public_id), code=303)


@blueprint.get("/join/second-step/app")
@permit(anyone)
def second_step() -> ResponseReturnValue:
    found = _newcomer()
    if found is None or not found[0].totp_secret:
        return _again()
    return _app_page(*found)


@blueprint.post("/join/second-step/app")
@permit(anyone)
def submit_second_step() -> ResponseReturnValue:
    """The last step: with a right code everything comes to be at once."""
    found = _newcomer()
    if found is None or not found[0].totp_secret:
        return _again()
    journey, invitation = found
    form = AppForm()
    try:
        outcome = joining.finish(journey, invitation, (form.code.data or "")[:200])
    except joining.TooLate:
        return _again()
    if isinstance(outcome, NotProved):
        return _app_page(journey, invitation, outcome.sentence)
    shown = changes.make_recovery_codes(
        outcome, continue_to=url_for(".terms", invitation=invitation.public_id), announce=False
    )
    return redirect(url_for("credentials.codes", shown=shown), code=303)


@blueprint.get("/join/terms")
@permit(anyone)
def terms() -> ResponseReturnValue:
    """Terms of the platform and of the services to which the person was invited, then done."""
    session = current()
    invitation = invitations.by_public_id(request.args.get("invitation"))
    if session is None or invitation is None or invitation.account_id != session.account_id:
        return redirect(approvals().home(), code=303)
    return _terms_then_done(invitation)


@blueprint.get("/join/done")
@permit(signed_in)
def done() -> ResponseReturnValue:
    """The confirmation, for who has just accepted this invitation; for others their home."""
    session = signed_in_session()
    if not joining.accepted_lately(request.args.get("invitation"), session.account):
        return redirect(approvals().home(), code=303)
    return render_template("accounts/done.html", account=session.account, home=approvals().home())


def _terms_then_done(invitation: Invitation) -> ResponseReturnValue:
    services = joining.describe(invitation).services
    done_page = url_for(".done", invitation=invitation.public_id)
    return ask_for_terms(done_page, signed_in_session(), services=services)


def _found() -> tuple[JoinJourney, Invitation] | None:
    return join_journeys.find(request.args.get("journey"))


def _usable() -> tuple[JoinJourney, Invitation] | None:
    found = _found()
    return None if found is None or invitations.expired(found[1]) else found


def _newcomer() -> tuple[JoinJourney, Invitation] | None:
    """The journey of somebody who is to create an account: nobody is signed in, none exists."""
    found = _usable()
    if found is None or current() is not None or joining.existing_account(found[1]) is not None:
        return None
    return found


def _again() -> ResponseReturnValue:
    """Back to the first page, which tells what is the matter."""
    return redirect(url_for(".join", journey=request.args.get("journey")), code=303)


def _over() -> ResponseReturnValue:
    return render_template("accounts/link_over.html"), 410


def _owner(journey: JoinJourney, invitation: Invitation) -> Owner:
    invited = owner(invitation)
    return Owner(
        journey.given_name or "", journey.family_name or "", invitation.email, invited.names
    )


def _app_page(
    journey: JoinJourney, invitation: Invitation, mistake: str | None = None
) -> ResponseReturnValue:
    secret = journey.totp_secret or ""
    return _page(
        "app",
        journey,
        invitation,
        form=AppForm(),
        mistake=mistake,
        key=totp.text_key(secret),
        picture=totp.qr_code(secret, invitation.email),
    )


def _page(
    name: str, journey: JoinJourney, invitation: Invitation, **context: object
) -> ResponseReturnValue:
    return render_template(
        f"accounts/{name}.html", journey=journey, invitation=invitation, **context
    )
