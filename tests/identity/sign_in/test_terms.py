"""Terms that are due are asked for after the sign-in, and our own pages wait for them."""

from __future__ import annotations

from datetime import timedelta

import time_machine
from flask.testing import FlaskClient

from approvals.terms.actions import publish
from tests.identity.conftest import audited
from tests.identity.people import Person, sign_in
from tests.identity.walking import Walker


def _publish(text: str, *, accept_again: bool) -> str:
    return publish(text, service=None, accept_again=accept_again).public_id


def test_required_terms_are_accepted_before_our_own_pages_open(
    client: FlaskClient, person: Person
) -> None:
    _publish("Use it kindly.", accept_again=True)
    page = sign_in(client, person, "/account")
    assert "Use it kindly." in page.text
    assert Walker(client).get("/account").address.split("?")[0].endswith("/sign-in/terms")
    assert page.submit(button="accept").heading == "Your account"
    assert Walker(client).get("/account").heading == "Your account"


def test_terms_once_accepted_are_not_asked_for_again(
    client: FlaskClient, person: Person, clock: time_machine.Traveller
) -> None:
    _publish("Use it kindly.", accept_again=True)
    sign_in(client, person, "/account").submit(button="accept")
    Walker(client).get("/sign-out").submit()
    clock.shift(timedelta(minutes=5))
    assert sign_in(client, person, "/account").heading == "Your account"


def test_declining_explains_and_leaves_the_way_out(client: FlaskClient, person: Person) -> None:
    _publish("Use it kindly.", accept_again=True)
    page = sign_in(client, person, "/account").submit(button="decline")
    assert page.heading == "You have not accepted the terms"
    assert len(audited("sign_in.terms_declined")) == 1
    assert Walker(client).get("/account").address.split("?")[0].endswith("/sign-in/terms")
    assert Walker(client).get(page.link("Sign out")).heading == "Sign out"


def test_a_new_version_that_need_not_be_accepted_can_wait(
    client: FlaskClient, person: Person, clock: time_machine.Traveller
) -> None:
    _publish("Use it kindly.", accept_again=True)
    sign_in(client, person, "/account").submit(button="accept")
    Walker(client).get("/sign-out").submit()
    clock.shift(timedelta(days=2))
    _publish("Use it kindly, always.", accept_again=False)
    page = sign_in(client, person, "/account")
    assert "Use it kindly, always." in page.text
    assert page.submit(button="later").heading == "Your account"


def test_a_version_that_is_no_longer_the_one_due_is_not_accepted(
    client: FlaskClient, person: Person, clock: time_machine.Traveller
) -> None:
    _publish("The first.", accept_again=True)
    page = sign_in(client, person, "/account")
    assert "The first." in page.text
    clock.shift(timedelta(minutes=5))
    _publish("The second.", accept_again=True)
    page = page.submit(button="accept")
    assert "The second." in page.text
    assert page.submit(button="accept").heading == "Your account"
