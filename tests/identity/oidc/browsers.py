"""Browsers that are signed in already, for tests that are not about signing in."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask
from flask.testing import FlaskClient

from app.clock import now
from app.database import writing
from app.identifiers import new_secret, secret_hash
from identity.sessions.models import Session
from identity.settings import settings
from tests.identity.people import Person


def signed_in_browser(
    app: Flask, person: Person, *, acr: str = "urn:secure-access:aal2", age: timedelta | None = None
) -> FlaskClient:
    """A browser with a live session of the person, begun `age` ago."""
    token, moment = new_secret(), now() - (age or timedelta(seconds=1))
    with writing() as session:
        session.add(
            Session(
                token_hash=secret_hash(token),
                account_id=person.account_id,
                created_at=moment,
                auth_time=moment,
                amr_values=["pwd", "otp", "mfa"],
                acr=acr,
                last_active_at=now(),
                absolute_end=moment + timedelta(hours=settings().session_hours),
                network="127.0.0.1/32",
                user_agent="",
            )
        )
    browser: FlaskClient = app.test_client()
    browser.set_cookie("secure_access_session", token)
    return browser
