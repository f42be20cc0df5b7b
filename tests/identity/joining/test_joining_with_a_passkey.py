"""From the invitation's link to an account with a passkey and no password."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.database import db
from app.retention import purge_expired
from approvals.terms.actions import publish
from identity.accounts.models import Account, JoinJourney
from identity.credentials import webauthn_ceremonies
from identity.credentials.models import Passkey, PasskeyUser, PasswordCredential, TotpCredential
from identity.credentials.webauthn_ceremonies import NOT_ACCEPTED
from tests.identity.conftest import Post, audited
from tests.identity.credentials.authenticator import Authenticator
from tests.identity.credentials.passkey_pages import add_passkey, options_on, sign_in_with
from tests.identity.joining.test_joining import EMAIL, code_of, invite, link
from tests.identity.people import PASSWORD, Person
from tests.identity.walking import Page, Walker
from tests.races import THREADS, copied, race


def to_the_details(client: FlaskClient, post: Post) -> Page:
    invite()
    page = Walker(client).get(link(post)).submit()
    assert page.heading == "Check your name"
    return page


def join(page: Page, key: Authenticator, names: tuple[str, str] = ("Grace", "Hopper")) -> Page:
    return page.submit(
        "/join/details",
        credential=key.create(options_on(page)),
        given_name=names[0],
        family_name=names[1],
    )


def accounts() -> list[Account]:
    db.session.rollback()
    return list(db.session.scalars(select(Account).where(Account.email_key == EMAIL)))


def test_person_joins_with_a_passkey_and_no_password(
    app: Flask, client: FlaskClient, post: Post
) -> None:
    publish("Use it kindly.", service=None, accept_again=True)
    key, page = Authenticator(), to_the_details(client, post)
    assert "3 steps left with a passkey" in page.text
    page = join(page, key, ("Grace", "Hopper-Murray"))
    assert page.heading == "Save your recovery codes"
    assert "2 steps left" in page.text
    page = page.submit()
    assert "1 step left" in page.text
    page = page.submit(button="accept")
    assert page.heading == "You have joined"
    assert "sign in with your passkey" in page.text
    (account,) = accounts()
    assert account.family_name == "Hopper-Murray"
    assert db.session.scalars(select(PasswordCredential)).all() == []
    assert db.session.scalars(select(TotpCredential)).all() == []
    assert db.session.scalars(select(PasskeyUser.handle)).one() == key.handle
    assert audited("sign_in.succeeded")[0]["amr"] == ["hwk", "user", "mfa"]
    assert sign_in_with(app.test_client(), key).heading == "Your account"


def test_password_and_app_stay_beside_the_passkey(client: FlaskClient, post: Post) -> None:
    page = to_the_details(client, post).submit("/join/details")
    assert page.heading == "Create a password"
    page = page.submit(password=PASSWORD)
    assert 'href="otpauth://totp/' in page.html
    assert page.submit(code=code_of(page)).heading == "Save your recovery codes"
    assert db.session.scalars(select(Passkey)).all() == []


def test_passkey_after_a_password_was_chosen_stores_no_password(
    client: FlaskClient, post: Post
) -> None:
    details = to_the_details(client, post)
    details.submit("/join/details").submit(password=PASSWORD)
    page = details.walker.get(details.address)
    assert join(page, Authenticator()).heading == "Save your recovery codes"
    assert db.session.scalars(select(PasswordCredential)).all() == []
    assert db.session.scalars(select(JoinJourney.password_hash)).one() is None


@pytest.mark.parametrize(
    "lie", [{"origin": "https://evil.example"}, {"rp_id": "evil.example"}, {"verifies": False}]
)
def test_MF_07_forged_passkey_of_a_new_person_is_refused(
    client: FlaskClient, post: Post, lie: dict[str, object]
) -> None:
    page = to_the_details(client, post)
    refused = join(page, Authenticator(**lie))  # type: ignore[arg-type]
    assert refused.title.startswith("Error: Check your name")
    assert NOT_ACCEPTED.sentence in refused.text
    assert accounts() == []
    assert options_on(refused)["challenge"] != options_on(page)["challenge"]
    assert join(refused, Authenticator()).heading == "Save your recovery codes"


def test_MF_07_challenge_of_a_rejected_passkey_counts_once(client: FlaskClient, post: Post) -> None:
    page = to_the_details(client, post)
    join(page, Authenticator(verifies=False))
    assert NOT_ACCEPTED.sentence in join(page, Authenticator()).text
    assert accounts() == []


def test_MF_07_passkey_of_another_person_joins_nobody(
    client: FlaskClient, post: Post, person: Person
) -> None:
    key, page = add_passkey(person), to_the_details(client, post)
    assert NOT_ACCEPTED.sentence in join(page, key).text
    assert accounts() == []


def test_one_account_appears_from_parallel_requests(
    app: Flask, client: FlaskClient, post: Post
) -> None:
    page = to_the_details(client, post)
    form = page.form("/join/details")
    walkers = [Walker(copied(client)) for _ in range(THREADS)]

    def join_at_once(number: int) -> int:
        posted = {**form.values, "credential": Authenticator().create(options_on(page))}
        return walkers[number].post(form.action, posted).status

    race(app, join_at_once)
    assert len(accounts()) == 1
    assert len(db.session.scalars(select(Passkey)).all()) == 1


def test_names_are_checked_before_the_passkey_counts(client: FlaskClient, post: Post) -> None:
    page = join(to_the_details(client, post), Authenticator(), ("", ""))
    assert page.title.startswith("Error: Check your name")
    assert accounts() == []


def test_challenge_of_a_journey_that_ran_out_is_deleted(
    client: FlaskClient, post: Post, clock: time_machine.Traveller
) -> None:
    page = to_the_details(client, post)
    clock.shift(timedelta(hours=4, minutes=1))
    purge_expired()
    assert db.session.scalars(select(JoinJourney.passkey_enrolment)).one() is None
    assert join(page, Authenticator()).heading == "You have been invited"


def test_issuer_without_host_name_offers_password_and_app_alone(
    client: FlaskClient, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webauthn_ceremonies, "relying_party", lambda: None)
    page = to_the_details(client, post)
    assert "passkey" not in page.text
    assert page.submit("/join/details").heading == "Create a password"


def test_person_without_password_creates_one_and_an_app(
    app: Flask, client: FlaskClient, post: Post
) -> None:
    join(to_the_details(client, post), Authenticator()).submit()
    assert "Not set" in Walker(client).get("/account").text
    page = Walker(client).get("/account/password")
    assert page.heading == "Create a password"
    page = page.submit(password=PASSWORD)
    assert "Password Set" in page.text
    page = Walker(client).get("/account/second-step")
    assert "You have no authenticator app." in page.text
    page = page.submit("second-step/app")
    assert page.heading == "Set up an authenticator app"
    assert page.submit(code=code_of(page)).heading == "Your second step"
    page = Walker(app.test_client()).get("/sign-in")
    page = page.submit("/sign-in?", email=EMAIL, password=PASSWORD)
    assert page.heading == "Use your passkey"
    assert page.link("Use my authenticator app instead")
