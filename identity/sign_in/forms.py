"""The forms of signing in. Their mistakes are told in `views`, the same for every mistake."""

from __future__ import annotations

from flask import request
from wtforms import PasswordField, StringField

from app.web.forms import Form


class SignInForm(Form):
    """Fields without validators: every mistake has the same answer (docs/decisions/0007)."""

    email = StringField("Email address")
    password = PasswordField("Password")


class PasswordForm(Form):
    """Form for the password of a confirmation."""

    password = PasswordField("Password")


def answered(field: str, longest: int) -> str:
    """Return the answer that the form posted in the field; empty where it is too long."""
    answer = request.form.get(field, "")
    return answer if len(answer) <= longest else ""


class TermsForm(Form):
    """Only the token; the button says which version is accepted."""
