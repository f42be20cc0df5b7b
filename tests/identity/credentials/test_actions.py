"""Changing one's own password, authenticator app and recovery codes; resetting a password."""

from __future__ import annotations

import re
from datetime import timedelta

import pyotp
import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.clock import now
from app.database import db, writing
from identity.access_termination import end_access
from identity.credentials import actions, password, totp
from identity.credentials.factor import ProofAccepted
from identity.credentials.hashing import hash_password
from identity.credentials.password import PASSWORD
from identity.sessions.active_session import read_session
from identity.sessions.current_session import SessionOver
from identity.sessions.models import Session
from tests.identity.conftest import Post, audited
from tests.identity.people import Person, sign_in
from tests.identity.walking import Page, Walker
from tests.races import THREADS, copied, race

NEW = "copper lantern hill 7"


def _reset_page(client: FlaskClient, person: Person, post: Post) -> Page:
    page = Walker(client).get("/forgot-password").submit(email=person.email)
    assert page.heading == "Check your email"
    link = re.search(r"http://localhost:8000(/reset-password/\S+)", post.to(person.email)[-1])
    assert link
    return Walker(client).get(link.group(1))


def test_reset_link_of_a_mail_changes_the_password(
    app: Flask, client: FlaskClient, person: Person, post: Post
) -> None:
    page = _reset_page(client, person, post)
    assert page.heading == "Choose a new password"
    assert "That password is on a list" in page.submit(password="password1234").text
    assert "must not contain your name" in page.submit(password="byron garden plum").text
    assert page.submit(password=NEW).heading == "Password changed"
    assert post.to(person.email)[-1].startswith("Your Secure Access password was changed")
    person.password = NEW
    assert sign_in(app.test_client(), person, "/account").heading == "Your account"
    assert [row["subject"] for row in audited("password.reset")] == [person.subject]


def test_reset_page_refuses_a_malformed_address(client: FlaskClient) -> None:
    page = Walker(client).get("/forgot-password").submit(email="no address")
    assert page.title.startswith("Error:")
    assert page.text.count("Enter an email address in the correct format") == 2


def test_change_of_password_ends_the_other_sessions(
    app: Flask, person: Person, post: Post, clock: time_machine.Traveller
) -> None:
    here, there = app.test_client(), app.test_client()
    sign_in(there, person)
    clock.shift(timedelta(minutes=2))
    sign_in(here, person)
    page = Walker(here).get("/account/password")
    wrong = page.submit(current_password="not the password", password=NEW)
    assert "Your current password is incorrect." in wrong.text
    page = wrong.submit(current_password=person.password, password=NEW)
    assert page.heading == "Your account"
    assert "Your password has been changed" in page.text
    assert Walker(there).get("/account").heading == "You need to sign in again"
    assert post.to(person.email)[-1].startswith("Your Secure Access password was changed")


def test_new_authenticator_app_replaces_the_old_one_after_a_code(
    app: Flask, client: FlaskClient, person: Person, post: Post, clock: time_machine.Traveller
) -> None:
    sign_in(client, person)
    page = Walker(client).get("/account/second-step").submit("second-step/app")
    assert page.heading == "Set up another authenticator app"
    key = re.search(r'<code class="sa-key">([A-Z2-7 ]+)</code>', page.html)
    assert key
    secret = key.group(1).replace(" ", "")
    assert secret != person.secret
    wrong = page.submit(code=person.code())
    assert "The code is not right." in wrong.text
    page = wrong.submit(code=pyotp.TOTP(secret).generate_otp(int(now().timestamp()) // 30))
    assert "Your new authenticator app is set up." in page.text
    assert post.to(person.email)[-1].startswith("Your Secure Access authenticator app was changed")
    clock.shift(timedelta(minutes=2))
    old = Walker(app.test_client()).get("/sign-in")
    old = old.submit(email=person.email, password=person.password)
    assert "The code is not right." in old.submit(code=person.code()).text
    person.secret = secret
    assert sign_in(app.test_client(), person, "/account").heading == "Your account"


def test_new_recovery_codes_are_confirmed_made_and_shown_once(
    client: FlaskClient, person: Person, post: Post
) -> None:
    sign_in(client, person)
    page = Walker(client).get("/account/second-step")
    page = Walker(client).get(page.link("Get new recovery codes"))
    assert page.heading == "Get new recovery codes"
    assert audited("recovery_codes.made") == []
    page = page.submit()
    assert page.heading == "Save your recovery codes"
    assert len(re.findall(r"[0-9a-z]{4}(?:-[0-9a-z]{4}){3}", page.text)) == 10
    assert page.submit().heading == "Your second step"
    assert post.to(person.email)[-1].startswith("New recovery codes were made")


def test_recovery_codes_are_put_away_by_parallel_requests(
    app: Flask, client: FlaskClient, person: Person
) -> None:
    sign_in(client, person)
    page = Walker(client).get("/account/second-step/codes").submit()
    form = page.form("/recovery-codes/")
    walkers = [Walker(copied(client)) for _ in range(THREADS)]
    statuses = race(app, lambda number: walkers[number].post(form.action, form.values).status)
    assert set(statuses) <= {200, 404}


def test_new_recovery_codes_end_the_other_sessions(
    app: Flask, person: Person, clock: time_machine.Traveller
) -> None:
    here, there = app.test_client(), app.test_client()
    sign_in(there, person)
    clock.shift(timedelta(minutes=2))
    sign_in(here, person)
    Walker(here).get("/account/second-step/codes").submit()
    assert Walker(there).get("/account").heading == "You need to sign in again"
    assert Walker(here).get("/account").heading == "Your account"


def test_reset_of_an_address_without_account_sends_an_explanation(
    client: FlaskClient, person: Person, post: Post
) -> None:
    Walker(client).get("/forgot-password").submit(email="nobody@school.example")
    assert "There is no account with this address" in post.to("nobody@school.example")[-1]


def test_change_of_a_factor_is_refused_after_the_session_ended(
    app: Flask, client: FlaskClient, person: Person
) -> None:
    sign_in(client, person)
    session = read_session(db.session.scalars(select(Session.id)).one())
    enrolment = actions.begin_enrolment(session)
    proved = PASSWORD.prove(person.account_id, person.password)
    assert isinstance(proved, ProofAccepted)
    with writing():
        end_access(person.account_id, cause="password reset")
    code = pyotp.TOTP(totp.text_key(enrolment.sealed_secret).replace(" ", "")).now()
    for change in (
        lambda: actions.change_password(session, proved, hash_password(NEW)),
        lambda: actions.begin_enrolment(session),
        lambda: actions.prove_enrolment(enrolment, session, code),
        lambda: actions.make_recovery_codes(session, continue_to="/account", announce=True),
    ):
        with pytest.raises(SessionOver):
            change()
    assert isinstance(PASSWORD.prove(person.account_id, person.password), ProofAccepted)


def test_change_of_the_password_needs_the_password_that_is_stored(
    app: Flask, client: FlaskClient, person: Person
) -> None:
    sign_in(client, person)
    session = read_session(db.session.scalars(select(Session.id)).one())
    proved = PASSWORD.prove(person.account_id, person.password)
    assert isinstance(proved, ProofAccepted)
    with writing():
        password.store(person.account_id, hash_password("another lantern hill 8"))
    assert actions.change_password(session, proved, hash_password(NEW)) is False
    assert not isinstance(PASSWORD.prove(person.account_id, NEW), ProofAccepted)
