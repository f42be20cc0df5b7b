"""The end of a session: its warning, staying signed in, and what was typed before it."""

from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import quote

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app.actors import Actor
from app.database import db
from app.vault import decrypt
from approvals.terms.actions import publish
from identity.administration import suspension
from identity.sessions.drafts import MOST_PER_ACCOUNT
from identity.sessions.models import KeptPost
from tests.identity.people import Person, make_person, sign_in
from tests.identity.walking import Page, Walker

NAME = "/account/name"
TYPED = {"given_name": 'Ada "A" <Augusta>', "family_name": "King & Byron"}


def ends_in(page: Page) -> int:
    found = re.search(r'data-seconds="(\d+)"', page.html)
    assert found
    return int(found.group(1))


def send(page: Page, values: dict[str, str]) -> Page:
    return page.walker.post(NAME, {**page.form(NAME).values, **values})


def send_late(client: FlaskClient, clock: time_machine.Traveller, **values: str) -> Page:
    """Open the page of the name, and send it after the session has ended."""
    page = Walker(client).get(NAME)
    clock.shift(timedelta(minutes=31))
    return send(page, values or TYPED)


def sign_in_again(page: Page, person: Person) -> Page:
    assert page.heading == "You need to sign in again"
    page = page.walker.get(page.link("Sign in"))
    page = page.submit(email=person.email, password=person.password)
    return page.submit(code=person.code())


def typed(page: Page) -> dict[str, str]:
    return {name: page.form(NAME).values[name] for name in TYPED}


def drafts() -> int:
    return db.session.scalar(select(func.count()).where(KeptPost.kind == "draft")) or 0


def test_page_states_when_the_session_ends(
    client: FlaskClient, person: Person, clock: time_machine.Traveller
) -> None:
    sign_in(client, person)
    clock.shift(timedelta(minutes=10))
    page = Walker(client).get("/account")
    assert ends_in(page) == 30 * 60
    assert 'sa-session-end--25"' in page.html
    clock.shift(timedelta(minutes=4))
    assert client.get("/account/session-end").get_json() == {"seconds": 26 * 60}
    clock.shift(timedelta(minutes=4))
    # The question of a script is no use of the session.
    asked = client.get("/account/session-end", headers={"Sec-Fetch-Dest": "empty"})
    assert asked.get_json() == {"seconds": 26 * 60}


def test_stay_signed_in_puts_off_the_end_without_javascript(
    client: FlaskClient, person: Person, clock: time_machine.Traveller
) -> None:
    sign_in(client, person)
    page = Walker(client).get("/account")
    clock.shift(timedelta(minutes=29))
    page = page.submit("stay-signed-in")
    assert page.heading == "You are still signed in"
    assert "9:59am" in page.text
    clock.shift(timedelta(minutes=29))
    assert Walker(client).get("/account").heading == "Your account"


def test_stay_signed_in_answers_a_script_with_the_seconds(
    client: FlaskClient, person: Person, clock: time_machine.Traveller
) -> None:
    sign_in(client, person)
    form = Walker(client).get("/account").form("stay-signed-in")
    clock.shift(timedelta(minutes=29))
    answer = client.post(
        form.action,
        data=form.values,
        headers={"Accept": "application/json", "Sec-Fetch-Dest": "empty"},
    )
    assert answer.get_json() == {"seconds": 30 * 60}


def test_page_before_the_absolute_limit_offers_no_button_to_stay(
    client: FlaskClient, person: Person, clock: time_machine.Traveller
) -> None:
    sign_in(client, person)
    for _ in range(30):
        clock.shift(timedelta(minutes=23, seconds=54))
        client.get("/account")
    page = Walker(client).get("/account")
    assert ends_in(page) == 3 * 60
    assert "Stay signed in" not in page.text
    assert "Everybody has to sign in again once a day." in page.text


def test_page_without_session_has_no_warning(client: FlaskClient) -> None:
    assert "sa-session-end" not in Walker(client).get("/sign-in").html


def test_form_sent_after_the_idle_limit_is_filled_in_after_signing_in(
    client: FlaskClient, person: Person, clock: time_machine.Traveller
) -> None:
    sign_in(client, person)
    page = sign_in_again(send_late(client, clock), person)
    assert page.status == 200
    assert typed(page) == TYPED
    assert "What you typed is still here" in page.text
    # It was filled in, not sent.
    assert person.account.given_name == "Ada"
    assert "What you typed" not in Walker(client).get(NAME).text


def test_draft_of_another_person_is_not_shown(
    client: FlaskClient, person: Person, clock: time_machine.Traveller
) -> None:
    other = make_person("grace@school.example", "Grace", "Hopper")
    sign_in(client, person)
    page = sign_in_again(send_late(client, clock), other)
    assert typed(page) == {"given_name": "Grace", "family_name": "Hopper"}


