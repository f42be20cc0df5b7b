"""Forms of joining."""

from __future__ import annotations

from wtforms import PasswordField, StringField
from wtforms.validators import DataRequired

from app.web.forms import AtMost, Form, tidy


class DetailsForm(Form):
    given_name = StringField(
        "First name",
        filters=[tidy],
        validators=[DataRequired("Enter your first name"), AtMost(100, "First name")],
    )
    family_name = StringField(
        "Last name",
        filters=[tidy],
        validators=[DataRequired("Enter your last name"), AtMost(100, "Last name")],
    )


class PasswordForm(Form):
    """The rules of a new password need to know its owner: the view asks them."""

    password = PasswordField("Password")


class AppForm(Form):
    code = StringField("6-digit code")
