"""Forms of this room."""

from __future__ import annotations

from wtforms import HiddenField, PasswordField, StringField
from wtforms.validators import DataRequired

from app.typed_text import collapse_spaces
from app.web.forms import AtMost, Form, TypedText
from identity.accounts.email_field import EmailAddressField
from identity.credentials.passkeys import LONGEST_NAME
from identity.credentials.webauthn_ceremonies import LONGEST_ANSWER


class EmailForm(Form):
    """Form for an email address."""

    email = EmailAddressField("Email address")


class NewPasswordForm(Form):
    """Form for a new password. Its rules depend on the owner, so the views check them."""

    password = PasswordField("New password")


class ChangePasswordForm(Form):
    """Form for a change of the password."""

    current_password = PasswordField("Current password")
    password = PasswordField("New password")


class ProveAppForm(Form):
    """Form for the first code of an authenticator app."""

    code = StringField("6-digit code")


class PasskeyNameForm(Form):
    """Form for the name under which its owner knows a passkey."""

    name = StringField(
        "Name of the passkey",
        filters=[collapse_spaces],
        validators=[
            DataRequired("Enter a name for the passkey"),
            TypedText("Name of the passkey", LONGEST_NAME),
        ],
    )


class AddPasskeyForm(PasskeyNameForm):
    """Form for a new passkey. A script fills in the browser's response as JSON."""

    credential = HiddenField(
        "Passkey",
        validators=[
            DataRequired("Your browser did not make a passkey. Try again"),
            AtMost(LONGEST_ANSWER, "The passkey"),
        ],
    )


class PasskeyForm(Form):
    """Form of a person's first passkey; the script fills in the browser's response."""

    credential = HiddenField()
