"""Forms of this room."""

from wtforms import PasswordField, StringField

from app.web.forms import Form


class PasswordForm(Form):
    """Form for the password, which is proved besides the link."""

    password = PasswordField("Password")


class AppForm(Form):
    """Form for the first code of the new authenticator app."""

    code = StringField("6-digit code")
