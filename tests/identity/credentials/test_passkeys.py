"""Passkeys: signing in with them, and the assertions that are refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, select

from app.clock import now
from app.database import db, writing
from identity.accounts.models import Account
from identity.credentials import passkeys, webauthn_ceremonies
from identity.credentials.models import Passkey, PasskeyUser
from identity.credentials.passkeys import PASSKEY, REFUSED
from identity.sessions.models import Session
from tests.identity.conftest import Post, audited
from tests.identity.credentials.authenticator import BE, BS, Authenticator, decode, encode
from tests.identity.credentials.passkey_pages import (
    WITH_PASSKEY,
    add_passkey,
    not_me_link,
    options_on,
    sign_in_with,
)
from tests.identity.people import PASSWORD, Person, make_person, sign_in
from tests.identity.walking import Page, Walker
from tests.races import THREADS, copied, race


@pytest.fixture
def key(person: Person) -> Authenticator:
    """The person's passkey."""
    return add_passkey(person)


def sessions() -> int:
    return len(db.session.scalars(select(Session)).all())


def test_passkey_signs_in_without_a_password(client: FlaskClient, key: Authenticator) -> None:
    assert sign_in_with(client, key).heading == "Your account"
    (signed_in,) = audited("sign_in.succeeded")
    assert signed_in["amr"] == ["hwk", "user", "mfa"]
    assert signed_in["acr"] == "urn:secure-access:aal2-phishing-resistant"
    used = db.session.scalars(select(Passkey)).one()
    assert used.last_used_at is not None
    assert used.sign_count == 1


def test_passkey_that_is_copied_between_devices_is_a_software_key(
    client: FlaskClient, person: Person
) -> None:
    key = add_passkey(person, Authenticator(backup=BE | BS, counts=False))
    assert sign_in_with(client, key).heading == "Your account"
    assert audited("sign_in.succeeded")[0]["amr"] == ["swk", "user", "mfa"]
    assert db.session.scalars(select(Passkey.backed_up)).one()


def test_passkey_page_follows_the_password(client: FlaskClient, key: Authenticator) -> None:
    page = Walker(client).get("/sign-in?next=/account")
    page = page.submit("/sign-in?", email="ada@school.example", password=PASSWORD)
    assert page.heading == "Use your passkey"
    options = options_on(page)
    assert [each["id"] for each in options["allowCredentials"]] == [encode(key.credential_id)]
    key.verifies = False
    assert page.submit("/sign-in/passkey", assertion=key.get(options)).heading == "Your account"
    (signed_in,) = audited("sign_in.succeeded")
    assert signed_in["amr"] == ["pwd", "hwk", "user", "mfa"]
    assert signed_in["acr"] == "urn:secure-access:aal2-phishing-resistant"


def test_LG_03_sign_in_page_names_no_passkey_of_anybody(
    client: FlaskClient, key: Authenticator
) -> None:
    options = options_on(Walker(client).get("/sign-in"))
    assert options["allowCredentials"] == []
    assert options["userVerification"] == "required"
    assert options["rpId"] == "localhost"


def forged(**lies: object) -> Callable[[Authenticator], None]:
    def forge(key: Authenticator) -> None:
        for name, value in lies.items():
            setattr(key, name, value)

    return forge


@pytest.mark.parametrize(
    "forge",
    [
        forged(origin="https://secure-access.evil.example"),
        forged(origin="https://localhost:8000"),
        forged(rp_id="evil.example"),
        forged(verifies=False),
        forged(cross_origin=True),
        forged(key=Authenticator().key),
        forged(handle=encode(b"x" * 32)),
        forged(handle=""),
        forged(credential_id=b"x" * 32),
        forged(credential_id=b"x" * 65_536),
        forged(backup=BE),
        forged(backup=BS),
    ],
    ids=[
        "origin", "scheme", "relying party", "no user verification", "frame", "key", "handle",
        "no handle", "credential", "long credential", "backup eligible", "backup flags",
    ],
)  # fmt: skip
def test_MF_07_forged_passkey_assertion_is_refused(
    client: FlaskClient, key: Authenticator, forge: Callable[[Authenticator], None]
) -> None:
    forge(key)
    refused = sign_in_with(client, key)
    assert refused.title.startswith("Error: Sign in")
    assert REFUSED.sentence in refused.text
    assert sessions() == 0


@pytest.mark.parametrize("answer", ["", "[]", '{"id": "\\u0000"}', "x" * 20_000])
def test_MF_07_passkey_answer_that_is_no_assertion_is_refused(
    client: FlaskClient, key: Authenticator, answer: str
) -> None:
    page = Walker(client).get("/sign-in").submit(WITH_PASSKEY, assertion=answer)
    assert REFUSED.sentence in page.text


def test_MF_07_passkey_assertion_for_the_challenge_of_another_journey_is_refused(
    app: Flask, key: Authenticator
) -> None:
    own, other = (Walker(app.test_client()).get("/sign-in") for _ in range(2))
    stolen = key.get(options_on(own))
    assert REFUSED.sentence in other.submit(WITH_PASSKEY, assertion=stolen).text
    assert sessions() == 0


def test_MF_07_passkey_assertion_is_accepted_once_by_parallel_requests(
    app: Flask, key: Authenticator
) -> None:
    client = app.test_client()
    page = Walker(client).get("/sign-in?next=/account")
    form = page.form(WITH_PASSKEY)
    posted = {**form.values, "assertion": key.get(options_on(page))}
    walkers = [Walker(copied(client)) for _ in range(THREADS)]
    race(app, lambda number: walkers[number].post(form.action, posted).status)
    assert sessions() == 1
    assert len(audited("sign_in.succeeded")) == 1


