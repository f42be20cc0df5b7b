"""Attacks with sessions that have ended or that were copied: SE-05 to SE-09 and SE-14."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.actors import Actor
from app.audit import AuditEvent
from app.database import db, writing
from approvals.memberships.actions import remove_member
from approvals.memberships.models import Membership
from approvals.settings import Settings
from identity.accounts.models import Account
from identity.credentials.models import RecoveryCode
from identity.sessions.models import Session
from tests.approvals import world
from tests.conftest import application, settings
from tests.identity.conftest import Post, audited
from tests.identity.credentials.authenticator import Authenticator
from tests.identity.credentials.passkey_pages import add_passkey, options_on
from tests.identity.joining.test_joining import code_of
from tests.identity.people import PASSWORD, Person, make_person, sign_in
from tests.identity.walking import Walker
from tests.races import THREADS, copied, race

OPERATOR = Actor.command("test")
NEW = "copper lantern hill 7"
Change = Callable[[FlaskClient, Person], object]


def alive(client: FlaskClient) -> bool:
    return client.get("/account").status_code == 200


def change_password(client: FlaskClient, _person: Person) -> None:
    page = Walker(client).get("/account/password")
    page.submit(current_password=PASSWORD, password=NEW)


def make_codes(client: FlaskClient, _person: Person) -> None:
    Walker(client).get("/account/second-step/codes").submit()


def replace_app(client: FlaskClient, _person: Person) -> None:
    page = Walker(client).get("/account/second-step").submit("second-step/app")
    page.submit(code=code_of(page))


def add_a_passkey(client: FlaskClient, _person: Person) -> None:
    page = Walker(client).get("/account/second-step").submit("second-step/passkey")
    credential = Authenticator().create(options_on(page))
    page.submit("passkey/add", name="Key", credential=credential)


def remove_passkey(client: FlaskClient, _person: Person) -> None:
    page = Walker(client).get("/account/second-step")
    page.walker.get(page.link("Remove")).submit("/remove")


CHANGES: list[tuple[Change, str]] = [
    (change_password, "Your Secure Access password was changed"),
    (make_codes, "New recovery codes were made"),
    (replace_app, "Your Secure Access authenticator app was changed"),
    (add_a_passkey, "A passkey was added"),
    (remove_passkey, "A passkey was removed"),
]
every_change = pytest.mark.parametrize(("change", "subject"), CHANGES)


@pytest.fixture
def there(app: Flask, person: Person, clock: time_machine.Traveller) -> FlaskClient:
    """Another browser in which the person is signed in."""
    client = app.test_client()
    sign_in(client, person)
    clock.shift(timedelta(minutes=2))
    return client


@pytest.fixture
def here(app: Flask, person: Person, there: FlaskClient) -> FlaskClient:
    """A browser in which the person, who has a passkey too, is signed in."""
    client = app.test_client()
    sign_in(client, person)
    add_passkey(person)
    return client


@every_change
def test_SE_07_change_of_a_factor_ends_other_sessions_and_is_mailed(
    person: Person,
    here: FlaskClient,
    there: FlaskClient,
    post: Post,
    change: Change,
    subject: str,
) -> None:
    change(here, person)
    assert (alive(here), alive(there)) == (True, False)
    assert post.to(person.email)[-1].startswith(subject)


@every_change
def test_SE_01_change_of_a_factor_replaces_the_session_id(
    person: Person, here: FlaskClient, change: Change, subject: str
) -> None:
    copy = copied(here)
    assert alive(copy)
    change(here, person)
    assert (alive(here), alive(copy)) == (True, False)


def test_SE_05_ended_session_is_refused_by_every_worker(
    app_settings: Settings, here: FlaskClient, there: FlaskClient
) -> None:
    """Two applications on one database are two workers: nothing in memory is shared."""
    with application(app_settings) as other:
        at_other = other.test_client()
        at_other._cookies = dict(there._cookies or {})
        assert alive(there)
        assert alive(at_other)
        sid = db.session.scalars(select(Session.sid).order_by(Session.id)).first()
        Walker(here).get("/account/sessions").submit(f"/account/sessions/{sid}/end")
        assert [alive(client) for client in (here, there, at_other)] == [True, False, False]
    assert audited("session.ended")[-1]["sid"] == sid


def test_SE_05_end_of_all_others_ends_copies_of_the_own_cookie(
    here: FlaskClient, there: FlaskClient
) -> None:
    copy = copied(here)
    Walker(here).get("/account/sessions").submit("end-others")
    assert [alive(client) for client in (here, there, copy)] == [True, False, False]


def test_SE_08_removal_by_an_approver_ends_the_session_of_a_last_membership(app: Flask) -> None:
    school = world.school()
    ann = world.member(school, "ann@ashfield.example", approver=True)
    bob = world.member(school, "bob@ashfield.example", given_name="Bob")
    his = world.browser(app, bob)
    assert his.get("/account").status == 200
    page = world.browser(app, ann).get(world.path(school, "users", bob.public_id, "remove"))
    page.submit()
    assert his.get("/account", follow=False).status == 303


def test_SE_08_act_of_a_removed_approver_is_refused_in_a_race_with_the_removal(app: Flask) -> None:
    """Either act may be first; after the removal none succeeds."""
    school = world.school()
    ann = world.member(school, "ann@ashfield.example", approver=True)
    world.member(school, "abe@ashfield.example", approver=True)
    bob = world.member(school, make_person("bob@ashfield.example", "Bob", "Dean").email)
    hers, hers_id = world.browser(app, ann), ann.id
    address = world.path(school, "users", bob.public_id, "password-reset")
    form = hers.get(address).form().values
    start = world.path(school)
    clients = [copied(hers.client) for _ in range(THREADS)]
    removed_at: list[float] = []
    sent_at: list[float] = []

    def act(number: int) -> None:
        if number == 0:
            remove_member(db.session.get_one(Membership, hers_id), actor=OPERATOR)
            removed_at.append(time.monotonic())
            return
        begun = time.monotonic()
        answer = clients[number].post(address, data=form)
        if answer.headers.get("Location", "").startswith(start):
            sent_at.append(begun)

    race(app, act)
    assert all(begun <= removed_at[0] for begun in sent_at)
    assert clients[1].post(address, data=form).headers["Location"].startswith("/session-ended")


def test_SE_09_invited_person_signs_in_only_after_joining(app: Flask) -> None:
    """A command can store a password before somebody has accepted the invitation."""
    person = make_person("new@school.example", "Nia", "New")
    with writing() as session:
        session.get_one(Account, person.account_id).joined_at = None
    page = Walker(app.test_client()).get("/sign-in")
    page = page.submit(email=person.email, password=PASSWORD)
    assert "Your email address or password is incorrect." in page.text


def test_SE_14_write_in_a_race_with_the_sign_out_is_whole_or_refused(
    app: Flask, person: Person, client: FlaskClient
) -> None:
    """Thirty-nine posts for new codes meet one sign-out: a set of codes is whole or not there."""
    sign_in(client, person)
    page = Walker(client).get("/account/second-step/codes")
    form = page.form("codes")
    leave = page.walker.get("/sign-out").form("/sign-out")
    clients = [copied(client) for _ in range(THREADS)]

    def act(number: int) -> str:
        if number == THREADS // 2:
            return clients[number].post(leave.action, data=leave.values).headers["Location"]
        answer = clients[number].post(page.address, data=form.values)
        assert answer.status_code == 303, answer.status_code
        return answer.headers["Location"]

    answers = race(app, act)
    made = sum("/recovery-codes/" in address for address in answers)
    assert len(audited("recovery_codes.made")) == made
    assert len(db.session.scalars(select(RecoveryCode)).all()) == (10 if made else 0)
    assert not alive(client)
    # The audit is a chain: its order is the order of the commits.
    events = list(db.session.scalars(select(AuditEvent.event).order_by(AuditEvent.id)))
    # New codes renew the id of the session; the sign-out counts with the former one as well.
    assert "recovery_codes.made" not in events[events.index("session.ended") :]


def test_SE_14_sign_out_with_the_replaced_id_ends_the_renewed_session(
    person: Person, here: FlaskClient
) -> None:
    former = copied(here)
    leave = Walker(former).get("/sign-out").form("/sign-out")
    make_codes(here, person)
    assert alive(here)
    former.post(leave.action, data=leave.values)
    assert not alive(here)
    assert audited("session.ended")[-1]["cause"] == "sign-out"


def test_SE_14_replaced_id_opens_nothing_and_signs_out_for_a_moment_only(
    person: Person, here: FlaskClient, clock: time_machine.Traveller
) -> None:
    former = copied(here)
    leave = Walker(former).get("/sign-out").form("/sign-out")
    make_codes(here, person)
    for address in ("/account", "/home", "/account/session-end"):
        response = former.get(address)
        assert (response.status_code, response.headers["Location"][:8]) == (303, "/sign-in")
    clock.shift(timedelta(seconds=31))
    former.post(leave.action, data=leave.values)
    assert alive(here)


def test_SE_12_cookie_of_another_deployment_opens_nothing(
    app: Flask, database_url: str, tmp_path: Path, person: Person
) -> None:
    """A form signed by another deployment's key is refused, though its session cookie is right."""
    other = settings(
        database_url, mail_directory=tmp_path / "mail", secret_key=secrets.token_urlsafe(48)
    )
    client = app.test_client()
    sign_in(client, person)
    with application(other) as foreign:
        at_foreign = foreign.test_client()
        form = Walker(at_foreign).get("/forgot-password").form()
    foreign_cookie = at_foreign.get_cookie("secure_access_form")
    assert foreign_cookie is not None
    client.set_cookie("secure_access_form", foreign_cookie.value)
    assert client.post("/sign-out", data=form.values).status_code == 400
    assert alive(client)


def test_SE_12_first_of_two_session_cookies_alone_counts(app: Flask, person: Person) -> None:
    client = app.test_client()
    sign_in(client, person)
    cookie = client.get_cookie("secure_access_session")
    assert cookie is not None
    mine, planted = f"secure_access_session={cookie.value}", "secure_access_session=planted"
    stranger = app.test_client(use_cookies=False)
    statuses = [
        stranger.get("/account", headers={"Cookie": f"{one}; {two}"}).status_code
        for one, two in ((mine, planted), (planted, mine), (planted, planted))
    ]
    assert statuses == [200, 303, 303]
