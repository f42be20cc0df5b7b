"""Attacks on the second step: group MF of the security catalogue."""

from __future__ import annotations

from datetime import timedelta

import pyotp
import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.clock import now
from app.database import db, writing
from approvals.settings import Settings
from identity.credentials import recovery_codes
from identity.credentials.models import RecoveryCode, TotpCredential
from identity.sessions.models import Session
from tests.conftest import application
from tests.identity.conftest import Post, audited
from tests.identity.credentials.passkey_pages import add_passkey, sign_in_with
from tests.identity.joining.test_joining import code_of
from tests.identity.people import PASSWORD, Person, make_person, sign_in
from tests.identity.walking import Page, Walker
from tests.races import THREADS, race

DATA = "/account/data/secure-access-data.json"


def _code(person: Person, steps: int = 0) -> str:
    return pyotp.TOTP(person.secret).generate_otp(int(now().timestamp()) // 30 + steps)


def _wrong(person: Person) -> str:
    good = {_code(person, steps) for steps in (-2, -1, 0, 1, 2)}
    return next(code for code in ("000000", "111111", "222222", "333333") if code not in good)


def _half(app: Flask, person: Person, client: FlaskClient | None = None) -> Page:
    page = Walker(client or app.test_client()).get("/sign-in?next=/account")
    page = page.submit(email=person.email, password=PASSWORD)
    assert page.heading == "Enter the 6-digit code"
    return page


def _sessions() -> int:
    return len(db.session.scalars(select(Session)).all())


def test_MF_01_authenticator_code_is_accepted_once_by_parallel_sessions(
    app: Flask, person: Person, clock: time_machine.Traveller
) -> None:
    pages = [_half(app, person) for _ in range(THREADS)]
    code = _code(person)
    headings = race(app, lambda number: pages[number].submit(code=code).heading)
    assert headings.count("Your account") == 1
    assert _sessions() == 1
    assert "That code has been used." in _half(app, person).submit(code=code).text


@pytest.mark.parametrize("steps", [-2, 2])
def test_MF_02_authenticator_codes_of_another_time_are_refused(
    app: Flask, person: Person, clock: time_machine.Traveller, steps: int
) -> None:
    assert "The code is not right." in _half(app, person).submit(code=_code(person, steps)).text


def test_MF_02_authenticator_codes_of_another_person_or_script_are_refused(
    app: Flask, person: Person, clock: time_machine.Traveller
) -> None:
    other = make_person("grace@school.example", "Grace", "Hopper")
    page = _half(app, person)
    assert "The code is not right." in page.submit(code=_code(other)).text
    arabic = _code(person).translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))
    assert "Enter all 6 digits" in page.submit(code=arabic).text
    assert _sessions() == 0


def test_MF_03_wrong_codes_are_limited_to_ten_in_fifteen_minutes(
    app: Flask, person: Person, clock: time_machine.Traveller
) -> None:
    statuses: list[int] = []
    for _ in range(6):
        page = _half(app, person)
        statuses += [page.submit(code=_wrong(person)).status for _ in range(5)]
    assert statuses.count(200) == 10
    assert statuses.count(429) == 20
    assert len(audited("sign_in.code_refused")) == 10
    assert _half(app, person).submit(code=_code(person)).status == 429
    page = _half(app, person)
    refused = page.submit(code=_wrong(person))
    assert int(refused.response.headers["Retry-After"]) <= 900
    clock.shift(timedelta(minutes=15, seconds=1))
    assert _half(app, person).submit(code=_code(person)).heading == "Your account"


def test_MF_03_owner_on_a_known_device_signs_in_during_guessing(
    app: Flask, person: Person, clock: time_machine.Traveller
) -> None:
    owner = app.test_client()
    sign_in(owner, person)
    Walker(owner).get("/sign-out").submit()
    clock.shift(timedelta(minutes=2))
    page = _half(app, person)
    for _ in range(12):
        page.submit(code=_wrong(person))
    assert _half(app, person, owner).submit(code=_code(person)).heading == "Your account"


def test_MF_03_wrong_codes_of_two_workers_share_one_count(
    app: Flask, app_settings: Settings, person: Person, clock: time_machine.Traveller
) -> None:
    """Two applications on one database are two workers, or one before and after a restart."""
    with application(app_settings) as other:
        pages = [_half(app, person), _half(other, person)]
        statuses = [pages[number % 2].submit(code=_wrong(person)).status for number in range(12)]
    assert statuses == [200] * 10 + [429] * 2


def test_MF_03_passkey_signs_in_while_codes_are_guessed(
    app: Flask, person: Person, clock: time_machine.Traveller
) -> None:
    page = _half(app, person)
    for _ in range(11):
        page.submit(code=_wrong(person))
    assert _half(app, person).submit(code=_code(person)).status == 429
    key = add_passkey(person)
    assert sign_in_with(app.test_client(), key).heading == "Your account"


def test_MF_04_recovery_code_is_accepted_once_stored_as_hash_and_reported(
    app: Flask, person: Person, post: Post
) -> None:
    with writing():
        codes = recovery_codes.replace(person.account_id)
    stored = db.session.scalars(select(RecoveryCode.code_hash)).all()
    assert not set(stored) & {code.replace("-", "") for code in codes}
    page = _half(app, person)
    page = page.walker.get(page.link("use a recovery code"))
    assert page.submit(code=codes[3]).heading == "Your account"
    assert post.to(person.email)[-1].startswith("A recovery code was used")
    page = _half(app, person)
    page = page.walker.get(page.link("use a recovery code"))
    guesses = [page.submit(code="abcd-efgh-jkmn-pqr" + last).status for last in "0123456789abcd"]
    assert guesses == [200] * 10 + [429] * 4
    assert page.submit(code=codes[4]).status == 429


