"""Forms of joining."""

from __future__ import annotations

from wtforms import PasswordField, StringField

from app.web.forms import Form


class PasswordForm(Form):
    """Form for a new password. Its rules depend on the owner and are checked outside the form."""

    password = PasswordField("Password")


class AppForm(Form):
    """Form for the code of an authenticator app."""

    code = StringField("6-digit code")
