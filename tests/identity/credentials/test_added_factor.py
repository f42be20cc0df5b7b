"""A factor that is added by its module, its pages and one line in the list of factors."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.database import db
from approvals.settings import Settings
from identity.credentials import registry
from identity.credentials.factor import Evidence, FactorKind
from identity.sign_in.models import SignInJourney
from tests.conftest import application
from tests.identity.conftest import audited
from tests.identity.credentials.badge.factor import WRONG, Badge, answer_of
from tests.identity.people import PASSWORD, Person, make_person, sign_in
from tests.identity.walking import Page, Walker
from tests.races import copied, race

THREADS = 20


@pytest.fixture
def badge() -> Badge:
    return Badge()


@pytest.fixture
def app(app_settings: Settings, badge: Badge, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    monkeypatch.setattr(registry, "FACTORS", (registry.FACTORS[0], badge, *registry.FACTORS[1:]))
    with application(app_settings) as flask:
        yield flask


@pytest.fixture
def person(app: Flask, badge: Badge) -> Person:
    """Return a person with a badge."""
    found = make_person()
    badge.owners.add(found.account_id)
    return found


def second_step(client: FlaskClient, person: Person, address: str = "/sign-in") -> Page:
    """The page after the password."""
    return Walker(client).get(address).submit(email=person.email, password=PASSWORD)


def shown_challenge(page: Page) -> str:
    found = re.search(r'id="challenge">(\w+)<', page.html)
    assert found is not None
    return found.group(1)


def test_added_factor_signs_a_person_in(client: FlaskClient, person: Person, badge: Badge) -> None:
    page = second_step(client, person, "/sign-in?next=/account")
    assert page.heading == "Show your badge"
    page = page.submit(answer=answer_of(person.account_id, shown_challenge(page)))
    assert (page.status, page.heading) == (200, "Your account")
    (signed_in,) = audited("sign_in.succeeded")
    assert signed_in["amr"] == ["pwd", "hwk", "mfa"]
    assert signed_in["acr"] == "urn:secure-access:aal2-phishing-resistant"
    assert len(badge.signed_in_with) == 1


def test_added_factor_rejects_a_wrong_answer(client: FlaskClient, person: Person) -> None:
    page = second_step(client, person).submit(answer="something else")
    assert page.title.startswith("Error: Show your badge")
    assert WRONG.sentence in page.text
    assert audited("sign_in.code_refused")[0]["factor"] == "badge"


def test_challenge_of_an_added_factor_is_answered_once(client: FlaskClient, person: Person) -> None:
    page = second_step(client, person)
    challenge = shown_challenge(page)
    again = page.submit(answer="something else")
    assert shown_challenge(again) != challenge
    refused = again.submit(answer=answer_of(person.account_id, challenge))
    assert WRONG.sentence in refused.text


def test_challenge_stays_while_its_page_is_shown_again(client: FlaskClient, person: Person) -> None:
    page = second_step(client, person)
    assert shown_challenge(page.walker.get(page.address)) == shown_challenge(page)


def test_challenge_of_pages_opened_at_once_is_the_same(app: Flask, person: Person) -> None:
    client = app.test_client()
    Walker(client).get("/sign-in").submit(follow=False, email=person.email, password=PASSWORD)
    with app.app_context():
        journey = db.session.scalars(select(SignInJourney.public_id)).one()
    address = f"/sign-in/badge?journey={journey}"
    clients = [copied(client) for _ in range(THREADS)]
    shown = race(app, lambda number: _challenge_at(clients[number], address), THREADS)
    assert len(set(shown)) == 1


def _challenge_at(client: FlaskClient, address: str) -> str:
    return shown_challenge(Walker(client).get(address))


def test_second_steps_leave_out_factors_of_knowledge(
    badge: Badge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Badge, "evidence", Evidence(("pin",), frozenset({FactorKind.KNOWLEDGE})))
    monkeypatch.setattr(registry, "FACTORS", (badge,))
    assert registry.second_steps() == []


def test_challenge_of_one_journey_is_not_answered_in_another(app: Flask, person: Person) -> None:
    first, second = (second_step(app.test_client(), person) for _ in range(2))
    refused = second.submit(answer=answer_of(person.account_id, shown_challenge(first)))
    assert WRONG.sentence in refused.text


def test_pages_of_factors_link_to_the_others_that_the_person_has(
    client: FlaskClient, person: Person, badge: Badge
) -> None:
    page = second_step(client, person)
    code_page = page.walker.get(page.link("Use my authenticator app instead"))
    assert code_page.heading == "Enter the 6-digit code"
    assert code_page.walker.get(code_page.link("Use my badge instead")).heading == page.heading
    badge.owners.clear()
    assert "Use my badge" not in code_page.walker.get(code_page.address).text


def test_added_factor_is_set_up_on_the_page_of_the_second_step(
    app: Flask, client: FlaskClient, badge: Badge
) -> None:
    person = make_person()
    sign_in(client, person)
    page = Walker(client).get("/account/second-step")
    assert "You have no badge." in page.text
    page = page.submit(form="/account/badge")
    assert "Your badge is set up." in page.text
    assert badge.owners == {person.account_id}
    assert second_step(app.test_client(), person).heading == "Show your badge"


def test_added_factor_confirms_a_person(
    client: FlaskClient, person: Person, clock: time_machine.Traveller
) -> None:
    page = second_step(client, person)
    page.submit(answer=answer_of(person.account_id, shown_challenge(page)))
    clock.shift(timedelta(minutes=16))
    page = Walker(client).get("/account/password")
    assert page.heading == "Confirm it is you"
    page = page.submit(password=PASSWORD)
    assert page.heading == "Show your badge"
    page = page.submit(answer=answer_of(person.account_id, shown_challenge(page)))
    assert page.heading == "Change your password"