def test_MF_06_empty_or_forged_second_step_starts_no_session(app: Flask, person: Person) -> None:
    other = make_person("grace@school.example", "Grace", "Hopper")
    page, theirs = _half(app, person), _half(app, other)
    form = page.form()
    posts: list[tuple[str, dict[str, str]]] = [
        (form.action, {}),
        (form.action, {"code": ""}),
        (form.action, {"code": "", "factor": "password", "account_id": str(person.account_id)}),
        ("/sign-in/code", {"code": _code(person)}),
        ("/sign-in/code?journey=", {"code": _code(person)}),
        (theirs.form().action, {"code": _code(other)}),
        (form.action.replace("/code", "/recovery-code"), {"code": _code(person)}),
    ]
    for address, values in posts:
        data = {"csrf_token": form.values["csrf_token"], **values}
        answer = page.walker.post(address, data)
        assert answer.heading in {"Enter the 6-digit code", "Enter a recovery code", "Sign in"}
    assert _sessions() == 0


def test_MF_06_second_step_without_password_is_refused(app: Flask, person: Person) -> None:
    page = Walker(app.test_client()).get("/sign-in")
    journey = page.address.partition("journey=")[2]
    data = {"csrf_token": page.form().values["csrf_token"], "code": _code(person)}
    for step in ("code", "recovery-code"):
        assert page.walker.post(f"/sign-in/{step}?journey={journey}", data).heading == "Sign in"
    assert _sessions() == 0


def test_MF_08_factor_change_needs_a_recent_sign_in(
    app: Flask, client: FlaskClient, person: Person, clock: time_machine.Traveller
) -> None:
    sign_in(client, person)
    page = Walker(client).get("/account/second-step")
    codes = Walker(client).get("/account/second-step/codes")
    clock.shift(timedelta(minutes=16))
    assert codes.submit().heading == "Confirm it is you"
    assert page.submit("second-step/app").heading == "Confirm it is you"
    assert db.session.scalars(select(RecoveryCode)).all() == []


def test_MF_09_authenticator_app_is_enrolled_with_own_secret_after_a_code(
    client: FlaskClient, person: Person
) -> None:
    sign_in(client, person)
    before = db.session.scalars(select(TotpCredential.sealed_secret)).one()
    page = Walker(client).get("/account/second-step").submit("second-step/app")
    evil = pyotp.random_base32()
    code = pyotp.TOTP(evil).generate_otp(int(now().timestamp()) // 30)
    for values in ({"secret": evil, "sealed_secret": evil, "code": code}, {}, {"code": ""}):
        form = page.form()
        answer = page.walker.post(form.action, {**form.values, **values})
        assert answer.heading == "Set up another authenticator app"
    db.session.rollback()
    assert db.session.scalars(select(TotpCredential.sealed_secret)).one() == before


def test_MF_09_secret_of_an_authenticator_app_is_shown_by_no_page_after_its_code(
    client: FlaskClient, person: Person
) -> None:
    sign_in(client, person)
    page = Walker(client).get("/account/second-step").submit("second-step/app")
    secret = page.html.partition('<code class="sa-key">')[2].partition("<")[0]
    assert len("".join(secret.split())) == 32
    assert page.submit(code=code_of(page)).heading == "Your second step"
    for address in (page.address, "/account", "/account/second-step", "/account/data/page", DATA):
        found = Walker(client).get(address)
        assert found.status == 200, address
        assert secret not in found.html, address
        assert "".join(secret.split()) not in found.html, address


def test_MF_10_password_alone_enrols_no_authenticator_app(app: Flask, person: Person) -> None:
    page = _half(app, person)
    data = page.form().values
    for address in ("/account/second-step/app", "/account/second-step/codes"):
        assert page.walker.post(address, data).heading in {"Sign in", "Enter the 6-digit code"}
    assert db.session.scalars(select(RecoveryCode)).all() == []


def test_MF_12_device_cookie_that_is_foreign_old_or_copied_is_ignored(
    app: Flask, person: Person, clock: time_machine.Traveller
) -> None:
    other = make_person("grace@school.example", "Grace", "Hopper")
    owner = app.test_client()
    sign_in(owner, person)
    copied = owner.get_cookie("secure_access_device")
    assert copied is not None
    Walker(owner).get("/sign-out").submit()
    clock.shift(timedelta(minutes=2))

    def waits(client: FlaskClient, email: str) -> bool:
        page = Walker(client).get("/sign-in")
        return [page.submit(email=email, password="no").status for _ in range(6)][-1] == 429

    def with_cookie() -> FlaskClient:
        client = app.test_client()
        client.set_cookie("secure_access_device", copied.value)
        return client

    assert waits(with_cookie(), other.email)  # another person's
    sign_in(owner, person)  # the token is renewed: the copy is worth nothing
    assert waits(with_cookie(), person.email)
    clock.shift(timedelta(days=31))
    assert waits(owner, person.email)  # too old


def test_MF_12_changed_password_forgets_the_devices(
    app: Flask, person: Person, clock: time_machine.Traveller
) -> None:
    here, there = app.test_client(), app.test_client()
    sign_in(there, person)
    clock.shift(timedelta(minutes=2))
    sign_in(here, person)
    person.password = "copper lantern hill 7"
    page = Walker(here).get("/account/password")
    page.submit(current_password=PASSWORD, password=person.password)
    page = Walker(there).get("/sign-in")
    statuses = [page.submit(email=person.email, password="no").status for _ in range(6)]
    assert statuses == [200] * 5 + [429]
    Walker(here).get("/sign-out").submit()
    page = Walker(here).get("/sign-in").submit(email=person.email, password=person.password)
    assert page.heading == "Enter the 6-digit code"
