"""A factor that is added and may be the whole sign-in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.clock import now
from app.database import db, writing
from approvals.settings import Settings
from identity.accounts.models import Account
from identity.credentials import registry
from identity.credentials.factor import Evidence, FactorKind
from identity.sessions.models import Session
from identity.sign_in import proofs
from tests.conftest import application
from tests.identity.conftest import audited
from tests.identity.credentials.badge.factor import REFUSED, BadgeWithPin, answer_of
from tests.identity.people import PASSWORD, Person, make_person, sign_in
from tests.identity.walking import Page, Walker
from tests.races import THREADS, copied, race

BADGE_FORM = "with-badge"


@pytest.fixture
def badge() -> BadgeWithPin:
    return BadgeWithPin()


@pytest.fixture
def app(
    app_settings: Settings, badge: BadgeWithPin, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Flask]:
    kept = [each for each in registry.FACTORS if each.whole_sign_in is None]
    monkeypatch.setattr(registry, "FACTORS", (kept[0], badge, *kept[1:]))
    with application(app_settings) as flask:
        yield flask


@pytest.fixture
def person(app: Flask, badge: BadgeWithPin) -> Person:
    """Return a person with a badge."""
    found = make_person()
    badge.owners.add(found.account_id)
    return found


def challenge_on(page: Page) -> str:
    found = re.search(r'challenge">(\w+)<', page.html)
    assert found is not None
    return found.group(1)


def answer(page: Page, person: Person) -> Page:
    """The page after the badge's answer to the challenge of the page."""
    return page.submit(BADGE_FORM, answer=answer_of(person.account_id, challenge_on(page)))


def test_whole_sign_in_needs_no_other_factor(client: FlaskClient, person: Person) -> None:
    page = answer(Walker(client).get("/sign-in?next=/account"), person)
    assert page.heading == "Your account"
    (signed_in,) = audited("sign_in.succeeded")
    assert signed_in["amr"] == ["hwk", "user", "mfa"]
    assert signed_in["acr"] == "urn:secure-access:aal2-phishing-resistant"


def test_whole_sign_in_rejects_a_wrong_answer_with_its_sentence(
    client: FlaskClient, person: Person
) -> None:
    page = Walker(client).get("/sign-in").submit(BADGE_FORM, answer="badge 0 says x")
    assert page.title.startswith("Error: Sign in")
    assert REFUSED.sentence in page.text
    assert audited("sign_in.factor_refused")[0]["reason"] == "not right"
    assert answer(page, person).status == 200
    assert len(audited("sign_in.succeeded")) == 1


def test_whole_sign_in_uses_its_challenge_once_in_parallel_requests(
    app: Flask, person: Person
) -> None:
    client = app.test_client()
    page = Walker(client).get("/sign-in?next=/account")
    form = page.form(BADGE_FORM)
    posted = {**form.values, "answer": answer_of(person.account_id, challenge_on(page))}
    walkers = [Walker(copied(client)) for _ in range(THREADS)]
    race(app, lambda number: walkers[number].post(form.action, posted).status)
    assert len(db.session.scalars(select(Session)).all()) == 1
    assert len(audited("sign_in.succeeded")) == 1


def test_whole_sign_in_rejects_challenge_of_another_journey(app: Flask, person: Person) -> None:
    pages = [Walker(app.test_client()).get("/sign-in") for _ in range(2)]
    stolen = answer_of(person.account_id, challenge_on(pages[0]))
    assert REFUSED.sentence in pages[1].submit(BADGE_FORM, answer=stolen).text


def test_whole_sign_in_rejects_proof_of_one_kind(
    client: FlaskClient, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    possession = Evidence(("hwk",), frozenset({FactorKind.POSSESSION}), phishing_resistant=True)
    monkeypatch.setattr(BadgeWithPin, "evidence", possession)
    assert REFUSED.sentence in answer(Walker(client).get("/sign-in"), person).text
    assert audited("sign_in.factor_refused")[0]["reason"] == "not enough alone"


def test_whole_sign_in_rejects_suspended_person(client: FlaskClient, person: Person) -> None:
    page = Walker(client).get("/sign-in")
    with writing() as session:
        session.get_one(Account, person.account_id).suspended_at = now()
    assert REFUSED.sentence in answer(page, person).text
    assert db.session.scalars(select(Session)).all() == []


def test_whole_sign_in_on_the_journey_of_another_person_continues_its_purpose(
    client: FlaskClient, person: Person
) -> None:
    other = make_person("grace@school.example", "Grace", "Hopper")
    page = Walker(client).get("/sign-in?next=/account")
    page.submit(follow=False, email=other.email, password=PASSWORD)
    arrived = answer(page, person)
    assert arrived.heading == "Your account"
    assert audited("sign_in.succeeded")[0]["subject"] == person.subject


def test_whole_sign_in_is_not_held_back_by_wrong_guesses(app: Flask, person: Person) -> None:
    guesser = Walker(app.test_client())
    for _ in range(8):
        guesser.get("/sign-in").submit(email=person.email, password="wrong")
    assert answer(Walker(app.test_client()).get("/sign-in?next=/account"), person).status == 200
    assert len(audited("sign_in.succeeded")) == 1


def test_whole_sign_in_confirms_its_own_person_only(
    app: Flask,
    client: FlaskClient,
    person: Person,
    badge: BadgeWithPin,
    clock: time_machine.Traveller,
) -> None:
    other = make_person("grace@school.example", "Grace", "Hopper")
    badge.owners.add(other.account_id)
    answer(Walker(client).get("/sign-in?next=/account"), person)
    clock.shift(timedelta(minutes=16))
    page = Walker(client).get("/account/password")
    assert page.heading == "Confirm it is you"
    refused = answer(page, other)
    assert REFUSED.sentence in refused.text
    assert answer(refused, person).heading == "Change your password"


def test_confirmation_offers_the_factor_to_its_owners(
    client: FlaskClient, badge: BadgeWithPin, clock: time_machine.Traveller
) -> None:
    sign_in(client, make_person())
    clock.shift(timedelta(minutes=16))
    assert "badge" not in Walker(client).get("/account/password").text


def test_challenges_of_a_journey_are_bounded(
    client: FlaskClient, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proofs, "MOST_CHALLENGES", 3)
    page = Walker(client).get("/sign-in")
    for _ in range(3):
        page = page.submit(BADGE_FORM, answer="wrong")
    assert "Sign in with your badge" not in page.text
    page = page.submit("/sign-in?", email=person.email, password=PASSWORD)
    assert (page.status, page.heading) == (429, "Too many requests")
