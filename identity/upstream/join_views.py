"""Pages of joining with an organisation's account, and of linking one."""

from __future__ import annotations

from collections.abc import Callable

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.clock import now
from app.refusal import RefusalError
from app.web.authorisation import anyone, permit
from app.web.forms import Form
from identity.accounts import invitations
from identity.accounts.models import Invitation, JoinJourney
from identity.accounts.names_form import NamesForm
from identity.credentials import registry
from identity.credentials.factor import Factor, ProofRejected
from identity.credentials.forms import PasskeyForm
from identity.credentials.passkeys import PASSKEY
from identity.credentials.totp import TOTP
from identity.credentials.webauthn_ceremonies import LONGEST_ANSWER
from identity.joining import actions as join_actions
from identity.joining import journeys
from identity.joining.forms import AppForm
from identity.ports import approvals
from identity.sessions.current_browser import current_browser
from identity.sessions.current_session import current, sign_in_browser, signed_in_session
from identity.sessions.step_up import freshly_signed_in
from identity.upstream import joining
from identity.upstream.blueprint import blueprint
from identity.upstream.joining import JoinedElsewhere, PendingIdentity, SecondStep
from identity.upstream.journeys import Purpose
from identity.upstream.models import Connection
from identity.upstream.views import leave_for


@blueprint.get("/join/organisation")
@permit(anyone)
def join() -> ResponseReturnValue:
    """Show at which provider the invited person signs in."""
    found = _newcomer()
    if found is None:
        return _back_to_first_page()
    journey, _, connection = found
    return render_template(
        "upstream/join.html",
        connection=connection,
        form=Form(),
        back=url_for("accounts.join", journey=journey.public_id),
    )


@blueprint.post("/join/organisation")
@permit(anyone)
def submit_join() -> ResponseReturnValue:
    """Send the browser to the provider."""
    found = _newcomer()
    if found is None:
        return _back_to_first_page()
    journey, invitation, connection = found
    purpose = Purpose(joining=journey.public_id, login_hint=invitation.email)
    return leave_for(connection, purpose, back=url_for("accounts.join", journey=journey.public_id))


@blueprint.get("/join/organisation/details")
@permit(anyone)
def join_details() -> ResponseReturnValue:
    """Show whose account came back, and the form for the names."""
    found = _with_identity()
    if found is None:
        return _back_to_first_page()
    journey = found[0]
    form = NamesForm(given_name=journey.given_name, family_name=journey.family_name)
    return _details_page(found, form)


@blueprint.post("/join/organisation/details")
@permit(anyone)
def submit_join_details() -> ResponseReturnValue:
    """Store the names; join at once where the provider confirmed two factors."""
    found = _with_identity()
    if found is None:
        return _back_to_first_page()
    journey, form = found[0], NamesForm()
    if not form.validate_on_submit():
        return _details_page(found, form)
    join_actions.keep_names(journey, form.given_name.data or "", form.family_name.data or "")
    if not found[3].origin.two_factors:
        return redirect(url_for(".join_passkey", journey=journey.public_id), code=303)
    again = _with_identity()
    return _finish(again) if again is not None else _back_to_first_page()


@blueprint.get("/join/organisation/passkey")
@permit(anyone)
def join_passkey() -> ResponseReturnValue:
    """Show the page on which the browser makes a passkey, with the way to an app beside it."""
    found = _without_second_step()
    return _back_to_first_page() if found is None else _passkey_page(found)


@blueprint.post("/join/organisation/passkey")
@permit(anyone)
def submit_join_passkey() -> ResponseReturnValue:
    """Complete the journey with the passkey that the browser made."""
    answer = (PasskeyForm().credential.data or "")[:LONGEST_ANSWER]
    return _finish_with(PASSKEY, answer, _passkey_page)


@blueprint.get("/join/organisation/app")
@permit(anyone)
def join_app() -> ResponseReturnValue:
    """Show the secret of the authenticator app."""
    found = _without_second_step()
    return _back_to_first_page() if found is None else _app_page(found)


@blueprint.post("/join/organisation/app")
@permit(anyone)
def submit_join_app() -> ResponseReturnValue:
    """Complete the journey: a right code creates the account and all that belongs to it."""
    return _finish_with(TOTP, (AppForm().code.data or "")[:200], _app_page)


@blueprint.get("/join/link-organisation")
@permit(freshly_signed_in)
def link() -> ResponseReturnValue:
    """Show which provider's account the person can link."""
    found = _linkable()
    if found is None:
        return redirect(approvals().home(), code=303)
    invitation, connection = found
    return render_template(
        "upstream/link.html",
        connection=connection,
        form=Form(),
        back=url_for("accounts.done", invitation=invitation.public_id),
    )


