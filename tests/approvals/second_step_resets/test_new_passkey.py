"""A passkey in place of a lost second step, and the way of a person who had a passkey alone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from app.database import db, writing
from approvals.second_step_resets import actions
from identity.credentials import webauthn_ceremonies
from identity.credentials.models import Passkey, PasswordCredential, TotpCredential
from identity.credentials.webauthn_ceremonies import NOT_ACCEPTED
from tests.approvals import world
from tests.approvals.second_step_resets.recovery import (
    A_DAY,
    Lost,
    app_page,
    decide,
    link_of,
    lost_second_step,
    passkey_page,
)
from tests.identity.credentials.authenticator import Authenticator, encode
from tests.identity.credentials.passkey_pages import add_passkey, options_on, sign_in_with
from tests.identity.walking import Page, Walker

NEW_PASSWORD = "copper lantern hill 7"


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel("2026-11-23T09:00:00+00:00", tick=False) as traveller:
        yield traveller


@pytest.fixture
def lost(app: Flask) -> Lost:
    return lost_second_step()


def to_the_passkey(app: Flask, lost: Lost, clock: time_machine.Traveller) -> Page:
    decide(lost, lost.ann)
    clock.shift(A_DAY)
    actions.take_effect()
    return passkey_page(app, lost.person)


def stored_passkeys() -> list[Passkey]:
    db.session.rollback()
    return list(db.session.scalars(select(Passkey)))


def test_link_of_a_reset_offers_a_passkey_first_and_replaces_the_second_step(
    app: Flask, lost: Lost, clock: time_machine.Traveller
) -> None:
    former, key = add_passkey(lost.person), Authenticator()
    page = to_the_passkey(app, lost, clock)
    assert page.heading == "Create a passkey"
    page = page.submit(credential=key.create(options_on(page)))
    assert page.heading == "Save your recovery codes"
    assert db.session.scalars(select(TotpCredential)).all() == []
    assert len(stored_passkeys()) == 1
    assert sign_in_with(app.test_client(), key).heading == "Your account"
    assert sign_in_with(app.test_client(), former).title.startswith("Error")
    ((_, text),) = world.mails("recovery/second_step_replaced")
    assert "a new passkey was set up" in text
    assert world.audited("sign_in.succeeded")[0].detail["amr"] == ["pwd", "hwk", "user", "mfa"]


def test_link_of_a_reset_offers_the_app_beside_the_passkey(
    app: Flask, lost: Lost, clock: time_machine.Traveller
) -> None:
    page = app_page(to_the_passkey(app, lost, clock))
    assert page.heading == "Set up your authenticator app"
    page = page.walker.get(page.link("Create a passkey instead"))
    assert page.heading == "Create a passkey"


def test_link_of_a_reset_leads_to_the_app_at_an_issuer_without_passkeys(
    app: Flask, lost: Lost, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webauthn_ceremonies, "relying_party", lambda: None)
    page = to_the_passkey(app, lost, clock)
    assert page.heading == "Set up your authenticator app"
    assert "Create a passkey" not in page.text


def test_passkey_that_is_rejected_leaves_the_second_step_and_the_link(
    app: Flask, lost: Lost, clock: time_machine.Traveller
) -> None:
    page = to_the_passkey(app, lost, clock)
    options = options_on(page)
    refused = page.submit(credential=Authenticator(verifies=False).create(options))
    assert NOT_ACCEPTED.sentence in refused.text
    again = refused.submit(credential=Authenticator().create(options))
    assert NOT_ACCEPTED.sentence in again.text, "a challenge counts once"
    assert stored_passkeys() == []
    assert len(db.session.scalars(select(TotpCredential)).all()) == 1
    page = again.submit(credential=Authenticator().create(options_on(again)))
    assert page.heading == "Save your recovery codes"


def test_passkey_of_another_person_replaces_no_second_step(
    app: Flask, lost: Lost, clock: time_machine.Traveller
) -> None:
    page = to_the_passkey(app, lost, clock)
    key, handle = Authenticator(), options_on(page)["user"]["id"]
    with writing() as session:
        session.add(
            Passkey(
                account_id=lost.ann.account_id,
                credential_id=encode(key.credential_id),
                public_key="x",
                sign_count=0,
                transports=[],
                aaguid="",
                backup_eligible=False,
                backed_up=False,
                name="Theirs",
            )
        )
    refused = page.submit(credential=key.create(options_on(page)))
    assert NOT_ACCEPTED.sentence in refused.text
    assert key.handle == handle
    assert len(db.session.scalars(select(TotpCredential)).all()) == 1


def test_not_me_removes_the_passkey_that_replaced_the_second_step(
    app: Flask, lost: Lost, clock: time_machine.Traveller
) -> None:
    page, key = to_the_passkey(app, lost, clock), Authenticator()
    page.submit(credential=key.create(options_on(page)))
    link = link_of("recovery/second_step_replaced", lost.person.email)
    assert link is not None
    page = Walker(app.test_client()).get(link)
    assert "the passkey that was added is removed" in page.text
    page.submit()
    assert stored_passkeys() == []
    assert sign_in_with(app.test_client(), key).title.startswith("Error")


def test_person_who_lost_their_only_passkey_comes_back_by_a_password_and_a_reset(
    app: Flask, lost: Lost, clock: time_machine.Traveller
) -> None:
    former = add_passkey(lost.person)
    with writing() as session:
        for table in (PasswordCredential, TotpCredential):
            session.delete(session.get_one(table, lost.person.account_id))
    page = Walker(app.test_client()).get("/sign-in")
    page = page.walker.get(page.link("I have forgotten my password"))
    assert "never chose a password? Choose one here." in page.text
    page.submit(email=lost.person.email)
    link = link_of("credentials/reset", lost.person.email)
    assert link is not None
    page = Walker(app.test_client()).get(link).submit(password=NEW_PASSWORD)
    lost.person.password = NEW_PASSWORD
    page = page.walker.get("/sign-in").submit(email=lost.person.email, password=NEW_PASSWORD)
    assert page.heading == "Use your passkey"
    page = page.walker.get(page.link("I have none of these")).submit("no-second-step")
    assert "You asked for a reset" in page.text
    page, key = to_the_passkey(app, lost, clock), Authenticator()
    page = page.submit(credential=key.create(options_on(page)))
    assert page.heading == "Save your recovery codes"
    assert sign_in_with(app.test_client(), key).heading == "Your account"
    assert sign_in_with(app.test_client(), former).title.startswith("Error")


def test_pages_of_a_lost_second_step_state_the_waiting_time_of_the_setting(
    app: Flask, lost: Lost
) -> None:
    walker = Walker(app.test_client())
    for address in ("/help/new-phone", "/sign-in/cannot"):
        assert "24 hours" in walker.get(address).text
    place = world.path(lost.ashfield, "users", lost.at_ashfield.public_id, "second-step")
    page = world.browser(app, lost.ann).get(place)
    assert "24 hours after the decision Lou Dean gets a link by email" in page.text
