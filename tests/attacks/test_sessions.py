"""Attacks on sessions: group SE of the security catalogue."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.actors import Actor
from app.database import db
from identity.administration import suspension
from identity.sessions.models import Session
from tests.conftest import Browser, settings
from tests.identity.conftest import Post
from tests.identity.people import PASSWORD, Person, make_person, sign_in
from tests.identity.walking import Walker
from wsgi import create_app

COOKIE = "secure_access_session"
OPERATOR = Actor.command("test")


def _value(client: FlaskClient, name: str = COOKIE) -> str | None:
    cookie = client.get_cookie(name)
    return cookie.value if cookie else None


def _alive(client: FlaskClient) -> bool:
    return client.get("/account").status_code == 200


def test_SE_01_session_id_is_replaced_at_sign_in_and_at_step_up(
    client: FlaskClient, person: Person, clock: time_machine.Traveller
) -> None:
    client.set_cookie(COOKIE, "planted")
    sign_in(client, person)
    first = _value(client)
    assert first not in {None, "planted"}
    assert len(first or "") >= 43, "256 bits in base64"
    clock.shift(timedelta(minutes=16))
    page = Walker(client).get("/account/password")
    page.submit(password=PASSWORD).submit(code=person.code())
    assert _value(client) not in {None, first}
    stranger = client.application.test_client()
    for old in ("planted", first):
        stranger.set_cookie(COOKIE, old or "")
        assert not _alive(stranger)


@pytest.mark.parametrize("issuer", ["https://access.example.org", "http://localhost:8000"])
def test_SE_02_cookies_are_bound_to_this_host(
    database_url: str, tmp_path: Path, issuer: str
) -> None:
    app = create_app(settings(database_url, issuer=issuer, mail_directory=tmp_path))
    app.test_client_class = Browser
    with app.app_context():
        person = make_person()
        client = app.test_client()
        walker = Walker(client)
        host = issuer.partition("://")[2]
        client.environ_base["HTTP_HOST"] = host
        page = walker.get(f"{issuer}/sign-in?next=/account", Referer=issuer)
        headers = {"Referer": issuer}
        form = page.form()
        address = f"{issuer}{form.action}"
        data = {**form.values, "email": person.email, "password": PASSWORD}
        answer = client.post(address, data=data, headers=headers)
        page = walker.get(f"{issuer}{answer.headers['Location'].removeprefix(issuer)}")
        form = page.form()
        data = {**form.values, "code": person.code()}
        answer = client.post(f"{issuer}{form.action}", data=data, headers=headers)
        seen = [*walker.seen, answer]
        lines = [line for response in seen for line in response.headers.getlist("Set-Cookie")]
        names = {line.partition("=")[0] for line in lines}
        assert len(names) == 4
        for line in lines:
            attributes = {part.strip().lower() for part in line.split(";")[1:]}
            assert {"httponly", "path=/", "samesite=lax"} <= attributes
            assert not any(attribute.startswith("domain") for attribute in attributes)
            assert len(line) < 4096
            secure = issuer.startswith("https")
            assert ("secure" in attributes) is secure
            assert line.startswith("__Host-") is secure
        db.session.remove()
        db.engine.dispose()


def test_SE_03_session_ends_at_its_idle_and_absolute_limits(
    client: FlaskClient, person: Person, clock: time_machine.Traveller
) -> None:
    sign_in(client, person)
    for _ in range(24):
        clock.shift(timedelta(minutes=29))
        assert _alive(client)
    clock.shift(timedelta(minutes=23))
    assert _alive(client)  # 11:59 h
    clock.shift(timedelta(minutes=2))
    assert not _alive(client)  # 12:01 h
    person.last_step = 0
    client.delete_cookie(COOKIE)
    sign_in(client, person)
    clock.shift(timedelta(minutes=31))
    assert not _alive(client)


def test_SE_04_background_requests_do_not_extend_the_idle_limit(
    client: FlaskClient, person: Person, clock: time_machine.Traveller
) -> None:
    sign_in(client, person)
    for headers in (
        {"Sec-Fetch-Dest": "empty"},
        {"Sec-Purpose": "prefetch"},
        {"Sec-Fetch-Dest": "iframe"},
    ):
        clock.shift(timedelta(minutes=9))
        assert client.get("/account", headers=headers).status_code == 200
    client.get("/static/secure-access.css").close()
    clock.shift(timedelta(minutes=4))
    assert not _alive(client)


def test_SE_05_and_SE_07_ended_sessions_stay_ended(
    app: Flask, person: Person, clock: time_machine.Traveller
) -> None:
    here, there = app.test_client(), app.test_client()
    sign_in(there, person)
    clock.shift(timedelta(minutes=2))
    sign_in(here, person)
    page = Walker(here).get("/account/password")
    page.submit(current_password=PASSWORD, password="copper lantern hill 7")
    assert _alive(here)
    assert not _alive(there)


def test_SE_05_session_of_somebody_else_cannot_be_ended(app: Flask, person: Person) -> None:
    other = make_person("grace@school.example", "Grace", "Hopper")
    mine, theirs = app.test_client(), app.test_client()
    sign_in(mine, person)
    sign_in(theirs, other)
    sid = db.session.scalars(
        select(Session.sid).where(Session.account_id == other.account_id)
    ).one()
    form = Walker(mine).get("/account/sessions").form("/end")
    assert mine.post(f"/account/sessions/{sid}/end", data=form.values).status_code == 404
    assert _alive(theirs)


def test_SE_06_parallel_sessions_are_reported_listed_and_can_be_ended(
    app: Flask, person: Person, post: Post, clock: time_machine.Traveller
) -> None:
    """There is no limit of number (docs/operators): a person learns of each and ends it."""
    browsers = [app.test_client() for _ in range(6)]
    for browser in browsers:
        sign_in(browser, person)
        clock.shift(timedelta(minutes=1))
    told = [mail for mail in post.to(person.email) if "new device" in mail.splitlines()[0].lower()]
    assert len(told) == len(browsers) - 1, "all but the first ever"
    page = Walker(browsers[0]).get("/account/sessions")
    assert sum("/end" in form.action for form in page.forms()) >= len(browsers)
    page.submit("end-others")
    assert [_alive(browser) for browser in browsers] == [True] + [False] * 5


def test_SE_08_and_SE_09_suspension_ends_sessions_and_refuses_new_ones(
    app: Flask, person: Person, clock: time_machine.Traveller
) -> None:
    client, half = app.test_client(), app.test_client()
    sign_in(client, person)
    waiting = Walker(half).get("/sign-in").submit(email=person.email, password=PASSWORD)
    assert waiting.heading == "Enter the 6-digit code"
    suspension.suspend(person.account, actor=OPERATOR)
    assert not _alive(client)
    clock.shift(timedelta(minutes=2))
    assert waiting.submit(code=person.code()).heading == "Sign in"
    assert not _alive(half)
    # The device is known, the password right: still no session.
    page = Walker(client).get("/sign-in").submit(email=person.email, password=PASSWORD)
    assert "Your email address or password is incorrect." in page.text


def test_SE_11_form_of_another_browser_is_refused(app: Flask, person: Person) -> None:
    other = make_person("grace@school.example", "Grace", "Hopper")
    mine, theirs = app.test_client(), app.test_client()
    sign_in(mine, person)
    sign_in(theirs, other)
    stolen = Walker(theirs).get("/sign-out").form("/sign-out").values
    assert mine.post("/sign-out", data=stolen).status_code == 400
    assert _alive(mine)


def test_SE_12_malformed_cookies_are_ignored(client: FlaskClient, person: Person) -> None:
    sign_in(client, person)
    token = _value(client)
    stranger = client.application.test_client()
    for header in (
        f"={COOKIE}={token}",
        f"__Host-secure-access-session={token}",
        f"{COOKIE}={'x' * 3000}",
        f"{COOKIE}=\xff\x00{token}",
        "; ".join(f"c{number}={number}" for number in range(200)),
    ):
        answer = stranger.get("/account", headers={"Cookie": header})
        assert answer.status_code in {303, 400}


def test_SE_14_change_after_the_end_of_the_session_is_refused_whole(
    app: Flask, person: Person
) -> None:
    client = app.test_client()
    sign_in(client, person)
    page = Walker(client).get("/account/second-step/codes")
    suspension.suspend(person.account, actor=OPERATOR)
    answer = page.submit("second-step/codes", follow=False)
    assert answer.status == 303
    assert "/session-ended" in answer.response.headers["Location"]


def test_SE_16_old_form_key_is_accepted_until_it_is_removed(
    database_url: str, tmp_path: Path
) -> None:
    old, new = "old-key-0123456789abcdefghijklmnop", "new-key-0123456789abcdefghijklmnop"
    form = _form_under(database_url, tmp_path, secret_key=old)
    kept = {"secret_key": new, "secret_key_fallbacks": old}
    assert _sent_under(database_url, tmp_path, form, **kept) == 303
    assert _sent_under(database_url, tmp_path, form, secret_key=new) == 400
    newer = _form_under(database_url, tmp_path, **kept)
    assert _sent_under(database_url, tmp_path, newer, secret_key=new) == 303


FORM_COOKIE = "secure_access_form"


def _form_under(database_url: str, mails: Path, **keys: str) -> tuple[str, str]:
    """The form cookie and the token of a form that was opened under these keys."""
    app = create_app(settings(database_url, mail_directory=mails, **keys))
    client = app.test_client()
    token = Walker(client).get("/forgot-password").form().values["csrf_token"]
    return _value(client, FORM_COOKIE) or "", token


def _sent_under(database_url: str, mails: Path, form: tuple[str, str], **keys: str) -> int:
    app = create_app(settings(database_url, mail_directory=mails, **keys))
    client = app.test_client()
    client.set_cookie(FORM_COOKIE, form[0])
    data = {"csrf_token": form[1], "email": "nobody@school.example"}
    status = client.post("/forgot-password", data=data).status_code
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    return status
