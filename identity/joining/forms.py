"""Forms of joining."""

from __future__ import annotations

from wtforms import HiddenField, PasswordField, StringField

from app.web.forms import AtMost, Form
from identity.accounts.names_form import NamesForm
from identity.credentials.webauthn_ceremonies import LONGEST_ANSWER


class DetailsForm(NamesForm):
    """Form for the name, and for a passkey that a script makes on the same page."""

    credential = HiddenField("Passkey", validators=[AtMost(LONGEST_ANSWER, "The passkey")])


class PasswordForm(Form):
    """Form for a new password. Its rules depend on the owner and are checked outside the form."""

    password = PasswordField("Password")


class AppForm(Form):
    """Form for the code of an authenticator app."""

    code = StringField("6-digit code")
