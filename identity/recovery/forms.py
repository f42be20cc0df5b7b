"""Forms of this room."""

from wtforms import HiddenField, PasswordField, StringField

from app.web.forms import Form


class PasswordForm(Form):
    """Form for the password, which is proved besides the link."""

    password = PasswordField("Password")


class PasskeyForm(Form):
    """Form of the new passkey; the script fills in the browser's response."""

    credential = HiddenField()


class AppForm(Form):
    """Form for the first code of the new authenticator app."""

    code = StringField("6-digit code")
