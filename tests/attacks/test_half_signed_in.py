"""A browser between password and second factor, at every route: SE-10 and MF-05.

The person is an approver and an operator, so that a session would open every page. Each route
answers the browser as it answers one that nobody is signed in with.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app.audit import AuditEvent
from app.database import db
from app.web.authorisation import rule_of
from identity.sessions.models import Session
from identity.sign_in.access import half_signed_in
from tests.approvals import world
from tests.attacks.test_cross_site import FOR_PROGRAMS, WRITING
from tests.identity.people import PASSWORD, Person, make_person
from tests.identity.walking import Page, Walker

SECOND_STEP = {
    "/sign-in/code",
    "/sign-in/no-second-step",
    "/sign-in/passkey",
    "/sign-in/recovery-code",
}
EVENTS_OF_SIGNING_IN = {"sign_in.password_refused", "sign_in.factor_refused"}
"""Recorded for every browser that posts an empty form to the first page of signing in."""


@pytest.fixture
def ann(app: Flask) -> Person:
    person = make_person("ann@ashfield.example", "Ann", "Dean")
    world.make_operator(person.account)
    return person


@pytest.fixture
def names(ann: Person) -> dict[str, str]:
    """Names of the person's school, of a member there and of a service, for addresses."""
    school = world.school()
    world.member(school, ann.email, approver=True)
    bob = world.member(school, "bob@ashfield.example", given_name="Bob")
    subject = world.who(bob).subject
    return {
        "organisation": school.public_id,
        "member": bob.public_id,
        "person": subject,
        "subject": subject,
        "service": world.SERVICE,
    }


@pytest.fixture
def code_page(app: Flask, ann: Person, names: dict[str, str]) -> Page:
    page = Walker(app.test_client()).get("/sign-in?next=/account")
    page = page.submit(email=ann.email, password=PASSWORD)
    assert page.heading == "Enter the 6-digit code"
    return page


def routes(app: Flask, names: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Return method and address of every route that a browser opens, but the second step's."""
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule):
        if rule.endpoint in FOR_PROGRAMS or rule_of(app, rule.endpoint) is half_signed_in:
            continue
        address = re.sub(r"<(?:\w+:)?(\w+)>", lambda found: names.get(found[1], "x"), rule.rule)
        for method in sorted({"GET", *WRITING} & (rule.methods or set())):
            yield method, address


def test_SE_10_and_MF_05_half_a_sign_in_has_the_pages_of_the_second_step_alone(app: Flask) -> None:
    addresses = {
        rule.rule
        for rule in app.url_map.iter_rules()
        if rule_of(app, rule.endpoint) is half_signed_in
    }
    assert addresses == SECOND_STEP


def answer(client: FlaskClient, method: str, address: str, token: str) -> tuple[int, str]:
    data = {"csrf_token": token} if method in WRITING else None
    response = client.open(address, method=method, data=data)
    response.close()
    return response.status_code, urlsplit(response.headers.get("Location", "")).path


def rows() -> list[str]:
    db.session.rollback()
    return list(db.session.scalars(select(AuditEvent.event).order_by(AuditEvent.id)))


def sessions() -> int:
    return db.session.scalar(select(func.count()).select_from(Session)) or 0


def form_token(client: FlaskClient) -> str:
    return Walker(client).get("/forgot-password").form().values["csrf_token"]


def test_SE_10_and_MF_05_every_route_answers_half_a_sign_in_like_none(
    app: Flask, code_page: Page, ann: Person, names: dict[str, str]
) -> None:
    before, opened = rows(), 0
    half, stranger = code_page.walker.client, app.test_client()
    for method, address in routes(app, names):
        found = answer(half, method, address, form_token(half))
        expected = answer(stranger, method, address, form_token(stranger))
        assert found == expected, f"{method} {address}"
        opened += 1
    assert opened > 200
    assert rows() == before
    assert sessions() == 0
    again = code_page.walker.get(code_page.address)
    assert again.submit(code=ann.code()).heading == "Your account", "the sign-in was half done"


def test_SE_10_and_MF_05_journey_of_half_a_sign_in_begins_no_session_at_any_route(
    app: Flask, code_page: Page, names: dict[str, str]
) -> None:
    before, half = rows(), code_page.walker.client
    journey = code_page.address.partition("journey=")[2]
    for method, address in routes(app, names):
        answer(half, method, f"{address}?journey={journey}", form_token(half))
        assert sessions() == 0, f"{method} {address}"
    assert set(rows()[len(before) :]) <= EVENTS_OF_SIGNING_IN
    assert half.get("/account").status_code == 303
