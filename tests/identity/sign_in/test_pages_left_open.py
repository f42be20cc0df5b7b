"""Pages of signing in that outlived their journey, and answers that Back never sends again."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from app.retention import purge_expired
from identity.sign_in.journeys import LIFETIME, REMEMBERED
from tests.identity.conftest import Post, audited
from tests.identity.people import PASSWORD, Person, sign_in
from tests.identity.walking import Page, Walker

LATE = LIFETIME + timedelta(minutes=1)
WANTED = "/sign-in?next=/account/sessions"
MISTAKE = "Your email address or password is incorrect."


def _half(client: FlaskClient, person: Person) -> Page:
    return Walker(client).get(WANTED).submit(email=person.email, password=PASSWORD)


def test_sign_in_page_of_an_expired_journey_signs_in_and_continues(
    client: FlaskClient, person: Person, clock: time_machine.Traveller
) -> None:
    page = Walker(client).get(WANTED)
    clock.shift(LATE)
    page = page.submit(email=person.email, password=PASSWORD)
    assert page.heading == "Enter the 6-digit code"
    assert page.submit(code=person.code()).address.endswith("/account/sessions")


def test_sign_in_page_of_an_expired_journey_opens_again_when_reloaded(
    app: Flask, client: FlaskClient, person: Person, clock: time_machine.Traveller
) -> None:
    page = Walker(client).get(WANTED)
    clock.shift(LATE)
    purge_expired()
    page = Walker(client).get(page.form().action)
    assert page.heading == "Sign in"
    assert "You took longer than 30 minutes" in page.text
    page = page.submit(email=person.email, password=PASSWORD)
    assert page.submit(code=person.code()).address.endswith("/account/sessions")


def test_code_page_of_an_expired_journey_asks_for_both_factors_again(
    client: FlaskClient, person: Person, clock: time_machine.Traveller
) -> None:
    page = _half(client, person)
    clock.shift(LATE)
    page = page.submit(code=person.code())
    assert page.heading == "Sign in"
    assert "You took longer than 30 minutes" in page.text
    page = page.submit(email=person.email, password=PASSWORD)
    assert page.submit(code=person.code()).address.endswith("/account/sessions")


def test_sign_in_page_of_a_purged_journey_shows_that_it_has_closed(
    app: Flask, client: FlaskClient, person: Person, clock: time_machine.Traveller
) -> None:
    page = Walker(client).get(WANTED)
    clock.shift(LATE + REMEMBERED)
    purge_expired()
    page = page.submit(email=person.email, password=PASSWORD)
    assert page.heading == "This sign-in page has closed"


def test_finished_sign_in_leads_on_when_its_page_is_opened_again(
    client: FlaskClient, person: Person, clock: time_machine.Traveller
) -> None:
    half = _half(client, person)
    half.submit(code=person.code())
    for address in (half.address, half.form().action.replace("/code", "")):
        page = Walker(client).get(address)
        assert page.status == 200
        assert page.address.endswith("/account/sessions")


def test_expired_confirmation_leads_back_to_the_page_that_asked_for_it(
    client: FlaskClient, person: Person, clock: time_machine.Traveller
) -> None:
    sign_in(client, person)
    clock.shift(timedelta(minutes=16))
    page = Walker(client).get("/account/password")
    clock.shift(timedelta(minutes=12))
    Walker(client).get("/account")
    clock.shift(timedelta(minutes=19))
    page = page.submit(password=PASSWORD)
    assert page.heading == "Confirm it is you"
    page = page.submit(password=PASSWORD).submit(code=person.code())
    assert page.address.endswith("/account/password")


@pytest.mark.parametrize("step", ["password", "code", "confirmation"])
def test_wrong_input_is_answered_by_a_redirect(
    client: FlaskClient, person: Person, clock: time_machine.Traveller, step: str
) -> None:
    if step == "password":
        page, wrong, sentence = Walker(client).get(WANTED), {"email": person.email}, MISTAKE
    elif step == "code":
        page, wrong, sentence = _half(client, person), {"code": "12"}, "Enter all 6 digits"
    else:
        sign_in(client, person)
        clock.shift(timedelta(minutes=16))
        page = Walker(client).get("/account/password")
        wrong, sentence = {"password": "not the password"}, "Your password is incorrect."
    assert page.submit("", None, False, **wrong).status == 303
    shown = page.submit("", None, True, **wrong)
    assert shown.status == 200
    assert shown.title.startswith("Error: ")
    assert sentence in shown.text


def test_wrong_password_keeps_the_address_and_is_forgotten_after_a_right_one(
    client: FlaskClient, person: Person
) -> None:
    page = Walker(client).get(WANTED).submit(email=person.email, password="wrong")
    assert page.form().values["email"] == person.email
    page = page.submit(email=person.email, password=PASSWORD)
    assert not page.title.startswith("Error: ")


def test_owner_is_mailed_once_a_day_about_guessed_codes(
    app: Flask, person: Person, post: Post, clock: time_machine.Traveller
) -> None:
    warnings = 0
    for day in range(2):
        for _ in range(3):
            page = _half(app.test_client(), person)
            for _ in range(4):
                page.submit(code="000000")
            clock.shift(timedelta(minutes=16))
        warnings = sum(
            mail.startswith("Wrong codes were entered") for mail in post.to(person.email)
        )
        assert warnings == day + 1
        clock.shift(timedelta(days=1))
    assert len(audited("sign_in.guesses_announced")) == 2


def test_owner_is_not_mailed_about_their_own_mistakes_on_a_known_device(
    app: Flask, person: Person, post: Post, clock: time_machine.Traveller
) -> None:
    client = app.test_client()
    sign_in(client, person)
    Walker(client).get("/sign-out").submit()
    clock.shift(timedelta(minutes=5))
    page = _half(client, person)
    for _ in range(6):
        page.submit(code="000000")
    assert post.to(person.email) == []
