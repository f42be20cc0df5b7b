"""Pages on which people add, rename and remove their passkeys."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.database import db, writing
from identity.credentials import passkeys
from identity.credentials.models import Passkey, PasswordCredential
from identity.credentials.passkeys import MOST
from identity.sessions.models import Session
from tests.identity.conftest import Post, audited
from tests.identity.credentials.authenticator import Authenticator
from tests.identity.credentials.passkey_pages import (
    add_passkey,
    not_me_link,
    options_on,
    sign_in_with,
)
from tests.identity.people import Person, make_person, sign_in
from tests.identity.walking import Page, Walker
from tests.races import THREADS, copied, race

ADD, FORM = "second-step/passkey", "passkey/add"


@pytest.fixture
def signed_in(client: FlaskClient, person: Person) -> FlaskClient:
    sign_in(client, person)
    return client


def to_the_page(client: FlaskClient) -> Page:
    page = Walker(client).get("/account/second-step").submit(ADD)
    assert page.heading == "Add a passkey"
    return page


def stored_passkeys() -> list[Passkey]:
    db.session.rollback()
    return list(db.session.scalars(select(Passkey).order_by(Passkey.id)))


def test_passkey_is_added_and_signs_in(
    app: Flask, signed_in: FlaskClient, person: Person, post: Post
) -> None:
    other = app.test_client()
    sign_in(other, person)
    key, page = Authenticator(), to_the_page(signed_in)
    options = options_on(page)
    assert options["authenticatorSelection"]["residentKey"] == "required"
    assert options["user"]["name"] == person.email
    page = page.submit(FORM, name="My  laptop", credential=key.create(options))
    assert page.heading == "Your second step"
    assert "My laptop" in page.text
    assert "Not used yet" in page.text
    assert len(audited("passkey.added")) == 1
    assert "A passkey was added" in post.to(person.email)[-1]
    assert Walker(other).get("/account").heading != "Your account", "other sessions end"
    assert sign_in_with(app.test_client(), key).heading == "Your account"
    assert "Last used" in Walker(signed_in).get("/account/second-step").text
    assert "1 passkey, authenticator app" in Walker(signed_in).get("/account").text.replace(
        "1 Passkey", "1 passkey"
    )


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("", "Enter a name for the passkey"),
        ("x" * 61, "60 characters"),
        ("www.evil.example", "must not include"),
    ],
)
def test_passkey_name_is_checked(signed_in: FlaskClient, name: str, sentence: str) -> None:
    page = to_the_page(signed_in)
    refused = page.submit(FORM, name=name, credential=Authenticator().create(options_on(page)))
    assert refused.title.startswith("Error: Add a passkey")
    assert sentence in refused.text
    assert stored_passkeys() == []


@pytest.mark.parametrize("answer", ["", "x", "{}"])
def test_MF_07_response_that_is_no_passkey_is_refused(signed_in: FlaskClient, answer: str) -> None:
    refused = to_the_page(signed_in).submit(FORM, name="Key", credential=answer)
    assert refused.title.startswith("Error: Add a passkey")
    assert stored_passkeys() == []


def test_MF_07_passkey_is_added_once_by_parallel_requests(
    app: Flask, signed_in: FlaskClient
) -> None:
    page = to_the_page(signed_in)
    form = page.form(FORM)
    walkers = [Walker(copied(signed_in)) for _ in range(THREADS)]

    def add(number: int) -> int:
        credential = Authenticator().create(options_on(page))
        posted = {**form.values, "name": f"Key {number}", "credential": credential}
        return walkers[number].post(form.action, posted).status

    race(app, add)
    assert len(stored_passkeys()) == 1
    assert len(audited("passkey.added")) == 1


def test_MF_07_person_has_ten_passkeys_at_most(signed_in: FlaskClient, person: Person) -> None:
    page = to_the_page(signed_in)
    for _ in range(MOST):
        add_passkey(person)
    refused = page.submit(FORM, name="Key", credential=Authenticator().create(options_on(page)))
    assert "You have 10 passkeys" in refused.text
    assert len(stored_passkeys()) == MOST
    assert "You have 10 passkeys" in Walker(signed_in).get("/account/second-step").text


def test_MF_07_passkey_of_another_person_is_not_added(signed_in: FlaskClient) -> None:
    key = add_passkey(make_person("grace@school.example", "Grace", "Hopper"))
    page = to_the_page(signed_in)
    refused = page.submit(FORM, name="Key", credential=key.create(options_on(page)))
    assert "set up already" in refused.text
    assert len(stored_passkeys()) == 1


def test_passkey_page_belongs_to_its_session(
    app: Flask, signed_in: FlaskClient, person: Person
) -> None:
    page = to_the_page(signed_in)
    thief = app.test_client()
    sign_in(thief, make_person("grace@school.example", "Grace", "Hopper"))
    assert Walker(thief).get(page.address).heading == "Your second step"


def test_passkey_is_renamed(signed_in: FlaskClient, person: Person) -> None:
    add_passkey(person)
    page = Walker(signed_in).get("/account/second-step")
    page = page.walker.get(page.link("Rename"))
    assert "60 characters" in page.submit("/name", name="y" * 61).text
    page = page.submit("/name", name="Office key")
    assert "Office key" in page.text
    assert len(audited("passkey.renamed")) == 1


def test_passkey_is_removed(app: Flask, signed_in: FlaskClient, person: Person, post: Post) -> None:
    key = add_passkey(person)
    page = Walker(signed_in).get("/account/second-step")
    page = page.walker.get(page.link("Remove")).submit("/remove")
    assert "You have no passkey yet." in page.text
    assert "A passkey was removed" in post.to(person.email)[-1]
    assert sign_in_with(app.test_client(), key).title.startswith("Error")
    assert len(audited("passkey.removed")) == 1


def test_passkey_pages_of_another_person_are_not_found(app: Flask, signed_in: FlaskClient) -> None:
    add_passkey(make_person("grace@school.example", "Grace", "Hopper"))
    (theirs,) = stored_passkeys()
    for page in ("name", "remove"):
        address = f"/account/second-step/passkeys/{theirs.public_id}/{page}"
        assert Walker(signed_in).get(address).status == 404


def test_MF_08_last_way_to_sign_in_is_not_removed(app: Flask, person: Person) -> None:
    key = add_passkey(person)
    with writing() as session:
        session.delete(session.get_one(PasswordCredential, person.account_id))
    client = app.test_client()
    assert sign_in_with(client, key).heading == "Your account"
    page = Walker(client).get("/account/second-step")
    page = page.walker.get(page.link("Remove"))
    assert page.heading == "You cannot remove this passkey"
    (passkey,) = stored_passkeys()
    token = Walker(client).get("/account/second-step").form(ADD).values
    refused = page.walker.post(f"/account/second-step/passkeys/{passkey.public_id}/remove", token)
    assert refused.heading == "You cannot remove this passkey"
    assert len(stored_passkeys()) == 1


def test_MF_08_last_passkey_survives_parallel_removals(app: Flask, person: Person) -> None:
    keys = [add_passkey(person) for _ in range(2)]
    with writing() as session:
        session.delete(session.get_one(PasswordCredential, person.account_id))
    client = app.test_client()
    sign_in_with(client, keys[0])
    forms = []
    for passkey in stored_passkeys():
        address = f"/account/second-step/passkeys/{passkey.public_id}/remove"
        forms.append((address, Walker(client).get(address).form("/remove").values))
    walkers = [Walker(copied(client)) for _ in range(THREADS)]
    race(app, lambda number: walkers[number].post(*forms[number % 2]).status)
    assert len(stored_passkeys()) == 1


def test_MF_08_passkey_changes_need_a_recent_sign_in(
    signed_in: FlaskClient, person: Person, clock: time_machine.Traveller
) -> None:
    add_passkey(person)
    page = Walker(signed_in).get("/account/second-step")
    clock.shift(timedelta(minutes=16))
    assert page.submit(ADD).heading == "Confirm it is you"
    for link in ("Rename", "Remove"):
        assert page.walker.get(page.link(link)).heading == "Confirm it is you"


def test_not_me_link_removes_the_added_passkey(
    app: Flask, signed_in: FlaskClient, person: Person, post: Post
) -> None:
    kept, key, page = add_passkey(person), Authenticator(), to_the_page(signed_in)
    page.submit(FORM, name="Thief", credential=key.create(options_on(page)))
    page = Walker(app.test_client()).get(not_me_link(post, person.email))
    assert "the passkey that was added is removed" in page.text
    page.submit()
    assert len(stored_passkeys()) == 1
    assert db.session.scalars(select(Session).where(Session.ended_at.is_(None))).all() == []
    assert sign_in_with(app.test_client(), key).title.startswith("Error")
    assert sign_in_with(app.test_client(), kept).heading == "Your account"


def test_not_me_link_returns_the_removed_passkey(
    app: Flask, signed_in: FlaskClient, person: Person, post: Post
) -> None:
    key = add_passkey(person)
    (passkey,) = stored_passkeys()
    address = f"/account/second-step/passkeys/{passkey.public_id}/remove"
    Walker(signed_in).get(address).submit("/remove")
    assert passkeys.count(person.account_id) == 0
    Walker(app.test_client()).get(not_me_link(post, person.email)).submit()
    assert sign_in_with(app.test_client(), key).heading == "Your account"


def test_passkey_is_removed_once_by_parallel_requests(
    app: Flask, signed_in: FlaskClient, person: Person
) -> None:
    for _ in range(2):
        add_passkey(person)
    first, second = (each.public_id for each in stored_passkeys())
    address = f"/account/second-step/passkeys/{first}/remove"
    form = Walker(signed_in).get(address).form("/remove").values
    walkers = [Walker(copied(signed_in)) for _ in range(THREADS)]
    statuses = race(app, lambda number: walkers[number].post(address, form).status)
    assert set(statuses) <= {200, 404}
    assert [each.public_id for each in stored_passkeys()] == [second]
    assert len(audited("passkey.removed")) == 1


def test_passkey_that_is_removed_at_the_same_time_is_not_renamed(
    app: Flask, signed_in: FlaskClient, person: Person
) -> None:
    for _ in range(2):
        add_passkey(person)
    passkey = f"/account/second-step/passkeys/{stored_passkeys()[0].public_id}"
    forms = [
        (f"{passkey}/{act}", Walker(signed_in).get(f"{passkey}/{act}").form(act).values)
        for act in ("remove", "name")
    ]
    walkers = [Walker(copied(signed_in)) for _ in range(THREADS)]
    statuses = race(app, lambda number: walkers[number].post(*forms[number % 2]).status)
    assert set(statuses) <= {200, 404}
    assert len(stored_passkeys()) == 1