def test_draft_is_forgotten_after_a_day(
    client: FlaskClient, person: Person, clock: time_machine.Traveller
) -> None:
    sign_in(client, person)
    page = send_late(client, clock)
    clock.shift(timedelta(hours=24, seconds=1))
    assert typed(sign_in_again(page, person))["given_name"] == "Ada"


def test_draft_is_encrypted_and_holds_no_password_code_or_secret(
    client: FlaskClient, person: Person, clock: time_machine.Traveller
) -> None:
    sign_in(client, person)
    secrets = {"password": "p", "current_password": "p", "code": "1", "client_secret": "s"}
    secrets |= {"assertion": "signed", "credential": "made"}
    page = send_late(client, clock, given_name="Augusta", **secrets)
    stored = db.session.scalars(select(KeptPost)).one()
    assert "Augusta" not in stored.sealed
    content = decrypt(stored.sealed, purpose="draft")
    assert "Augusta" in content
    assert not [name for name in (*secrets, "csrf_token") if f'"{name}"' in content]
    sign_in_again(page, person)


def test_draft_above_16_kb_is_not_kept(
    client: FlaskClient, person: Person, clock: time_machine.Traveller
) -> None:
    sign_in(client, person)
    page = send_late(client, clock, given_name="x" * 17_000)
    assert drafts() == 0
    assert sign_in_again(page, person).address.endswith(NAME)


def test_form_without_its_token_is_not_kept(
    client: FlaskClient, person: Person, clock: time_machine.Traveller
) -> None:
    sign_in(client, person)
    clock.shift(timedelta(minutes=31))
    assert client.post(NAME, data=TYPED).status_code == 400
    assert drafts() == 0


def test_form_of_a_session_that_somebody_ended_is_not_kept(
    client: FlaskClient, person: Person, clock: time_machine.Traveller
) -> None:
    sign_in(client, person)
    page = Walker(client).get(NAME)
    suspension.suspend(person.account, actor=Actor.command("test"))
    send(page, TYPED)
    assert drafts() == 0


def test_form_sent_when_new_terms_are_due_is_filled_in_after_accepting(
    client: FlaskClient, person: Person
) -> None:
    sign_in(client, person)
    page = Walker(client).get(NAME)
    publish("Use it kindly.", service=None, accept_again=True)
    page = send(page, TYPED)
    assert "Use it kindly." in page.text
    assert typed(page.submit(button="accept")) == TYPED


def test_drafts_of_a_person_are_ten_at_most(
    client: FlaskClient, person: Person, clock: time_machine.Traveller
) -> None:
    sign_in(client, person)
    page = Walker(client).get(NAME)
    clock.shift(timedelta(minutes=31))
    for number in range(MOST_PER_ACCOUNT + 2):
        page.submit(NAME, given_name=f"Ada {number}")
    assert drafts() == MOST_PER_ACCOUNT


@pytest.mark.parametrize("page", [NAME, "https://evil.example/", "//evil.example"])
def test_script_keeps_a_draft_for_a_page_of_this_service(
    app: Flask, client: FlaskClient, person: Person, page: str
) -> None:
    sign_in(client, person)
    form = Walker(client).get(NAME).form(NAME)
    data = {**form.values, **TYPED, "kept_page": page, "kept_action": NAME}
    address = client.post("/account/drafts", data=data).get_json()["address"]
    assert address.startswith("/")
    assert not address.startswith("//")
    if page == NAME:
        assert typed(Walker(client).get(address)) == TYPED


def test_script_keeps_a_draft_after_the_idle_limit(
    client: FlaskClient, person: Person, clock: time_machine.Traveller
) -> None:
    sign_in(client, person)
    page = Walker(client).get(NAME)
    data = {**page.form(NAME).values, **TYPED, "kept_page": NAME, "kept_action": NAME}
    clock.shift(timedelta(minutes=31))
    address = client.post("/account/drafts", data=data).get_json()["address"]
    ended = page.walker.get(f"/session-ended?next={quote(address)}")
    assert typed(sign_in_again(ended, person)) == TYPED


def test_script_keeps_no_draft_of_a_session_that_somebody_ended(
    client: FlaskClient, person: Person
) -> None:
    sign_in(client, person)
    form = Walker(client).get(NAME).form(NAME)
    suspension.suspend(person.account, actor=Actor.command("test"))
    data = {**form.values, **TYPED, "kept_page": NAME, "kept_action": NAME}
    assert client.post("/account/drafts", data=data).status_code == 303
    assert drafts() == 0
