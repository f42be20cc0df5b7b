"""Changes that the owner takes back by the link "this was not me" of the mail about them."""

from __future__ import annotations

from datetime import timedelta

import pyotp
import pytest
import time_machine
from flask import Flask

from app.database import db, writing
from identity.credentials import recovery_codes
from identity.credentials.models import PasswordCredential, TotpCredential
from identity.credentials.totp import TOTP
from tests.identity.conftest import Post, audited
from tests.identity.people import PASSWORD, Person, sign_in
from tests.identity.walking import Page, Walker
from tests.races import THREADS, race

NEW = "copper lantern hill 7"
CHANGED_APP = "Your Secure Access authenticator app was changed"
NEW_CODES = "New recovery codes were made"


@pytest.fixture
def thief(app: Flask, person: Person, clock: time_machine.Traveller) -> Walker:
    """A second browser that is signed in as the person."""
    sign_in(app.test_client(), person)
    clock.shift(timedelta(minutes=1))
    client = app.test_client()
    sign_in(client, person)
    return Walker(client)


def change_app(thief: Walker) -> str:
    """Set up another app; return its secret."""
    page = thief.get("/account/second-step").submit("app")
    secret = "".join(page.html.partition('<code class="sa-key">')[2].partition("<")[0].split())
    page.submit(code=pyotp.TOTP(secret).now())
    return secret


def make_codes(thief: Walker) -> None:
    thief.get("/account/second-step/codes").submit()


def link_in(post: Post, person: Person, subject: str) -> str:
    mail = next(each for each in reversed(post.to(person.email)) if each.startswith(subject))
    return mail.split("This was not me:\n")[1].split()[0].removeprefix("http://localhost:8000")


def disavow(app: Flask, link: str) -> Page:
    return Walker(app.test_client()).get(link).submit()


def test_not_me_link_of_a_changed_app_puts_the_former_app_back(
    app: Flask, person: Person, post: Post, thief: Walker, clock: time_machine.Traveller
) -> None:
    stolen = change_app(thief)
    page = Walker(app.test_client()).get(link_in(post, person, CHANGED_APP))
    assert "the authenticator app that was set up is removed" in page.text
    page = page.submit()
    assert thief.get("/account").heading == "You need to sign in again"
    page.submit(password=NEW)
    person.password = NEW
    clock.shift(timedelta(minutes=2))
    page = Walker(app.test_client()).get("/sign-in").submit(email=person.email, password=NEW)
    page = page.submit(code=pyotp.TOTP(stolen).now())
    assert "The code is not right" in page.text
    assert sign_in(app.test_client(), person, "/account").heading == "Your account"
    assert audited("sign_in.disavowed")[-1]["taken_back"] == ["authenticator app"]


def test_not_me_link_uses_up_the_present_codes_of_the_former_app(
    app: Flask, person: Person, post: Post, thief: Walker
) -> None:
    change_app(thief)
    disavow(app, link_in(post, person, CHANGED_APP))
    present = pyotp.TOTP(person.secret).now()
    assert not hasattr(TOTP.prove(person.account_id, present), "factor")


def test_not_me_link_of_new_codes_makes_them_stop_working(
    app: Flask, person: Person, post: Post, thief: Walker
) -> None:
    make_codes(thief)
    assert recovery_codes.remaining(person.account_id) == 10
    disavow(app, link_in(post, person, NEW_CODES))
    assert recovery_codes.remaining(person.account_id) == 0


def test_not_me_link_takes_back_later_changes_too(
    app: Flask, person: Person, post: Post, thief: Walker, clock: time_machine.Traveller
) -> None:
    former = db.session.get_one(TotpCredential, person.account_id).sealed_secret
    change_app(thief)
    link = link_in(post, person, CHANGED_APP)
    clock.shift(timedelta(minutes=2))
    change_app(thief)
    make_codes(thief)
    disavow(app, link)
    db.session.expire_all()
    assert db.session.get_one(TotpCredential, person.account_id).sealed_secret == former
    assert recovery_codes.remaining(person.account_id) == 0


def test_not_me_link_leaves_earlier_changes(
    app: Flask, person: Person, post: Post, thief: Walker, clock: time_machine.Traveller
) -> None:
    change_app(thief)
    chosen = db.session.get_one(TotpCredential, person.account_id).sealed_secret
    clock.shift(timedelta(minutes=2))
    make_codes(thief)
    disavow(app, link_in(post, person, NEW_CODES))
    db.session.expire_all()
    assert db.session.get_one(TotpCredential, person.account_id).sealed_secret == chosen


@pytest.mark.parametrize("days", [6, 7])
def test_not_me_link_ends_after_seven_days(
    app: Flask,
    person: Person,
    post: Post,
    thief: Walker,
    clock: time_machine.Traveller,
    days: int,
) -> None:
    change_app(thief)
    clock.shift(timedelta(days=days))
    page = Walker(app.test_client()).get(link_in(post, person, CHANGED_APP))
    assert page.status == (200 if days < 7 else 410)


def test_not_me_link_outlives_a_password_change_in_a_session(
    app: Flask, person: Person, post: Post, thief: Walker
) -> None:
    change_app(thief)
    thief.get("/account/password").submit(current_password=PASSWORD, password=NEW)
    assert (
        "authenticator app"
        in Walker(app.test_client()).get(link_in(post, person, CHANGED_APP)).text
    )


def test_not_me_link_of_a_changed_password_refuses_that_password(
    app: Flask, person: Person, post: Post, thief: Walker
) -> None:
    thief.get("/account/password").submit(current_password=PASSWORD, password=NEW)
    disavow(app, link_in(post, person, "Your Secure Access password was changed"))
    with writing():
        assert db.session.get(PasswordCredential, person.account_id) is None


def test_LK_03_not_me_link_is_used_once_by_forty_requests(
    app: Flask, person: Person, post: Post, thief: Walker
) -> None:
    change_app(thief)
    link = link_in(post, person, CHANGED_APP)
    pages = [Walker(app.test_client()).get(link) for _ in range(THREADS)]
    statuses = race(app, lambda number: pages[number].submit(follow=False).status)
    assert sorted(statuses) == [303] + [410] * (THREADS - 1)
    assert len(audited("sign_in.disavowed")) == 1
