"""Sessions that a sign-in begins, without a request."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask import has_request_context
from sqlalchemy import select

from app.database import db, writing
from app.identifiers import secret_hash
from app.outbox.models import OutboxMail
from identity.credentials.password import PASSWORD
from identity.credentials.totp import TOTP
from identity.sessions.actions import StartedSession, end_session
from identity.sessions.browser import Browser
from identity.sign_in.session_actions import begin_session, renew_session
from tests.identity.conftest import audited
from tests.identity.people import NEW_BROWSER, Person


def _begin(person: Person, browser: Browser) -> StartedSession:
    assert not has_request_context()
    with writing():
        return begin_session(person.account, [PASSWORD.evidence, TOTP.evidence], [], browser)


def _after(started: StartedSession) -> Browser:
    """Return the browser with the cookies of the started session."""
    return replace(
        NEW_BROWSER,
        device_hash=secret_hash(started.device_token or ""),
        session=started.session,
    )


def test_begin_session_remembers_the_device(person: Person) -> None:
    first = _begin(person, NEW_BROWSER)
    second = _begin(person, _after(first))
    assert [row["new_device"] for row in audited("sign_in.succeeded")] == [True, False]
    assert second.session.known_device_id == first.session.known_device_id
    assert second.device_token != first.device_token


def test_begin_session_mails_the_owner_about_a_new_device(person: Person) -> None:
    _begin(person, NEW_BROWSER)
    _begin(person, NEW_BROWSER)
    mails = db.session.scalars(select(OutboxMail)).all()
    assert [mail.recipient for mail in mails] == [person.email]


@pytest.mark.parametrize("ended", [True, False])
def test_renew_session_needs_the_session_that_is_confirmed(person: Person, ended: bool) -> None:
    started = _begin(person, NEW_BROWSER)
    confirmed = started.session.id if ended else started.session.id + 1
    with writing():
        if ended:
            end_session(started.session, cause="sign-out")
        browser = _after(started)
        assert (
            renew_session(confirmed, person.account, [PASSWORD.evidence, TOTP.evidence], browser)
            is None
        )
