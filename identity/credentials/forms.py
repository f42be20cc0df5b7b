"""Forms of this room."""

from __future__ import annotations

from wtforms import PasswordField, StringField

from app.web.forms import Form
from identity.accounts.email_field import EmailAddressField


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
