"""Attacks on sign-in journeys: parallel posts, and journeys at pages of another kind."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path

import pyotp
import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.clock import now
from app.database import db, writing
from approvals.settings import Settings
from identity.access_termination import end_access
from identity.credentials import password, recovery_codes
from identity.credentials.hashing import hash_password
from identity.sessions.models import Session
from tests.conftest import REAL_COST, settings
from tests.identity.conftest import audited
from tests.identity.people import PASSWORD, Person, make_person, sign_in
from tests.identity.walking import Page, Walker
from tests.races import THREADS, copied, race


@pytest.fixture
def app_settings(database_url: str, tmp_path: Path) -> Settings:
    """Settings with the real cost of a password's hash: the posts arrive while it is computed."""
    return settings(database_url, mail_directory=tmp_path / "mail", **REAL_COST)


@pytest.fixture
def attackers(app: Flask) -> list[Person]:
    """People with accounts of their own who know Ada's password."""
    return [
        make_person(f"mallory{number}@school.example", "Mallory", "Smith")
        for number in range(THREADS // 2)
    ]


@pytest.fixture
def attacker(app: Flask) -> Person:
    return make_person("mallory@school.example", "Mallory", "Smith")


def _code(person: Person) -> str:
    return pyotp.TOTP(person.secret).generate_otp(int(now().timestamp()) // 30)


def _sessions_of(person: Person) -> list[Session]:
    return list(db.session.scalars(select(Session).where(Session.account_id == person.account_id)))


def _half(client: FlaskClient, person: Person, start: str = "/sign-in?next=/account") -> Page:
    page = Walker(client).get(start).submit(email=person.email, password=PASSWORD)
    assert page.heading == "Enter the 6-digit code"
    return page


def _first_page(page: Page) -> str:
    return re.sub(r"/sign-in/[a-z-]+", "/sign-in", page.form().action)


def _race(app: Flask, halves: list[tuple[Page, dict[str, str]]], victim: Person) -> None:
    """Post each page's second factor, and to its journey the victim's password, all at once.

    The second factors are spread over the time that the passwords take to be checked.
    """
    posts: list[Callable[[], object]] = []
    for place, (page, second) in enumerate(halves):
        token = {"csrf_token": page.form().values["csrf_token"]}
        first = {**token, "email": victim.email, "password": PASSWORD}
        one, other = copied(page.walker.client), copied(page.walker.client)
        posts.append(partial(one.post, _first_page(page), data=first))
        action = page.form().action
        posts.append(partial(_post_after, place * 0.03, other, action, {**token, **second}))
    race(app, lambda number: posts[number](), len(posts))


def _post_after(delay: float, client: FlaskClient, address: str, data: dict[str, str]) -> None:
    time.sleep(delay)
    client.post(address, data=data)


def _confirmation(client: FlaskClient, clock: time_machine.Traveller) -> Page:
    clock.shift(timedelta(minutes=16))
    page = Walker(client).get("/account/password")
    assert page.heading == "Confirm it is you"
    return page


def _second_factor(page: Page, person: Person, factor: str) -> tuple[Page, dict[str, str]]:
    if factor == "totp":
        return page, {"code": _code(person)}
    with writing():
        codes = recovery_codes.replace(person.account_id)
    # The page links to the factors that the person has.
    page = page.walker.get(page.address)
    return page.walker.get(page.link("use a recovery code")), {"code": codes[0]}


@pytest.mark.parametrize("factor", ["totp", "recovery_code"])
def test_MF_01_sign_in_never_takes_its_second_factor_from_another_person(
    app: Flask, person: Person, attackers: list[Person], factor: str
) -> None:
    halves = [
        _second_factor(_half(app.test_client(), attacker), attacker, factor)
        for attacker in attackers
    ]
    _race(app, halves, person)
    assert _sessions_of(person) == []
    assert person.subject not in {row["subject"] for row in audited("sign_in.succeeded")}


def test_MF_01_confirmation_never_signs_in_another_person(
    app: Flask, person: Person, attackers: list[Person], clock: time_machine.Traveller
) -> None:
    clients = [app.test_client() for _ in attackers]
    for client, attacker in zip(clients, attackers, strict=True):
        sign_in(client, attacker)
    clock.shift(timedelta(minutes=16))
    halves = []
    for client, attacker in zip(clients, attackers, strict=True):
        page = Walker(client).get("/account/password").submit(password=PASSWORD)
        halves.append(_second_factor(page, attacker, "totp"))
    _race(app, halves, person)
    assert _sessions_of(person) == []
    confirmed = {row["subject"] for row in audited("sign_in.confirmed")}
    assert person.subject not in confirmed
    assert confirmed


def test_sign_in_of_another_person_begins_another_journey(
    app: Flask, person: Person, attacker: Person, clock: time_machine.Traveller
) -> None:
    client = app.test_client()
    first = _half(client, attacker)
    token = first.form().values["csrf_token"]
    data = {"csrf_token": token, "email": person.email, "password": PASSWORD}
    second = first.walker.post(_first_page(first), data)
    assert second.form().action != first.form().action
    assert first.submit(code=_code(attacker)).address.endswith("/account")
    assert _sessions_of(person) == []
    assert len(_sessions_of(attacker)) == 1


def test_sign_in_page_refuses_the_journey_of_a_confirmation(
    app: Flask, person: Person, attacker: Person, clock: time_machine.Traveller
) -> None:
    client = app.test_client()
    sign_in(client, attacker)
    page = _confirmation(client, clock)
    address = page.form().action.replace("/sign-in/confirm-it-is-you", "/sign-in")
    token = page.form().values["csrf_token"]
    data = {"csrf_token": token, "email": person.email, "password": PASSWORD}
    page.walker.post(address, data)
    code = address.replace("/sign-in?", "/sign-in/code?")
    page.walker.post(code, {"csrf_token": token, "code": _code(person)})
    assert _sessions_of(person) == []
    assert audited("sign_in.confirmed") == []


def test_confirmation_page_refuses_the_journey_of_a_sign_in(
    app: Flask, person: Person, attacker: Person, clock: time_machine.Traveller
) -> None:
    client = app.test_client()
    sign_in(client, attacker)
    start = Walker(client)
    client.post(
        "/sign-out", data={"csrf_token": start.get("/sign-out").form().values["csrf_token"]}
    )
    half = _half(client, person)
    clock.shift(timedelta(minutes=2))
    sign_in(client, attacker)
    clock.shift(timedelta(minutes=16))
    address = half.form().action.replace("/sign-in/code", "/sign-in/confirm-it-is-you")
    page = start.get(address)
    assert page.heading == "Confirm it is you"
    assert page.form().action != address


@pytest.mark.parametrize(
    "address", ["/sign-in/code", "/sign-in/recovery-code", "/sign-in/terms", "/join", "/not-me"]
)
def test_pages_refuse_a_journey_of_another_kind(
    app: Flask, person: Person, clock: time_machine.Traveller, address: str
) -> None:
    client = app.test_client()
    sign_in(client, person)
    page = _confirmation(client, clock)
    journey = page.form().action.split("journey=")[1]
    token = page.form().values["csrf_token"]
    before = [session.auth_time for session in _sessions_of(person)]
    data = {"csrf_token": token, "code": _code(person), "accept": journey}
    answer = page.walker.post(f"{address}?journey={journey}", data)
    assert answer.heading in {
        "Sign in",
        "Confirm it is you",
        "Your account",
        "My services",
        "This invitation link does not work",
        "This link does not work any more",
    }
    db.session.expire_all()
    assert [session.auth_time for session in _sessions_of(person)] == before


def test_confirmation_is_worth_nothing_in_another_session(
    app: Flask, person: Person, attacker: Person, clock: time_machine.Traveller
) -> None:
    client = app.test_client()
    sign_in(client, attacker)
    page = _confirmation(client, clock).submit(password=PASSWORD)
    Walker(client).get("/sign-out").submit()
    sign_in(client, person)
    before = _sessions_of(person)[0].auth_time
    clock.shift(timedelta(minutes=1))
    page.submit(code=_code(attacker))
    db.session.expire_all()
    assert _sessions_of(person)[0].auth_time == before
    assert audited("sign_in.confirmed") == []


def test_LK_05_password_proved_before_a_reset_is_worth_nothing_after_it(
    app: Flask, person: Person, clock: time_machine.Traveller
) -> None:
    page = _half(app.test_client(), person)
    with writing():
        password.store(person.account_id, hash_password("a new lantern for the hall"))
        end_access(person.account_id, cause="password reset")
    answer = page.submit(code=_code(person))
    assert answer.heading == "Sign in"
    assert _sessions_of(person) == []
