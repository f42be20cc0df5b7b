"""Attacks on remembered devices: the cookie with which a password is enough to sign in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.actors import Actor
from app.database import db
from identity.administration import suspension
from identity.sessions.models import RememberedDevice, Session
from tests.approvals import world
from tests.identity.conftest import Post, audited
from tests.identity.people import PASSWORD, Person, make_person
from tests.identity.walking import Page, Walker
from tests.races import race

COOKIE = "secure_access_remembered"
OPERATOR = Actor.command("test")
CODE = "Enter the 6-digit code"
ACCOUNT = "Your account"


def remember(app: Flask, person: Person) -> FlaskClient:
    """Return a browser that its owner has had remembered and is signed out of."""
    client = app.test_client()
    page = Walker(client).get("/sign-in?next=/account")
    page = page.submit(email=person.email, password=person.password)
    assert page.submit(code=person.code(), remember="yes").heading == ACCOUNT
    Walker(client).get("/sign-out").submit()
    return client


def enter_password(client: FlaskClient, person: Person) -> Page:
    page = Walker(client).get("/sign-in?next=/account")
    return page.submit(email=person.email, password=person.password)


def with_cookie(app: Flask, value: str) -> FlaskClient:
    client = app.test_client()
    client.set_cookie(COOKIE, value)
    return client


def token(client: FlaskClient) -> str:
    cookie = client.get_cookie(COOKIE)
    assert cookie is not None
    return cookie.value


def test_remembered_device_signs_in_with_the_password_at_the_lowest_level(
    app: Flask, person: Person
) -> None:
    client = remember(app, person)
    assert enter_password(client, person).heading == ACCOUNT
    session = db.session.scalars(select(Session).order_by(Session.id.desc())).first()
    assert session is not None
    assert (session.acr, session.amr) == ("urn:secure-access:aal1", ("pwd",))
    assert audited("sign_in.succeeded")[-1]["acr"] == "urn:secure-access:aal1"


def test_device_is_remembered_only_where_its_owner_chose_that(app: Flask, person: Person) -> None:
    client = app.test_client()
    page = enter_password(client, person)
    assert "Do not ask for a code on this device for 30 days" in page.text
    page.submit(code=person.code())
    assert client.get_cookie(COOKIE) is None
    assert db.session.scalars(select(RememberedDevice)).all() == []


@pytest.mark.parametrize("appointed", ["approver", "operator"])
def test_MF_12_approvers_and_operators_are_not_offered_a_remembered_device(
    app: Flask, appointed: str
) -> None:
    person = make_person("ann@elm.example", "Ann", "Dean")
    if appointed == "approver":
        world.member(world.school("Elm School", "100001"), person.email, approver=True)
    else:
        world.make_operator(person.account)
    client = app.test_client()
    page = enter_password(client, person)
    assert page.heading == CODE
    assert "Do not ask for a code" not in page.text
    page.submit(code=person.code(), remember="yes")
    assert client.get_cookie(COOKIE) is None


def test_remembered_device_of_somebody_who_becomes_an_approver_asks_for_a_code(
    app: Flask,
) -> None:
    person = make_person("ann@elm.example", "Ann", "Dean")
    client = remember(app, person)
    world.member(world.school("Elm School", "100001"), person.email, approver=True)
    assert enter_password(client, person).heading == CODE


def test_session_of_one_factor_opens_no_page_of_an_approver(app: Flask) -> None:
    person = make_person("ann@elm.example", "Ann", "Dean")
    client = remember(app, person)
    enter_password(client, person)
    school = world.school("Elm School", "100001")
    world.member(school, person.email, approver=True)
    page = Walker(client).get(f"/o/{school.public_id}/users")
    assert page.heading == "Confirm it is you"
    page = page.submit(password=person.password).submit(code=person.code())
    assert page.address.endswith(f"/o/{school.public_id}/users")


def test_remembered_device_never_counts_for_a_step_up(app: Flask, person: Person) -> None:
    client = remember(app, person)
    enter_password(client, person)
    page = Walker(client).get("/account/password")
    assert page.heading == "Confirm it is you"
    assert page.submit(password=person.password).heading == CODE


def test_MF_12_remembered_device_of_another_person_is_ignored(app: Flask, person: Person) -> None:
    other = make_person("grace@school.example", "Grace", "Hopper")
    client = remember(app, person)
    assert enter_password(client, other).heading == CODE
    assert enter_password(client, person).heading == ACCOUNT


def test_remembered_device_does_not_replace_the_password(app: Flask, person: Person) -> None:
    client = remember(app, person)
    person.password = "not the password at all"
    assert "incorrect" in enter_password(client, person).text


def test_MF_12_copied_cookie_of_a_remembered_device_is_refused_after_its_next_use(
    app: Flask, person: Person
) -> None:
    client = remember(app, person)
    copied = token(client)
    assert enter_password(client, person).heading == ACCOUNT
    assert token(client) != copied
    assert enter_password(with_cookie(app, copied), person).heading == CODE
    stored = db.session.scalars(select(RememberedDevice.token_hash)).all()
    assert token(client) not in stored


def test_MF_12_owner_is_mailed_once_about_a_copied_cookie_of_a_remembered_device(
    app: Flask, person: Person, post: Post, clock: time_machine.Traveller
) -> None:
    client = remember(app, person)
    copied = token(client)
    assert enter_password(client, person).heading == ACCOUNT
    enter_password(with_cookie(app, copied), person)
    assert not audited("device.copy_refused"), "a second request of the same moment is no copy"
    clock.shift(timedelta(minutes=2))
    for _ in range(3):
        assert enter_password(with_cookie(app, copied), person).heading == CODE
    assert len(audited("device.copy_refused")) == 1
    subjects = [mail.partition("\n")[0] for mail in post.to(person.email)]
    told = "A sign-in to your Secure Access account asked for a code again"
    assert subjects.count(told) == 1
    assert enter_password(with_cookie(app, token(client)), person).heading == CODE


def test_MF_12_second_copied_cookie_within_a_week_sends_no_further_mail(
    app: Flask, person: Person, post: Post, clock: time_machine.Traveller
) -> None:
    for _ in range(2):
        clock.shift(timedelta(minutes=2))
        client = remember(app, person)
        copied = token(client)
        enter_password(client, person)
        clock.shift(timedelta(minutes=2))
        assert enter_password(with_cookie(app, copied), person).heading == CODE
    assert len(audited("device.copy_refused")) == 2
    assert sum("asked for a code again" in mail for mail in post.to(person.email)) == 1


def test_MF_12_remembered_device_ends_thirty_days_after_it_was_chosen_in_spite_of_use(
    app: Flask, person: Person, clock: time_machine.Traveller
) -> None:
    client = remember(app, person)
    clock.shift(timedelta(days=29))
    assert enter_password(client, person).heading == ACCOUNT
    Walker(client).get("/sign-out").submit()
    kept = token(client)
    clock.shift(timedelta(days=1, seconds=1))
    assert enter_password(with_cookie(app, kept), person).heading == CODE


def _change_password(client: FlaskClient, person: Person) -> None:
    page = Walker(client).get("/account/password")
    new = "copper lantern hill 7"
    page.submit(current_password=person.password, password=new)
    person.password = new


def _make_codes(client: FlaskClient, _person: Person) -> None:
    Walker(client).get("/account/second-step/codes").submit("codes")


@pytest.mark.parametrize("change", [_change_password, _make_codes])
def test_MF_12_change_of_a_factor_forgets_the_remembered_devices(
    app: Flask,
    person: Person,
    clock: time_machine.Traveller,
    change: Callable[[FlaskClient, Person], None],
) -> None:
    client, elsewhere = remember(app, person), app.test_client()
    clock.shift(timedelta(minutes=2))
    enter_password(elsewhere, person).submit(code=person.code())
    change(elsewhere, person)
    assert enter_password(client, person).heading == CODE


def test_SE_09_suspension_ends_the_remembered_devices(app: Flask, person: Person) -> None:
    client = remember(app, person)
    suspension.suspend(person.account, actor=OPERATOR)
    assert "incorrect" in enter_password(client, person).text
    suspension.restore(person.account, actor=OPERATOR)
    assert enter_password(client, person).heading == CODE


def test_remembered_device_is_listed_and_can_be_forgotten(app: Flask, person: Person) -> None:
    client = remember(app, person)
    enter_password(client, person)
    page = Walker(client).get("/account/sessions")
    assert "You chose not to be asked for a code on these devices." in page.text
    page = page.submit("/forget")
    assert "The next sign-in on that device will ask for a code." in page.text
    assert len(audited("device.forgotten")) == 1
    Walker(client).get("/sign-out").submit()
    assert enter_password(client, person).heading == CODE


def test_remembered_device_of_somebody_else_cannot_be_forgotten(app: Flask, person: Person) -> None:
    other = make_person("grace@school.example", "Grace", "Hopper")
    remember(app, person)
    theirs = db.session.scalars(select(RememberedDevice.public_id)).one()
    client = remember(app, other)
    enter_password(client, other)
    form = Walker(client).get("/account/sessions").form("/forget")
    address = f"/account/sessions/devices/{theirs}/forget"
    assert client.post(address, data=form.values).status_code == 404
    assert theirs in db.session.scalars(select(RememberedDevice.public_id)).all()


def test_MF_12_cookie_of_a_remembered_device_signs_in_once_in_forty_browsers(
    app: Flask, person: Person
) -> None:
    value = token(remember(app, person))
    forms = []
    for _ in range(40):
        client = with_cookie(app, value)
        forms.append((client, Walker(client).get("/sign-in?next=/account").form()))

    def sign_in(number: int) -> str:
        client, form = forms[number]
        data = {**form.values, "email": person.email, "password": PASSWORD}
        return client.post(form.action, data=data).headers.get("Location", "")

    arrived = race(app, sign_in)
    assert sum(address == "/account" for address in arrived) == 1
    assert sum("/sign-in/code" in address for address in arrived) <= 39
