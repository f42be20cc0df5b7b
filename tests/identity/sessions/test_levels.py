"""Limits of sessions by the level of their sign-in, and the acts that a level does not open."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from flask.testing import FlaskClient

from approvals.settings import Settings
from identity.sessions.actions import start_session
from identity.sessions.cookies import SESSION, cookie_name
from identity.sessions.levels import ONE_FACTOR, PHISHING_RESISTANT, TWO_FACTORS
from tests.conftest import settings
from tests.identity.people import NEW_BROWSER, Person
from tests.identity.walking import Walker

LIMITS = {ONE_FACTOR: (10, 1), TWO_FACTORS: (20, 2), PHISHING_RESISTANT: (40, 3)}
"""Idle minutes and absolute hours of each level, all different."""


@pytest.fixture
def app_settings(database_url: str, tmp_path: Path) -> Settings:
    return settings(
        database_url,
        mail_directory=tmp_path / "mail",
        one_factor_idle_minutes=LIMITS[ONE_FACTOR][0],
        one_factor_hours=LIMITS[ONE_FACTOR][1],
        session_idle_minutes=LIMITS[TWO_FACTORS][0],
        session_hours=LIMITS[TWO_FACTORS][1],
        phishing_resistant_idle_minutes=LIMITS[PHISHING_RESISTANT][0],
        phishing_resistant_hours=LIMITS[PHISHING_RESISTANT][1],
    )


def begin(client: FlaskClient, person: Person, acr: str) -> None:
    started = start_session(
        person.account, NEW_BROWSER, amr=("pwd",), acr=acr, known_device_id=None
    )
    client.set_cookie(cookie_name(SESSION), started.token)


def is_signed_in(client: FlaskClient) -> bool:
    return client.get("/account").status_code == 200


@pytest.mark.parametrize("acr", LIMITS)
def test_SE_03_session_ends_at_the_idle_limit_of_its_level(
    client: FlaskClient, person: Person, clock: time_machine.Traveller, acr: str
) -> None:
    begin(client, person, acr)
    limit = timedelta(minutes=LIMITS[acr][0])
    clock.shift(limit - timedelta(seconds=1))
    assert is_signed_in(client)
    clock.shift(limit)
    assert not is_signed_in(client)


@pytest.mark.parametrize("acr", LIMITS)
def test_SE_03_session_in_use_ends_at_the_absolute_limit_of_its_level(
    client: FlaskClient, person: Person, clock: time_machine.Traveller, acr: str
) -> None:
    begin(client, person, acr)
    step = timedelta(minutes=7)
    steps = timedelta(hours=LIMITS[acr][1]) // step
    for _ in range(steps):
        clock.shift(step)
        assert is_signed_in(client)
    clock.shift(step)
    assert not is_signed_in(client)


@pytest.mark.parametrize(
    ("acr", "heading"),
    [
        (ONE_FACTOR, "Confirm it is you"),
        (TWO_FACTORS, "Change your password"),
        (PHISHING_RESISTANT, "Change your password"),
    ],
)
def test_sensitive_act_needs_two_factors_however_recent_the_sign_in(
    client: FlaskClient, person: Person, acr: str, heading: str
) -> None:
    begin(client, person, acr)
    assert Walker(client).get("/account/password").heading == heading
