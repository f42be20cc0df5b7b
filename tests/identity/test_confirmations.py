"""Pages that confirm something: shown where it has happened, and to nobody else."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.identity.conftest import Post
from tests.identity.joining.test_joining import invite, join, link
from tests.identity.people import Person, sign_in
from tests.identity.walking import Page, Walker

NEW = "seven quiet brown otters"


def _reset(client: FlaskClient, person: Person, post: Post) -> Page:
    Walker(client).get("/forgot-password").submit(email=person.email)
    found = re.search(r"http://localhost:8000(/reset-password/\S+)", post.to(person.email)[-1])
    assert found
    return Walker(client).get(found.group(1)).submit(password=NEW)


@pytest.mark.parametrize(
    ("address", "instead"),
    [
        ("/reset-password/done", "Sign in"),
        ("/reset-password/done?journey=0192f0c1-1111-7000-8000-000000000000", "Sign in"),
        ("/forgot-password/check-email", "Reset your password"),
        ("/session-ended", "Sign in"),
        ("/join/done", "Sign in"),
    ],
)
def test_confirmation_without_its_event_leads_elsewhere(
    client: FlaskClient, address: str, instead: str
) -> None:
    assert Walker(client).get(address).heading == instead


def test_password_set_page_is_shown_in_browser_that_set_it(
    app: Flask, client: FlaskClient, person: Person, post: Post
) -> None:
    done = _reset(client, person, post)
    assert done.heading == "Password changed"
    assert Walker(client).get(done.address).heading == "Password changed"
    assert Walker(app.test_client()).get(done.address).heading == "Sign in"


def test_join_done_page_is_shown_to_person_who_joined(
    app: Flask, client: FlaskClient, person: Person, post: Post
) -> None:
    invite()
    page = join(client, link(post)).submit()
    while page.heading != "You have joined":
        page = page.submit(button="accept")
    assert Walker(client).get(page.address).heading == "You have joined"
    other = app.test_client()
    sign_in(other, person)
    assert Walker(other).get(page.address).heading != "You have joined"
    assert Walker(client).get("/join/done").heading != "You have joined"


def test_signed_out_page_is_not_shown_to_signed_in_person(
    client: FlaskClient, person: Person
) -> None:
    sign_in(client, person)
    assert Walker(client).get("/signed-out").heading == "Sign out"


def test_check_email_page_is_shown_after_request(client: FlaskClient, person: Person) -> None:
    page = Walker(client).get("/forgot-password").submit(email=person.email)
    assert page.heading == "Check your email"
    assert Walker(client).get(page.address).heading == "Check your email"
