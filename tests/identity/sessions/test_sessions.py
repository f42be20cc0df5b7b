"""Sessions live on the server: how long, where listed, how ended."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.database import db, writing
from app.retention import purge_expired
from identity.access_termination import end_access
from identity.sessions.access import own_page
from identity.sessions.models import Session
from tests.identity.conftest import audited
from tests.identity.people import Person, sign_in
from tests.identity.walking import Walker

ENDED = "You need to sign in again"


def _alive(client: FlaskClient) -> bool:
    return Walker(client).get("/account").heading == "Your account"


def test_sign_out_page_asks_and_ends_the_session(client: FlaskClient, person: Person) -> None:
    sign_in(client, person)
    kept = client.get_cookie("secure_access_session")
    page = Walker(client).get("/sign-out").submit(button="sign_out")
    assert page.heading == "You are signed out"
    assert client.get_cookie("secure_access_session") is None
    assert kept is not None
    client.set_cookie("secure_access_session", kept.value)
    assert not _alive(client)
    assert [row["cause"] for row in audited("session.ended")] == ["sign-out"]


def test_idle_session_shows_why_it_ended_and_returns_to_the_page(
    client: FlaskClient, person: Person, clock: time_machine.Traveller
) -> None:
    sign_in(client, person)
    clock.shift(timedelta(minutes=31))
    page = Walker(client).get("/account/second-step")
    assert page.heading == ENDED
    assert "You did not open a page for a while" in page.text
    page = page.walker.get(page.link("Sign in"))
    page = page.submit(email=person.email, password=person.password)
    assert page.submit(code=person.code()).heading == "Your second step"


def test_end_others_button_ends_all_other_sessions(
    app: Flask, person: Person, clock: time_machine.Traveller
) -> None:
    here, there = app.test_client(), app.test_client()
    sign_in(there, person)
    clock.shift(timedelta(minutes=2))
    sign_in(here, person)
    page = Walker(here).get("/account/sessions")
    assert "This browser, now" in page.text
    page = page.submit("end-others")
    assert "All other sessions have ended." in page.text
    assert _alive(here)
    assert not _alive(there)


def test_end_button_ends_its_session(
    app: Flask, person: Person, clock: time_machine.Traveller
) -> None:
    here, there = app.test_client(), app.test_client()
    sign_in(there, person)
    clock.shift(timedelta(minutes=2))
    sign_in(here, person)
    other = db.session.scalars(select(Session).order_by(Session.id)).first()
    assert other is not None
    page = Walker(here).get("/account/sessions").submit(other.sid)
    assert "The session has ended." in page.text
    assert not _alive(there)
    assert _alive(here)


def test_ended_parts_of_access_leave_the_session_of_the_person(
    client: FlaskClient, person: Person
) -> None:
    sign_in(client, person)
    with writing():
        end_access(person.account_id, cause="removed", organisation="an organisation")
        end_access(person.account_id, cause="group changed", service="a service")
    assert _alive(client)
    with writing():
        end_access(person.account_id, cause="suspended")
    assert not _alive(client)


def test_sessions_long_over_are_purged(
    client: FlaskClient, person: Person, clock: time_machine.Traveller
) -> None:
    sign_in(client, person)
    clock.shift(timedelta(hours=35))
    deleted = purge_expired()
    assert (deleted["sessions"], deleted["sign-in journeys"]) == (0, 1)
    clock.shift(timedelta(hours=2))
    assert purge_expired()["sessions"] == 1
    assert db.session.scalars(select(Session)).all() == []


@pytest.mark.parametrize("path", ["/account", "/account?a=b", "/o/1/users"])
def test_own_page_accepts_a_path_of_this_service(path: str) -> None:
    assert own_page(path) == path
