"""Signing in: password, then code or recovery code, then a session."""

from __future__ import annotations

from flask import Flask

from tests.identity.people import make_person, sign_in
from tests.identity.walking import Walker


def test_a_person_signs_in_with_password_and_code(app: Flask) -> None:
    person = make_person()
    client = app.test_client()
    sign_in(client, person, "/sign-in?next=/account")
    page = Walker(client).get("/account")
    assert page.status == 200
    assert person.email in page.text
