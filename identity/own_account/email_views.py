"""Pages on which a person changes their email address, and on which the change is undone."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.clock import now
from app.refusal import RefusalError
from app.web.authorisation import anyone, permit
from app.web.forms import Form, show_refusal
from app.web.rate_limits import limiter
from identity.accounts.email_field import EmailAddressField
from identity.accounts.models import Account
from identity.credentials import reset, reset_links
from identity.credentials.models import PasswordReset
from identity.email_changes import queries
from identity.own_account import email_actions
from identity.own_account.blueprint import blueprint
from identity.own_account.provider_rule import provider_required_at, provider_to_link
from identity.sessions.access import signed_in, signed_in_with_own_factors
from identity.sessions.current_browser import bound_browser, current_browser
from identity.sessions.current_session import sign_out_browser, signed_in_session
from identity.sessions.step_up import FreshSignIn


class EmailForm(Form):
    """Form for a new email address."""

    email = EmailAddressField("New email address")


@blueprint.get("/account/email")
@permit(FreshSignIn(signed_in_with_own_factors))
def change_email() -> ResponseReturnValue:
    """Show the form for a change of the address."""
    return _form_page(EmailForm())


@blueprint.post("/account/email")
@permit(FreshSignIn(signed_in_with_own_factors))
@limiter.limit("20 per hour")
def submit_email() -> ResponseReturnValue:
    """Send a link to the new address."""
    form = EmailForm()
    if not form.validate_on_submit():
        return _form_page(form)
    try:
        email_actions.request_change(signed_in_session(), form.email.address)
    except RefusalError as error:
        show_refusal(form, error.refusal, form.email)
        return _form_page(form)
    return redirect(url_for(".email_sent"), code=303)


@blueprint.get("/account/email/check-email")
@permit(signed_in)
def email_sent() -> ResponseReturnValue:
    """Show where the link was sent: the same page whether or not the address has an account."""
    change = queries.open_change(signed_in_session().account_id, now())
    if change is None or change.begun_by is not None:
        return redirect(url_for(".change_email"), code=303)
    return render_template("own_account/email_sent.html", change=change)


@blueprint.get("/account/email/confirm/<token>")
@permit(anyone)
def open_confirm(token: str) -> ResponseReturnValue:
    """Open the link that was sent to the new address, without using it up."""
    journey = reset_links.open_link(token, reset_links.CONFIRM_ADDRESS, bound_browser())
    if journey is None:
        return _link_over()
    return redirect(url_for(".confirm_email", journey=journey.public_id), code=303)


@blueprint.get("/account/email/confirm")
@permit(FreshSignIn(signed_in_with_own_factors))
def confirm_email() -> ResponseReturnValue:
    """Ask the signed-in person to confirm the new address."""
    found = _opened_link()
    if found is None:
        return _link_over()
    return _confirm_page(found[1], Form())


@blueprint.post("/account/email/confirm")
@permit(FreshSignIn(signed_in_with_own_factors))
def submit_confirm_email() -> ResponseReturnValue:
    """Change the address of the signed-in person."""
    found, form = _opened_link(), Form()
    if found is None:
        return _link_over()
    link, account = found
    session = signed_in_session()
    if account.id != session.account_id:
        return _confirm_page(account, form)
    try:
        address = email_actions.confirm_change(link, session, current_browser())
    except reset.LinkOver:
        return _link_over()
    except RefusalError as error:
        show_refusal(form, error.refusal)
        return _confirm_page(account, form)
    flash(f"Your email address is now {address.text}.", "success")
    to_link = provider_to_link(account, address)
    if to_link is not None:
        flash(
            f"From your next sign-in on you need {to_link.name}. Ask an approver of your "
            "organisation for the link that connects it.",
            "important",
        )
    return redirect(url_for("accounts.account"), code=303)


@blueprint.post("/account/email/confirm/sign-out")
@permit(anyone)
def sign_out_to_confirm() -> ResponseReturnValue:
    """End another person's session, and lead the person of the link on."""
    sign_out_browser()
    return redirect(url_for(".confirm_email", journey=request.args.get("journey")), code=303)


def _opened_link() -> tuple[PasswordReset, Account] | None:
    journey = request.args.get("journey")
    return reset_links.find(journey, reset_links.CONFIRM_ADDRESS, current_browser())


def _link_over() -> ResponseReturnValue:
    return render_template("own_account/link_over.html"), 410


def _form_page(form: EmailForm) -> ResponseReturnValue:
    account = signed_in_session().account
    return render_template(
        "own_account/email.html",
        form=form,
        account=account,
        change=queries.open_change(account.id, now()),
    )


def _confirm_page(account: Account, form: Form) -> ResponseReturnValue:
    own = signed_in_session().account
    if own.id != account.id:
        return render_template("own_account/email_of_another.html", account=own, form=form)
    change = queries.open_change(own.id, now())
    return render_template(
        "own_account/confirm_email.html",
        account=own,
        change=change,
        form=form,
        required=provider_required_at(change.address) if change is not None else None,
        to_link=provider_to_link(own, change.address) if change is not None else None,
    )