@blueprint.post("/join/link-organisation")
@permit(freshly_signed_in)
def submit_link() -> ResponseReturnValue:
    """Send the browser to the provider, to come back with the identity to link."""
    found = _linkable()
    if found is None:
        return redirect(approvals().home(), code=303)
    invitation, connection = found
    purpose = Purpose(
        linking_session_id=signed_in_session().id,
        invitation_id=invitation.id,
        fresh=True,
        login_hint=invitation.email,
    )
    back = url_for("accounts.done", invitation=invitation.public_id)
    return leave_for(connection, purpose, back=back)


_Found = tuple[JoinJourney, Invitation, Connection, PendingIdentity]


def _newcomer() -> tuple[JoinJourney, Invitation, Connection] | None:
    """Return the joining of a person without account, and the connection that covers it."""
    found = journeys.find_journey(request.args.get("journey"), current_browser())
    if found is None or found[1].has_expired(now()) or current() is not None:
        return None
    connection = joining.connection_for(found[1])
    if connection is None or join_actions.existing_account(found[1]) is not None:
        return None
    return *found, connection


def _with_identity() -> _Found | None:
    found = _newcomer()
    pending = joining.pending_identity(found[0]) if found is not None else None
    if found is None or pending is None or pending.origin.connection != found[2].public_id:
        return None
    return *found, pending


def _linkable() -> tuple[Invitation, Connection] | None:
    session = signed_in_session()
    invitation = invitations.by_public_id(request.args.get("invitation"))
    if invitation is None:
        return None
    connection = joining.connection_to_link(invitation, session)
    return (invitation, connection) if connection is not None else None


def _without_second_step() -> _Found | None:
    """Return the joining of a person who has to set up a second step here, or None."""
    found = _with_identity()
    return None if found is None or found[3].origin.two_factors else found


def _finish(found: _Found) -> ResponseReturnValue:
    """Join without a second step here: the provider confirmed two factors."""
    terms = url_for("accounts.terms", invitation=found[1].public_id)
    try:
        outcome = joining.finish(*found[:2], None, current_browser(), continue_to=terms)
    except join_actions.InvitationOver:
        return _back_to_first_page()
    return _signed_in(outcome, terms)


def _finish_with(
    factor: Factor, answer: str, page: Callable[[_Found, str | None], ResponseReturnValue]
) -> ResponseReturnValue:
    """Join with this factor as the second step, or show its page again with the mistake."""
    found, set_up = _without_second_step(), registry.offered_set_up(factor.name)
    if found is None or set_up is None:
        return _back_to_first_page()
    terms = url_for("accounts.terms", invitation=found[1].public_id)
    try:
        outcome = joining.finish(
            *found[:2], SecondStep(set_up, answer), current_browser(), continue_to=terms
        )
    except join_actions.InvitationOver:
        return _back_to_first_page()
    except RefusalError as error:
        outcome = ProofRejected(error.refusal)
    if isinstance(outcome, ProofRejected):
        return page(found, outcome.refusal.sentence)
    return _signed_in(outcome, terms)


def _signed_in(outcome: JoinedElsewhere | ProofRejected, terms: str) -> ResponseReturnValue:
    if isinstance(outcome, ProofRejected):
        return _back_to_first_page()
    sign_in_browser(outcome.started)
    if outcome.recovery_codes is None:
        return redirect(terms, code=303)
    return redirect(url_for("credentials.codes", shown=outcome.recovery_codes), code=303)


def _details_page(found: _Found, form: NamesForm) -> ResponseReturnValue:
    journey, invitation, connection, pending = found
    return render_template(
        "upstream/join_details.html",
        connection=connection,
        pending=pending,
        form=form,
        invitation=invitation,
        again=url_for(".join", journey=journey.public_id),
    )


def _passkey_page(found: _Found, mistake: str | None = None) -> ResponseReturnValue:
    app_page = url_for(".join_app", journey=found[0].public_id)
    values = journeys.SET_UPS.page_values(found[0], PASSKEY, found[1].email)
    if values is None:
        return redirect(app_page, code=303)
    return render_template(
        "upstream/join_passkey.html",
        connection=found[2],
        form=PasskeyForm(),
        mistake=mistake,
        app_page=app_page,
        **values,
    )


def _app_page(found: _Found, mistake: str | None = None) -> ResponseReturnValue:
    passkey_page = url_for(".join_passkey", journey=found[0].public_id)
    return render_template(
        "upstream/join_app.html",
        connection=found[2],
        form=AppForm(),
        mistake=mistake,
        passkey_page=passkey_page if PASSKEY.available() else None,
        **(journeys.SET_UPS.page_values(found[0], TOTP, found[1].email) or {}),
    )


def _back_to_first_page() -> ResponseReturnValue:
    return redirect(url_for("accounts.join", journey=request.args.get("journey")), code=303)