def test_MF_07_passkey_assertion_is_not_replayed_later(app: Flask, key: Authenticator) -> None:
    page = Walker(app.test_client()).get("/sign-in?next=/account")
    posted = key.get(options_on(page))
    assert page.submit(WITH_PASSKEY, assertion=posted).heading == "Your account"
    Walker(page.walker.client).get("/sign-out").submit()
    again = page.submit(WITH_PASSKEY, assertion=posted)
    assert again.heading != "Your account"
    fresh = Walker(app.test_client()).get("/sign-in")
    assert REFUSED.sentence in fresh.submit(WITH_PASSKEY, assertion=posted).text
    assert len(audited("sign_in.succeeded")) == 1


def test_MF_07_passkey_challenge_ends_with_its_journey(
    client: FlaskClient, key: Authenticator, clock: time_machine.Traveller
) -> None:
    page = Walker(client).get("/sign-in")
    clock.shift(timedelta(minutes=31))
    page = page.submit(WITH_PASSKEY, assertion=key.get(options_on(page)))
    assert "You took longer than 30 minutes." in page.text
    assert sessions() == 0


def test_MF_07_passkey_of_another_person_is_no_second_step(
    app: Flask, person: Person, key: Authenticator
) -> None:
    other = make_person("grace@school.example", "Grace", "Hopper")
    theirs = add_passkey(other)
    page = Walker(app.test_client()).get("/sign-in")
    page = page.submit("/sign-in?", email=person.email, password=PASSWORD)
    page = page.submit("/sign-in/passkey", assertion=theirs.get(options_on(page)))
    assert page.title.startswith("Error: Use your passkey")
    assert sessions() == 0


def test_SE_09_passkey_of_suspended_person_is_refused(
    client: FlaskClient, person: Person, key: Authenticator
) -> None:
    with writing() as session:
        session.get_one(Account, person.account_id).suspended_at = now()
    assert REFUSED.sentence in sign_in_with(client, key).text
    assert audited("sign_in.factor_refused")[0]["reason"] == "suspended or not joined"


def test_passkey_that_was_removed_is_refused(client: FlaskClient, key: Authenticator) -> None:
    with writing() as session:
        session.execute(delete(Passkey))
    assert REFUSED.sentence in sign_in_with(client, key).text


def test_MF_07_passkey_with_regressed_sign_count_is_refused_and_audited(
    app: Flask, key: Authenticator
) -> None:
    assert sign_in_with(app.test_client(), key).heading == "Your account"
    key.sign_count = 0
    assert REFUSED.sentence in sign_in_with(app.test_client(), key).text
    (regressed,) = audited("passkey.sign_count_regressed")
    assert (regressed["known"], regressed["shown"]) == (1, 1)


def test_MF_07_owner_is_mailed_once_about_a_passkey_with_regressed_sign_count(
    app: Flask, key: Authenticator, person: Person, post: Post
) -> None:
    sign_in_with(app.test_client(), key)
    before = len(post.to(person.email))
    for _ in range(3):
        key.sign_count = 0
        assert REFUSED.sentence in sign_in_with(app.test_client(), key).text
    (text,) = post.to(person.email)[before:]
    assert "it may have been copied" in text
    page = Walker(app.test_client()).get(not_me_link(post, person.email))
    assert "the passkey that may have been copied is removed" in page.text
    page.submit()
    db.session.rollback()
    assert db.session.scalars(select(Passkey)).all() == []
    assert len(audited("passkey.sign_count_regressed")) == 3


def test_passkey_without_counter_signs_in_again(app: Flask, person: Person) -> None:
    key = add_passkey(person, Authenticator(counts=False))
    for _ in range(2):
        assert sign_in_with(app.test_client(), key).heading == "Your account"


def test_LG_05_passkey_signs_in_while_others_guess(
    app: Flask, person: Person, key: Authenticator
) -> None:
    for _ in range(8):
        page = Walker(app.test_client()).get("/sign-in")
        page.submit("/sign-in?", email=person.email, password="wrong")
    assert sign_in_with(app.test_client(), key).heading == "Your account"


def test_passkey_confirms_a_person(
    client: FlaskClient, key: Authenticator, clock: time_machine.Traveller
) -> None:
    sign_in_with(client, key)
    clock.shift(timedelta(minutes=16))
    page = Walker(client).get("/account/second-step/codes")
    assert page.heading == "Confirm it is you"
    options = options_on(page)
    assert [each["id"] for each in options["allowCredentials"]] == [encode(key.credential_id)]
    page = page.submit("/sign-in/with-passkey/confirm", assertion=key.get(options))
    assert page.heading == "Get new recovery codes"


def test_user_handle_is_random_and_stays(person: Person, key: Authenticator) -> None:
    handle = db.session.scalars(select(PasskeyUser.handle)).one()
    assert len(decode(handle)) == 32
    assert key.handle == handle
    with writing():
        assert passkeys.handle_of(person.account_id) == handle


def test_issuer_that_is_an_ip_address_offers_no_passkey(
    client: FlaskClient, person: Person, key: Authenticator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webauthn_ceremonies, "relying_party", lambda: None)
    page = Walker(client).get("/sign-in")
    assert "passkey" not in page.text
    sign_in(client, person)
    assert "passkey" not in Walker(client).get("/account/second-step").text.lower()
    assert not PASSKEY.enrolled(person.account_id)


def test_LG_03_rejected_passkey_page_says_the_same_for_known_and_unknown_credentials(
    app: Flask, key: Authenticator
) -> None:
    key.verifies = False
    pages: list[Page] = [
        sign_in_with(app.test_client(), each) for each in (key, Authenticator(handle=key.handle))
    ]
    assert pages[0].text == pages[1].text
