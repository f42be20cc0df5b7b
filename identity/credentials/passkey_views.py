"""Pages on which signed-in people add, rename and remove their passkeys."""

from __future__ import annotations

import json

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.refusal import RefusalError
from app.web.authorisation import permit
from app.web.errors import NotFound
from app.web.forms import Form, show_refusal
from identity.credentials import passkey_actions
from identity.credentials.blueprint import blueprint
from identity.credentials.forms import AddPasskeyForm, PasskeyNameForm
from identity.credentials.models import Passkey, PasskeyEnrolment
from identity.credentials.passkeys import PASSKEY
from identity.sessions.access import own_page
from identity.sessions.current_browser import current_browser
from identity.sessions.current_session import sign_in_browser, signed_in_session
from identity.sessions.step_up import freshly_signed_in

_NO_PASSKEY = "no such passkey of this person"


@blueprint.post("/account/second-step/passkey")
@permit(freshly_signed_in)
def begin_passkey() -> ResponseReturnValue:
    """Begin a new passkey, and continue at `next` once it is added."""
    if not PASSKEY.available():
        raise NotFound("no passkeys at an issuer without a host name")
    return _begin(own_page(request.args.get("next")) or url_for(".second_step"))


@blueprint.get("/account/second-step/passkey")
@permit(freshly_signed_in)
def passkey() -> ResponseReturnValue:
    """Show the page on which the browser makes a passkey."""
    enrolment = _enrolment()
    if enrolment is None:
        return redirect(url_for(".second_step"), code=303)
    session = signed_in_session()
    return _passkey_page(enrolment, AddPasskeyForm(name=session.browser))


@blueprint.get("/account/second-step/passkey/add")
@permit(freshly_signed_in)
def passkey_to_add() -> ResponseReturnValue:
    """Lead from the address of the form to its page."""
    return redirect(url_for(".passkey", journey=request.args.get("journey")), code=303)


@blueprint.post("/account/second-step/passkey/add")
@permit(freshly_signed_in)
def add_passkey() -> ResponseReturnValue:
    """Store the passkey that the browser made."""
    enrolment = _enrolment()
    if enrolment is None:
        return redirect(url_for(".second_step"), code=303)
    form, session = AddPasskeyForm(), signed_in_session()
    if not form.validate_on_submit():
        return _passkey_page(enrolment, form)
    onwards = enrolment.continue_to
    try:
        renewed = passkey_actions.add_passkey(
            enrolment,
            session,
            form.name.data or "",
            form.credential.data or "",
            current_browser(),
        )
    except RefusalError as error:
        show_refusal(form, error.refusal)
        return _passkey_page(enrolment, form)
    sign_in_browser(renewed)
    flash("Your passkey is set up. Next time you can sign in with it alone.", "success")
    return redirect(onwards, code=303)


@blueprint.get("/account/second-step/passkeys/<public_id>/name")
@permit(freshly_signed_in)
def passkey_name(public_id: str) -> ResponseReturnValue:
    """Show the form for another name of a passkey."""
    found = _find(public_id)
    return _name_page(found, PasskeyNameForm(name=found.name))


@blueprint.post("/account/second-step/passkeys/<public_id>/name")
@permit(freshly_signed_in)
def rename_passkey(public_id: str) -> ResponseReturnValue:
    """Rename a passkey."""
    found, form = _find(public_id), PasskeyNameForm()
    if not form.validate_on_submit():
        return _name_page(found, form)
    if not passkey_actions.rename_passkey(public_id, signed_in_session(), form.name.data or ""):
        raise NotFound(_NO_PASSKEY)
    flash("The passkey has its new name.", "success")
    return redirect(url_for(".second_step"), code=303)


@blueprint.get("/account/second-step/passkeys/<public_id>/remove")
@permit(freshly_signed_in)
def passkey_removal(public_id: str) -> ResponseReturnValue:
    """Ask before a passkey stops working."""
    found = _find(public_id)
    return _removal_page(found, Form())


@blueprint.post("/account/second-step/passkeys/<public_id>/remove")
@permit(freshly_signed_in)
def remove_passkey(public_id: str) -> ResponseReturnValue:
    """Remove a passkey."""
    try:
        removed = passkey_actions.remove_passkey(public_id, signed_in_session())
    except RefusalError:
        return _removal_page(_find(public_id), Form())
    if not removed:
        raise NotFound(_NO_PASSKEY)
    flash("The passkey is removed. Delete it on your device as well.", "success")
    return redirect(url_for(".second_step"), code=303)


def _begin(continue_to: str) -> ResponseReturnValue:
    enrolment = passkey_actions.begin_enrolment(signed_in_session(), continue_to=continue_to)
    return redirect(url_for(".passkey", journey=enrolment.public_id), code=303)


def _enrolment() -> PasskeyEnrolment | None:
    return passkey_actions.find_enrolment(request.args.get("journey"), signed_in_session())


def _find(public_id: str) -> Passkey:
    found = passkey_actions.find_passkey(public_id, signed_in_session())
    if found is None:
        raise NotFound(_NO_PASSKEY)
    return found


def _passkey_page(enrolment: PasskeyEnrolment, form: AddPasskeyForm) -> ResponseReturnValue:
    return render_template(
        "credentials/passkey.html",
        journey=enrolment,
        form=form,
        options=json.dumps(passkey_actions.options(enrolment, signed_in_session())),
    )


def _name_page(passkey: Passkey, form: PasskeyNameForm) -> ResponseReturnValue:
    return render_template("credentials/passkey_name.html", passkey=passkey, form=form)


def _removal_page(passkey: Passkey, form: Form) -> ResponseReturnValue:
    return render_template(
        "credentials/passkey_removal.html",
        passkey=passkey,
        form=form,
        last=passkey_actions.LAST.sentence if passkey_actions.is_last_way_in(passkey) else None,
    )
