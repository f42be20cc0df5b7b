"""Sign-ins whose access is ended by another request while their own is under way."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.database import db, writing
from approvals.settings import Settings
from identity.access_termination import end_access
from identity.sessions.models import Session
from tests.conftest import REAL_COST, settings
from tests.identity.credentials.passkey_pages import WITH_PASSKEY, add_passkey, options_on
from tests.identity.people import Person, make_person
from tests.identity.walking import Walker
from tests.races import THREADS, copied, race


@pytest.fixture
def app_settings(database_url: str, tmp_path: Path) -> Settings:
    """Settings with the real cost of a password's hash: access ends while it is computed."""
    return settings(database_url, mail_directory=tmp_path / "mail", **REAL_COST)


def test_password_that_is_checked_while_access_ends_is_answered_without_failure(
    app: Flask, client: FlaskClient, person: Person
) -> None:
    page = Walker(client).get("/sign-in")
    form = page.form("/sign-in")
    page.submit(email=person.email, password=person.password)
    posted = {**form.values, "email": person.email, "password": person.password}
    walkers = [Walker(copied(client)) for _ in range(THREADS)]

    def act(number: int) -> int:
        if number % 8 == 0:
            with writing():
                end_access(person.account_id, cause="not me")
            return 200
        return walkers[number].post(form.action, posted).status

    # 409: the journey was deleted while the password was checked. 429: many tries at once.
    assert set(race(app, act)) <= {200, 409, 429}


@pytest.mark.parametrize("cause", ["not me", "password reset"])
@pytest.mark.parametrize("owner", ["the same person", "another person"])
def test_sign_in_that_was_ended_is_not_continued_by_a_passkey(
    client: FlaskClient, person: Person, cause: str, owner: str
) -> None:
    other = make_person("grace@school.example", "Grace", "Hopper")
    key = add_passkey(person if owner == "the same person" else other)
    first = Walker(client).get("/sign-in")
    first.submit("/sign-in?", email=person.email, password=person.password)
    with writing():
        end_access(person.account_id, cause=cause)
    page = first.submit(WITH_PASSKEY, assertion=key.get(options_on(first)))
    assert page.heading == "Sign in"
    db.session.rollback()
    assert db.session.scalars(select(Session)).all() == []
