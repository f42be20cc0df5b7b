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


def test_required_terms_are_shown_before_own_pages(client: FlaskClient, person: Person) -> None:
    _publish("Use it kindly.", accept_again=True)
    page = sign_in(client, person, "/account")
    assert "Use it kindly." in page.text
    assert Walker(client).get("/account").address.split("?")[0].endswith("/sign-in/terms")
    assert page.submit(button="accept").heading == "Your account"
    assert Walker(client).get("/account").heading == "Your account"


def test_accepted_terms_are_not_shown_again(
    client: FlaskClient, person: Person, clock: time_machine.Traveller
) -> None:
    _publish("Use it kindly.", accept_again=True)
    sign_in(client, person, "/account").submit(button="accept")
    Walker(client).get("/sign-out").submit()
    clock.shift(timedelta(minutes=5))
    assert sign_in(client, person, "/account").heading == "Your account"


def test_declined_terms_show_an_explanation_and_sign_out(
    client: FlaskClient, person: Person
) -> None:
    _publish("Use it kindly.", accept_again=True)
    page = sign_in(client, person, "/account").submit(button="decline")
    assert page.heading == "You have not accepted the terms"
    assert len(audited("sign_in.terms_declined")) == 1
    assert Walker(client).get("/account").address.split("?")[0].endswith("/sign-in/terms")
    assert Walker(client).get(page.link("Sign out")).heading == "Sign out"


def test_optional_version_of_terms_can_be_postponed(
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


def test_version_that_is_no_longer_due_is_not_accepted(
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


def test_open_session_is_asked_for_terms_that_must_be_accepted_again(
    client: FlaskClient, person: Person, clock: time_machine.Traveller
) -> None:
    _publish("# Terms\n\nUse it kindly.\n\nTell nobody.", accept_again=True)
    sign_in(client, person, "/account").submit(button="accept")
    clock.shift(timedelta(minutes=1))
    _publish("# Terms\n\nUse it kindly.\n\nTell your approver.", accept_again=True)
    page = Walker(client).get("/account/sessions")
    assert page.heading == "Terms"
    assert "You accepted version 1 on 23 November 2026 at 9:00am." in page.text
    assert "Changed Tell your approver. Before: Tell nobody." in page.text
    page = page.submit(button="accept")
    assert page.address.endswith("/account/sessions")
    assert Walker(client).get("/account").heading == "Your account"


def test_open_session_is_not_asked_for_optional_terms(
    client: FlaskClient, person: Person, clock: time_machine.Traveller
) -> None:
    sign_in(client, person, "/account")
    _publish("Use it kindly.", accept_again=True)
    Walker(client).get("/account").submit(button="accept")
    clock.shift(timedelta(minutes=1))
    _publish("Use it kindly, always.", accept_again=False)
    assert Walker(client).get("/account").heading == "Your account"


def test_first_terms_show_no_changes(client: FlaskClient, person: Person) -> None:
    _publish("Use it kindly.", accept_again=True)
    assert "What has changed" not in sign_in(client, person, "/account").text
