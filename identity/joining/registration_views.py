"""Pages of people who ask for an account themselves."""

from __future__ import annotations

from flask import redirect, render_template, session, url_for
from flask.typing import ResponseReturnValue
from wtforms import StringField
from wtforms.validators import ValidationError

from app.clock import now
from app.web.authorisation import anyone, permit
from app.web.forms import Form
from app.web.rate_limits import limiter
from identity.accounts import registrations
from identity.accounts.email_field import EmailAddressField
from identity.accounts.shared_addresses import is_shared
from identity.joining.blueprint import blueprint
from identity.ports import approvals
from identity.sessions.current_session import current

_ASKS_PER_NETWORK = "60 per hour"
_ASKED_AT = "registration_asked_at"
_ASK_REMEMBERED = 3600


class RegistrationForm(Form):
    """Form for the address of a person who asks for an account."""

    email = EmailAddressField("Work email address")

    def validate_email(self, field: StringField) -> None:
        """Refuse addresses that several people share, whether or not there is an account."""
        if not field.errors and is_shared(self.email.address):
            raise ValidationError("Enter your own address, not one that several people share")


@blueprint.get("/create-account")
@permit(anyone)
def register() -> ResponseReturnValue:
    """Show the form for a link to a new account; lead signed-in people to the request form."""
    if current() is not None:
        return redirect(approvals().request_form(), code=303)
    return render_template("joining/register.html", form=RegistrationForm())


@blueprint.post("/create-account")
@permit(anyone)
@limiter.limit(_ASKS_PER_NETWORK)
def submit_register() -> ResponseReturnValue:
    """Send a link to the address, and show the same page for every address."""
    form = RegistrationForm()
    if not form.validate_on_submit():
        return render_template("joining/register.html", form=form)
    registrations.ask_for_account(form.email.address)
    session[_ASKED_AT] = now().timestamp()
    return redirect(url_for(".registration_sent"), code=303)


@blueprint.get("/create-account/check-email")
@permit(anyone)
def registration_sent() -> ResponseReturnValue:
    """Show what to do next; a browser that asked for nothing within the hour gets the form."""
    if session.get(_ASKED_AT, 0) < now().timestamp() - _ASK_REMEMBERED:
        return redirect(url_for(".register"), code=303)
    return render_template("joining/registration_sent.html")
