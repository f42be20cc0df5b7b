"""A hundred wrong answers in a row close a factor, for the browsers that gave them only."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pyotp
import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.audit import AuditEvent
from app.clock import now
from app.database import db, writing
from app.retention import purge_expired
from approvals.settings import Settings
from identity.credentials import recovery_codes
from identity.sign_in import attempt_counts, throttle
from identity.sign_in.models import KnownDevice
from identity.sign_in.throttle import CLOSES_AFTER
from tests.conftest import settings
from tests.identity.conftest import Post, audited
from tests.identity.people import PASSWORD, Person, sign_in
from tests.identity.walking import Page, Walker
from tests.races import race

CODE = "Enter the 6-digit code"
ACCOUNT = "Your account"
STRANGER = "nobody@school.example"
CLOSED = "There have been too many wrong"


@pytest.fixture
def app_settings(database_url: str, tmp_path: Path) -> Settings:
    """Settings under which waits begin so late that the hundred is reached at once."""
    return settings(
        database_url,
        mail_directory=tmp_path / "mail",
        failures_per_account=100,
        failures_per_account_and_network=1000,
        failures_per_network=1000,
        failures_per_known_device=1000,
        wrong_codes_per_account=100,
    )


def guess(client: FlaskClient, email: str, times: int, *, device: int | None = None) -> None:
    """Count so many wrong passwords: the last one on the page, those before without their hash."""
    attempt = throttle.password_attempt(email, "127.0.0.1/32", device=device, reset=None)
    for _ in range(times - 1):
        assert not throttle.admit(attempt, now())
    page = Walker(client).get("/sign-in?next=/account")
    assert page.submit(email=email, password="wrong wrong wrong").status == 200


def known_device_id() -> int:
    return db.session.scalars(select(KnownDevice.id)).one()


def pass_waits(clock: time_machine.Traveller) -> None:
    """Let every wait that ends by itself end."""
    clock.shift(timedelta(days=8))


def password(client: FlaskClient, person: Person) -> Page:
    page = Walker(client).get("/sign-in?next=/account")
    return page.submit(email=person.email, password=person.password)


def known_device(app: Flask, person: Person) -> FlaskClient:
    client = app.test_client()
    sign_in(client, person)
    Walker(client).get("/sign-out").submit()
    return client


def wrong_code(person: Person) -> str:
    steps = int(now().timestamp()) // 30
    good = {pyotp.TOTP(person.secret).generate_otp(steps + each) for each in range(-2, 3)}
    return next(code for code in ("000000", "111111", "222222") if code not in good)


def close_codes(app: Flask, person: Person) -> Page:
    count_codes(person, CLOSES_AFTER - 1)
    page = password(app.test_client(), person)
    return page.submit(code=wrong_code(person))


def count_codes(person: Person, times: int) -> None:
    attempt = throttle.code_attempt(person.account_id, "totp", device=None)
    for _ in range(times):
        assert not throttle.waiting_time_of(attempt, now())
        throttle.record_failure(attempt, now())


def test_LG_05_hundred_wrong_passwords_close_the_password_for_unknown_browsers(
    app: Flask, person: Person, clock: time_machine.Traveller
) -> None:
    owner = known_device(app, person)
    clock.shift(timedelta(minutes=2))
    page = Walker(app.test_client()).get("/sign-in")
    answers = [page.submit(email=person.email, password=f"wrong {n}") for n in range(101)]
    assert [answer.status for answer in answers] == [200] * CLOSES_AFTER + [429]
    assert len(audited("sign_in.password_refused")) == CLOSES_AFTER
    assert len(audited("sign_in.factor_closed")) == 1
    pass_waits(clock)
    purge_expired()
    page = password(app.test_client(), person)
    assert page.status == 429
    assert CLOSED in page.text
    assert "Retry-After" not in page.response.headers
    assert password(owner, person).heading == CODE


def test_LG_01_unknown_address_is_closed_after_a_hundred_guesses_as_well(
    app: Flask, person: Person, clock: time_machine.Traveller
) -> None:
    answers = []
    for email in (person.email, STRANGER):
        guess(app.test_client(), email, CLOSES_AFTER)
        pass_waits(clock)
        page = Walker(app.test_client()).get("/sign-in").submit(email=email, password=PASSWORD)
        text = page.text.replace(email, "")
        answers.append((page.status, text, sorted(page.response.headers.keys())))
    assert answers[0] == answers[1]


def test_LG_05_right_password_resets_the_count_of_wrong_ones(
    app: Flask, person: Person, clock: time_machine.Traveller
) -> None:
    guess(app.test_client(), person.email, CLOSES_AFTER - 1)
    pass_waits(clock)
    assert password(app.test_client(), person).heading == CODE
    guess(app.test_client(), person.email, CLOSES_AFTER - 1)
    pass_waits(clock)
    assert password(app.test_client(), person).heading == CODE


def test_LG_05_closed_password_opens_by_a_reset_link(
    app: Flask, person: Person, clock: time_machine.Traveller, post: Post
) -> None:
    guess(app.test_client(), person.email, CLOSES_AFTER)
    pass_waits(clock)
    Walker(app.test_client()).get("/forgot-password").submit(email=person.email)
    link = re.search(r"http://localhost:8000(/reset-password/\S+)", post.to(person.email)[-1])
    assert link
    person.password = "copper lantern hill 7"
    Walker(app.test_client()).get(link.group(1)).submit(password=person.password)
    assert password(app.test_client(), person).heading == CODE


def test_LG_05_known_device_has_a_count_of_its_own(
    app: Flask, person: Person, clock: time_machine.Traveller
) -> None:
    owner = known_device(app, person)
    guess(owner, person.email, CLOSES_AFTER, device=known_device_id())
    pass_waits(clock)
    assert CLOSED in password(owner, person).text
    assert password(app.test_client(), person).heading == CODE


def test_MF_03_hundred_wrong_codes_close_the_code_for_unknown_browsers(
    app: Flask, person: Person, clock: time_machine.Traveller
) -> None:
    owner = known_device(app, person)
    close_codes(app, person)
    pass_waits(clock)
    page = password(app.test_client(), person)
    page = page.submit(code=person.code())
    assert page.status == 429
    assert CLOSED in page.text
    # A full sign-in on a known device opens the code again.
    assert password(owner, person).submit(code=person.code()).heading == ACCOUNT
    clock.shift(timedelta(minutes=2))
    page = password(app.test_client(), person)
    assert page.submit(code=person.code()).heading == ACCOUNT


def test_MF_03_incomplete_and_used_codes_leave_the_wrong_ones_in_a_row(
    app: Flask, person: Person, clock: time_machine.Traveller
) -> None:
    used = person.code()
    assert password(app.test_client(), person).submit(code=used).heading == ACCOUNT
    count_codes(person, CLOSES_AFTER - 1)
    page = password(app.test_client(), person)
    for code in ("12", used):
        assert page.submit(code=code).status == 200
    page.submit(code=wrong_code(person))
    pass_waits(clock)
    page = password(app.test_client(), person)
    assert page.submit(code=person.code()).status == 429


def test_MF_03_right_code_empties_the_count_of_wrong_ones_on_a_known_device(
    app: Flask, person: Person, clock: time_machine.Traveller
) -> None:
    owner = known_device(app, person)
    attempt = throttle.code_attempt(person.account_id, "totp", device=known_device_id())
    throttle.record_failure(attempt, now())
    clock.shift(timedelta(minutes=2))
    assert password(owner, person).submit(code=person.code()).heading == ACCOUNT
    in_a_row = [bucket.name for bucket in attempt.on_failure if bucket.consecutive]
    assert attempt_counts.read(in_a_row) == {}


def test_MF_03_closed_code_opens_by_a_recovery_code(
    app: Flask, person: Person, clock: time_machine.Traveller
) -> None:
    with writing():
        codes = recovery_codes.replace(person.account_id)
    close_codes(app, person)
    pass_waits(clock)
    page = password(app.test_client(), person)
    page = page.walker.get(page.link("use a recovery code"))
    assert page.submit(code=codes[0]).heading == ACCOUNT
    assert password(app.test_client(), person).submit(code=person.code()).heading == ACCOUNT


def test_MF_03_closed_code_opens_by_a_reset_link(
    app: Flask, person: Person, clock: time_machine.Traveller, post: Post
) -> None:
    close_codes(app, person)
    pass_waits(clock)
    Walker(app.test_client()).get("/forgot-password").submit(email=person.email)
    link = re.search(r"http://localhost:8000(/reset-password/\S+)", post.to(person.email)[-1])
    assert link
    person.password = "copper lantern hill 7"
    Walker(app.test_client()).get(link.group(1)).submit(password=person.password)
    assert password(app.test_client(), person).submit(code=person.code()).heading == ACCOUNT


def test_LG_05_parallel_guesses_are_a_hundred_at_most(app: Flask, person: Person) -> None:
    guess(app.test_client(), person.email, CLOSES_AFTER - 20)
    forms = []
    for _ in range(40):
        client = app.test_client()
        forms.append((client, Walker(client).get("/sign-in").form()))

    def wrong(number: int) -> int:
        client, form = forms[number]
        data = {**form.values, "email": person.email, "password": "wrong wrong wrong"}
        return client.post(form.action, data=data).status_code

    statuses = race(app, wrong)
    assert statuses.count(429) == 20
    refused = AuditEvent.event == "sign_in.password_refused"
    assert db.session.query(AuditEvent).filter(refused).count() == 21
